/* SPDX-License-Identifier: ISC */
#include "queue/spool/envelope_syntax.h"

#include <string.h>

#include "queue/message/utf8.h"
#include "queue/spool/digits.h"

#define ENVID_MAX 100
#define ORCPT_MAX 500

static bool
is_hexadecimal(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

/* xtext of RFC 3461 4; lower-case digits too, because callers write them. */
static bool
is_xtext(const char *text, bool utf8)
{
	for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
		if (*p <= ' ' || *p == '=' || *p == 0x7f || (*p > 0x7f && !utf8))
			return false;
		if (*p == '+' && (!is_hexadecimal(p[1]) || !is_hexadecimal(p[2])))
			return false;
	}
	return true;
}

bool
envelope_key_is_valid(const char *key)
{
	uint64_t value;

	return digits_hexadecimal(&key, ENVELOPE_KEY_SIZE - 1, &value) && *key == '\0';
}

bool
envelope_envid_is_valid(const char *envid)
{
	size_t length = strnlen(envid, ENVID_MAX + 1);

	return length >= 1 && length <= ENVID_MAX && is_xtext(envid, false);
}

bool
envelope_orcpt_is_valid(const char *orcpt)
{
	const char *semicolon;

	if (strnlen(orcpt, ORCPT_MAX + 1) > ORCPT_MAX)
		return false;
	semicolon = strchr(orcpt, ';');
	return semicolon != NULL && semicolon != orcpt && semicolon[1] != '\0' &&
	       is_xtext(orcpt, true) && utf8_is_valid(orcpt);
}

/* Indexed by the bits. */
static const char *const notify_values[] = {
    [NOTIFY_NEVER] = "never",
    [NOTIFY_SUCCESS] = "success",
    [NOTIFY_FAILURE] = "failure",
    [NOTIFY_DELAY] = "delay",
    [NOTIFY_SUCCESS | NOTIFY_FAILURE] = "success,failure",
    [NOTIFY_SUCCESS | NOTIFY_DELAY] = "success,delay",
    [NOTIFY_FAILURE | NOTIFY_DELAY] = "failure,delay",
    [NOTIFY_SUCCESS | NOTIFY_FAILURE | NOTIFY_DELAY] = "success,failure,delay",
};
#define NOTIFY_VALUES (sizeof(notify_values) / sizeof(notify_values[0]))

const char *
envelope_notify_format(unsigned notify)
{
	return notify < NOTIFY_VALUES ? notify_values[notify] : NULL;
}

static unsigned
notify_bit(const char *name, size_t length)
{
	static const unsigned bits[] = {NOTIFY_NEVER, NOTIFY_SUCCESS, NOTIFY_FAILURE, NOTIFY_DELAY};

	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		const char *value = notify_values[bits[i]];

		if (strlen(value) == length && memcmp(value, name, length) == 0)
			return bits[i];
	}
	return 0;
}

unsigned
envelope_notify_parse(const char *text, size_t length)
{
	const char *end = text + length;
	unsigned notify = 0;

	for (;;) {
		const char *comma = memchr(text, ',', (size_t)(end - text));
		const char *stop = comma != NULL ? comma : end;
		unsigned bit = notify_bit(text, (size_t)(stop - text));

		if (bit == 0 || (notify & bit) != 0)
			return 0;
		notify |= bit;
		if (comma == NULL)
			break;
		text = comma + 1;
	}
	return envelope_notify_format(notify) != NULL ? notify : 0;
}
