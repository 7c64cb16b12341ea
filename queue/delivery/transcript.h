/*
 * The dialogue with a relay, told to the runner line by line (WORK_TRANSCRIPT) for a
 * person who wants to see it: "-- " what happens, "-> " what we say, "<- " what the relay
 * says. A credential is taken out before a line leaves the process, whoever said it.
 *
 * Null where a transcript is passed: none is kept.
 */
#ifndef POSTOAK_DELIVERY_TRANSCRIPT_H
#define POSTOAK_DELIVERY_TRANSCRIPT_H

#include "queue/delivery/reply.h"

/* So many lines are told; what follows is left out. */
#define TRANSCRIPT_LINES_MAX 400

struct transcript;

/* Over `channel`, work.h's, which stays the caller's. Null without memory. */
struct transcript *transcript_new(int channel);

/* Keep `secret`, and every piece of it that matters, out of all lines from here on. A few
 * can be kept out; -1 for one more, or without memory: then nothing is told any more. */
int transcript_guard(struct transcript *transcript, const char *secret);

/* Take what is guarded out of `text` of `size` octets, which somebody else will tell. */
void transcript_redact(const struct transcript *transcript, char *text, size_t size);

void transcript_note(struct transcript *transcript, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void transcript_sent(struct transcript *transcript, const char *line);
void transcript_received(struct transcript *transcript, const struct reply *reply);

/* The same for a challenge of SASL: decoded where it is text, else only mentioned. */
void transcript_challenged(struct transcript *transcript, const struct reply *reply);

/* Wipes what was guarded; null is allowed. */
void transcript_free(struct transcript *transcript);

#endif
