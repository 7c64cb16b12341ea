/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "queue/delivery/outcome.h"

#define ANY NULL
#define M365 "microsoft365"
#define GMAIL "google"

struct expectation {
	enum smtp_stage stage;
	unsigned code;
	const char *enhanced;
	const char *text;
	const char *provider;
	enum outcome_scope scope;
	enum outcome_class class;
	enum outcome_profile profile;
};

#define BACKS_OFF SCOPE_PROFILE, OUTCOME_LATER, PROFILE_BACK_OFF
#define HAS_FEWER SCOPE_PROFILE, OUTCOME_LATER, PROFILE_FEWER
#define WAITS_FOR_QUOTA SCOPE_PROFILE, OUTCOME_LATER, PROFILE_QUOTA
#define WANTS_TOKEN SCOPE_PROFILE, OUTCOME_LATER, PROFILE_NEW_TOKEN
#define IS_SUSPENDED SCOPE_PROFILE, OUTCOME_LATER, PROFILE_SUSPEND
#define MESSAGE_DELIVERED SCOPE_MESSAGE, OUTCOME_DELIVERED, PROFILE_NOTHING
#define MESSAGE_LATER SCOPE_MESSAGE, OUTCOME_LATER, PROFILE_NOTHING
#define MESSAGE_NEVER SCOPE_MESSAGE, OUTCOME_NEVER, PROFILE_NOTHING
#define RECIPIENT_LATER SCOPE_RECIPIENT, OUTCOME_LATER, PROFILE_NOTHING
#define RECIPIENT_NEVER SCOPE_RECIPIENT, OUTCOME_NEVER, PROFILE_NOTHING

