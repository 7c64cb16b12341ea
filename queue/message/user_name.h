/* What a user of this host is called in mail. */
#ifndef POSTOAK_MESSAGE_USER_NAME_H
#define POSTOAK_MESSAGE_USER_NAME_H

#include <pwd.h>
#include <sys/types.h>

/*
 * The name of user `uid` as a local part: from the password file (`entry`, null where
 * there is none), quoted where RFC 5321 needs it, else "uid1000". A fresh string, or
 * null (ENOMEM).
 */
char *user_name_local_part(const struct passwd *entry, uid_t uid);

#endif
