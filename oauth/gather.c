/* SPDX-License-Identifier: ISC */
#include "oauth/gather.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "oauth/resolve.h"

static const char *const slot_names[GATHER_SLOTS] = {
    [GATHER_CLIENT_SECRET] = "client_secret of",
    [GATHER_CLIENT_ASSERTION] = "client_assertion of",
    [GATHER_PRIVATE_KEY] = "private_key of",
    [GATHER_SERVICE_ACCOUNT] = "service_account of",
    [GATHER_REFRESH_TOKEN] = "refresh_token of profile",
    [GATHER_PASSWORD] = "password of profile",
};

static void advance(struct gather *gather);

void
gather_init(
    struct gather *gather, const struct environment *environment, gather_done *done, void *context)
{
	*gather = (struct gather){.environment = environment, .done = done, .context = context};
}

void
gather_want(struct gather *gather, enum gather_slot slot, const struct secret_reference *reference,
    const char *owner, bool optional)
{
	if (reference->kind == SECRET_NONE)
		return;
	gather->items[slot] =
	    (struct gather_item){.reference = reference, .owner = owner, .optional = optional};
}

/* The current one cannot be had. True where the others are gathered all the same. */
static bool
go_without(struct gather *gather, const struct error *error)
{
	const struct gather_item *item = &gather->items[gather->next];
	struct error told = *error;

	if (item->optional)
		return true;
	error_prefix(&told, "%s %s", slot_names[gather->next], item->owner);
	gather->done(&told, gather->context);
	return false;
}

static void
printed(const char *output, const struct error *error, void *context)
{
	struct gather *gather = context;
	struct gather_item *item = &gather->items[gather->next];
	struct error memory;

	gather->command = NULL;
	if (output != NULL && (item->value = strdup(output)) == NULL) {
		error_set(&memory, EX_OSERR, "out of memory");
		error = &memory;
	}
	if (item->value == NULL && !go_without(gather, error))
		return;
	gather->next++;
	advance(gather);
}

/* Get the current one. Returns 1 where that takes a while, 0, or -1 and `error`. */
static int
get(struct gather *gather, struct error *error)
{
	const struct environment *environment = gather->environment;
	struct gather_item *item = &gather->items[gather->next];

	if (item->reference->kind != SECRET_COMMAND)
		return resolve_secret(item->reference, environment->store,
		    &environment->store_error, &item->value, error);
	gather->command =
	    command_run(environment->commands, item->reference->argv, printed, gather, error);
	return gather->command == NULL ? -1 : 1;
}

static void
advance(struct gather *gather)
{
	struct error error;

	for (; gather->next < GATHER_SLOTS; gather->next++) {
		int result;

		if (gather->items[gather->next].reference == NULL)
			continue;
		result = get(gather, &error);
		if (result > 0 || (result < 0 && !go_without(gather, &error)))
			return;
	}
	gather->done(NULL, gather->context);
}

void
gather_begin(struct gather *gather)
{
	gather->next = 0;
	advance(gather);
}

const char *
gather_value(const struct gather *gather, enum gather_slot slot)
{
	return gather->items[slot].value;
}

bool
gather_running(const struct gather *gather)
{
	return gather->command != NULL;
}

void
gather_wipe(struct gather *gather)
{
	command_cancel(gather->command);
	gather->command = NULL;
	for (size_t i = 0; i < GATHER_SLOTS; i++)
		secret_free(gather->items[i].value);
	memset(gather->items, 0, sizeof(gather->items));
}