static const struct expectation expectations[] = {
    /* Microsoft, as its documentation and its users quote it. */
    {STAGE_AUTH, 535, "5.7.3", "Authentication unsuccessful", M365, WANTS_TOKEN},
    {STAGE_AUTH, 535, "5.7.139",
	"Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant", M365,
	IS_SUSPENDED},
    {STAGE_AUTH, 535, "5.7.139",
	"Authentication unsuccessful, user is locked by your organization's security defaults", ANY,
	IS_SUSPENDED},
    {STAGE_MAIL, 530, "5.7.57", "Client not authenticated to send mail", M365, BACKS_OFF},
    {STAGE_AUTH, 550, "5.7.30", "Basic authentication is not supported for Client Submission.",
	M365, IS_SUSPENDED},
    {STAGE_MAIL, 550, "5.7.30", "Basic authentication is not supported", ANY, IS_SUSPENDED},
    {STAGE_DOT, 432, "4.3.2", "Concurrent connections limit exceeded", M365, HAS_FEWER},
    {STAGE_GREETING, 432, "4.3.2", "Concurrent connections limit exceeded", ANY, HAS_FEWER},
    {STAGE_AUTH, 432, "4.3.2", "Concurrent connections limit exceeded", ANY, HAS_FEWER},
    {STAGE_DOT, 432, "4.3.2", "STOREDRV.ClientSubmit; sender thread limit exceeded", M365,
	HAS_FEWER},
    {STAGE_DOT, 554, "5.2.0", "STOREDRV.ClientSubmit; sender thread limit exceeded", M365,
	HAS_FEWER},
    {STAGE_MAIL, 421, "4.3.2", "The maximum number of concurrent connections has exceeded", M365,
	HAS_FEWER},
    {STAGE_MAIL, 421, "4.3.2", "Service not available", M365, BACKS_OFF},
    {STAGE_MAIL, 451, "4.7.500", "Server busy. Please try again later", M365, BACKS_OFF},
    {STAGE_RCPT, 451, "4.7.500", "Server busy", "outlook", BACKS_OFF},
    {STAGE_DOT, 451, "4.7.0", "Temporary server error. Please try again later", M365, BACKS_OFF},
    {STAGE_RCPT, 451, "4.7.0", "greylisted", ANY, RECIPIENT_LATER},
    {STAGE_HELLO, 421, "4.7.66", "TLS 1.0 and 1.1 are not supported", M365, IS_SUSPENDED},
    {STAGE_DOT, 554, "5.2.0",
	"STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied", M365,
	MESSAGE_NEVER},
    {STAGE_DOT, 554, "5.2.252", "SendAsDenied; a@x.org not allowed to send as b@x.org", M365,
	MESSAGE_NEVER},
    {STAGE_MAIL, 550, "5.7.60", "Client does not have permissions to send as this sender", M365,
	MESSAGE_NEVER},
    {STAGE_DOT, 554, "5.2.0", "STOREDRV.Submission.Exception:SubmissionQuotaExceededException",
	M365, WAITS_FOR_QUOTA},
    {STAGE_RCPT, 550, "5.1.90", "you've reached your daily limit for message recipients", M365,
	WAITS_FOR_QUOTA},
    {STAGE_RCPT, 550, "5.1.92", "daily limit", M365, WAITS_FOR_QUOTA},
    {STAGE_DOT, 554, "5.2.2", "mailbox full; STOREDRV.Submission QuotaExceededException", M365,
	IS_SUSPENDED},
    {STAGE_RCPT, 552, "5.2.2", "mailbox of the recipient is full", ANY, RECIPIENT_NEVER},
    {STAGE_DOT, 430, "4.2.0", "STOREDRV; mailbox logon failure; failure:MapiExceptionLogonFailed",
	M365, IS_SUSPENDED},
    {STAGE_AUTH, 501, "5.5.127", "Token will expire soon", "microsoft365-hve", WANTS_TOKEN},
    {STAGE_MAIL, 501, "5.5.127", "Token will expire soon", ANY, WANTS_TOKEN},
    {STAGE_MAIL, 550, "5.1.8", "Access denied, bad outbound sender", M365, IS_SUSPENDED},
    {STAGE_MAIL, 550, "5.1.8", "bad sender's system address", ANY, MESSAGE_NEVER},
    {STAGE_DOT, 550, "5.7.708", "Service unavailable. Access denied, traffic not accepted", M365,
	IS_SUSPENDED},
    {STAGE_DOT, 550, "5.7.750", "Client blocked from sending from unregistered domains", M365,
	IS_SUSPENDED},
    {STAGE_DOT, 550, "5.7.7", "Message integrity failure", M365, MESSAGE_NEVER},
    {STAGE_RCPT, 550, "5.5.105", "External sending is not supported", "microsoft365-hve",
	RECIPIENT_NEVER},

    /* Google. */
    {STAGE_AUTH, 535, "5.7.8", "Username and Password not accepted", GMAIL, WANTS_TOKEN},
    {STAGE_AUTH, 334, "", "{\"status\":\"400\",\"schemes\":\"Bearer\"}", GMAIL, WANTS_TOKEN},
    {STAGE_GREETING, 421, "4.7.0", "Try again later, closing connection", GMAIL, BACKS_OFF},
    {STAGE_AUTH, 454, "4.7.0", "Cannot authenticate due to temporary system problem", GMAIL,
	BACKS_OFF},
    {STAGE_MAIL, 454, "4.7.0", "temporary authentication failure", GMAIL, BACKS_OFF},
    {STAGE_DOT, 450, "4.2.1", "Peak SMTP relay limit exceeded for customer", GMAIL,
	WAITS_FOR_QUOTA},
    {STAGE_RCPT, 450, "4.2.1", "The user you are trying to contact is receiving mail too quickly",
	GMAIL, RECIPIENT_LATER},
    {STAGE_RCPT, 452, "4.5.3", "too many recipients", GMAIL, RECIPIENT_LATER},
    {STAGE_DOT, 550, "5.4.5", "Daily user sending limit exceeded", GMAIL, WAITS_FOR_QUOTA},
    {STAGE_RCPT, 550, "5.4.5", "Daily sending quota exceeded", GMAIL, WAITS_FOR_QUOTA},
    {STAGE_RCPT, 550, "5.7.1", "Daily SMTP relay limit exceeded for customer", GMAIL,
	WAITS_FOR_QUOTA},
    {STAGE_RCPT, 451, "4.3.0", "Multiple destination domains per transaction is unsupported", GMAIL,
	RECIPIENT_LATER},
    {STAGE_AUTH, 534, "5.7.9", "Application-specific password required", GMAIL, IS_SUSPENDED},

    /* Any relay. */
    {STAGE_GREETING, 554, "", "No SMTP service here", ANY, BACKS_OFF},
    {STAGE_HELLO, 550, "", "we do not like your name", ANY, BACKS_OFF},
    {STAGE_STARTTLS, 454, "4.7.0", "TLS not available", ANY, BACKS_OFF},
    {STAGE_AUTH, 535, "", "nope", ANY, WANTS_TOKEN},
    {STAGE_AUTH, 451, "4.3.0", "try later", ANY, BACKS_OFF},
    {STAGE_AUTH, 504, "5.5.4", "mechanism unknown", ANY, IS_SUSPENDED},
    {STAGE_AUTH, 500, "5.5.2", "line too long", ANY, IS_SUSPENDED},
    {STAGE_MAIL, 250, "2.1.0", "ok", ANY, MESSAGE_DELIVERED},
    {STAGE_MAIL, 421, "", "too many connections from your address", ANY, HAS_FEWER},
    {STAGE_MAIL, 452, "4.3.1", "insufficient storage", ANY, MESSAGE_LATER},
    {STAGE_MAIL, 552, "5.3.4", "message too big", ANY, MESSAGE_NEVER},
    {STAGE_MAIL, 530, "5.7.0", "Authentication required", ANY, IS_SUSPENDED},
    {STAGE_MAIL, 503, "5.5.1", "authenticate first", ANY, IS_SUSPENDED},
    {STAGE_RCPT, 251, "", "will forward", ANY, SCOPE_RECIPIENT, OUTCOME_DELIVERED, PROFILE_NOTHING},
    {STAGE_RCPT, 550, "5.1.1", "user unknown", ANY, RECIPIENT_NEVER},
    {STAGE_RCPT, 450, "4.2.0", "greylisted", ANY, RECIPIENT_LATER},
    {STAGE_RCPT, 552, "", "Too many recipients", ANY, RECIPIENT_LATER},
    {STAGE_DATA, 554, "5.5.1", "no valid recipients", ANY, MESSAGE_NEVER},
    {STAGE_DATA, 451, "", "later", ANY, MESSAGE_LATER},
    {STAGE_DATA, 250, "", "what?", ANY, BACKS_OFF},
    {STAGE_MAIL, 354, "", "what?", ANY, BACKS_OFF},
    {STAGE_DOT, 250, "2.0.0", "queued; daily limit exceeded and concurrent connections", ANY,
	MESSAGE_DELIVERED},
    {STAGE_DOT, 554, "5.7.1", "spam", ANY, MESSAGE_NEVER},
    {STAGE_DOT, 451, "4.3.0", "disk full", ANY, MESSAGE_LATER},

    /* What users write into addresses decides nothing. */
    {STAGE_RCPT, 550, "5.1.1", "<\"concurrent connections\"@x.org>: unknown", ANY, RECIPIENT_NEVER},
    {STAGE_RCPT, 550, "5.7.1", "\"Daily SMTP relay limit exceeded\"@x.org: denied", ANY,
	RECIPIENT_NEVER},
    {STAGE_RCPT, 550, "5.1.1", "<\"a> mailbox logon failure\"@x.org>: unknown", ANY,
	RECIPIENT_NEVER},
    {STAGE_RCPT, 550, "5.1.1", "\"a\\\" mailbox logon failure\"@x.org: unknown", ANY,
	RECIPIENT_NEVER},
    {STAGE_RCPT, 450, "4.2.1", "<\"b\\\\\"@x.org>: mailbox logon failure", ANY, IS_SUSPENDED},
    {STAGE_RCPT, 550, "5.2.0", "daily@x.org: denied", M365, RECIPIENT_NEVER},
    {STAGE_RCPT, 503, "", "authenticator@x.org: denied", ANY, RECIPIENT_NEVER},
};

