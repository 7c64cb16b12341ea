/* SPDX-License-Identifier: ISC */
#include "queue/backlog.h"

#include <stdlib.h>

struct backlog {
	struct message **chains;
	size_t mask;
	size_t count;
};

#define FIRST_CHAINS 1024

struct backlog *
backlog_new(void)
{
	struct backlog *backlog = calloc(1, sizeof(*backlog));

	if (backlog == NULL)
		return NULL;
	backlog->mask = FIRST_CHAINS - 1;
	backlog->chains = calloc(FIRST_CHAINS, sizeof(struct message *));
	if (backlog->chains == NULL) {
		free(backlog);
		return NULL;
	}
	return backlog;
}

static void
release(struct message *message)
{
	struct unit *unit;

	while ((unit = message->units) != NULL)
		message_drop_unit(message, unit);
	free(message->finals);
	free(message);
}

void
backlog_free(struct backlog *backlog)
{
	if (backlog == NULL)
		return;
	for (size_t i = 0; i <= backlog->mask; i++) {
		struct message *message;

		while ((message = backlog->chains[i]) != NULL) {
			backlog->chains[i] = message->next;
			release(message);
		}
	}
	free(backlog->chains);
	free(backlog);
}

/* Ids are times: consecutive ones must not fall into one chain. */
static struct message **
chain_of(const struct backlog *backlog, uint64_t id)
{
	uint64_t hash = id * UINT64_C(0x9E3779B97F4A7C15);

	return &backlog->chains[(hash >> 32) & backlog->mask];
}

struct message *
backlog_find(const struct backlog *backlog, uint64_t id)
{
	struct message *message = *chain_of(backlog, id);

	while (message != NULL && message->id != id)
		message = message->next;
	return message;
}

static void
grow(struct backlog *backlog)
{
	size_t old_count = backlog->mask + 1;
	struct message **old = backlog->chains;
	struct message **chains = calloc(old_count * 2, sizeof(struct message *));

	/* Longer chains are slower, not wrong. */
	if (chains == NULL)
		return;
	backlog->chains = chains;
	backlog->mask = old_count * 2 - 1;
	for (size_t i = 0; i < old_count; i++) {
		struct message *message;

		while ((message = old[i]) != NULL) {
			struct message **chain = chain_of(backlog, message->id);

			old[i] = message->next;
			message->next = *chain;
			*chain = message;
		}
	}
	free(old);
}

struct message *
backlog_add(struct backlog *backlog, uint64_t id)
{
	struct message *message = calloc(1, sizeof(*message));
	struct message **chain;

	if (message == NULL)
		return NULL;
	message->id = id;
	message->unread = true;
	message->unit.message = message;
	message->units = &message->unit;
	if (backlog->count > backlog->mask)
		grow(backlog);
	chain = chain_of(backlog, id);
	message->next = *chain;
	*chain = message;
	backlog->count++;
	return message;
}

void
backlog_remove(struct backlog *backlog, struct message *message)
{
	struct message **link = chain_of(backlog, message->id);

	while (*link != message)
		link = &(*link)->next;
	*link = message->next;
	backlog->count--;
	release(message);
}

size_t
backlog_count(const struct backlog *backlog)
{
	return backlog->count;
}

void
backlog_each(struct backlog *backlog, void (*visit)(struct message *, void *), void *context)
{
	for (size_t i = 0; i <= backlog->mask; i++) {
		struct message *message = backlog->chains[i];

		while (message != NULL) {
			struct message *next = message->next;

			visit(message, context);
			message = next;
		}
	}
}

struct unit *
message_add_unit(struct message *message)
{
	struct unit *unit = calloc(1, sizeof(*unit));

	if (unit == NULL)
		return NULL;
	unit->message = message;
	unit->next = message->units;
	message->units = unit;
	return unit;
}

void
message_drop_unit(struct message *message, struct unit *unit)
{
	struct unit **link = &message->units;

	while (*link != unit)
		link = &(*link)->next;
	*link = unit->next;
	if (unit != &message->unit)
		free(unit);
}

int
message_add_final(struct message *message, uint32_t index, bool failed)
{
	size_t count = message->finals == NULL ? 0 : message->finals->count;
	struct finals *finals;

	finals = realloc(message->finals, sizeof(*finals) + (count + 1) * sizeof(struct final));
	if (finals == NULL)
		return -1;
	finals->items[count] = (struct final){.index = index, .failed = failed};
	finals->count = count + 1;
	message->finals = finals;
	return 0;
}
