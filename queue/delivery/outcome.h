/*
 * What a relay's reply means: the one place where replies become decisions.
 *
 * Scope tells whose fault it is: the profile's (login, quota, connection), the
 * message's (MAIL, DATA, the final dot) or one recipient's (RCPT). Profile scope
 * never bounces and is never counted against a message.
 */
#ifndef POSTOAK_DELIVERY_OUTCOME_H
#define POSTOAK_DELIVERY_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#define OUTCOME_TEXT_MAX 1024
#define OUTCOME_ADVICE_MAX 640

enum outcome_scope { SCOPE_PROFILE, SCOPE_MESSAGE, SCOPE_RECIPIENT };
enum outcome_class { OUTCOME_DELIVERED, OUTCOME_LATER, OUTCOME_NEVER };

/* What a profile-scope outcome asks of the profile. */
enum outcome_profile {
	PROFILE_NOTHING,   /* not profile scope */
	PROFILE_BACK_OFF,  /* try the profile again later */
	PROFILE_FEWER,     /* too many connections: as BACK_OFF, with a slot less */
	PROFILE_QUOTA,     /* a quota is used up: back off, up to 24 h */
	PROFILE_NEW_TOKEN, /* the login was refused: one fresh token is worth a try */
	PROFILE_SUSPEND,   /* a person is needed */
};

/* The commands a reply can answer. */
enum smtp_stage {
	STAGE_CONNECT, /* resolving, connecting, TLS: no reply, `text` says what failed */
	STAGE_GREETING,
	STAGE_HELLO,
	STAGE_STARTTLS,
	STAGE_AUTH,
	STAGE_MAIL,
	STAGE_RCPT,
	STAGE_DATA,
	STAGE_DOT, /* the end of the message, or the reply to BDAT LAST */
	STAGE_QUIT,
};

struct outcome {
	enum outcome_scope scope;
	enum outcome_class class;
	enum outcome_profile profile;
	unsigned code;               /* SMTP reply code, 0 without a reply */
	char enhanced[12];           /* RFC 3463, e.g. "5.1.1"; made from the code where absent */
	char text[OUTCOME_TEXT_MAX]; /* the whole reply, one line, printable; secrets removed */
	/* What a person can do, from who knows more of it than the reply tells; else "". */
	char advice[OUTCOME_ADVICE_MAX];
	uint32_t hold; /* seconds a quota asks to wait; 0: the profile's own backoff */
	bool by_code;  /* no more is known of the reply than its code; not told to the runner */
};

/*
 * Classify the reply `code` with enhanced status `enhanced` ("" where none) to a
 * command of `stage` from a profile of the template `provider` (may be null). `text`
 * is the reply as reply_describe gives it, its codes included; what is not printable
 * ASCII in it becomes '?'.
 */
void outcome_classify(enum smtp_stage stage, unsigned code, const char *enhanced, const char *text,
    const char *provider, struct outcome *outcome);

/* A failure without a reply (connection lost, timeout, TLS, resolver): profile
 * scope, back off, with the given enhanced code and text. */
void outcome_failure(enum smtp_stage stage, const char *enhanced, struct outcome *outcome,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