static void
every_reply_is_what_the_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(expectations) / sizeof(expectations[0]); i++) {
		const struct expectation *e = &expectations[i];
		struct outcome outcome;

		outcome_classify(e->stage, e->code, e->enhanced, e->text, e->provider, &outcome);
		if (outcome.scope != e->scope || outcome.class != e->class ||
		    outcome.profile != e->profile)
			fail_msg("%u %s %s (stage %d): scope %d class %d profile %d", e->code,
			    e->enhanced, e->text, (int)e->stage, (int)outcome.scope,
			    (int)outcome.class, (int)outcome.profile);
		assert_int_equal(outcome.code, e->code);
		assert_string_equal(outcome.text, e->text);
	}
}

static void
profile_scope_never_bounces(void **state)
{
	(void)state;
	for (int stage = STAGE_CONNECT; stage <= STAGE_QUIT; stage++) {
		for (unsigned code = 0; code < 1000; code++) {
			struct outcome outcome;

			outcome_classify((enum smtp_stage)stage, code, "", "x", M365, &outcome);
			if (outcome.scope == SCOPE_PROFILE)
				assert_int_equal(outcome.class, OUTCOME_LATER);
			assert_true((outcome.scope == SCOPE_PROFILE) ==
				    (outcome.profile != PROFILE_NOTHING));
		}
	}
}

