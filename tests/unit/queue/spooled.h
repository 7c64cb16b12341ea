/* Messages in a spool of a test, with names that the test chooses. */
#ifndef POSTOAK_TESTS_SPOOLED_H
#define POSTOAK_TESTS_SPOOLED_H

#include "tests/unit/queue/spool/fixture.h"

#include "queue/spool/accept.h"
#include "queue/spool/queue_id.h"

/* A time that stays: 2026-11-21 22:13:20 UTC. */
#define RECEIVED UINT64_C(1795299200)

/* An envelope of `count` recipients; sender and addresses are borrowed. */
static inline struct envelope
envelope_for(char *sender, struct recipient *recipients, size_t count)
{
	struct envelope envelope = {
	    .received_us = RECEIVED * 1000000,
	    .uid = 4711,
	    .sender = sender,
	    .recipients = recipients,
	    .recipient_count = count,
	};

	envelope_new_key(envelope.key);
	return envelope;
}

/* Put a message into `directory` under `id`. */
static inline void
put_message(int directory, uint64_t id, struct envelope *envelope, const char *text)
{
	char given_name[QUEUE_ID_SIZE];
	char name[QUEUE_ID_SIZE];
	struct accept *accept;
	struct error error;
	uint64_t given = 0;

	accept = accept_begin(directory, envelope, &error);
	if (accept == NULL || accept_write(accept, text, strlen(text), &error) < 0 ||
	    accept_seal(accept, &error) < 0 || accept_publish(accept, &given, &error) < 0)
		fail_msg("%s", error.text);
	accept_free(accept);
	queue_id_format(given, given_name);
	queue_id_format(id, name);
	assert_int_equal(renameat(directory, given_name, directory, name), 0);
}

#endif
