/* SPDX-License-Identifier: ISC */
#include "queue/receiver.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "config/clock.h"
#include "config/error.h"
#include "config/log.h"
#include "queue/keep_descriptors.h"
#include "queue/message/address.h"
#include "queue/message/sender_policy.h"
#include "queue/message/wire_form.h"
#include "queue/spool/accept.h"
#include "queue/spool/envelope.h"
#include "queue/spool/line_reader.h"
#include "queue/spool/notify.h"
#include "queue/spool/publish.h"
#include "queue/spool/queue_id.h"
#include "queue/spool/space.h"
#include "queue/spool/submit_protocol.h"

#define STOP_TIME 2 /* seconds after SIGTERM */
#define CPU_TIME 60 /* seconds; more is an endless loop */

/* Octets after which the free space is looked at again. */
#define SPACE_INTERVAL (UINT64_C(1) << 20)

/* Recipients take memory: of envelopes larger than this one is read at a time. */
#define LARGE_HEADER (UINT64_C(1) << 20)

struct receiver {
	const struct receiver_options *options;
	int file;        /* what came, without a name */
	uint64_t size;   /* of it */
	uint64_t looked; /* `size` when the free space was looked at */
	bool wake;       /* the runner is to be told */
	struct envelope envelope;
	const char *message;  /* mapped */
	size_t message_size;  /* octets */
	size_t header_length; /* of its header, without the empty line */
};

/* ---- taking it in ---- */

static int
open_file(struct receiver *receiver, struct error *error)
{
	int incoming = receiver->options->incoming;
	char key[ENVELOPE_KEY_SIZE];
	char name[PUBLISH_NAME_SIZE];

	receiver->file = openat(incoming, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (receiver->file < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
		envelope_new_key(key);
		publish_dot_name(key, name);
		receiver->file = openat(
		    incoming, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (receiver->file >= 0)
			(void)unlinkat(incoming, name, 0);
	}
	if (receiver->file < 0)
		return error_set_errno(error, EX_TEMPFAIL, "cannot create a file in the spool");
	return 0;
}

static int
check_space(struct receiver *receiver, struct error *error)
{
	receiver->looked = receiver->size;
	return space_check(receiver->options->incoming,
	    receiver->options->config->minimum_free_space, receiver->options->uid == 0, error);
}

/* `size` octets, of which `more` may come on top of a message. */
static int
check_size(const struct receiver *receiver, uint64_t size, uint64_t more, struct error *error)
{
	uint64_t limit = receiver->options->config->message_size_limit;

	if (size <= limit + more)
		return 0;
	return error_set(error, EX_DATAERR,
	    "message is larger than message_size_limit (%llu octets)", (unsigned long long)limit);
}

static int
store(struct receiver *receiver, const char *data, size_t length, struct error *error)
{
	if (check_size(receiver, receiver->size + length, ENVELOPE_HEADER_MAX, error) < 0)
		return -1;
	if (receiver->size - receiver->looked >= SPACE_INTERVAL && check_space(receiver, error) < 0)
		return -1;
	while (length > 0) {
		ssize_t done = write(receiver->file, data, length);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return error_set_errno(error, EX_TEMPFAIL, "cannot write the message");
		data += done;
		length -= (size_t)done;
		receiver->size += (uint64_t)done;
	}
	return 0;
}

/* Octets before the deadline, as read(2); -1 and `error`. */
static ssize_t
read_before(int fd, char *buffer, size_t size, uint64_t deadline, struct error *error)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};

	for (;;) {
		uint64_t now = clock_monotonic_ms();
		ssize_t got;

		if (now >= deadline)
			return error_set(error, EX_TEMPFAIL,
			    "the message did not arrive within %d seconds", SUBMIT_TIME);
		if (poll(&wait, 1, (int)(deadline - now)) <= 0)
			continue;
		got = recv(fd, buffer, size, MSG_DONTWAIT);
		if (got >= 0)
			return got;
		if (errno != EINTR && errno != EAGAIN)
			return error_set_errno(error, EX_TEMPFAIL, "cannot read the message");
	}
}

