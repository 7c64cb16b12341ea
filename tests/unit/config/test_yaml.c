/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/yaml_read.h"

static struct yaml_node *
parse(const char *text)
{
	struct yaml_node *root;
	struct error error;

	assert_int_equal(yaml_tree_parse("f", text, strlen(text), &root, &error), 0);
	return root;
}

static void
refuse(const char *text, size_t length, const char *message)
{
	struct yaml_node *root;
	struct error error;

	assert_int_equal(yaml_tree_parse("f", text, length, &root, &error), -1);
	assert_null(root);
	assert_int_equal(error.status, EX_CONFIG);
	assert_string_equal(error.text, message);
}

static void
refuse_text(const char *text, const char *message)
{
	refuse(text, strlen(text), message);
}

static void
nodes_know_where_they_stand(void **state)
{
	struct yaml_node *root = parse("a: 1\nb:\n  - x\n  - {c: \"~\", d: ~}\né: z\n");
	const struct yaml_node *list = yaml_tree_find(root, "b");
	const struct yaml_node *map;

	(void)state;
	assert_int_equal(root->kind, YAML_MAPPING);
	assert_int_equal(root->count, 3);
	assert_string_equal(yaml_tree_find(root, "a")->text, "1");
	assert_int_equal(yaml_tree_find(root, "a")->column, 4);
	assert_int_equal(list->kind, YAML_SEQUENCE);
	assert_int_equal(list->count, 2);
	map = list->items[1];
	assert_int_equal(map->line, 4);
	assert_int_equal(map->column, 5);
	assert_false(yaml_tree_find(map, "c")->null);
	assert_true(yaml_tree_find(map, "d")->null);
	assert_int_equal(yaml_tree_find(root, "é")->line, 5);
	assert_int_equal(yaml_tree_find(root, "é")->column, 4);
	assert_null(yaml_tree_find(root, "absent"));
	assert_null(yaml_tree_find(list, "a"));
	assert_null(yaml_tree_find(NULL, "a"));
	yaml_tree_free(root);
}

static void
an_empty_document_is_null(void **state)
{
	static const char *const texts[] = {"", "# only a comment\n", "---\n", "---\n...\n"};
	struct yaml_node *root;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		root = parse(texts[i]);
		assert_int_equal(root->kind, YAML_SCALAR);
		assert_true(root->null);
		yaml_tree_free(root);
	}
}

static void
earlier_keys_are_found(void **state)
{
	struct yaml_node *root = parse("a: 1\nb: 2\na: 3\n");

	(void)state;
	assert_null(yaml_tree_earlier_key(root, 1));
	assert_ptr_equal(yaml_tree_earlier_key(root, 2), root->keys[0]);
	yaml_tree_free(root);
}

static void
faults_have_a_position(void **state)
{
	(void)state;
	refuse_text("a: 1\n  b: 2\n", "f:2:4: mapping values are not allowed in this context");
	refuse_text("a: [1, 2\nb: 3\n",
	    "f:2:2: did not find expected ',' or ']' while parsing a flow sequence");
	refuse_text("a: !!str 1\n", "f:1:4: tags are not supported");
	refuse_text("a: &x !!str 1\n", "f:1:4: tags are not supported");
	refuse_text("? [a]\n: 1\n", "f:1:3: a key must be a single word");
	refuse_text("a: 1\n---\nb: 2\n", "f:2:1: only one document is allowed");
	refuse_text("a: \"x\\0y\"\n", "f:1:4: a value must not contain NUL");
	refuse_text("a: ok\nb: é\xff\n", "f:2:5: invalid leading UTF-8 octet");
	refuse("a: b\0c\n", 7, "f:1:5: control characters are not allowed");
}

static void
an_alias_repeats_what_its_anchor_marks(void **state)
{
	struct yaml_node *root = parse("a: &x {k: [v, ~], e: &e []}\n"
				       "b: [0, *x]\n"
				       "c: *e\n"
				       "d: &n\n"
				       "e: *n\n");
	const struct yaml_node *first = yaml_tree_find(root, "a");
	const struct yaml_node *copy = yaml_tree_find(root, "b")->items[1];
	const struct yaml_node *list;

	(void)state;
	assert_ptr_not_equal(copy, first);
	assert_int_equal(copy->kind, YAML_MAPPING);
	assert_int_equal(copy->count, 2);
	assert_string_equal(copy->keys[0]->text, "k");
	list = yaml_tree_find(copy, "k");
	assert_int_equal(list->kind, YAML_SEQUENCE);
	assert_int_equal(list->count, 2);
	assert_string_equal(list->items[0]->text, "v");
	assert_false(list->items[0]->null);
	assert_true(list->items[1]->null);
	assert_int_equal(yaml_tree_find(copy, "e")->count, 0);
	assert_int_equal(yaml_tree_find(root, "c")->kind, YAML_SEQUENCE);
	assert_int_equal(yaml_tree_find(root, "c")->count, 0);
	assert_true(yaml_tree_find(root, "e")->null);
	yaml_tree_free(root);
}

