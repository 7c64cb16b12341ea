/* SPDX-License-Identifier: ISC */
#include "config/schema_name.h"

#include <limits.h>
#include <pwd.h>
#include <string.h>

#include <bsd/stdlib.h>

#include "config/schema_text.h"
#include "config/suggest.h"

int
schema_name_user(
    const struct schema_context *context, const char *key, const struct yaml_node *node, uid_t *uid)
{
	const char *text = schema_text_of(context, key, node);
	const char *wrong = NULL;
	const struct passwd *user;

	if (text == NULL)
		return -1;
	if (text[strspn(text, "0123456789")] == '\0') {
		*uid = (uid_t)strtonum(text, 0, UINT_MAX - 1, &wrong);
		if (wrong == NULL)
			return 0;
	} else {
		user = getpwnam(text);
		if (user != NULL) {
			*uid = user->pw_uid;
			return 0;
		}
	}
	return schema_error(context, node, "no such user \"%.64s\"", text);
}

static int
dangling(const struct schema_context *context, const char *what, const struct yaml_node *node,
    const struct suggest *suggest)
{
	if (suggest->nearest == NULL)
		return schema_error(context, node, "unknown %s \"%.64s\"", what, node->text);
	return schema_error(context, node, "unknown %s \"%.64s\"; did you mean \"%s\"?", what,
	    node->text, suggest->nearest);
}

int
schema_name_client(const struct schema_context *context, const char *key,
    const struct yaml_node *node, const struct config_client **client)
{
	const char *name = schema_text_of(context, key, node);
	struct suggest suggest;

	if (name == NULL)
		return -1;
	*client = config_find_client(context->config, name);
	if (*client != NULL)
		return 0;
	suggest_begin(&suggest, name);
	for (size_t i = 0; i < context->config->client_count; i++)
		suggest_offer(&suggest, context->config->clients[i].name);
	return dangling(context, "OAuth client", node, &suggest);
}

int
schema_name_profile(const struct schema_context *context, const char *key,
    const struct yaml_node *node, const struct config_profile **profile)
{
	const char *name = schema_text_of(context, key, node);
	struct suggest suggest;

	if (name == NULL)
		return -1;
	*profile = config_find_profile(context->config, name);
	if (*profile != NULL)
		return 0;
	suggest_begin(&suggest, name);
	for (size_t i = 0; i < context->config->profile_count; i++)
		suggest_offer(&suggest, context->config->profiles[i].name);
	return dangling(context, "profile", node, &suggest);
}
