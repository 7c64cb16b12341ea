/* What the writer and the reader of message files' headers agree on. */
#ifndef POSTOAK_SPOOL_ENVELOPE_SYNTAX_H
#define POSTOAK_SPOOL_ENVELOPE_SYNTAX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENVELOPE_MAGIC "postoak-message "
#define ENVELOPE_VERSION 1

/* Digits of size and crc32c, which are patched in place. */
#define ENVELOPE_SIZE_DIGITS 12
#define ENVELOPE_SIZE_MAX UINT64_C(999999999999)
#define ENVELOPE_CRC_DIGITS 8

#define ENVELOPE_KEY_SIZE 17 /* 16 hexadecimal digits and NUL */

/* NOTIFY of RFC 3461 4.1, as bits; 0 when not given. */
enum { NOTIFY_NEVER = 1, NOTIFY_SUCCESS = 2, NOTIFY_FAILURE = 4, NOTIFY_DELAY = 8 };

/* True for 16 lower-case hexadecimal digits. */
bool envelope_key_is_valid(const char *key);

/* True for an ENVID value: xtext (RFC 3461 4), 1 to 100 characters (4.4). */
bool envelope_envid_is_valid(const char *envid);

/* True for an ORCPT value: "type;xtext" of at most 500 characters (RFC 3461 4.2);
 * UTF-8 as it is is allowed (RFC 6533 3). */
bool envelope_orcpt_is_valid(const char *orcpt);

/* "success,failure,delay" or "never"; null for bits that make no NOTIFY value. */
const char *envelope_notify_format(unsigned notify);

/* The bits of `length` characters of text, names in any order; 0 where they are none. */
unsigned envelope_notify_parse(const char *text, size_t length);

#endif
