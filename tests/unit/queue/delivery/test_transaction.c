/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "queue/delivery/transaction.h"
#include "queue/spool/crc32c.h"
#include "queue/spool/envelope.h"

#define RECIPIENTS 3
#define RESULTS_MAX 300

static const struct config config = {.hostname = (char[]){"web1.example.com"}};
static char from[] = "me@example.org";
static struct config_profile profile;
static struct hello hello;
static struct outcome failure;
static struct work_result results[RESULTS_MAX];
static size_t result_count;
static bool ended;
static struct work_ended end;
static char said[262144];
static bool hasty; /* the relay answers everything at once */
static bool runner_hears;

static int
setup(void **state)
{
	(void)state;
	profile = (struct config_profile){
	    .rewrite_from = REWRITE_NEVER,
	    .from = from,
	    .timeouts = {60, 60, 60},
	};
	hello = (struct hello){.extensions = HELLO_PIPELINING};
	hasty = false;
	runner_hears = true;
	return 0;
}

static int
make_file(const char *message, size_t recipients, const char *last, bool corrupt)
{
	struct recipient list[RESULTS_MAX];
	char addresses[RESULTS_MAX][32];
	struct envelope envelope = {.received_us = 1700000000000000u,
	    .sender = (char[]){"b@example.org"},
	    .recipients = list,
	    .recipient_count = recipients,
	    .size = strlen(message)};
	struct error error;
	char digits[24];
	char *header;
	size_t length;
	uint32_t crc;
	int file = memfd_create("message", MFD_CLOEXEC);

	for (size_t i = 0; i < recipients; i++) {
		snprintf(addresses[i], sizeof(addresses[i]), "r%zu@example.org", i);
		if (last != NULL && i == recipients - 1)
			snprintf(addresses[i], sizeof(addresses[i]), "%s", last);
		list[i] = (struct recipient){.address = addresses[i]};
	}
	envelope_new_key(envelope.key);
	header = envelope_format(&envelope, &length, &error);
	assert_non_null(header);
	snprintf(digits, sizeof(digits), "%012zu", strlen(message));
	memcpy((char *)memmem(header, length, "\nsize: ", 7) + 7, digits, 12);
	crc = crc32c(0, header, envelope.crc_offset);
	crc = crc32c(crc, header + envelope.crc_offset + 8, length - envelope.crc_offset - 8);
	crc = crc32c(crc, message, strlen(message));
	snprintf(digits, sizeof(digits), "%08x", corrupt ? crc ^ 1 : crc);
	memcpy(header + envelope.crc_offset, digits, 8);
	assert_int_equal(write(file, header, length), (ssize_t)length);
	assert_int_equal(write(file, message, strlen(message)), (ssize_t)strlen(message));
	free(header);
	return file;
}

static void
collect(int channel)
{
	struct channel_message message;

	assert_int_equal(channel_message_init(&message), 0);
	result_count = 0;
	ended = false;
	while (channel_receive(channel, &message) > 0) {
		assert_false(ended);
		if (message.type == WORK_RESULT) {
			assert_true(result_count < RESULTS_MAX);
			assert_int_equal(work_unpack_result(&message, &results[result_count++]), 0);
		} else {
			assert_int_equal(message.type, WORK_ENDED);
			assert_int_equal(work_unpack_ended(&message, &end), 0);
			ended = true;
		}
	}
	channel_message_free(&message);
}

/* A relay that has already said all it will say, but for what follows its 354: that it
 * says at the dot. */
struct relay {
	int fd;
	bool hasty; /* does not wait for the dot either */
	const char *replies;
	pthread_t thread;
};

static void
say(const struct relay *relay, const char *text, size_t length)
{
	assert_int_equal(write(relay->fd, text, length), (ssize_t)length);
}

static size_t
length_of_first_part(const struct relay *relay)
{
	const char *go = relay->hasty ? NULL : strstr(relay->replies, "354 ");

	return go != NULL ? (size_t)(strstr(go, "\r\n") - relay->replies) + 2
			  : strlen(relay->replies);
}

