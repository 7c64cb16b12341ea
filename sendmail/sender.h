/* Who sends: the envelope sender and the full name, by -f, -F and the real user. */
#ifndef POSTOAK_SENDMAIL_SENDER_H
#define POSTOAK_SENDMAIL_SENDER_H

#include "config/config.h"
#include "config/error.h"

/*
 * The envelope sender: what -f gave (`given`, null without), where "" and "<>" are
 * the null sender "", else the real user's name; completed with mail_name. Fresh, or
 * null and `error` (EX_USAGE for an address that is none).
 */
char *sender_address(const struct config *config, const char *given, struct error *error);

/*
 * The full name for a From field: what -F gave, else $NAME, else the password file's.
 * Fresh, without control characters; null where there is none.
 */
char *sender_full_name(const char *given);

/*
 * The full name in a password file's GECOS field: up to the first comma, "&" standing
 * for the capitalised login name. Fresh, or null.
 */
char *sender_gecos_name(const char *gecos, const char *login);

#endif
