/* SPDX-License-Identifier: ISC */
#include "queue/message/sender_policy.h"

#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>

#include <bsd/stdlib.h>

#include "queue/message/address.h"
#include "queue/message/header.h"
#include "queue/message/user_name.h"

/* The field that tells of a sender who is not who he says. */
#define WARNING "X-Authentication-Warning"

/* Users are compared by number: one number may have several names. */
static bool
is_user(const char *name, uid_t uid)
{
	const struct passwd *entry;
	const char *not_number;
	long long number = strtonum(name, 0, UINT32_MAX - 1, &not_number);

	if (not_number == NULL)
		return (uid_t)number == uid;
	entry = getpwnam(name);
	return entry != NULL && entry->pw_uid == uid;
}

static bool
is_trusted(const struct sender_claim *claim)
{
	const struct config_strings *trusted = &claim->config->trusted_users;

	for (size_t i = 0; i < trusted->count; i++)
		if (is_user(trusted->items[i], claim->uid))
			return true;
	return false;
}

static bool
is_own(const struct sender_claim *claim, const char *user)
{
	const char *domain = address_domain(claim->sender);
	size_t length = strlen(user);

	if (*claim->sender == '\0')
		return true;
	if (domain == NULL || (strcasecmp(domain, claim->config->mail_name) != 0 &&
				  strcasecmp(domain, claim->config->hostname) != 0))
		return false;
	return (size_t)(domain - claim->sender) == length + 1 &&
	       strncasecmp(claim->sender, user, length) == 0;
}

static int
write_warning(const struct sender_claim *claim, const char *user, sender_policy_write *write,
    void *context, struct error *error)
{
	char *field;
	int length = asprintf(&field, WARNING ": %s: %s set sender to %s using -f\r\n",
	    claim->config->hostname, user, claim->sender);
	int result;

	if (length < 0)
		return error_set_errno(error, EX_TEMPFAIL, "message header");
	result = write(context, field, (size_t)length, error);
	free(field);
	return result;
}

/* The header without warnings that anybody may have written. */
static int
write_without_warnings(const char *header, size_t length, sender_policy_write *write, void *context,
    struct error *error)
{
	struct header_field field;
	size_t offset = 0;
	size_t written = 0;

	while (header_next(header, length, &offset, &field)) {
		size_t start = (size_t)(field.start - header);

		if (!header_is(&field, WARNING))
			continue;
		if (write(context, header + written, start - written, error) < 0)
			return -1;
		written = offset;
	}
	return write(context, header + written, length - written, error);
}

static int
judge(const struct sender_claim *claim, const char *user, const char *header, size_t length,
    sender_policy_write *write, void *context, struct error *error)
{
	if (!is_own(claim, user)) {
		if (claim->config->untrusted_sender == UNTRUSTED_REJECT)
			return error_set(
			    error, EX_NOPERM, "%s may not send as %s", user, claim->sender);
		if (write_warning(claim, user, write, context, error) < 0)
			return -1;
	}
	if (claim->config->untrusted_sender == UNTRUSTED_REJECT)
		return write(context, header, length, error);
	return write_without_warnings(header, length, write, context, error);
}

int
sender_policy_apply(const struct sender_claim *claim, const char *header, size_t length,
    sender_policy_write *write, void *context, struct error *error)
{
	char *user;
	int result;

	/* The password file may be a slow directory service: only where it matters. */
	if (claim->config->untrusted_sender == UNTRUSTED_ACCEPT || is_trusted(claim))
		return write(context, header, length, error);
	user = user_name_local_part(getpwuid(claim->uid), claim->uid);
	if (user == NULL)
		return error_set_errno(error, EX_TEMPFAIL, "user name");
	result = judge(claim, user, header, length, write, context, error);
	free(user);
	return result;
}
