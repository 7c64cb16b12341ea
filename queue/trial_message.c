/* SPDX-License-Identifier: ISC */
#include "queue/trial_message.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sysexits.h>

#include <bsd/stdlib.h>

#include "config/clock.h"
#include "queue/message/date.h"
#include "queue/spool/envelope.h"

/* Header and body of the message, fresh; null without memory. */
static char *
compose(const struct config *config, const struct config_profile *profile,
    const struct envelope *envelope, int *length)
{
	char date[DATE_MAX];
	char *text;

	date_format((time_t)(envelope->received_us / 1000000), date);
	*length = asprintf(&text,
	    "Date: %s\r\n"
	    "From: Postoak <%s>\r\n"
	    "To: <%s>\r\n"
	    "Subject: Postoak test of profile %s on %s\r\n"
	    "Message-ID: <%" PRIu64 ".%08x%08x@%s>\r\n"
	    "Auto-Submitted: auto-generated\r\n"
	    "\r\n"
	    "Somebody with the user number %lu on %s ran:\r\n"
	    "\r\n"
	    "    postoak test %s %s\r\n"
	    "\r\n"
	    "If you read this, mail gets out through this profile.\r\n",
	    date, envelope->sender, envelope->recipients[0].address, profile->name,
	    config->hostname, envelope->received_us, arc4random(), arc4random(), config->hostname,
	    (unsigned long)envelope->uid, config->hostname, profile->name,
	    envelope->recipients[0].address);
	return *length < 0 ? NULL : text;
}

static struct accept *
write_file(struct envelope *envelope, const char *text, int length, struct error *error)
{
	int file = memfd_create("postoak-test", MFD_CLOEXEC);
	struct accept *accept;

	if (file < 0) {
		error_set_errno(error, EX_OSERR, "cannot make a test message");
		return NULL;
	}
	accept = accept_begin_file(file, envelope, error);
	if (accept == NULL)
		return NULL;
	if (accept_write(accept, text, (size_t)length, error) == 0 &&
	    accept_seal(accept, error) == 0)
		return accept;
	accept_free(accept);
	return NULL;
}

struct accept *
trial_message(const struct config *config, const struct config_profile *profile,
    const char *recipient, uid_t uid, struct error *error)
{
	struct recipient to = {.address = strdup(recipient)};
	struct envelope envelope = {
	    .received_us = clock_wall_us(), .uid = uid, .recipients = &to, .recipient_count = 1};
	struct accept *accept = NULL;
	char *text = NULL;
	int length;

	if (profile->from != NULL)
		envelope.sender = strdup(profile->from);
	else if (asprintf(&envelope.sender, "postmaster@%s", config->mail_name) < 0)
		envelope.sender = NULL;
	if (to.address != NULL && envelope.sender != NULL)
		text = compose(config, profile, &envelope, &length);
	envelope_new_key(envelope.key);
	if (text == NULL)
		error_set(error, EX_OSERR, "out of memory");
	else
		accept = write_file(&envelope, text, length, error);
	free(text);
	free(envelope.sender);
	free(to.address);
	return accept;
}
