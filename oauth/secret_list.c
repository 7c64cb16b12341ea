/* SPDX-License-Identifier: ISC */
#include "oauth/secret_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include <jansson.h>

#include "config/strings.h"
#include "config/text_stream.h"
#include "oauth/secret_users.h"
#include "oauth/stored_secret.h"

/* The users of one secret, being gathered: as JSON or as text. */
struct users {
	const char *name;
	json_t *array;
	FILE *text;
	bool any;
};

static void
add_user(const struct secret_use *use, void *context)
{
	struct users *users = context;

	if (strcmp(use->secret, users->name) != 0)
		return;
	if (users->array != NULL)
		json_array_append_new(
		    users->array, json_pack("{s:s, s:s}", use->kind, use->owner, "key", use->key));
	else
		fprintf(users->text, "%s%s %s (%s)", users->any ? ", " : "", use->kind, use->owner,
		    use->key);
	users->any = true;
}

char *
secret_list_users(const struct config *config, const char *name)
{
	struct users users = {.name = name};
	char *text = NULL;
	size_t length;

	users.text = text_stream_open(&text, &length);
	if (users.text == NULL)
		return NULL;
	secret_users_visit(config, add_user, &users);
	return fclose(users.text) == EOF ? NULL : text;
}

/* The names that are referred to, added to those that are stored. */
struct names {
	struct config_strings list;
	bool failed;
};

static void
add_name(const struct secret_use *use, void *context)
{
	struct names *names = context;

	for (size_t i = 0; i < names->list.count; i++)
		if (strcmp(names->list.items[i], use->secret) == 0)
			return;
	names->failed = names->failed || strings_append(&names->list, use->secret) < 0;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
gather_names(const struct store *store, const struct config *config, struct names *names,
    struct error *error)
{
	*names = (struct names){0};
	if (store_list(store, SEAL_SECRETS, &names->list, error) < 0)
		return -1;
	secret_users_visit(config, add_name, names);
	if (names->failed) {
		strings_free(&names->list);
		return error_set(error, EX_OSERR, "no memory");
	}
	if (names->list.count > 1)
		qsort(names->list.items, names->list.count, sizeof(*names->list.items),
		    compare_names);
	return 0;
}

static int
add_object(json_t *array, const struct config *config, const char *name, int found, int64_t set)
{
	struct users users = {.name = name, .array = json_array()};
	json_t *when = found > 0 ? json_integer(set) : json_null();

	if (users.array == NULL)
		return -1;
	secret_users_visit(config, add_user, &users);
	return json_array_append_new(
	    array, json_pack("{s:s, s:b, s:o, s:o}", "name", name, "stored", found != 0, "set",
		       when, "used_by", users.array));
}

static int
print_row(FILE *out, const struct config *config, const char *name, int found, int64_t set)
{
	time_t when = (time_t)set;
	char text[32] = "damaged";
	char *users = secret_list_users(config, name);
	struct tm tm;

	if (users == NULL)
		return -1;
	if (found == 0)
		snprintf(text, sizeof(text), "not set");
	else if (found > 0 && localtime_r(&when, &tm) != NULL)
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	fprintf(out, "%-20s %-20s %s\n", name, text, users[0] == '\0' ? "-" : users);
	free(users);
	return 0;
}

/* One of the two: an array to fill, or a table to write. */
static int
add_all(const struct store *store, const struct config *config, const struct config_strings *names,
    json_t *array, FILE *out)
{
	for (size_t i = 0; i < names->count; i++) {
		const char *name = names->items[i];
		int64_t set = 0;
		int found = stored_secret_time(store, name, &set, NULL);
		int result = array != NULL ? add_object(array, config, name, found, set)
					   : print_row(out, config, name, found, set);

		if (result < 0)
			return -1;
	}
	return 0;
}

static char *
list_json(
    const struct store *store, const struct config *config, const struct config_strings *names)
{
	json_t *array = json_array();
	char *text = NULL;

	if (array != NULL && add_all(store, config, names, array, NULL) == 0)
		text = json_dumps(array, 0);
	json_decref(array);
	return text;
}

static char *
list_text(
    const struct store *store, const struct config *config, const struct config_strings *names)
{
	char *text = NULL;
	size_t length;
	FILE *out = text_stream_open(&text, &length);
	int result;

	if (out == NULL)
		return NULL;
	fprintf(out, "%-20s %-20s %s\n", "NAME", "SET", "USED BY");
	result = add_all(store, config, names, NULL, out);
	if (fclose(out) == EOF)
		return NULL;
	if (result == 0)
		return text;
	free(text);
	return NULL;
}

char *
secret_list(const struct store *store, const struct config *config, bool json, struct error *error)
{
	struct names names;
	char *text;

	if (gather_names(store, config, &names, error) < 0)
		return NULL;
	text = json ? list_json(store, config, &names.list) : list_text(store, config, &names.list);
	strings_free(&names.list);
	if (text == NULL)
		error_set(error, EX_OSERR, "no memory");
	return text;
}
