/* SPDX-License-Identifier: ISC */
#include "queue/delivery/outcome.h"

#include <fnmatch.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <bsd/string.h>

#define AT(stage) (1u << (stage))
#define SUBMITTING (AT(STAGE_MAIL) | AT(STAGE_RCPT) | AT(STAGE_DATA) | AT(STAGE_DOT))
#define ANYWHERE (~0u)
/* Replies to RCPT repeat what a user wrote; single words are not looked for there. */
#define NO_ECHO (ANYWHERE & ~AT(STAGE_RCPT))

#define ANYONE false
#define MICROSOFT true

/* A daily allowance comes back bit by bit: asked for again every hour. */
#define QUOTA_HOLD 3600
/* Limits that are counted in minutes. */
#define PEAK_HOLD 600

struct rule {
	bool microsoft;        /* only where the template is one of Microsoft's */
	unsigned stages;       /* AT() bits */
	unsigned code;         /* 0: any */
	const char *enhanced;  /* pattern of fnmatch(3); null: any */
	const char *substring; /* of the text, without regard to case; null: any */
	enum outcome_scope scope;
	enum outcome_class class;
	enum outcome_profile profile;
	uint32_t hold;
};

#define PROFILE(action) SCOPE_PROFILE, OUTCOME_LATER, PROFILE_##action
#define MESSAGE(class) SCOPE_MESSAGE, OUTCOME_##class, PROFILE_NOTHING
#define RECIPIENT(class) SCOPE_RECIPIENT, OUTCOME_##class, PROFILE_NOTHING

