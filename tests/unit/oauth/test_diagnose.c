/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "oauth/diagnose.h"

/* Advice has one to three lines, each fit for a terminal, and names `part`. */
static void
expect(const char *advice, const char *part)
{
	size_t lines = 1;

	if (advice == NULL || strstr(advice, part) == NULL)
		fail_msg("no \"%s\" in: %s", part, advice == NULL ? "(none)" : advice);
	for (const char *p = advice; *p != '\0';) {
		size_t length = strcspn(p, "\n");

		if (length == 0 || length > 92)
			fail_msg("a line of %zu octets in: %s", length, advice);
		p += length;
		lines += *p == '\n';
		p += *p == '\n';
	}
	assert_in_range(lines, 1, 3);
	assert_int_not_equal(advice[strlen(advice) - 1], '\n');
}

static void
entra_numbers_pick_the_advice(void **state)
{
	static const struct {
		const char *error;
		const char *description;
		const char *part;
	} rows[] = {
	    {"invalid_client", "AADSTS7000215: Invalid client secret provided.",
		"not its Secret ID"},
	    {"invalid_client", "AADSTS7000222: The provided client secret keys are expired.",
		"Make a new one"},
	    {"unauthorized_client", "AADSTS700016: Application not found",
		"client_id and tenant_id"},
	    {"invalid_request", "AADSTS90002: Tenant 'x' not found.", "Set tenant_id"},
	    {"invalid_grant", "AADSTS65001: not consented", "Grant admin consent"},
	    {"invalid_grant", "AADSTS50076: you must use multi-factor", "multi-factor"},
	    {"interaction_required", "AADSTS50079: enroll", "postoak oauth grant PROFILE"},
	    {"invalid_grant", "AADSTS70000: revoked", "postoak oauth grant PROFILE"},
	    {"invalid_grant", "AADSTS70008: expired", "postoak oauth grant PROFILE"},
	    {"invalid_grant", "AADSTS700082: expired due to inactivity", "90 days"},
	    {"invalid_grant", "AADSTS700084: issued to a single page app", "redirect URI"},
	    {"invalid_grant", "AADSTS53003: blocked by Conditional Access", "sign-in logs"},
	    {"invalid_resource", "AADSTS500011: resource principal", "/.default"},
	    {"invalid_scope", "AADSTS70011: The provided scope is not valid.", "SMTP.Send"},
	    {"invalid_request", "AADSTS28000: more than one resource", "User.Read"},
	    {"invalid_client", "AADSTS700027: key was expired", "thumbprint"},
	    {"invalid_request", "AADSTS900023: tenant identifier", "Set tenant_id"},
	    /* An unknown number falls back to the error's name, or to the next number. */
	    {"invalid_client", "AADSTS99999999", "client_authentication"},
	    {"invalid_client", "AADSTS", "client_authentication"},
	    {"invalid_client", "AADSTS1: see AADSTS7000215", "not its Secret ID"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect(diagnose_token("microsoft365", rows[i].error, rows[i].description, 400),
		    rows[i].part);
}

static void
errors_pick_the_advice(void **state)
{
	static const struct {
		const char *provider;
		const char *error;
		const char *description;
		const char *part;
	} rows[] = {
	    {"google", "invalid_grant", "Token has been expired or revoked.", "Testing"},
	    {"google", "invalid_grant", "Bad Request", "password changed"},
	    {"google", "invalid_grant", "Invalid JWT Signature.", "JSON key"},
	    {"google", "invalid_grant",
		"Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable "
		"timeframe. Check your iat and exp values in the JWT claim.",
		"clock"},
	    {"google", "invalid_grant", "Invalid email or User ID", "username"},
	    {"google", "invalid_grant", "Invalid grant: account not found", "does not exist"},
	    {"google", "invalid_grant", "reauth related error (invalid_rapt)", "session control"},
	    {"google", "admin_policy_enforced", "", "App access control"},
	    {"google", "access_denied", "error: admin_policy_enforced", "App access control"},
	    {"google", "unauthorized_client", "", "Domain-wide delegation"},
	    {"google", "invalid_scope", "", "device_code"},
	    {"google-relay", "deleted_client", "", "client_id"},
	    {"fastmail", "invalid_grant", "", "postoak oauth grant PROFILE"},
	    {NULL, "invalid_grant", "", "refresh_token"},
	    {NULL, "invalid_scope", "", "Check scopes"},
	    {NULL, "unauthorized_client", "", "change grant"},
	    {NULL, "invalid_client", "", "private_key"},
	    {NULL, "access_denied", "", "postoak oauth grant PROFILE"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect(diagnose_token(rows[i].provider, rows[i].error, rows[i].description, 400),
		    rows[i].part);
}

static void
the_age_of_a_grant_tells_more(void **state)
{
	const char *google = diagnose_token("google", "invalid_grant", "Bad Request", 400);
	const char *other = diagnose_token(NULL, "invalid_grant", "", 400);

	(void)state;
	expect(diagnose_ended(google, 7 * 86400 + 60), "publishing status is Testing");
	expect(diagnose_ended(google, 6 * 86400 + 60), "publishing status is Testing");
	expect(diagnose_ended(google, 86400), "changed the password");
	expect(diagnose_ended(google, 100 * 86400), "changed the password");
	assert_ptr_equal(diagnose_ended(google, 0), google);
	assert_ptr_equal(diagnose_ended(other, 7 * 86400), other);
	assert_null(diagnose_ended(NULL, 7 * 86400));
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
	    {"microsoft365", "535 5.7.139 SmtpClientAuthentication is disabled for the Tenant.",
		"microsoft365-direct"},
	    {"microsoft365", "535 5.7.139 locked by your organization's security defaults policy",
		"Security defaults"},
	    {"microsoft365",
		"535 5.7.139 Authentication unsuccessful, the request did not meet the criteria to "
		"be authenticated successfully. Contact your administrator.",
		"Conditional Access"},
	    {"microsoft365",
		"535 5.7.139 Authentication unsuccessful, the user credentials were incorrect.",
		"postoak resume PROFILE"},
	    {"microsoft365",
		"535 5.7.139 Authentication unsuccessful, basic authentication is disabled.",
		"oauth_client"},
	    {"microsoft365", "535 5.7.139 something new", "Set-CASMailbox USERNAME"},
	    {"microsoft365", "535 5.7.3 Authentication unsuccessful", "New-ServicePrincipal"},
	    {"microsoft365", "334 {\"status\":\"401\"}", "New-ServicePrincipal"},
	    {"microsoft365", "550 5.7.30 Basic authentication is not supported", "oauth_client"},
	    {"microsoft365", "432 4.3.2 Concurrent connections limit exceeded", "connections"},
	    {"microsoft365", "421 4.7.66 TLS 1.0 and 1.1 not supported", "tls_minimum_version"},
	    {"microsoft365", "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException",
		"Add-RecipientPermission"},
	    {"microsoft365", "554 5.2.252 SendAsDenied; not allowed", "Add-RecipientPermission"},
	    {"microsoft365",
		"550 5.7.60 SMTP; Client does not have permissions to send as this sender",
		"rewrite_from: always"},
	    {"microsoft365", "554 5.2.0 SubmissionQuotaExceededException", "24 hours"},
	    {"microsoft365", "554 5.2.2 mailbox full", "Sent Items"},
	    {"microsoft365", "430 4.2.0 STOREDRV; mailbox logon failure", "Add-MailboxPermission"},
	    {"microsoft365", "550 5.1.8 Access denied, bad outbound sender", "Restricted entities"},
	    {"microsoft365-hve", "501 5.5.127 Invalid XOAUTH2 auth data - Token will expire soon",
		"refresh_ahead: 15m"},
	    {"microsoft365-hve", "550 5.5.105 External sending is not supported", "routes:"},
	    {"google", "535-5.7.8 Username and Password not accepted", "https://mail.google.com/"},
	    {"google",
		"535 5.7.8 Username and Password not accepted {\"status\":\"400\",\"schemes\":"
		"\"Bearer\",\"scope\":\"https://mail.google.com/\"}",
		"https://mail.google.com/"},
	    {"google", "334 {\"status\":\"400\"}", "scopes: [https://mail.google.com/]"},
	    {"google", "454 4.7.0 Temporary authentication failure", "tries again by itself"},
	    {"google", "421 4.7.0 Try again later", "lower limits"},
	    {"google", "550 5.4.5 Daily user sending limit exceeded.", "24 hours"},
	    {"google", "550 5.7.1 Daily SMTP relay limit exceeded for customer.", "24 hours"},
	    {"google", "534-5.7.9 Application-specific password required", "oauth_client"},
	    {"custom", "535 5.7.8 failed {\"status\":\"insufficient_scope\"}", "Compare scopes"},
	    {"custom", "334 {\"status\":\"invalid_token\"}", "postoak resume PROFILE"},
	    {"custom", "535 5.7.8 Error: authentication failed", "postoak resume PROFILE"},
	    {"custom", "504 5.5.4 Unrecognized authentication type", "mechanism"},
	    {"custom", "503 5.5.1 Error: need AUTH or authenticate first", "username"},
	    {NULL, "TLS with mail.x failed: certificate not accepted: hostname mismatch", "host"},
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
	    cmocka_unit_test(errors_pick_the_advice),
	    cmocka_unit_test(the_age_of_a_grant_tells_more),
	    cmocka_unit_test(status_counts_without_an_error),
	    cmocka_unit_test(smtp_replies),
	    cmocka_unit_test(names_are_filled_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
