/*
 * What the parts of the runner share, over a spool in a temporary directory: two
 * profiles, `a` for everything and `b` for who is routed there, no agent, no relay.
 */
#ifndef POSTOAK_TESTS_CONTEXT_H
#define POSTOAK_TESTS_CONTEXT_H

#include "tests/unit/queue/spooled.h"

#include "config/clock.h"
#include "queue/context.h"
#include "queue/lanes.h"
#include "queue/loaded.h"
#include "queue/reading.h"
#include "queue/spool/delivered.h"

struct host {
	struct fixture *fixture;
	struct config config;
	struct config_profile profiles[2];
	struct config_route routes[1];
	struct context context;
};

static inline void
host_ignore(void *context)
{
	(void)context;
}

static inline bool
host_keep_no_line(const struct delivered_line *line, void *context)
{
	(void)line;
	(void)context;
	return false;
}

static inline int
host_setup(void **state)
{
	static char a[] = "a";
	static char b[] = "b";
	static char net[] = "*@example.net";
	struct host *host = calloc(1, sizeof(*host));
	struct context *context;
	struct error error;

	assert_non_null(host);
	*state = host;
	(void)fixture_setup((void **)&host->fixture);
	host->profiles[0].name = a;
	host->profiles[1].name = b;
	host->profiles[0].limits.connections = host->profiles[1].limits.connections = 1;
	host->routes[0] = (struct config_route){.recipient = net, .profile = &host->profiles[1]};
	host->config.profiles = host->profiles;
	host->config.profile_count = 2;
	host->config.default_profile = &host->profiles[0];
	host->config.routes = host->routes;
	host->config.route_count = 1;
	host->config.queue = (struct config_queue){
	    .retry_minimum = 60, .retry_maximum = 3600, .lifetime = 5 * 86400};
	context = &host->context;
	context->config = &host->config;
	context->spool = host->fixture->spool;
	context->loop = loop_new();
	context->backlog = backlog_new();
	context->delivered = delivered_open(&context->spool, host_keep_no_line, NULL, &error);
	if (context->delivered == NULL)
		fail_msg("%s", error.text);
	loop_timer_init(&context->reading, host_ignore, NULL);
	LIST_INIT(&context->lanes);
	return lanes_create(context, host_ignore, NULL);
}

static inline void
host_close_message(struct message *message, void *context)
{
	(void)context;
	loaded_close(message);
}

static inline int
host_teardown(void **state)
{
	struct host *host = *state;

	backlog_each(host->context.backlog, host_close_message, NULL);
	lanes_free(&host->context);
	heap_free(&host->context.unread);
	backlog_free(host->context.backlog);
	delivered_free(host->context.delivered);
	loop_free(host->context.loop);
	(void)fixture_teardown((void **)&host->fixture);
	free(host);
	return 0;
}

static inline struct lane *
host_lane(struct host *host, int profile)
{
	return context_lane(&host->context, &host->profiles[profile]);
}

/* A message of `count` recipients that stands in queue/ and is in the backlog, unread. */
static inline struct message *
host_queue(struct host *host, uint64_t id, struct recipient *recipients, size_t count)
{
	char sender[] = "alice@example.com";
	struct envelope envelope = envelope_for(sender, recipients, count);
	struct message *message;

	envelope.received_us = clock_wall_us();
	put_message(host->context.spool.queue, id, &envelope, "Subject: x\r\n\r\nHello.\r\n");
	message = backlog_add(host->context.backlog, id);
	assert_non_null(message);
	assert_int_equal(reading_add(&host->context, message, clock_monotonic_ms()), 0);
	return message;
}

static inline bool
host_has_file(const struct host *host, uint64_t id)
{
	char name[QUEUE_ID_SIZE];

	queue_id_format(id, name);
	return file_exists(host->context.spool.queue, name);
}

#endif