/* The first match decides. Specific texts stand before the codes they come with. */
static const struct rule rules[] = {
    /* The account is at fault. */
    {ANYONE, SUBMITTING, 554, "5.2.0", "SendAsDenied", MESSAGE(NEVER), 0},
    {ANYONE, SUBMITTING, 0, "5.2.252", NULL, MESSAGE(NEVER), 0},
    {ANYONE, SUBMITTING, 550, "5.7.60", NULL, MESSAGE(NEVER), 0},
    {ANYONE, NO_ECHO, 554, "5.2.0", "SubmissionQuotaExceeded", PROFILE(QUOTA), QUOTA_HOLD},
    {ANYONE, NO_ECHO, 430, "4.2.0", NULL, PROFILE(SUSPEND), 0},
    {ANYONE, ANYWHERE, 0, NULL, "mailbox logon failure", PROFILE(SUSPEND), 0},
    {ANYONE, ANYWHERE, 550, "5.7.30", NULL, PROFILE(SUSPEND), 0},
    {ANYONE, ANYWHERE, 501, "5.5.127", NULL, PROFILE(NEW_TOKEN), 0},

    /* Too much at once, or too much today. */
    {ANYONE, ANYWHERE, 432, "4.3.2", NULL, PROFILE(FEWER), 0},
    {ANYONE, ANYWHERE, 0, NULL, "concurrent connections", PROFILE(FEWER), 0},
    {ANYONE, ANYWHERE, 0, NULL, "sender thread limit exceeded", PROFILE(FEWER), 0},
    {ANYONE, ANYWHERE, 421, NULL, "too many con", PROFILE(FEWER), 0},
    {ANYONE, SUBMITTING, 550, "5.4.5", NULL, PROFILE(QUOTA), QUOTA_HOLD},
    {ANYONE, SUBMITTING, 0, NULL, "Daily SMTP relay limit exceeded", PROFILE(QUOTA), QUOTA_HOLD},
    {ANYONE, SUBMITTING, 0, NULL, "Daily user sending limit exceeded", PROFILE(QUOTA), QUOTA_HOLD},
    {ANYONE, SUBMITTING, 0, NULL, "Daily sending quota exceeded", PROFILE(QUOTA), QUOTA_HOLD},
    {ANYONE, SUBMITTING, 0, NULL, "Peak SMTP relay limit exceeded", PROFILE(QUOTA), PEAK_HOLD},
    {MICROSOFT, SUBMITTING, 0, "5.1.9[02]", NULL, PROFILE(QUOTA), QUOTA_HOLD},
    {MICROSOFT, NO_ECHO, 0, "5.2.*", "daily", PROFILE(QUOTA), QUOTA_HOLD},
    /* Submission files what it sends; at RCPT 5.2.2 is the recipient's mailbox instead. */
    {ANYONE, NO_ECHO, 554, "5.2.2", NULL, PROFILE(SUSPEND), 0},

    /* The account or the tenant is blocked. */
    {MICROSOFT, SUBMITTING, 550, "5.1.8", NULL, PROFILE(SUSPEND), 0},
    {MICROSOFT, SUBMITTING, 550, "5.7.7[0-9][0-9]", NULL, PROFILE(SUSPEND), 0},

    /* The session. */
    {ANYONE, ANYWHERE, 421, "4.7.66", NULL, PROFILE(SUSPEND), 0},
    {ANYONE, ANYWHERE, 421, NULL, NULL, PROFILE(BACK_OFF), 0},
    {MICROSOFT, ANYWHERE, 451, "4.7.500", NULL, PROFILE(BACK_OFF), 0},
    {MICROSOFT, ANYWHERE, 451, "4.7.0", NULL, PROFILE(BACK_OFF), 0},
    {ANYONE, SUBMITTING, 454, "4.7.0", NULL, PROFILE(BACK_OFF), 0},
    /* The login got lost on their side: a new connection has it again. */
    {ANYONE, SUBMITTING, 530, "5.7.57", NULL, PROFILE(BACK_OFF), 0},
    {ANYONE, SUBMITTING, 530, NULL, NULL, PROFILE(SUSPEND), 0},
    {ANYONE, SUBMITTING, 535, NULL, NULL, PROFILE(SUSPEND), 0},
    {ANYONE, NO_ECHO, 503, NULL, "authenticat", PROFILE(SUSPEND), 0},

    /* The login. */
    {ANYONE, AT(STAGE_AUTH), 535, "5.7.139", NULL, PROFILE(SUSPEND), 0},
    {ANYONE, AT(STAGE_AUTH), 535, NULL, NULL, PROFILE(NEW_TOKEN), 0},
    {ANYONE, AT(STAGE_AUTH), 334, NULL, NULL, PROFILE(NEW_TOKEN), 0},
    {ANYONE, AT(STAGE_AUTH), 432, NULL, NULL, PROFILE(SUSPEND), 0},
    {ANYONE, AT(STAGE_AUTH), 534, NULL, NULL, PROFILE(SUSPEND), 0},
    {ANYONE, AT(STAGE_AUTH), 504, NULL, NULL, PROFILE(SUSPEND), 0},
    {ANYONE, AT(STAGE_AUTH), 538, NULL, NULL, PROFILE(SUSPEND), 0},

    /* One recipient. RFC 5321 4.5.3.1.10: an old way to say 452. */
    {ANYONE, AT(STAGE_RCPT), 552, "5.5.3", NULL, RECIPIENT(LATER), 0},
    {ANYONE, AT(STAGE_RCPT), 552, NULL, "too many recipients", RECIPIENT(LATER), 0},
    {ANYONE, SUBMITTING, 550, "5.5.105", NULL, RECIPIENT(NEVER), 0},
};

static bool
is_microsoft(const char *provider)
{
	return provider != NULL &&
	       (strncmp(provider, "microsoft365", 12) == 0 || strcmp(provider, "outlook") == 0);
}

static bool
rule_matches(const struct rule *rule, enum smtp_stage stage, unsigned code, const char *enhanced,
    const char *text, const char *provider)
{
	if ((rule->stages & AT(stage)) == 0 || (rule->code != 0 && rule->code != code))
		return false;
	if (rule->microsoft && !is_microsoft(provider))
		return false;
	if (rule->enhanced != NULL && fnmatch(rule->enhanced, enhanced, 0) != 0)
		return false;
	return rule->substring == NULL || strcasestr(text, rule->substring) != NULL;
}

