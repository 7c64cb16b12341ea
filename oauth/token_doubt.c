/* SPDX-License-Identifier: ISC */
#include "oauth/token_doubt.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Outlook as an audience: by its addresses in all clouds, and by its application id. */
static const char *const outlook[] = {
    "https://outlook.office.com",
    "https://outlook.office365.com",
    "https://outlook.office365.us",
    "https://partner.outlook.cn",
    "00000002-0000-0ff1-ce00-000000000000",
};

/* What a template's tokens are for. */
struct service {
	const char *provider;
	const char *person;      /* scope of a person's grant */
	const char *application; /* scope of client_credentials; null: no such grant */
	const char *role;
};

static const struct service services[] = {
    {"microsoft365", "https://outlook.office.com/SMTP.Send",
	"https://outlook.office365.com/.default", "SMTP.SendAsApp"},
    {"microsoft365-gov", "https://outlook.office365.us/SMTP.Send",
	"https://outlook.office365.us/.default", "SMTP.SendAsApp"},
    {"microsoft365-china", "https://partner.outlook.cn/SMTP.Send",
	"https://partner.outlook.cn/.default", "SMTP.SendAsApp"},
    {"microsoft365-hve", NULL, "https://outlook.office365.com/.default", "Mail.Send"},
    {"outlook", "https://outlook.office.com/SMTP.Send", NULL, NULL},
};

static const struct service *
find_service(const struct config_profile *profile)
{
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		if (profile->provider != NULL &&
		    strcmp(profile->provider, services[i].provider) == 0)
			return &services[i];
	return NULL;
}

static bool
is_outlook(const char *text)
{
	for (size_t i = 0; i < sizeof(outlook) / sizeof(outlook[0]); i++) {
		size_t length = strlen(outlook[i]);

		if (strncasecmp(text, outlook[i], length) == 0 &&
		    (text[length] == '\0' || text[length] == '/'))
			return true;
	}
	return false;
}

/* A scope of another service; those that OpenID Connect defines are of all. */
static bool
is_foreign(const char *scope)
{
	static const char common[] = "openid offline_access profile email";

	return !is_outlook(scope) && !token_claims_has(common, scope);
}

/* The configured scope that has no place beside SMTP.Send, or null. */
static const char *
foreign_scope(const struct config_profile *profile)
{
	for (size_t i = 0; i < profile->scopes.count; i++)
		if (is_foreign(profile->scopes.items[i]))
			return profile->scopes.items[i];
	return NULL;
}

/*
 * Claims are anybody's text, and advice is pasted into shells: only what is made of these
 * characters is repeated.
 */
static bool
is_plain(const char *text)
{
	if (!isalnum((unsigned char)*text))
		return false;
	for (; *text != '\0'; text++)
		if (!isalnum((unsigned char)*text) && strchr("@._+:/-", *text) == NULL)
			return false;
	return true;
}

static bool
is_guid(const char *text)
{
	return strlen(text) == 36 && text[strspn(text, "0123456789abcdefABCDEF-")] == '\0';
}

static const char *
audience_name(const struct token_claims *claims)
{
	static const char graph[] = "https://graph.microsoft.com";

	if (strcmp(claims->audience, "00000003-0000-0000-c000-000000000000") == 0 ||
	    strncmp(claims->audience, graph, sizeof(graph) - 1) == 0)
		return "Microsoft Graph";
	return is_plain(claims->audience) && strlen(claims->audience) <= 100 ? claims->audience
									     : "another service";
}

static void
advise_scopes(const struct config_profile *profile, const struct service *service,
    const struct token_claims *claims, const char *fault, char advice[TOKEN_DOUBT_MAX])
{
	const char *foreign = foreign_scope(profile);
	bool application =
	    service->person == NULL || (service->application != NULL && claims->application_only);
	const char *scope = application ? service->application : service->person;

	if (profile->grant == GRANT_COMMAND)
		snprintf(advice, TOKEN_DOUBT_MAX,
		    "%s Let token_command\nask for %s, then run: postoak oauth refresh PROFILE",
		    fault, scope);
	else if (application)
		snprintf(advice, TOKEN_DOUBT_MAX,
		    "%s\nSet scopes: [%s], then run: postoak oauth refresh PROFILE", fault, scope);
	else if (foreign != NULL && is_plain(foreign) && strlen(foreign) <= 100)
		snprintf(advice, TOKEN_DOUBT_MAX,
		    "%s One token is for one service: take\n%s out of scopes. Set\nscopes: "
		    "[%s, offline_access], then run: postoak oauth grant PROFILE",
		    fault, foreign, scope);
	else
		snprintf(advice, TOKEN_DOUBT_MAX,
		    "%s\nSet scopes: [%s, offline_access], then run:\npostoak oauth grant PROFILE",
		    fault, scope);
}

