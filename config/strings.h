/* Lists of strings in the configuration: counted ones and null-terminated ones. */
#ifndef POSTOAK_CONFIG_STRINGS_H
#define POSTOAK_CONFIG_STRINGS_H

#include <stdbool.h>

#include "config/config.h"

/* Append a copy of `text`. Returns 0, or -1 and ENOMEM. */
int strings_append(struct config_strings *strings, const char *text);

/* Make `to`, whatever it held, a copy of `from`. Returns 0, or -1 and ENOMEM. */
int strings_copy(struct config_strings *to, const struct config_strings *from);

bool strings_equal(const struct config_strings *a, const struct config_strings *b);

/* Free the items; the list is empty then. */
void strings_free(struct config_strings *strings);

/* The same for null-terminated lists, of which a null pointer is one, too. */
bool strings_argv_equal(char *const *a, char *const *b);

/* A fresh copy; null and ENOMEM. */
char **strings_argv_copy(char *const *argv);
void strings_argv_free(char **argv);

#endif
