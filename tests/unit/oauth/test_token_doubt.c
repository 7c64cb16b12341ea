/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <bsd/string.h>
#include <cmocka.h>

#include "oauth/token_doubt.h"

#define NOW 1700000000
#define APPLICATION "66666666-7777-8888-9999-000000000000"
#define OBJECT "99999999-8888-7777-6666-555555555555"

static char office[] = "microsoft365";
static char hve[] = "microsoft365-hve";
static char custom[] = "custom";
static char username[] = "alerts@contoso.com";
static char send_scope[] = "https://outlook.office.com/SMTP.Send";
static char offline_scope[] = "offline_access";
static char foreign_scope[] = "User.Read";
static char *scopes[] = {send_scope, offline_scope, foreign_scope};

/* A profile without fault (foreign_scope is beyond the count), and a token for it. */
static struct config_profile
person(void)
{
	return (struct config_profile){.provider = office,
	    .username = username,
	    .grant = GRANT_AUTHORIZATION_CODE,
	    .scopes = {.items = scopes, .count = 2}};
}

static struct token_claims
persons(void)
{
	return (struct token_claims){.audience = "https://outlook.office.com",
	    .scopes = "SMTP.Send",
	    .user = "Alerts@Contoso.com",
	    .application = APPLICATION,
	    .object = OBJECT,
	    .expires = NOW + 3600};
}

static struct token_claims
applications(void)
{
	return (struct token_claims){.audience = "https://outlook.office365.com",
	    .roles = "SMTP.SendAsApp",
	    .application = APPLICATION,
	    .object = OBJECT,
	    .expires = NOW + 3600,
	    .application_only = true};
}

/* What is said, also before a relay refused it (`clear`) or only then; null part: nothing. */
static void
expect(const struct config_profile *profile, const struct token_claims *claims, bool clear,
    const char *part)
{
	char advice[TOKEN_DOUBT_MAX] = "";
	size_t lines = 1;

	assert_int_equal(token_doubt(profile, claims, NOW, advice), clear && part != NULL);
	assert_int_equal(token_doubt_refused(profile, claims, NOW, advice), part != NULL);
	if (part == NULL)
		return;
	if (strstr(advice, part) == NULL)
		fail_msg("no \"%s\" in: %s", part, advice);
	for (const char *p = advice; (p = strchr(p, '\n')) != NULL; p++)
		lines++;
	assert_in_range(lines, 1, 3);
}

static void
nothing_is_said_of_a_good_token(void **state)
{
	struct config_profile profile = person();
	struct token_claims claims = persons();

	(void)state;
	expect(&profile, &claims, false, NULL);
	strlcpy(claims.audience, "00000002-0000-0ff1-ce00-000000000000", sizeof(claims.audience));
	expect(&profile, &claims, false, NULL);
}

static void
the_wrong_audience(void **state)
{
	struct config_profile profile = person();
	struct token_claims claims = persons();

	(void)state;
	strlcpy(claims.audience, "00000003-0000-0000-c000-000000000000", sizeof(claims.audience));
	expect(&profile, &claims, true, "The token is for Microsoft Graph, not for Outlook");
	expect(&profile, &claims, true, "scopes: [https://outlook.office.com/SMTP.Send");
	strlcpy(claims.audience, "https://outlook.office.com.evil", sizeof(claims.audience));
	expect(&profile, &claims, true, "https://outlook.office.com.evil");
	profile.scopes.count = 3;
	expect(&profile, &claims, true, "User.Read out of scopes");
	profile.grant = GRANT_COMMAND;
	expect(&profile, &claims, true, "Let token_command");
	profile.grant = GRANT_CLIENT_CREDENTIALS;
	claims = applications();
	strlcpy(claims.audience, "https://graph.microsoft.com", sizeof(claims.audience));
	expect(&profile, &claims, true, "scopes: [https://outlook.office365.com/.default]");
}

static void
rights_that_are_missing(void **state)
{
	struct config_profile profile = person();
	struct token_claims claims = persons();

	(void)state;
	strlcpy(claims.scopes, "IMAP.AccessAsUser.All", sizeof(claims.scopes));
	expect(&profile, &claims, true, "Delegated permissions, SMTP.Send");
	profile.scopes.items = scopes + 1;
	profile.scopes.count = 1;
	expect(&profile, &claims, true, "Set scopes: [https://outlook.office.com/SMTP.Send");
	profile.scopes.count = 2;
	expect(&profile, &claims, true, "User.Read out of scopes");

	profile.grant = GRANT_CLIENT_CREDENTIALS;
	claims = applications();
	claims.roles[0] = '\0';
	expect(&profile, &claims, true, "Application permissions, SMTP.SendAsApp");
	strlcpy(claims.roles, "Mail.Send SMTP.Send", sizeof(claims.roles));
	expect(&profile, &claims, true, "Application permissions, SMTP.SendAsApp");
	profile.provider = hve;
	expect(&profile, &claims, false, NULL);
	strlcpy(claims.roles, "SMTP.SendAsApp", sizeof(claims.roles));
	expect(&profile, &claims, true, "Application permissions, Mail.Send");
}

static void
what_shows_only_once_it_is_refused(void **state)
{
	struct config_profile profile = person();
	struct token_claims claims = persons();

	(void)state;
	strlcpy(claims.user, "admin@contoso.com", sizeof(claims.user));
	expect(&profile, &claims, false, "The token is for admin@contoso.com");
	expect(&profile, &claims, false, "Add-MailboxPermission USERNAME -User admin@contoso.com");

	profile.grant = GRANT_CLIENT_CREDENTIALS;
	claims = applications();
	expect(&profile, &claims, false,
	    "New-ServicePrincipal -AppId " APPLICATION " -ObjectId " OBJECT);
	expect(&profile, &claims, false, "Add-MailboxPermission USERNAME -User " OBJECT);
}

static void
nothing_is_repeated_that_a_shell_would_run(void **state)
{
	struct config_profile profile = person();
	struct token_claims claims = persons();
	char advice[TOKEN_DOUBT_MAX];

	(void)state;
	strlcpy(claims.user, "a@b;Remove-Mailbox", sizeof(claims.user));
	expect(&profile, &claims, false, NULL);
	strlcpy(claims.audience, "x $(reboot)", sizeof(claims.audience));
	assert_true(token_doubt(&profile, &claims, NOW, advice));
	assert_null(strstr(advice, "reboot"));
	claims = applications();
	strlcpy(claims.object, "; reboot", sizeof(claims.object));
	expect(&profile, &claims, false, NULL);
}

static void
other_providers_tokens_only_expire(void **state)
{
	struct config_profile profile = person();
	struct token_claims claims = persons();

	(void)state;
	profile.provider = custom;
	strlcpy(claims.audience, "account", sizeof(claims.audience));
	strlcpy(claims.user, "admin@contoso.com", sizeof(claims.user));
	expect(&profile, &claims, false, NULL);
	claims.expires = NOW - 5;
	expect(&profile, &claims, true, "expired 5 s before");
	claims.expires = 0;
	expect(&profile, &claims, false, NULL);
	profile.provider = NULL;
	expect(&profile, &claims, false, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_is_said_of_a_good_token),
	    cmocka_unit_test(the_wrong_audience),
	    cmocka_unit_test(rights_that_are_missing),
	    cmocka_unit_test(what_shows_only_once_it_is_refused),
	    cmocka_unit_test(nothing_is_repeated_that_a_shell_would_run),
	    cmocka_unit_test(other_providers_tokens_only_expire),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
