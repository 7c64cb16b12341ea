/* SPDX-License-Identifier: ISC */
#include "queue/spool/digits.h"

#include <string.h>

#define DECIMAL "0123456789"
#define HEXADECIMAL "0123456789abcdef"

static bool
read_digits(const char **text, size_t count, const char *digits, unsigned base, uint64_t *value)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++) {
		char c = (*text)[i];
		const char *digit = c != '\0' ? strchr(digits, c) : NULL;

		if (digit == NULL)
			return false;
		sum = sum * base + (uint64_t)(digit - digits);
	}
	*text += count;
	*value = sum;
	return true;
}

bool
digits_decimal(const char **text, size_t count, uint64_t *value)
{
	return read_digits(text, count, DECIMAL, 10, value);
}

bool
digits_hexadecimal(const char **text, size_t count, uint64_t *value)
{
	return read_digits(text, count, HEXADECIMAL, 16, value);
}

bool
digits_number(const char **text, uint64_t *value)
{
	size_t count = strspn(*text, DECIMAL);

	if (count == 0 || count > 18 || (count > 1 && **text == '0'))
		return false;
	return digits_decimal(text, count, value);
}

bool
digits_time(const char **text, uint64_t *microseconds)
{
	const char *p = *text;
	uint64_t seconds;
	uint64_t fraction;

	if (!digits_number(&p, &seconds) || seconds > UINT64_C(999999999999) || *p++ != '.' ||
	    !digits_decimal(&p, 6, &fraction))
		return false;
	*text = p;
	*microseconds = seconds * 1000000 + fraction;
	return true;
}
