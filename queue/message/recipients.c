/* SPDX-License-Identifier: ISC */
#include "queue/message/recipients.h"

#include <ctype.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>

#include <bsd/stdlib.h>

#include "queue/message/alias_include.h"

#define DEPTH_MAX 10

/*
 * Postmaster stands in for what cannot be used, once a message. What cannot be used while
 * postmaster itself is expanded goes where postmaster's mail goes without aliases.
 */
enum stand_in { STAND_IN_UNUSED, STAND_IN_EXPANDING, STAND_IN_DONE };

/* The trees are tsearch(3)'s, which are balanced: no choice of addresses makes them slow. */
struct expansion {
	const struct recipients_options *options;
	struct recipients *recipients;
	size_t room;
	void *seen;     /* what is in recipients->addresses */
	void *expanded; /* names of the aliases and files that are done with */
	char *local_mail;
	char *postmaster;
	enum stand_in stand_in;
	size_t source;  /* the index of the given address in hand */
	char *original; /* the same, completed */
	struct error *error;
};

/* An alias or file that is being expanded, and what led to it. */
struct frame {
	const struct frame *outer;
	const char *name;
	unsigned depth;
};

static int expand_address(
    struct expansion *expansion, const char *address, bool verbatim, const struct frame *frame);
static int expand_target(
    struct expansion *expansion, const struct mailbox *target, const struct frame *frame);

static int
fail_memory(struct expansion *expansion)
{
	return error_set_errno(expansion->error, EX_OSERR, "cannot expand recipients");
}