static void *
listen_for_the_dot(void *context)
{
	const struct relay *relay = context;
	const char *rest = relay->replies + length_of_first_part(relay);
	size_t length = 0;
	ssize_t got;

	while ((got = read(relay->fd, said + length, sizeof(said) - 1 - length)) > 0) {
		length += (size_t)got;
		said[length] = '\0';
		if (*rest == '\0' || strstr(said, "\r\n.\r\n") == NULL)
			continue;
		/* It may be gone by now: the rest is unheard then. */
		(void)send(relay->fd, rest, strlen(rest), MSG_NOSIGNAL);
		(void)shutdown(relay->fd, SHUT_WR);
		rest = "";
	}
	return NULL;
}

static void
begin_relay(struct relay *relay)
{
	size_t length = length_of_first_part(relay);

	memset(said, 0, sizeof(said));
	say(relay, relay->replies, length);
	if (relay->replies[length] == '\0')
		assert_int_equal(shutdown(relay->fd, SHUT_WR), 0);
	assert_int_equal(pthread_create(&relay->thread, NULL, listen_for_the_dot, relay), 0);
}

/* One transaction. */
static enum transaction_end
run_file(int file, uint32_t count, const char *replies)
{
	struct session session = {.config = &config, .profile = &profile, .hello = hello};
	struct work_deliver deliver = {.transaction = 9, .id = 1, .user = "root", .count = count};
	struct pipeline pipeline;
	enum transaction_end result;
	struct relay relay = {.hasty = hasty, .replies = replies};
	int pair[2], channel[2];

	deliver.indexes = calloc(count, sizeof(*deliver.indexes));
	assert_non_null(deliver.indexes);
	for (uint32_t i = 0; i < count; i++)
		deliver.indexes[i] = i;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(channel_pair(channel), 0);
	relay.fd = pair[1];
	begin_relay(&relay);
	if (!runner_hears)
		assert_int_equal(shutdown(channel[0], SHUT_WR), 0);
	session.stream = stream_new(pair[0], -1);
	assert_non_null(session.stream);
	pipeline_begin(&pipeline, &session);
	result = transaction_run(&pipeline, &deliver, file, channel[0], &failure);
	stream_free(session.stream);
	assert_int_equal(pthread_join(relay.thread, NULL), 0);
	close(pair[1]);
	close(channel[0]);
	collect(channel[1]);
	close(channel[1]);
	close(file);
	free(deliver.indexes);
	return result;
}

static const char message[] = "From: b@example.org\r\nSubject: x\r\n\r\n.body\r\n";

static enum transaction_end
run(const char *replies)
{
	return run_file(make_file(message, RECIPIENTS, NULL, false), RECIPIENTS, replies);
}

static void
all_are_delivered(void **state)
{
	(void)state;
	assert_int_equal(run("250 ok\r\n250 1\r\n250 2\r\n250 3\r\n354 go\r\n250 2.0.0 queued\r\n"),
	    TRANSACTION_DONE);
	assert_memory_equal(said,
	    "MAIL FROM:<b@example.org>\r\nRCPT TO:<r0@example.org>\r\nRCPT TO:<r1@example.org>\r\n"
	    "RCPT TO:<r2@example.org>\r\nDATA\r\nReceived: by web1.example.com",
	    130);
	assert_non_null(strstr(said, "\r\n\r\n..body\r\n.\r\n"));
	assert_int_equal(result_count, 1);
	assert_int_equal(results[0].transaction, 9);
	assert_int_equal(results[0].index, WORK_ALL_RECIPIENTS);
	assert_int_equal(results[0].outcome.class, OUTCOME_DELIVERED);
	assert_string_equal(results[0].outcome.text, "250 2.0.0 queued");
	assert_true(ended && !end.corrupt);
	assert_string_equal(end.from, "b@example.org");
}

