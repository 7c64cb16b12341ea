/* SPDX-License-Identifier: ISC */
#include "oauth/rekey.h"

#include <stdlib.h>
#include <sysexits.h>

#include <jansson.h>

#include "config/secret.h"
#include "config/strings.h"

/* A file being looked at. */
struct sealed_file {
	enum seal_store place;
	const char *name;
	json_t *object;
	json_int_t generation;
};

/* What is done with each file. */
typedef int file_visitor(const struct store *store, struct sealed_file *file, struct error *error);

/* What is done with each sealed line in one; it may change the line. */
typedef int line_visitor(
    const struct store *store, const struct seal_place *place, json_t *line, struct error *error);

static int
each_line(
    const struct store *store, struct sealed_file *file, line_visitor *visit, struct error *error)
{
	const char *field;
	json_t *value;

	json_object_foreach(file->object, field, value)
	{
		struct seal_place place = {
		    file->place, file->name, field, (uint64_t)file->generation};
		const char *text = json_string_value(value);

		if (text != NULL && seal_is_line(text) && visit(store, &place, value, error) < 0)
			return -1;
	}
	return 0;
}

static int
visit_name(const struct store *store, enum seal_store place, const char *name, file_visitor *visit,
    struct error *error)
{
	struct sealed_file file = {.place = place, .name = name};
	char *text;
	int result = store_read(store, place, name, &text, error);

	if (result <= 0)
		return result;
	file.object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	free(text);
	file.generation = json_integer_value(json_object_get(file.object, "generation"));
	if (!json_is_object(file.object) || file.generation < 0)
		result = error_set(error, EX_DATAERR,
		    place == SEAL_SECRETS
			? "secrets/%s is damaged; set it again, or delete it"
			: "tokens/%s is damaged; grant access again, or revoke it",
		    name);
	else
		result = visit(store, &file, error);
	json_decref(file.object);
	return result;
}

/* Visit all files. Returns how many there are, or -1. */
static long
each_file(const struct store *store, file_visitor *visit, struct error *error)
{
	long count = 0;

	for (int place = 0; place < SEAL_STORES; place++) {
		struct config_strings names;
		int result = 0;

		if (store_list(store, (enum seal_store)place, &names, error) < 0)
			return -1;
		for (size_t i = 0; result >= 0 && i < names.count; i++, count++)
			result =
			    visit_name(store, (enum seal_store)place, names.items[i], visit, error);
		strings_free(&names);
		if (result < 0)
			return -1;
	}
	return count;
}

static int
check_line(
    const struct store *store, const struct seal_place *place, json_t *line, struct error *error)
{
	return seal_check(store_keys(store), place, json_string_value(line), error);
}

static int
check_keys(const struct store *store, struct sealed_file *file, struct error *error)
{
	return each_line(store, file, check_line, error);
}

static int
open_line(
    const struct store *store, const struct seal_place *place, json_t *line, struct error *error)
{
	char *secret;

	if (seal_open(store_keys(store), place, json_string_value(line), &secret, error) < 0)
		return -1;
	secret_free(secret);
	return 0;
}

static int
open_file(const struct store *store, struct sealed_file *file, struct error *error)
{
	return each_line(store, file, open_line, error);
}

static int
renew_line(
    const struct store *store, const struct seal_place *place, json_t *line, struct error *error)
{
	const struct seal_keys *keys = store_keys(store);
	char *secret;
	char *sealed;
	int result;

	if (seal_open(keys, place, json_string_value(line), &secret, error) < 0)
		return -1;
	sealed = seal_close(keys, place, secret, error);
	secret_free(secret);
	if (sealed == NULL)
		return -1;
	result = json_string_set(line, sealed);
	free(sealed);
	return result < 0 ? error_set(error, EX_OSERR, "no memory") : 0;
}

/* Seal a file anew, unless that was done by a run that did not come to its end. */
static int
renew_file(const struct store *store, struct sealed_file *file, struct error *error)
{
	bool current = true;
	const char *field;
	json_t *value;
	char *text;
	int result;

	json_object_foreach(file->object, field, value)
	{
		const char *line = json_string_value(value);

		if (line != NULL && seal_is_line(line))
			current = current && seal_is_current(store_keys(store), line);
	}
	if (current)
		return 0;
	if (each_line(store, file, renew_line, error) < 0)
		return -1;
	text = json_dumps(file->object, JSON_INDENT(1));
	if (text == NULL)
		return error_set(error, EX_OSERR, "no memory");
	result = store_replace(store, file->place, file->name, text, error);
	free(text);
	return result;
}

int
rekey_check(const struct store *store, struct error *error)
{
	return each_file(store, check_keys, error) < 0 ? -1 : 0;
}

/* Seal all that older keys sealed with the current one, and forget them. */
static int
retire_older_keys(struct store *store, struct error *error)
{
	if (each_file(store, renew_file, error) < 0)
		return -1;
	return store_forget_older_keys(store, error);
}

int
rekey(struct store *store, size_t *count, struct error *error)
{
	long files;

	if (store_load_keys(store, error) < 0 || (files = each_file(store, open_file, error)) < 0)
		return -1;
	*count = (size_t)files;
	if (store_key_is_of_service(store)) {
		if (store_keys(store)->older == NULL)
			return error_set(error, EX_CONFIG,
			    "the key is the service's credential postoak-key: give the service "
			    "the "
			    "present one as postoak-key-old and a new one as postoak-key, restart "
			    "it, and run this again");
		return retire_older_keys(store, error);
	}
	/* First what is left of a run that did not come to its end. */
	if (retire_older_keys(store, error) < 0 || store_renew_key(store, error) < 0)
		return -1;
	return retire_older_keys(store, error);
}
