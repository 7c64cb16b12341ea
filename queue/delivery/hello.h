/* What a relay offers: its reply to EHLO (RFC 5321 4.1.1.1). */
#ifndef POSTOAK_DELIVERY_HELLO_H
#define POSTOAK_DELIVERY_HELLO_H

#include <stdint.h>

/* Extensions, as bits. */
enum {
	HELLO_PIPELINING = 1 << 0,
	HELLO_CHUNKING = 1 << 1,
	HELLO_SIZE = 1 << 2,
	HELLO_8BITMIME = 1 << 3,
	HELLO_SMTPUTF8 = 1 << 4,
	HELLO_DSN = 1 << 5,
	HELLO_ENHANCEDSTATUSCODES = 1 << 6,
	HELLO_STARTTLS = 1 << 7,
	HELLO_AUTH = 1 << 8,
};

struct hello {
	unsigned extensions; /* HELLO_ bits */
	unsigned mechanisms; /* 1 << enum mechanism, of those we know */
	uint64_t size;       /* the SIZE limit in octets; 0: none or unknown */
};

/*
 * Read the text of a reply to EHLO (reply.h: lines separated by LF). The first line is
 * the relay's name; unknown keywords are ignored; "AUTH=LOGIN", the form from before
 * RFC 2554, counts as AUTH. What `disabled` (DISABLE_ bits) names counts as not offered.
 */
void hello_parse(const char *text, unsigned disabled, struct hello *hello);

#endif
