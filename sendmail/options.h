/*
 * The command line of sendmail, mailq, newaliases and their relatives: thirty
 * years of options in one table, sendmail(8).
 *
 * Words are taken as getopt(3) takes them: options cluster (-ti), a required
 * argument is attached or the next word, an optional one is attached or absent,
 * "--" ends the options. Options may follow recipients; a word with a dash that is
 * no option is an error, never a recipient.
 */
#ifndef POSTOAK_SENDMAIL_OPTIONS_H
#define POSTOAK_SENDMAIL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "config/error.h"
#include "queue/selection.h"
#include "queue/spool/envelope.h"

enum operation {
	OPERATION_SUBMIT,     /* -bm, and what everybody means */
	OPERATION_SMTP,       /* -bs */
	OPERATION_LIST,       /* -bp, mailq */
	OPERATION_COUNT,      /* -bP */
	OPERATION_ALIASES,    /* -bi, -I, newaliases */
	OPERATION_VERIFY,     /* -bv */
	OPERATION_FLUSH,      /* -q, runq */
	OPERATION_DAEMON,     /* -bd, -bl, -q30m */
	OPERATION_FOREGROUND, /* -bD */
	OPERATION_CHECK,      /* -bC */
	OPERATION_NOTHING,    /* -bh, -bH, hoststat, purgestat: no host status is kept */
	OPERATION_VERSION,
	OPERATION_HELP,
};

struct options {
	enum operation operation;
	const char *config_path;    /* -C; null: the default */
	bool json;                  /* -j, --json */
	bool silent;                /* -oeq: the exit status says it all */
	const char *alias_file;     /* -oA, for OPERATION_ALIASES; null: the configured one */
	struct selection selection; /* -qI, -qR, -qS; for OPERATION_FLUSH, _LIST and _COUNT */

	/* What follows matters for OPERATION_SUBMIT and OPERATION_VERIFY, and as far as no
	 * SMTP command says the same, for OPERATION_SMTP. */
	bool extract;            /* -t */
	bool ignore_dots;        /* -i */
	bool no_aliases;         /* -n */
	bool gateway;            /* -G: the header is complete */
	bool queue_only;         /* -odq, -odd: the runner is not told */
	bool smtputf8;           /* -U */
	const char *sender;      /* -f, -r; null: the user */
	const char *full_name;   /* -F; null: $NAME or the password file */
	const char *tag;         /* -L; null: the configured name */
	unsigned notify;         /* -N, NOTIFY_* bits */
	enum envelope_ret ret;   /* -R */
	const char *envelope_id; /* -V, as given */
	char **recipients;       /* fresh array of the words in argv */
	size_t recipient_count;
};

/*
 * Take `argv` apart into `options`, which is filled whole. What it points to lives
 * as long as argv; options_free frees the rest. EX_USAGE and a one-line text for
 * what cannot be done; `options` then are those of a program called without any.
 * After --version, --help, -bV and -d0.1 nothing more is looked at.
 */
int options_parse(int argc, char **argv, struct options *options, struct error *error);
void options_free(struct options *options);

#endif
