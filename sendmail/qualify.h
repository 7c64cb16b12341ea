/*
 * Addresses without a domain in a header field: "root", "Cron Daemon <root>",
 * "root (Cron Daemon)". Relays refuse them.
 */
#ifndef POSTOAK_SENDMAIL_QUALIFY_H
#define POSTOAK_SENDMAIL_QUALIFY_H

#include <stddef.h>
#include <stdio.h>

/*
 * Write the body of an address field (`length` octets, folded or not) to `out`, with
 * "@domain" after every address that has no domain, and every other octet as it is.
 * What is no address (several words without angle brackets, an unclosed quote) stays.
 */
void qualify_addresses(const char *body, size_t length, const char *domain, FILE *out);

#endif
