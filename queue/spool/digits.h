/* Numbers as spool files have them: one spelling each, no sign, no white space. */
#ifndef POSTOAK_SPOOL_DIGITS_H
#define POSTOAK_SPOOL_DIGITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Each reads at *text, and moves *text behind what it read only where it returns
 * true. The text ends with a NUL at the latest.
 */

/* Exactly `count` (at most 18) decimal digits. */
bool digits_decimal(const char **text, size_t count, uint64_t *value);

/* Exactly `count` (at most 16) lower-case hexadecimal digits. */
bool digits_hexadecimal(const char **text, size_t count, uint64_t *value);

/* A decimal number of 1 to 18 digits without leading zeros. */
bool digits_number(const char **text, uint64_t *value);

/* SECONDS.MICROSECONDS, as microseconds; at most 12 digits of seconds. */
bool digits_time(const char **text, uint64_t *microseconds);

#endif
