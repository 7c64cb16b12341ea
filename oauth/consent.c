/* SPDX-License-Identifier: ISC */
#include "oauth/consent.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <bsd/string.h>
#include <openssl/crypto.h>

#include "config/secret.h"

struct consents {
	struct accounts *accounts;
	LIST_HEAD(, consent) list; /* the youngest first */
	size_t count;
};

int
consent_subject_parse(
    struct consent_subject *subject, const char *const *words, struct error *error)
{
	subject->is_client = strcmp(words[0], "client") == 0;
	if ((!subject->is_client && strcmp(words[0], "profile") != 0) ||
	    strlcpy(subject->name, words[1], sizeof(subject->name)) >= sizeof(subject->name))
		return error_set(error, EX_USAGE, "there is no %.16s of that name", words[0]);
	return 0;
}

struct consents *
consents_new(struct accounts *accounts)
{
	struct consents *consents = calloc(1, sizeof(*consents));

	if (consents == NULL)
		return NULL;
	consents->accounts = accounts;
	LIST_INIT(&consents->list);
	return consents;
}

struct accounts *
consents_accounts(const struct consents *consents)
{
	return consents->accounts;
}

void
consent_answer(struct consent *consent, char *text)
{
	struct error error;

	if (text == NULL) {
		error_set(&error, EX_OSERR, "no memory");
		consent_refuse(consent, &error);
		return;
	}
	if (consent->request != NULL)
		request_answer(consent->request, text, strlen(text));
	consent->request = NULL;
	free(text);
}

void
consent_refuse(struct consent *consent, const struct error *error)
{
	if (consent->request != NULL)
		request_answer_error(consent->request, error);
	consent->request = NULL;
}

void
consent_end(struct consent *consent)
{
	struct consents *consents = consent->consents;
	struct loop *loop = accounts_environment(consents->accounts)->loop;

	loop_timer_cancel(loop, &consent->life);
	loop_timer_cancel(loop, &consent->poll);
	discovery_leave(&consent->discovery);
	exchange_cancel(&consent->exchange);
	device_code_wipe(&consent->device);
	secret_free(consent->code);
	free(consent->redirect_uri);
	free(consent->report);
	explicit_bzero(&consent->proof, sizeof(consent->proof));
	LIST_REMOVE(consent, entry);
	consents->count--;
	free(consent);
}

/* End it, telling who waits why. */
static void
abort_consent(struct consent *consent, const char *reason)
{
	struct error error;

	error_set(&error, EX_TEMPFAIL, "%s", reason);
	consent_refuse(consent, &error);
	consent_end(consent);
}

void
consents_free(struct consents *consents)
{
	struct consent *consent;

	if (consents == NULL)
		return;
	while ((consent = LIST_FIRST(&consents->list)) != NULL)
		abort_consent(consent, "the agent stops; begin anew");
	free(consents);
}

void
consents_reload(struct consents *consents)
{
	struct consent *consent;
	struct consent *next;

	LIST_FOREACH_SAFE(consent, &consents->list, entry, next)
	if (exchange_is_preparing(&consent->exchange) || consent->discovery.waiting)
		abort_consent(consent, "the configuration was read again just now; begin anew");
}

static int
complain(const struct config_profile *profile, struct error *error)
{
	const char *name = profile->name;

	switch (profile->grant) {
	case GRANT_AUTHORIZATION_CODE:
	case GRANT_DEVICE_CODE:
		return 0;
	case GRANT_NONE:
		return error_set(error, EX_USAGE, "profile \"%s\" does not use OAuth", name);
	case GRANT_REFRESH_TOKEN:
		return error_set(error, EX_USAGE,
		    "profile \"%s\" has grant refresh_token: put a refresh token where its "
		    "refresh_token points, then run: postoak oauth refresh %s",
		    name, name);
	case GRANT_CLIENT_CREDENTIALS:
	case GRANT_JWT_BEARER:
	case GRANT_COMMAND:
		break;
	}
	return error_set(error, EX_USAGE,
	    "profile \"%s\" has grant %s, for which nobody has to log in; run: postoak oauth "
	    "refresh %s",
	    name, config_grant_name(profile->grant), name);
}

