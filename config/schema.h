/*
 * The schema: one table for each kind of mapping, one line for each key. The tables
 * (fields.h) say everything about a key: what loads (schema_load.h), compares, frees
 * (schema_walk.h) and shows (show.h) the configuration goes by them.
 */
#ifndef POSTOAK_CONFIG_SCHEMA_H
#define POSTOAK_CONFIG_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "config/error.h"
#include "config/syntax.h"
#include "config/yaml.h"

/* In parentheses the type of the destination. */
enum schema_type {
	SCHEMA_STRING,     /* text that `check` accepts (char *) */
	SCHEMA_STRINGS,    /* a list of them (struct config_strings) */
	SCHEMA_ARGUMENTS,  /* program and arguments (char **, null-terminated) */
	SCHEMA_NUMBER,     /* minimum to maximum (unsigned) */
	SCHEMA_DURATION,   /* minimum to 365d (unsigned, seconds) */
	SCHEMA_SIZE,       /* minimum to maximum (uint64_t, octets) */
	SCHEMA_CHOICE,     /* one word of `choices` (an enum) */
	SCHEMA_SWITCH,     /* one word of `choices` (bool) */
	SCHEMA_FLAGS,      /* a list of words of `choices` (unsigned, bits) */
	SCHEMA_SECRET,     /* where to find a secret (struct secret_reference) */
	SCHEMA_PARAMETERS, /* names and values, merged by name (struct config_parameters) */
	SCHEMA_USER,       /* name or number (uid_t); `present` gets true (bool) */
	SCHEMA_CLIENT,     /* name of one, compared by `fields` (const struct config_client *) */
	SCHEMA_PROFILE,    /* name of one (const struct config_profile *) */
	SCHEMA_GROUP,      /* a mapping of `fields` with the same destination */
	SCHEMA_SECTION,    /* read by the loader itself */
};

/* Where a key may stand, as bits. */
enum schema_place {
	SCHEMA_FILE = 1 << 0,       /* postoak.yaml, as the daemon reads it */
	SCHEMA_SUBMISSION = 1 << 1, /* postoak.yaml, as sendmail reads it */
	SCHEMA_TEMPLATE = 1 << 2,   /* a provider's template */
};

/* Tables of words end with a null name. */
struct schema_choice {
	const char *name;
	unsigned value;
};

/* Tables of fields end with a null key. */
struct schema_field {
	const char *key;
	enum schema_type type;
	unsigned places; /* enum schema_place bits; 0: wherever its mapping may stand */
	size_t offset;
	size_t present;
	syntax_check *check; /* null: any text */
	uint64_t minimum;
	uint64_t maximum;
	bool zero_is_unset; /* numbers: 0 means not configured, and is not shown */
	bool empty_is_set;  /* lists: an empty one is not the default, and is shown */
	const struct schema_choice *choices;
	const struct schema_field *fields;
};

struct schema_context {
	const char *path;            /* of the file, for messages */
	enum schema_place place;     /* keys of other places are not known... */
	bool tolerant;               /* ...or, with this, are passed over, as unknown ones */
	const struct config *config; /* where clients and profiles are looked up by name */
	struct error *error;
};

/* The word for `value`, or null. */
const char *schema_choice_name(const struct schema_choice *choices, unsigned value);

/* Fill the context's error with the position of `at` and a message; returns -1. */
int schema_error(const struct schema_context *context, const struct yaml_node *at,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Fill the context's error: no memory; returns -1. */
int schema_out_of_memory(const struct schema_context *context);

/* Check that `node` is a list, or nothing at all, which is an empty one. Returns 0, or
 * -1 and the context's error. */
int schema_expect_list(
    const struct schema_context *context, const char *key, const struct yaml_node *node);

#endif
