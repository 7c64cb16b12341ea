/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bsd/string.h>

#include "queue/delivery/login.h"

static char host[] = "127.0.0.1";
static char name[] = "me";
static struct config_profile profile;
static const struct config config = {.hostname = (char[]){"web1.example.com"}};
static struct credential credential;
static struct outcome failure;
static char said[65536]; /* by us */

/* A relay that has said everything before we begin: a lockstep dialogue is the same. */
static int
run(const char *replies)
{
	struct session session = {.config = &config, .profile = &profile, .loopback = true};
	int pair[2], result;
	ssize_t length;

	session.hello.extensions = HELLO_AUTH;
	session.hello.mechanisms = ~0u;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(write(pair[1], replies, strlen(replies)), (ssize_t)strlen(replies));
	assert_int_equal(shutdown(pair[1], SHUT_WR), 0);
	session.stream = stream_new(pair[0], -1);
	assert_non_null(session.stream);
	result = login(&session, &credential, &failure);
	length = recv(pair[1], said, sizeof(said) - 1, MSG_DONTWAIT);
	said[length > 0 ? length : 0] = '\0';
	stream_free(session.stream);
	close(pair[1]);
	return result;
}

static int
setup(void **state)
{
	(void)state;
	profile = (struct config_profile){
	    .host = host,
	    .port = 587,
	    .tls = TLS_NONE,
	    .username = name,
	    .timeouts = {60, 60, 60},
	};
	credential = (struct credential){.kind = CREDENTIAL_TOKEN};
	strlcpy(credential.secret, "tok", sizeof(credential.secret));
	return 0;
}

static void
long_token(void)
{
	for (size_t i = 0; i < 2000; i++)
		credential.secret[i] = (char)('A' + (i * i + i / 7) % 26);
	credential.secret[2000] = '\0';
}

static void
a_short_response_comes_with_the_command(void **state)
{
	(void)state;
	assert_int_equal(run("235 2.7.0 ok\r\n"), 0);
	assert_string_equal(said, "AUTH XOAUTH2 dXNlcj1tZQFhdXRoPUJlYXJlciB0b2sBAQ==\r\n");
}

static void
a_long_one_waits_for_the_challenge(void **state)
{
	(void)state;
	long_token();
	assert_int_equal(run("334 \r\n235 ok\r\n"), 0);
	assert_memory_equal(said, "AUTH XOAUTH2\r\ndXNlcj1tZQFhdXRoPUJlYXJlc", 39);
}

static void
an_error_challenge_is_answered_and_kept(void **state)
{
	(void)state;
	assert_int_equal(run("334 eyJzdGF0dXMiOiI0MDEifQ==\r\n535 5.7.8 no\r\n"), -1);
	assert_string_equal(said, "AUTH XOAUTH2 dXNlcj1tZQFhdXRoPUJlYXJlciB0b2sBAQ==\r\n\r\n");
	assert_string_equal(failure.text, "535 5.7.8 no {\"status\":\"401\"}");
	assert_int_equal(failure.profile, PROFILE_NEW_TOKEN);

	profile.mechanism = MECHANISM_OAUTHBEARER;
	assert_int_equal(run("334 eyJzdGF0dXMiOiI0MDEifQ==\r\n535 5.7.8 no\r\n"), -1);
	assert_non_null(strstr(said, "=\r\nAQ==\r\n"));
	assert_int_equal(failure.profile, PROFILE_NEW_TOKEN);
}

static void
a_relay_that_leaves_after_its_challenge_refused_the_token(void **state)
{
	(void)state;
	assert_int_equal(run("334 eyJzdGF0dXMiOiI0MDEifQ==\r\n"), -1);
	assert_int_equal(failure.profile, PROFILE_NEW_TOKEN);
	assert_non_null(strstr(failure.text, "{\"status\":\"401\"}"));
	assert_int_equal(run("334 bm8=\r\n501 5.5.2 what\r\n"), -1);
	assert_int_equal(failure.profile, PROFILE_NEW_TOKEN);
	assert_int_equal(run(""), -1);
	assert_int_equal(failure.profile, PROFILE_BACK_OFF);
}

