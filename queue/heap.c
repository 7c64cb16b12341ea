/* SPDX-License-Identifier: ISC */
#include "queue/heap.h"

#include <stdlib.h>

#include <bsd/stdlib.h>

static void
place(struct heap *heap, size_t at, struct heap_node *node)
{
	heap->nodes[at] = node;
	node->place = at;
}

static void
sift_up(struct heap *heap, size_t at, struct heap_node *node)
{
	while (at > 1 && heap->nodes[at / 2]->due > node->due) {
		place(heap, at, heap->nodes[at / 2]);
		at /= 2;
	}
	place(heap, at, node);
}

static void
sift_down(struct heap *heap, size_t at, struct heap_node *node)
{
	for (;;) {
		size_t child = at * 2;

		if (child > heap->count)
			break;
		if (child < heap->count && heap->nodes[child + 1]->due < heap->nodes[child]->due)
			child++;
		if (heap->nodes[child]->due >= node->due)
			break;
		place(heap, at, heap->nodes[child]);
		at = child;
	}
	place(heap, at, node);
}

int
heap_reserve(struct heap *heap, size_t count)
{
	size_t capacity = heap->capacity == 0 ? 64 : heap->capacity;
	struct heap_node **nodes;

	if (count < heap->capacity)
		return 0;
	while (capacity <= count)
		capacity *= 2;
	nodes = reallocarray(heap->nodes, capacity, sizeof(struct heap_node *));
	if (nodes == NULL)
		return -1;
	heap->nodes = nodes;
	heap->capacity = capacity;
	return 0;
}

void
heap_insert(struct heap *heap, struct heap_node *node)
{
	heap->count++;
	sift_up(heap, heap->count, node);
}

void
heap_remove(struct heap *heap, struct heap_node *node)
{
	size_t at = node->place;
	struct heap_node *last;

	if (at == 0)
		return;
	node->place = 0;
	last = heap->nodes[heap->count];
	heap->count--;
	if (last == node)
		return;
	if (at > 1 && heap->nodes[at / 2]->due > last->due)
		sift_up(heap, at, last);
	else
		sift_down(heap, at, last);
}

struct heap_node *
heap_first(const struct heap *heap)
{
	return heap->count == 0 ? NULL : heap->nodes[1];
}

void
heap_free(struct heap *heap)
{
	free(heap->nodes);
	*heap = (struct heap){0};
}
