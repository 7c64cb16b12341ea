/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/string.h>

#include <cmocka.h>

#include "queue/message/recipients.h"

static struct config config;
static struct aliases *aliases;
static char aliases_path[] = "/tmp/test_recipients.XXXXXX";
static char complaints[8192];
static char hostname[] = "web1.example.com";
static char mail_name[] = "example.com";
static char postmaster[] = "postmaster";

static void
complain(const char *message, void *context)
{
	(void)context;
	strlcat(complaints, message, sizeof(complaints));
	strlcat(complaints, "\n", sizeof(complaints));
}

static int
reset(void **state)
{
	(void)state;
	config =
	    (struct config){.hostname = hostname, .mail_name = mail_name, .postmaster = postmaster};
	return 0;
}

static void
set_aliases(const char *text)
{
	struct error error;
	int fd = open(aliases_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	aliases_free(aliases);
	aliases = aliases_load(aliases_path, NULL, NULL, &error);
	assert_non_null(aliases);
}

static int
expand(const char *given, struct recipients *recipients, struct error *error)
{
	struct recipients_options options = {
	    .config = &config, .aliases = aliases, .complain = complain};
	struct address_list list = {0};
	int result;

	assert_int_equal(address_list_parse(given, strlen(given), &list, NULL), 0);
	complaints[0] = '\0';
	result = recipients_expand(&options, &list, recipients, error);
	address_list_free(&list);
	return result;
}

/* Expect `expected`: "address" or "address<original", with spaces between. */
static void
gives(const char *given, const char *expected)
{
	struct recipients recipients;
	struct error error;
	char text[4096] = "";

	assert_int_equal(expand(given, &recipients, &error), 0);
	for (size_t i = 0; i < recipients.count; i++) {
		strlcat(text, i == 0 ? "" : " ", sizeof(text));
		strlcat(text, recipients.addresses[i], sizeof(text));
		if (recipients.originals[i] != NULL) {
			strlcat(text, "<", sizeof(text));
			strlcat(text, recipients.originals[i], sizeof(text));
		}
	}
	assert_string_equal(text, expected);
	recipients_free(&recipients);
}

static void
which_are_local(void **state)
{
	(void)state;
	assert_true(recipient_is_local(&config, "root"));
	assert_true(recipient_is_local(&config, "root@localhost"));
	assert_true(recipient_is_local(&config, "root@LocalHost"));
	assert_true(recipient_is_local(&config, "root@Web1.Example.Com"));
	assert_false(recipient_is_local(&config, "root@example.com"));
	assert_false(recipient_is_local(&config, "\"root@localhost\"@example.org"));
	config.mail_name = config.hostname;
	assert_true(recipient_is_local(&config, "root@web1.example.com"));
}

static void
completed_without_aliases(void **state)
{
	(void)state;
	set_aliases("");
	gives("root", "root@example.com");
	gives("root@localhost", "root@example.com<root@localhost");
	gives("root@web1.example.com", "root@web1.example.com");
	gives("a@x, b@y", "a@x b@y");
	gives("<>, a@x", "a@x");
	gives("", "");
}

static void
local_mail_takes_what_is_local(void **state)
{
	(void)state;
	set_aliases("joe: joe@home.example\nann: bob\n");
	config.local_mail = (char[]){"Admin <admin@x>"};
	gives("root", "admin@x<root@example.com");
	gives("root@localhost, www-data, a@y", "admin@x<root@localhost a@y");
	gives("joe", "joe@home.example<joe@example.com");
	gives("ann", "admin@x<ann@example.com");
	gives("\\joe", "admin@x<joe@example.com");
	gives("root@example.com", "root@example.com");
	config.local_mail = (char[]){"admin"};
	gives("root", "admin@example.com<root@example.com");
}

static void
duplicates_are_dropped(void **state)
{
	(void)state;
	set_aliases("both: a@x, b@x\n");
	gives("a@x, a@X, A@x, both, b@x", "a@x A@x b@x<both@example.com");
	gives("root, root@example.com", "root@example.com");
}

static void
aliases_are_followed(void **state)
{
	(void)state;
	set_aliases("root: joe, a@x\njoe: ann@localhost\nann: ann@home.example\n"
		    "bob@web1.example.com: b@x\nstar: root, joe\n");
	gives("root", "ann@home.example<root@example.com a@x<root@example.com");
	gives("ROOT@LOCALHOST", "ann@home.example<ROOT@LOCALHOST a@x<ROOT@LOCALHOST");
	gives("bob@web1.example.com", "b@x<bob@web1.example.com");
	gives("bob", "bob@example.com");
	gives("root@example.com", "root@example.com");
	gives("star", "ann@home.example<star@example.com a@x<star@example.com");
	gives("\\root", "root@example.com");
}

static void
no_aliases_at_all(void **state)
{
	struct aliases *kept;

	(void)state;
	set_aliases("root: a@x\n");
	kept = aliases;
	aliases = NULL;
	gives("root", "root@example.com");
	config.local_mail = (char[]){"admin@x"};
	gives("root", "admin@x<root@example.com");
	aliases = kept;
}

static void
a_name_in_its_own_alias(void **state)
{
	(void)state;
	set_aliases("root: root, admin@x\njoe: joe@localhost, j@x\nann: \\ann, a@x\n");
	gives("root", "root@example.com admin@x<root@example.com");
	gives("joe", "joe@example.com j@x<joe@example.com");
	gives("ann", "ann@example.com a@x<ann@example.com");
	assert_string_equal(complaints, "");
}

static void
loops_end_at_postmaster(void **state)
{
	(void)state;
	set_aliases("a: b\nb: c, real@x\nc: a\npostmaster: pm@x\n");
	gives("a", "pm@x<a@example.com real@x<a@example.com");
	assert_string_equal(
	    complaints, "a: leads back to itself; postmaster gets the mail instead\n");
	/* postmaster itself in a loop */
	set_aliases("postmaster: root\nroot: postmaster\n");
	gives("root", "postmaster@example.com<root@example.com");
	config.local_mail = (char[]){"admin@x"};
	gives("root", "admin@x<root@example.com");
}

static void
too_deep(void **state)
{
	(void)state;
	set_aliases("a1: a2\na2: a3\na3: a4\na4: a5\na5: a6\na6: a7\na7: a8\na8: a9\na9: a10\n"
		    "a10: end@x\nb: a1\n");
	gives("a1", "end@x<a1@example.com");
	assert_string_equal(complaints, "");
	gives("b", "postmaster@example.com<b@example.com");
	assert_non_null(strstr(complaints, "a10: too many aliases"));
}

static void
wide_and_deep_is_still_bounded(void **state)
{
	static char text[8192];

	(void)state;
	/* Ten levels that each refer ten times to each of two below: 20^10 paths. */
	text[0] = '\0';
	for (int level = 1; level < 10; level++)
		for (int side = 0; side < 2; side++) {
			char line[512];
			int used = snprintf(line, sizeof(line), "l%d%c:", level, "ab"[side]);

			for (int i = 0; i < 20; i++)
				used += snprintf(line + used, sizeof(line) - (size_t)used,
				    "%sl%d%c", i == 0 ? "" : ",", level + 1, "ab"[i % 2]);
			strlcat(text, line, sizeof(text));
			strlcat(text, "\n", sizeof(text));
		}
	strlcat(text, "l10a: a@x\nl10b: b@x\n", sizeof(text));
	set_aliases(text);
	gives("l1a", "a@x<l1a@example.com b@x<l1a@example.com");
}

static void
unusable_targets_become_postmaster(void **state)
{
	(void)state;
	set_aliases("pipe: |/bin/cmd, p@x\nfile: /var/mail/file\ninc: :include:/no/such/file\n"
		    "postmaster: root\nroot: admin@x\n");
	gives("pipe", "admin@x<pipe@example.com p@x<pipe@example.com");
	assert_string_equal(
	    complaints, "pipe: commands are not run; postmaster gets the mail instead\n");
	gives("file, pipe, inc", "admin@x<file@example.com p@x<pipe@example.com");
	assert_non_null(strstr(complaints, "file: files are not written to;"));
	assert_non_null(strstr(complaints, "inc: /no/such/file: No such file or directory;"));
	config.postmaster = (char[]){"ops@y"};
	gives("file", "ops@y<file@example.com");
	/* Nobody but postmaster, and postmaster is a command. */
	config.postmaster = postmaster;
	set_aliases("root: postmaster\npostmaster: |/bin/cmd\n");
	gives("root", "postmaster@example.com<root@example.com");
	config.local_mail = (char[]){"admin@x"};
	gives("root", "admin@x<root@example.com");
}

static void
include_files(void **state)
{
	char list[] = "/tmp/test_recipients.XXXXXX";
	char text[256];
	int fd = mkstemp(list);

	(void)state;
	assert_int_not_equal(fd, -1);
	/* A list that names itself ends at postmaster too. */
	dprintf(fd, "a@x\njoe\n:include:%s\n", list);
	assert_int_equal(fchmod(fd, 0644), 0);
	close(fd);
	snprintf(text, sizeof(text), "team: :include:%s\njoe: j@x\n", list);
	set_aliases(text);
	if (getuid() == 0)
		gives("team", "a@x<team@example.com j@x<team@example.com "
			      "postmaster@example.com<team@example.com");
	else
		gives("team", "postmaster@example.com<team@example.com");
	unlink(list);
}

/* What cannot be read now can be read later: nobody else gets the list's mail. */
static void
include_without_a_descriptor(void **state)
{
	struct recipients recipients;
	struct error error = {0};
	struct rlimit before, none;
	int result;

	(void)state;
	set_aliases("inc: :include:/dev/null\n");
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	result = expand("inc", &recipients, &error);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(result, -1);
	assert_int_equal(error.status, EX_OSERR);
	assert_string_equal(complaints, "");
}

static void
bad_configuration(void **state)
{
	struct recipients recipients;
	struct error error;

	(void)state;
	set_aliases("");
	config.local_mail = (char[]){"a@@x"};
	assert_int_equal(expand("root", &recipients, &error), -1);
	assert_int_equal(error.status, EX_CONFIG);
	assert_string_equal(error.text, "local_mail: bad address: a@@x");
	assert_int_equal(recipients.count, 0);
}

static int
expand_many(size_t count, const char *format, struct recipients *recipients, struct error *error)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int result;

	for (size_t i = 0; i < count; i++) {
		fprintf(out, "user%zu", i);
		fputs(format, out);
	}
	fclose(out);
	result = expand(text, recipients, error);
	free(text);
	return result;
}