static void
a_copy_stands_at_its_alias_and_its_content_where_it_is_written(void **state)
{
	struct yaml_node *root = parse("a: &x {k: v}\nb: *x\n");
	const struct yaml_node *copy = yaml_tree_find(root, "b");

	(void)state;
	assert_int_equal(copy->line, 2);
	assert_int_equal(copy->column, 4);
	assert_int_equal(copy->keys[0]->line, 1);
	assert_int_equal(copy->keys[0]->column, 8);
	assert_int_equal(copy->items[0]->line, 1);
	assert_int_equal(copy->items[0]->column, 11);
	/* What is copied keeps its own place. */
	assert_int_equal(yaml_tree_find(root, "a")->line, 1);
	yaml_tree_free(root);
}

static void
an_alias_means_the_last_anchor_of_its_name(void **state)
{
	struct yaml_node *root = parse("- &x 1\n- *x\n- &x 2\n- *x\n- &x [&x 3, *x]\n");

	(void)state;
	assert_string_equal(root->items[1]->text, "1");
	assert_string_equal(root->items[3]->text, "2");
	assert_string_equal(root->items[4]->items[1]->text, "3");
	yaml_tree_free(root);
}

static void
keys_have_anchors_and_aliases(void **state)
{
	struct yaml_node *root = parse("{&k key: &v value, *v : *k}");

	(void)state;
	assert_string_equal(yaml_tree_find(root, "key")->text, "value");
	assert_string_equal(yaml_tree_find(root, "value")->text, "key");
	yaml_tree_free(root);
	refuse_text("a: &x [1]\n*x : 2\n", "f:2:1: a key must be a single word");
}

static void
aliases_without_meaning_are_refused(void **state)
{
#define UNKNOWN "an alias without an anchor before it (a value that begins with '*' must be quoted)"
	(void)state;
	refuse_text("a: *x\nb: &x 1\n", "f:1:4: " UNKNOWN);
	refuse_text("a: &xy 1\nb: *x\n", "f:2:4: " UNKNOWN);
	refuse_text("*x\n", "f:1:1: " UNKNOWN);
	refuse_text("&x [*x]\n", "f:1:5: an alias must not stand inside its own anchor");
	refuse_text(
	    "a: &x {b: [{c: *x}]}\n", "f:1:16: an alias must not stand inside its own anchor");
	/* The name means the nearer one, which is not complete. */
	refuse_text(
	    "a: &x 1\nb: &x [*x]\n", "f:2:8: an alias must not stand inside its own anchor");
}

/* A file made piece by piece. */
struct file {
	char text[YAML_TREE_FILE_MAX];
	size_t length;
};

static void
append(struct file *file, const char *piece, unsigned times)
{
	for (unsigned i = 0; i < times; i++) {
		assert_in_range(file->length + strlen(piece), 1, sizeof(file->text) - 1);
		memcpy(file->text + file->length, piece, strlen(piece) + 1);
		file->length += strlen(piece);
	}
}

static void
aliases_do_not_multiply_without_bound(void **state)
{
	struct file *file = calloc(1, sizeof(*file));

	(void)state;
	assert_non_null(file);
	refuse_text("a: &a [x,x,x,x,x,x,x,x,x,x]\n"
		    "b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
		    "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
		    "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
		    "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n",
	    "f:5:20: the file has too many values");
	/* The list, 16 times a list of 4094, and 15 more: as many as there may be. */
	append(file, "- &a [1", 1);
	append(file, ",1", 4093);
	append(file, "]\n", 1);
	append(file, "- *a\n", 15);
	append(file, "- &b 1\n", 1);
	append(file, "- *b\n", 14);
	yaml_tree_free(parse(file->text));
	append(file, "- *b\n", 1);
	refuse_text(file->text, "f:32:3: the file has too many values");
	free(file);
}

static void
copies_do_not_nest_too_deeply(void **state)
{
	(void)state;
	yaml_tree_free(parse("- &a [[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]\n- *a\n"));
	refuse_text("- &a [[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]\n- [*a]\n", "f:2:4: nested too deeply");
	/* A key counts for nothing, but a mapping does. */
	refuse_text(
	    "- &a {k: [[[[[[[[[[[[[[1]]]]]]]]]]]]]]}\n- [*a]\n", "f:2:4: nested too deeply");
}

