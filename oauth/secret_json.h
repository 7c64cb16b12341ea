/* JSON with secrets in it. */
#ifndef POSTOAK_OAUTH_SECRET_JSON_H
#define POSTOAK_OAUTH_SECRET_JSON_H

#include <stddef.h>

#include <jansson.h>

/*
 * Parse `length` octets of JSON; null where they are none. What the parser frees, and
 * what json_decref frees, is wiped.
 */
json_t *secret_json_load(const char *text, size_t length);

#endif
