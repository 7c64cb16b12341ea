/* One line of a history: "SECONDS.MICROSECONDS EVENT INDEX REPLY". Used by history.c
 * and history_read.c. */
#ifndef POSTOAK_SPOOL_HISTORY_TEXT_H
#define POSTOAK_SPOOL_HISTORY_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Replies are cut at so many octets. */
#define HISTORY_REPLY_MAX 1000

enum history_event {
	HISTORY_ATTEMPT,   /* a transaction reached the relay; counts */
	HISTORY_DEFERRED,  /* recipient: refused for now */
	HISTORY_DELIVERED, /* recipient: final */
	HISTORY_FAILED,    /* recipient: refused for good; final once its sender was told */
	HISTORY_HELD,
	HISTORY_RELEASED,
	/* With a recipient: his failure was told, the reply being the bounce's queue id or
	 * why there is none. For the message: "warning", a delay warning was sent. */
	HISTORY_BOUNCE,
};

struct history_line {
	enum history_event event;
	long index;        /* a recipient's number from 0; -1: the message */
	const char *reply; /* null: none */
};

/* True for the events that say nothing without a recipient. */
bool history_event_has_recipient(enum history_event event);

/* Write the line with its end. */
void history_text_write(FILE *out, uint64_t when_us, const struct history_line *line);

/*
 * Parse a complete line of `length` octets, without its end; the reply ("" where none)
 * points into it. False where it is not one that history_text_write makes.
 */
bool history_text_parse(
    const char *text, size_t length, uint64_t *when_us, struct history_line *line);

#endif