static void
copies_do_not_repeat_too_much_text(void **state)
{
	struct file *file = calloc(1, sizeof(*file));

	(void)state;
	assert_non_null(file);
	append(file, "- &a {k: ", 1);
	append(file, "x", YAML_TREE_REPEATED_MAX / 2 - 1);
	append(file, "}\n- *a\n- *a\n", 1);
	yaml_tree_free(parse(file->text));
	append(file, "- &b x\n- *b\n", 1);
	refuse_text(file->text, "f:5:3: aliases repeat too much text");
	free(file);
}

static void
anchors_are_bounded(void **state)
{
	struct file *file = calloc(1, sizeof(*file));

	(void)state;
	assert_non_null(file);
	append(file, "- &a 1\n", YAML_TREE_ANCHORS_MAX);
	yaml_tree_free(parse(file->text));
	append(file, "- &a 1\n", 1);
	refuse_text(file->text, "f:1025:3: the file has too many anchors");
	free(file);
}

static void
the_tree_is_bounded(void **state)
{
	char *text = malloc(2 * YAML_TREE_FILE_MAX);
	size_t length = 0;

	(void)state;
	assert_non_null(text);
	memset(text, '[', 20);
	refuse(text, 20, "f:1:17: nested too deeply");
	for (unsigned i = 0; i <= YAML_TREE_ITEMS_MAX; i++)
		length += (size_t)sprintf(text + length, "- 1\n");
	refuse(text, length, "f:4097:3: the collection has too many entries");
	length = 0;
	for (unsigned i = 0; i < 20; i++) {
		length += (size_t)sprintf(text + length, "- [1");
		for (unsigned j = 1; j < YAML_TREE_ITEMS_MAX; j++)
			length += (size_t)sprintf(text + length, ",1");
		length += (size_t)sprintf(text + length, "]\n");
	}
	assert_in_range(length, 1, YAML_TREE_FILE_MAX);
	refuse(text, length, "f:16:8162: the file has too many values");
	free(text);
}

static void
files(void **state)
{
	char path[] = "/tmp/postoak-test-XXXXXX";
	char expected[ERROR_TEXT_MAX];
	struct yaml_node *root;
	struct error error;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "a: 1\n", 5), 5);
	assert_int_equal(yaml_tree_read(path, &root, &error), 0);
	yaml_tree_free(root);
	assert_int_equal(ftruncate(fd, YAML_TREE_FILE_MAX + 1), 0);
	close(fd);
	assert_int_equal(yaml_tree_read(path, &root, &error), -1);
	assert_int_equal(error.status, EX_CONFIG);
	(void)snprintf(expected, sizeof(expected), "%s:1:1: the file is larger than 1 MiB", path);
	assert_string_equal(error.text, expected);
	unlink(path);
	assert_int_equal(yaml_tree_read(path, &root, &error), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(error.status, EX_NOINPUT);
	assert_int_equal(yaml_tree_read("/", &root, &error), -1);
	assert_int_equal(error.status, EX_NOINPUT);
}

static void
a_lack_of_descriptors_is_no_fault_of_the_file(void **state)
{
	struct rlimit limit;
	struct rlimit none;
	struct yaml_node *root;
	struct error error;
	int result;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = (struct rlimit){0, limit.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	result = yaml_tree_read("/dev/null", &root, &error);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(result, -1);
	assert_int_equal(error.status, EX_OSERR);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nodes_know_where_they_stand),
	    cmocka_unit_test(an_empty_document_is_null),
	    cmocka_unit_test(earlier_keys_are_found),
	    cmocka_unit_test(faults_have_a_position),
	    cmocka_unit_test(an_alias_repeats_what_its_anchor_marks),
	    cmocka_unit_test(a_copy_stands_at_its_alias_and_its_content_where_it_is_written),
	    cmocka_unit_test(an_alias_means_the_last_anchor_of_its_name),
	    cmocka_unit_test(keys_have_anchors_and_aliases),
	    cmocka_unit_test(aliases_without_meaning_are_refused),
	    cmocka_unit_test(aliases_do_not_multiply_without_bound),
	    cmocka_unit_test(copies_do_not_nest_too_deeply),
	    cmocka_unit_test(copies_do_not_repeat_too_much_text),
	    cmocka_unit_test(anchors_are_bounded),
	    cmocka_unit_test(the_tree_is_bounded),
	    cmocka_unit_test(files),
	    cmocka_unit_test(a_lack_of_descriptors_is_no_fault_of_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
