/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <cmocka.h>

#include "queue/spool/queue_id.h"
#include "queue/spool/spool.h"
#include "sendmail/submission.h"

static char directory[] = "/tmp/postoak-test-XXXXXX";
static struct config *config;

static int
set_up(void **state)
{
	char path[PATH_MAX];
	struct error error;
	FILE *file;

	(void)state;
	if (mkdtemp(directory) == NULL)
		return -1;
	snprintf(path, sizeof path, "%s/postoak.yaml", directory);
	file = fopen(path, "w");
	if (file == NULL)
		return -1;
	fprintf(file,
	    "hostname: h.example.com\nmail_name: example.com\nlocal_mail: admin@example.com\n"
	    "user: root\naliases: %s/aliases\nminimum_free_space: 0\n"
	    "directories: {spool: %s/spool, runtime: %s/run}\n",
	    directory, directory, directory);
	if (fclose(file) != 0)
		return -1;
	return config_load_submission(path, &config, &error);
}

static int
tear_down(void **state)
{
	char command[PATH_MAX];

	(void)state;
	config_free(config);
	snprintf(command, sizeof command, "rm -rf %s", directory);
	return system(command) == 0 ? 0 : -1;
}

/* Submit a message to `recipient` and read back what the spool has of it. `dsn` has an
 * element for each recipient, or is null. */
static void
submit(const char *recipient, const struct submission_dsn *dsn, struct envelope *envelope)
{
	struct address_list recipients = {0};
	struct submission_options options = {.config = config,
	    .sender = "joe@example.com",
	    .recipients = &recipients,
	    .notify = NOTIFY_DELAY,
	    .dsn = dsn};
	struct submission *submission;
	char name[QUEUE_ID_SIZE];
	struct error error = {0};
	uint64_t id;
	int incoming;
	int fd;

	assert_int_equal(address_list_parse(recipient, strlen(recipient), &recipients, &error), 0);
	submission = submission_new(&options, &error);
	assert_non_null(submission);
	assert_int_equal(submission_feed(submission, "Subject: x\n\nhi\n", 15, &error), 0);
	if (submission_finish(submission, &id, &error) < 0)
		fail_msg("%s", error.text);
	submission_free(submission);
	address_list_free(&recipients);

	incoming = spool_open_incoming(config, &error);
	assert_true(incoming >= 0);
	queue_id_format(id, name);
	fd = openat(incoming, name, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(envelope_read(fd, envelope, &error), 0);
	close(fd);
	close(incoming);
}

static void
the_original_recipient_is_kept(void **state)
{
	struct envelope envelope;

	(void)state;
	submit("joe+x", NULL, &envelope);
	assert_int_equal(envelope.recipient_count, 1);
	assert_string_equal(envelope.recipients[0].address, "admin@example.com");
	assert_string_equal(envelope.recipients[0].orcpt, "rfc822;joe+2Bx@example.com");
	assert_int_equal(envelope.recipients[0].notify, NOTIFY_DELAY);
	envelope_free(&envelope);
}

/* As xtext it would be longer than ORCPT may be: no reason to refuse the mail. */
static void
an_original_recipient_may_be_too_long(void **state)
{
	struct envelope envelope;
	char recipient[256];

	(void)state;
	memset(recipient, '+', sizeof recipient - 1);
	recipient[sizeof recipient - 1] = '\0';
	submit(recipient, NULL, &envelope);
	assert_int_equal(envelope.recipient_count, 1);
	assert_string_equal(envelope.recipients[0].address, "admin@example.com");
	assert_null(envelope.recipients[0].orcpt);
	envelope_free(&envelope);
}

static char orcpt[] = "rfc822;her+2Bself@example.net";

/* What was asked of an address holds for what it became; duplicates keep the first's. */
static void
wishes_follow_their_recipients(void **state)
{
	static const struct submission_dsn dsn[] = {
	    {.notify = NOTIFY_NEVER},
	    {.notify = NOTIFY_SUCCESS},
	    {.orcpt = orcpt},
	    {.notify = NOTIFY_FAILURE, .orcpt = orcpt},
	};
	struct envelope envelope;

	(void)state;
	submit("a@x.org, a@x.org, joe, b@x.org", dsn, &envelope);
	assert_int_equal(envelope.recipient_count, 3);
	assert_int_equal(envelope.recipients[0].notify, NOTIFY_NEVER);
	assert_null(envelope.recipients[0].orcpt);
	assert_string_equal(envelope.recipients[1].address, "admin@example.com");
	assert_int_equal(envelope.recipients[1].notify, 0);
	assert_string_equal(envelope.recipients[1].orcpt, orcpt);
	assert_string_equal(envelope.recipients[2].address, "b@x.org");
	assert_int_equal(envelope.recipients[2].notify, NOTIFY_FAILURE);
	assert_string_equal(envelope.recipients[2].orcpt, orcpt);
	envelope_free(&envelope);
}

/* Feed a message of one line and expect it to be refused with `status` and errno `cause`. */
static void
refused(struct config *with, int status, int cause)
{
	struct mailbox item = {.address = orcpt + strlen("rfc822;")};
	struct address_list recipients = {.items = &item, .count = 1};
	struct submission_options options = {
	    .config = with, .sender = "joe@example.com", .recipients = &recipients};
	struct submission *submission;
	struct error error = {0};
	int result;

	submission = submission_new(&options, &error);
	assert_non_null(submission);
	errno = 0;
	result = submission_feed(submission, "\nx\n", 3, &error);
	if (result == 0) {
		uint64_t id;

		result = submission_finish(submission, &id, &error);
	}
	assert_int_equal(result, -1);
	assert_int_equal(errno, cause);
	assert_int_equal(error.status, status);
	submission_free(submission);
}

static void
refusals_tell_size_and_room_apart(void **state)
{
	struct config small = *config;
	struct config full = *config;

	(void)state;
	small.message_size_limit = 10;
	refused(&small, EX_DATAERR, EMSGSIZE);
	full.minimum_free_space = UINT64_MAX / 4;
	refused(&full, EX_TEMPFAIL, ENOSPC);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_original_recipient_is_kept),
	    cmocka_unit_test(an_original_recipient_may_be_too_long),
	    cmocka_unit_test(wishes_follow_their_recipients),
	    cmocka_unit_test(refusals_tell_size_and_room_apart),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
