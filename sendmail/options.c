/* SPDX-License-Identifier: ISC */
#include "sendmail/options.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "config/log.h"
#include "sendmail/dsn.h"
#include "sendmail/settings.h"

enum argument {
	NONE,
	REQUIRED, /* the rest of the word, or the next word */
	OPTIONAL, /* the rest of the word, which may be empty */
};

/* What an option does; `value` is null without an argument. */
typedef int option_action(struct options *options, const char *value, struct error *error);

/* The operations that -b and argv[0] name. */
struct operation_name {
	const char *name;
	enum operation operation;
};

static const struct operation_name programs[] = {
    {"mailq", OPERATION_LIST},
    {"newaliases", OPERATION_ALIASES},
    {"runq", OPERATION_FLUSH},
    {"hoststat", OPERATION_NOTHING},
    {"purgestat", OPERATION_NOTHING},
    {"smtpd", OPERATION_DAEMON},
    {"rsmtp", OPERATION_SMTP},
    {NULL, OPERATION_SUBMIT},
};

static const struct operation_name operations[] = {
    {"m", OPERATION_SUBMIT},
    {"s", OPERATION_SMTP},
    {"p", OPERATION_LIST},
    {"P", OPERATION_COUNT},
    {"i", OPERATION_ALIASES},
    {"v", OPERATION_VERIFY},
    {"d", OPERATION_DAEMON},
    {"l", OPERATION_DAEMON},
    {"D", OPERATION_FOREGROUND},
    {"C", OPERATION_CHECK},
    {"h", OPERATION_NOTHING},
    {"H", OPERATION_NOTHING},
    {"V", OPERATION_VERSION},
    {NULL, OPERATION_SUBMIT},
};

static const struct operation_name *
find_operation(const struct operation_name *table, const char *name)
{
	while (table->name != NULL && strcmp(table->name, name) != 0)
		table++;
	return table;
}

static int
act_aliases(struct options *options, const char *value, struct error *error)
{
	(void)value;
	(void)error;
	options->operation = OPERATION_ALIASES;
	return 0;
}

static int
act_operation(struct options *options, const char *value, struct error *error)
{
	const struct operation_name *found = find_operation(operations, value);

	if (strcmp(value, "q") == 0) { /* DragonFly's: queue without delivery */
		options->queue_only = true;
		return 0;
	}
	if (found->name == NULL)
		return error_set(error, EX_USAGE, "operation mode -b%s is not supported", value);
	options->operation = found->operation;
	return 0;
}

/* Sendmail prints its version for debug level 0.1; scripts tell it apart by that. */
static int
act_debug(struct options *options, const char *value, struct error *error)
{
	(void)error;
	if (value != NULL && strcmp(value, "0.1") == 0)
		options->operation = OPERATION_VERSION;
	return 0;
}

/* Of what notifications are asked for, a part that cannot be understood is no reason to
 * refuse the mail. */
static int
ignore(char letter, const char *value)
{
	log_write(LOG_WARNING, "sendmail", "uid=%lu: ignoring -%c %s", (unsigned long)getuid(),
	    letter, value);
	return 0;
}

static int
act_notify(struct options *options, const char *value, struct error *error)
{
	unsigned notify = dsn_notify(value);

	(void)error;
	if (notify == 0)
		return ignore('N', value);
	options->notify = notify;
	return 0;
}

static int
act_return(struct options *options, const char *value, struct error *error)
{
	enum envelope_ret ret = dsn_ret(value);

	(void)error;
	if (ret == RET_UNSET)
		return ignore('R', value);
	options->ret = ret;
	return 0;
}

static int
act_envelope_id(struct options *options, const char *value, struct error *error)
{
	(void)error;
	if (!dsn_envelope_id_is_valid(value))
		return ignore('V', value);
	options->envelope_id = value;
	return 0;
}

/* "hash:/etc/aliases" says which kind of database Sendmail would make of the file. */
static const char *
alias_file(const char *value)
{
	const char *typed = strstr(value, ":/");

	return typed != NULL ? typed + 1 : value;
}

static void
apply_setting(struct options *options, enum setting setting, const char *value)
{
	switch (setting) {
	case SETTING_NONE:
		break;
	case SETTING_ALIAS_FILE:
		options->alias_file = alias_file(value);
		break;
	case SETTING_DELIVERY_MODE:
		options->queue_only = *value == 'q' || *value == 'd';
		break;
	case SETTING_ERROR_MODE:
		options->silent = *value == 'q';
		break;
	case SETTING_IGNORE_DOTS:
		options->ignore_dots = *value == '\0' || strchr("tTyY1", *value) != NULL;
		break;
	}
}