/* The octets of the greeting that `text` begins with; 0: it may still become one. */
static ssize_t
read_greeting(struct receiver *receiver, const char *text, size_t length, struct error *error)
{
	static const struct {
		const char *line;
		size_t length;
		bool wake;
	} greetings[] = {
	    {SUBMIT_NOW, sizeof(SUBMIT_NOW) - 1, true},
	    {SUBMIT_LATER, sizeof(SUBMIT_LATER) - 1, false},
	};
	bool incomplete = false;

	for (size_t i = 0; i < sizeof(greetings) / sizeof(greetings[0]); i++) {
		size_t common = length < greetings[i].length ? length : greetings[i].length;

		if (memcmp(text, greetings[i].line, common) != 0)
			continue;
		receiver->wake = greetings[i].wake;
		if (common == greetings[i].length)
			return (ssize_t)common;
		incomplete = true;
	}
	return incomplete ? 0
			  : error_set(error, EX_PROTOCOL, "not a submission that is known here");
}

static int
receive(struct receiver *receiver, struct error *error)
{
	static char buffer[65536];
	uint64_t deadline = clock_monotonic_ms() + SUBMIT_TIME * UINT64_C(1000);
	size_t held = 0; /* of an incomplete greeting */
	bool greeted = false;

	for (;;) {
		ssize_t got = read_before(
		    receiver->options->fd, buffer + held, sizeof(buffer) - held, deadline, error);
		ssize_t skip = 0;

		if (got <= 0)
			return got < 0 || greeted ? (int)got
						  : error_set(error, EX_PROTOCOL, "no submission");
		held += (size_t)got;
		if (!greeted) {
			skip = read_greeting(receiver, buffer, held, error);
			if (skip < 0)
				return -1;
			if (skip == 0)
				continue;
			greeted = true;
		}
		if (store(receiver, buffer + skip, held - (size_t)skip, error) < 0)
			return -1;
		held = 0;
	}
}

/* ---- looking at it ---- */

