/* SPDX-License-Identifier: ISC */
#include "queue/syncer.h"

#include <signal.h>
#include <sys/wait.h>

#include "tests/unit/queue/spooled.h"

struct answer {
	struct loop *loop;
	unsigned *left; /* answers until the loop ends */
	bool given;
	int failure;
	uint64_t id;
};

struct host {
	struct fixture *fixture;
	struct loop *loop;
	struct syncer *syncer;
	unsigned left;
};

static int
setup(void **state)
{
	struct host *host = calloc(1, sizeof(*host));

	assert_non_null(host);
	*state = host;
	(void)fixture_setup((void **)&host->fixture);
	host->loop = loop_new();
	host->syncer = syncer_start(host->loop);
	return host->syncer == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	struct host *host = *state;

	syncer_stop(host->syncer);
	loop_free(host->loop);
	(void)fixture_teardown((void **)&host->fixture);
	free(host);
	/* It ends by itself once its channel is closed. */
	return waitpid(-1, NULL, 0) > 0 ? 0 : -1;
}

static void
answered(int failure, uint64_t id, void *context)
{
	struct answer *answer = context;

	assert_false(answer->given);
	answer->given = true;
	answer->failure = failure;
	answer->id = id;
	if (--*answer->left == 0)
		loop_stop(answer->loop);
}

static struct answer
expect(struct host *host)
{
	host->left++;
	return (struct answer){.loop = host->loop, .left = &host->left};
}

static void
every_kind_of_sync_is_answered(void **state)
{
	static const enum sync_operation kinds[] = {SYNC_DATA, SYNC_FILE, SYNC_SYSTEM};
	struct host *host = *state;
	struct answer answers[3];
	int file = openat(host->fixture->spool.root, "file", O_RDWR | O_CREAT, 0600);

	assert_int_not_equal(file, -1);
	for (int i = 0; i < 3; i++) {
		answers[i] = expect(host);
		assert_int_equal(
		    syncer_ask(host->syncer, kinds[i], file, -1, answered, &answers[i]), 0);
	}
	/* The descriptor is the caller's again. */
	close(file);
	assert_int_equal(loop_run(host->loop), 0);
	for (int i = 0; i < 3; i++) {
		assert_true(answers[i].given);
		assert_int_equal(answers[i].failure, 0);
	}
}

static void
a_failure_comes_back_as_errno(void **state)
{
	struct host *host = *state;
	struct answer answer = expect(host);
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(syncer_ask(host->syncer, SYNC_FILE, ends[0], -1, answered, &answer), 0);
	assert_int_equal(loop_run(host->loop), 0);
	assert_int_equal(answer.failure, EINVAL);
	close(ends[0]);
	close(ends[1]);
}

static void
a_descriptor_that_is_none_is_refused_at_once(void **state)
{
	struct host *host = *state;

	assert_int_equal(syncer_ask(host->syncer, SYNC_DATA, -1, -1, answered, NULL), -1);
	assert_int_equal(errno, EBADF);
}

static void
a_message_is_published(void **state)
{
	struct host *host = *state;
	int queue = host->fixture->spool.queue;
	char sender[] = "";
	char address[] = "bob@example.org";
	struct recipient recipient = {.address = address};
	struct envelope envelope = envelope_for(sender, &recipient, 1);
	struct answer answer = expect(host);
	char name[QUEUE_ID_SIZE];
	struct accept *accept;
	struct error error;

	accept = accept_begin(queue, &envelope, &error);
	assert_non_null(accept);
	assert_int_equal(accept_write(accept, "Subject: x\r\n\r\n", 14, &error), 0);
	assert_int_equal(accept_seal(accept, &error), 0);
	assert_int_equal(
	    syncer_ask(host->syncer, SYNC_PUBLISH, accept_file(accept), queue, answered, &answer),
	    0);
	assert_int_equal(loop_run(host->loop), 0);
	assert_int_equal(answer.failure, 0);
	queue_id_format(answer.id, name);
	assert_true(file_exists(queue, name));
	accept_free(accept);
	assert_true(file_exists(queue, name));
}

/* Our one child. */
static pid_t
process_of_the_syncer(void)
{
	char path[64];
	FILE *in;
	int pid;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%ld/children", (long)getpid());
	in = fopen(path, "r");
	if (in == NULL)
		return -1;
	if (fscanf(in, "%d", &pid) != 1)
		pid = -1;
	fclose(in);
	return pid;
}

static void
what_a_dead_process_left_is_asked_again(void **state)
{
	struct host *host = *state;
	struct answer before = expect(host);
	struct answer after;
	pid_t pid = process_of_the_syncer();

	/* Kernels without CONFIG_PROC_CHILDREN do not tell. */
	if (pid <= 0)
		skip();
	/* Stopped, it takes the request and does not answer. */
	assert_int_equal(kill(pid, SIGSTOP), 0);
	assert_int_equal(
	    syncer_ask(host->syncer, SYNC_FILE, host->fixture->spool.root, -1, answered, &before),
	    0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	after = expect(host);
	assert_int_equal(
	    syncer_ask(host->syncer, SYNC_DATA, host->fixture->spool.root, -1, answered, &after),
	    0);
	assert_int_equal(loop_run(host->loop), 0);
	assert_int_equal(before.failure, 0);
	assert_int_equal(after.failure, 0);
	assert_int_not_equal(process_of_the_syncer(), pid);
}

static void
more_than_the_channel_holds_is_answered_in_order(void **state)
{
	enum { REQUESTS = 2000 };
	struct host *host = *state;
	struct answer *answers = calloc(REQUESTS, sizeof(*answers));

	assert_non_null(answers);
	for (int i = 0; i < REQUESTS; i++) {
		answers[i] = expect(host);
		/* An operation that it does not know needs no disk. */
		assert_int_equal(syncer_ask(host->syncer, (enum sync_operation)1000,
				     host->fixture->spool.root, -1, answered, &answers[i]),
		    0);
	}
	assert_int_equal(loop_run(host->loop), 0);
	for (int i = 0; i < REQUESTS; i++)
		assert_int_equal(answers[i].failure, EINVAL);
	free(answers);
}

static void
after_the_stop_nobody_is_called(void **state)
{
	struct host *host = *state;
	struct answer answer = expect(host);

	assert_int_equal(
	    syncer_ask(host->syncer, SYNC_FILE, host->fixture->spool.root, -1, answered, &answer),
	    0);
	syncer_stop(host->syncer);
	assert_int_not_equal(waitpid(-1, NULL, 0), -1);
	assert_false(answer.given);
	host->syncer = syncer_start(host->loop);
	assert_non_null(host->syncer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(every_kind_of_sync_is_answered, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_failure_comes_back_as_errno, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		a_descriptor_that_is_none_is_refused_at_once, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_message_is_published, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		what_a_dead_process_left_is_asked_again, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		more_than_the_channel_holds_is_answered_in_order, setup, teardown),
	    cmocka_unit_test_setup_teardown(after_the_stop_nobody_is_called, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