static int
act_set(struct options *options, const char *value, struct error *error)
{
	const char *rest;
	enum setting setting = settings_by_letter(value, &rest);

	(void)error;
	apply_setting(options, setting, rest);
	return 0;
}

static int
act_set_long(struct options *options, const char *value, struct error *error)
{
	const char *rest;
	enum setting setting = settings_by_name(value, &rest);

	(void)error;
	apply_setting(options, setting, rest);
	return 0;
}

static int
act_error_mode(struct options *options, const char *value, struct error *error)
{
	(void)error;
	apply_setting(options, SETTING_ERROR_MODE, value);
	return 0;
}

/*
 * -q runs the queue once, -q30m means a daemon that does so for ever; -qp and -qf say
 * how Sendmail's processes go about it. What else follows selects part of the queue.
 */
static int
act_queue(struct options *options, const char *value, struct error *error)
{
	enum operation operation = OPERATION_FLUSH;
	const char *rest = value == NULL ? "" : value;
	bool foreground = *rest == 'f';

	if (foreground || *rest == 'p')
		rest++;
	if (isdigit((unsigned char)*rest) && !foreground)
		operation = OPERATION_DAEMON;
	else if (*rest != '\0' && selection_add(&options->selection, rest, error) < 0)
		return -1;

	/* -bd -q30m is a daemon, and mailq -q still lists. */
	if (options->operation == OPERATION_SUBMIT || options->operation == OPERATION_FLUSH)
		options->operation = operation;
	return 0;
}

/* What follows the letter in the table. */
#define IGNORED(argument) argument, 0, NULL
#define FLAG(member) NONE, offsetof(struct options, member), NULL
#define STRING(member) REQUIRED, offsetof(struct options, member), NULL
#define ACTION(argument, act) argument, 0, act

static const struct option {
	char letter;
	enum argument argument;
	size_t member; /* the flag to set or the string to keep; 0: none */
	option_action *act;
} table[] = {
    {'A', IGNORED(REQUIRED)}, /* which of Sendmail's configurations */
    {'B', IGNORED(REQUIRED)}, /* body type: the body itself tells */
    {'b', ACTION(REQUIRED, act_operation)},
    {'C', STRING(config_path)},
    {'c', IGNORED(NONE)},
    {'D', IGNORED(REQUIRED)}, /* debug output: a file that would be written with privilege */
    {'d', ACTION(OPTIONAL, act_debug)},
    {'E', IGNORED(OPTIONAL)},
    {'e', ACTION(REQUIRED, act_error_mode)},
    {'F', STRING(full_name)},
    {'f', STRING(sender)},
    {'G', FLAG(gateway)},
    {'h', IGNORED(REQUIRED)}, /* hop count */
    {'I', ACTION(NONE, act_aliases)},
    {'i', FLAG(ignore_dots)},
    {'J', IGNORED(OPTIONAL)},
    {'j', FLAG(json)},
    {'L', STRING(tag)},
    {'M', IGNORED(REQUIRED)}, /* macro */
    {'m', IGNORED(NONE)},     /* me too */
    {'N', ACTION(REQUIRED, act_notify)},
    {'n', FLAG(no_aliases)},
    {'O', ACTION(REQUIRED, act_set_long)},
    {'o', ACTION(REQUIRED, act_set)},
    {'p', IGNORED(REQUIRED)}, /* protocol for Received */
    {'q', ACTION(OPTIONAL, act_queue)},
    {'R', ACTION(REQUIRED, act_return)},
    {'r', STRING(sender)},
    {'s', IGNORED(NONE)},
    {'T', IGNORED(NONE)},
    {'t', FLAG(extract)},
    {'U', FLAG(smtputf8)},
    {'V', ACTION(REQUIRED, act_envelope_id)},
    {'v', IGNORED(NONE)},
    {'X', IGNORED(REQUIRED)}, /* traffic log: a file that would be written with privilege */
    {'x', IGNORED(NONE)},
};

static const struct option *
find_option(char letter)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		if (table[i].letter == letter)
			return &table[i];
	}
	return NULL;
}

static bool
is_final(const struct options *options)
{
	return options->operation == OPERATION_VERSION || options->operation == OPERATION_HELP;
}

