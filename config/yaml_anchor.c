/* SPDX-License-Identifier: ISC */
#include "config/yaml_anchor.h"

#include <stdlib.h>
#include <string.h>

struct yaml_anchor *
yaml_anchor_add(struct yaml_anchors *anchors, const char *name)
{
	struct yaml_anchor *anchor = calloc(1, sizeof(*anchor));

	if (anchor == NULL)
		return NULL;
	anchor->name = strdup(name);
	if (anchor->name == NULL) {
		free(anchor);
		return NULL;
	}
	SLIST_INSERT_HEAD(&anchors->list, anchor, next);
	anchors->count++;
	return anchor;
}

const struct yaml_anchor *
yaml_anchor_find(const struct yaml_anchors *anchors, const char *name)
{
	const struct yaml_anchor *anchor;

	SLIST_FOREACH(anchor, &anchors->list, next)
	{
		if (strcmp(anchor->name, name) == 0)
			return anchor;
	}
	return NULL;
}

void
yaml_anchor_free_all(struct yaml_anchors *anchors)
{
	struct yaml_anchor *anchor;

	while ((anchor = SLIST_FIRST(&anchors->list)) != NULL) {
		SLIST_REMOVE_HEAD(&anchors->list, next);
		free(anchor->name);
		free(anchor);
	}
	anchors->count = 0;
}
