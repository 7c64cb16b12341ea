/* SPDX-License-Identifier: ISC */
#include "queue/delivery/transcript.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "queue/delivery/sasl.h"
#include "queue/delivery/work.h"

/* A secret and the responses that are made of it. */
#define GUARDED_MAX 4

struct transcript {
	int channel;
	unsigned lines;
	bool silent;
	size_t count;
	char *guarded[GUARDED_MAX];
};

struct transcript *
transcript_new(int channel)
{
	struct transcript *transcript = calloc(1, sizeof(*transcript));

	if (transcript != NULL)
		transcript->channel = channel;
	return transcript;
}

int
transcript_guard(struct transcript *transcript, const char *secret)
{
	if (transcript == NULL)
		return 0;
	if (transcript->count < GUARDED_MAX)
		transcript->guarded[transcript->count] = strdup(secret);
	if (transcript->count == GUARDED_MAX || transcript->guarded[transcript->count] == NULL) {
		transcript->silent = true;
		return -1;
	}
	transcript->count++;
	return 0;
}

void
transcript_redact(const struct transcript *transcript, char *text, size_t size)
{
	for (size_t i = 0; transcript != NULL && i < transcript->count; i++)
		sasl_redact(text, size, transcript->guarded[i]);
}

/* Tell a line; longer ones are cut, after what is guarded was taken out. */
static void
tell(struct transcript *transcript, const char *mark, const char *text, size_t length)
{
	char line[STREAM_LINE_MAX + 64];

	if (transcript->silent || transcript->lines > TRANSCRIPT_LINES_MAX)
		return;
	if (transcript->lines++ == TRANSCRIPT_LINES_MAX) {
		(void)work_send_transcript(transcript->channel, "-- (the rest is left out)");
		return;
	}
	snprintf(line, sizeof(line), "%s%.*s", mark, (int)length, text);
	transcript_redact(transcript, line, sizeof(line));
	line[WORK_TRANSCRIPT_MAX - 1] = '\0';
	(void)work_send_transcript(transcript->channel, line);
	explicit_bzero(line, sizeof(line));
}

void
transcript_note(struct transcript *transcript, const char *format, ...)
{
	char text[WORK_TRANSCRIPT_MAX];
	va_list ap;

	if (transcript == NULL)
		return;
	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	tell(transcript, "-- ", text, strlen(text));
}

void
transcript_sent(struct transcript *transcript, const char *line)
{
	if (transcript != NULL)
		tell(transcript, "-> ", line, strcspn(line, "\r\n"));
}

void
transcript_received(struct transcript *transcript, const struct reply *reply)
{
	const char *line = reply->text;
	bool last = false;

	if (transcript == NULL)
		return;
	for (bool first = true; !last; first = false) {
		size_t length = strcspn(line, "\n");
		char mark[32];

		last = line[length] == '\0';
		snprintf(mark, sizeof(mark), "<- %03u%c%s%s", reply->code, last ? ' ' : '-',
		    first ? reply->enhanced : "", first && reply->enhanced[0] != '\0' ? " " : "");
		tell(transcript, mark, line, length);
		line += length + 1;
	}
}

void
transcript_challenged(struct transcript *transcript, const struct reply *reply)
{
	char text[REPLY_TEXT_MAX];
	char mark[16];

	if (transcript == NULL)
		return;
	sasl_decode(reply->text, text, sizeof(text));
	/* What does not decode to text could hold anything, in any form. */
	if (strcmp(text, reply->text) == 0 && text[0] != '\0')
		strlcpy(text, "[challenge]", sizeof(text));
	snprintf(mark, sizeof(mark), "<- %03u ", reply->code);
	tell(transcript, mark, text, strlen(text));
	explicit_bzero(text, sizeof(text));
}

void
transcript_free(struct transcript *transcript)
{
	if (transcript == NULL)
		return;
	for (size_t i = 0; i < transcript->count; i++) {
		explicit_bzero(transcript->guarded[i], strlen(transcript->guarded[i]));
		free(transcript->guarded[i]);
	}
	free(transcript);
}
