/* SPDX-License-Identifier: ISC */
#include "queue/delivery/parameters.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <bsd/string.h>

static void
add(char line[PARAMETERS_LINE_MAX], const char *keyword, const char *value)
{
	strlcat(line, " ", PARAMETERS_LINE_MAX);
	strlcat(line, keyword, PARAMETERS_LINE_MAX);
	strlcat(line, value, PARAMETERS_LINE_MAX);
}

static int
check(const char line[PARAMETERS_LINE_MAX])
{
	return strlen(line) < PARAMETERS_LINE_MAX - 1 ? 0 : -1;
}

/* Values come from the file and have been checked there; a space or control character
 * would still be another parameter or command, so the line itself is the last word. */
static bool
is_one_word(const char *value)
{
	for (; *value != '\0'; value++)
		if ((unsigned char)*value <= 0x20 || *value == 0x7f)
			return false;
	return true;
}

int
parameters_mail(const struct hello *hello, const struct envelope *envelope, const char *sender,
    bool utf8, uint64_t size, char line[PARAMETERS_LINE_MAX])
{
	unsigned extensions = hello->extensions;
	char number[24];

	snprintf(line, PARAMETERS_LINE_MAX, "MAIL FROM:<%s>", sender);
	snprintf(number, sizeof(number), "%" PRIu64, size);
	if ((extensions & HELLO_SIZE) != 0)
		add(line, "SIZE=", number);
	if (envelope->eight_bit && (extensions & HELLO_8BITMIME) != 0)
		add(line, "BODY=", "8BITMIME");
	if ((envelope->smtputf8 || utf8) && (extensions & HELLO_SMTPUTF8) != 0)
		add(line, "SMTPUTF8", "");
	if (envelope->ret != RET_UNSET && (extensions & HELLO_DSN) != 0)
		add(line, "RET=", envelope->ret == RET_FULL ? "FULL" : "HDRS");
	if (envelope->envid != NULL && (extensions & HELLO_DSN) != 0 &&
	    is_one_word(envelope->envid))
		add(line, "ENVID=", envelope->envid);
	return check(line);
}

static void
add_notify(char line[PARAMETERS_LINE_MAX], unsigned notify)
{
	static const struct {
		unsigned bit;
		const char *name;
	} names[] = {
	    {NOTIFY_SUCCESS, "SUCCESS"},
	    {NOTIFY_FAILURE, "FAILURE"},
	    {NOTIFY_DELAY, "DELAY"},
	};
	const char *separator = "";

	if ((notify & NOTIFY_NEVER) != 0) {
		add(line, "NOTIFY=", "NEVER"); /* never with another, RFC 3461 4.1 */
		return;
	}
	add(line, "NOTIFY=", "");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if ((notify & names[i].bit) == 0)
			continue;
		strlcat(line, separator, PARAMETERS_LINE_MAX);
		strlcat(line, names[i].name, PARAMETERS_LINE_MAX);
		separator = ",";
	}
}

int
parameters_rcpt(const struct hello *hello, const char *address, unsigned notify, const char *orcpt,
    char line[PARAMETERS_LINE_MAX])
{
	bool dsn = (hello->extensions & HELLO_DSN) != 0;

	snprintf(line, PARAMETERS_LINE_MAX, "RCPT TO:<%s>", address);
	if (dsn && notify != 0)
		add_notify(line, notify);
	if (dsn && orcpt != NULL && is_one_word(orcpt))
		add(line, "ORCPT=", orcpt);
	return check(line);
}
