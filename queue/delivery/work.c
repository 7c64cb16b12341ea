/* SPDX-License-Identifier: ISC */
#include "queue/delivery/work.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bsd/string.h>

#include "config/pack.h"

/* Far more than any connection lives; a larger number is a forged one. */
#define SECONDS_MAX 31536000.0

/* Every text a message can carry, and its numbers, with room to spare. */
#define REPORT_MAX (OUTCOME_TEXT_MAX + OUTCOME_ADVICE_MAX + 2048)

static void
pack_seconds(struct packer *packer, double seconds)
{
	if (!(seconds > 0))
		seconds = 0;
	if (seconds > SECONDS_MAX)
		seconds = SECONDS_MAX;
	pack_u64(packer, (uint64_t)(seconds * 1e6));
}

static double
unpack_seconds(struct unpacker *unpacker)
{
	uint64_t microseconds = unpack_u64(unpacker);

	if (microseconds > (uint64_t)(SECONDS_MAX * 1e6))
		unpacker->bad = true;
	return unpacker->bad ? 0 : (double)microseconds / 1e6;
}

/* A number below `limit`: the values of our enumerations and booleans. */
static unsigned
unpack_choice(struct unpacker *unpacker, unsigned limit)
{
	uint32_t value = unpack_u32(unpacker);

	if (value < limit)
		return value;
	unpacker->bad = true;
	return 0;
}

