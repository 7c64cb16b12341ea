/* SPDX-License-Identifier: ISC */
#include "queue/backlog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Several times what the table begins with. */
#define MESSAGES 10000

/* Ids as they come: the time in steps of 16 microseconds. */
static uint64_t
id_of(size_t i)
{
	return UINT64_C(0x660D83D00000) + 3 * i;
}

static struct backlog *
filled(void)
{
	struct backlog *backlog = backlog_new();

	assert_non_null(backlog);
	for (size_t i = 0; i < MESSAGES; i++) {
		struct message *message = backlog_add(backlog, id_of(i));

		assert_non_null(message);
		assert_int_equal(message->id, id_of(i));
		assert_true(message->unread);
		assert_ptr_equal(message->units, &message->unit);
		assert_ptr_equal(message->unit.message, message);
		assert_null(message->unit.lane);
	}
	return backlog;
}

static void
every_message_is_found_while_the_table_grows(void **state)
{
	struct backlog *backlog = filled();

	(void)state;
	assert_int_equal(backlog_count(backlog), MESSAGES);
	for (size_t i = 0; i < MESSAGES; i++) {
		assert_int_equal(backlog_find(backlog, id_of(i))->id, id_of(i));
		assert_null(backlog_find(backlog, id_of(i) + 1));
	}
	backlog_free(backlog);
}

static void
what_is_removed_is_gone_and_nothing_else(void **state)
{
	struct backlog *backlog = filled();

	(void)state;
	for (size_t i = 0; i < MESSAGES; i += 2)
		backlog_remove(backlog, backlog_find(backlog, id_of(i)));
	assert_int_equal(backlog_count(backlog), MESSAGES / 2);
	for (size_t i = 0; i < MESSAGES; i++)
		assert_int_equal(backlog_find(backlog, id_of(i)) != NULL, i % 2);
	backlog_free(backlog);
}

struct visits {
	struct backlog *backlog;
	size_t count;
};

static void
remove_every_third(struct message *message, void *context)
{
	struct visits *visits = context;

	visits->count++;
	if ((message->id - id_of(0)) % 9 == 0)
		backlog_remove(visits->backlog, message);
}

static void
a_visit_may_remove_its_message(void **state)
{
	struct visits visits = {.backlog = filled()};

	(void)state;
	backlog_each(visits.backlog, remove_every_third, &visits);
	assert_int_equal(visits.count, MESSAGES);
	assert_int_equal(backlog_count(visits.backlog), MESSAGES - (MESSAGES + 2) / 3);
	visits.count = 0;
	backlog_each(visits.backlog, remove_every_third, &visits);
	assert_int_equal(visits.count, MESSAGES - (MESSAGES + 2) / 3);
	backlog_free(visits.backlog);
}

static size_t
count_units(const struct message *message)
{
	size_t count = 0;

	for (const struct unit *unit = message->units; unit != NULL; unit = unit->next)
		count++;
	return count;
}

static void
units_come_and_go_in_any_order(void **state)
{
	struct backlog *backlog = backlog_new();
	struct message *message = backlog_add(backlog, 1);
	struct unit *second = message_add_unit(message);
	struct unit *third = message_add_unit(message);

	(void)state;
	assert_ptr_equal(second->message, message);
	assert_int_equal(count_units(message), 3);
	message_drop_unit(message, &message->unit);
	assert_int_equal(count_units(message), 2);
	message_drop_unit(message, third);
	assert_int_equal(count_units(message), 1);
	assert_ptr_equal(message->units, second);
	message_drop_unit(message, second);
	assert_null(message->units);
	backlog_remove(backlog, message);
	assert_int_equal(backlog_count(backlog), 0);
	backlog_free(backlog);
}

static void
finals_are_remembered(void **state)
{
	struct backlog *backlog = backlog_new();
	struct message *message = backlog_add(backlog, 1);

	(void)state;
	assert_null(message->finals);
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(message_add_final(message, i, i % 2 == 1), 0);
	assert_int_equal(message->finals->count, 1000);
	for (uint32_t i = 0; i < 1000; i++) {
		assert_int_equal(message->finals->items[i].index, i);
		assert_int_equal(message->finals->items[i].failed, i % 2 == 1);
	}
	backlog_free(backlog);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_message_is_found_while_the_table_grows),
	    cmocka_unit_test(what_is_removed_is_gone_and_nothing_else),
	    cmocka_unit_test(a_visit_may_remove_its_message),
	    cmocka_unit_test(units_come_and_go_in_any_order),
	    cmocka_unit_test(finals_are_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
