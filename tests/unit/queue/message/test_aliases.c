/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/string.h>

#include <cmocka.h>

#include "queue/message/alias_include.h"
#include "queue/message/aliases.h"

#define PATH "aliases"

static char directory[] = "/tmp/test_aliases.XXXXXX";
static char complaints[4096];

static void
complain(const char *message, void *context)
{
	assert_ptr_equal(context, complaints);
	strlcat(complaints, message, sizeof(complaints));
	strlcat(complaints, "\n", sizeof(complaints));
}

static void
write_file(const char *path, const char *text, size_t length, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, text, length), length);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static struct aliases *
load(const char *text)
{
	struct aliases *aliases;
	struct error error;

	write_file(PATH, text, strlen(text), 0644);
	complaints[0] = '\0';
	aliases = aliases_load(PATH, complain, complaints, &error);
	assert_non_null(aliases);
	return aliases;
}

/* What `name` stands for as "a, b", the kind of special targets before them. */
static void
stands_for(const struct aliases *aliases, const char *name, const char *expected)
{
	static const char *const kinds[] = {"", "include ", "command ", "file "};
	const struct address_list *list = aliases_find(aliases, name);
	char text[512] = "";

	if (expected == NULL) {
		assert_null(list);
		return;
	}
	if (list == NULL)
		fail_msg("no alias %s", name);
	for (size_t i = 0; i < list->count; i++) {
		strlcat(text, i == 0 ? "" : ", ", sizeof(text));
		strlcat(text, list->items[i].verbatim ? "\\" : "", sizeof(text));
		strlcat(text, kinds[alias_target_kind(&list->items[i])], sizeof(text));
		strlcat(text, list->items[i].address, sizeof(text));
	}
	assert_string_equal(text, expected);
}

static void
names_and_targets(void **state)
{
	struct aliases *aliases = load("# a comment\n"
				       "root: admin@x.example\n"
				       "\n"
				       "MAILER-DAEMON:postmaster\n"
				       "two : a@x,b@x ,\n"
				       "\tc@x\n"
				       "   # not a continuation\n"
				       " , d@x # with a comment\n"
				       "\"my list\": \"a b\"@x, \\joe\n"
				       "joe@host.example: Joe <j@x>\n"
				       "slash: a@x, \\\nb@x\n"
				       "crlf: a@x\r\n"
				       "hash: a#b@x, \"#c\"@x\n"
				       "last: a@x");

	(void)state;
	assert_string_equal(complaints, "");
	stands_for(aliases, "root", "admin@x.example");
	stands_for(aliases, "ROOT", "admin@x.example");
	stands_for(aliases, "mailer-daemon", "postmaster");
	stands_for(aliases, "two", "a@x, b@x, c@x, d@x");
	stands_for(aliases, "\"my list\"", "\"a b\"@x, \\joe");
	stands_for(aliases, "Joe@HOST.example", "j@x");
	stands_for(aliases, "joe", NULL);
	stands_for(aliases, "slash", "a@x, b@x");
	stands_for(aliases, "crlf", "a@x");
	stands_for(aliases, "hash", "a#b@x, #c@x");
	stands_for(aliases, "last", "a@x");
	stands_for(aliases, "roo", NULL);
	stands_for(aliases, "", NULL);
	aliases_free(aliases);
}

static void
special_targets(void **state)
{
	struct aliases *aliases = load("list: :include:/etc/mail/list, a@x\n"
				       "quoted: \":include: /etc/list one\"\n"
				       "pipe: \"|/usr/bin/cmd -a \\\"x, y\\\"\", a@x\n"
				       "bare: |/usr/bin/cmd -f a@b, a@x\n"
				       "odd: |\"/usr/bin/cmd a, b\"\n"
				       "file: /var/mail/file, \"/tmp/a b\"\n"
				       "x400: /C=fr/S=doe/@gateway.example\n");

	(void)state;
	assert_string_equal(complaints, "");
	stands_for(aliases, "list", "include :include:/etc/mail/list, a@x");
	stands_for(aliases, "quoted", "include :include: /etc/list one");
	stands_for(aliases, "pipe", "command |/usr/bin/cmd -a \"x, y\", a@x");
	stands_for(aliases, "bare", "command |/usr/bin/cmd -f a@b, a@x");
	stands_for(aliases, "odd", "command |\"/usr/bin/cmd a, b\"");
	stands_for(aliases, "file", "file /var/mail/file, file /tmp/a b");
	stands_for(aliases, "x400", "/C=fr/S=doe/@gateway.example");
	aliases_free(aliases);
}

