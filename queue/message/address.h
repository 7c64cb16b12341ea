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
#include "queue/message/address_spec.h"

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

/* More addresses than this in one list are an error. */
#define ADDRESS_LIST_MAX 100000

/*
 * Parse `length` octets: a header field body (folded or not) or a command line
 * argument. Groups give their members, empty list elements are skipped, semicolons
 * separate like commas. Words that are not joined by '.' or '@' and do not stand
 * before <addr> are addresses of their own ("root joe", Sendmail's OldStyleHeaders).
 * Appends to `list` (start from {0}); on failure the list is as before and `error`
 * (EX_DATAERR) names the offending piece. Free with address_list_free. Linear time.
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

/* Append a copy of the three to `list` (name may be null). Returns 0, or -1 and errno. */
int address_list_append(
    struct address_list *list, const char *address, const char *name, bool verbatim);

/* Drop and free the items from `count` on; a list of none holds no memory. */
void address_list_truncate(struct address_list *list, size_t count);

/* The domain of an RFC 5321 form address (after the last unquoted '@'), or null. */
const char *address_domain(const char *address);

/* A fresh "address@domain" where `address` has no domain, else a copy. */
char *address_qualify(const char *address, const char *domain);

/* An order: local parts exactly, domains without regard to case. As strcmp(3). */
int address_compare(const char *a, const char *b);

/* Equal as mailboxes: address_compare says 0. */
bool address_equal(const char *a, const char *b);

/* True where any octet is outside ASCII, so that SMTPUTF8 (RFC 6531) is needed. */
bool address_is_utf8(const char *address);

#endif
