/* SPDX-License-Identifier: ISC */
#include "queue/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NODES 200
#define STEPS 20000

/* The same numbers on every run. */
static uint32_t
next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* The heap against what anybody can see: the nodes that are in, and their times. */
static void
check(const struct heap *heap, const struct heap_node *nodes)
{
	const struct heap_node *first = heap_first(heap);
	size_t count = 0;

	for (size_t i = 0; i < NODES; i++) {
		if (nodes[i].place == 0)
			continue;
		count++;
		assert_non_null(first);
		assert_true(first->due <= nodes[i].due);
		assert_ptr_equal(heap->nodes[nodes[i].place], &nodes[i]);
	}
	assert_int_equal(heap->count, count);
	if (count == 0)
		assert_null(first);
}

static void
random_operations_keep_the_soonest_on_top(void **state)
{
	static struct heap_node nodes[NODES];
	struct heap heap = {0};
	uint32_t random = 4711;

	(void)state;
	assert_int_equal(heap_reserve(&heap, NODES), 0);
	for (int step = 0; step < STEPS; step++) {
		struct heap_node *node = &nodes[next_random(&random) % NODES];

		if (node->place != 0) {
			heap_remove(&heap, node);
			assert_int_equal(node->place, 0);
		} else {
			node->due = next_random(&random) % 50;
			heap_insert(&heap, node);
			assert_int_not_equal(node->place, 0);
		}
		check(&heap, nodes);
	}
	heap_free(&heap);
}

static void
everything_comes_out_in_order(void **state)
{
	struct heap_node nodes[100] = {0};
	struct heap heap = {0};
	uint64_t last = 0;

	(void)state;
	for (size_t i = 0; i < 100; i++) {
		nodes[i].due = i * 37 % 101;
		assert_int_equal(heap_reserve(&heap, i + 1), 0);
		heap_insert(&heap, &nodes[i]);
	}
	for (size_t i = 0; i < 100; i++) {
		struct heap_node *first = heap_first(&heap);

		assert_true(first->due >= last);
		last = first->due;
		heap_remove(&heap, first);
	}
	assert_null(heap_first(&heap));
	heap_free(&heap);
}

static void
a_node_outside_is_not_taken_out(void **state)
{
	struct heap_node inside = {.due = 1};
	struct heap_node outside = {.due = 2};
	struct heap heap = {0};

	(void)state;
	assert_int_equal(heap_reserve(&heap, 1), 0);
	heap_insert(&heap, &inside);
	heap_remove(&heap, &outside);
	assert_int_equal(heap.count, 1);
	assert_ptr_equal(heap_first(&heap), &inside);
	heap_free(&heap);
	assert_int_equal(heap.count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(random_operations_keep_the_soonest_on_top),
	    cmocka_unit_test(everything_comes_out_in_order),
	    cmocka_unit_test(a_node_outside_is_not_taken_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
