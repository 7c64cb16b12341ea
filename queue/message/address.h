/*
 * Mail addresses as people and programs write them: RFC 5322 address lists with
 * groups, comments, quoted strings and folding, and what thirty years of callers
 * pass besides (bare user names, route-addrs, unquoted words before <addr>,
 * raw UTF-8).
 */
#ifndef POSTOAK_MESSAGE_ADDRESS_H
#define POSTOAK_MESSAGE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "config/error.h"

/* RFC 5321 4.5.3.1: 64 + 1 + 255, with room for quoting. */
#define ADDRESS_MAX 512

/*
 * One mailbox. `address` is the RFC 5321 form (the local part quoted where it must
 * be), without domain where none was given, "" for "<>". `name` is the display
 * name with quoting and comments undone, or null.
 */
struct mailbox {
	char *name;
	char *address;
	bool verbatim; /* written as \user: no alias expansion */
};

struct address_list {
	struct mailbox *items;
	size_t count;
};

/*
 * Parse `length` octets: a header field body (folded or not) or a command line
 * argument. Groups give their members, empty list elements are skipped. Appends to
 * `list` (start from {0}); on failure the list is as before and `error` (EX_DATAERR)
 * names the offending piece. Free with address_list_free.
 */
int address_list_parse(
    const char *text, size_t length, struct address_list *list, struct error *error);
void address_list_free(struct address_list *list);

/*
 * Check and normalise one envelope address given by a caller (-f, an alias target,
 * a configuration value): one mailbox, no control characters, at most ADDRESS_MAX
 * octets. *address is fresh. "" and "<>" give "".
 */
int address_parse_one(const char *text, char **address, struct error *error);

/* True where `address` can stand in MAIL or RCPT (RFC 5321 4.1.2, RFC 6531): has a
 * local part, no control characters, spaces only inside quotes, within bounds. */
bool address_is_valid(const char *address);

/* The domain of an RFC 5321 form address (after the last unquoted '@'), or null. */
const char *address_domain(const char *address);

/* A fresh "address@domain" where `address` has no domain, else a copy. */
char *address_qualify(const char *address, const char *domain);

/* Equal as mailboxes: local parts exactly, domains without regard to case. */
bool address_equal(const char *a, const char *b);

/* True where any octet is outside ASCII, so that SMTPUTF8 (RFC 6531) is needed. */
bool address_is_utf8(const char *address);

#endif
