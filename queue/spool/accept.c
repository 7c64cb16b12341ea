/* SPDX-License-Identifier: ISC */
#include "queue/spool/accept.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "queue/spool/crc32c.h"
#include "queue/spool/envelope_syntax.h"
#include "queue/spool/publish.h"

struct accept {
	int fd;
	int directory;
	struct envelope *envelope;
	char dot_name[PUBLISH_NAME_SIZE]; /* "" for an unnamed file */
	bool failed;                      /* a write failed: the file is incomplete */
	bool eight_bit;
	uint64_t size; /* octets of the message so far */
	uint32_t crc;  /* over them */
	size_t header_length;
	uint64_t written; /* octets of the file that left the buffer */
	size_t filled;
	char buffer[65536];
};

static int
write_failed(struct accept *accept, struct error *error)
{
	accept->failed = true;
	return error_set_errno(error, EX_TEMPFAIL, "cannot write the message");
}

static int
write_at(
    struct accept *accept, const char *data, size_t length, uint64_t offset, struct error *error)
{
	while (length > 0) {
		ssize_t done = pwrite(accept->fd, data, length, (off_t)offset);

		if (done == -1 && errno == EINTR)
			continue;
		if (done == -1)
			return write_failed(accept, error);
		data += done;
		length -= (size_t)done;
		offset += (uint64_t)done;
	}
	return 0;
}

static int
flush(struct accept *accept, struct error *error)
{
	if (write_at(accept, accept->buffer, accept->filled, accept->written, error) == -1)
		return -1;
	accept->written += accept->filled;
	accept->filled = 0;
	return 0;
}

static int
append(struct accept *accept, const char *data, size_t length, struct error *error)
{
	while (length > 0) {
		size_t room = sizeof(accept->buffer) - accept->filled;
		size_t part = length < room ? length : room;

		memcpy(accept->buffer + accept->filled, data, part);
		accept->filled += part;
		data += part;
		length -= part;
		if (accept->filled == sizeof(accept->buffer) && flush(accept, error) == -1)
			return -1;
	}
	return 0;
}

/* O_TMPFILE leaves no debris, but needs the file system's help to open and /proc to
 * be named; else the file has a dot name from the start. */