/*
 * The text to look for phrases in: without what stands in angle brackets or quotes,
 * where a relay repeats an address that a user of this host chose. Else mail to
 * "daily limit exceeded"@example.com could stop a profile. A local part in quotes may
 * contain brackets, and quotes behind a backslash.
 */
static void
copy_without_quotations(char *to, const char *from)
{
	bool bracketed = false, quoted = false;

	for (; *from != '\0'; from++) {
		if (quoted && *from == '\\' && from[1] != '\0')
			from++;
		else if (*from == '"')
			quoted = !quoted;
		else if (!quoted && (*from == '<' || *from == '>'))
			bracketed = *from == '<';
		else if (!quoted && !bracketed)
			*to++ = *from;
	}
	*to = '\0';
}

/* What a code of a known stage means where no rule knows better. */
static void
classify_by_code(enum smtp_stage stage, unsigned code, struct outcome *outcome)
{
	bool submitting = (SUBMITTING & AT(stage)) != 0;

	outcome->scope = SCOPE_PROFILE;
	outcome->class = OUTCOME_LATER;
	outcome->profile = PROFILE_BACK_OFF;
	if (stage == STAGE_AUTH && code >= 500)
		outcome->profile = PROFILE_SUSPEND;
	/* No answer to any command of a transaction that stands for anything: 3xx, and
	 * "250" to DATA, are signs of a relay that lost count. */
	if (!submitting || code / 100 < 2 || code / 100 == 3 ||
	    (stage == STAGE_DATA && code / 100 == 2))
		return;
	outcome->scope = stage == STAGE_RCPT ? SCOPE_RECIPIENT : SCOPE_MESSAGE;
	outcome->profile = PROFILE_NOTHING;
	if (code / 100 == 2)
		outcome->class = OUTCOME_DELIVERED;
	else if (code / 100 == 5)
		outcome->class = OUTCOME_NEVER;
}

static void
copy_printable(char *to, size_t size, const char *from)
{
	size_t i;

	for (i = 0; from[i] != '\0' && i + 1 < size; i++) {
		unsigned char c = (unsigned char)from[i];

		to[i] = c >= 0x20 && c < 0x7f ? from[i] : '?';
	}
	to[i] = '\0';
}

void
outcome_classify(enum smtp_stage stage, unsigned code, const char *enhanced, const char *text,
    const char *provider, struct outcome *outcome)
{
	char phrases[OUTCOME_TEXT_MAX];

	memset(outcome, 0, sizeof(*outcome));
	outcome->code = code;
	copy_printable(outcome->text, sizeof(outcome->text), text);
	if (enhanced[0] != '\0')
		strlcpy(outcome->enhanced, enhanced, sizeof(outcome->enhanced));
	else
		snprintf(outcome->enhanced, sizeof(outcome->enhanced), "%u.0.0",
		    code / 100 == 2 || code / 100 == 5 ? code / 100 : 4);

	classify_by_code(stage, code, outcome);
	if (code / 100 == 2)
		return; /* whatever the text of a consent says */
	outcome->by_code = true;
	copy_without_quotations(phrases, outcome->text);
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct rule *rule = &rules[i];

		if (!rule_matches(rule, stage, code, enhanced, phrases, provider))
			continue;
		outcome->scope = rule->scope;
		outcome->class = rule->class;
		outcome->profile = rule->profile;
		outcome->hold = rule->hold;
		outcome->by_code = false;
		return;
	}
}

void
outcome_failure(
    enum smtp_stage stage, const char *enhanced, struct outcome *outcome, const char *format, ...)
{
	char text[OUTCOME_TEXT_MAX];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	outcome_classify(stage, 0, enhanced, text, NULL, outcome);
	outcome->scope = SCOPE_PROFILE;
	outcome->class = OUTCOME_LATER;
	outcome->profile = PROFILE_BACK_OFF;
	outcome->hold = 0;
}
