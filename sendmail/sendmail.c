/* SPDX-License-Identifier: ISC */
/*
 * sendmail, mailq, newaliases: what programs and people have called for forty years.
 *
 * Prints nothing when all is well, one line on standard error when not, and exits 0
 * only when the mail is safe on disk.
 */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "config/config.h"
#include "config/error.h"
#include "config/log.h"
#include "queue/message/utf8.h"
#include "sendmail/daemon.h"
#include "sendmail/newaliases.h"
#include "sendmail/options.h"
#include "sendmail/privilege.h"
#include "sendmail/queue_view.h"
#include "sendmail/smtp_run.h"
#include "sendmail/submit.h"
#include "sendmail/verify.h"

#define LOG_NAME_MAX 32

/* True also for what glibc opens in place of a closed one in a set-id program: a device,
 * in the direction that makes every use fail. */
static bool
is_closed(int fd)
{
	int useless = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;
	int flags = fcntl(fd, F_GETFL);
	struct stat status;

	if (flags < 0)
		return true;
	return (flags & O_ACCMODE) == useless && fstat(fd, &status) == 0 && S_ISCHR(status.st_mode);
}

/* Daemons call with descriptors 0 to 2 closed; a spool file must not become one. */
static int
fill_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		int null;

		if (!is_closed(fd))
			continue;
		null = open("/dev/null", O_RDWR);
		if (null < 0 || (null != fd && dup2(null, fd) < 0))
			return -1;
		if (null != fd)
			close(null);
	}
	return 0;
}

static void
print_help(void)
{
	fputs(
	    "usage: sendmail [-itnGUv] [-f sender] [-F name] [-C file] [recipient ...] < message\n"
	    "       sendmail -bs                 speak SMTP on standard input and output\n"
	    "       sendmail -bp | mailq         list the queue (-j: JSON)\n"
	    "       sendmail -bi | newaliases    check the aliases file\n"
	    "       sendmail -bv address ...     show where mail would go\n"
	    "       sendmail -q                  try the queue now\n"
	    "       sendmail -bd                 start the daemon\n"
	    "See sendmail(8) for every option.\n",
	    stdout);
}

static int
print_count(const struct config *config, const struct selection *selection, struct error *error)
{
	size_t count;

	if (queue_view_count(config, selection, &count, error) < 0)
		return -1;
	printf("%zu\n", count);
	return 0;
}

static int
check_config(const char *path, struct error *error)
{
	struct config *config;

	if (config_load(path, &config, error) < 0)
		return -1;
	config_free(config);
	return 0;
}

static bool
takes_mail(const struct options *options)
{
	return options->operation == OPERATION_SUBMIT || options->operation == OPERATION_SMTP;
}

static int
run(const struct options *options, const char *path, const struct config *config,
    struct error *error)
{
	/* Nothing but taking messages needs the group. */
	if (!takes_mail(options))
		privilege_drop();

	switch (options->operation) {
	case OPERATION_SUBMIT:
		return submit_run(options, config, error);
	case OPERATION_SMTP:
		return smtp_run(options, config, error);
	case OPERATION_LIST:
		return queue_view_write(config, &options->selection, options->json, stdout, error);
	case OPERATION_COUNT:
		return print_count(config, &options->selection, error);
	case OPERATION_ALIASES:
		return newaliases_run(
		    options->alias_file != NULL ? options->alias_file : config->aliases, stderr,
		    error);
	case OPERATION_VERIFY:
		return verify_run(options, config, stdout, error);
	case OPERATION_FLUSH:
		return daemon_flush(config, path, &options->selection, error);
	case OPERATION_DAEMON:
		return daemon_start(config, path, error);
	case OPERATION_FOREGROUND:
		return daemon_run(config, path, error);
	case OPERATION_CHECK:
		return check_config(path, error);
	case OPERATION_NOTHING:
		return 0;
	case OPERATION_VERSION:
		printf("Postoak %s\n", POSTOAK_VERSION);
		return 0;
	case OPERATION_HELP:
		print_help();
		return 0;
	}
	return error_set(error, EX_SOFTWARE, "no such operation");
}

/* -L names what to log as; what would garble the log is not taken. */
static bool
is_log_name(const char *tag)
{
	size_t length = strlen(tag);

	return length > 0 && length <= LOG_NAME_MAX &&
	       strspn(tag, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-") ==
		   length;
}

/* mailq -C DIR, as Postfix has it, means the file in that directory. */
static const char *
config_file(const char *given, char buffer[PATH_MAX])
{
	struct stat status;
	int length;

	if (given == NULL || stat(given, &status) < 0 || !S_ISDIR(status.st_mode))
		return given;
	length = snprintf(buffer, PATH_MAX, "%s/postoak.yaml", given);
	return length < PATH_MAX ? buffer : given;
}

/* Load the configuration where the operation uses one, and do what is asked. */
static int
act(const struct options *options, struct error *error)
{
	char buffer[PATH_MAX];
	struct config *config = NULL;
	const char *path;
	int result;

	/* The privilege is for the system's spool, not for one that the caller names. */
	if (options->config_path != NULL)
		privilege_drop();
	path = config_file(options->config_path, buffer);
	if (options->operation < OPERATION_CHECK) {
		if (config_load_submission(path, &config, error) < 0)
			return -1;
		if (options->tag != NULL && is_log_name(options->tag))
			log_open(options->tag, false);
		else
			log_open(config->syslog_name, false);
	}
	result = run(options, path, config, error);
	config_free(config);
	if (result == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		return error_set_errno(error, EX_IOERR, "standard output");
	return result;
}

/* Callers' words stand in errors: a terminal must not act on them, and programs that read
 * UTF-8 must be able to. */
static void
make_printable(char *text)
{
	while (*text != '\0') {
		size_t length = utf8_length(text, strlen(text));
		/* U+0080 to U+009F control terminals as escape sequences do. */
		bool control = length == 2 && text[0] == '\xc2' && (unsigned char)text[1] < 0xa0;

		if (length > 0 && !control) {
			text += length;
			continue;
		}
		*text++ = '?';
	}
}

/* Tell the caller what went wrong in one line. Returns the exit status. */
static int
complain(const struct options *options, struct error *error)
{
	make_printable(error->text);
	/* cron and daemons throw standard error away. */
	if (takes_mail(options))
		log_write(LOG_ERR, "sendmail", "uid=%lu: %s", (unsigned long)getuid(), error->text);
	/* Whoever does not listen still waits for the status. */
	signal(SIGPIPE, SIG_IGN);
	if (!options->silent)
		fprintf(stderr, "sendmail: %s\n", error->text);
	/* What the system lacks now it may have later, and until then the caller has the mail. */
	if (takes_mail(options) && error->status == EX_OSERR)
		return EX_TEMPFAIL;
	return error->status;
}

int
main(int argc, char **argv)
{
	struct options options;
	struct error error;
	int status = EX_OK;

	privilege_init();
	if (fill_standard_descriptors() < 0) {
		perror("sendmail: /dev/null");
		return EX_TEMPFAIL;
	}
	umask(077);
	log_open("postoak", false);

	if (options_parse(argc, argv, &options, &error) < 0 || act(&options, &error) < 0)
		status = complain(&options, &error);
	options_free(&options);
	return status;
}
