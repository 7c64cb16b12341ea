/*
 * Device authorization (RFC 8628): the codes that a server gives for a person to enter
 * elsewhere, and what it says while that person has not. Pure.
 */
#ifndef POSTOAK_OAUTH_DEVICE_CODE_H
#define POSTOAK_OAUTH_DEVICE_CODE_H

#include <stddef.h>

#include "oauth/token_response.h"

#define DEVICE_CODE_LIFE_MAX 3600 /* seconds */

struct device_code {
	char *code;         /* a secret: whoever has it gets the tokens */
	char *user_code;    /* printable ASCII, as the others */
	char *uri;          /* where to enter it */
	char *complete_uri; /* with the code in it; null: none */
	unsigned life;      /* seconds */
	unsigned interval;  /* seconds between two polls; grows */
};

enum device_state {
	DEVICE_PENDING, /* ask again after the interval */
	DEVICE_GRANTED,
	DEVICE_DENIED,  /* by the person */
	DEVICE_EXPIRED, /* nobody came in time */
	DEVICE_FAILED,  /* for another reason, and for good */
};

/*
 * Make sense of an answer of the device authorization endpoint (section 3.2). Always
 * gives a verdict, in `response` too: with GRANTED `device` is the caller's to wipe, else
 * it is empty and `response` has the reason.
 */
void device_code_parse(struct device_code *device, struct token_response *response, unsigned status,
    const char *body, size_t length);

/*
 * What an answer to a poll means (section 3.5): with slow_down the interval grows for
 * good, with trouble of the server or the way to it as well.
 */
enum device_state device_code_judge(
    struct device_code *device, enum token_verdict verdict, const char *error);

void device_code_wipe(struct device_code *device);

#endif
