/*
 * What follows DATA: the octets of the message, its dots unstuffed (RFC 5321 4.5.2), and
 * where it ends.
 *
 * A client ends its lines with CRLF, as RFC 5321 wants, or with LF, which the Linux
 * Standard Base allows here; the line end of its DATA command says which, and for this
 * message nothing else separates lines. The message ends at a line with nothing but a
 * dot, the line before it (the DATA command, if need be) and the dot itself each ended
 * by that separator; and only after that separator is a dot taken away. So an octet
 * sequence means here what it meant to whoever stuffed the dots, and nobody can smuggle
 * a second message through by an end that one side sees and the other does not:
 *
 *	after DATA CRLF	CRLF . CRLF is the end; in LF . LF, LF . CRLF and CRLF . LF
 *			the bare LF is text
 *	after DATA LF	LF . LF is the end, and a CR in front is text: it belongs to the
 *			line before; in LF . CR LF the line is a dot and a CR
 *
 * A bare CR is never a line end. What is text here still becomes canonical later:
 * canonical.h.
 */
#ifndef POSTOAK_SENDMAIL_SMTP_DATA_H
#define POSTOAK_SENDMAIL_SMTP_DATA_H

#include <stdbool.h>
#include <stddef.h>

struct smtp_data {
	bool crlf; /* the separator; else LF */
	enum {
		SMTP_DATA_START,  /* of a line */
		SMTP_DATA_TEXT,   /* within one */
		SMTP_DATA_CR,     /* within one, after a CR; only with `crlf` */
		SMTP_DATA_DOT,    /* after the dot that a line begins with, which is held back */
		SMTP_DATA_DOT_CR, /* and a CR, held back too; only with `crlf` */
		SMTP_DATA_END,
	} state;
	/* Takes octets of the message, in pieces of any size. */
	void (*put)(void *context, const char *text, size_t length);
	void *context;
};

/* Begin after a DATA command that ended with CRLF, or else with LF; set `put` too. */
void smtp_data_begin(struct smtp_data *data, bool crlf);

/*
 * Take `length` octets. Returns how many were used: all of them, unless the message
 * ended (SMTP_DATA_END) before.
 */
size_t smtp_data_feed(struct smtp_data *data, const char *text, size_t length);

#endif
