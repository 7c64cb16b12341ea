/* SPDX-License-Identifier: ISC */
#include "sendmail/consent_device.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/stdlib.h>
#include <bsd/string.h>

#include "config/loop.h"

#define TICK_MS 1000
#define REMIND 60 /* seconds, where there is no terminal to count down on */

struct errand {
	const struct consent_call *call;
	struct loop *loop;
	struct loop_timer tick;
	char handle[CONSENT_HANDLE_SIZE];
	bool counts_down;
	unsigned reminded; /* seconds that were left */
	bool over;         /* the agent has forgotten the request */
	int result;
	struct error *error;
};

static void
clear_countdown(const struct errand *errand)
{
	if (errand->counts_down)
		printf("\r%*s\r", 60, "");
	fflush(stdout);
}

static void
finish(struct errand *errand, int result)
{
	clear_countdown(errand);
	errand->result = result;
	loop_stop(errand->loop);
}

static void
show_time(struct errand *errand, unsigned left)
{
	if (errand->counts_down)
		printf("\rWaiting for that, %u:%02u left ", left / 60, left % 60);
	else if (errand->reminded == 0 || left + REMIND <= errand->reminded)
		printf("Waiting for that, %u s left\n", errand->reminded = left);
	fflush(stdout);
}

static void
look(void *context)
{
	struct errand *errand = context;
	char *answer = NULL;
	const char *problem;
	const char *state;
	char *rest;

	if (consent_ask_handle(
		errand->call, "oauth device-state", errand->handle, &answer, errand->error) < 0) {
		errand->over = true;
		finish(errand, -1);
		return;
	}
	rest = answer;
	state = consent_line(&rest);
	if (state != NULL && strcmp(state, "pending") == 0) {
		const char *seconds = consent_line(&rest);

		show_time(
		    errand, (unsigned)strtonum(seconds == NULL ? "" : seconds, 0, 86400, &problem));
		loop_timer_set(errand->loop, &errand->tick, TICK_MS);
	} else {
		errand->over = true;
		finish(errand, 0);
		fputs(rest, stdout);
	}
	free(answer);
}

static void
signalled(int signal, void *context)
{
	struct errand *errand = context;

	(void)signal;
	finish(errand, error_set(errand->error, EX_TEMPFAIL, "interrupted; nothing was changed"));
}

/* Tell a person where to go, from the agent's answer. */
static int
tell(struct errand *errand, char *answer, struct error *error)
{
	char *rest = answer;
	const char *lines[5]; /* handle, seconds, user code, address, address with the code */

	for (size_t i = 0; i < 5; i++)
		if ((lines[i] = consent_line(&rest)) == NULL)
			return error_set(error, EX_SOFTWARE, "the agent gives no code");
	strlcpy(errand->handle, lines[0], sizeof(errand->handle));
	printf("On any device, open\n\n    %s\n\nand enter the code\n\n    %s\n\n", lines[3],
	    lines[2]);
	if (strcmp(lines[4], "-") != 0)
		printf("Or open this address, and compare the code:\n\n    %s\n\n", lines[4]);
	fflush(stdout);
	return 0;
}

static int
wait_for_consent(struct errand *errand, struct error *error)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

	if (loop_signals(errand->loop, signals, 3, signalled, errand) < 0)
		return error_set_errno(error, EX_OSERR, "cannot wait");
	loop_timer_set(errand->loop, &errand->tick, 0);
	if (loop_run(errand->loop) < 0)
		return error_set_errno(error, EX_OSERR, "cannot wait");
	return errand->result;
}

static void
forget(struct errand *errand)
{
	struct error ignored;
	char *answer = NULL;

	if (errand->over || errand->handle[0] == '\0')
		return;
	(void)consent_ask_handle(errand->call, "oauth forget", errand->handle, &answer, &ignored);
	free(answer);
}

int
consent_by_device(const struct consent_call *call, struct error *error)
{
	struct errand errand = {.call = call, .error = error, .result = -1};
	char *answer = NULL;
	int result = -1;

	errand.counts_down = isatty(STDOUT_FILENO) == 1;
	errand.loop = loop_new();
	if (errand.loop == NULL)
		return error_set_errno(error, EX_OSERR, "cannot wait");
	loop_timer_init(&errand.tick, look, &errand);
	if (consent_ask(call, "oauth device", NULL, &answer, error) == 0 &&
	    tell(&errand, answer, error) == 0)
		result = wait_for_consent(&errand, error);
	free(answer);
	forget(&errand);
	loop_timer_cancel(errand.loop, &errand.tick);
	loop_free(errand.loop);
	return result < 0 ? -1 : EX_OK;
}
