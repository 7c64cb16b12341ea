/* SPDX-License-Identifier: ISC */
#include "queue/spool/envelope.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/stdlib.h>

#include "queue/spool/crc32c.h"
#include "queue/spool/envelope_syntax.h"

void
envelope_new_key(char key[ENVELOPE_KEY_SIZE])
{
	uint64_t random;

	arc4random_buf(&random, sizeof(random));
	(void)snprintf(key, ENVELOPE_KEY_SIZE, "%016" PRIx64, random);
}

void
envelope_free(struct envelope *envelope)
{
	free(envelope->sender);
	free(envelope->envid);
	for (size_t i = 0; i < envelope->recipient_count; i++) {
		free(envelope->recipients[i].address);
		free(envelope->recipients[i].orcpt);
	}
	free(envelope->recipients);
	memset(envelope, 0, sizeof(*envelope));
}

/* Continue *crc over the file from `offset` to `end`. */
static int
checksum_range(int fd, uint64_t offset, uint64_t end, uint32_t *crc, struct error *error)
{
	unsigned char buffer[65536];

	while (offset < end) {
		uint64_t wanted = end - offset < sizeof(buffer) ? end - offset : sizeof(buffer);
		ssize_t got = pread(fd, buffer, (size_t)wanted, (off_t)offset);

		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return error_set_errno(error, EX_IOERR, "cannot read the message file");
		if (got == 0)
			return error_set(error, EX_DATAERR, "the message file is too short");
		*crc = crc32c(*crc, buffer, (size_t)got);
		offset += (uint64_t)got;
	}
	return 0;
}

int
envelope_verify(int fd, const struct envelope *envelope, struct error *error)
{
	uint64_t after_digits = envelope->crc_offset + ENVELOPE_CRC_DIGITS;
	uint32_t crc = 0;

	if (checksum_range(fd, 0, envelope->crc_offset, &crc, error) == -1 ||
	    checksum_range(fd, after_digits, envelope->body_offset + envelope->size, &crc, error) ==
		-1)
		return -1;
	if (crc != envelope->crc)
		return error_set(error, EX_DATAERR,
		    "the message file's checksum is %08" PRIx32 ", recorded is %08" PRIx32, crc,
		    envelope->crc);
	return 0;
}
