/*
 * A YAML document as a tree of nodes that know where they stand in the file.
 *
 * Only what a configuration needs: no anchors and aliases, no tags, one document,
 * keys that are scalars; everything bounded. What a scalar means is the schema's
 * business: here all of them are text.
 *
 * (Names begin with yaml_tree_ because libyaml itself exports a yaml_free.)
 */
#ifndef POSTOAK_CONFIG_YAML_H
#define POSTOAK_CONFIG_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "config/error.h"

#define YAML_TREE_FILE_MAX (1024 * 1024) /* octets */
#define YAML_TREE_DEPTH_MAX 16
#define YAML_TREE_NODES_MAX 65536
#define YAML_TREE_ITEMS_MAX 4096 /* in one mapping or sequence */

enum yaml_kind { YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING };

struct yaml_node {
	enum yaml_kind kind;
	unsigned line;		  /* from 1 */
	unsigned column;	  /* from 1, in characters */
	bool null;		  /* a scalar: nothing, ~ or null, unquoted */
	char *text;		  /* a scalar's value: UTF-8 without NUL */
	struct yaml_node **keys;  /* of a mapping: scalars */
	struct yaml_node **items; /* of a mapping: the values */
	size_t count;
};

/*
 * Read and parse the file. An empty one is a null scalar at 1:1. *root is freed
 * with yaml_tree_free. On failure -1 and `error`: EX_NOINPUT (errno tells why) where
 * it cannot be read, EX_CONFIG with "FILE:LINE:COLUMN: message" where it is not YAML
 * or exceeds a bound, EX_OSERR without memory.
 */
int yaml_tree_read(const char *path, struct yaml_node **root, struct error *error);

/* The same for `length` octets of text; `path` is for messages. */
int yaml_tree_parse(const char *path, const char *text, size_t length, struct yaml_node **root,
    struct error *error);

void yaml_tree_free(struct yaml_node *node);

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
