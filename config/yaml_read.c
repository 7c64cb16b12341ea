/* SPDX-License-Identifier: ISC */
#include "config/yaml_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <yaml.h>

#include <bsd/stdlib.h>

#include "config/yaml_anchor.h"

struct builder {
	yaml_parser_t parser;
	const char *path;
	const char *text;
	size_t length;
	size_t nodes;
	size_t repeated; /* octets of text in copies */
	struct yaml_anchors anchors;
	struct error *error;
};

static int build_node(
    struct builder *builder, const yaml_event_t *event, unsigned depth, struct yaml_node **node);

static int
out_of_memory(struct error *error)
{
	return error_set(error, EX_OSERR, "out of memory");
}

static int
mark_error(const struct builder *builder, const yaml_mark_t *mark, const char *text)
{
	return error_set(builder->error, EX_CONFIG, "%s:%zu:%zu: %s", builder->path, mark->line + 1,
	    mark->column + 1, text);
}

/* Octets that are not UTF-8: libyaml tells only their offset. */
static int
reader_error(const struct builder *builder)
{
	yaml_mark_t mark = {0};

	for (size_t i = 0; i < builder->length && i < builder->parser.problem_offset; i++) {
		if (builder->text[i] == '\n') {
			mark.line++;
			mark.column = 0;
		} else if (((unsigned char)builder->text[i] & 0xc0) != 0x80) {
			mark.column++;
		}
	}
	return mark_error(builder, &mark, builder->parser.problem);
}

/* libyaml's messages are fixed texts: nothing of the file, maybe a secret, is in them. */
static int
syntax_error(const struct builder *builder)
{
	const yaml_parser_t *parser = &builder->parser;
	char text[256];

	if (parser->error == YAML_MEMORY_ERROR)
		return out_of_memory(builder->error);
	if (parser->error == YAML_READER_ERROR)
		return reader_error(builder);
	(void)snprintf(text, sizeof(text), "%s%s%s",
	    parser->problem != NULL ? parser->problem : "not YAML",
	    parser->context != NULL ? " " : "", parser->context != NULL ? parser->context : "");
	return mark_error(builder, &parser->problem_mark, text);
}

static int
next_event(struct builder *builder, yaml_event_t *event)
{
	if (yaml_parser_parse(&builder->parser, event))
		return 0;
	return syntax_error(builder);
}

static int
count_nodes(struct builder *builder, size_t count, const yaml_mark_t *mark)
{
	if (count > YAML_TREE_NODES_MAX - builder->nodes)
		return mark_error(builder, mark, "the file has too many values");
	builder->nodes += count;
	return 0;
}

static struct yaml_node *
new_node(struct builder *builder, enum yaml_kind kind, const yaml_mark_t *mark)
{
	struct yaml_node *node;

	if (count_nodes(builder, 1, mark) < 0)
		return NULL;
	node = calloc(1, sizeof(*node));
	if (node == NULL) {
		out_of_memory(builder->error);
		return NULL;
	}
	node->kind = kind;
	node->line = (unsigned)mark->line + 1;
	node->column = (unsigned)mark->column + 1;
	return node;
}

static int
build_scalar(struct builder *builder, const yaml_event_t *event, struct yaml_node **result)
{
	const char *value = (const char *)event->data.scalar.value;
	struct yaml_node *node;

	if (strlen(value) != event->data.scalar.length)
		return mark_error(builder, &event->start_mark, "a value must not contain NUL");
	node = new_node(builder, YAML_SCALAR, &event->start_mark);
	if (node == NULL)
		return -1;
	*result = node;
	node->text = strdup(value);
	if (node->text == NULL)
		return out_of_memory(builder->error);
	node->null =
	    event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && yaml_tree_is_null_text(value);
	return 0;
}

/* Make room for one more; the room doubles whenever the count is a power of two. */
static int
make_room(struct builder *builder, struct yaml_node ***list, size_t count)
{
	struct yaml_node **larger;

	if (count != 0 && (count & (count - 1)) != 0)
		return 0;
	larger = reallocarray(*list, count == 0 ? 1 : count * 2, sizeof(struct yaml_node *));
	if (larger == NULL)
		return out_of_memory(builder->error);
	*list = larger;
	return 0;
}

static int
append_item(struct builder *builder, const yaml_event_t *event, unsigned depth,
    struct yaml_node *collection, struct yaml_node *key)
{
	struct yaml_node *item = NULL;

