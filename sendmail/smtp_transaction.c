/* SPDX-License-Identifier: ISC */
#include "sendmail/smtp_transaction.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <bsd/stdlib.h>

#include "queue/message/recipients.h"
#include "sendmail/sender.h"
#include "sendmail/smtp_command.h"
#include "sendmail/smtp_parameter.h"

static const char accepted[] = "250 Ok";
static const char no_memory[] = "451 Out of memory";

const char *
smtp_transaction_mail(
    struct smtp_transaction *transaction, const struct config *config, char *argument)
{
	struct smtp_mail_parameters parameters;
	char path[SMTP_PATH_MAX];
	const char *refusal;
	struct error error;
	char *words;

	if (transaction->sender != NULL)
		return "503 MAIL was given already";
	if (smtp_command_path(argument, "FROM", path, &words) < 0)
		return "501 Syntax: MAIL FROM:<address>";
	refusal = smtp_parameter_mail(words, &parameters);
	if (refusal != NULL)
		return refusal;
	if (parameters.size > config->message_size_limit)
		return "552 Message too large";
	if (parameters.envelope_id != NULL) {
		transaction->envelope_id = strdup(parameters.envelope_id);
		if (transaction->envelope_id == NULL)
			return no_memory;
	}
	transaction->sender = sender_address(config, path, &error);
	if (transaction->sender == NULL) {
		smtp_transaction_reset(transaction);
		return error.status == EX_USAGE ? "553 Bad sender address" : no_memory;
	}
	transaction->ret = parameters.ret;
	transaction->smtputf8 = parameters.smtputf8;
	return accepted;
}

/* Room for what is asked of one more recipient. Returns 0, or -1. */
static int
make_room(struct smtp_transaction *transaction)
{
	size_t count = transaction->recipients.count;
	struct submission_dsn *larger;

	/* Room is always made for a power of two, so a count of that kind means full. */
	if ((count & (count - 1)) != 0)
		return 0;
	larger = reallocarray(transaction->dsn, count == 0 ? 1 : 2 * count, sizeof *larger);
	if (larger == NULL)
		return -1;
	transaction->dsn = larger;
	return 0;
}

/* Append the recipient `path`, with brackets. Returns 0 or the status of an error. */
static int
append(struct address_list *list, const char *path)
{
	size_t before = list->count;
	struct error error;

	if (address_list_parse(path, strlen(path), list, &error) < 0)
		return error.status;
	if (list->count == before + 1 && *list->items[before].address != '\0')
		return 0;
	address_list_truncate(list, before);
	return EX_DATAERR;
}

const char *
smtp_transaction_rcpt(struct smtp_transaction *transaction, char *argument)
{
	struct address_list *list = &transaction->recipients;
	struct smtp_rcpt_parameters parameters;
	struct submission_dsn dsn = {0};
	char path[SMTP_PATH_MAX];
	const char *refusal;
	char *words;
	int status;

	if (transaction->sender == NULL)
		return "503 MAIL first";
	if (smtp_command_path(argument, "TO", path, &words) < 0)
		return "501 Syntax: RCPT TO:<address>";
	refusal = smtp_parameter_rcpt(words, &parameters);
	if (refusal != NULL)
		return refusal;
	if (list->count >= RECIPIENTS_MAX)
		return "452 Too many recipients";
	dsn.notify = parameters.notify;
	if ((parameters.orcpt != NULL && (dsn.orcpt = strdup(parameters.orcpt)) == NULL) ||
	    make_room(transaction) < 0) {
		free(dsn.orcpt);
		return no_memory;
	}
	status = append(list, path);
	if (status != 0) {
		free(dsn.orcpt);
		return status == EX_DATAERR ? "553 Bad recipient address" : no_memory;
	}
	transaction->dsn[list->count - 1] = dsn;
	return accepted;
}

void
smtp_transaction_envelope(
    const struct smtp_transaction *transaction, struct submission_options *options)
{
	options->sender = transaction->sender;
	options->envelope_id = transaction->envelope_id;
	options->ret = transaction->ret;
	options->smtputf8 = transaction->smtputf8;
	options->recipients = &transaction->recipients;
	options->dsn = transaction->dsn;
}

void
smtp_transaction_reset(struct smtp_transaction *transaction)
{
	for (size_t i = 0; i < transaction->recipients.count; i++)
		free(transaction->dsn[i].orcpt);
	free(transaction->dsn);
	address_list_free(&transaction->recipients);
	free(transaction->envelope_id);
	free(transaction->sender);
	*transaction = (struct smtp_transaction){0};
}