static void
challenges_end(void **state)
{
	(void)state;
	assert_int_equal(
	    run("334 x\r\n334 x\r\n334 x\r\n334 x\r\n334 x\r\n334 x\r\n334 x\r\n235 ok\r\n"), -1);
	assert_int_equal(failure.scope, SCOPE_PROFILE);
}

static void
passwords_go_by_plain_and_login(void **state)
{
	(void)state;
	credential.kind = CREDENTIAL_PASSWORD;
	strlcpy(credential.secret, "pw", sizeof(credential.secret));
	assert_int_equal(run("235 ok\r\n"), 0);
	assert_string_equal(said, "AUTH PLAIN AG1lAHB3\r\n");
	profile.mechanism = MECHANISM_LOGIN;
	assert_int_equal(run("334 VXNlcm5hbWU6\r\n334 UGFzc3dvcmQ6\r\n235 ok\r\n"), 0);
	assert_string_equal(said, "AUTH LOGIN\r\nbWU=\r\ncHc=\r\n");
}

static void
an_echoed_credential_is_not_reported(void **state)
{
	char replies[16384];

	(void)state;
	long_token();
	snprintf(replies, sizeof(replies), "334 \r\n535-5.7.8 bad %s\r\n535 5.7.8 %.100s\r\n",
	    credential.secret, credential.secret + 500);
	assert_int_equal(run(replies), -1);
	assert_string_equal(failure.text, "535 5.7.8 bad [redacted] [redacted]");
	/* The encoded response: what we said last, its CRLF cut. */
	said[strlen(said) - 2] = '\0';
	snprintf(replies, sizeof(replies), "334 \r\n535 5.7.8 %s\r\n", strrchr(said, '\n') + 1);
	assert_int_equal(run(replies), -1);
	assert_string_equal(failure.text, "535 5.7.8 [redacted]");
}

static void
nothing_is_said_in_clear_to_others(void **state)
{
	(void)state;
	profile.tls = TLS_STARTTLS;
	assert_int_equal(run("235 ok\r\n"), -1);
	assert_string_equal(said, "");
	assert_int_equal(failure.profile, PROFILE_SUSPEND);
}

static void
no_username_no_login(void **state)
{
	(void)state;
	profile.username = NULL;
	assert_int_equal(run(""), 0);
	assert_string_equal(said, "");
}

static void
a_credential_that_fits_nothing_is_not_sent(void **state)
{
	(void)state;
	memset(credential.secret, 't', sizeof(credential.secret) - 1);
	profile.username = (char[]){
	    "an-account-with-a-name-so-long-that-together-with-the-longest-"
	    "token-it-is-more-than-sixteen-kibibytes-when-encoded-which-takes-quite-a-number-of-"
	    "octets-because-the-limits-were-chosen-with-some-room-for-names-of-a-usual-length-"
	    "and-this-one-is-not-usual-at-all-by-any-measure-that-people-apply-to-mailboxes-or-"
	    "to-anything-else"};
	assert_int_equal(run("235 ok\r\n"), -1);
	assert_string_equal(said, "");
	assert_int_equal(failure.profile, PROFILE_SUSPEND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(a_short_response_comes_with_the_command, setup),
	    cmocka_unit_test_setup(a_long_one_waits_for_the_challenge, setup),
	    cmocka_unit_test_setup(an_error_challenge_is_answered_and_kept, setup),
	    cmocka_unit_test_setup(
		a_relay_that_leaves_after_its_challenge_refused_the_token, setup),
	    cmocka_unit_test_setup(challenges_end, setup),
	    cmocka_unit_test_setup(passwords_go_by_plain_and_login, setup),
	    cmocka_unit_test_setup(an_echoed_credential_is_not_reported, setup),
	    cmocka_unit_test_setup(nothing_is_said_in_clear_to_others, setup),
	    cmocka_unit_test_setup(no_username_no_login, setup),
	    cmocka_unit_test_setup(a_credential_that_fits_nothing_is_not_sent, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
