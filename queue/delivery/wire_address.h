/* An address in the form that a relay takes. */
#ifndef POSTOAK_DELIVERY_WIRE_ADDRESS_H
#define POSTOAK_DELIVERY_WIRE_ADDRESS_H

#include <stdbool.h>

/*
 * `address` as MAIL and RCPT give it: as it is where it is ASCII or `smtputf8` is
 * offered (RFC 6531), else with the domain's U-labels as A-labels (RFC 5890 2.3.2.1).
 * Returns a fresh string; null and errno: EILSEQ where the address has no such form,
 * ENOMEM.
 */
char *wire_address(const char *address, bool smtputf8);

#endif
