/* Durations (30s 5m 4h 5d) and sizes (64K 25M 1G, plain octets) as people write them. */
#ifndef POSTOAK_CONFIG_UNITS_H
#define POSTOAK_CONFIG_UNITS_H

#include <stdint.h>

#define UNITS_DURATION_MAX (365U * 24 * 60 * 60)
#define UNITS_TEXT_MAX 24

/*
 * A number with a unit, at most UNITS_DURATION_MAX seconds, or a lone "0". Returns
 * 0; -1 where it is not a duration; -2 where it is too long.
 */
int units_parse_duration(const char *text, unsigned *seconds);

/*
 * A number of octets, or of 1024, 1024^2, 1024^3 of them with K, M, G. Returns 0;
 * -1 where it is not a size; -2 where it does not fit.
 */
int units_parse_size(const char *text, uint64_t *octets);

/* The shortest form that parses to the same. */
void units_format_duration(unsigned seconds, char text[UNITS_TEXT_MAX]);
void units_format_size(uint64_t octets, char text[UNITS_TEXT_MAX]);

#endif
