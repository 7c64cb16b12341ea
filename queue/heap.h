/*
 * A binary heap of things that are due, the soonest on top. What is queued embeds
 * a struct heap_node, so that it can be taken out from anywhere in O(log n).
 */
#ifndef POSTOAK_QUEUE_HEAP_H
#define POSTOAK_QUEUE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_node {
	uint64_t due; /* clock_monotonic_ms; set before heap_insert */
	size_t place; /* 1-based; 0: in no heap */
};

struct heap {
	struct heap_node **nodes; /* nodes[0] is unused */
	size_t count;
	size_t capacity;
};

/* Make room for `count` nodes in all. Returns 0, or -1 and ENOMEM. */
int heap_reserve(struct heap *heap, size_t count);

/* Put in a node that is in no heap; there must be room. A node that was taken out
 * finds its room again, as long as it was reserved for. */
void heap_insert(struct heap *heap, struct heap_node *node);

/* Take the node out; nothing where it is in no heap. */
void heap_remove(struct heap *heap, struct heap_node *node);

/* The soonest node, or null. */
struct heap_node *heap_first(const struct heap *heap);

/* Release the heap's own memory; the nodes are the caller's. */
void heap_free(struct heap *heap);

#endif
