/* What a person's consent led to, in words. */
#ifndef POSTOAK_OAUTH_CONSENT_REPORT_H
#define POSTOAK_OAUTH_CONSENT_REPORT_H

#include "config/config.h"
#include "oauth/token_response.h"

/*
 * Lines that say for whom, with what scopes and for how long access was granted, with
 * warnings where something will not last or not suffice. `profile` as it asked; `name` is
 * what to call it, `response` grants. Fresh; null without memory.
 */
char *consent_report(
    const struct config_profile *profile, const char *name, const struct token_response *response);

#endif
