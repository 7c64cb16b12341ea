/*
 * Reading application/x-www-form-urlencoded text that came from outside: the query of
 * a URL (RFC 6749, appendix B).
 */
#ifndef POSTOAK_OAUTH_QUERY_H
#define POSTOAK_OAUTH_QUERY_H

#define QUERY_MAX 16384 /* octets; longer ones are malformed */

/*
 * Find the parameter `name` in `query`, which begins behind the "?" and ends with NUL
 * or "#". Returns 1 and its decoded value, freed with secret_free; 0 where it is not
 * there; -1 where it is there twice, is not well encoded, decodes to anything but
 * printable ASCII and UTF-8, or without memory. *value is null then.
 */
int query_find(const char *query, const char *name, char **value);

/* What is behind the first "?" of a URL; a text without one, as long as it has a "=", is
 * a query itself; else null. */
const char *query_of_url(const char *text);

#endif
