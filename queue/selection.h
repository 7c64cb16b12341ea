/*
 * Which messages of the queue are meant: Sendmail's -qI, -qR and -qS, as sendmail(8)
 * takes them, requests carry them and postoakd -s gets them.
 *
 * A word is a kind (I: queue id, R: recipient, S: sender) and a substring; with "!"
 * before it, it means those that have no such substring. Several words of one kind
 * mean any of them, words of different kinds all of them. Letters match in either
 * case. Of recipients only those count that are still to be delivered to; the null
 * sender is "<>".
 */
#ifndef POSTOAK_QUEUE_SELECTION_H
#define POSTOAK_QUEUE_SELECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/error.h"
#include "queue/spool/envelope.h"

#define SELECTION_MAX 64

struct selection {
	const char *words[SELECTION_MAX]; /* checked; borrowed */
	size_t count;                     /* 0: all messages */
};

/*
 * Add `word`, which must outlive the selection. EX_USAGE for another kind, an empty
 * substring, a space or control character (requests are lines of words), or more
 * words than SELECTION_MAX.
 */
int selection_add(struct selection *selection, const char *word, struct error *error);

/* Add every word of `words`, separated by single spaces, which is cut up and must
 * outlive the selection; "" has none. Errors as selection_add. */
int selection_add_all(struct selection *selection, char *words, struct error *error);

/* Write `verb` and the words into `line`, as a request has them. EX_USAGE where that is
 * longer than `size` - 1 octets. */
int selection_request(const struct selection *selection, const char *verb, char *line, size_t size,
    struct error *error);

/* A message as far as it matters here. */
struct candidate {
	uint64_t id;
	const struct envelope *envelope;
	/* True where recipient `index` is still to be delivered to. */
	bool (*is_open)(const void *context, size_t index);
	const void *context;
};

bool selection_matches(const struct selection *selection, const struct candidate *candidate);

#endif
