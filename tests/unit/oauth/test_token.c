/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "oauth/token.h"

#define SECOND 1000ULL
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define START (1000 * HOUR)

static struct token token;
static uint64_t now;

static int
begin(void **state)
{
	(void)state;
	token_init(&token);
	now = START;
	return 0;
}

static void
fetch_with(const struct token_life *life)
{
	token_fetch_began(&token);
	token_fetched(&token, now, token.generation + 1, life, 0);
}

static void
fetch(uint64_t seconds)
{
	fetch_with(&(struct token_life){
	    .left = seconds * SECOND, .whole = seconds * SECOND, .keep_alive = TOKEN_NEVER});
}

static void
fetch_fails(enum token_trouble trouble, unsigned retry_after, uint32_t chance)
{
	token_fetch_began(&token);
	token_failed(&token, now, trouble, retry_after, chance);
}

static void
nothing_is_fetched_unasked(void **state)
{
	(void)state;
	assert_int_equal(token_next(&token), TOKEN_NEVER);
	assert_false(token_due(&token, now));
}

static void
many_requests_share_one_fetch(void **state)
{
	(void)state;
	assert_int_equal(token_want(&token, now), TOKEN_FETCH);
	token_fetch_began(&token);
	assert_int_equal(token_want(&token, now), TOKEN_FETCH);
	assert_int_equal(token_next(&token), TOKEN_NEVER);
	token_fetched(&token, now, 1,
	    &(struct token_life){.left = HOUR, .whole = HOUR, .keep_alive = TOKEN_NEVER}, 0);
	assert_int_equal(token_want(&token, now), TOKEN_GRANT);
	assert_int_equal(token.generation, 1);
}

static void
a_token_in_use_is_replaced_ahead(void **state)
{
	(void)state;
	fetch(7200);
	assert_int_equal(token_next(&token), TOKEN_NEVER);
	assert_int_equal(token_want(&token, now), TOKEN_GRANT);
	/* 10 % of two hours is more than 300 s. */
	assert_int_equal(token_next(&token), START + 7200 * SECOND - 720 * SECOND);
	now = START + 6500 * SECOND;
	assert_true(token_due(&token, now));
	token_fetch_began(&token);
	assert_int_equal(token_want(&token, now), TOKEN_GRANT);
	fetch(7200);
	/* Without further use it goes on for a day, no longer. */
	assert_int_equal(token_next(&token), now + 6480 * SECOND);
	now += 25 * HOUR;
	fetch(7200);
	assert_int_equal(token_next(&token), TOKEN_NEVER);
}

static void
ahead_is_at_most_half_the_life(void **state)
{
	(void)state;
	fetch(60);
	token_want(&token, now);
	assert_int_equal(token_next(&token), START + 30 * SECOND);
	fetch(4000);
	assert_int_equal(token_next(&token), START + 3600 * SECOND);
}

static void
chance_makes_it_earlier_only(void **state)
{
	struct token_life life = {
	    .left = HOUR, .whole = HOUR, .refresh_ahead = 900, .keep_alive = TOKEN_NEVER};

	(void)state;
	token_want(&token, now);
	token_fetch_began(&token);
	token_fetched(&token, now, 1, &life, 90 * 1000);
	token_want(&token, now);
	assert_int_equal(token_next(&token), START + HOUR - 990 * SECOND);
	token_fetch_began(&token);
	token_fetched(&token, now, 2, &life, 90 * 1000 + 1);
	assert_int_equal(token_next(&token), START + HOUR - 900 * SECOND);
}

static void
an_expired_token_is_not_handed_out(void **state)
{
	(void)state;
	fetch(3600);
	now = START + 3589 * SECOND;
	assert_int_equal(token_want(&token, now), TOKEN_GRANT);
	now = START + 3590 * SECOND;
	assert_int_equal(token_want(&token, now), TOKEN_FETCH);
	assert_false(token_usable(&token, now));
}

