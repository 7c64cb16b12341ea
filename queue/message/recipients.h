/*
 * The recipients of one message: completed, local ones replaced by what aliases
 * and local_mail say, duplicates dropped, in the order given.
 */
#ifndef POSTOAK_MESSAGE_RECIPIENTS_H
#define POSTOAK_MESSAGE_RECIPIENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "queue/message/address.h"
#include "queue/message/aliases.h"

#define RECIPIENTS_MAX 50000

struct recipients {
	char **addresses; /* RFC 5321 form, with domain */
	char **originals; /* what each was before aliases; null where the same */
	size_t *sources;  /* the index among those given of what each was */
	size_t count;
};

struct recipients_options {
	const struct config *config;
	const struct aliases *aliases; /* null: no alias expansion (-n) */
	/* Told of targets that could not be used and were replaced by postmaster. */
	void (*complain)(const char *message, void *context);
	void *context;
};

/*
 * True where `address` is one of this host's users: without a domain, at
 * localhost or `hostname`, or at mail_name when that equals `hostname`.
 */
bool recipient_is_local(const struct config *config, const char *address);

/*
 * Expand `given` into `recipients` (fresh; free with recipients_free). Local
 * addresses: aliases, their results too, to depth 10; then local_mail; else
 * completed with mail_name. "name: name" and "\name" end the expansion. :include: files:
 * alias_include.h. What cannot be used (commands, files, loops) is told to `complain` and
 * goes to postmaster. "<>" is nobody, so the result may be empty. EX_DATAERR for more than
 * RECIPIENTS_MAX.
 */
int recipients_expand(const struct recipients_options *options, const struct address_list *given,
    struct recipients *recipients, struct error *error);
void recipients_free(struct recipients *recipients);

#endif
