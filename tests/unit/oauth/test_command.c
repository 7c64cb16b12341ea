/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <bsd/string.h>
#include <cmocka.h>

#include "config/clock.h"
#include "config/secret.h"
#include "oauth/command.h"
#include "tests/unit/oauth/directory.h"

static uint64_t skipped;
static struct loop *loop;
static struct commands *commands;
static size_t expected;

/* In place of the house's: a clock that can be put forward. */
uint64_t
clock_monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000 + skipped;
}

uint64_t
clock_wall_us(void)
{
	return 0;
}

struct run {
	unsigned answers;
	char output[SECRET_MAX + 1];
	struct error error; /* status 0: it went well */
};

static void
done(const char *output, const struct error *error, void *context)
{
	struct run *run = context;

	run->answers++;
	if (output != NULL)
		strlcpy(run->output, output, sizeof(run->output));
	else
		run->error = *error;
	if (--expected == 0)
		loop_stop(loop);
}

static int
begin(void **state)
{
	(void)state;
	skipped = 0;
	expected = 0;
	loop = loop_new();
	commands = commands_new(loop);
	alarm(60); /* or a mistake would hang for ever */
	return commands == NULL ? -1 : 0;
}

static int
end(void **state)
{
	(void)state;
	alarm(0);
	commands_free(commands);
	loop_free(loop);
	return 0;
}

static struct command *
begin_run(struct run *run, const char *const *words)
{
	struct error error;
	char *argv[8] = {NULL};
	struct command *command;

	*run = (struct run){0};
	expected++;
	for (size_t i = 0; words[i] != NULL; i++)
		argv[i] = strdup(words[i]);
	command = command_run(commands, argv, done, run, &error);
	assert_non_null(command);
	assert_int_equal(run->answers, 0);
	for (size_t i = 0; argv[i] != NULL; i++)
		free(argv[i]);
	return command;
}

/* What a shell does with `script`. */
static struct run *
run_shell(const char *script)
{
	static struct run run;

	begin_run(&run, (const char *const[]){"/bin/sh", "-c", script, NULL});
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(run.answers, 1);
	return &run;
}