static void
faults_are_told_with_their_line(void **state)
{
	struct aliases *aliases = load("  continues: nothing\n"
				       "no colon\n"
				       "good: a@x\n"
				       "bad: a@@x,\n"
				       "  b@x\n"
				       "empty:\n"
				       "GOOD: b@x\n"
				       ": a@x\n"
				       "a, b: c@x\n"
				       "open: \"a@x\n"
				       "after: a@x\n");

	(void)state;
	assert_string_equal(complaints, "aliases:1: continues no line\n"
					"aliases:2: no colon after the name\n"
					"aliases:4: bad address: a@@x\n"
					"aliases:6: empty: nothing after the colon\n"
					"aliases:8: no name before the colon\n"
					"aliases:9: not one address: a, b\n"
					"aliases:10: bad address: \"a@x\n");
	stands_for(aliases, "good", "a@x");
	stands_for(aliases, "bad", NULL);
	stands_for(aliases, "empty", NULL);
	stands_for(aliases, "after", "a@x");
	aliases_free(aliases);
}

static void
missing_and_unreadable_files(void **state)
{
	struct error error;
	struct aliases *aliases = aliases_load("no-such-file", NULL, NULL, &error);

	(void)state;
	assert_non_null(aliases);
	assert_null(aliases_find(aliases, "root"));
	aliases_free(aliases);
	aliases = aliases_load("/dev/null/x", NULL, NULL, &error);
	assert_non_null(aliases);
	aliases_free(aliases);
	assert_null(aliases_load(".", NULL, NULL, &error));
	assert_int_equal(error.status, EX_NOINPUT);
	assert_int_equal(mkfifo("fifo", 0644), 0);
	assert_null(aliases_load("fifo", NULL, NULL, &error));
	assert_int_equal(error.status, EX_NOINPUT);
	assert_int_equal(truncate(PATH, 16 * 1024 * 1024 + 1), 0);
	assert_null(aliases_load(PATH, NULL, NULL, &error));
	assert_int_equal(error.status, EX_NOINPUT);
}

static void
many_aliases(void **state)
{
	size_t size;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);
	struct aliases *aliases;

	(void)state;
	for (int i = 0; i < 20000; i++)
		fprintf(out, "user%d: u%d@x\n", i * 7919 % 20000, i);
	fclose(out);
	aliases = load(text);
	assert_string_equal(complaints, "");
	stands_for(aliases, "user0", "u0@x");
	stands_for(aliases, "user7919", "u1@x");
	stands_for(aliases, "user20000", NULL);
	aliases_free(aliases);
	free(text);
}

static void
random_octets(void **state)
{
	static const char likely[] = "aab@:,,\"\\ \t#|/<>()\n\n\n\0\xfc";
	char text[200];
	uint32_t seed = 7;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct aliases *aliases;

		for (size_t i = 0; i < sizeof(text); i++) {
			seed = seed * 1664525 + 1013904223;
			text[i] = likely[(seed >> 16) % (sizeof(likely) - 1)];
		}
		write_file(PATH, text, sizeof(text), 0644);
		aliases = aliases_load(PATH, NULL, NULL, NULL);
		assert_non_null(aliases);
		aliases_free(aliases);
	}
}

/* An absolute ":include:" target for `name` in the test's directory. */
static const char *
include(const char *name)
{
	static char target[256];

	snprintf(target, sizeof(target), ":include:%s/%s", directory, name);
	return target;
}

