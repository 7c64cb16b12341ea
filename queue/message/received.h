/* The Received field: the trace Postoak leaves, and the loops it shows. */
#ifndef POSTOAK_MESSAGE_RECEIVED_H
#define POSTOAK_MESSAGE_RECEIVED_H

#include <stddef.h>
#include <sys/types.h>
#include <time.h>

/* A message with more Received fields than this goes in circles (RFC 5321 6.3). */
#define RECEIVED_MAX 50

/*
 * The field that Postoak puts before the header when it delivers, with its last CRLF:
 * who submitted the message here (`uid`), under which queue `id`, and when. A fresh
 * string, or null (ENOMEM).
 */
char *received_format(const char *hostname, uid_t uid, const char *id, time_t when);

/* The Received fields in a header block (as header_next reads it). */
size_t received_count(const char *block, size_t length);

#endif