static int
open_file(struct accept *accept)
{
	accept->fd = openat(accept->directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (accept->fd != -1 && publish_possible(accept->fd))
		return 0;
	if (accept->fd != -1)
		(void)close(accept->fd);
	else if (errno != EOPNOTSUPP && errno != EISDIR)
		return -1;
	publish_dot_name(accept->envelope->key, accept->dot_name);
	accept->fd = openat(accept->directory, accept->dot_name,
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (accept->fd == -1)
		accept->dot_name[0] = '\0';
	return accept->fd == -1 ? -1 : 0;
}

/* With the file `file`, or where that is -1 with a new one in `directory`. */
static struct accept *
begin(int directory, int file, struct envelope *envelope, struct error *error)
{
	struct accept *accept;
	char *header;
	int saved;

	accept = malloc(sizeof(*accept));
	if (accept == NULL) {
		(void)error_set_errno(error, EX_TEMPFAIL, "cannot accept the message");
		if (file != -1)
			(void)close(file);
		return NULL;
	}
	memset(accept, 0, offsetof(struct accept, buffer));
	accept->fd = file;
	accept->directory = directory;
	accept->envelope = envelope;
	envelope->eight_bit = false;
	envelope->size = 0;
	envelope->crc = 0;
	header = envelope_format(envelope, &accept->header_length, error);
	if (header == NULL)
		goto fail;
	if (file == -1 && open_file(accept) == -1) {
		(void)error_set_errno(error, EX_TEMPFAIL, "cannot create a file in the spool");
		goto fail;
	}
	if (append(accept, header, accept->header_length, error) == -1)
		goto fail;
	free(header);
	return accept;

fail:
	saved = errno;
	free(header);
	accept_free(accept);
	errno = saved;
	return NULL;
}

struct accept *
accept_begin(int directory, struct envelope *envelope, struct error *error)
{
	return begin(directory, -1, envelope, error);
}

struct accept *
accept_begin_file(int file, struct envelope *envelope, struct error *error)
{
	return begin(-1, file, envelope, error);
}

static bool
has_eight_bit(const char *data, size_t length)
{
	const uint64_t high_bits = UINT64_C(0x8080808080808080);
	uint64_t word;
	unsigned char seen = 0;

	for (; length >= sizeof(word); data += sizeof(word), length -= sizeof(word)) {
		memcpy(&word, data, sizeof(word));
		if ((word & high_bits) != 0)
			return true;
	}
	while (length-- > 0)
		seen |= (unsigned char)*data++;
	return (seen & 0x80) != 0;
}

int
accept_write(struct accept *accept, const void *data, size_t length, struct error *error)
{
	if (length > ENVELOPE_SIZE_MAX - accept->size) {
		errno = EFBIG;
		return write_failed(accept, error);
	}
	if (!accept->eight_bit)
		accept->eight_bit = has_eight_bit(data, length);
	accept->crc = crc32c(accept->crc, data, length);
	accept->size += length;
	return append(accept, data, length, error);
}

/*
 * The header once more, now that body, size and checksum are known. Its length is the
 * same, and nothing of the message has to be read again for the checksum.
 */
static char *
final_header(struct accept *accept, struct error *error)
{
	struct envelope *envelope = accept->envelope;
	char digits[ENVELOPE_CRC_DIGITS + 1];
	size_t after_digits;
	size_t length;
	char *header;

	envelope->eight_bit = accept->eight_bit;
	envelope->size = accept->size;
	header = envelope_format(envelope, &length, error);
	if (header == NULL)
		return NULL;
	if (length != accept->header_length) {
		free(header);
		(void)error_set(error, EX_SOFTWARE, "the envelope changed while it was written");
		return NULL;
	}
	after_digits = (size_t)envelope->crc_offset + ENVELOPE_CRC_DIGITS;
	envelope->crc = crc32c(0, header, (size_t)envelope->crc_offset);
	envelope->crc = crc32c(envelope->crc, header + after_digits, length - after_digits);
	envelope->crc = crc32c_combine(envelope->crc, accept->crc, accept->size);
	(void)snprintf(digits, sizeof(digits), "%0*" PRIx32, ENVELOPE_CRC_DIGITS, envelope->crc);
	memcpy(header + envelope->crc_offset, digits, ENVELOPE_CRC_DIGITS);
	return header;
}

int
accept_seal(struct accept *accept, struct error *error)
{
	bool in_buffer = accept->written == 0;
	char *header;
	int result;

	if (accept->failed)
		return error_set(error, EX_TEMPFAIL, "the message is incomplete");
	header = final_header(accept, error);
	if (header == NULL)
		return -1;
	/* A message that fits the buffer is written with one call. Else the buffer goes first:
	 * it may hold the end of a long header as it was. */
	if (in_buffer)
		memcpy(accept->buffer, header, accept->header_length);
	result = flush(accept, error);
	if (result == 0 && !in_buffer)
		result = write_at(accept, header, accept->header_length, 0, error);
	free(header);
	if (result == -1)
		return -1;
	if (fchmod(accept->fd, 0440) == -1)
		return error_set_errno(error, EX_TEMPFAIL, "cannot set the message's mode");
	return 0;
}

int
accept_file(const struct accept *accept)
{
	return accept->fd;
}

int
accept_publish(struct accept *accept, uint64_t *id, struct error *error)
{
	return publish_file(accept->fd, accept->directory, accept->dot_name, id, error);
}

int
accept_publish_file(int fd, int directory, uint64_t *id, struct error *error)
{
	char dot_name[PUBLISH_NAME_SIZE];

	if (publish_find_dot_name(fd, dot_name) == -1)
		return error_set_errno(error, EX_TEMPFAIL, "cannot examine the message");
	return publish_file(fd, directory, dot_name, id, error);
}

void
accept_free(struct accept *accept)
{
	if (accept == NULL)
		return;
	/* Published, the dot name is gone already. */
	if (accept->dot_name[0] != '\0')
		(void)unlinkat(accept->directory, accept->dot_name, 0);
	if (accept->fd != -1)
		(void)close(accept->fd);
	free(accept);
}
