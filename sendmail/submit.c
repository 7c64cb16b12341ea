/* SPDX-License-Identifier: ISC */
#include "sendmail/submit.h"

#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "sendmail/expand.h"
#include "sendmail/input.h"
#include "sendmail/sender.h"
#include "sendmail/signals.h"
#include "sendmail/submission.h"

/* What a pipe holds. */
#define READ_SIZE 65536

static int
read_message(int signals, struct submission *submission, struct error *error)
{
	static char buffer[READ_SIZE];

	for (;;) {
		ssize_t count = input_read(signals, buffer, sizeof buffer, error);
		int result;

		if (count <= 0)
			return (int)count;
		result = submission_feed(submission, buffer, (size_t)count, error);
		if (result != 0)
			return result < 0 ? -1 : 0;
	}
}

static int
submit(const struct submission_options *options, int signals, struct error *error)
{
	struct submission *submission = submission_new(options, error);
	uint64_t id;
	int result = -1;

	if (submission != NULL && read_message(signals, submission, error) == 0 &&
	    submission_finish(submission, &id, error) == 0)
		result = 0;
	submission_free(submission);
	return result;
}

/* Everything that is known before the message is read. */
static int
prepare(const struct options *options, struct submission_options *submission,
    struct address_list *recipients, char **sender, struct error *error)
{
	if (expand_parse_words(options->recipients, options->recipient_count, recipients, error) <
	    0)
		return -1;
	if (recipients->count == 0 && !options->extract)
		return error_set(error, EX_USAGE, "no recipients");
	*sender = sender_address(submission->config, options->sender, error);
	submission->sender = *sender;
	return *sender != NULL ? 0 : -1;
}

int
submit_run(const struct options *options, const struct config *config, struct error *error)
{
	struct address_list recipients = {0};
	char *sender = NULL;
	struct submission_options submission = {
	    .config = config,
	    .full_name = options->full_name,
	    .recipients = &recipients,
	    .extract = options->extract,
	    .no_aliases = options->no_aliases,
	    .dot_ends = !options->ignore_dots,
	    .gateway = options->gateway,
	    .smtputf8 = options->smtputf8,
	    .queue_only = options->queue_only,
	    .notify = options->notify,
	    .ret = options->ret,
	    .envelope_id = options->envelope_id,
	};
	int signals;
	int result;

	signals = signals_hold(error);
	if (signals < 0)
		return -1;
	result = prepare(options, &submission, &recipients, &sender, error);
	if (result == 0)
		result = submit(&submission, signals, error);
	if (result < 0)
		input_drain(signals);
	close(signals);
	free(sender);
	address_list_free(&recipients);
	return result;
}
