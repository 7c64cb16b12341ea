/* SPDX-License-Identifier: ISC */
#include "queue/alert.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define TEXT_MAX 4096

struct host {
	char directory[32];
	char script[64];
	char seen[64];
	char *command[4];
	struct loop *loop;
	struct alert *alert;
};

/* Ends the loop once nothing is left to be run. */
static void
reap(int signal, void *context)
{
	struct host *host = context;
	int status;
	pid_t pid;

	(void)signal;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		assert_true(alert_reaped(host->alert, pid, status));
	if (alert_is_idle(host->alert))
		loop_stop(host->loop);
}

static int
setup(void **state)
{
	static const int signals[] = {SIGCHLD};
	static struct host host;

	host = (struct host){.directory = "/tmp/postoak-test-XXXXXX"};
	assert_non_null(mkdtemp(host.directory));
	(void)snprintf(host.script, sizeof(host.script), "%s/alert", host.directory);
	(void)snprintf(host.seen, sizeof(host.seen), "%s/seen", host.directory);
	host.command[0] = host.script;
	host.command[1] = host.seen;
	host.loop = loop_new();
	assert_non_null(host.loop);
	assert_int_equal(loop_signals(host.loop, signals, 1, reap, &host), 0);
	host.alert = alert_new(host.loop);
	assert_non_null(host.alert);
	*state = &host;
	return 0;
}

static int
teardown(void **state)
{
	struct host *host = *state;

	alert_free(host->alert);
	loop_free(host->loop);
	(void)unlink(host->script);
	(void)unlink(host->seen);
	return rmdir(host->directory);
}

/* The command is a script that is given the file where it tells what it saw. */
static void
install(struct host *host, const char *script)
{
	FILE *out = fopen(host->script, "w");

	assert_non_null(out);
	fprintf(out, "#!/bin/sh\n%s", script);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(chmod(host->script, 0700), 0);
	alert_set_command(host->alert, host->command);
}

static void
read_seen(const struct host *host, char text[TEXT_MAX])
{
	FILE *in = fopen(host->seen, "r");
	size_t length = in == NULL ? 0 : fread(text, 1, TEXT_MAX - 1, in);

	text[length] = '\0';
	if (in != NULL)
		fclose(in);
}

static void
the_command_gets_profile_state_and_reason(void **state)
{
	struct host *host = *state;
	char text[TEXT_MAX];

	install(host, "seen=$1; shift\nprintf '%s|' \"$#\" \"$@\" >> $seen\n");
	alert_send(host->alert, "office", "suspended", "run: postoak \"oauth\" $(grant); office");
	assert_false(alert_is_idle(host->alert));
	assert_int_equal(loop_run(host->loop), 0);
	read_seen(host, text);
	assert_string_equal(text, "3|office|suspended|run: postoak \"oauth\" $(grant); office|");
}

static void
it_inherits_next_to_nothing(void **state)
{
	struct host *host = *state;
	char text[TEXT_MAX];
	int open_by_us[2];

	assert_int_equal(pipe(open_by_us), 0);
	assert_int_equal(setenv("POSTOAK_SECRET", "x", 1), 0);
	install(host, "echo \"$(for n in 0 1 2; do readlink /proc/$$/fd/$n; done)\" > $1\n"
		      "env | grep -v '^_\\|^PWD=\\|^SHLVL=' | cut -d= -f1 | sort >> $1\n"
		      "ls /proc/self/fd | wc -l >> $1\n");
	alert_send(host->alert, "office", "ready", "");
	assert_int_equal(loop_run(host->loop), 0);
	read_seen(host, text);
	/* The last number: the three, and the one that ls reads the directory with. */
	assert_string_equal(text, "/dev/null\n/dev/null\n/dev/null\nLC_ALL\nPATH\n4\n");
	close(open_by_us[0]);
	close(open_by_us[1]);
}

static void
one_at_a_time_and_the_last_word_for_each_profile(void **state)
{
	struct host *host = *state;
	char text[TEXT_MAX];

	/* A second one beside it would find the directory. */
	install(host, "mkdir $1.d || echo overlap >> $1\necho $2 $3 >> $1\nrmdir $1.d\n");
	alert_send(host->alert, "a", "backing_off", "");
	alert_send(host->alert, "b", "backing_off", "");
	alert_send(host->alert, "c", "suspended", "");
	alert_send(host->alert, "b", "suspended", "");
	alert_send(host->alert, "b", "ready", "");
	assert_int_equal(loop_run(host->loop), 0);
	read_seen(host, text);
	assert_string_equal(text, "a backing_off\nb ready\nc suspended\n");
}

static void
a_command_that_fails_does_not_stop_the_next(void **state)
{
	struct host *host = *state;
	char text[TEXT_MAX];

	install(host, "echo $2 >> $1\nexit 3\n");
	alert_send(host->alert, "a", "ready", "");
	alert_send(host->alert, "b", "ready", "");
	assert_int_equal(loop_run(host->loop), 0);
	read_seen(host, text);
	assert_string_equal(text, "a\nb\n");
}

static void
without_a_command_nothing_runs(void **state)
{
	struct host *host = *state;
	char *none[] = {NULL};

	alert_send(host->alert, "a", "ready", "");
	assert_true(alert_is_idle(host->alert));
	alert_set_command(host->alert, none);
	alert_send(host->alert, "a", "ready", "");
	assert_true(alert_is_idle(host->alert));
}

static void
words_are_forgotten_with_the_command(void **state)
{
	struct host *host = *state;
	char text[TEXT_MAX];

	install(host, "echo $2 >> $1\n");
	alert_send(host->alert, "a", "ready", "");
	alert_send(host->alert, "b", "ready", "");
	alert_set_command(host->alert, NULL);
	assert_int_equal(loop_run(host->loop), 0);
	read_seen(host, text);
	assert_string_equal(text, "a\n");
}

static void
other_children_are_not_the_alert(void **state)
{
	struct host *host = *state;

	assert_false(alert_reaped(host->alert, 1, 0));
	install(host, "exit 0\n");
	alert_send(host->alert, "a", "ready", "");
	assert_false(alert_reaped(host->alert, 1, 0));
	assert_int_equal(loop_run(host->loop), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		the_command_gets_profile_state_and_reason, setup, teardown),
	    cmocka_unit_test_setup_teardown(it_inherits_next_to_nothing, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		one_at_a_time_and_the_last_word_for_each_profile, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		a_command_that_fails_does_not_stop_the_next, setup, teardown),
	    cmocka_unit_test_setup_teardown(without_a_command_nothing_runs, setup, teardown),
	    cmocka_unit_test_setup_teardown(words_are_forgotten_with_the_command, setup, teardown),
	    cmocka_unit_test_setup_teardown(other_children_are_not_the_alert, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