static bool
doubt_audience(const struct config_profile *profile, const struct service *service,
    const struct token_claims *claims, char advice[TOKEN_DOUBT_MAX])
{
	char fault[192];

	if (claims->audience[0] == '\0' || is_outlook(claims->audience))
		return false;
	snprintf(
	    fault, sizeof(fault), "The token is for %s, not for Outlook.", audience_name(claims));
	advise_scopes(profile, service, claims, fault, advice);
	return true;
}

static bool
doubt_rights(const struct config_profile *profile, const struct service *service,
    const struct token_claims *claims, char advice[TOKEN_DOUBT_MAX])
{
	bool asked = false;

	if (claims->application_only) {
		if (service->role == NULL || token_claims_has(claims->roles, service->role))
			return false;
		snprintf(advice, TOKEN_DOUBT_MAX,
		    "The application's token has no %s. In Entra, App registrations, API\n"
		    "permissions, add Office 365 Exchange Online, Application permissions, %s,\n"
		    "and Grant admin consent; then run: postoak oauth refresh PROFILE",
		    service->role, service->role);
		return true;
	}
	if (service->person == NULL || claims->scopes[0] == '\0' ||
	    token_claims_has(claims->scopes, "SMTP.Send"))
		return false;
	for (size_t i = 0; i < profile->scopes.count; i++)
		asked = asked || strcasecmp(profile->scopes.items[i], service->person) == 0;
	if (!asked || foreign_scope(profile) != NULL)
		advise_scopes(profile, service, claims,
		    "The token does not have the scope SMTP.Send.", advice);
	else
		snprintf(advice, TOKEN_DOUBT_MAX,
		    "The token does not have the scope SMTP.Send. In Entra, App registrations, "
		    "API\n"
		    "permissions, add Office 365 Exchange Online, Delegated permissions, "
		    "SMTP.Send;\n"
		    "then run: postoak oauth grant PROFILE");
	return true;
}

bool
token_doubt(const struct config_profile *profile, const struct token_claims *claims, int64_t now,
    char advice[TOKEN_DOUBT_MAX])
{
	const struct service *service = find_service(profile);

	if (service != NULL && (doubt_audience(profile, service, claims, advice) ||
				   doubt_rights(profile, service, claims, advice)))
		return true;
	if (claims->expires <= 0 || claims->expires > now)
		return false;
	snprintf(advice, TOKEN_DOUBT_MAX,
	    "The token expired %" PRId64 " s before it came. Check this host's clock (NTP)%s",
	    now - claims->expires,
	    profile->grant == GRANT_COMMAND ? ", and whether\ntoken_command prints an old one."
					    : ".");
	return true;
}

/* A user principal name need not be an address of the mailbox, and a mailbox may be shared. */
static bool
doubt_user(const struct config_profile *profile, const struct token_claims *claims,
    char advice[TOKEN_DOUBT_MAX])
{
	if (claims->application_only || profile->username == NULL || !is_plain(claims->user) ||
	    strlen(claims->user) > 100 || strcasecmp(claims->user, profile->username) == 0)
		return false;
	snprintf(advice, TOKEN_DOUBT_MAX,
	    "The token is for %s, username is USERNAME. Correct username, or sign in as\n"
	    "USERNAME: postoak oauth grant PROFILE. For a shared mailbox, in Exchange\n"
	    "PowerShell: Add-MailboxPermission USERNAME -User %s -AccessRights FullAccess",
	    claims->user, claims->user);
	return true;
}

/* All that can be seen is right: what is left is what Exchange knows of the application. */
static bool
advise_service_principal(const struct token_claims *claims, char advice[TOKEN_DOUBT_MAX])
{
	if (!claims->application_only || !is_guid(claims->application) || !is_guid(claims->object))
		return false;
	snprintf(advice, TOKEN_DOUBT_MAX,
	    "Exchange must know the Enterprise application, not the app registration's object ID:\n"
	    "New-ServicePrincipal -AppId %s -ObjectId %s ;\n"
	    "Add-MailboxPermission USERNAME -User %s -AccessRights FullAccess",
	    claims->application, claims->object, claims->object);
	return true;
}

bool
token_doubt_refused(const struct config_profile *profile, const struct token_claims *claims,
    int64_t now, char advice[TOKEN_DOUBT_MAX])
{
	const struct service *service = find_service(profile);

	if (token_doubt(profile, claims, now, advice))
		return true;
	if (service == NULL)
		return false;
	return doubt_user(profile, claims, advice) ||
	       (service->role != NULL && strcmp(service->role, "SMTP.SendAsApp") == 0 &&
		   advise_service_principal(claims, advice));
}
