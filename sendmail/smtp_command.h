/*
 * A command line of an SMTP client, taken apart: RFC 5321 section 4.1.1, with the
 * liberties that small programs take and Postfix grants them: white space around
 * words and the colon, and paths without angle brackets.
 */
#ifndef POSTOAK_SENDMAIL_SMTP_COMMAND_H
#define POSTOAK_SENDMAIL_SMTP_COMMAND_H

#include <stddef.h>

/* A path at its longest (ADDRESS_MAX), with a source route and brackets. */
#define SMTP_PATH_MAX 1024

enum smtp_verb {
	SMTP_VERB_HELO,
	SMTP_VERB_EHLO,
	SMTP_VERB_MAIL,
	SMTP_VERB_RCPT,
	SMTP_VERB_DATA,
	SMTP_VERB_RSET,
	SMTP_VERB_NOOP,
	SMTP_VERB_VRFY,
	SMTP_VERB_HELP,
	SMTP_VERB_QUIT,
	SMTP_VERB_REFUSED, /* known, and not done here: EXPN, AUTH, STARTTLS, ... */
	SMTP_VERB_UNKNOWN,
};

/*
 * The verb that `line` (without its end) begins with, in any case. *argument is what
 * follows it within the line, without white space in front; white space at the line's
 * end is cut off.
 */
enum smtp_verb smtp_command_verb(char *line, char **argument);

/*
 * Take "FROM:<path> parameters" apart, where `keyword` is "FROM" or "TO" in any case.
 * `path` gets the path in angle brackets, whether it had them or not; what it means is
 * for address_list_parse to say. *parameters is what follows, "" for nothing. Returns
 * 0, or -1 where it has not that form.
 */
int smtp_command_path(
    char *argument, const char *keyword, char path[SMTP_PATH_MAX], char **parameters);

#endif