	if (collection->count == YAML_TREE_ITEMS_MAX) {
		mark_error(builder, &event->start_mark, "the collection has too many entries");
	} else if (build_node(builder, event, depth, &item) == 0 &&
		   make_room(builder, &collection->items, collection->count) == 0 &&
		   (key == NULL || make_room(builder, &collection->keys, collection->count) == 0)) {
		if (key != NULL)
			collection->keys[collection->count] = key;
		collection->items[collection->count++] = item;
		return 0;
	}
	yaml_tree_free(item);
	yaml_tree_free(key);
	return -1;
}

static int
build_sequence(struct builder *builder, unsigned depth, struct yaml_node *sequence)
{
	yaml_event_t event;
	int result;

	for (;;) {
		if (next_event(builder, &event) < 0)
			return -1;
		if (event.type == YAML_SEQUENCE_END_EVENT)
			break;
		result = append_item(builder, &event, depth + 1, sequence, NULL);
		yaml_event_delete(&event);
		if (result < 0)
			return -1;
	}
	yaml_event_delete(&event);
	return 0;
}

static int
build_key(struct builder *builder, const yaml_event_t *event, struct yaml_node **key)
{
	static const char expected[] = "a key must be a single word";
	int result;

	if (event->type != YAML_SCALAR_EVENT && event->type != YAML_ALIAS_EVENT)
		return mark_error(builder, &event->start_mark, expected);
	result = build_node(builder, event, 0, key);
	if (result == 0 && (*key)->kind != YAML_SCALAR)
		result = mark_error(builder, &event->start_mark, expected);
	if (result < 0)
		yaml_tree_free(*key);
	return result;
}

static int
build_mapping(struct builder *builder, unsigned depth, struct yaml_node *mapping)
{
	struct yaml_node *key;
	yaml_event_t event;
	int result;

	for (;;) {
		if (next_event(builder, &event) < 0)
			return -1;
		if (event.type == YAML_MAPPING_END_EVENT)
			break;
		key = NULL;
		result = build_key(builder, &event, &key);
		yaml_event_delete(&event);
		if (result < 0)
			return -1;
		if (next_event(builder, &event) < 0) {
			yaml_tree_free(key);
			return -1;
		}
		result = append_item(builder, &event, depth + 1, mapping, key);
		yaml_event_delete(&event);
		if (result < 0)
			return -1;
	}
	yaml_event_delete(&event);
	return 0;
}

static int
build_collection(
    struct builder *builder, const yaml_event_t *event, unsigned depth, struct yaml_node **node)
{
	bool sequence = event->type == YAML_SEQUENCE_START_EVENT;

	if (depth == YAML_TREE_DEPTH_MAX)
		return mark_error(builder, &event->start_mark, "nested too deeply");
	*node = new_node(builder, sequence ? YAML_SEQUENCE : YAML_MAPPING, &event->start_mark);
	if (*node == NULL)
		return -1;
	return sequence ? build_sequence(builder, depth, *node)
			: build_mapping(builder, depth, *node);
}

/* What may stand before a value: &ANCHOR and !TAG, null where it does not. */
static void
read_decoration(const yaml_event_t *event, const yaml_char_t **anchor, const yaml_char_t **tag)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		*anchor = event->data.scalar.anchor;
		*tag = event->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		*anchor = event->data.sequence_start.anchor;
		*tag = event->data.sequence_start.tag;
		break;
	default:
		*anchor = event->data.mapping_start.anchor;
		*tag = event->data.mapping_start.tag;
		break;
	}
}

static int
add_anchor(struct builder *builder, const yaml_event_t *event, const yaml_char_t *name,
    struct yaml_anchor **anchor)
{
	if (builder->anchors.count == YAML_TREE_ANCHORS_MAX)
		return mark_error(builder, &event->start_mark, "the file has too many anchors");
	*anchor = yaml_anchor_add(&builder->anchors, (const char *)name);
	return *anchor != NULL ? 0 : out_of_memory(builder->error);
}

static int
build_alias(
    struct builder *builder, const yaml_event_t *event, unsigned depth, struct yaml_node **node)
{
	const yaml_mark_t *mark = &event->start_mark;
	const struct yaml_anchor *anchor =
	    yaml_anchor_find(&builder->anchors, (const char *)event->data.alias.anchor);
	struct yaml_size size;

