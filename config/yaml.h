/*
 * A YAML document as a tree of nodes that know where they stand in the file. What a
 * scalar means is the schema's business: here all of them are text.
 *
 * (Names begin with yaml_tree_ because libyaml itself exports a yaml_free.)
 */
#ifndef POSTOAK_CONFIG_YAML_H
#define POSTOAK_CONFIG_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "config/error.h"

enum yaml_kind { YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING };

struct yaml_node {
	enum yaml_kind kind;
	unsigned line;            /* from 1 */
	unsigned column;          /* from 1, in characters */
	bool null;                /* a scalar: nothing, ~ or null, unquoted */
	char *text;               /* a scalar's value: UTF-8 without NUL */
	struct yaml_node **keys;  /* of a mapping: scalars */
	struct yaml_node **items; /* of a mapping: the values */
	size_t count;
};

struct yaml_size {
	size_t nodes;   /* all, keys too */
	size_t octets;  /* of their text */
	unsigned depth; /* of collections in each other; 0: a scalar */
};

/* Free the node and what it contains; null is allowed. */
void yaml_tree_free(struct yaml_node *node);

/* How much the node is, with all it contains. */
struct yaml_size yaml_tree_measure(const struct yaml_node *node);

/* A copy of the node and all it contains, freed with yaml_tree_free; null without
 * memory. */
struct yaml_node *yaml_tree_copy(const struct yaml_node *node);

/* The value of `key` (the first, where it stands there twice); null where `mapping`
 * is null, not a mapping, or without that key. */
const struct yaml_node *yaml_tree_find(const struct yaml_node *mapping, const char *key);

/* The key before index `end` that says the same as key `end`, or null. */
const struct yaml_node *yaml_tree_earlier_key(const struct yaml_node *mapping, size_t end);

/* True for what an unquoted scalar means nothing by. */
bool yaml_tree_is_null_text(const char *text);

/* Fill `error` with EX_CONFIG and "PATH:LINE:COLUMN: message"; returns -1. */
int yaml_tree_error(const char *path, const struct yaml_node *at, struct error *error,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
