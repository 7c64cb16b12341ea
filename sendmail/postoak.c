/* SPDX-License-Identifier: ISC */
/* postoak: the administration program. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "config/error.h"
#include "config/log.h"
#include "sendmail/command.h"

static const struct command {
	const char *group; /* null for commands of one word */
	const char *name;
	const char *arguments; /* as the manual shows them */
	size_t minimum;        /* arguments */
	size_t maximum;
	unsigned options; /* COMMAND_* bits: takes these */
	command_run *run;
} commands[] = {
    {NULL, "status", "[--json]", 0, 0, COMMAND_JSON, command_status},
    {"queue", "list", "[--json]", 0, 0, COMMAND_JSON, command_queue_list},
    {NULL, "suspend", "PROFILE", 1, 1, 0, command_suspend},
    {NULL, "resume", "PROFILE", 1, 1, 0, command_resume},
    {"oauth", "status", "[PROFILE] [--json]", 0, 1, COMMAND_JSON, command_oauth_status},
    {"oauth", "refresh", "PROFILE", 1, 1, 0, command_oauth_refresh},
    {"oauth", "grant", "PROFILE [--device|--browser|--paste]", 1, 1,
	COMMAND_DEVICE | COMMAND_BROWSER | COMMAND_PASTE, command_oauth_grant},
    {"oauth", "test-authorization", "PROFILE|--client CLIENT [--browser|--paste] [--redeem]", 0, 1,
	COMMAND_BROWSER | COMMAND_PASTE | COMMAND_REDEEM | COMMAND_CLIENT,
	command_oauth_test_authorization},
    {"config", "check", "", 0, 0, 0, command_config_check},
    {"config", "show", "", 0, 0, 0, command_config_show},
};

static void
print_usage(FILE *out)
{
	fputs("usage: postoak [-C file] command\nCommands:\n", out);
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		const struct command *command = &commands[i];

		fprintf(out, "  %s%s%s %s\n", command->group != NULL ? command->group : "",
		    command->group != NULL ? " " : "", command->name, command->arguments);
	}
}

/* The command that the words in `call` begin with, which are taken off it. */
static const struct command *
find_command(struct command_call *call)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		const struct command *command = &commands[i];
		size_t words = command->group != NULL ? 2 : 1;

		if (call->count < words || strcmp(call->arguments[words - 1], command->name) != 0 ||
		    (words == 2 && strcmp(call->arguments[0], command->group) != 0))
			continue;
		call->arguments += words;
		call->count -= words;
		return command;
	}
	return NULL;
}

static const struct {
	const char *word;
	unsigned bit;
} options[] = {
    {"--json", COMMAND_JSON}, {"--device", COMMAND_DEVICE}, {"--browser", COMMAND_BROWSER},
    {"--paste", COMMAND_PASTE}, {"--redeem", COMMAND_REDEEM},
    {"--client", COMMAND_CLIENT}, /* the next word is its value */
};

/* The bit of an option; 0 for what is none. */
static unsigned
option_bit(const char *word)
{
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		if (strcmp(word, options[i].word) == 0)
			return options[i].bit;
	return 0;
}

/* One of the options that `command` does not take; or null. */
static const char *
foreign_option(const struct command *command, const struct command_call *call)
{
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		if ((call->options & ~command->options & options[i].bit) != 0)
			return options[i].word;
	return NULL;
}

/* Note the option `word`, followed by `next`, in the call; 0 where it is none. */
static unsigned
take_option(struct command_call *call, const char *word, const char *next)
{
	unsigned bit = option_bit(word);

	if (bit == COMMAND_CLIENT && next == NULL)
		return 0;
	if (bit == COMMAND_CLIENT)
		call->client = next;
	call->options |= bit;
	return bit;
}

/* Take the options out of `argv`; the words that remain become the call's. Returns the
 * option that is none, or null. */
static const char *
sort_words(int argc, char **argv, struct command_call *call)
{
	*call = (struct command_call){.arguments = argv + 1};
	for (int i = 1; i < argc; i++) {
		if (call->count == 0 && strncmp(argv[i], "-C", 2) == 0 &&
		    (argv[i][2] != '\0' || i + 1 < argc))
			call->config_path = argv[i][2] != '\0' ? argv[i] + 2 : argv[++i];
		else if (*argv[i] != '-')
			call->arguments[call->count++] = argv[i];
		else if (call->count == 0 || take_option(call, argv[i], argv[i + 1]) == 0)
			return argv[i];
		else if (option_bit(argv[i]) == COMMAND_CLIENT)
			i++;
	}
	call->json = (call->options & COMMAND_JSON) != 0;
	return NULL;
}

static int
fail(const char *reason, const char *what)
{
	fprintf(stderr, "postoak: %s%s\n", reason, what);
	return EX_USAGE;
}

static int
run(const struct command *command, const struct command_call *call)
{
	struct error error;
	int status = command->run(call, &error);

	if (status >= 0 && (fflush(stdout) != 0 || ferror(stdout)))
		status = error_set_errno(&error, EX_IOERR, "standard output");
	if (status >= 0)
		return status;
	fprintf(stderr, "postoak: %s\n", error.text);
	return error.status;
}

int
main(int argc, char **argv)
{
	const struct command *command;
	struct command_call call;
	const char *bad;

	log_open("postoak", false);
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("Postoak %s\n", POSTOAK_VERSION);
		return EX_OK;
	}
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		print_usage(stdout);
		return EX_OK;
	}

	bad = sort_words(argc, argv, &call);
	if (bad != NULL)
		return fail("unknown option ", bad);
	if (call.count == 0) {
		print_usage(stderr);
		return EX_USAGE;
	}
	command = find_command(&call);
	if (command == NULL) {
		fail("unknown command: ", call.arguments[0]);
		print_usage(stderr);
		return EX_USAGE;
	}
	if (call.count < command->minimum)
		return fail("missing argument: ", command->arguments);
	if (call.count > command->maximum)
		return fail("unexpected argument: ", call.arguments[command->maximum]);
	bad = foreign_option(command, &call);
	if (bad != NULL)
		return fail("unknown option ", bad);
	return run(command, &call);
}