	/* The name is not repeated: it may be a password that begins with an asterisk. */
	if (anchor == NULL)
		return mark_error(builder, mark,
		    "an alias without an anchor before it (a value that begins with '*' must be "
		    "quoted)");
	if (anchor->node == NULL)
		return mark_error(builder, mark, "an alias must not stand inside its own anchor");
	size = yaml_tree_measure(anchor->node);
	if (size.depth > YAML_TREE_DEPTH_MAX - depth)
		return mark_error(builder, mark, "nested too deeply");
	if (count_nodes(builder, size.nodes, mark) < 0)
		return -1;
	if (size.octets > YAML_TREE_REPEATED_MAX - builder->repeated)
		return mark_error(builder, mark, "aliases repeat too much text");
	builder->repeated += size.octets;
	*node = yaml_tree_copy(anchor->node);
	if (*node == NULL)
		return out_of_memory(builder->error);
	(*node)->line = (unsigned)mark->line + 1;
	(*node)->column = (unsigned)mark->column + 1;
	return 0;
}

/* On failure *node may be a part of the tree, to be freed by the caller. */
static int
build_node(
    struct builder *builder, const yaml_event_t *event, unsigned depth, struct yaml_node **node)
{
	const yaml_char_t *name;
	const yaml_char_t *tag;
	struct yaml_anchor *anchor = NULL;
	int result;

	if (event->type == YAML_ALIAS_EVENT)
		return build_alias(builder, event, depth, node);
	read_decoration(event, &name, &tag);
	/* Tags would give values a type of their own. */
	if (tag != NULL)
		return mark_error(builder, &event->start_mark, "tags are not supported");
	if (name != NULL && add_anchor(builder, event, name, &anchor) < 0)
		return -1;
	if (event->type == YAML_SCALAR_EVENT)
		result = build_scalar(builder, event, node);
	else
		result = build_collection(builder, event, depth, node);
	if (result == 0 && anchor != NULL)
		anchor->node = *node;
	return result;
}

/* Everything from the stream's start to its end; a second document is refused. */
static int
build_document(struct builder *builder, struct yaml_node **root)
{
	static const yaml_mark_t start = {0};
	yaml_event_t event;
	bool end = false;
	int result = 0;

	while (!end && result == 0) {
		if (next_event(builder, &event) < 0)
			return -1;
		switch (event.type) {
		case YAML_STREAM_END_EVENT:
			end = true;
			break;
		case YAML_DOCUMENT_START_EVENT:
			if (*root != NULL)
				result = mark_error(
				    builder, &event.start_mark, "only one document is allowed");
			break;
		case YAML_STREAM_START_EVENT:
		case YAML_DOCUMENT_END_EVENT:
			break;
		default:
			result = build_node(builder, &event, 0, root);
		}
		yaml_event_delete(&event);
	}
	if (result == 0 && *root == NULL) {
		*root = new_node(builder, YAML_SCALAR, &start);
		if (*root == NULL)
			return -1;
		(*root)->null = true;
		(*root)->text = strdup("");
		if ((*root)->text == NULL)
			return out_of_memory(builder->error);
	}
	return result;
}

int
yaml_tree_parse(
    const char *path, const char *text, size_t length, struct yaml_node **root, struct error *error)
{
	struct builder builder = {.path = path, .text = text, .length = length, .error = error};
	int result;

	*root = NULL;
	if (!yaml_parser_initialize(&builder.parser))
		return out_of_memory(error);
	yaml_parser_set_encoding(&builder.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&builder.parser, (const unsigned char *)text, length);
	result = build_document(&builder, root);
	if (result < 0) {
		yaml_tree_free(*root);
		*root = NULL;
	}
	yaml_anchor_free_all(&builder.anchors);
	yaml_parser_delete(&builder.parser);
	return result;
}

/* Read at most `size` octets. Returns their number, or -1 and errno. */
static ssize_t
read_file(const char *path, char *buffer, size_t size)
{
	size_t length = 0;
	ssize_t count;
	int saved;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return -1;
	do {
		count = read(fd, buffer + length, size - length);
		if (count > 0)
			length += (size_t)count;
	} while ((count > 0 && length < size) || (count < 0 && errno == EINTR));
	saved = errno;
	close(fd);
	errno = saved;
	return count < 0 ? -1 : (ssize_t)length;
}

int
yaml_tree_read(const char *path, struct yaml_node **root, struct error *error)
{
	char *buffer = malloc(YAML_TREE_FILE_MAX + 1);
	ssize_t length;
	int saved;
	int result;

	if (buffer == NULL)
		return out_of_memory(error);
	length = read_file(path, buffer, YAML_TREE_FILE_MAX + 1);
	if (length < 0)
		result = error_set_errno(error, error_file_status(errno), "cannot read %s", path);
	else if (length > YAML_TREE_FILE_MAX)
		result = error_set(error, EX_CONFIG, "%s:1:1: the file is larger than 1 MiB", path);
	else
		result = yaml_tree_parse(path, buffer, (size_t)length, root, error);
	saved = errno;
	free(buffer);
	errno = saved;
	return result;
}
