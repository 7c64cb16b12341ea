/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <bsd/string.h>
#include <cmocka.h>

#include "oauth/account.h"
#include "tests/unit/oauth/directory.h"

/* Everything that needs no server: those are seen to by the integration tests. */

static char name[] = "office";
static char username[] = "me@example.org";
static char variable[] = "POSTOAK_TEST_PASSWORD";
static char sealed[] = "smtp";

static struct environment environment;
static struct config_profile profile;
static struct account *account;
static unsigned changes;

struct caller {
	struct account_waiter waiter;
	unsigned answers;
	enum agent_state state;
	struct credential credential;
	char text[1024];
};

static void
answered(struct account_waiter *waiter, const struct account_answer *answer)
{
	struct caller *caller = (struct caller *)(void *)waiter;

	caller->answers++;
	caller->state = answer->state;
	if (answer->credential != NULL)
		caller->credential = *answer->credential;
	strlcpy(caller->text, answer->text, sizeof(caller->text));
}

static void
changed(struct account *who, void *context)
{
	(void)context;
	assert_ptr_equal(who, account);
	changes++;
}

static int
begin(void **state)
{
	(void)state;
	changes = 0;
	profile = (struct config_profile){.name = name, .username = username};
	environment.loop = loop_new();
	if (environment.loop == NULL)
		return -1;
	environment.http = http_new(environment.loop);
	environment.commands = commands_new(environment.loop);
	error_set(&environment.store_error, EX_CONFIG, "the store is closed");
	return environment.http == NULL || environment.commands == NULL ? -1 : 0;
}

static void
open_account(void)
{
	account = account_new(&environment, &profile, changed, NULL);
	assert_non_null(account);
}

static int
end(void **state)
{
	(void)state;
	account_free(account);
	commands_free(environment.commands);
	http_free(environment.http);
	loop_free(environment.loop);
	return 0;
}

static void
a_password_is_read_each_time(void **state)
{
	struct caller caller = {.waiter = {.answered = answered}};

	(void)state;
	profile.password = (struct secret_reference){.kind = SECRET_ENV, .value = variable};
	open_account();
	assert_int_equal(setenv(variable, "one", 1), 0);
	account_request(account, &caller.waiter);
	assert_int_equal(caller.answers, 1);
	assert_int_equal(caller.credential.kind, CREDENTIAL_PASSWORD);
	assert_string_equal(caller.credential.secret, "one");
	assert_int_equal(setenv(variable, "two", 1), 0);
	account_request(account, &caller.waiter);
	assert_string_equal(caller.credential.secret, "two");
}

static void
a_refused_password_needs_a_person_and_is_not_repeated(void **state)
{
	struct caller caller = {.waiter = {.answered = answered}};

	(void)state;
	profile.password = (struct secret_reference){.kind = SECRET_ENV, .value = variable};
	open_account();
	assert_int_equal(setenv(variable, "open sesame", 1), 0);
	account_request(account, &caller.waiter);
	account_reject(account, &caller.waiter, 0, "535 5.7.8 open sesame is wrong");
	assert_int_equal(caller.answers, 2);
	assert_int_equal(caller.state, AGENT_NEEDS_PERSON);
	assert_null(strstr(caller.text, "sesame"));
	assert_non_null(strstr(caller.text, "535 5.7.8"));
	assert_non_null(strstr(caller.text, "postoak resume office"));
	assert_int_equal(account_state(account), AGENT_NEEDS_PERSON);
	/* The next one may try. */
	account_request(account, &caller.waiter);
	assert_int_equal(caller.state, AGENT_READY);
	account_accept(account, 0);
	assert_int_equal(account_state(account), AGENT_READY);
}

static void
stopping(struct account_waiter *waiter, const struct account_answer *answer)
{
	answered(waiter, answer);
	loop_stop(environment.loop);
}

/* It counts its runs in a file. */
static char shell[] = "/bin/sh";
static char option[] = "-c";
static char script[256];
static char *counting[] = {shell, option, script, NULL};