static void
the_old_token_serves_while_the_server_has_trouble(void **state)
{
	(void)state;
	fetch(3600);
	token_want(&token, now);
	now = START + 3400 * SECOND;
	assert_true(token_due(&token, now));
	fetch_fails(TOKEN_TRANSIENT, 0, 0);
	assert_int_equal(token_want(&token, now), TOKEN_GRANT);
	now = START + 3600 * SECOND;
	assert_int_equal(token_want(&token, now), TOKEN_FETCH);
	fetch_fails(TOKEN_TRANSIENT, 0, 0);
	assert_int_equal(token_want(&token, now), TOKEN_REFUSE_LATER);
}

static void
a_configured_reserve_is_kept_while_it_can_be(void **state)
{
	struct token_life life = {
	    .left = HOUR, .whole = HOUR, .refresh_ahead = 900, .keep_alive = TOKEN_NEVER};

	(void)state;
	fetch_with(&life);
	now = START + 2701 * SECOND;
	assert_int_equal(token_want(&token, now), TOKEN_FETCH);
	fetch_fails(TOKEN_TRANSIENT, 0, 0);
	assert_int_equal(token_want(&token, now), TOKEN_GRANT);
}

static void
backing_off_doubles_up_to_five_minutes(void **state)
{
	static const unsigned steps[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300};

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		uint64_t step = steps[i] * SECOND;

		assert_int_equal(token_want(&token, now), TOKEN_FETCH);
		/* The most chance adds to the half is the other half. */
		fetch_fails(TOKEN_TRANSIENT, 0, (uint32_t)(step / 2));
		assert_int_equal(token.retry_at, now + step);
		for (int request = 0; request < 100; request++)
			assert_int_equal(token_want(&token, now + step - 1), TOKEN_REFUSE_LATER);
		assert_false(token_due(&token, now + step - 1));
		now += step;
		assert_true(token_due(&token, now));
	}
	fetch_fails(TOKEN_TRANSIENT, 0, 0);
	assert_int_equal(token.retry_at, now + 150 * SECOND);
	now = token.retry_at;
	fetch(3600);
	fetch_fails(TOKEN_TRANSIENT, 0, 0);
	assert_int_equal(token.retry_at, now + 500);
}

static void
retry_after_wins_within_an_hour(void **state)
{
	(void)state;
	fetch_fails(TOKEN_TRANSIENT, 77, 12345);
	assert_int_equal(token.retry_at, now + 77 * SECOND);
	fetch_fails(TOKEN_TRANSIENT, 86400, 12345);
	assert_int_equal(token.retry_at, now + HOUR);
}

static void
a_permanent_failure_is_looked_at_each_half_hour(void **state)
{
	(void)state;
	fetch_fails(TOKEN_PERMANENT, 5, 0);
	assert_int_equal(token_want(&token, now + 29 * MINUTE), TOKEN_REFUSE_PERSON);
	assert_int_equal(token_next(&token), now + 30 * MINUTE);
	token_forget_trouble(&token);
	assert_int_equal(token_want(&token, now), TOKEN_FETCH);
}

static void
a_rejected_token_is_replaced_once(void **state)
{
	(void)state;
	fetch(3600);
	assert_int_equal(token_reject(&token, now, 1), TOKEN_FETCH);
	token_fetch_began(&token);
	/* Others of the same generation come while it runs and after it ended. */
	assert_int_equal(token_reject(&token, now, 1), TOKEN_FETCH);
	assert_int_equal(token_want(&token, now), TOKEN_FETCH);
	fetch(3600);
	assert_int_equal(token_reject(&token, now, 1), TOKEN_GRANT);
	assert_false(token.refused);
	/* The fresh one, too. */
	now += MINUTE;
	assert_int_equal(token_reject(&token, now, 2), TOKEN_REFUSE_PERSON);
	assert_true(token.refused);
	assert_false(token_usable(&token, now));
}

static void
probes_after_a_refusal_use_what_is_there_for_a_while(void **state)
{
	(void)state;
	fetch(3600);
	token_reject(&token, now, 1);
	fetch(3600);
	token_reject(&token, now, 2);
	now += MINUTE;
	assert_int_equal(token_want(&token, now), TOKEN_GRANT);
	assert_int_equal(token_reject(&token, now, 2), TOKEN_REFUSE_PERSON);
	now += 5 * MINUTE;
	assert_int_equal(token_want(&token, now), TOKEN_FETCH);
	fetch(3600);
	/* Whether this one is good only a login can tell. */
	assert_true(token.refused);
	token_accept(&token, 2);
	assert_true(token.refused);
	token_accept(&token, 3);
	assert_false(token.refused);
}

