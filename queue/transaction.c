/* SPDX-License-Identifier: ISC */
#include "queue/transaction.h"

#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "queue/delivery/work.h"

struct transaction *
transaction_new(struct unit *unit, uint32_t *indexes, uint32_t count)
{
	struct transaction *transaction = calloc(1, sizeof(*transaction));

	if (transaction == NULL)
		return NULL;
	transaction->verdicts = calloc((size_t)count + 1, sizeof(*transaction->verdicts));
	if (transaction->verdicts == NULL) {
		free(transaction);
		return NULL;
	}
	transaction->unit = unit;
	transaction->indexes = indexes;
	transaction->count = count;
	return transaction;
}

void
transaction_free(struct transaction *transaction)
{
	for (uint32_t i = 0; i < transaction->count; i++)
		free(transaction->verdicts[i].reply);
	free(transaction->verdicts);
	free(transaction->indexes);
	free(transaction);
}

static void
note_one(struct verdict *verdict, const struct outcome *outcome)
{
	if (verdict->given || outcome->scope == SCOPE_PROFILE)
		return;
	verdict->given = true;
	verdict->class = outcome->class;
	verdict->replied = outcome->code != 0;
	strlcpy(verdict->enhanced, outcome->enhanced, sizeof(verdict->enhanced));
	verdict->reply = strdup(outcome->text);
}

static int
compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

void
transaction_note(struct transaction *transaction, uint32_t index, const struct outcome *outcome)
{
	const uint32_t *found;

	if (index == WORK_ALL_RECIPIENTS) {
		for (uint32_t i = 0; i < transaction->count; i++)
			note_one(&transaction->verdicts[i], outcome);
		return;
	}
	found = bsearch(&index, transaction->indexes, transaction->count, sizeof(index), compare);
	if (found != NULL)
		note_one(&transaction->verdicts[found - transaction->indexes], outcome);
}

bool
transaction_is_complete(const struct transaction *transaction)
{
	for (uint32_t i = 0; i < transaction->count; i++)
		if (!transaction->verdicts[i].given)
			return false;
	return true;
}

bool
transaction_reached(const struct transaction *transaction)
{
	for (uint32_t i = 0; i < transaction->count; i++)
		if (transaction->verdicts[i].given)
			return true;
	return false;
}
