/* SPDX-License-Identifier: ISC */
#include "queue/delivery/content.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "queue/message/header.h"
#include "queue/message/received.h"
#include "queue/spool/crc32c.h"
#include "queue/spool/queue_id.h"

#define PIECE 65536

/* The checksum's own digits, which it does not cover. */
#define CRC_DIGITS 8

/* Read exactly `length` octets at `offset`: 0, or -1 and errno (EBADMSG at the end). */
static int
read_at(int file, void *buffer, size_t length, uint64_t offset)
{
	char *to = buffer;

	while (length > 0) {
		ssize_t count = pread(file, to, length, (off_t)offset);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0) {
			if (count == 0)
				errno = EBADMSG;
			return -1;
		}
		to += count;
		offset += (uint64_t)count;
		length -= (size_t)count;
	}
	return 0;
}

/* Continue *crc over the octets from `from` to `to` of the file. */
static int
checksum_range(int file, uint64_t from, uint64_t to, uint32_t *crc)
{
	char piece[PIECE];

	while (from < to) {
		size_t length = to - from < sizeof(piece) ? (size_t)(to - from) : sizeof(piece);

		if (read_at(file, piece, length, from) < 0)
			return -1;
		*crc = crc32c(*crc, piece, length);
		from += length;
	}
	return 0;
}

static int
checksum_envelope(struct content *content)
{
	const struct envelope *envelope = &content->envelope;

	content->crc = 0;
	if (checksum_range(content->file, 0, envelope->crc_offset, &content->crc) < 0)
		return -1;
	return checksum_range(
	    content->file, envelope->crc_offset + CRC_DIGITS, envelope->body_offset, &content->crc);
}

/*
 * Octets of the header block that `text` begins with, its last CRLF included; *gap is
 * the empty line's length. 0 and *gap 0 where the end is not in `text`.
 */
static size_t
header_length(const char *text, size_t length, size_t *gap)
{
	const char *end;

	*gap = 2;
	if (length >= 2 && memcmp(text, "\r\n", 2) == 0)
		return 0;
	end = memmem(text, length, "\r\n\r\n", 4);
	if (end != NULL)
		return (size_t)(end - text) + 2;
	*gap = 0;
	return 0;
}

/* Read the header block, however long: *header is fresh, of *length octets. */
static int
read_header(struct content *content, char **header, size_t *length)
{
	uint64_t size = content->envelope.size, start = content->envelope.body_offset;
	size_t filled = 0, gap = 0;

	*header = NULL;
	for (size_t want = 16384; gap == 0; want *= 2) {
		size_t now = want < size ? want : (size_t)size;
		char *larger = realloc(*header, now + 1);

		if (larger == NULL)
			return -1;
		*header = larger;
		if (read_at(content->file, *header + filled, now - filled, start + filled) < 0)
			return -1;
		filled = now;
		*length = header_length(*header, filled, &gap);
		if (gap == 0 && filled == size) {
			*length = filled; /* all header */
			break;
		}
		/* Submission may have put a field of its own on top. */
		if (gap == 0 && want > HEADER_MAX) {
			errno = EFBIG;
			return -1;
		}
	}
	content->body = start + *length + gap;
	content->crc = crc32c(content->crc, *header, *length + gap);
	return 0;
}

static int
prepare(struct content *content, const struct content_options *options)
{
	const struct envelope *envelope = &content->envelope;
	char id[QUEUE_ID_SIZE];
	char *header;
	size_t length;
	int result = -1;

	if (checksum_envelope(content) < 0)
		return -1;
	if (read_header(content, &header, &length) == 0) {
		queue_id_format(options->id, id);
		content->hops = received_count(header, length);
		content->received = received_format(options->config->hostname, envelope->uid, id,
		    (time_t)(envelope->received_us / 1000000));
		if (content->received != NULL)
			result = identity_rewrite(options->config, options->profile,
			    envelope->sender, options->user, header, length, &content->identity);
	}
	free(header);
	return result;
}

int
content_open(
    struct content *content, int file, const struct content_options *options, struct error *error)
{
	*content = (struct content){.file = file};
	if (envelope_read(file, &content->envelope, error) < 0)
		return -1;
	content->end = content->envelope.body_offset + content->envelope.size;
	if (prepare(content, options) < 0)
		return error_set_errno(error,
		    errno == EBADMSG || errno == EFBIG ? EX_DATAERR
		    : errno == ENOMEM                  ? EX_OSERR
						       : EX_IOERR,
		    "cannot read the message");
	content->size = strlen(content->received) + content->identity.length + 2 +
			(content->end - content->body);
	return 0;
}

static enum content_result
send_body(const struct content *content, struct wire *wire)
{
	char piece[PIECE];
	uint32_t crc = content->crc;

	for (uint64_t at = content->body; at < content->end;) {
		uint64_t left = content->end - at;
		size_t length = left < sizeof(piece) ? (size_t)left : sizeof(piece);

		if (read_at(content->file, piece, length, at) < 0)
			return CONTENT_CORRUPT;
		crc = crc32c(crc, piece, length);
		if (wire_write(wire, piece, length) < 0)
			return CONTENT_STOPPED;
		at += length;
	}
	return crc == content->envelope.crc ? CONTENT_SENT : CONTENT_CORRUPT;
}

enum content_result
content_send(const struct content *content, struct wire *wire)
{
	const struct identity *identity = &content->identity;
	enum content_result result;

	if (wire_write(wire, content->received, strlen(content->received)) < 0 ||
	    wire_write(wire, identity->header, identity->length) < 0 ||
	    wire_write(wire, "\r\n", 2) < 0)
		return CONTENT_STOPPED;
	result = send_body(content, wire);
	if (result == CONTENT_SENT && wire_end(wire) < 0)
		return CONTENT_STOPPED;
	return result;
}

void
content_free(struct content *content)
{
	identity_free(&content->identity);
	free(content->received);
	envelope_free(&content->envelope);
	*content = (struct content){.file = -1};
}
