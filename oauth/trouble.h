/* What went wrong with a profile last, in words for people. */
#ifndef POSTOAK_OAUTH_TROUBLE_H
#define POSTOAK_OAUTH_TROUBLE_H

#include <stdbool.h>

#include "config/config.h"
#include "config/error.h"

#define TROUBLE_ERROR_MAX 512
#define TROUBLE_ADVICE_MAX 640

struct trouble {
	char error[TROUBLE_ERROR_MAX];                         /* "": nothing */
	char advice[TROUBLE_ADVICE_MAX];                       /* lines; "": none */
	char text[TROUBLE_ERROR_MAX + TROUBLE_ADVICE_MAX + 4]; /* both in one line */
};

/* `advice` is diagnose.h's, to be made personal, or null. */
void trouble_set(struct trouble *trouble, const struct config_profile *profile, const char *error,
    const char *advice);

/*
 * The relay refused a login with `reply` ("535 5.7.3 text"), in which `secret`, what it was
 * made with (null: not known), may be repeated. A token is looked into for the reason.
 */
void trouble_set_rejection(struct trouble *trouble, const struct config_profile *profile,
    const char *reply, const char *secret);

void trouble_clear(struct trouble *trouble);

/* True where what failed on this host may go well later, without a person. */
bool trouble_passes(const struct error *error);

/* What a command that failed for it ends with: EX_TEMPFAIL for what passes, EX_NOPERM where a
 * person has to permit something, EX_CONFIG. */
int trouble_status(const struct error *error);

#endif
