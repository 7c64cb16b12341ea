/* What relays say, and what it asks of a person. */
#ifndef POSTOAK_OAUTH_SMTP_ADVICE_H
#define POSTOAK_OAUTH_SMTP_ADVICE_H

/*
 * Advice, as diagnose.h has it, for the reply `code` with the enhanced code `enhanced`
 * (null: none) and the rest `text`, from a relay of the template `provider` (null:
 * none); `code` 0 for what failed without a reply. Null where nothing is known.
 */
const char *smtp_advice(
    const char *provider, unsigned code, const char *enhanced, const char *text);

#endif
