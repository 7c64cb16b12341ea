/* SPDX-License-Identifier: ISC */
#include "sendmail/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sysexits.h>

#include <cmocka.h>

#define WORDS_MAX 16

static struct error error;

/* Split `line` at spaces, with '' for an empty word, and parse it. */
static int
parse(const char *line, struct options *options)
{
	static char copy[512];
	static char *argv[WORDS_MAX + 1];
	int argc = 0;
	char *rest = copy;
	char *word;

	assert_true(strlen(line) < sizeof copy);
	strcpy(copy, line);
	while ((word = strsep(&rest, " ")) != NULL && argc < WORDS_MAX) {
		if (strcmp(word, "''") == 0)
			*word = '\0';
		argv[argc++] = word;
	}
	argv[argc] = NULL;
	memset(&error, 0, sizeof error);
	return options_parse(argc, argv, options, &error);
}

static void
test_programs_and_operations(void **state)
{
	static const struct {
		const char *line;
		enum operation operation;
	} cases[] = {
	    {"sendmail root", OPERATION_SUBMIT},
	    {"/usr/lib/sendmail -bm root", OPERATION_SUBMIT},
	    {"send-mail root", OPERATION_SUBMIT},
	    {"/usr/bin/mailq", OPERATION_LIST},
	    {"mailq -v -Ac", OPERATION_LIST},
	    {"mailq -q", OPERATION_LIST},
	    {"sendmail -bp", OPERATION_LIST},
	    {"sendmail -b p", OPERATION_LIST},
	    {"newaliases", OPERATION_ALIASES},
	    {"newaliases -bp", OPERATION_LIST},
	    {"sendmail -bi", OPERATION_ALIASES},
	    {"sendmail -I", OPERATION_ALIASES},
	    {"sendmail -bP", OPERATION_COUNT},
	    {"sendmail -bv root", OPERATION_VERIFY},
	    {"sendmail -q", OPERATION_FLUSH},
	    {"sendmail -qf", OPERATION_FLUSH},
	    {"sendmail -qp", OPERATION_FLUSH},
	    {"sendmail -qRx -q!Sy", OPERATION_FLUSH},
	    {"sendmail -qfIx", OPERATION_FLUSH},
	    {"sendmail -qp30m", OPERATION_DAEMON},
	    {"mailq -qRx", OPERATION_LIST},
	    {"sendmail -qRx -bP", OPERATION_COUNT},
	    {"runq", OPERATION_FLUSH},
	    {"sendmail -q30m", OPERATION_DAEMON},
	    {"sendmail -bd", OPERATION_DAEMON},
	    {"sendmail -bd -q30m", OPERATION_DAEMON},
	    {"sendmail -q30m -bd", OPERATION_DAEMON},
	    {"sendmail -bD", OPERATION_FOREGROUND},
	    {"sendmail -bC", OPERATION_CHECK},
	    {"hoststat", OPERATION_NOTHING},
	    {"purgestat", OPERATION_NOTHING},
	    {"purgestat -bm root", OPERATION_SUBMIT},
	    {"smtpd", OPERATION_DAEMON},
	    {"rsmtp", OPERATION_SMTP},
	    {"rmail root", OPERATION_SUBMIT},
	    {"sendmail -bh", OPERATION_NOTHING},
	    {"sendmail -bV", OPERATION_VERSION},
	    {"sendmail --version", OPERATION_VERSION},
	    {"sendmail -d0.1 -bt", OPERATION_VERSION},
	    {"sendmail --help -Z", OPERATION_HELP},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct options options;

		if (parse(cases[i].line, &options) != 0)
			fail_msg("%s: %s", cases[i].line, error.text);
		if (options.operation != cases[i].operation)
			fail_msg("%s: operation %d", cases[i].line, (int)options.operation);
		options_free(&options);
	}
}