static const struct config_profile *
client_alone(const struct config *config, const char *name, struct config_profile *alone,
    struct error *error)
{
	const struct config_client *client = config_find_client(config, name);

	if (client == NULL) {
		error_set(error, EX_USAGE, "there is no client \"%.64s\"", name);
		return NULL;
	}
	*alone = (struct config_profile){
	    .client = client,
	    .provider = client->provider,
	    .grant = GRANT_AUTHORIZATION_CODE,
	    .scopes = *config_client_scopes(client, GRANT_AUTHORIZATION_CODE),
	};
	return alone;
}

const struct config_profile *
consent_profile(const struct consents *consents, const struct consent_subject *subject,
    struct config_profile *alone, struct error *error)
{
	const struct config *config = accounts_config(consents->accounts);
	const struct config_profile *profile;

	if (subject->is_client)
		return client_alone(config, subject->name, alone, error);
	profile = config_find_profile(config, subject->name);
	if (profile != NULL)
		return complain(profile, error) < 0 ? NULL : profile;
	error_set(error, EX_USAGE, "there is no profile \"%.64s\"", subject->name);
	return NULL;
}

static void
expired(void *context)
{
	abort_consent(context, "nobody answered in time; begin anew");
}

/* LIST has no last: the list is short. */
static void
make_room(struct consents *consents)
{
	struct consent *last = LIST_FIRST(&consents->list);

	if (consents->count < CONSENTS_MAX)
		return;
	while (LIST_NEXT(last, entry) != NULL)
		last = LIST_NEXT(last, entry);
	abort_consent(last, "too many others were begun since; begin anew");
}

struct consent *
consent_new(struct consents *consents, const struct consent_subject *subject,
    struct request *request, struct error *error)
{
	const struct environment *environment;
	const struct config_profile *profile;
	struct config_profile alone;
	struct consent *consent;

	accounts_try_store(consents->accounts);
	environment = accounts_environment(consents->accounts);
	profile = consent_profile(consents, subject, &alone, error);
	if (profile == NULL)
		return NULL;
	if (environment->store == NULL) {
		*error = environment->store_error;
		return NULL;
	}
	make_room(consents);
	consent = calloc(1, sizeof(*consent));
	if (consent == NULL) {
		error_set(error, EX_OSERR, "no memory");
		return NULL;
	}
	consent->consents = consents;
	consent->subject = *subject;
	consent->request = request;
	stored_token_binding(profile, consent->binding);
	authorization_proof_make(&consent->proof);
	loop_timer_init(&consent->life, expired, consent);
	LIST_INSERT_HEAD(&consents->list, consent, entry);
	consents->count++;
	consent_prolong(consent, CONSENT_LIFE);
	return consent;
}

void
consent_prolong(struct consent *consent, unsigned seconds)
{
	loop_timer_set(accounts_environment(consent->consents->accounts)->loop, &consent->life,
	    seconds * 1000ULL);
}

struct consent *
consent_of_response(
    struct consents *consents, const struct consent_subject *subject, const char *response)
{
	struct consent *consent;

	LIST_FOREACH(consent, &consents->list, entry)
	if (consent->subject.is_client == subject->is_client &&
	    strcmp(consent->subject.name, subject->name) == 0 && consent->redirect_uri != NULL &&
	    consent->request == NULL && authorization_is_ours(response, consent->proof.state))
		break;
	return consent;
}

struct consent *
consent_of_handle(struct consents *consents, const char *handle)
{
	size_t length = AUTHORIZATION_RANDOM_SIZE - 1;
	struct consent *consent;

	if (strlen(handle) != length)
		return NULL;
	LIST_FOREACH(consent, &consents->list, entry)
	if (CRYPTO_memcmp(consent->proof.state, handle, length) == 0)
		break;
	return consent;
}

int
consent_check(struct consent *consent, struct error *error)
{
	const struct config_profile *profile =
	    consent_profile(consent->consents, &consent->subject, &consent->alone, error);
	char binding[STORED_TOKEN_BINDING_SIZE];

	if (profile != NULL)
		stored_token_binding(profile, binding);
	if (profile == NULL || binding[0] == '\0' || strcmp(binding, consent->binding) != 0)
		return error_set(
		    error, EX_TEMPFAIL, "the configuration has changed meanwhile; begin anew");
	return 0;
}
