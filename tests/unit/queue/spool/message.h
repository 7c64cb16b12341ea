/* A small message for tests of accept and take. */
#ifndef POSTOAK_TESTS_SPOOL_MESSAGE_H
#define POSTOAK_TESTS_SPOOL_MESSAGE_H

#include <stdint.h>
#include <string.h>
#include <sysexits.h>

#include "queue/spool/accept.h"
#include "queue/spool/queue_id.h"

#define MESSAGE_BODY "Subject: x\r\n\r\nHello.\r\n"

struct message {
	char sender[32];
	char address[32];
	struct recipient recipient;
	struct envelope envelope;
};

static inline void
message_init(struct message *message)
{
	memset(message, 0, sizeof(*message));
	strcpy(message->sender, "alice@example.com");
	strcpy(message->address, "bob@example.org");
	message->recipient.address = message->address;
	message->envelope.sender = message->sender;
	message->envelope.recipients = &message->recipient;
	message->envelope.recipient_count = 1;
	message->envelope.received_us = UINT64_C(1795328000000042);
	message->envelope.uid = 4711;
	/* What the caller need not know yet. */
	message->envelope.size = UINT64_MAX;
	envelope_new_key(message->envelope.key);
}

/* Sealed, not published; null and `error`. */
static inline struct accept *
message_seal(struct message *message, int directory, struct error *error)
{
	struct accept *accept = accept_begin(directory, &message->envelope, error);

	if (accept != NULL &&
	    (accept_write(accept, MESSAGE_BODY, strlen(MESSAGE_BODY), error) == -1 ||
		accept_seal(accept, error) == -1)) {
		accept_free(accept);
		return NULL;
	}
	return accept;
}

/* Accept a message into `directory`: 0, or -1 and `error`. */
static inline int
message_accept(struct message *message, int directory, uint64_t *id, struct error *error)
{
	struct accept *accept;
	int result;

	message_init(message);
	accept = message_seal(message, directory, error);
	if (accept == NULL)
		return -1;
	result = accept_publish(accept, id, error);
	accept_free(accept);
	return result;
}

#endif
