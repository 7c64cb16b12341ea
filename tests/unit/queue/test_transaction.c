/* SPDX-License-Identifier: ISC */
#include "queue/transaction.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include <bsd/string.h>

#include "queue/delivery/work.h"

static struct outcome
outcome(enum outcome_scope scope, enum outcome_class class, const char *enhanced, const char *text)
{
	struct outcome outcome = {.scope = scope, .class = class};

	strlcpy(outcome.enhanced, enhanced, sizeof(outcome.enhanced));
	strlcpy(outcome.text, text, sizeof(outcome.text));
	return outcome;
}

/* Of the recipients 2, 5 and 9. */
static int
setup(void **state)
{
	uint32_t *indexes = calloc(3, sizeof(*indexes));

	assert_non_null(indexes);
	indexes[0] = 2;
	indexes[1] = 5;
	indexes[2] = 9;
	*state = transaction_new(NULL, indexes, 3);
	return *state == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	transaction_free(*state);
	return 0;
}

static void
nothing_is_known_at_first(void **state)
{
	const struct transaction *transaction = *state;

	assert_int_equal(transaction->count, 3);
	assert_false(transaction_reached(transaction));
	assert_false(transaction_is_complete(transaction));
	for (uint32_t i = 0; i < 3; i++)
		assert_null(transaction->verdicts[i].reply);
}

static void
a_recipients_own_verdict_comes_before_that_of_all(void **state)
{
	struct transaction *transaction = *state;
	struct outcome unknown =
	    outcome(SCOPE_RECIPIENT, OUTCOME_NEVER, "5.1.1", "550 5.1.1 unknown");
	struct outcome taken = outcome(SCOPE_MESSAGE, OUTCOME_DELIVERED, "2.0.0", "250 2.0.0 Ok");

	transaction_note(transaction, 5, &unknown);
	assert_true(transaction_reached(transaction));
	assert_false(transaction_is_complete(transaction));
	assert_false(transaction->verdicts[0].given);
	transaction_note(transaction, WORK_ALL_RECIPIENTS, &taken);
	assert_true(transaction_is_complete(transaction));
	assert_int_equal(transaction->verdicts[0].class, OUTCOME_DELIVERED);
	assert_string_equal(transaction->verdicts[0].reply, "250 2.0.0 Ok");
	assert_int_equal(transaction->verdicts[1].class, OUTCOME_NEVER);
	assert_string_equal(transaction->verdicts[1].enhanced, "5.1.1");
	assert_string_equal(transaction->verdicts[1].reply, "550 5.1.1 unknown");
	assert_string_equal(transaction->verdicts[2].enhanced, "2.0.0");
}

static void
the_first_verdict_counts(void **state)
{
	struct transaction *transaction = *state;
	struct outcome taken = outcome(SCOPE_MESSAGE, OUTCOME_DELIVERED, "2.0.0", "250 Ok");
	struct outcome later = outcome(SCOPE_RECIPIENT, OUTCOME_LATER, "4.2.1", "450 later");

	transaction_note(transaction, 9, &later);
	transaction_note(transaction, 9, &taken);
	assert_int_equal(transaction->verdicts[2].class, OUTCOME_LATER);
	assert_string_equal(transaction->verdicts[2].reply, "450 later");
}

static void
the_profiles_trouble_is_nobodys_verdict(void **state)
{
	struct transaction *transaction = *state;
	struct outcome quota = outcome(SCOPE_PROFILE, OUTCOME_NEVER, "5.4.5", "550 5.4.5 limit");

	transaction_note(transaction, 2, &quota);
	transaction_note(transaction, WORK_ALL_RECIPIENTS, &quota);
	assert_false(transaction_reached(transaction));
}

static void
who_is_not_in_it_gets_no_verdict(void **state)
{
	struct transaction *transaction = *state;
	struct outcome taken = outcome(SCOPE_RECIPIENT, OUTCOME_DELIVERED, "2.1.5", "250 Ok");

	transaction_note(transaction, 0, &taken);
	transaction_note(transaction, 3, &taken);
	transaction_note(transaction, 10, &taken);
	transaction_note(transaction, UINT32_MAX - 1, &taken);
	assert_false(transaction_reached(transaction));
}

static void
without_recipients_it_is_complete_and_reached_nobody(void **state)
{
	struct transaction *transaction = transaction_new(NULL, NULL, 0);

	(void)state;
	assert_non_null(transaction);
	assert_true(transaction_is_complete(transaction));
	assert_false(transaction_reached(transaction));
	transaction_free(transaction);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(nothing_is_known_at_first, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		a_recipients_own_verdict_comes_before_that_of_all, setup, teardown),
	    cmocka_unit_test_setup_teardown(the_first_verdict_counts, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		the_profiles_trouble_is_nobodys_verdict, setup, teardown),
	    cmocka_unit_test_setup_teardown(who_is_not_in_it_gets_no_verdict, setup, teardown),
	    cmocka_unit_test(without_recipients_it_is_complete_and_reached_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
