/* SPDX-License-Identifier: ISC */
#include "queue/message/received.h"

#include <stdint.h>
#include <stdio.h>

#include "queue/message/date.h"
#include "queue/message/header.h"

char *
received_format(const char *hostname, uid_t uid, const char *id, time_t when)
{
	char date[DATE_MAX];
	char *field;

	date_format(when, date);
	if (asprintf(&field, "Received: by %s (Postoak, from userid %ju)\r\n\tid %s; %s\r\n",
		hostname, (uintmax_t)uid, id, date) == -1)
		return NULL;
	return field;
}

size_t
received_count(const char *block, size_t length)
{
	struct header_field field;
	size_t offset = 0;
	size_t count = 0;

	while (header_next(block, length, &offset, &field))
		if (header_is(&field, "Received"))
			count++;
	return count;
}
