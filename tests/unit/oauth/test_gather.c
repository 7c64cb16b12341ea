/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <cmocka.h>

#include "oauth/gather.h"

static char client[] = "contoso";
static char variable[] = "POSTOAK_TEST_SECRET";
static char missing[] = "POSTOAK_TEST_NO_SECRET";
static char sealed_name[] = "contoso";
static char shell[] = "/bin/sh";
static char option[] = "-c";
static char prints[] = "echo \"printed\"";
static char fails[] = "echo why >&2; exit 1";
static char *printing[] = {shell, option, prints, NULL};
static char *failing[] = {shell, option, fails, NULL};

static const struct secret_reference at_hand = {.kind = SECRET_ENV, .value = variable};
static const struct secret_reference unset = {.kind = SECRET_ENV, .value = missing};
static const struct secret_reference sealed = {.kind = SECRET_SEALED, .value = sealed_name};
static const struct secret_reference command = {.kind = SECRET_COMMAND, .argv = printing};
static const struct secret_reference broken = {.kind = SECRET_COMMAND, .argv = failing};
static const struct secret_reference none;

static struct environment environment;
static struct gather gather;
static unsigned answers;
static struct error seen; /* status 0: all there */

static void
done(const struct error *error, void *context)
{
	assert_ptr_equal(context, &gather);
	answers++;
	seen = (struct error){0};
	if (error != NULL)
		seen = *error;
	loop_stop(environment.loop);
}

static int
begin(void **state)
{
	(void)state;
	answers = 0;
	environment.loop = loop_new();
	environment.commands = commands_new(environment.loop);
	error_set(&environment.store_error, EX_CONFIG, "the store is closed");
	gather_init(&gather, &environment, done, &gather);
	alarm(60); /* or a mistake would hang for ever */
	return setenv(variable, "one", 1);
}

static int
end(void **state)
{
	(void)state;
	alarm(0);
	gather_wipe(&gather);
	commands_free(environment.commands);
	loop_free(environment.loop);
	return 0;
}

static void
what_is_at_hand_comes_at_once(void **state)
{
	(void)state;
	gather_want(&gather, GATHER_CLIENT_SECRET, &at_hand, client, false);
	gather_want(&gather, GATHER_PRIVATE_KEY, &none, client, false);
	gather_begin(&gather);
	assert_int_equal(answers, 1);
	assert_int_equal(seen.status, 0);
	assert_string_equal(gather_value(&gather, GATHER_CLIENT_SECRET), "one");
	assert_null(gather_value(&gather, GATHER_PRIVATE_KEY));
	assert_false(gather_running(&gather));
	/* And anew the next time. */
	gather_wipe(&gather);
	assert_null(gather_value(&gather, GATHER_CLIENT_SECRET));
	assert_int_equal(setenv(variable, "two", 1), 0);
	gather_want(&gather, GATHER_CLIENT_SECRET, &at_hand, client, false);
	gather_begin(&gather);
	assert_string_equal(gather_value(&gather, GATHER_CLIENT_SECRET), "two");
}

static void
nothing_wanted_is_all_there(void **state)
{
	(void)state;
	gather_begin(&gather);
	assert_int_equal(answers, 1);
	assert_int_equal(seen.status, 0);
}

static void
commands_take_a_while(void **state)
{
	(void)state;
	gather_want(&gather, GATHER_CLIENT_SECRET, &command, client, false);
	gather_want(&gather, GATHER_PRIVATE_KEY, &command, client, false);
	gather_want(&gather, GATHER_REFRESH_TOKEN, &at_hand, client, false);
	gather_begin(&gather);
	assert_int_equal(answers, 0);
	assert_true(gather_running(&gather));
	assert_int_equal(loop_run(environment.loop), 0);
	assert_int_equal(answers, 1);
	assert_int_equal(seen.status, 0);
	assert_string_equal(gather_value(&gather, GATHER_CLIENT_SECRET), "printed");
	assert_string_equal(gather_value(&gather, GATHER_PRIVATE_KEY), "printed");
	assert_string_equal(gather_value(&gather, GATHER_REFRESH_TOKEN), "one");
}

static void
failures_name_the_secret(void **state)
{
	static const struct {
		const struct secret_reference *reference;
		enum gather_slot slot;
		int status;
		const char *text;
	} cases[] = {
	    {&unset, GATHER_CLIENT_SECRET, EX_CONFIG,
		"client_secret of contoso: environment variable POSTOAK_TEST_NO_SECRET: not set"},
	    {&sealed, GATHER_PASSWORD, EX_CONFIG,
		"password of profile contoso: the store is closed"},
	    {&broken, GATHER_SERVICE_ACCOUNT, EX_TEMPFAIL,
		"service_account of contoso: /bin/sh ended with status 1: why"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		answers = 0;
		gather_want(&gather, cases[i].slot, cases[i].reference, client, false);
		gather_begin(&gather);
		if (answers == 0)
			assert_int_equal(loop_run(environment.loop), 0);
		assert_int_equal(answers, 1);
		assert_int_equal(seen.status, cases[i].status);
		assert_string_equal(seen.text, cases[i].text);
		gather_wipe(&gather);
	}
}

static void
what_is_optional_is_left_out(void **state)
{
	(void)state;
	gather_want(&gather, GATHER_CLIENT_SECRET, &broken, client, true);
	gather_want(&gather, GATHER_PRIVATE_KEY, &unset, client, true);
	gather_want(&gather, GATHER_REFRESH_TOKEN, &command, client, true);
	gather_begin(&gather);
	assert_int_equal(loop_run(environment.loop), 0);
	assert_int_equal(answers, 1);
	assert_int_equal(seen.status, 0);
	assert_null(gather_value(&gather, GATHER_CLIENT_SECRET));
	assert_null(gather_value(&gather, GATHER_PRIVATE_KEY));
	assert_string_equal(gather_value(&gather, GATHER_REFRESH_TOKEN), "printed");
}

static void
stop(void *context)
{
	loop_stop(context);
}

static void
who_wipes_hears_no_more(void **state)
{
	struct loop_timer timer;

	(void)state;
	gather_want(&gather, GATHER_CLIENT_SECRET, &command, client, false);
	gather_begin(&gather);
	gather_wipe(&gather);
	assert_false(gather_running(&gather));
	loop_timer_init(&timer, stop, environment.loop);
	loop_timer_set(environment.loop, &timer, 0);
	assert_int_equal(loop_run(environment.loop), 0);
	assert_int_equal(answers, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_is_at_hand_comes_at_once),
	    TEST(nothing_wanted_is_all_there),
	    TEST(commands_take_a_while),
	    TEST(failures_name_the_secret),
	    TEST(what_is_optional_is_left_out),
	    TEST(who_wipes_hears_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