static void
one_run_of_a_password_command_serves_all_who_wait(void **state)
{
	struct caller callers[3] = {{.waiter = {.answered = answered}},
	    {.waiter = {.answered = stopping}}, {.waiter = {.answered = answered}}};
	static char other[] = "echo changed";
	struct config_profile changed_profile;
	char *argv[] = {shell, option, other, NULL};

	(void)state;
	snprintf(script, sizeof(script), "echo x >> %s/runs; wc -l < %s/runs", top, top);
	profile.password = (struct secret_reference){.kind = SECRET_COMMAND, .argv = counting};
	open_account();
	/* The newest is answered first, so that the loop goes on until all are. */
	account_request(account, &callers[1].waiter);
	account_request(account, &callers[0].waiter);
	account_request(account, &callers[2].waiter);
	account_leave(&callers[2].waiter);
	assert_int_equal(callers[0].answers, 0);
	assert_int_equal(loop_run(environment.loop), 0);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(callers[i].answers, 1);
		assert_string_equal(callers[i].credential.secret, "1");
	}
	assert_int_equal(callers[2].answers, 0);
	/* Nothing is kept for the next one. */
	account_request(account, &callers[1].waiter);
	assert_int_equal(loop_run(environment.loop), 0);
	assert_string_equal(callers[1].credential.secret, "2");
	/* What a changed configuration says is what who waits gets. */
	account_request(account, &callers[1].waiter);
	changed_profile = profile;
	changed_profile.password.argv = argv;
	account_reload(account, &changed_profile);
	assert_int_equal(loop_run(environment.loop), 0);
	assert_string_equal(callers[1].credential.secret, "changed");
	/* What the relay says of it is fit to be read. */
	account_reject(account, &callers[1].waiter, 0, "535 5.7.8 changed is wrong");
	assert_null(strstr(callers[1].text, "changed"));
	/* It is gone before the account. */
	account_reload(account, &profile);
}

static void
a_failing_password_command_is_no_reason_to_wake_anybody(void **state)
{
	struct caller caller = {.waiter = {.answered = stopping}};

	(void)state;
	strlcpy(script, "echo no vault >&2; exit 1", sizeof(script));
	profile.password = (struct secret_reference){.kind = SECRET_COMMAND, .argv = counting};
	open_account();
	account_request(account, &caller.waiter);
	assert_int_equal(loop_run(environment.loop), 0);
	assert_int_equal(caller.state, AGENT_TRY_LATER);
	assert_string_equal(
	    caller.text, "password of profile office: /bin/sh ended with status 1: no vault");
}

static void
no_user_name_no_credential(void **state)
{
	struct caller caller = {.waiter = {.answered = answered}};

	(void)state;
	profile.username = NULL;
	open_account();
	account_request(account, &caller.waiter);
	assert_int_equal(caller.state, AGENT_READY);
	assert_int_equal(caller.credential.kind, CREDENTIAL_NONE);
}

static void
a_sealed_password_needs_the_store(void **state)
{
	struct caller caller = {.waiter = {.answered = answered}};

	(void)state;
	profile.password = (struct secret_reference){.kind = SECRET_SEALED, .value = sealed};
	open_account();
	account_request(account, &caller.waiter);
	assert_int_equal(caller.state, AGENT_NEEDS_PERSON);
	assert_non_null(strstr(caller.text, "the store is closed"));
}

static void
without_a_store_tokens_wait_for_a_person(void **state)
{
	struct caller callers[3] = {{.waiter = {.answered = answered}},
	    {.waiter = {.answered = answered}}, {.waiter = {.answered = answered}}};
	struct account_view view;

	(void)state;
	profile.grant = GRANT_CLIENT_CREDENTIALS;
	open_account();
	account_request(account, &callers[0].waiter);
	account_request(account, &callers[1].waiter);
	account_refresh(account, &callers[2].waiter);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(callers[i].answers, 1);
		assert_int_equal(callers[i].state, AGENT_NEEDS_PERSON);
		assert_string_equal(callers[i].text, "the store is closed");
	}
	/* It is news once. */
	assert_int_equal(changes, 1);
	account_view(account, &view);
	assert_string_equal(view.state, "needs_person");
	assert_string_equal(view.last_error, "the store is closed");
	/* A lock that is held is soon given up. */
	error_set(&environment.store_error, EX_TEMPFAIL, "in use");
	account_probe(account);
	account_request(account, &callers[0].waiter);
	assert_int_equal(callers[0].state, AGENT_TRY_LATER);
	assert_string_equal(callers[0].text, "in use");
	assert_int_equal(changes, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_password_is_read_each_time, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_refused_password_needs_a_person_and_is_not_repeated, begin, end),
	    cmocka_unit_test_setup_teardown(
		one_run_of_a_password_command_serves_all_who_wait, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_failing_password_command_is_no_reason_to_wake_anybody, begin, end),
	    cmocka_unit_test_setup_teardown(no_user_name_no_credential, begin, end),
	    cmocka_unit_test_setup_teardown(a_sealed_password_needs_the_store, begin, end),
	    cmocka_unit_test_setup_teardown(without_a_store_tokens_wait_for_a_person, begin, end),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
