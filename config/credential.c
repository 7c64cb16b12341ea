/* SPDX-License-Identifier: ISC */
#include "config/credential.h"

#include <errno.h>
#include <poll.h>

#include <bsd/string.h>

#include "config/channel.h"

int
credential_send(int channel, const struct credential *credential)
{
	unsigned char body[CREDENTIAL_SECRET_MAX + 64];
	struct packer packer;
	int result;

	pack_init(&packer, body, sizeof(body));
	pack_u32(&packer, (uint32_t)credential->kind);
	pack_u64(&packer, credential->generation);
	pack_string(&packer, credential->secret);
	result = channel_send(channel, CREDENTIAL_GRANTED, body, packer.length, NULL, 0);
	explicit_bzero(body, sizeof(body));
	return result;
}

int
credential_send_refused(int channel, const struct credential_refused *refused)
{
	unsigned char body[sizeof(refused->text) + sizeof(refused->advice) + 64];
	struct packer packer;

	pack_init(&packer, body, sizeof(body));
	pack_u32(&packer, (uint32_t)refused->reason);
	pack_u32(&packer, refused->retry_after);
	pack_string(&packer, refused->text);
	pack_string(&packer, refused->advice);
	return channel_send(channel, CREDENTIAL_REFUSED, body, packer.length, NULL, 0);
}

int
credential_send_rejected(int channel, uint64_t generation, const char *reply)
{
	unsigned char body[2048];
	char text[1024];
	struct packer packer;

	strlcpy(text, reply, sizeof(text));
	pack_init(&packer, body, sizeof(body));
	pack_u64(&packer, generation);
	pack_string(&packer, text);
	return channel_send(channel, CREDENTIAL_REJECTED, body, packer.length, NULL, 0);
}

static int
read_answer(const struct channel_message *message, struct credential *credential,
    struct credential_refused *refused)
{
	struct unpacker unpacker;

	unpack_init(&unpacker, message->body, message->length);
	if (message->type == CREDENTIAL_GRANTED) {
		credential->kind = (enum credential_kind)unpack_u32(&unpacker);
		credential->generation = unpack_u64(&unpacker);
		if (strlcpy(credential->secret, unpack_string(&unpacker),
			sizeof(credential->secret)) < sizeof(credential->secret) &&
		    unpack_complete(&unpacker))
			return CREDENTIAL_GRANTED;
	} else if (message->type == CREDENTIAL_REFUSED) {
		refused->reason = (enum credential_refusal)unpack_u32(&unpacker);
		refused->retry_after = unpack_u32(&unpacker);
		strlcpy(refused->text, unpack_string(&unpacker), sizeof(refused->text));
		strlcpy(refused->advice, unpack_string(&unpacker), sizeof(refused->advice));
		if (unpack_complete(&unpacker))
			return CREDENTIAL_REFUSED;
	}
	errno = EBADMSG;
	return -1;
}

int
credential_receive(
    int channel, int timeout_ms, struct credential *credential, struct credential_refused *refused)
{
	struct pollfd pollfd = {.fd = channel, .events = POLLIN};
	struct channel_message message;
	int result;

	do
		result = poll(&pollfd, 1, timeout_ms);
	while (result < 0 && errno == EINTR);
	if (result < 0)
		return -1;
	if (result == 0) {
		errno = ETIMEDOUT;
		return -1;
	}
	if (channel_message_init(&message) < 0)
		return -1;
	result = channel_receive(channel, &message);
	if (result > 0)
		result = read_answer(&message, credential, refused);
	channel_message_free(&message);
	return result;
}
