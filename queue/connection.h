/*
 * A connection to a relay as the runner sees it: its worker. Opening it through agent
 * and launcher, what the worker says, and what becomes of its transactions when it ends.
 */
#ifndef POSTOAK_QUEUE_CONNECTION_H
#define POSTOAK_QUEUE_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>

#include <bsd/sys/queue.h>

#include "config/channel.h"
#include "queue/context.h"
#include "queue/settle.h"
#include "queue/transaction.h"

/* What all connections share. */
struct connector {
	struct context *context;
	struct settle *settle;                         /* takes over the transactions that end */
	void (*changed)(struct lane *lane, void *arg); /* a lane's condition changed */
	void *arg;
	int agent; /* channels, borrowed; -1: none now, nothing is opened meanwhile */
	int launcher;
	size_t count; /* of connections, in all lanes */
	struct channel_message message;
};

struct connection {
	LIST_ENTRY(connection) entry; /* in its lane */
	struct connector *connector;
	struct lane *lane;
	int channel;
	bool ready;    /* logged in */
	bool closing;  /* takes nothing more */
	bool reported; /* said why it ends */
	bool failed;   /* and it was a fault */
	bool useful;   /* a transaction has ended on it */
	char relay[320];
	bool dsn;               /* the relay speaks DSN (RFC 3461) */
	double connect_seconds; /* charged to the first transaction, then 0 */
	LIST_HEAD(, transaction) transactions;
	unsigned outstanding; /* of them */
};

/* Ask agent and launcher for a connection of the lane's profile. Null where that is not
 * possible now. */
struct connection *connection_open(struct connector *connector, struct lane *lane);

/* True where it takes another transaction; `window`: how many it may have at a time. */
bool connection_may_take(const struct connection *connection, unsigned window);

/* Hand a transaction, its message loaded, over to the worker. It is settled when it
 * ends, or when the connection does. */
void connection_give(struct connection *connection, struct transaction *transaction);

/* End the lane's connections politely, each after the message it is at. */
void connection_close_all(struct lane *lane);

#endif