static void
gives_what_is_printed_without_the_last_newline(void **state)
{
	static const struct {
		const char *script;
		const char *output;
	} cases[] = {
	    {"echo hunter2", "hunter2"},
	    {"printf hunter2", "hunter2"},
	    {"printf 'a\\nb\\n\\n'", "a\nb\n"},
	    {"echo noise >&2; echo x", "x"},
	    /* What is left running keeps the pipe open, and does not matter. */
	    {"echo x; sleep 1000 & exit 0", "x"},
	    {"cat; echo x", "x"},
	    {"head -c 65535 /dev/zero | tr '\\0' y; echo", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct run *run = run_shell(cases[i].script);

		assert_int_equal(run->error.status, 0);
		if (cases[i].output != NULL)
			assert_string_equal(run->output, cases[i].output);
		else
			assert_int_equal(strlen(run->output), SECRET_MAX - 1);
	}
}

static void
what_fails_may_go_well_later(void **state)
{
	static const struct {
		const char *script;
		const char *text;
	} cases[] = {
	    {"exit 3", "/bin/sh ended with status 3"},
	    {"echo secret; exit 1", "/bin/sh ended with status 1"},
	    {"echo 'no vault' >&2; echo more >&2; exit 1", "/bin/sh ended with status 1: no vault"},
	    {"echo hunter2; echo 'not hunter2' >&2; exit 1",
		"/bin/sh ended with status 1: not [redacted]"},
	    {"kill -9 $$", "/bin/sh ended with signal 9"},
	    {":", "/bin/sh printed nothing"},
	    {"echo", "/bin/sh printed nothing"},
	    {"printf 'a\\0b'", "/bin/sh printed a NUL"},
	    {"head -c 65537 /dev/zero | tr '\\0' y", "/bin/sh printed more than 64 KiB"},
	    {"while :; do echo yyyyyyyyyyyyyyyyyyyy; done", "/bin/sh printed more than 64 KiB"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct run *run = run_shell(cases[i].script);

		assert_int_equal(run->error.status, EX_TEMPFAIL);
		assert_string_equal(run->error.text, cases[i].text);
	}
}

static void
a_long_complaint_is_cut_and_stops_nobody(void **state)
{
	const struct run *run =
	    run_shell("head -c 1000000 /dev/zero | tr '\\0' ' ' >&2; echo through");

	(void)state;
	assert_string_equal(run->output, "through");
	run = run_shell("yes 'one two' | tr '\\n' ' ' | head -c 100000 >&2; exit 1");
	assert_int_equal(run->error.status, EX_TEMPFAIL);
	assert_in_range(strlen(run->error.text), 200, 320);
}

static void
a_program_that_is_not_there_is_a_matter_of_configuration(void **state)
{
	struct run run;

	(void)state;
	begin_run(&run, (const char *const[]){"/nonexistent/program", NULL});
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(run.error.status, EX_CONFIG);
	assert_non_null(strstr(run.error.text, "cannot run /nonexistent/program: No such file"));
	begin_run(&run, (const char *const[]){"postoak-no-such-program", NULL});
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(run.error.status, EX_CONFIG);
}

static void
nothing_of_ours_is_inherited(void **state)
{
	struct run run;
	const struct run *shell;
	sigset_t blocked;
	int fds[2];

	(void)state;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	assert_int_equal(sigprocmask(SIG_BLOCK, &blocked, NULL), 0);
	assert_true(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	assert_int_equal(setenv("POSTOAK_TEST", "hunter2", 1), 0);
	assert_int_equal(setenv("PATH", "/nonexistent", 1), 0);
	begin_run(&run, (const char *const[]){"env", NULL});
	assert_int_equal(loop_run(loop), 0);
	assert_string_equal(run.output,
	    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nLC_ALL=C");
	assert_int_equal(pipe(fds), 0); /* without close-on-exec */
	shell = run_shell("cd /proc/self/fd && echo *");
	assert_string_equal(shell->output, "0 1 2 3"); /* 3: the directory itself */
	/* The C library keeps two signals of its own ignored. */
	shell = run_shell("readlink /proc/self/fd/0; sed -n 's/^SigBlk:.//p; s/^SigIgn:.//p' "
			  "/proc/self/status");
	assert_string_equal(shell->output, "/dev/null\n0000000000000000\n0000000180000000");
	close(fds[0]);
	close(fds[1]);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)sigprocmask(SIG_UNBLOCK, &blocked, NULL);
}

static void
put_the_clock_forward(void *context)
{
	(void)context;
	skipped += 10001;
}

static bool
lives(int pid)
{
	char name[32];
	char state = 'Z';
	FILE *stream;

	snprintf(name, sizeof(name), "/proc/%d/stat", pid);
	stream = fopen(name, "r");
	if (stream == NULL)
		return false;
	assert_true(fscanf(stream, "%*d (%*[^)]) %c", &state) <= 1);
	fclose(stream);
	return state != 'Z';
}

/* The number that a program put into the file, once it did. */
static int
wait_for_number(const char *file)
{
	FILE *stream;
	int number = 0;

	while (access(file, F_OK) != 0)
		(void)run_shell("echo turn");
	stream = fopen(file, "r");
	assert_non_null(stream);
	assert_int_equal(fscanf(stream, "%d", &number), 1);
	fclose(stream);
	return number;
}

static void
what_takes_too_long_is_killed_with_all_it_started(void **state)
{
	struct loop_timer later;
	char script[256];
	char file[64];
	struct run run;
	int child;

	(void)state;
	snprintf(file, sizeof(file), "%s/pid", top);
	snprintf(script, sizeof(script), "sleep 1000 & echo $! > %s.new; mv %s.new %s; wait", file,
	    file, file);
	begin_run(&run, (const char *const[]){"sh", "-c", script, NULL});
	expected = 0;
	child = wait_for_number(file);
	assert_int_equal(run.answers, 0);
	assert_true(lives(child));
	loop_timer_init(&later, put_the_clock_forward, NULL);
	loop_timer_set(loop, &later, 0);
	expected = 1;
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(run.answers, 1);
	assert_int_equal(run.error.status, EX_TEMPFAIL);
	assert_string_equal(run.error.text, "sh took longer than 10 s");
	while (lives(child))
		(void)usleep(1000);
}

static void
who_cancels_hears_no_more(void **state)
{
	struct run run;
	struct run waiting;
	struct command *first;
	struct command *second;

	(void)state;
	/* Before its turn; while it runs; while it waits for another. */
	command_cancel(begin_run(&run, (const char *const[]){"sleep", "1000", NULL}));
	first = begin_run(&run, (const char *const[]){"sleep", "1000", NULL});
	second = begin_run(&waiting, (const char *const[]){"sleep", "1000", NULL});
	expected = 0;
	(void)run_shell("echo turn");
	command_cancel(second);
	command_cancel(first);
	(void)run_shell("echo turn");
	assert_int_equal(run.answers, 0);
	assert_int_equal(waiting.answers, 0);
}

/* Each leaves a mark while it runs and fails where it finds one. */
static void
the_same_command_is_not_run_twice_at_once(void **state)
{
	struct run runs[4];
	char script[256];

	(void)state;
	snprintf(script, sizeof(script), "mkdir %s/mark && sleep 0.01 && rmdir %s/mark && echo ok",
	    top, top);
	for (size_t i = 0; i < 4; i++)
		begin_run(&runs[i], (const char *const[]){"sh", "-c", script, NULL});
	assert_int_equal(loop_run(loop), 0);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(runs[i].output, "ok");
}

static void
many_run_in_turn(void **state)
{
	struct run *runs = calloc(40, sizeof(*runs));
	char number[8];

	(void)state;
	for (size_t i = 0; i < 40; i++) {
		snprintf(number, sizeof(number), "%zu", i);
		begin_run(&runs[i], (const char *const[]){"echo", number, NULL});
	}
	assert_int_equal(loop_run(loop), 0);
	for (size_t i = 0; i < 40; i++)
		assert_int_equal(atoi(runs[i].output), i);
	free(runs);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(gives_what_is_printed_without_the_last_newline),
	    TEST(what_fails_may_go_well_later),
	    TEST(a_long_complaint_is_cut_and_stops_nobody),
	    TEST(a_program_that_is_not_there_is_a_matter_of_configuration),
	    TEST(nothing_of_ours_is_inherited),
	    TEST(what_takes_too_long_is_killed_with_all_it_started),
	    TEST(who_cancels_hears_no_more),
	    TEST(the_same_command_is_not_run_twice_at_once),
	    TEST(many_run_in_turn),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
