/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "oauth/diagnose.h"

static void
expect(const char *advice, const char *part)
{
	if (advice == NULL || strstr(advice, part) == NULL)
		fail_msg("no \"%s\" in: %s", part, advice == NULL ? "(none)" : advice);
}

static void
entra_numbers_pick_the_advice(void **state)
{
	(void)state;
	expect(diagnose_token("microsoft365", "invalid_client",
		   "AADSTS7000222: The provided client secret keys are expired.", 401),
	    "Make a new one");
	expect(diagnose_token("microsoft365", "invalid_grant", "AADSTS700082: expired", 400),
	    "postoak oauth grant PROFILE");
	expect(diagnose_token("custom", "invalid_grant", "AADSTS53003: blocked", 400),
	    "Conditional Access");
	expect(diagnose_token(NULL, "unauthorized_client", "AADSTS700016: not found", 400),
	    "tenant_id");
	/* An unknown number falls back to the error's name. */
	expect(
	    diagnose_token(NULL, "invalid_client", "AADSTS99999999", 401), "client_authentication");
	expect(diagnose_token(NULL, "invalid_client", "AADSTS", 401), "client_authentication");
}

static void
google_has_reasons_of_its_own(void **state)
{
	(void)state;
	expect(diagnose_token("google", "invalid_grant", "Token has been expired or revoked.", 400),
	    "Testing");
	expect(diagnose_token("google", "unauthorized_client", "", 401), "Domain-wide delegation");
	expect(diagnose_token("fastmail", "invalid_grant", "", 400), "postoak oauth grant PROFILE");
}

static void
status_counts_without_an_error(void **state)
{
	(void)state;
	expect(diagnose_token(NULL, "", "", 403), "client_secret");
	expect(diagnose_token(NULL, "", "", 404), "token_endpoint");
	assert_null(diagnose_token(NULL, "", "", 500));
	assert_null(diagnose_token(NULL, "something_new", "", 400));
}

static void
smtp_replies(void **state)
{
	static const struct {
		const char *provider;
		const char *reply;
		const char *part; /* null: no advice */
	} rows[] = {
	    {"microsoft365",
		"535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for "
		"the "
		"Tenant. Visit https://aka.ms/smtp_auth_disabled",
		"Set-TransportConfig"},
	    {"microsoft365",
		"535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for "
		"the "
		"Mailbox.",
		"Set-CASMailbox USERNAME"},
	    {"microsoft365", "535 5.7.139 locked by your organization's security defaults policy",
		"Security defaults"},
	    {"microsoft365", "535 5.7.3 Authentication unsuccessful", "New-ServicePrincipal"},
	    {"microsoft365", "550 5.7.30 Basic authentication is not supported", "oauth_client"},
	    {"microsoft365", "432 4.3.2 Concurrent connections limit exceeded", "connections"},
	    {"microsoft365", "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException",
		"Add-RecipientPermission"},
	    {"microsoft365", "554 5.2.0 SubmissionQuotaExceededException", "24 hours"},
	    {"microsoft365", "430 4.2.0 STOREDRV; mailbox logon failure", "Add-MailboxPermission"},
	    {"microsoft365-hve", "501 5.5.127 Invalid XOAUTH2 auth data - Token will expire soon",
		"refresh_ahead: 15m"},
	    {"google", "535-5.7.8 Username and Password not accepted", "https://mail.google.com/"},
	    {"google", "454 4.7.0 Temporary authentication failure", "tries again by itself"},
	    {"google", "534-5.7.9 Application-specific password required", "oauth_client"},
	    {"custom", "535 5.7.8 Error: authentication failed", "postoak resume PROFILE"},
	    {NULL, "535", "postoak resume PROFILE"},
	    {NULL, "454 4.7.0 Temporary authentication failure", NULL},
	    {NULL, "250 2.0.0 OK", NULL},
	    {NULL, "", NULL},
	    {NULL, "5355355355355355 x", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *advice = diagnose_reply(rows[i].provider, rows[i].reply);

		if (rows[i].part == NULL)
			assert_null(advice);
		else
			expect(advice, rows[i].part);
	}
}

static void
names_are_filled_in(void **state)
{
	char out[64];
	char small[8];

	(void)state;
	diagnose_personal(
	    out, sizeof(out), "PROFILE: Set-X USERNAME\nPROFILE", "office", "me@x.org");
	assert_string_equal(out, "office: Set-X me@x.org\noffice");
	diagnose_personal(out, sizeof(out), "PROFILE USERNAME", "office", NULL);
	assert_string_equal(out, "office USERNAME");
	diagnose_personal(small, sizeof(small), "PROFILE PROFILE", "office", NULL);
	assert_string_equal(small, "office ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(entra_numbers_pick_the_advice),
	    cmocka_unit_test(google_has_reasons_of_its_own),
	    cmocka_unit_test(status_counts_without_an_error),
	    cmocka_unit_test(smtp_replies),
	    cmocka_unit_test(names_are_filled_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