static void
include_files(void **state)
{
	static const char text[] = "# members\na@x\nb@x, \"|cmd\"\n\nbad@@x\n:include:/other";
	struct address_list list = {0};
	struct error error;
	char expected[128];

	(void)state;
	if (getuid() != 0)
		skip(); /* such a file must be root's */
	write_file("list", text, strlen(text), 0644);
	complaints[0] = '\0';
	assert_int_equal(
	    alias_include_read(include("list"), &list, complain, complaints, &error), 0);
	assert_int_equal(list.count, 4);
	assert_string_equal(list.items[0].address, "a@x");
	assert_string_equal(list.items[2].address, "|cmd");
	assert_string_equal(list.items[3].address, ":include:/other");
	snprintf(expected, sizeof(expected), "%s/list:5: bad address: bad@@x\n", directory);
	assert_string_equal(complaints, expected);
	address_list_free(&list);
}

static void
unusable_include_files(void **state)
{
	struct address_list list = {0};
	struct error error;

	(void)state;
	assert_int_equal(alias_include_read(":include:list", &list, NULL, NULL, &error), -1);
	assert_int_equal(error.status, EX_NOINPUT);
	assert_int_equal(alias_include_read(include("none"), &list, NULL, NULL, &error), -1);
	assert_int_equal(error.status, EX_NOINPUT);
	write_file("mine", "a@x\n", 4, 0644);
	if (getuid() == 0)
		assert_int_equal(chown("mine", 65534, 65534), 0);
	assert_int_equal(alias_include_read(include("mine"), &list, NULL, NULL, &error), -1);
	assert_int_equal(error.status, EX_NOPERM);
	assert_non_null(strstr(error.text, "not owned by root"));
	if (getuid() != 0)
		return;
	write_file("secret", "a@x\n", 4, 0640);
	assert_int_equal(alias_include_read(include("secret"), &list, NULL, NULL, &error), -1);
	assert_non_null(strstr(error.text, "not readable by all"));
	write_file("shared", "a@x\n", 4, 0666);
	assert_int_equal(alias_include_read(include("shared"), &list, NULL, NULL, &error), -1);
	assert_non_null(strstr(error.text, "writable by others"));
	assert_int_equal(list.count, 0);
}

static void
check_tells_what_mail_cannot_reach(void **state)
{
	struct aliases *aliases = load("a: a@x\np: |cmd, b@x\nf: /var/mail/f\n"
				       "i: :include:/no/such/file\nA: b@x\na: c@x\n");

	(void)state;
	assert_string_equal(complaints, "");
	stands_for(aliases, "a", "a@x");
	assert_int_equal(aliases_check(aliases, PATH, complain, complaints), 5);
	assert_string_equal(complaints, "aliases:5: a: ignored, line 1 has that name\n"
					"aliases:6: a: ignored, line 5 has that name\n"
					"aliases:3: f: files are not written to: /var/mail/f\n"
					"aliases:4: i: /no/such/file: No such file or directory\n"
					"aliases:2: p: commands are not run: |cmd\n");
	aliases_free(aliases);
}

static int
enter_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) == NULL || chdir(directory) == -1 ? -1 : 0;
}

static int
leave_directory(void **state)
{
	static const char *const files[] = {PATH, "fifo", "list", "mine", "secret", "shared"};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlink(files[i]);
	return chdir("/") == -1 || rmdir(directory) == -1 ? -1 : 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_and_targets),
	    cmocka_unit_test(special_targets),
	    cmocka_unit_test(faults_are_told_with_their_line),
	    cmocka_unit_test(missing_and_unreadable_files),
	    cmocka_unit_test(many_aliases),
	    cmocka_unit_test(random_octets),
	    cmocka_unit_test(include_files),
	    cmocka_unit_test(unusable_include_files),
	    cmocka_unit_test(check_tells_what_mail_cannot_reach),
	};

	return cmocka_run_group_tests(tests, enter_directory, leave_directory);
}
