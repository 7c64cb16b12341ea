/* SPDX-License-Identifier: ISC */
#include "oauth/diagnose.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "oauth/entra.h"
#include "oauth/smtp_advice.h"

#define DAY 86400

/* For tokens that Google's consent screen in Testing lets live, with a day to spare. */
#define TESTING_DAYS 7

#define GOOGLE_TESTING                                                                             \
	"The consent screen's publishing status is Testing: its grants end after 7 days. In the\n" \
	"Google Cloud console, OAuth consent screen (Audience), publish it (In production) or "    \
	"make\n"                                                                                   \
	"it Internal; then run: postoak oauth grant PROFILE"
#define GOOGLE_POLICY                                                                          \
	"The Workspace's administrator does not let this application have the scope. In the "  \
	"admin\n"                                                                              \
	"console under Security, API controls, App access control, trust its client ID; then " \
	"run:\n"                                                                               \
	"postoak oauth grant PROFILE"
#define GOOGLE_ENDED                                                                               \
	"The grant has ended: its owner revoked it or changed the password, or it was unused for " \
	"6\n"                                                                                      \
	"months. Run: postoak oauth grant PROFILE (nothing ends a Workspace service account's:\n"  \
	"grant jwt_bearer)"

/* Where it is not known how old the grant was. */
static const char google_grant[] =
    "The grant has ended: revoked, the password changed, 6 months unused, or 7 days old while\n"
    "the consent screen's publishing status is Testing (set it to In production, or\n"
    "Internal). Then run: postoak oauth grant PROFILE";

/*
 * Null members match everything; `provider` is how the template's name begins, `text` is
 * sought in the description without regard to case. First match.
 */
static const struct {
	const char *provider;
	const char *error;
	const char *text;
	unsigned status;
	const char *advice;
} token_rows[] = {
    {"google", NULL, "admin_policy_enforced", 0, GOOGLE_POLICY},
    {"google", "admin_policy_enforced", NULL, 0, GOOGLE_POLICY},
    {"google", "invalid_grant", "reasonable timeframe", 0,
	"The assertion's times do not fit Google's. Check this host's clock (NTP)."},
    {"google", "invalid_grant", "signature", 0,
	"The key is not one of the service account's. Make a new JSON key (Google Cloud console, "
	"IAM\n"
	"& Admin, Service Accounts, Keys) and put it where service_account points; then run:\n"
	"postoak oauth refresh PROFILE"},
    {"google", "invalid_grant", "account not found", 0,
	"The service account does not exist any more. Make one (Google Cloud console, IAM & "
	"Admin,\n"
	"Service Accounts), with a JSON key and domain-wide delegation; then run:\n"
	"postoak oauth refresh PROFILE"},
    {"google", "invalid_grant", "invalid email", 0,
	"There is no such mailbox for the service account: username must be a user of the "
	"Workspace\n"
	"domain, not an alias or a group. Then run: postoak oauth refresh PROFILE"},
    {"google", "invalid_grant", "rapt", 0,
	"The Workspace's session control wants a new sign-in. Exempt the application (admin "
	"console,\n"
	"Security, Google Cloud session control), or use a service account (grant jwt_bearer);\n"
	"then run: postoak oauth grant PROFILE"},
    {"google", "invalid_grant", NULL, 0, google_grant},
    {"google", "unauthorized_client", NULL, 0,
	"The client may not do this. For a service account: in the Workspace admin console under\n"
	"Security, API controls, Domain-wide delegation, list its client ID with the scope\n"
	"https://mail.google.com/"},
    {"google", "access_denied", NULL, 0,
	"Access was denied: by the person, or because the consent screen is in Testing and the\n"
	"account is not among its test users. Then run: postoak oauth grant PROFILE"},
    {"google", "invalid_client", NULL, 0,
	"client_id and client_secret do not belong together. Compare them with the credential in\n"
	"the Google Cloud console (APIs & Services, Credentials)."},
    {"google", "deleted_client", NULL, 0,
	"The OAuth client was deleted. Make another in the Google Cloud console (APIs & Services,\n"
	"Credentials), set client_id and client_secret; then run: postoak oauth grant PROFILE"},
    {"google", "invalid_scope", NULL, 0,
	"For mail, Google knows one scope: scopes: [https://mail.google.com/]. The grant\n"
	"device_code cannot have it: use authorization_code or jwt_bearer."},
    {NULL, "invalid_grant", NULL, 0,
	"The grant has ended or was revoked. Run: postoak oauth grant PROFILE\n"
	"With grant refresh_token: put a new refresh token where refresh_token points."},
    {NULL, "interaction_required", NULL, 0,
	"The provider wants a person to sign in. Run: postoak oauth grant PROFILE"},
    {NULL, "consent_required", NULL, 0,
	"The provider wants a person's consent. Run: postoak oauth grant PROFILE"},
    {NULL, "login_required", NULL, 0,
	"The provider wants a person to sign in. Run: postoak oauth grant PROFILE"},
    {NULL, "access_denied", NULL, 0,
	"Access was denied, by the person or by a policy of the provider. Ask its administrator,\n"
	"then run: postoak oauth grant PROFILE"},
    {NULL, "invalid_client", NULL, 0,
	"The provider does not accept the client's authentication. Check client_id,\n"
	"client_authentication, and what client_secret points to, or whether the key of\n"
	"private_key is registered there; then: postoak oauth refresh PROFILE"},
    {NULL, "unauthorized_client", NULL, 0,
	"The client is not registered for this grant. Allow it at the provider, or change grant."},
    {NULL, "unsupported_grant_type", NULL, 0,
	"The server does not know this grant. Check token_endpoint and the profile's grant."},
    {NULL, "invalid_scope", NULL, 0,
	"The server does not know a scope, or the client may not have it. Check scopes."},
    {NULL, "invalid_request", NULL, 0,
	"The server misses or does not understand a parameter. Check token_endpoint,\n"
	"client_authentication and token_parameters."},
    {NULL, "", NULL, 401,
	"The provider does not accept the client's authentication. Check client_id, the secret\n"
	"that client_secret points to, and client_authentication; then: postoak oauth refresh\n"
	"PROFILE"},
    {NULL, "", NULL, 403,
	"The provider refuses the client. Check client_id and the secret that client_secret\n"
	"points to; then: postoak oauth refresh PROFILE"},
    {NULL, "", NULL, 404, "There is no token endpoint at that address. Check token_endpoint."},
    {NULL, "", NULL, 405, "There is no token endpoint at that address. Check token_endpoint."},
};

