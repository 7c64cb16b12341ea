/* SPDX-License-Identifier: ISC */
#include "queue/held_profiles.h"

#include "tests/unit/queue/spool/fixture.h"

#define FILE_NAME "held-profiles"

struct host {
	struct fixture *fixture;
	struct context context;
	struct config_profile profiles[3];
	struct lane *lanes[3];
};

static char names[3][8] = {"office", "gmail", "isp"};

static void
ignore(void *context)
{
	(void)context;
}

static int
setup(void **state)
{
	struct host *host = calloc(1, sizeof(*host));

	assert_non_null(host);
	*state = host;
	(void)fixture_setup((void **)&host->fixture);
	host->context.spool = host->fixture->spool;
	host->context.loop = loop_new();
	LIST_INIT(&host->context.lanes);
	for (int i = 0; i < 3; i++) {
		host->profiles[i].name = names[i];
		host->lanes[i] = lane_new(host->context.loop, &host->profiles[i], ignore, NULL, 0);
		assert_non_null(host->lanes[i]);
		LIST_INSERT_HEAD(&host->context.lanes, host->lanes[i], entry);
	}
	/* The one without a profile is in the list too. */
	host->context.nowhere = lane_new(host->context.loop, NULL, ignore, NULL, 0);
	assert_non_null(host->context.nowhere);
	LIST_INSERT_HEAD(&host->context.lanes, host->context.nowhere, entry);
	return 0;
}

static int
teardown(void **state)
{
	struct host *host = *state;

	for (int i = 0; i < 3; i++)
		lane_free(host->lanes[i]);
	lane_free(host->context.nowhere);
	loop_free(host->context.loop);
	(void)fixture_teardown((void **)&host->fixture);
	free(host);
	return 0;
}

static enum profile_condition
condition(const struct host *host, int i)
{
	return host->lanes[i]->state.condition;
}

static void
without_a_file_nothing_is_held(void **state)
{
	struct host *host = *state;

	held_profiles_read(&host->context);
	for (int i = 0; i < 3; i++)
		assert_int_equal(condition(host, i), CONDITION_READY);
}

static void
what_was_written_is_held_again(void **state)
{
	struct host *host = *state;
	struct error error;

	(void)profile_state_hold(&host->lanes[0]->state, 1);
	(void)profile_state_hold(&host->lanes[2]->state, 1);
	assert_int_equal(held_profiles_write(&host->context, &error), 0);
	(void)profile_state_resume(&host->lanes[0]->state, true, 2, 2);
	(void)profile_state_resume(&host->lanes[2]->state, true, 2, 2);
	held_profiles_read(&host->context);
	assert_int_equal(condition(host, 0), CONDITION_HELD);
	assert_int_equal(condition(host, 1), CONDITION_READY);
	assert_int_equal(condition(host, 2), CONDITION_HELD);
}

static void
the_file_is_replaced(void **state)
{
	struct host *host = *state;
	int root = host->context.spool.root;
	struct error error;
	size_t length;
	char *text;

	(void)profile_state_hold(&host->lanes[0]->state, 1);
	assert_int_equal(held_profiles_write(&host->context, &error), 0);
	(void)profile_state_resume(&host->lanes[0]->state, true, 2, 2);
	(void)profile_state_hold(&host->lanes[1]->state, 1);
	assert_int_equal(held_profiles_write(&host->context, &error), 0);
	text = get_file(root, FILE_NAME, &length);
	assert_string_equal(text, "gmail\n");
	free(text);
	(void)profile_state_resume(&host->lanes[1]->state, true, 2, 2);
	assert_int_equal(held_profiles_write(&host->context, &error), 0);
	text = get_file(root, FILE_NAME, &length);
	assert_int_equal(length, 0);
	free(text);
}

static void
unknown_names_do_no_harm(void **state)
{
	static const char text[] = "gone\n\n../../etc\noffice\nisp";
	struct host *host = *state;

	put_file(host->context.spool.root, FILE_NAME, text, strlen(text));
	held_profiles_read(&host->context);
	assert_int_equal(condition(host, 0), CONDITION_HELD);
	assert_int_equal(condition(host, 1), CONDITION_READY);
	assert_int_equal(condition(host, 2), CONDITION_HELD);
}

static void
a_link_is_not_followed(void **state)
{
	struct host *host = *state;
	int root = host->context.spool.root;

	put_file(root, "elsewhere", "office\n", 7);
	assert_int_equal(symlinkat("elsewhere", root, FILE_NAME), 0);
	held_profiles_read(&host->context);
	assert_int_equal(condition(host, 0), CONDITION_READY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(without_a_file_nothing_is_held, setup, teardown),
	    cmocka_unit_test_setup_teardown(what_was_written_is_held_again, setup, teardown),
	    cmocka_unit_test_setup_teardown(the_file_is_replaced, setup, teardown),
	    cmocka_unit_test_setup_teardown(unknown_names_do_no_harm, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_link_is_not_followed, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