/* A captured worker must not write lines of its own into logs and bounces. */
static void
unpack_text(struct unpacker *unpacker, char *text, size_t size)
{
	if (strlcpy(text, unpack_string(unpacker), size) >= size)
		unpacker->bad = true;
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

static void
pack_outcome(struct packer *packer, const struct outcome *outcome)
{
	pack_u32(packer, (uint32_t)outcome->scope);
	pack_u32(packer, (uint32_t)outcome->class);
	pack_u32(packer, (uint32_t)outcome->profile);
	pack_u32(packer, outcome->code);
	pack_u32(packer, outcome->hold);
	pack_string(packer, outcome->enhanced);
	pack_string(packer, outcome->text);
	pack_string(packer, outcome->advice);
}

static void
unpack_outcome(struct unpacker *unpacker, struct outcome *outcome)
{
	outcome->scope = (enum outcome_scope)unpack_choice(unpacker, SCOPE_RECIPIENT + 1);
	outcome->class = (enum outcome_class)unpack_choice(unpacker, OUTCOME_NEVER + 1);
	outcome->profile = (enum outcome_profile)unpack_choice(unpacker, PROFILE_SUSPEND + 1);
	outcome->code = unpack_choice(unpacker, 1000);
	outcome->hold = unpack_u32(unpacker);
	unpack_text(unpacker, outcome->enhanced, sizeof(outcome->enhanced));
	if (outcome->enhanced[strspn(outcome->enhanced, "0123456789.")] != '\0')
		unpacker->bad = true;
	unpack_text(unpacker, outcome->text, sizeof(outcome->text));
	unpack_text(unpacker, outcome->advice, sizeof(outcome->advice));
}

static int
send_packed(int channel, enum work_message type, const struct packer *packer)
{
	if (packer->overflow) {
		errno = EMSGSIZE;
		return -1;
	}
	return channel_send(channel, (uint32_t)type, packer->data, packer->length, NULL, 0);
}

int
work_send_deliver(int channel, const struct work_deliver *deliver, int file)
{
	unsigned char body[CHANNEL_BODY_MAX];
	struct packer packer;

	if (deliver->count == 0 || deliver->count > WORK_RECIPIENTS_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	pack_init(&packer, body, sizeof(body));
	pack_u64(&packer, deliver->transaction);
	pack_u64(&packer, deliver->id);
	pack_string(&packer, deliver->user);
	pack_u32(&packer, deliver->count);
	for (uint32_t i = 0; i < deliver->count; i++)
		pack_u32(&packer, deliver->indexes[i]);
	return channel_send(channel, WORK_DELIVER, body, packer.length, &file, 1);
}

int
work_unpack_deliver(const struct channel_message *message, struct work_deliver *deliver)
{
	struct unpacker unpacker;

	memset(deliver, 0, sizeof(*deliver));
	unpack_init(&unpacker, message->body, message->length);
	deliver->transaction = unpack_u64(&unpacker);
	deliver->id = unpack_u64(&unpacker);
	unpack_text(&unpacker, deliver->user, sizeof(deliver->user));
	deliver->count = unpack_choice(&unpacker, WORK_RECIPIENTS_MAX + 1);
	if (unpacker.bad || deliver->count == 0)
		return -1;
	deliver->indexes = calloc(deliver->count, sizeof(*deliver->indexes));
	if (deliver->indexes == NULL)
		return -1;
	for (uint32_t i = 0; i < deliver->count; i++)
		deliver->indexes[i] = unpack_u32(&unpacker);
	if (unpack_complete(&unpacker))
		return 0;
	free(deliver->indexes);
	deliver->indexes = NULL;
	return -1;
}

int
work_send_quit(int channel)
{
	return channel_send(channel, WORK_QUIT, NULL, 0, NULL, 0);
}

int
work_send_closed(int channel)
{
	return channel_send(channel, WORK_CLOSED, NULL, 0, NULL, 0);
}

int
work_send_ready(int channel, const struct work_ready *ready)
{
	unsigned char body[REPORT_MAX];
	struct packer packer;

	pack_init(&packer, body, sizeof(body));
	pack_string(&packer, ready->relay);
	pack_u32(&packer, ready->dsn);
	pack_u64(&packer, ready->size);
	pack_seconds(&packer, ready->connect_seconds);
	return send_packed(channel, WORK_READY, &packer);
}

int
work_unpack_ready(const struct channel_message *message, struct work_ready *ready)
{
	struct unpacker unpacker;

	memset(ready, 0, sizeof(*ready));
	unpack_init(&unpacker, message->body, message->length);
	unpack_text(&unpacker, ready->relay, sizeof(ready->relay));
	ready->dsn = unpack_choice(&unpacker, 2) != 0;
	ready->size = unpack_u64(&unpacker);
	ready->connect_seconds = unpack_seconds(&unpacker);
	return unpack_complete(&unpacker) ? 0 : -1;
}

int
work_send_result(int channel, const struct work_result *result)
{
	unsigned char body[REPORT_MAX];
	struct packer packer;

	pack_init(&packer, body, sizeof(body));
	pack_u64(&packer, result->transaction);
	pack_u32(&packer, result->index);
	pack_outcome(&packer, &result->outcome);
	return send_packed(channel, WORK_RESULT, &packer);
}

int
work_unpack_result(const struct channel_message *message, struct work_result *result)
{
	struct unpacker unpacker;

	memset(result, 0, sizeof(*result));
	unpack_init(&unpacker, message->body, message->length);
	result->transaction = unpack_u64(&unpacker);
	result->index = unpack_u32(&unpacker);
	unpack_outcome(&unpacker, &result->outcome);
	return unpack_complete(&unpacker) ? 0 : -1;
}

int
work_send_ended(int channel, const struct work_ended *ended)
{
	unsigned char body[REPORT_MAX];
	struct packer packer;

	pack_init(&packer, body, sizeof(body));
	pack_u64(&packer, ended->transaction);
	pack_seconds(&packer, ended->transmission_seconds);
	pack_string(&packer, ended->from);
	pack_string(&packer, ended->reply_to);
	pack_u32(&packer, ended->corrupt);
	return send_packed(channel, WORK_ENDED, &packer);
}

int
work_unpack_ended(const struct channel_message *message, struct work_ended *ended)
{
	struct unpacker unpacker;

	memset(ended, 0, sizeof(*ended));
	unpack_init(&unpacker, message->body, message->length);
	ended->transaction = unpack_u64(&unpacker);
	ended->transmission_seconds = unpack_seconds(&unpacker);
	unpack_text(&unpacker, ended->from, sizeof(ended->from));
	unpack_text(&unpacker, ended->reply_to, sizeof(ended->reply_to));
	ended->corrupt = unpack_choice(&unpacker, 2) != 0;
	return unpack_complete(&unpacker) ? 0 : -1;
}

int
work_send_failed(int channel, const struct work_failed *failed)
{
	unsigned char body[REPORT_MAX];
	struct packer packer;

	pack_init(&packer, body, sizeof(body));
	pack_string(&packer, failed->relay);
	pack_outcome(&packer, &failed->outcome);
	return send_packed(channel, WORK_FAILED, &packer);
}

int
work_unpack_failed(const struct channel_message *message, struct work_failed *failed)
{
	struct unpacker unpacker;

	memset(failed, 0, sizeof(*failed));
	unpack_init(&unpacker, message->body, message->length);
	unpack_text(&unpacker, failed->relay, sizeof(failed->relay));
	unpack_outcome(&unpacker, &failed->outcome);
	return unpack_complete(&unpacker) ? 0 : -1;
}

int
work_send_transcript(int channel, const char *line)
{
	unsigned char body[WORK_TRANSCRIPT_MAX + 16];
	struct packer packer;

	pack_init(&packer, body, sizeof(body));
	pack_string(&packer, line);
	return send_packed(channel, WORK_TRANSCRIPT, &packer);
}

int
work_unpack_transcript(const struct channel_message *message, char line[WORK_TRANSCRIPT_MAX])
{
	struct unpacker unpacker;

	unpack_init(&unpacker, message->body, message->length);
	unpack_text(&unpacker, line, WORK_TRANSCRIPT_MAX);
	return unpack_complete(&unpacker) ? 0 : -1;
}

void
work_close(int channel)
{
	struct channel_message message;

	/* From here on nothing more arrives; what is there already can be read away. */
	(void)shutdown(channel, SHUT_RD);
	if (channel_message_init(&message) == 0)
		while (channel_receive(channel, &message) > 0)
			continue;
	channel_message_free(&message);
	close(channel);
}