static void
each_recipient_has_its_own_result(void **state)
{
	(void)state;
	assert_int_equal(
	    run("250 ok\r\n550 5.1.1 no\r\n250 2\r\n450 4.2.0 grey\r\n354 go\r\n250 ok\r\n"),
	    TRANSACTION_DONE);
	assert_int_equal(result_count, 3);
	assert_int_equal(results[0].index, 0);
	assert_int_equal(results[0].outcome.class, OUTCOME_NEVER);
	assert_int_equal(results[1].index, 2);
	assert_int_equal(results[1].outcome.class, OUTCOME_LATER);
	assert_int_equal(results[2].index, WORK_ALL_RECIPIENTS);
	assert_int_equal(results[2].outcome.class, OUTCOME_DELIVERED);
}

static void
nobody_left_means_a_lone_dot(void **state)
{
	(void)state;
	assert_int_equal(
	    run("250 ok\r\n550 1\r\n550 2\r\n550 3\r\n354 go\r\n554 5.5.1 no recipients\r\n"),
	    TRANSACTION_DONE);
	assert_non_null(strstr(said, "DATA\r\n.\r\n"));
	assert_int_equal(result_count, 3);
	assert_true(ended);
	/* DATA refused too: MAIL has to be taken back. */
	assert_int_equal(
	    run("250 ok\r\n550 1\r\n550 2\r\n550 3\r\n503 no\r\n250 reset\r\n"), TRANSACTION_DONE);
	assert_non_null(strstr(said, "DATA\r\nRSET\r\n"));
	assert_int_equal(result_count, 3);
}

static void
without_pipelining_each_waits(void **state)
{
	(void)state;
	hello.extensions = 0;
	assert_int_equal(
	    run("250 ok\r\n550 1\r\n550 2\r\n550 3\r\n250 reset\r\n"), TRANSACTION_DONE);
	assert_non_null(strstr(said, "RCPT TO:<r2@example.org>\r\nRSET\r\n"));
	assert_int_equal(result_count, 3);
	assert_int_equal(run("550 5.7.60 no\r\n"), TRANSACTION_DONE);
	assert_string_equal(said, "MAIL FROM:<b@example.org>\r\n");
	assert_int_equal(result_count, 1);
	assert_int_equal(results[0].index, WORK_ALL_RECIPIENTS);
	assert_int_equal(results[0].outcome.scope, SCOPE_MESSAGE);
}

static void
mail_refused_is_the_message_refused(void **state)
{
	(void)state;
	assert_int_equal(
	    run("550 5.7.60 no\r\n503 a\r\n503 b\r\n503 c\r\n503 d\r\n"), TRANSACTION_DONE);
	assert_int_equal(result_count, 1);
	assert_int_equal(results[0].outcome.class, OUTCOME_NEVER);
	assert_string_equal(results[0].outcome.text, "550 5.7.60 no");
	/* A relay that then accepts everything must not be sent anything. */
	assert_int_equal(run("550 no\r\n250 a\r\n250 b\r\n250 c\r\n354 d\r\n"), TRANSACTION_CLOSE);
	assert_null(strstr(said, "\r\n.\r\n"));
	assert_int_equal(result_count, 1);
}

static void
the_dot_decides_for_the_accepted(void **state)
{
	(void)state;
	assert_int_equal(run("250 ok\r\n550 1\r\n250 2\r\n250 3\r\n354 go\r\n451 4.3.0 later\r\n"),
	    TRANSACTION_DONE);
	assert_int_equal(result_count, 2);
	assert_int_equal(results[1].index, WORK_ALL_RECIPIENTS);
	assert_int_equal(results[1].outcome.class, OUTCOME_LATER);
	assert_int_equal(
	    run("250 ok\r\n250 1\r\n250 2\r\n250 3\r\n451 4.3.0 later\r\n250 reset\r\n"),
	    TRANSACTION_DONE);
	assert_int_equal(result_count, 1);
	assert_int_equal(results[0].outcome.class, OUTCOME_LATER);
}

