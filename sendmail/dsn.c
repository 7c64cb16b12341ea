/* SPDX-License-Identifier: ISC */
#include "sendmail/dsn.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#include <bsd/string.h>

#include "queue/spool/envelope_syntax.h"
#include "sendmail/xtext.h"

unsigned
dsn_notify(const char *text)
{
	char lower[sizeof "success,failure,delay"];
	size_t length = strlcpy(lower, text, sizeof lower);

	if (length >= sizeof lower)
		return 0;
	for (char *p = lower; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return envelope_notify_parse(lower, length);
}

enum envelope_ret
dsn_ret(const char *text)
{
	if (strcasecmp(text, "full") == 0)
		return RET_FULL;
	return strcasecmp(text, "hdrs") == 0 ? RET_HDRS : RET_UNSET;
}

bool
dsn_envelope_id_is_valid(const char *text)
{
	char *encoded;
	bool valid;

	for (const char *p = text; *p != '\0'; p++) {
		if (!isprint((unsigned char)*p))
			return false;
	}
	encoded = xtext_ensure(text);
	valid = encoded != NULL && envelope_envid_is_valid(encoded);
	free(encoded);
	return valid;
}