static bool
begins(const char *provider, const char *beginning)
{
	return beginning == NULL ||
	       (provider != NULL && strncmp(provider, beginning, strlen(beginning)) == 0);
}

const char *
diagnose_token(const char *provider, const char *error, const char *description, unsigned status)
{
	const char *advice = entra_advice(description);

	if (advice != NULL)
		return advice;
	for (size_t i = 0; i < sizeof(token_rows) / sizeof(token_rows[0]); i++)
		if (begins(provider, token_rows[i].provider) &&
		    (token_rows[i].error == NULL || strcmp(token_rows[i].error, error) == 0) &&
		    (token_rows[i].text == NULL ||
			strcasestr(description, token_rows[i].text) != NULL) &&
		    (token_rows[i].status == 0 || token_rows[i].status == status))
			return token_rows[i].advice;
	return NULL;
}

const char *
diagnose_ended(const char *advice, int64_t age)
{
	if (advice != google_grant || age <= 0)
		return advice;
	return age >= (TESTING_DAYS - 1) * DAY && age <= (TESTING_DAYS + 1) * DAY ? GOOGLE_TESTING
										  : GOOGLE_ENDED;
}

const char *
diagnose_reply(const char *provider, const char *reply)
{
	char enhanced[16] = "";
	unsigned code = 0;
	size_t length;

	for (; isdigit((unsigned char)*reply) && code < 1000; reply++)
		code = code * 10 + (unsigned)(*reply - '0');
	reply += strspn(reply, " -");
	length = strspn(reply, "0123456789.");
	if (length >= 5 && length < sizeof(enhanced))
		strlcpy(enhanced, reply, length + 1);
	return smtp_advice(provider, code, enhanced[0] == '\0' ? NULL : enhanced, reply);
}

void
diagnose_personal(
    char *out, size_t size, const char *advice, const char *profile, const char *username)
{
	const struct {
		const char *word;
		const char *meaning;
	} words[] = {{"PROFILE", profile}, {"USERNAME", username}};
	size_t used = 0;

	out[0] = '\0';
	while (*advice != '\0' && used + 1 < size) {
		const char *meaning = NULL;

		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && meaning == NULL; i++) {
			size_t length = strlen(words[i].word);

			if (words[i].meaning != NULL &&
			    strncmp(advice, words[i].word, length) == 0) {
				meaning = words[i].meaning;
				advice += length;
			}
		}
		if (meaning != NULL) {
			used = strlcat(out, meaning, size);
		} else {
			out[used++] = *advice++;
			out[used] = '\0';
		}
	}
}