static void
quotas_hold(void **state)
{
	struct outcome outcome;

	(void)state;
	outcome_classify(
	    STAGE_DOT, 550, "5.4.5", "Daily user sending limit exceeded", NULL, &outcome);
	assert_true(outcome.hold > 0);
}

static void
a_missing_enhanced_code_is_made(void **state)
{
	struct outcome outcome;

	(void)state;
	outcome_classify(STAGE_RCPT, 550, "", "no", NULL, &outcome);
	assert_string_equal(outcome.enhanced, "5.0.0");
	outcome_classify(STAGE_DOT, 250, "", "yes", NULL, &outcome);
	assert_string_equal(outcome.enhanced, "2.0.0");
	outcome_classify(STAGE_DATA, 354, "", "what", NULL, &outcome);
	assert_string_equal(outcome.enhanced, "4.0.0");
}

static void
text_is_one_printable_line(void **state)
{
	char text[3000];
	struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = (char)(i % 255 + 1);
	text[sizeof(text) - 1] = '\0';
	outcome_classify(STAGE_DOT, 550, "", text, NULL, &outcome);
	assert_int_equal(strlen(outcome.text), OUTCOME_TEXT_MAX - 1);
	for (const char *p = outcome.text; *p != '\0'; p++)
		assert_true(*p >= 0x20 && *p < 0x7f);
}

static void
failures_back_off(void **state)
{
	struct outcome outcome;

	(void)state;
	outcome_failure(STAGE_DOT, "4.4.2", &outcome, "lost %s", "it: concurrent connections");
	assert_int_equal(outcome.scope, SCOPE_PROFILE);
	assert_int_equal(outcome.class, OUTCOME_LATER);
	assert_int_equal(outcome.profile, PROFILE_BACK_OFF);
	assert_int_equal(outcome.code, 0);
	assert_string_equal(outcome.enhanced, "4.4.2");
	assert_string_equal(outcome.text, "lost it: concurrent connections");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_reply_is_what_the_table_says),
	    cmocka_unit_test(profile_scope_never_bounces),
	    cmocka_unit_test(quotas_hold),
	    cmocka_unit_test(a_missing_enhanced_code_is_made),
	    cmocka_unit_test(text_is_one_printable_line),
	    cmocka_unit_test(failures_back_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
