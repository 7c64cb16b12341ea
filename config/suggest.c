/* SPDX-License-Identifier: ISC */
#include "config/suggest.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>

#define WORD_MAX 64

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned
suggest_distance(const char *a, const char *b)
{
	/* Rows of the table for the last, this and the one before the last octet of a. */
	unsigned rows[3][WORD_MAX + 1];
	size_t a_length = strlen(a);
	size_t b_length = strlen(b);
	unsigned *row;
	const unsigned *above;
	const unsigned *above_that;

	if (a_length > WORD_MAX || b_length > WORD_MAX)
		return UINT_MAX;
	for (size_t j = 0; j <= b_length; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a_length; i++) {
		row = rows[i % 3];
		above = rows[(i - 1) % 3];
		above_that = rows[(i + 1) % 3];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_length; j++) {
			row[j] = above[j - 1] + (a[i - 1] != b[j - 1]);
			row[j] = least(row[j], least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], above_that[j - 2] + 1);
		}
	}
	return rows[a_length % 3][b_length];
}

void
suggest_begin(struct suggest *suggest, const char *word)
{
	suggest->word = word;
	suggest->nearest = NULL;
	/* A third of the word may be wrong: more is another word. */
	suggest->distance = (unsigned)(strlen(word) / 3) + 2;
}

void
suggest_offer(struct suggest *suggest, const char *candidate)
{
	unsigned distance = suggest_distance(suggest->word, candidate);

	/* A candidate that would be rewritten altogether is no suggestion. */
	if (distance < suggest->distance && distance < strlen(candidate)) {
		suggest->nearest = candidate;
		suggest->distance = distance;
	}
}
