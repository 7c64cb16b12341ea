/* The anchors (&NAME) of a YAML document that is being read. */
#ifndef POSTOAK_CONFIG_YAML_ANCHOR_H
#define POSTOAK_CONFIG_YAML_ANCHOR_H

#include <stddef.h>

#include <bsd/sys/queue.h>

#include "config/yaml.h"

struct yaml_anchor {
	SLIST_ENTRY(yaml_anchor) next;
	char *name;
	const struct yaml_node *node; /* what it marks; null until all of that is read */
};

/* All zero is an empty list. */
struct yaml_anchors {
	SLIST_HEAD(, yaml_anchor) list; /* the last one first */
	size_t count;
};

/* Add one whose node is not read yet. Null without memory. */
struct yaml_anchor *yaml_anchor_add(struct yaml_anchors *anchors, const char *name);

/* The last one of that name, because a document may use a name again; or null. */
const struct yaml_anchor *yaml_anchor_find(const struct yaml_anchors *anchors, const char *name);

/* Free the anchors, not what they mark. */
void yaml_anchor_free_all(struct yaml_anchors *anchors);

#endif
