/* SPDX-License-Identifier: ISC */
#include "queue/spool/envelope.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "config/text_stream.h"
#include "queue/message/address.h"
#include "queue/message/recipients.h"
#include "queue/spool/envelope_syntax.h"

/* What the reader would refuse is never written: it would be found only after the
 * submitter was told that all is well. */
static int
check(const struct envelope *envelope, struct error *error)
{
	if (!envelope_key_is_valid(envelope->key))
		return error_set(error, EX_SOFTWARE, "the message has no key");
	if (envelope->sender[0] != '\0' && !address_is_valid(envelope->sender))
		return error_set(error, EX_DATAERR, "the sender is not a mail address");
	if (envelope->envid != NULL && !envelope_envid_is_valid(envelope->envid))
		return error_set(error, EX_DATAERR, "the envelope id is not xtext");
	if (envelope->size > ENVELOPE_SIZE_MAX)
		return error_set(error, EX_DATAERR, "the message is too large");
	if (envelope->recipient_count == 0)
		return error_set(error, EX_DATAERR, "no recipients");
	if (envelope->recipient_count > RECIPIENTS_MAX)
		return error_set(error, EX_DATAERR, "more than %d recipients", RECIPIENTS_MAX);
	for (size_t i = 0; i < envelope->recipient_count; i++) {
		const struct recipient *recipient = &envelope->recipients[i];

		if (!address_is_valid(recipient->address))
			return error_set(
			    error, EX_DATAERR, "recipient %zu is not a mail address", i + 1);
		if (recipient->notify != 0 && envelope_notify_format(recipient->notify) == NULL)
			return error_set(
			    error, EX_DATAERR, "recipient %zu has contradictory NOTIFY", i + 1);
		if (recipient->orcpt != NULL && !envelope_orcpt_is_valid(recipient->orcpt))
			return error_set(
			    error, EX_DATAERR, "recipient %zu has a malformed ORCPT", i + 1);
	}
	return 0;
}

static void
write_recipient(FILE *out, const struct recipient *recipient)
{
	(void)fprintf(out, "recipient: %s", recipient->address);
	if (recipient->notify != 0)
		(void)fprintf(out, " notify=%s", envelope_notify_format(recipient->notify));
	if (recipient->orcpt != NULL)
		(void)fprintf(out, " orcpt=%s", recipient->orcpt);
	(void)fputc('\n', out);
}

static void
write_fields(FILE *out, const struct envelope *envelope)
{
	(void)fprintf(out, ENVELOPE_MAGIC "%d\n", ENVELOPE_VERSION);
	(void)fprintf(out, "key: %s\n", envelope->key);
	(void)fprintf(out, "received: %" PRIu64 ".%06" PRIu64 "\n", envelope->received_us / 1000000,
	    envelope->received_us % 1000000);
	(void)fprintf(out, "uid: %ju\n", (uintmax_t)envelope->uid);
	(void)fprintf(out, "sender: %s\n", envelope->sender);
	(void)fprintf(out, "body: %s\n", envelope->eight_bit ? "8bit" : "7bit");
	(void)fprintf(out, "smtputf8: %s\n", envelope->smtputf8 ? "yes" : "no");
	if (envelope->ret != RET_UNSET)
		(void)fprintf(out, "ret: %s\n", envelope->ret == RET_FULL ? "full" : "hdrs");
	if (envelope->envid != NULL)
		(void)fprintf(out, "envid: %s\n", envelope->envid);
	for (size_t i = 0; i < envelope->recipient_count; i++)
		write_recipient(out, &envelope->recipients[i]);
	(void)fprintf(out, "size: %0*" PRIu64 "\n", ENVELOPE_SIZE_DIGITS, envelope->size);
	(void)fprintf(out, "crc32c: %0*" PRIx32 "\n\n", ENVELOPE_CRC_DIGITS, envelope->crc);
}

char *
envelope_format(struct envelope *envelope, size_t *length, struct error *error)
{
	char *text = NULL;
	FILE *out;

	if (check(envelope, error) == -1) {
		errno = EINVAL;
		return NULL;
	}
	out = text_stream_open(&text, length);
	if (out == NULL) {
		(void)error_set_errno(error, EX_TEMPFAIL, "cannot make the message's header");
		return NULL;
	}
	write_fields(out, envelope);
	if (fclose(out) != 0) {
		(void)error_set_errno(error, EX_TEMPFAIL, "cannot make the message's header");
		return NULL;
	}
	envelope->body_offset = *length;
	envelope->crc_offset = *length - strlen("\n\n") - ENVELOPE_CRC_DIGITS;
	return text;
}
