/*
 * Making text from outside fit for logs, status and people.
 *
 * A provider may echo what it was sent. Whatever quotes one passes here first.
 */
#ifndef POSTOAK_OAUTH_SCRUB_H
#define POSTOAK_OAUTH_SCRUB_H

#include <stddef.h>

/*
 * Copy `text` to `out` of `size` octets. Each occurrence of one of the `count`
 * secrets (plain or form-encoded; null entries and secrets under four octets are
 * passed over) becomes "[redacted]", also where the text ends within it, and so does
 * every run of 40 or more characters that looks like a token: nobody needs to read
 * one. Octets that are
 * not printable ASCII become '?', line ends a space. Redaction comes before
 * truncation, so that no half of a secret is left.
 */
void scrub(char *out, size_t size, const char *text, const char *const *secrets, size_t count);

#endif
