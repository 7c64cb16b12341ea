/*
 * What runner and worker say to each other over their pair (channel.h, pack.h).
 *
 * The runner sends WORK_DELIVER for a message and may send the next one before the
 * first has ended; the worker takes them in order. For each it answers any number
 * of WORK_RESULT and then one WORK_ENDED. WORK_READY comes once, after the login.
 * A fault of the connection or the login is WORK_FAILED: then the worker exits, and
 * whatever has no result yet is the runner's to try again; what had been sent to the
 * relay up to its final dot and not answered is uncertain. WORK_CLOSED: the worker
 * ends politely (WORK_QUIT, messages_per_connection, idle time, a 421 between
 * messages) and takes nothing more; a WORK_DELIVER it did not begin has no results.
 * A worker that was started so tells its dialogue as it goes: WORK_TRANSCRIPT.
 */
#ifndef POSTOAK_DELIVERY_WORK_H
#define POSTOAK_DELIVERY_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/channel.h"
#include "queue/delivery/outcome.h"

enum work_message {
	WORK_DELIVER = 300,
	WORK_QUIT,
	WORK_READY,
	WORK_RESULT,
	WORK_ENDED,
	WORK_FAILED,
	WORK_CLOSED,
	WORK_TRANSCRIPT,
};

/* Recipient index of the profile's archive copy, in results and in requests, is the
 * envelope's recipient_count. This one stands for all that have no result yet: */
#define WORK_ALL_RECIPIENTS UINT32_MAX

/* The most recipients one transaction can have: their indexes fit one packet. */
#define WORK_RECIPIENTS_MAX 5000

/* WORK_DELIVER; comes with one descriptor, the message file. */
struct work_deliver {
	uint64_t transaction; /* the runner's number */
	uint64_t id;          /* queue id, for Received */
	char user[64];        /* name or number of the submitting user, for {user} */
	uint32_t count;
	uint32_t *indexes; /* recipients of this transaction */
};

/* WORK_TRANSCRIPT: a string, a line for people, its end not included. */
#define WORK_TRANSCRIPT_MAX 1024

/* WORK_READY: the login is done. */
struct work_ready {
	char relay[320];        /* "host[ip]:port", for the log */
	bool dsn;               /* the relay speaks DSN (RFC 3461): NOTIFY was passed on */
	uint64_t size;          /* its SIZE limit in octets, 0 unknown */
	double connect_seconds; /* from start to login done */
};

/* WORK_RESULT: one recipient's fate (or all others' of the transaction). */
struct work_result {
	uint64_t transaction;
	uint32_t index; /* or WORK_ALL_RECIPIENTS */
	struct outcome outcome;
};

/* WORK_ENDED */
struct work_ended {
	uint64_t transaction;
	double transmission_seconds; /* from MAIL to the last reply */
	char from[512];              /* From as sent, for the log */
	char reply_to[512];
	bool corrupt; /* the file's checksum was wrong: nothing was delivered */
};

/* WORK_FAILED: a profile-scope outcome */
struct work_failed {
	char relay[320];
	struct outcome outcome;
};

/*
 * Each returns 0, or -1 and errno as channel_send. The unpack functions return 0,
 * or -1 for a body that is not well-formed; they copy everything out of the message. The caller
 * frees the indexes of an order.
 */
int work_send_deliver(int channel, const struct work_deliver *deliver, int file);
int work_unpack_deliver(const struct channel_message *message, struct work_deliver *deliver);
int work_send_quit(int channel);
int work_send_ready(int channel, const struct work_ready *ready);
int work_unpack_ready(const struct channel_message *message, struct work_ready *ready);
int work_send_result(int channel, const struct work_result *result);
int work_unpack_result(const struct channel_message *message, struct work_result *result);
int work_send_ended(int channel, const struct work_ended *ended);
int work_unpack_ended(const struct channel_message *message, struct work_ended *ended);
int work_send_failed(int channel, const struct work_failed *failed);
int work_unpack_failed(const struct channel_message *message, struct work_failed *failed);
int work_send_closed(int channel);
int work_send_transcript(int channel, const char *line);
int work_unpack_transcript(const struct channel_message *message, char line[WORK_TRANSCRIPT_MAX]);

/*
 * Close the worker's end. What the runner has sent and nobody will read is taken out
 * first: the kernel would tell it of a reset connection before it gives it our last
 * report.
 */
void work_close(int channel);

#endif
