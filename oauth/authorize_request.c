/* SPDX-License-Identifier: ISC */
/* Requests about authorization by a browser: oauth authorize, redeem, inspect, forget. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <bsd/string.h>

#include "config/secret.h"
#include "config/syntax.h"
#include "oauth/agent_request.h"
#include "oauth/consent.h"
#include "oauth/consent_outcome.h"
#include "oauth/request_word.h"

#define EXCHANGE_LIFE 120 /* seconds; a request itself has its client's timeout */

static void
refuse(struct consent *consent, const struct error *error)
{
	consent_refuse(consent, error);
	consent_end(consent);
}

/* The endpoints are known: tell where to send the browser. */
static void
answer_url(struct discovery_waiter *waiter, const struct error *problem)
{
	struct consent *consent =
	    (struct consent *)(void *)((char *)waiter - offsetof(struct consent, discovery));
	const struct environment *environment =
	    accounts_environment(consents_accounts(consent->consents));
	const struct config_profile *profile;
	struct authorization_request request;
	struct token_ask ask;
	struct form url = {0};
	struct error error;
	char *text = NULL;

	profile = consent_profile(consent->consents, &consent->subject, &consent->alone, &error);
	if (profile == NULL || problem != NULL) {
		refuse(consent, problem != NULL ? problem : &error);
		return;
	}
	token_ask_of_profile(&ask, profile);
	ask.metadata = discovery_get(environment->discovery, profile->client);
	request = (struct authorization_request){
	    .endpoint = token_ask_authorization_endpoint(&ask),
	    .client_id = profile->client->client_id,
	    .redirect_uri = consent->redirect_uri,
	    .scopes = &profile->scopes,
	    .parameters = &profile->authorization_parameters,
	};
	if (request.endpoint == NULL || request.client_id == NULL) {
		error_set(&error, EX_CONFIG, "client %s has no %s", profile->client->name,
		    request.endpoint == NULL ? "authorization_endpoint" : "client_id");
		refuse(consent, &error);
	} else if (authorization_url(&request, &consent->proof, &url, &error) < 0) {
		refuse(consent, &error);
	} else {
		consent_answer(consent,
		    asprintf(&text, "%s\n%s\n", consent->proof.state, url.text) < 0 ? NULL : text);
	}
	form_wipe(&url);
}

void
oauth_request_authorize(const struct agent_call *call)
{
	const struct environment *environment = accounts_environment(call->desk->accounts);
	const struct config_profile *profile;
	struct consent_subject subject;
	struct consent *consent;
	struct error error;

	if (consent_subject_parse(&subject, call->arguments, &error) < 0 ||
	    (consent = consent_new(call->desk->consents, &subject, call->request, &error)) ==
		NULL) {
		request_answer_error(call->request, &error);
		return;
	}
	if (request_word_decode(call->arguments[2], &consent->redirect_uri, &error) < 0) {
		refuse(consent, &error);
		return;
	}
	if (syntax_redirect(consent->redirect_uri) != NULL) {
		error_set(
		    &error, EX_USAGE, "a redirect URI %s", syntax_redirect(consent->redirect_uri));
		refuse(consent, &error);
		return;
	}
	profile = consent_profile(call->desk->consents, &subject, &consent->alone, &error);
	consent->discovery.found = answer_url;
	if (profile != NULL && discovery_needed(profile->client))
		discovery_find(environment->discovery, profile->client, &consent->discovery);
	else
		answer_url(&consent->discovery, NULL);
}

static void
redeemed(struct token_request_result *result, const struct error *problem, void *context)
{
	struct consent *consent = context;
	struct error error;
	char *report = NULL;

	if (consent_take(consent, result, problem, &report, &error) < 0)
		consent_refuse(consent, &error);
	else
		consent_answer(consent, report);
	consent_end(consent);
}

/*
 * The consent that the response belongs to, and its code, which is the consent's from then
 * on. Null after answering.
 */
static struct consent *
find_consent(const struct agent_call *call)
{
	const struct environment *environment = accounts_environment(call->desk->accounts);
	const struct config_profile *profile;
	struct consent_subject subject;
	struct consent *consent = NULL;
	char *response = NULL;
	struct error error;
	int result;

	if (consent_subject_parse(&subject, call->arguments, &error) < 0 ||
	    request_word_decode(call->arguments[2], &response, &error) < 0) {
		request_answer_error(call->request, &error);
		return NULL;
	}
	consent = consent_of_response(call->desk->consents, &subject, response);
	if (consent == NULL) {
		secret_free(response);
		agent_refuse(call->request, EX_DATAERR,
		    "that is not the response to a request for %s that was made in the last "
		    "%d minutes",
		    subject.name, CONSENT_LIFE / 60);
		return NULL;
	}
	consent->request = call->request;
	result = consent_check(consent, &error);
	profile = consent_profile(call->desk->consents, &subject, &consent->alone, NULL);
	if (result == 0 && profile != NULL) {
		const struct metadata *metadata =
		    discovery_get(environment->discovery, profile->client);
		const struct authorization_expectation expectation = {
		    .state = consent->proof.state,
		    .issuer = profile->client->issuer,
		    .issuer_named = metadata != NULL && metadata->iss_parameter,
		    .provider = profile->client->provider,
		    .profile = profile->name,
		    .username = profile->username,
		};

		result = authorization_response(response, &expectation, &consent->code, &error);
	}
	secret_free(response);
	if (result == 0)
		return consent;
	/* Something else with its state in it, such as the request: the response may follow. */
	consent_refuse(consent, &error);
	if (error.status != EX_DATAERR)
		consent_end(consent);
	return NULL;
}

void
oauth_request_redeem(const struct agent_call *call)
{
	struct consent *consent = find_consent(call);
	const struct config_profile *profile;
	struct token_ask ask;
	struct error error;

	if (consent == NULL)
		return;
	profile = consent_profile(call->desk->consents, &consent->subject, &consent->alone, &error);
	if (profile == NULL) {
		refuse(consent, &error);
		return;
	}
	consent_prolong(consent, EXCHANGE_LIFE);
	token_ask_of_profile(&ask, profile);
	ask.code = consent->code;
	ask.code_verifier = consent->proof.verifier;
	ask.redirect_uri = consent->redirect_uri;
	exchange_init(
	    &consent->exchange, accounts_environment(call->desk->accounts), redeemed, consent);
	exchange_begin(&consent->exchange, &ask);
}

void
oauth_request_inspect(const struct agent_call *call)
{
	struct consent *consent = find_consent(call);
	char *text;

	if (consent == NULL)
		return;
	consent_answer(
	    consent, asprintf(&text,
			 "The response is to this request and grants: it has a code of %zu "
			 "characters.\n",
			 strlen(consent->code)) < 0
			 ? NULL
			 : text);
	consent_end(consent);
}

void
oauth_request_forget(const struct agent_call *call)
{
	struct consent *consent = consent_of_handle(call->desk->consents, call->arguments[0]);
	struct error error;

	if (consent != NULL) {
		error_set(&error, EX_TEMPFAIL, "it was given up");
		refuse(consent, &error);
	}
	request_answer(call->request, "", 0);
}
