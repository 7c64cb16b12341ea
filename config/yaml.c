/* SPDX-License-Identifier: ISC */
#include "config/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

void
yaml_tree_free(struct yaml_node *node)
{
	if (node == NULL)
		return;
	for (size_t i = 0; i < node->count; i++) {
		if (node->keys != NULL)
			yaml_tree_free(node->keys[i]);
		yaml_tree_free(node->items[i]);
	}
	free(node->keys);
	free(node->items);
	free(node->text);
	free(node);
}

struct yaml_size
yaml_tree_measure(const struct yaml_node *node)
{
	struct yaml_size size = {.nodes = 1};
	struct yaml_size part;
	unsigned deepest = 0;

	if (node->text != NULL)
		size.octets = strlen(node->text);
	for (size_t i = 0; i < node->count; i++) {
		if (node->keys != NULL) {
			size.nodes++;
			size.octets += strlen(node->keys[i]->text);
		}
		part = yaml_tree_measure(node->items[i]);
		size.nodes += part.nodes;
		size.octets += part.octets;
		if (part.depth > deepest)
			deepest = part.depth;
	}
	if (node->kind != YAML_SCALAR)
		size.depth = deepest + 1;
	return size;
}

/* On failure the copy can be freed as far as it came. */
static int
copy_items(const struct yaml_node *node, struct yaml_node *copy)
{
	copy->items = calloc(node->count, sizeof(struct yaml_node *));
	if (copy->items == NULL)
		return -1;
	if (node->keys != NULL) {
		copy->keys = calloc(node->count, sizeof(struct yaml_node *));
		if (copy->keys == NULL)
			return -1;
	}
	copy->count = node->count;
	for (size_t i = 0; i < node->count; i++) {
		copy->items[i] = yaml_tree_copy(node->items[i]);
		if (copy->items[i] == NULL)
			return -1;
		if (node->keys == NULL)
			continue;
		copy->keys[i] = yaml_tree_copy(node->keys[i]);
		if (copy->keys[i] == NULL)
			return -1;
	}
	return 0;
}

struct yaml_node *
yaml_tree_copy(const struct yaml_node *node)
{
	struct yaml_node *copy = calloc(1, sizeof(*copy));

	if (copy == NULL)
		return NULL;
	copy->kind = node->kind;
	copy->line = node->line;
	copy->column = node->column;
	copy->null = node->null;
	if (node->text != NULL) {
		copy->text = strdup(node->text);
		if (copy->text == NULL)
			goto failed;
	}
	if (node->count > 0 && copy_items(node, copy) < 0)
		goto failed;
	return copy;

failed:
	yaml_tree_free(copy);
	return NULL;
}

const struct yaml_node *
yaml_tree_find(const struct yaml_node *mapping, const char *key)
{
	if (mapping == NULL || mapping->kind != YAML_MAPPING)
		return NULL;
	for (size_t i = 0; i < mapping->count; i++)
		if (strcmp(mapping->keys[i]->text, key) == 0)
			return mapping->items[i];
	return NULL;
}

const struct yaml_node *
yaml_tree_earlier_key(const struct yaml_node *mapping, size_t end)
{
	for (size_t i = 0; i < end; i++)
		if (strcmp(mapping->keys[i]->text, mapping->keys[end]->text) == 0)
			return mapping->keys[i];
	return NULL;
}

bool
yaml_tree_is_null_text(const char *text)
{
	return *text == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0 ||
	       strcmp(text, "Null") == 0 || strcmp(text, "NULL") == 0;
}

int
yaml_tree_error(
    const char *path, const struct yaml_node *at, struct error *error, const char *format, ...)
{
	char text[ERROR_TEXT_MAX];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	return error_set(error, EX_CONFIG, "%s:%u:%u: %s", path, at->line, at->column, text);
}
