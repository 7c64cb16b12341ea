/* What becomes of an answer of the token endpoint to a consent's code. */
#ifndef POSTOAK_OAUTH_CONSENT_OUTCOME_H
#define POSTOAK_OAUTH_CONSENT_OUTCOME_H

#include "oauth/consent.h"

/*
 * Give the tokens of `result` to the profile's account, durably; those of a client alone
 * are dropped. `problem` is why there is no result. On success *report is fresh text for
 * people, null without memory. -1 and `error`: EX_NOPERM where a person is needed,
 * EX_TEMPFAIL, EX_CONFIG.
 */
int consent_take(struct consent *consent, struct token_request_result *result,
    const struct error *problem, char **report, struct error *error);

#endif
