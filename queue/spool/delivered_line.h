/* One line of the delivered log: a recipient who is final. */
#ifndef POSTOAK_SPOOL_DELIVERED_LINE_H
#define POSTOAK_SPOOL_DELIVERED_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "queue/spool/envelope.h"

struct delivered_line {
	uint64_t id;
	char key[ENVELOPE_KEY_SIZE];
	uint32_t index;
	bool failed; /* else sent */
};

#endif
