/* SPDX-License-Identifier: ISC */
/* postoak: the administration program. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "config/error.h"
#include "config/log.h"
#include "sendmail/command.h"

/* What a command takes beside its arguments. */
enum {
	PLAIN = 0,
	JSON = 1 << 0,    /* --json */
	OPTIONS = 1 << 1, /* options of its own, which it finds among its arguments */
};

static const struct command {
	const char *group; /* null for commands of one word */
	const char *name;
	const char *arguments; /* as the manual shows them */
	size_t minimum;        /* arguments */
	size_t maximum;
	unsigned takes;
	command_run *run;
} commands[] = {
    {NULL, "status", "[--json]", 0, 0, JSON, command_status},
    {"queue", "list", "[--json]", 0, 0, JSON, command_queue_list},
    {NULL, "suspend", "PROFILE", 1, 1, PLAIN, command_suspend},
    {NULL, "resume", "PROFILE", 1, 1, PLAIN, command_resume},
    {NULL, "test", "PROFILE RECIPIENT", 2, 2, PLAIN, command_test},
    {"profile", "list", "[--json]", 0, 0, JSON, command_profile_list},
    {"profile", "show", "PROFILE [--json]", 1, 1, JSON, command_profile_show},
    {"profile", "new", "[NAME --provider PROVIDER [--grant GRANT] [--write]] [--json]", 0, 6,
	JSON | OPTIONS, command_profile_new},
    {"oauth", "status", "[PROFILE] [--json]", 0, 1, JSON, command_oauth_status},
    {"oauth", "refresh", "PROFILE", 1, 1, PLAIN, command_oauth_refresh},
    {"oauth", "grant", "PROFILE [--device|--browser|--paste]", 1, 2, OPTIONS, command_oauth_grant},
    {"oauth", "test-authorization", "PROFILE | --client CLIENT [--browser|--paste] [--redeem]", 1,
	4, OPTIONS, command_oauth_test_authorization},
    {"oauth", "revoke", "PROFILE", 1, 1, PLAIN, command_oauth_revoke},
    {"oauth", "token",
	"PROFILE | --client CLIENT [--grant GRANT] [--scope SCOPE]... [--parameter NAME=VALUE]...",
	1, 128, OPTIONS, command_oauth_token},
    {"oauth", "test-token", "PROFILE | --client CLIENT [options as of token]", 1, 128, OPTIONS,
	command_oauth_test_token},
    {"secret", "set", "NAME", 1, 1, PLAIN, command_secret_set},
    {"secret", "list", "[--json]", 0, 0, JSON, command_secret_list},
    {"secret", "delete", "NAME", 1, 1, PLAIN, command_secret_delete},
    {"secret", "rekey", "", 0, 0, PLAIN, command_secret_rekey},
    {"config", "check", "", 0, 0, PLAIN, command_config_check},
    {"config", "show", "", 0, 0, PLAIN, command_config_show},
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

/* Take -C and --json out of `argv`; the words that remain become the call's. Returns an
 * option before the command that is none, or null. */
static const char *
sort_words(int argc, char **argv, struct command_call *call)
{
	*call = (struct command_call){.arguments = argv + 1};
	for (int i = 1; i < argc; i++) {
		if (call->count == 0 && strncmp(argv[i], "-C", 2) == 0 &&
		    (argv[i][2] != '\0' || i + 1 < argc))
			call->config_path = argv[i][2] != '\0' ? argv[i] + 2 : argv[++i];
		else if (call->count > 0 && strcmp(argv[i], "--json") == 0)
			call->json = true;
		else if (call->count == 0 && *argv[i] == '-')
			return argv[i];
		else
			call->arguments[call->count++] = argv[i];
	}
	return NULL;
}

/* An option among the arguments; or null. */
static const char *
find_option(const struct command_call *call)
{
	for (size_t i = 0; i < call->count; i++)
		if (*call->arguments[i] == '-')
			return call->arguments[i];
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
	bad = (command->takes & OPTIONS) != 0 ? NULL : find_option(&call);
	if (bad != NULL)
		return fail("unknown option ", bad);
	if (call.count < command->minimum)
		return fail("missing argument: ", command->arguments);
	/* It is not repeated: somebody may have taken it for the place of a secret. */
	if (call.count > command->maximum)
		return fail("too many arguments; there may be: ",
		    command->maximum == 0 ? "none" : command->arguments);
	if (call.json && (command->takes & JSON) == 0)
		return fail("unknown option ", "--json");
	return run(command, &call);
}