static int
compare_addresses(const void *a, const void *b)
{
	return address_compare(a, b);
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

bool
recipient_is_local(const struct config *config, const char *address)
{
	const char *domain = address_domain(address);

	/* mail_name is a domain like any other unless it is this host's name. */
	return domain == NULL || strcasecmp(domain, "localhost") == 0 ||
	       strcasecmp(domain, config->hostname) == 0;
}

/* The local part of `address`. A fresh string. */
static char *
local_part(const char *address)
{
	const char *domain = address_domain(address);

	return domain == NULL ? strdup(address) : strndup(address, (size_t)(domain - address) - 1);
}

/* `address` as a relay can use it: a bare one, or one at localhost, gets mail_name. Fresh. */
static char *
complete(const struct config *config, const char *address)
{
	const char *domain = address_domain(address);
	char *completed, *local;

	if (domain != NULL && strcasecmp(domain, "localhost") != 0)
		return strdup(address);
	if ((local = local_part(address)) == NULL)
		return NULL;
	completed = address_qualify(local, config->mail_name);
	free(local);
	return completed;
}

static int
make_room(struct expansion *expansion)
{
	struct recipients *recipients = expansion->recipients;
	size_t room = expansion->room == 0 ? 16 : 2 * expansion->room;
	size_t *sources;
	char **grown;

	if (recipients->count < expansion->room)
		return 0;
	if ((grown = reallocarray(recipients->addresses, room, sizeof(*grown))) == NULL)
		return -1;
	recipients->addresses = grown;
	if ((grown = reallocarray(recipients->originals, room, sizeof(*grown))) == NULL)
		return -1;
	recipients->originals = grown;
	if ((sources = reallocarray(recipients->sources, room, sizeof(*sources))) == NULL)
		return -1;
	recipients->sources = sources;
	expansion->room = room;
	return 0;
}

/* Append `address`, which takes it over, unless it is there. */
static int
add(struct expansion *expansion, char *address)
{
	struct recipients *recipients = expansion->recipients;
	char *original = NULL;

	if (address == NULL)
		return fail_memory(expansion);
	if (!address_is_valid(address)) {
		error_set(expansion->error, EX_DATAERR, "bad address: %.80s", address);
		goto fail;
	}
	if (tfind(address, &expansion->seen, compare_addresses) != NULL) {
		free(address);
		return 0;
	}
	if (recipients->count >= RECIPIENTS_MAX) {
		error_set(expansion->error, EX_DATAERR, "more than %d recipients", RECIPIENTS_MAX);
		goto fail;
	}
	if ((strcmp(address, expansion->original) != 0 &&
		(original = strdup(expansion->original)) == NULL) ||
	    make_room(expansion) == -1 ||
	    tsearch(address, &expansion->seen, compare_addresses) == NULL) {
		fail_memory(expansion);
		goto fail;
	}
	recipients->addresses[recipients->count] = address;
	recipients->sources[recipients->count] = expansion->source;
	recipients->originals[recipients->count++] = original;
	return 0;
fail:
	free(original);
	free(address);
	return -1;
}

/* No alias has a say in `address` (any more). */
static int
add_final(struct expansion *expansion, const char *address)
{
	const struct config *config = expansion->options->config;

	if (recipient_is_local(config, address) && expansion->local_mail != NULL)
		return add(expansion, strdup(expansion->local_mail));
	return add(expansion, complete(config, address));
}

/* `target` cannot be used because of `reason`. */
static int
use_postmaster(struct expansion *expansion, const char *target, const char *reason)
{
	struct error text;
	int result;

	if (expansion->options->complain != NULL) {
		error_set(&text, EX_DATAERR, "%s: %s; %s gets the mail instead", target, reason,
		    expansion->postmaster);
		expansion->options->complain(text.text, expansion->options->context);
	}
	switch (expansion->stand_in) {
	case STAND_IN_UNUSED:
		expansion->stand_in = STAND_IN_EXPANDING;
		result = expand_address(expansion, expansion->postmaster, false, NULL);
		expansion->stand_in = STAND_IN_DONE;
		return result;
	case STAND_IN_EXPANDING:
		return add_final(expansion, expansion->postmaster);
	case STAND_IN_DONE:
		break;
	}
	return 0;
}

static bool
is_open(const struct frame *frame, const char *name)
{
	for (; frame != NULL; frame = frame->outer)
		if (strcmp(frame->name, name) == 0)
			return true;
	return false;
}

static int
remember_expanded(struct expansion *expansion, const char *name)
{
	char *copy = strdup(name);
	char **node;

	if (copy == NULL || (node = tsearch(copy, &expansion->expanded, compare_names)) == NULL) {
		free(copy);
		return fail_memory(expansion);
	}
	if (*node != copy)
		free(copy); /* while it was open, it was expanded for postmaster */
	return 0;
}

/*
 * Expand the alias `name` to `list`, or, where that is null, to the contents of the
 * :include: file that `name` is. Each is expanded once a message, so that the work is
 * bounded by their size however they refer to each other.
 */
static int
expand_list(struct expansion *expansion, const char *name, const struct address_list *list,
    const struct frame *outer)
{
	const struct recipients_options *options = expansion->options;
	struct frame frame = {.outer = outer, .name = name};
	struct address_list included = {0};
	struct error fault;
	int result = 0;

	frame.depth = outer == NULL ? 1 : outer->depth + 1;
	if (tfind(name, &expansion->expanded, compare_names) != NULL)
		return 0;
	if (is_open(outer, name))
		return use_postmaster(expansion, name, "leads back to itself");
	if (frame.depth > DEPTH_MAX)
		return use_postmaster(expansion, name, "too many aliases lead to it");
	if (list == NULL) {
		list = &included;
		if (alias_include_read(
			name, &included, options->complain, options->context, &fault) == -1) {
			/* Another time the list can be read: postmaster is no substitute. */
			if (fault.status == EX_OSERR)
				return error_set(expansion->error, EX_OSERR, "%s", fault.text);
			return use_postmaster(expansion, outer->name, fault.text);
		}
	}
	for (size_t i = 0; i < list->count && result == 0; i++)
		result = expand_target(expansion, &list->items[i], &frame);
	address_list_free(&included);
	return result == 0 ? remember_expanded(expansion, name) : -1;
}

static int
expand_target(struct expansion *expansion, const struct mailbox *target, const struct frame *frame)
{
	switch (alias_target_kind(target)) {
	case ALIAS_ADDRESS:
		return expand_address(expansion, target->address, target->verbatim, frame);
	case ALIAS_INCLUDE:
		return expand_list(expansion, target->address, NULL, frame);
	case ALIAS_COMMAND:
		return use_postmaster(expansion, frame->name, "commands are not run");
	case ALIAS_FILE:
		return use_postmaster(expansion, frame->name, "files are not written to");
	}
	return 0;
}

/*
 * The alias for a local address: for all of it, else for its local part. *list is null
 * where there is none; *name is fresh in any case, in lower case as names are compared.
 */
static int
find_alias(const struct aliases *aliases, const char *address, const struct address_list **list,
    char **name)
{
	*list = aliases_find(aliases, address);
	*name = *list != NULL ? strdup(address) : local_part(address);
	if (*name == NULL)
		return -1;
	if (*list == NULL)
		*list = aliases_find(aliases, *name);
	for (char *p = *name; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return 0;
}

static int
expand_address(
    struct expansion *expansion, const char *address, bool verbatim, const struct frame *frame)
{
	const struct recipients_options *options = expansion->options;
	const struct address_list *list = NULL;
	char *name = NULL;
	int result;

	if (*address == '\0')
		return 0; /* "<>" is nobody */
	if (options->aliases != NULL && !verbatim && recipient_is_local(options->config, address) &&
	    find_alias(options->aliases, address, &list, &name) == -1)
		return fail_memory(expansion);
	/* "name: name, other" means the user itself, and others. */
	if (list == NULL || (frame != NULL && strcmp(frame->name, name) == 0))
		result = add_final(expansion, address);
	else
		result = expand_list(expansion, name, list, frame);
	free(name);
	return result;
}

/* The address that `key` of the configuration has. Fresh; null and EX_CONFIG. */
static char *
configured(const char *key, const char *value, struct error *error)
{
	struct error fault;
	char *address;

	if (address_parse_one(value, &address, &fault) == -1) {
		error_set(error, fault.status == EX_OSERR ? EX_OSERR : EX_CONFIG, "%s: %s", key,
		    fault.text);
		return NULL;
	}
	if (*address == '\0') {
		error_set(error, EX_CONFIG, "%s: empty", key);
		free(address);
		return NULL;
	}
	return address;
}

static int
prepare(struct expansion *expansion)
{
	const struct config *config = expansion->options->config;
	char *local_mail;

	expansion->postmaster = configured("postmaster", config->postmaster, expansion->error);
	if (expansion->postmaster == NULL)
		return -1;
	if (config->local_mail == NULL)
		return 0;
	local_mail = configured("local_mail", config->local_mail, expansion->error);
	if (local_mail == NULL)
		return -1;
	expansion->local_mail = complete(config, local_mail);
	free(local_mail);
	return expansion->local_mail == NULL ? fail_memory(expansion) : 0;
}

static int
expand_given(struct expansion *expansion, const struct address_list *list, size_t source)
{
	const struct mailbox *given = &list->items[source];
	int result;

	expansion->source = source;
	expansion->original =
	    address_qualify(given->address, expansion->options->config->mail_name);
	if (expansion->original == NULL)
		return fail_memory(expansion);
	result = expand_address(expansion, given->address, given->verbatim, NULL);
	free(expansion->original);
	return result;
}

static void
keep(void *address)
{
	(void)address;
}

int
recipients_expand(const struct recipients_options *options, const struct address_list *given,
    struct recipients *recipients, struct error *error)
{
	struct expansion expansion = {.options = options, .recipients = recipients, .error = error};
	int result;

	*recipients = (struct recipients){0};
	result = prepare(&expansion);
	for (size_t i = 0; i < given->count && result == 0; i++)
		result = expand_given(&expansion, given, i);
	tdestroy(expansion.seen, keep);
	tdestroy(expansion.expanded, free);
	free(expansion.local_mail);
	free(expansion.postmaster);
	if (result == -1)
		recipients_free(recipients);
	return result;
}

void
recipients_free(struct recipients *recipients)
{
	for (size_t i = 0; i < recipients->count; i++) {
		free(recipients->addresses[i]);
		free(recipients->originals[i]);
	}
	free(recipients->addresses);
	free(recipients->originals);
	free(recipients->sources);
	*recipients = (struct recipients){0};
}
