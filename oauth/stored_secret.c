/* SPDX-License-Identifier: ISC */
#include "oauth/stored_secret.h"

#include <stdlib.h>
#include <sysexits.h>

#include <jansson.h>

#include "config/clock.h"

#define FIELD "value"

/* 1 with the parsed file, 0 where there is none, -1 and `error`. */
static int
load(const struct store *store, const char *name, json_t **file, struct error *error)
{
	char *text;
	int result = store_read(store, SEAL_SECRETS, name, &text, error);

	if (result <= 0)
		return result;
	*file = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	free(text);
	if (*file == NULL)
		return error_set(error, EX_DATAERR, "secrets/%s is damaged; set it again", name);
	return 1;
}

static json_int_t
generation_of(const json_t *file)
{
	json_int_t generation = json_integer_value(json_object_get(file, "generation"));

	return generation < 0 ? 0 : generation;
}

int
stored_secret_set(
    const struct store *store, const char *name, const char *secret, struct error *error)
{
	struct seal_place place = {SEAL_SECRETS, name, FIELD, 1};
	json_t *file = NULL;
	char *sealed;
	char *text = NULL;
	int result = -1;

	/* A damaged file is replaced: there is nothing in it to keep. */
	if (load(store, name, &file, NULL) > 0)
		place.generation = (uint64_t)generation_of(file) + 1;
	json_decref(file);
	sealed = seal_close(store_keys(store), &place, secret, error);
	if (sealed == NULL)
		return -1;
	file = json_pack("{s:s, s:I, s:I, s:s}", "name", name, "generation",
	    (json_int_t)place.generation, "set", (json_int_t)(clock_wall_us() / 1000000), FIELD,
	    sealed);
	if (file != NULL)
		text = json_dumps(file, JSON_INDENT(1));
	if (text == NULL)
		error_set(error, EX_OSERR, "cannot write secrets/%s: no memory", name);
	else
		result = store_replace(store, SEAL_SECRETS, name, text, error);
	free(text);
	json_decref(file);
	free(sealed);
	return result;
}

int
stored_secret_get(const struct store *store, const char *name, char **secret, struct error *error)
{
	struct seal_place place = {SEAL_SECRETS, name, FIELD, 0};
	const char *sealed;
	json_t *file;
	int result = load(store, name, &file, error);

	if (result < 0)
		return -1;
	if (result == 0)
		return error_set(error, EX_CONFIG,
		    "there is no sealed secret \"%s\"; set it with: postoak secret set %s", name,
		    name);
	place.generation = (uint64_t)generation_of(file);
	sealed = json_string_value(json_object_get(file, FIELD));
	if (sealed == NULL)
		result = error_set(error, EX_DATAERR, "secrets/%s is damaged; set it again", name);
	else
		result = seal_open(store_keys(store), &place, sealed, secret, error);
	json_decref(file);
	return result;
}

int
stored_secret_time(const struct store *store, const char *name, int64_t *set, struct error *error)
{
	json_t *file;
	int result = load(store, name, &file, error);

	if (result <= 0)
		return result;
	*set = json_integer_value(json_object_get(file, "set"));
	json_decref(file);
	return 1;
}

int
stored_secret_delete(const struct store *store, const char *name, struct error *error)
{
	return store_remove(store, SEAL_SECRETS, name, error);
}
