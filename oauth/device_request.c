/* SPDX-License-Identifier: ISC */
/* Requests about device authorization (RFC 8628): oauth device, oauth device-state. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "config/clock.h"
#include "oauth/agent_request.h"
#include "oauth/consent.h"
#include "oauth/consent_outcome.h"

#define KEPT 60 /* seconds in which somebody should ask how it went */

/* It ended: keep the outcome for who asks next. */
static void
conclude(struct consent *consent, char *report, const struct error *error)
{
	consent->over = true;
	consent->report = report;
	if (error != NULL)
		consent->outcome = *error;
	device_code_wipe(&consent->device);
	consent_prolong(consent, KEPT);
}

static void
give_up(struct consent *consent, enum device_state state)
{
	struct error error;

	if (state == DEVICE_DENIED)
		error_set(&error, EX_NOPERM, "access was refused by who was asked for it");
	else
		error_set(&error, EX_TEMPFAIL, "the code has expired unused; begin anew");
	conclude(consent, NULL, &error);
}

static void
set_poll(struct consent *consent)
{
	if (clock_monotonic_ms() >= consent->expires) {
		give_up(consent, DEVICE_EXPIRED);
		return;
	}
	loop_timer_set(accounts_environment(consents_accounts(consent->consents))->loop,
	    &consent->poll, consent->device.interval * 1000ULL);
}

static void
polled(struct token_request_result *result, const struct error *problem, void *context)
{
	struct consent *consent = context;
	enum device_state state = DEVICE_FAILED;
	char *report = NULL;
	struct error error;

	if (problem == NULL)
		state =
		    device_code_judge(&consent->device, result->verdict, result->response.error);
	if (state == DEVICE_PENDING)
		set_poll(consent);
	else if (state == DEVICE_DENIED || state == DEVICE_EXPIRED)
		give_up(consent, state);
	else if (consent_take(consent, result, problem, &report, &error) < 0)
		conclude(consent, NULL, &error);
	else
		conclude(consent, report, NULL);
}

static void
poll_now(void *context)
{
	struct consent *consent = context;
	const struct config_profile *profile;
	struct token_ask ask;
	struct error error;

	if (consent_check(consent, &error) < 0) {
		conclude(consent, NULL, &error);
		return;
	}
	profile = consent_profile(consent->consents, &consent->subject, &consent->alone, &error);
	if (profile == NULL) {
		conclude(consent, NULL, &error);
		return;
	}
	token_ask_of_profile(&ask, profile);
	ask.device_code = consent->device.code;
	exchange_begin(&consent->exchange, &ask);
}

static void
answer_code(struct consent *consent)
{
	const struct device_code *device = &consent->device;
	char *text;

	if (asprintf(&text, "%s\n%u\n%s\n%s\n%s\n", consent->proof.state, device->life,
		device->user_code, device->uri,
		device->complete_uri == NULL ? "-" : device->complete_uri) < 0)
		text = NULL;
	consent_answer(consent, text);
}

static void
begun(struct token_request_result *result, const struct error *problem, void *context)
{
	struct consent *consent = context;
	char *report = NULL;
	struct error error;

	if (problem != NULL || result->verdict != TOKEN_RESPONSE_GRANTED) {
		(void)consent_take(consent, result, problem, &report, &error);
		consent_refuse(consent, &error);
		consent_end(consent);
		return;
	}
	consent->device = result->device;
	result->device = (struct device_code){0};
	/* Until then the server answers; past it, nobody has to. */
	consent_prolong(consent, consent->device.life + KEPT);
	consent->expires = clock_monotonic_ms() + consent->device.life * 1000ULL;
	consent->exchange.done = polled;
	set_poll(consent);
	answer_code(consent);
}

void
oauth_request_device(const struct agent_call *call)
{
	const struct environment *environment = accounts_environment(call->desk->accounts);
	const struct config_profile *profile;
	struct consent_subject subject;
	struct consent *consent;
	struct token_ask ask;
	struct error error;

	if (consent_subject_parse(&subject, call->arguments, &error) < 0 ||
	    (consent = consent_new(call->desk->consents, &subject, call->request, &error)) ==
		NULL) {
		request_answer_error(call->request, &error);
		return;
	}
	profile = consent_profile(call->desk->consents, &subject, &consent->alone, &error);
	if (profile == NULL) {
		consent_refuse(consent, &error);
		consent_end(consent);
		return;
	}
	token_ask_of_profile(&ask, profile);
	ask.begins_device = true;
	loop_timer_init(&consent->poll, poll_now, consent);
	exchange_init(&consent->exchange, environment, begun, consent);
	exchange_begin(&consent->exchange, &ask);
}

static void
answer_outcome(struct consent *consent)
{
	char *text;

	if (consent->report == NULL) {
		consent_refuse(consent, &consent->outcome);
		return;
	}
	consent_answer(consent, asprintf(&text, "granted\n%s", consent->report) < 0 ? NULL : text);
}

void
oauth_request_device_state(const struct agent_call *call)
{
	struct consent *consent = consent_of_handle(call->desk->consents, call->arguments[0]);
	uint64_t now = clock_monotonic_ms();
	uint64_t left;
	char *text;

	if (consent == NULL || consent->redirect_uri != NULL || consent->request != NULL) {
		agent_refuse(call->request, EX_TEMPFAIL, "the request is forgotten; begin anew");
		return;
	}
	if (consent->over) {
		consent->request = call->request;
		answer_outcome(consent);
		consent_end(consent);
		return;
	}
	left = consent->expires > now ? (consent->expires - now) / 1000 : 0;
	if (asprintf(&text, "pending\n%" PRIu64 "\n", left) < 0)
		text = NULL;
	agent_answer_text(call->request, text);
}
