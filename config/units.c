/* SPDX-License-Identifier: ISC */
#include "config/units.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

struct unit {
	char letter;
	uint64_t factor;
};

/* Largest first: that is the order in which formatting tries them. */
static const struct unit duration_units[] = {
    {'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}, {0, 0}};
static const struct unit size_units[] = {{'G', 1 << 30}, {'M', 1 << 20}, {'K', 1 << 10}, {0, 0}};

/* Read the digits at *text and move behind them. Returns 0, -1 without digits, -2
 * where the number does not fit. */
static int
parse_number(const char **text, uint64_t *number)
{
	const char *p = *text;
	uint64_t digit;

	if (*p < '0' || *p > '9')
		return -1;
	for (*number = 0; *p >= '0' && *p <= '9'; p++) {
		digit = (uint64_t)(*p - '0');
		if (*number > (UINT64_MAX - digit) / 10)
			return -2;
		*number = *number * 10 + digit;
	}
	*text = p;
	return 0;
}

static const struct unit *
find_unit(const struct unit *units, const char *text)
{
	if (text[0] == '\0' || text[1] != '\0')
		return NULL;
	while (units->letter != '\0' && units->letter != text[0])
		units++;
	return units->letter != '\0' ? units : NULL;
}

int
units_parse_duration(const char *text, unsigned *seconds)
{
	const struct unit *unit;
	uint64_t number;
	int result = parse_number(&text, &number);

	if (result < 0)
		return result;
	if (number == 0 && *text == '\0') {
		*seconds = 0;
		return 0;
	}
	unit = find_unit(duration_units, text);
	if (unit == NULL)
		return -1;
	if (number > UNITS_DURATION_MAX / unit->factor)
		return -2;
	*seconds = (unsigned)(number * unit->factor);
	return 0;
}

int
units_parse_size(const char *text, uint64_t *octets)
{
	const struct unit *unit;
	uint64_t number;
	int result = parse_number(&text, &number);

	if (result < 0)
		return result;
	if (*text != '\0') {
		unit = find_unit(size_units, text);
		if (unit == NULL)
			return -1;
		if (number > UINT64_MAX / unit->factor)
			return -2;
		number *= unit->factor;
	}
	*octets = number;
	return 0;
}

static void
format(uint64_t number, const struct unit *unit, char text[UNITS_TEXT_MAX])
{
	while (unit->letter != '\0' && (number == 0 || number % unit->factor != 0))
		unit++;
	if (unit->letter == '\0')
		(void)snprintf(text, UNITS_TEXT_MAX, "%" PRIu64, number);
	else
		(void)snprintf(
		    text, UNITS_TEXT_MAX, "%" PRIu64 "%c", number / unit->factor, unit->letter);
}

void
units_format_duration(unsigned seconds, char text[UNITS_TEXT_MAX])
{
	format(seconds, duration_units, text);
}

void
units_format_size(uint64_t octets, char text[UNITS_TEXT_MAX])
{
	format(octets, size_units, text);
}
