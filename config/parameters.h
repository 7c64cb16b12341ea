/* Named values that go into OAuth requests. */
#ifndef POSTOAK_CONFIG_PARAMETERS_H
#define POSTOAK_CONFIG_PARAMETERS_H

#include <stdbool.h>

#include "config/config.h"

/* Set one, in place of an earlier one of that name. Returns 0, or -1 and ENOMEM. */
int parameters_set(struct config_parameters *parameters, const char *name, const char *value);

/* True for the same names and values in the same order. */
bool parameters_equal(const struct config_parameters *a, const struct config_parameters *b);

/* Free the items; the list is empty then. */
void parameters_free(struct config_parameters *parameters);

#endif
