/*
 * Text of application/x-www-form-urlencoded (RFC 6749, appendix B) in a buffer that
 * is wiped: it carries secrets, so nothing it outgrows is left behind in memory.
 */
#ifndef POSTOAK_OAUTH_FORM_H
#define POSTOAK_OAUTH_FORM_H

#include <stdbool.h>
#include <stddef.h>

#define FORM_MAX 1048576

struct form {
	char *text; /* terminated; null while empty */
	size_t length;
	size_t size;
	bool failed; /* no memory, or longer than FORM_MAX; what was there is wiped */
};

/* Add "&name=value", both encoded; without the "&" at the beginning. */
void form_add(struct form *form, const char *name, const char *value);

/* Append `text` encoded, or as it is. */
void form_append_encoded(struct form *form, const char *text);
void form_append(struct form *form, const char *text);

/* Wipe and release; `form` is empty afterwards. A zeroed struct is an empty form. */
void form_wipe(struct form *form);

#endif
