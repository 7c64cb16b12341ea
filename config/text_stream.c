/* SPDX-License-Identifier: ISC */
#include "config/text_stream.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#define FIRST_SIZE 256

struct text_stream {
	char **text; /* the caller's */
	size_t *length;
	char *buffer;
	size_t used;
	size_t size;
	bool failed; /* stdio forgets a failed write; this does not */
};

/* Make room for `more` octets and a NUL. */
static int
reserve(struct text_stream *stream, size_t more)
{
	size_t size = stream->size > 0 ? stream->size : FIRST_SIZE;
	char *larger;

	if (more < stream->size - stream->used)
		return 0;
	while (size - stream->used <= more) {
		if (size > SIZE_MAX / 2)
			return -1;
		size *= 2;
	}
	larger = realloc(stream->buffer, size);
	if (larger == NULL)
		return -1;
	stream->buffer = larger;
	stream->size = size;
	return 0;
}

static ssize_t
append(void *cookie, const char *data, size_t length)
{
	struct text_stream *stream = cookie;

	if (stream->failed || reserve(stream, length) < 0) {
		stream->failed = true;
		errno = ENOMEM;
		return 0; /* fopencookie(3): an error is 0, not -1 */
	}
	memcpy(stream->buffer + stream->used, data, length);
	stream->used += length;
	return (ssize_t)length;
}

static int
finish(void *cookie)
{
	struct text_stream *stream = cookie;
	int result = 0;

	if (stream->failed || reserve(stream, 0) < 0) {
		free(stream->buffer);
		errno = ENOMEM;
		result = EOF;
	} else {
		stream->buffer[stream->used] = '\0';
		*stream->text = stream->buffer;
		*stream->length = stream->used;
	}
	free(stream);
	return result;
}

FILE *
text_stream_open(char **text, size_t *length)
{
	const cookie_io_functions_t functions = {.write = append, .close = finish};
	struct text_stream *stream = calloc(1, sizeof(*stream));
	FILE *file;

	*text = NULL;
	*length = 0;
	if (stream == NULL)
		return NULL;
	stream->text = text;
	stream->length = length;
	file = fopencookie(stream, "w", functions);
	if (file == NULL)
		free(stream);
	return file;
}