static void
faults_of_the_profile_end_nothing(void **state)
{
	static const char *const dialogues[] = {
	    "",
	    "250 ok\r\n250 1\r\n",
	    "421 bye\r\n",
	    "250 ok\r\n550 5.4.5 Daily user sending limit exceeded\r\n",
	    "250 ok\r\n250 1\r\n250 2\r\n250 3\r\n354 go\r\n",
	    "250 ok\r\n250 1\r\n250 2\r\n250 3\r\n354 go\r\n554 5.2.2 mailbox full\r\n",
	    "250 ok\r\n250 1\r\n250 2\r\n250 3\r\n250 what?\r\n",
	    "550 no\r\n421 bye\r\n",
	    "hello\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(dialogues) / sizeof(dialogues[0]); i++) {
		assert_int_equal(run(dialogues[i]), TRANSACTION_FAILED);
		assert_false(ended);
		assert_int_equal(result_count, 0);
		assert_int_equal(failure.scope, SCOPE_PROFILE);
	}
}

static void
what_is_refused_anyhow_is_not_sent(void **state)
{
	char loops[4096] = "";

	(void)state;
	hello.size = 10;
	assert_int_equal(run(""), TRANSACTION_DONE);
	assert_string_equal(said, "");
	assert_string_equal(results[0].outcome.enhanced, "5.3.4");
	assert_int_equal(results[0].outcome.scope, SCOPE_MESSAGE);
	assert_int_equal(results[0].outcome.class, OUTCOME_NEVER);

	hello.size = 1000000;
	profile.limits.message_size = 10;
	assert_int_equal(run(""), TRANSACTION_DONE);
	assert_string_equal(results[0].outcome.enhanced, "5.3.4");

	profile.limits.message_size = 0;
	for (int i = 0; i <= 50; i++)
		strcat(loops, "Received: x\r\n");
	assert_int_equal(run_file(make_file(loops, 1, NULL, false), 1, ""), TRANSACTION_DONE);
	assert_string_equal(results[0].outcome.enhanced, "5.4.6");
}

static void
an_address_without_another_form_is_refused_alone(void **state)
{
	(void)state;
	assert_int_equal(run_file(make_file(message, 2, "\xc3\xbc@example.org", false), 2,
			     "250 ok\r\n250 1\r\n354 go\r\n250 queued\r\n"),
	    TRANSACTION_DONE);
	assert_non_null(strstr(said, "RCPT TO:<r0@example.org>\r\nDATA\r\n"));
	assert_int_equal(results[0].index, 1);
	assert_string_equal(results[0].outcome.enhanced, "5.6.7");
	assert_int_equal(results[0].outcome.scope, SCOPE_RECIPIENT);
	assert_int_equal(results[0].outcome.class, OUTCOME_NEVER);
	assert_int_equal(results[1].index, WORK_ALL_RECIPIENTS);
	assert_int_equal(results[1].outcome.class, OUTCOME_DELIVERED);

	from[0] = '\xff';
	profile.rewrite_from = REWRITE_ALWAYS;
	assert_int_equal(run(""), TRANSACTION_DONE);
	from[0] = 'm';
	assert_string_equal(said, "");
	assert_string_equal(results[0].outcome.enhanced, "5.6.7");
	assert_int_equal(results[0].outcome.scope, SCOPE_MESSAGE);
}

static void
a_corrupt_file_is_never_ended_with_a_dot(void **state)
{
	(void)state;
	assert_int_equal(run_file(make_file(message, 1, NULL, true), 1,
			     "250 ok\r\n250 1\r\n354 go\r\n250 queued\r\n"),
	    TRANSACTION_CLOSE);
	assert_null(strstr(said, "\r\n.\r\n"));
	assert_true(ended && end.corrupt);
	assert_int_equal(result_count, 0);
	/* An order that does not fit the file is another file. */
	assert_int_equal(run_file(make_file(message, 1, NULL, false), 2, ""), TRANSACTION_DONE);
	assert_true(ended && end.corrupt);
	assert_string_equal(said, "");
}

