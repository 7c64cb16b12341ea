/* SPDX-License-Identifier: ISC */
#include "config/schema_walk.h"

#include <stdlib.h>
#include <string.h>

#include "config/parameters.h"
#include "config/schema_secret.h"
#include "config/strings.h"

static void
release_value(const struct schema_field *field, void *at)
{
	switch (field->type) {
	case SCHEMA_STRING:
		free(*(char **)at);
		*(char **)at = NULL;
		break;
	case SCHEMA_STRINGS:
		strings_free(at);
		break;
	case SCHEMA_ARGUMENTS:
		strings_argv_free(*(char ***)at);
		*(char ***)at = NULL;
		break;
	case SCHEMA_SECRET:
		schema_secret_release(at);
		break;
	case SCHEMA_PARAMETERS:
		parameters_free(at);
		break;
	default:
		break;
	}
}

void
schema_release(const struct schema_field *fields, void *destination)
{
	for (; fields->key != NULL; fields++) {
		if (fields->type == SCHEMA_GROUP)
			schema_release(fields->fields, destination);
		else if (fields->type != SCHEMA_SECTION)
			release_value(fields, (char *)destination + fields->offset);
	}
}

static bool
equal_strings(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool
equal_clients(
    const struct schema_field *fields, const struct config_client *a, const struct config_client *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a->name, b->name) == 0 && schema_equal(fields, a, b);
}

static bool
equal_profiles(const struct config_profile *a, const struct config_profile *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a->name, b->name) == 0;
}

static bool
equal_value(const struct schema_field *field, const void *a, const void *b)
{
	switch (field->type) {
	case SCHEMA_STRING:
		return equal_strings(*(char *const *)a, *(char *const *)b);
	case SCHEMA_STRINGS:
		return strings_equal(a, b);
	case SCHEMA_ARGUMENTS:
		return strings_argv_equal(*(char **const *)a, *(char **const *)b);
	case SCHEMA_NUMBER:
	case SCHEMA_DURATION:
	case SCHEMA_CHOICE:
	case SCHEMA_FLAGS:
		return *(const unsigned *)a == *(const unsigned *)b;
	case SCHEMA_SIZE:
		return *(const uint64_t *)a == *(const uint64_t *)b;
	case SCHEMA_SWITCH:
		return *(const bool *)a == *(const bool *)b;
	case SCHEMA_SECRET:
		return schema_secret_equal(a, b);
	case SCHEMA_PARAMETERS:
		return parameters_equal(a, b);
	case SCHEMA_USER:
		return *(const uid_t *)a == *(const uid_t *)b;
	case SCHEMA_CLIENT:
		return equal_clients(field->fields, *(const struct config_client *const *)a,
		    *(const struct config_client *const *)b);
	case SCHEMA_PROFILE:
		return equal_profiles(*(const struct config_profile *const *)a,
		    *(const struct config_profile *const *)b);
	case SCHEMA_GROUP:
	case SCHEMA_SECTION:
		break;
	}
	return true;
}

bool
schema_equal(const struct schema_field *fields, const void *a, const void *b)
{
	for (; fields->key != NULL; fields++) {
		if (fields->type == SCHEMA_GROUP) {
			if (!schema_equal(fields->fields, a, b))
				return false;
		} else if (!equal_value(fields, (const char *)a + fields->offset,
			       (const char *)b + fields->offset)) {
			return false;
		}
	}
	return true;
}
