/*
 * What goes over the socket pair between the agent and one worker. It never
 * passes through the runner.
 *
 * The agent sends CREDENTIAL_GRANTED or CREDENTIAL_REFUSED once it knows. A
 * worker whose relay refused the login (535, or a 334 error challenge) answers
 * CREDENTIAL_REJECTED and waits for another of the two. Either end closes when
 * it has no more to say.
 */
#ifndef POSTOAK_CONFIG_CREDENTIAL_H
#define POSTOAK_CONFIG_CREDENTIAL_H

#include <stdint.h>

#include "config/pack.h"

/* An encoded SASL blob stays within 16 KiB, so a token may have this many octets. */
#define CREDENTIAL_SECRET_MAX 12000

enum credential_message {
	CREDENTIAL_GRANTED = 100, /* u32 kind, u64 generation, string secret */
	CREDENTIAL_REFUSED,       /* u32 reason, u32 retry_after, string text, string advice */
	CREDENTIAL_REJECTED,      /* u64 generation, string reply: the relay did not take it */
};

enum credential_kind {
	CREDENTIAL_NONE,  /* the profile logs in with nothing */
	CREDENTIAL_TOKEN, /* OAuth access token */
	CREDENTIAL_PASSWORD,
};

enum credential_refusal {
	CREDENTIAL_TRY_LATER,    /* network, 5xx, 429: the profile backs off */
	CREDENTIAL_NEEDS_PERSON, /* configuration or a new grant: the profile is suspended */
};

struct credential {
	enum credential_kind kind;
	uint64_t generation; /* counts the tokens of a profile; 0 for passwords */
	char secret[CREDENTIAL_SECRET_MAX + 1];
};

struct credential_refused {
	enum credential_refusal reason;
	uint32_t retry_after; /* seconds; 0: unknown */
	char text[1024];      /* what happened; no secret in it */
	char advice[640];     /* what to do about it, in one line; "": not known */
};

/* Send; `channel` as in channel.h. Return 0, or -1 and errno. */
int credential_send(int channel, const struct credential *credential);
int credential_send_refused(int channel, const struct credential_refused *refused);
int credential_send_rejected(int channel, uint64_t generation, const char *reply);

/*
 * Worker's side: wait at most `timeout_ms` for the agent's answer. Returns
 * CREDENTIAL_GRANTED with `credential` filled, CREDENTIAL_REFUSED with `refused`
 * filled, 0 when the agent is gone, or -1 and errno (ETIMEDOUT, EBADMSG).
 * The caller wipes `credential` with explicit_bzero.
 */
int credential_receive(
    int channel, int timeout_ms, struct credential *credential, struct credential_refused *refused);

#endif
