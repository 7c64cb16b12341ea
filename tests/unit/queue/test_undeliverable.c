/* SPDX-License-Identifier: ISC */
#include "queue/undeliverable.h"

#include "tests/unit/queue/context.h"
#include "tests/unit/queue/spool/refuse.h"

#define ID UINT64_C(0x660D83D00001)
#define NAME "660D83D00001"

static char bob[] = "bob@example.org";
static struct recipient recipient = {.address = bob};

struct outcome_of_keeping {
	struct loop *loop;
	int failure;
};

static void
kept(int failure, uint64_t id, void *context)
{
	struct outcome_of_keeping *outcome = context;

	(void)id;
	outcome->failure = failure;
	loop_stop(outcome->loop);
}

/* Keep the message; 0 once that is durable. */
static int
keep(struct host *host)
{
	struct context *context = &host->context;
	struct outcome_of_keeping outcome = {.loop = context->loop, .failure = -1};
	int file = openat(context->spool.queue, NAME, O_RDONLY);

	CHECK(file != -1);
	context->syncer = syncer_start(context->loop);
	CHECK(context->syncer != NULL);
	CHECK(undeliverable_keep(context, ID, file, kept, &outcome) == 0);
	CHECK(loop_run(context->loop) == 0);
	syncer_stop(context->syncer);
	close(file);
	return outcome.failure;
}

static bool
is_the_same(const struct host *host)
{
	char *original = get_file(host->context.spool.queue, NAME, NULL);
	char *copy = get_file(host->context.spool.undeliverable, NAME, NULL);
	bool same = strcmp(original, copy) == 0;

	free(original);
	free(copy);
	return same && count_names(host->context.spool.undeliverable) == 1;
}

static void
it_gets_a_second_name(void **state)
{
	struct host *host = *state;
	struct stat st;

	(void)host_queue(host, ID, &recipient, 1);
	assert_int_equal(keep(host), 0);
	assert_true(is_the_same(host));
	assert_int_equal(fstatat(host->context.spool.undeliverable, NAME, &st, 0), 0);
	assert_int_equal(st.st_nlink, 2);
	/* Twice does no harm. */
	assert_int_equal(keep(host), 0);
	assert_true(is_the_same(host));
}

static int
keep_what_may_not_be_linked(void *context)
{
	CHECK(refuse(__NR_linkat, 4, 0, 0, EPERM) == 0);
	return keep(context);
}

static void
where_the_kernel_refuses_that_it_is_copied(void **state)
{
	struct host *host = *state;
	struct stat st;

	(void)host_queue(host, ID, &recipient, 1);
	assert_true(in_child(keep_what_may_not_be_linked, host));
	assert_true(is_the_same(host));
	assert_int_equal(fstatat(host->context.spool.undeliverable, NAME, &st, 0), 0);
	assert_int_equal(st.st_nlink, 1);
}

static void
what_is_gone_cannot_be_kept(void **state)
{
	struct host *host = *state;

	assert_int_equal(undeliverable_keep(&host->context, ID, -1, kept, NULL), -1);
	assert_int_equal(errno, ENOENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(it_gets_a_second_name, host_setup, host_teardown),
	    cmocka_unit_test_setup_teardown(
		where_the_kernel_refuses_that_it_is_copied, host_setup, host_teardown),
	    cmocka_unit_test_setup_teardown(what_is_gone_cannot_be_kept, host_setup, host_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
