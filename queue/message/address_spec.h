/*
 * One local part and domain put together from tokens: RFC 5322 addr-spec with its
 * obsolete forms, and its one normal form (RFC 5321 Mailbox).
 */
#ifndef POSTOAK_MESSAGE_ADDRESS_SPEC_H
#define POSTOAK_MESSAGE_ADDRESS_SPEC_H

#include <stdbool.h>
#include <stddef.h>

#include "queue/message/address_token.h"

/* RFC 5321 4.5.3.1: 64 + 1 + 255, with room for quoting. */
#define ADDRESS_MAX 512

struct address_spec { /* start from {0} */
	char local[ADDRESS_MAX];
	size_t local_length;
	char domain[ADDRESS_MAX];
	size_t domain_length;
	bool started;
	bool in_domain;
	bool after_word;
	bool verbatim; /* began with a backslash */
};

enum address_spec_result {
	ADDRESS_SPEC_TAKEN,
	ADDRESS_SPEC_NEXT, /* the token does not belong to it: a word begins another address */
	ADDRESS_SPEC_BAD,
};

/* Add a token that is neither a comment nor the end. */
enum address_spec_result address_spec_add(struct address_spec *spec, const struct token *token);

/*
 * The address in normal form: the local part quoted only where it must be, one dot at
 * the domain's end dropped. Returns 0, or -1 where it is not an address.
 */
int address_spec_format(const struct address_spec *spec, char buffer[ADDRESS_MAX + 1]);

/* address_is_valid, for a string that is already in that form. */
bool address_spec_is_valid(const char *address);

#endif
