/* Adding a profile to the text of postoak.yaml, of which nothing else changes. */
#ifndef POSTOAK_SENDMAIL_PROFILE_INSERT_H
#define POSTOAK_SENDMAIL_PROFILE_INSERT_H

#include "config/error.h"
#include "sendmail/profile_block.h"

/*
 * `text` (the file `path`, for messages) with the block's entries behind the others in
 * `oauth_clients` and `profiles`, which are added at the end where they are missing. The only
 * profile there was stays the default: default_profile is added where `keep_default` (or
 * null) names one. Returns a fresh string; null and `error`: EX_CONFIG where the text is
 * not YAML, EX_DATAERR where it has no place for it, because it is written in braces.
 */
char *profile_insert(const struct profile_block *block, const char *path, const char *text,
    const char *keep_default, struct error *error);

#endif
