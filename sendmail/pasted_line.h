/*
 * A line that a person pastes: longer than the 4095 octets that a terminal takes at a time,
 * and not to be shown.
 */
#ifndef POSTOAK_SENDMAIL_PASTED_LINE_H
#define POSTOAK_SENDMAIL_PASTED_LINE_H

#include "config/loop.h"

#define PASTED_LINE_MAX 16384

struct pasted_line;

/* `line` without blanks at its ends; null where the input has ended or cannot be read. It is
 * wiped afterwards, and more may come. */
typedef void pasted_line_came(const char *line, void *context);

/*
 * Read lines from standard input. A terminal shows nothing of them meanwhile, and has its
 * old settings back after pasted_line_close. What is no line of at most PASTED_LINE_MAX
 * octets comes as an empty one. Null and errno.
 */
struct pasted_line *pasted_line_open(struct loop *loop, pasted_line_came *came, void *context);

/* The terminal may have lost its settings: after SIGCONT. */
void pasted_line_renew(struct pasted_line *paste);

/* Null is allowed. Safe from within `came`. */
void pasted_line_close(struct pasted_line *paste);

#endif
