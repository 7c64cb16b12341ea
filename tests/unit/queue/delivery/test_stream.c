/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/channel.h"
#include "config/clock.h"
#include "queue/delivery/stream.h"

#define MINUTE 60000

struct ends {
	struct stream *stream;
	int peer;
	int lifeline[2];
};

static int
setup(void **state)
{
	struct ends *ends = calloc(1, sizeof(*ends));
	int pair[2];

	*state = ends;
	if (ends == NULL || channel_pair(ends->lifeline) < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	ends->peer = pair[1];
	ends->stream = stream_new(pair[0], ends->lifeline[0]);
	return ends->stream == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	struct ends *ends = *state;

	stream_free(ends->stream);
	close(ends->peer);
	close(ends->lifeline[0]);
	close(ends->lifeline[1]);
	free(ends);
	return 0;
}

static uint64_t
in_a_minute(void)
{
	return clock_monotonic_ms() + MINUTE;
}

static void
lines_come_one_by_one(void **state)
{
	struct ends *ends = *state;
	const char *line;
	size_t length;

	assert_int_equal(stream_has_input(ends->stream), 0);
	assert_int_equal(write(ends->peer, "one\r\ntwo\n\r\nfo", 13), 13);
	assert_int_equal(stream_line(ends->stream, &line, &length, in_a_minute()), 0);
	assert_int_equal(length, 3);
	assert_memory_equal(line, "one", 3);
	assert_int_equal(stream_has_input(ends->stream), 1);
	assert_int_equal(stream_line(ends->stream, &line, &length, in_a_minute()), 0);
	assert_memory_equal(line, "two", 3);
	assert_int_equal(stream_line(ends->stream, &line, &length, in_a_minute()), 0);
	assert_int_equal(length, 0);
	assert_int_equal(stream_line(ends->stream, &line, &length, 0), -1);
	assert_int_equal(errno, ETIMEDOUT);
	assert_int_equal(write(ends->peer, "ur\r\n", 4), 4);
	assert_int_equal(stream_line(ends->stream, &line, &length, in_a_minute()), 0);
	assert_int_equal(length, 4);
	assert_memory_equal(line, "four", 4);
}

static void
output_goes_out_as_one_flight(void **state)
{
	struct ends *ends = *state;
	char text[64];

	assert_int_equal(stream_put(ends->stream, "MAIL\r\n", 6, in_a_minute()), 0);
	assert_int_equal(stream_put(ends->stream, "DATA\r\n", 6, in_a_minute()), 0);
	assert_int_equal(recv(ends->peer, text, sizeof(text), MSG_DONTWAIT), -1);
	assert_int_equal(stream_flush(ends->stream, in_a_minute()), 0);
	assert_int_equal(recv(ends->peer, text, sizeof(text), MSG_DONTWAIT), 12);
	assert_int_equal(stream_put(ends->stream, "secret", 6, in_a_minute()), 0);
	stream_discard_output(ends->stream);
	assert_int_equal(stream_flush(ends->stream, in_a_minute()), 0);
	assert_int_equal(recv(ends->peer, text, sizeof(text), MSG_DONTWAIT), -1);
}

/* A peer that writes all its answers before it reads on: both sides' buffers are full. */
static void
a_peer_that_answers_first_deadlocks_nobody(void **state)
{
	struct ends *ends = *state;
	static char block[60000];
	const size_t total = 2000000;
	const char *line;
	size_t length;
	int small = 4096, status;
	pid_t pid;

	(void)setsockopt(ends->peer, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	pid = fork();
	if (pid == 0) {
		char octets[4096];
		size_t got = 0;

		memset(block, 'r', sizeof(block));
		block[4000] = '\n';
		/* More than fits between us unless the other side reads. */
		if (write(ends->peer, block, sizeof(block)) != (ssize_t)sizeof(block))
			_exit(1);
		while (got < total) {
			ssize_t count = read(ends->peer, octets, sizeof(octets));

			if (count <= 0)
				_exit(2);
			got += (size_t)count;
		}
		_exit(0);
	}
	memset(block, 'c', sizeof(block));
	for (size_t sent = 0; sent < total; sent += 50000)
		assert_int_equal(stream_put(ends->stream, block, 50000, in_a_minute()), 0);
	assert_int_equal(stream_line(ends->stream, &line, &length, in_a_minute()), 0);
	assert_int_equal(length, 4000);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
a_peer_that_does_not_read_times_out(void **state)
{
	struct ends *ends = *state;
	static char block[1 << 20];
	int result = 0;

	for (int i = 0; i < 64 && result == 0; i++)
		result = stream_put(ends->stream, block, sizeof(block), 0);
	assert_int_equal(result, -1);
	assert_int_equal(errno, ETIMEDOUT);
}

static void
endless_lines_are_refused(void **state)
{
	struct ends *ends = *state;
	char block[STREAM_LINE_MAX];
	const char *line;
	size_t length;

	memset(block, 'x', sizeof(block));
	assert_int_equal(write(ends->peer, block, sizeof(block)), sizeof(block));
	assert_int_equal(stream_line(ends->stream, &line, &length, in_a_minute()), -1);
	assert_int_equal(errno, EMSGSIZE);
}

static void
what_was_said_before_leaving_is_heard(void **state)
{
	struct ends *ends = *state;
	const char *line;
	size_t length;

	assert_int_equal(write(ends->peer, "421 bye\r\n", 9), 9);
	assert_int_equal(shutdown(ends->peer, SHUT_RDWR), 0);
	assert_int_equal(stream_line(ends->stream, &line, &length, in_a_minute()), 0);
	assert_memory_equal(line, "421 bye", 7);
	assert_int_equal(stream_line(ends->stream, &line, &length, in_a_minute()), -1);
	assert_int_equal(errno, ECONNRESET);
	assert_int_equal(stream_has_input(ends->stream), -1);
	assert_int_equal(stream_put(ends->stream, "x", 1, in_a_minute()), 0);
	assert_int_equal(stream_flush(ends->stream, in_a_minute()), -1);
}

static void
the_runners_end_ends_every_wait(void **state)
{
	struct ends *ends = *state;
	const char *line;
	size_t length;

	close(ends->lifeline[1]);
	ends->lifeline[1] = -1;
	assert_int_equal(stream_line(ends->stream, &line, &length, in_a_minute()), -1);
	assert_int_equal(errno, ECANCELED);
}

/* TLS without certificates: both sides know a key beforehand. */
static unsigned
client_key(SSL *ssl, const char *hint, char *identity, unsigned identity_size, unsigned char *key,
    unsigned size)
{
	(void)ssl;
	(void)hint;
	snprintf(identity, identity_size, "test");
	memset(key, 'k', size < 32 ? size : 32);
	return 32;
}

static unsigned
server_key(SSL *ssl, const char *identity, unsigned char *key, unsigned size)
{
	(void)ssl;
	(void)identity;
	memset(key, 'k', size < 32 ? size : 32);
	return 32;
}

struct tls_peer {
	int fd;
	bool endless; /* new keys for ever, else gone at once */
};

static void *
serve_tls(void *context)
{
	const struct tls_peer *peer = context;
	SSL_CTX *server = SSL_CTX_new(TLS_server_method());
	SSL *ssl;

	SSL_CTX_set_psk_server_callback(server, server_key);
	ssl = SSL_new(server);
	if (ssl != NULL && SSL_set_fd(ssl, peer->fd) == 1 && SSL_accept(ssl) == 1)
		while (peer->endless && SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 &&
		       SSL_do_handshake(ssl) == 1)
			continue;
	/* No farewell. */
	(void)shutdown(peer->fd, SHUT_RDWR);
	SSL_free(ssl);
	SSL_CTX_free(server);
	return NULL;
}

static void
expect_of_tls(struct ends *ends, bool endless, uint64_t patience, int expected)
{
	struct tls_peer peer = {ends->peer, endless};
	SSL_CTX *client = SSL_CTX_new(TLS_client_method());
	const char *line;
	pthread_t thread;
	size_t length;

	assert_non_null(client);
	SSL_CTX_set_psk_client_callback(client, client_key);
	assert_int_equal(pthread_create(&thread, NULL, serve_tls, &peer), 0);
	assert_int_equal(stream_start_tls(ends->stream, SSL_new(client), in_a_minute()), 0);
	assert_int_equal(
	    stream_line(ends->stream, &line, &length, clock_monotonic_ms() + patience), -1);
	assert_int_equal(errno, expected);
	stream_free(ends->stream);
	ends->stream = NULL;
	assert_int_equal(pthread_join(thread, NULL), 0);
	SSL_CTX_free(client);
}

static void
records_without_content_do_not_stretch_a_deadline(void **state)
{
	expect_of_tls(*state, true, 200, ETIMEDOUT);
}

static void
tls_without_farewell_is_a_lost_connection(void **state)
{
	expect_of_tls(*state, false, MINUTE, ECONNRESET);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(lines_come_one_by_one, setup, teardown),
	    cmocka_unit_test_setup_teardown(output_goes_out_as_one_flight, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		a_peer_that_answers_first_deadlocks_nobody, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_peer_that_does_not_read_times_out, setup, teardown),
	    cmocka_unit_test_setup_teardown(endless_lines_are_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(what_was_said_before_leaving_is_heard, setup, teardown),
	    cmocka_unit_test_setup_teardown(the_runners_end_ends_every_wait, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		records_without_content_do_not_stretch_a_deadline, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		tls_without_farewell_is_a_lost_connection, setup, teardown),
	};

	(void)signal(SIGPIPE, SIG_IGN); /* as every process of ours */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