/* Before a large envelope is read: wait until no other receiver has one. */
static int
wait_for_turn(struct receiver *receiver, struct error *error)
{
	struct line_reader *reader = malloc(sizeof(*reader));
	enum line_result result;
	size_t length;
	char *line;
	int turn;

	if (reader == NULL)
		return error_set_errno(error, EX_TEMPFAIL, "cannot read the message");
	line_reader_init(reader, receiver->file, LARGE_HEADER, false);
	do
		result = line_reader_next(reader, &line, &length);
	while (result == LINE_TOO_LONG || (result == LINE_OK && length > 0));
	free(reader);
	if (result == LINE_OK || receiver->size < LARGE_HEADER)
		return 0;
	/* Locks belong to open files: one of our own. It is held until we end. */
	turn = openat(receiver->options->incoming, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (turn < 0 || flock(turn, LOCK_EX) < 0)
		return error_set_errno(error, EX_TEMPFAIL, "cannot wait for other messages");
	return 0;
}

/* Of the envelope only this is the client's: sender, recipients, what they asked for. */
static void
own_envelope(struct receiver *receiver)
{
	struct envelope *envelope = &receiver->envelope;

	envelope_new_key(envelope->key);
	envelope->received_us = clock_wall_us();
	envelope->uid = receiver->options->uid;
	if (address_is_utf8(envelope->sender))
		envelope->smtputf8 = true;
	for (size_t i = 0; i < envelope->recipient_count; i++)
		if (address_is_utf8(envelope->recipients[i].address))
			envelope->smtputf8 = true;
}

static int
read_message(struct receiver *receiver, struct error *error)
{
	struct envelope *envelope = &receiver->envelope;
	size_t size = (size_t)receiver->size;
	const char *mapped;

	if (wait_for_turn(receiver, error) < 0 ||
	    envelope_read(receiver->file, envelope, error) < 0)
		return -1;
	if (check_size(receiver, envelope->size, 0, error) < 0 ||
	    envelope_verify(receiver->file, envelope, error) < 0)
		return -1;
	mapped = mmap(NULL, size, PROT_READ, MAP_SHARED, receiver->file, 0);
	if (mapped == MAP_FAILED || size != receiver->size)
		return error_set_errno(error, EX_TEMPFAIL, "cannot read the message");
	receiver->message = mapped + envelope->body_offset;
	receiver->message_size = (size_t)envelope->size;
	return wire_form_check(
	    receiver->message, receiver->message_size, &receiver->header_length, error);
}

/* ---- making it ours ---- */

static int
write_accepted(void *context, const char *data, size_t length, struct error *error)
{
	return accept_write(context, data, length, error);
}

static int
write_message(struct receiver *receiver, struct accept *accept, struct error *error)
{
	const struct sender_claim claim = {
	    .config = receiver->options->config,
	    .uid = receiver->options->uid,
	    .sender = receiver->envelope.sender,
	};
	const char *message = receiver->message;
	size_t header = receiver->header_length;

	if (sender_policy_apply(&claim, message, header, write_accepted, accept, error) < 0 ||
	    accept_write(accept, message + header, receiver->message_size - header, error) < 0)
		return -1;
	return accept_seal(accept, error);
}

/* A client that was killed is told nothing, so nothing is done for it. */
static bool
client_is_gone(int fd)
{
	struct pollfd peer = {.fd = fd};

	return poll(&peer, 1, 0) == 1 && (peer.revents & (POLLHUP | POLLERR)) != 0;
}

static int
publish(struct receiver *receiver, uint64_t *id, struct error *error)
{
	struct accept *accept;
	int result = -1;

	if (check_space(receiver, error) < 0)
		return -1;
	accept = accept_begin(receiver->options->incoming, &receiver->envelope, error);
	if (accept == NULL)
		return -1;
	if (write_message(receiver, accept, error) == 0) {
		if (client_is_gone(receiver->options->fd))
			error_set(error, EX_TEMPFAIL, "the client went away");
		else
			result = accept_publish(accept, id, error);
	}
	accept_free(accept);
	return result;
}

/* ---- the process ---- */

static void
hurry(int signal)
{
	(void)signal;
	(void)alarm(STOP_TIME);
}

static void
lock_in(const struct receiver_options *options)
{
	const int kept[] = {options->incoming, options->fd};
	const struct rlimit cpu = {CPU_TIME, CPU_TIME};
	sigset_t stop;

	(void)prctl(PR_SET_NAME, "postoak-receive");
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	(void)setrlimit(RLIMIT_CPU, &cpu);
	keep_descriptors(kept, sizeof(kept) / sizeof(kept[0]));
	(void)signal(SIGTERM, hurry);
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	(void)sigprocmask(SIG_UNBLOCK, &stop, NULL);
}

/* From here on it is finished: the client may count it as sent. */
static void
hold_signals(void)
{
	sigset_t all;

	sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, NULL);
}

/* What is not the client's fault, it may try again. */
static int
client_status(int status)
{
	switch (status) {
	case EX_DATAERR:
	case EX_NOPERM:
	case EX_PROTOCOL:
		return status;
	default:
		return EX_TEMPFAIL;
	}
}

void
receiver_answer(int fd, int status, const char *text)
{
	char line[ERROR_TEXT_MAX + 16];
	int length = snprintf(line, sizeof(line), "%d %s\n", status, text);

	(void)send(fd, line, (size_t)length, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void
receiver_run(const struct receiver_options *options)
{
	struct receiver receiver = {.options = options, .file = -1};
	char text[QUEUE_ID_SIZE];
	struct error error;
	uint64_t id = 0;
	int result;

	lock_in(options);
	result = open_file(&receiver, &error);
	if (result == 0)
		result = check_space(&receiver, &error);
	if (result == 0)
		result = receive(&receiver, &error);
	hold_signals();
	if (result == 0)
		result = read_message(&receiver, &error);
	if (result == 0) {
		own_envelope(&receiver);
		result = publish(&receiver, &id, &error);
	}
	if (result < 0) {
		int status = client_status(error.status);

		log_write(status == EX_TEMPFAIL ? LOG_WARNING : LOG_INFO, "receive", "uid=%lu: %s",
		    (unsigned long)options->uid, error.text);
		receiver_answer(options->fd, status, error.text);
		_exit(0);
	}
	queue_id_format(id, text);
	receiver_answer(options->fd, 0, text);
	if (receiver.wake)
		notify_runner(options->config->directories.runtime, id);
	_exit(0);
}