static void
very_many(void **state)
{
	struct recipients recipients;
	struct error error;

	(void)state;
	set_aliases("");
	assert_int_equal(expand_many(RECIPIENTS_MAX, "@x,", &recipients, &error), 0);
	assert_int_equal(recipients.count, RECIPIENTS_MAX);
	assert_string_equal(recipients.addresses[49999], "user49999@x");
	recipients_free(&recipients);
	assert_int_equal(expand_many(RECIPIENTS_MAX + 1, "@x,", &recipients, &error), -1);
	assert_int_equal(error.status, EX_DATAERR);
	config.local_mail = (char[]){"admin@x"};
	assert_int_equal(expand_many(RECIPIENTS_MAX + 1, ",", &recipients, &error), 0);
	assert_int_equal(recipients.count, 1);
	recipients_free(&recipients);
}

static int
make_file(void **state)
{
	int fd = mkstemp(aliases_path);

	(void)state;
	if (fd == -1)
		return -1;
	close(fd);
	return 0;
}

static int
remove_file(void **state)
{
	(void)state;
	aliases_free(aliases);
	return unlink(aliases_path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(which_are_local, reset),
	    cmocka_unit_test_setup(completed_without_aliases, reset),
	    cmocka_unit_test_setup(local_mail_takes_what_is_local, reset),
	    cmocka_unit_test_setup(duplicates_are_dropped, reset),
	    cmocka_unit_test_setup(aliases_are_followed, reset),
	    cmocka_unit_test_setup(no_aliases_at_all, reset),
	    cmocka_unit_test_setup(a_name_in_its_own_alias, reset),
	    cmocka_unit_test_setup(loops_end_at_postmaster, reset),
	    cmocka_unit_test_setup(too_deep, reset),
	    cmocka_unit_test_setup(wide_and_deep_is_still_bounded, reset),
	    cmocka_unit_test_setup(unusable_targets_become_postmaster, reset),
	    cmocka_unit_test_setup(include_files, reset),
	    cmocka_unit_test_setup(include_without_a_descriptor, reset),
	    cmocka_unit_test_setup(bad_configuration, reset),
	    cmocka_unit_test_setup(very_many, reset),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
