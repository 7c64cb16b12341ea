/* SPDX-License-Identifier: ISC */
#include "queue/spool/queue_id.h"

#include <inttypes.h>
#include <stdio.h>

#include "config/clock.h"

#define ID_DIGITS (QUEUE_ID_SIZE - 1)
#define ID_MASK ((UINT64_C(1) << (4 * ID_DIGITS)) - 1)

uint64_t
queue_id_now(void)
{
	return (clock_wall_us() / 16) & ID_MASK;
}

void
queue_id_format(uint64_t id, char text[QUEUE_ID_SIZE])
{
	(void)snprintf(text, QUEUE_ID_SIZE, "%012" PRIX64, id & ID_MASK);
}

bool
queue_id_parse(const char *text, uint64_t *id)
{
	uint64_t value = 0;

	for (int i = 0; i < ID_DIGITS; i++) {
		char c = text[i];

		if (c >= '0' && c <= '9')
			value = value << 4 | (uint64_t)(c - '0');
		else if (c >= 'A' && c <= 'F')
			value = value << 4 | (uint64_t)(c - 'A' + 10);
		else
			return false;
	}
	if (text[ID_DIGITS] != '\0')
		return false;
	*id = value;
	return true;
}
