/*
 * From what a provider said to what a person can do: tables of advice.
 *
 * Advice is static text of one to three lines, without a newline at the end. It
 * decides nothing: providers renumber and reword their errors as they like.
 */
#ifndef POSTOAK_OAUTH_DIAGNOSE_H
#define POSTOAK_OAUTH_DIAGNOSE_H

#include <stddef.h>

/*
 * Advice for a token request that failed with `error` ("" where the answer had
 * none) and `description` at HTTP `status`. `provider` is the template's name, or
 * null. Null where nothing is known.
 */
const char *diagnose_token(
    const char *provider, const char *error, const char *description, unsigned status);

/*
 * Advice for an SMTP reply: `code` 535, `enhanced` "5.7.3" (or null), `text` the
 * rest of the reply, several lines joined. Null where nothing is known.
 */
const char *diagnose_smtp(
    const char *provider, unsigned code, const char *enhanced, const char *text);

/* The same for a reply in one piece, "535 5.7.3 text". */
const char *diagnose_reply(const char *provider, const char *reply);

/*
 * Copy `advice` to `out` of `size` octets with the words PROFILE and USERNAME replaced
 * by what they stand for (null: left), so that commands can be run as they are.
 */
void diagnose_personal(
    char *out, size_t size, const char *advice, const char *profile, const char *username);

#endif