static void
a_person_may_have_a_refused_token_replaced_at_once(void **state)
{
	(void)state;
	fetch(3600);
	token_reject(&token, now, 1);
	fetch(3600);
	token_reject(&token, now, 2);
	token_forget_trouble(&token);
	assert_false(token.refused);
	assert_int_equal(token_want(&token, now), TOKEN_FETCH);
	fetch(3600);
	assert_int_equal(token_reject(&token, now, 3), TOKEN_REFUSE_PERSON);
}

static void
a_rejected_token_does_not_serve_during_trouble(void **state)
{
	(void)state;
	fetch(3600);
	assert_int_equal(token_reject(&token, now, 1), TOKEN_FETCH);
	fetch_fails(TOKEN_TRANSIENT, 10, 0);
	assert_int_equal(token_want(&token, now), TOKEN_REFUSE_LATER);
	assert_int_equal(token_reject(&token, now, 1), TOKEN_REFUSE_LATER);
	fetch_fails(TOKEN_PERMANENT, 0, 0);
	assert_int_equal(token_want(&token, now), TOKEN_REFUSE_PERSON);
}

static void
a_restored_token_serves_until_it_ends(void **state)
{
	struct token_life life = {.left = 10 * MINUTE, .whole = HOUR, .keep_alive = 24 * HOUR};

	(void)state;
	token_restored(&token, now, 41, &life);
	assert_int_equal(token_want(&token, now), TOKEN_GRANT);
	assert_int_equal(token.generation, 41);
	assert_int_equal(token_next(&token), now + 10 * MINUTE - 360 * SECOND);
	token_drop(&token);
	assert_int_equal(token_want(&token, now), TOKEN_FETCH);
	assert_int_equal(token.generation, 41);
	life.left = 0;
	token_restored(&token, now, 42, &life);
	assert_int_equal(token_want(&token, now), TOKEN_FETCH);
}

static void
an_idle_refresh_token_is_kept_alive(void **state)
{
	struct token_life life = {.left = HOUR, .whole = HOUR, .keep_alive = 7 * 24 * HOUR};

	(void)state;
	fetch_with(&life);
	assert_int_equal(token_next(&token), START + 7 * 24 * HOUR);
	now += 7 * 24 * HOUR;
	assert_true(token_due(&token, now));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(nothing_is_fetched_unasked, begin),
	    cmocka_unit_test_setup(many_requests_share_one_fetch, begin),
	    cmocka_unit_test_setup(a_token_in_use_is_replaced_ahead, begin),
	    cmocka_unit_test_setup(ahead_is_at_most_half_the_life, begin),
	    cmocka_unit_test_setup(chance_makes_it_earlier_only, begin),
	    cmocka_unit_test_setup(an_expired_token_is_not_handed_out, begin),
	    cmocka_unit_test_setup(the_old_token_serves_while_the_server_has_trouble, begin),
	    cmocka_unit_test_setup(a_configured_reserve_is_kept_while_it_can_be, begin),
	    cmocka_unit_test_setup(backing_off_doubles_up_to_five_minutes, begin),
	    cmocka_unit_test_setup(retry_after_wins_within_an_hour, begin),
	    cmocka_unit_test_setup(a_permanent_failure_is_looked_at_each_half_hour, begin),
	    cmocka_unit_test_setup(a_rejected_token_is_replaced_once, begin),
	    cmocka_unit_test_setup(probes_after_a_refusal_use_what_is_there_for_a_while, begin),
	    cmocka_unit_test_setup(a_person_may_have_a_refused_token_replaced_at_once, begin),
	    cmocka_unit_test_setup(a_rejected_token_does_not_serve_during_trouble, begin),
	    cmocka_unit_test_setup(a_restored_token_serves_until_it_ends, begin),
	    cmocka_unit_test_setup(an_idle_refresh_token_is_kept_alive, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
