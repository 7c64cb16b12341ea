/* "Did you mean": the known word nearest to a mistyped one. */
#ifndef POSTOAK_CONFIG_SUGGEST_H
#define POSTOAK_CONFIG_SUGGEST_H

struct suggest {
	const char *word;
	const char *nearest; /* the best offer so far, or null where none is near */
	unsigned distance;
};

/* Begin a search for `word`; offer candidates, then read `nearest`. Strings are not
 * copied. */
void suggest_begin(struct suggest *suggest, const char *word);
void suggest_offer(struct suggest *suggest, const char *candidate);

/*
 * Insertions, deletions, replacements and exchanges of neighbours that turn one
 * word into the other; UINT_MAX where one is longer than 64 octets.
 */
unsigned suggest_distance(const char *a, const char *b);

#endif