static void
test_refused(void **state)
{
	static const struct {
		const char *line;
		const char *text;
	} cases[] = {
	    {"sendmail -oeq -Z", "invalid option -- 'Z'"},
	    {"sendmail -S root", "invalid option -- 'S'"},
	    {"sendmail -ba", "operation mode -ba is not supported"},
	    {"sendmail -bz", "operation mode -bz is not supported"},
	    {"sendmail --help=all", "unrecognized option '--help=all'"},
	    {"sendmail -F", "option requires an argument -- 'F'"},
	    {"sendmail -tif", "option requires an argument -- 'f'"},
	    {"sendmail -Z root", "invalid option -- 'Z'"},
	    {"sendmail -tZ", "invalid option -- 'Z'"},
	    {"sendmail root -Z", "invalid option -- 'Z'"},
	    {"sendmail -Q root", "invalid option -- 'Q'"},
	    {"sendmail --verbose root", "unrecognized option '--verbose'"},
	    {"sendmail root -", "invalid word '-'"},
	    {"sendmail -bt", "operation mode -bt is not supported"},
	    {"sendmail -bpx", "operation mode -bpx is not supported"},
	    {"sendmail -qGlow", "cannot select messages by 'Glow'"},
	    {"sendmail -qL", "cannot select messages by 'L'"},
	    {"sendmail -q!", "cannot select messages by '!'"},
	    {"sendmail -qR", "what to select by is missing after 'R'"},
	    {"sendmail -bd -qRx", "-qRx: this operation takes no selection"},
	    {"sendmail -q 30m", "this operation takes no recipients: 30m"},
	    {"mailq root", "this operation takes no recipients: root"},
	    {"sendmail -bd root", "this operation takes no recipients: root"},
	    {"sendmail -bp -t", "-t is for sending mail only"},
	    {"sendmail -bv", "-bv needs an address"},
	    {"sendmail -joe@example.org", "-j is for listing the queue only"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct options options;

		if (parse(cases[i].line, &options) == 0)
			fail_msg("%s was taken", cases[i].line);
		assert_int_equal(error.status, EX_USAGE);
		assert_string_equal(error.text, cases[i].text);
		/* So that the caller is told, whatever was read before the fault. */
		assert_int_equal(options.operation, OPERATION_SUBMIT);
		assert_false(options.silent);
	}
}

/* Command lines of real callers. */
static void
test_callers(void **state)
{
	struct options options;

	(void)state;
	assert_int_equal(
	    parse("/usr/sbin/sendmail -FCronDaemon -i -B8BITMIME -oem root", &options), 0);
	assert_string_equal(options.full_name, "CronDaemon");
	assert_true(options.ignore_dots);
	assert_false(options.silent);
	assert_null(options.sender);
	assert_int_equal(options.recipient_count, 1);
	assert_string_equal(options.recipients[0], "root");
	options_free(&options);

	assert_int_equal(parse("sendmail -FCronDaemon -i -odi -oem -oi -t -f root", &options), 0);
	assert_string_equal(options.sender, "root");
	assert_true(options.extract);
	assert_false(options.queue_only);
	assert_int_equal(options.recipient_count, 0);
	options_free(&options);

	assert_int_equal(parse("sendmail -ti -f<> -fb@x", &options), 0);
	assert_true(options.extract && options.ignore_dots);
	assert_string_equal(options.sender, "b@x");
	options_free(&options);

	assert_int_equal(parse("sendmail -oi -odi -oem -N success,delay,failure -V00000123 -f '' "
			       "-- a@x -b@x",
			     &options),
	    0);
	assert_string_equal(options.sender, "");
	assert_string_equal(options.envelope_id, "00000123");
	assert_int_equal(options.notify, NOTIFY_SUCCESS | NOTIFY_DELAY | NOTIFY_FAILURE);
	assert_int_equal(options.recipient_count, 2);
	assert_string_equal(options.recipients[1], "-b@x");
	options_free(&options);

	assert_int_equal(
	    parse("sendmail -oem -oi -f a@x -B 8BITMIME -N never -R hdrs -- b@x", &options), 0);
	assert_int_equal(options.notify, NOTIFY_NEVER);
	assert_int_equal(options.ret, RET_HDRS);
	assert_int_equal(options.recipient_count, 1);
	options_free(&options);
}

static void
test_options_after_recipients(void **state)
{
	struct options options;

	(void)state;
	assert_int_equal(parse("sendmail a@x -f me@x -i b@x", &options), 0);
	assert_string_equal(options.sender, "me@x");
	assert_true(options.ignore_dots);
	assert_int_equal(options.recipient_count, 2);
	assert_string_equal(options.recipients[1], "b@x");
	options_free(&options);
}

static void
test_settings(void **state)
{
	struct options options;

	(void)state;
	assert_int_equal(parse("sendmail -oitrue -odq -oeq root", &options), 0);
	assert_true(options.ignore_dots && options.queue_only && options.silent);
	options_free(&options);

	assert_int_equal(parse("sendmail -o i -o dq -e q -odb root", &options), 0);
	assert_true(options.ignore_dots && options.silent);
	assert_false(options.queue_only);
	options_free(&options);

	assert_int_equal(parse("sendmail -i -oiF root", &options), 0);
	assert_false(options.ignore_dots);
	options_free(&options);

	assert_int_equal(parse("sendmail -ODeliveryMode=q -Oerrormode=q -OIgnoreDots -O "
			       "Timeout.queuereturn=5d -oA/tmp/x root",
			     &options),
	    0);
	assert_true(options.ignore_dots && options.queue_only && options.silent);
	assert_int_equal(options.recipient_count, 1);
	options_free(&options);

	assert_int_equal(
	    parse("sendmail -X /tmp/log -D /tmp/debug -L tag -h 3 -p SMTP:x -Mrv -cmsTxUGnv "
		  "root",
		&options),
	    0);
	assert_string_equal(options.tag, "tag");
	assert_true(options.smtputf8 && options.gateway && options.no_aliases);
	assert_int_equal(options.recipient_count, 1);
	options_free(&options);
}

/* As Sendmail reads them: any case, and cut short while one option is meant. */
static void
test_names_of_settings(void **state)
{
	static const struct {
		const char *line;
		bool ignore_dots;
		bool queue_only;
		bool silent;
	} cases[] = {
	    {"sendmail -OIGNOREDOTS -Odeliverymode=queue -OerrorMode=quiet x", true, true, true},
	    {"sendmail -OIg -ODelivery=d -OErrorM=q x", true, true, true},
	    {"sendmail -O IgnoreDots=True -O DeliveryM=deferred x", true, true, false},
	    /* DeliverByMin, ErrorHeader and InputMailFilters begin like that, too. */
	    {"sendmail -OI -ODeliver=q -OError=q x", false, false, false},
	    {"sendmail -OIgnoreDotsNot -ODeliveryModes=q -O =q -O '' -o '' x", false, false, false},
	    {"sendmail -i -OIgnoreDots=false -odq -ODeliveryMode=b -oeq -OErrorMode=p x", false,
		false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct options options;

		if (parse(cases[i].line, &options) != 0)
			fail_msg("%s: %s", cases[i].line, error.text);
		if (options.ignore_dots != cases[i].ignore_dots ||
		    options.queue_only != cases[i].queue_only || options.silent != cases[i].silent)
			fail_msg("%s: %d %d %d", cases[i].line, options.ignore_dots,
			    options.queue_only, options.silent);
		options_free(&options);
	}
}

static void
test_white_space_around_the_value_of_a_setting(void **state)
{
	char name[] = "sendmail";
	char option[] = "-ODeliveryMode = q";
	char recipient[] = "root";
	char *argv[] = {name, option, recipient, NULL};
	struct options options;

	(void)state;
	assert_int_equal(options_parse(3, argv, &options, &error), 0);
	assert_true(options.queue_only);
	options_free(&options);
}

static void
test_alias_file(void **state)
{
	static const struct {
		const char *line;
		const char *file;
	} cases[] = {
	    {"newaliases", NULL}, {"newaliases -oA/etc/other", "/etc/other"},
	    {"sendmail -bi -OAliasFile=hash:/etc/other", "/etc/other"},
	    {"sendmail -bi -oAother", "other"},
	    {"sendmail -bi -OAlias=/etc/other", NULL}, /* or AliasWait */
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct options options;

		assert_int_equal(parse(cases[i].line, &options), 0);
		if (cases[i].file == NULL)
			assert_null(options.alias_file);
		else
			assert_string_equal(options.alias_file, cases[i].file);
		options_free(&options);
	}
}

/* What the relay could not be told is left out; the mail goes. */
static void
test_bad_notifications_are_ignored(void **state)
{
	static const char long_id[] = "sendmail -V "
				      "123456789012345678901234567890123456789012345678901"
				      "12345678901234567890123456789012345678901234567890";
	static const char *const lines[] = {
	    "sendmail -N never,success root",
	    "sendmail -N sometimes root",
	    "sendmail -N '' root",
	    "sendmail -N success,,delay root",
	    "sendmail -N , root",
	    "sendmail -R everything root",
	    "sendmail -R '' root",
	    "sendmail -V a\x01z root",
	    "sendmail -V \xc3\xa9 root",
	    "sendmail -V '' root",
	    long_id,
	    /* As xtext it is longer. */
	    "sendmail -V ++++++++++++++++++++++++++++++++++ root",
	};
	struct options options;

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		if (parse(lines[i], &options) != 0)
			fail_msg("%s: %s", lines[i], error.text);
		assert_int_equal(options.notify, 0);
		assert_int_equal(options.ret, RET_UNSET);
		assert_null(options.envelope_id);
		options_free(&options);
	}

	assert_int_equal(
	    parse("sendmail -N never -N bad -R Full -R bad -V id -V '' root", &options), 0);
	assert_int_equal(options.notify, NOTIFY_NEVER);
	assert_int_equal(options.ret, RET_FULL);
	assert_string_equal(options.envelope_id, "id");
	options_free(&options);
}

/* Linux before 5.18 starts programs without even a name. */
static void
test_no_words(void **state)
{
	char *nothing[] = {NULL};
	char empty[] = "";
	char *argv[] = {empty, NULL};
	struct options options;

	(void)state;
	assert_int_equal(options_parse(0, nothing, &options, &error), 0);
	assert_int_equal(options.operation, OPERATION_SUBMIT);
	options_free(&options);
	assert_int_equal(options_parse(1, argv, &options, &error), 0);
	assert_int_equal(options.operation, OPERATION_SUBMIT);
	options_free(&options);
}

static void
test_optional_arguments_take_no_word(void **state)
{
	struct options options;

	(void)state;
	assert_int_equal(parse("sendmail -d root", &options), 0);
	assert_int_equal(options.recipient_count, 1);
	assert_int_equal(options.operation, OPERATION_SUBMIT);
	options_free(&options);

	assert_int_equal(parse("mailq -j", &options), 0);
	assert_true(options.json);
	options_free(&options);
	assert_int_equal(parse("mailq --json -C /etc/postoak", &options), 0);
	assert_true(options.json);
	assert_string_equal(options.config_path, "/etc/postoak");
	options_free(&options);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_programs_and_operations),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_callers),
	    cmocka_unit_test(test_options_after_recipients),
	    cmocka_unit_test(test_settings),
	    cmocka_unit_test(test_names_of_settings),
	    cmocka_unit_test(test_white_space_around_the_value_of_a_setting),
	    cmocka_unit_test(test_alias_file),
	    cmocka_unit_test(test_no_words),
	    cmocka_unit_test(test_bad_notifications_are_ignored),
	    cmocka_unit_test(test_optional_arguments_take_no_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