static int
parse_long(const char *word, struct options *options, struct error *error)
{
	if (strcmp(word, "--version") == 0)
		options->operation = OPERATION_VERSION;
	else if (strcmp(word, "--help") == 0)
		options->operation = OPERATION_HELP;
	else if (strcmp(word, "--json") == 0)
		options->json = true;
	else
		return error_set(error, EX_USAGE, "unrecognized option '%s'", word);
	return 0;
}

static int
apply(const struct option *option, const char *value, struct options *options, struct error *error)
{
	char *member = (char *)options + option->member;

	if (option->act != NULL)
		return option->act(options, value, error);
	if (option->member != 0 && option->argument == NONE)
		*(bool *)member = true;
	else if (option->member != 0)
		*(const char **)(void *)member = value;
	return 0;
}

/* The cluster `word`; `next` is the word after it (null at the end). Returns the
 * number of words used up, or -1. */
static int
parse_cluster(const char *word, const char *next, struct options *options, struct error *error)
{
	for (const char *p = word + 1; *p != '\0'; p++) {
		const struct option *option = find_option(*p);
		const char *value = p[1] != '\0' ? p + 1 : NULL;
		int used = 1;

		if (option == NULL)
			return error_set(error, EX_USAGE, "invalid option -- '%c'", *p);
		if (option->argument == NONE) {
			if (apply(option, NULL, options, error) < 0)
				return -1;
			continue;
		}
		if (option->argument == REQUIRED && value == NULL) {
			if (next == NULL)
				return error_set(
				    error, EX_USAGE, "option requires an argument -- '%c'", *p);
			value = next;
			used = 2;
		}
		return apply(option, value, options, error) < 0 ? -1 : used;
	}
	return 1;
}

static bool
takes_selection(enum operation operation)
{
	return operation == OPERATION_FLUSH || operation == OPERATION_LIST ||
	       operation == OPERATION_COUNT;
}

/* What contradicts itself is refused before anything is read. */
static int
check(const struct options *options, struct error *error)
{
	bool addresses =
	    options->operation == OPERATION_SUBMIT || options->operation == OPERATION_VERIFY;

	if (options->recipient_count > 0 && !addresses)
		return error_set(error, EX_USAGE, "this operation takes no recipients: %s",
		    options->recipients[0]);
	/* Frameworks add -t to any command; SMTP names the recipients. */
	if (options->extract && options->operation != OPERATION_SUBMIT &&
	    options->operation != OPERATION_SMTP)
		return error_set(error, EX_USAGE, "-t is for sending mail only");
	if (options->selection.count > 0 && !takes_selection(options->operation))
		return error_set(error, EX_USAGE, "-q%s: this operation takes no selection",
		    options->selection.words[0]);
	/* "-joe@example.org" is a recipient without "--", not an option with an option. */
	if (options->json && options->operation != OPERATION_LIST)
		return error_set(error, EX_USAGE, "-j is for listing the queue only");
	if (options->operation == OPERATION_VERIFY && options->recipient_count == 0)
		return error_set(error, EX_USAGE, "-bv needs an address");
	return 0;
}

int
options_parse(int argc, char **argv, struct options *options, struct error *error)
{
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
	const char *program = slash != NULL ? slash + 1 : argc > 0 ? argv[0] : "sendmail";
	bool words_only = false;

	*options = (struct options){.operation = find_operation(programs, program)->operation};
	options->ignore_dots = strcmp(program, "rmail") == 0;
	options->recipients = calloc((size_t)argc + 1, sizeof *options->recipients);
	if (options->recipients == NULL)
		return error_set_errno(error, EX_OSERR, "command line");

	for (int i = 1; i < argc && !is_final(options);) {
		char *word = argv[i];
		int used = 1;

		if (words_only || *word != '-')
			options->recipients[options->recipient_count++] = word;
		else if (strcmp(word, "--") == 0)
			words_only = true;
		else if (word[1] == '-')
			used = parse_long(word, options, error) < 0 ? -1 : 1;
		else if (word[1] == '\0')
			used = error_set(error, EX_USAGE, "invalid word '-'");
		else
			used =
			    parse_cluster(word, i + 1 < argc ? argv[i + 1] : NULL, options, error);
		if (used < 0)
			goto fail;
		i += used;
	}
	if (!is_final(options) && check(options, error) < 0)
		goto fail;
	return 0;

fail:
	options_free(options);
	return -1;
}

void
options_free(struct options *options)
{
	free(options->recipients);
	*options = (struct options){0};
}
