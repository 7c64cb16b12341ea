/*
 * Reading YAML: files and texts to trees.
 *
 * Only what a configuration needs: no tags, no merge keys (`<<` is a key like others),
 * one document, keys that are scalars; everything bounded.
 *
 * An alias becomes a copy of what its anchor marks. The copy stands where the alias
 * stands, what it contains where that is written, so that a fault is told where somebody
 * would mend it. Aliases of aliases multiply: copies count as values like any other, and
 * the text in them is bounded.
 */
#ifndef POSTOAK_CONFIG_YAML_READ_H
#define POSTOAK_CONFIG_YAML_READ_H

#include <stddef.h>

#include "config/error.h"
#include "config/yaml.h"

#define YAML_TREE_FILE_MAX (1024 * 1024) /* octets */
#define YAML_TREE_DEPTH_MAX 16
#define YAML_TREE_NODES_MAX 65536
#define YAML_TREE_ITEMS_MAX 4096 /* in one mapping or sequence */
#define YAML_TREE_ANCHORS_MAX 1024
#define YAML_TREE_REPEATED_MAX (1024 * 1024) /* octets of text in all copies */

/*
 * Read and parse the file. An empty one is a null scalar at 1:1. *root is freed
 * with yaml_tree_free. On failure -1 and `error`: EX_NOINPUT (errno tells why) where
 * it cannot be read, EX_CONFIG with "FILE:LINE:COLUMN: message" where it is not YAML
 * or exceeds a bound, EX_OSERR where the system cannot do it now.
 */
int yaml_tree_read(const char *path, struct yaml_node **root, struct error *error);

/* The same for `length` octets of text; `path` is for messages. */
int yaml_tree_parse(const char *path, const char *text, size_t length, struct yaml_node **root,
    struct error *error);

#endif