static void
the_archive_copy_is_a_recipient(void **state)
{
	(void)state;
	profile.archive = (char[]){"archive@example.org"};
	hello.extensions |= HELLO_DSN;
	assert_int_equal(run_file(make_file(message, 1, NULL, false), 2,
			     "250 ok\r\n250 1\r\n550 no\r\n354 go\r\n250 queued\r\n"),
	    TRANSACTION_DONE);
	assert_non_null(strstr(said, "RCPT TO:<archive@example.org> NOTIFY=NEVER\r\n"));
	assert_int_equal(results[0].index, 1);
	assert_int_equal(results[1].index, WORK_ALL_RECIPIENTS);
}

/* More recipients than commands may be unanswered. */
static void
many_recipients_are_sent_in_flights(void **state)
{
	char replies[RESULTS_MAX * 16];
	size_t length = (size_t)sprintf(replies, "250 ok\r\n");

	(void)state;
	for (int i = 0; i < 250; i++)
		length +=
		    (size_t)sprintf(replies + length, i % 2 == 0 ? "250 ok\r\n" : "550 no\r\n");
	sprintf(replies + length, "354 go\r\n250 queued\r\n");
	assert_int_equal(
	    run_file(make_file(message, 250, NULL, false), 250, replies), TRANSACTION_DONE);
	assert_int_equal(result_count, 126);
	for (size_t i = 0; i < 125; i++)
		assert_int_equal(results[i].index, 2 * i + 1);
	assert_int_equal(results[125].index, WORK_ALL_RECIPIENTS);
}

/* An answer that came before the dot cannot be the dot's. */
static void
consent_before_the_end_counts_for_nothing(void **state)
{
	(void)state;
	hasty = true;
	assert_int_equal(run("250 ok\r\n250 1\r\n250 2\r\n250 3\r\n354 go\r\n250 queued\r\n"),
	    TRANSACTION_FAILED);
	assert_null(strstr(said, "\r\n.\r\n"));
	assert_false(ended);
	assert_int_equal(result_count, 0);
	/* A refusal is one whenever it comes; the connection has lost its order. */
	assert_int_equal(
	    run("250 ok\r\n250 1\r\n250 2\r\n250 3\r\n354 go\r\n552 5.3.4 too big\r\n"),
	    TRANSACTION_CLOSE);
	assert_null(strstr(said, "\r\n.\r\n"));
	assert_int_equal(result_count, 1);
	assert_int_equal(results[0].outcome.class, OUTCOME_NEVER);
}

/* Else a recipient whose refusal got lost would share the others' delivery. */
static void
what_the_runner_did_not_hear_is_not_delivered(void **state)
{
	(void)state;
	runner_hears = false;
	assert_int_equal(
	    run("250 ok\r\n550 1\r\n250 2\r\n250 3\r\n354 go\r\n250 ok\r\n"), TRANSACTION_FAILED);
	assert_int_equal(result_count, 0);
	assert_false(ended);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(all_are_delivered, setup),
	    cmocka_unit_test_setup(each_recipient_has_its_own_result, setup),
	    cmocka_unit_test_setup(nobody_left_means_a_lone_dot, setup),
	    cmocka_unit_test_setup(without_pipelining_each_waits, setup),
	    cmocka_unit_test_setup(mail_refused_is_the_message_refused, setup),
	    cmocka_unit_test_setup(the_dot_decides_for_the_accepted, setup),
	    cmocka_unit_test_setup(faults_of_the_profile_end_nothing, setup),
	    cmocka_unit_test_setup(what_is_refused_anyhow_is_not_sent, setup),
	    cmocka_unit_test_setup(an_address_without_another_form_is_refused_alone, setup),
	    cmocka_unit_test_setup(a_corrupt_file_is_never_ended_with_a_dot, setup),
	    cmocka_unit_test_setup(the_archive_copy_is_a_recipient, setup),
	    cmocka_unit_test_setup(many_recipients_are_sent_in_flights, setup),
	    cmocka_unit_test_setup(consent_before_the_end_counts_for_nothing, setup),
	    cmocka_unit_test_setup(what_the_runner_did_not_hear_is_not_delivered, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
