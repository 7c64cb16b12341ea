/*
 * An SMTP session: greeting, EHLO and TLS, and one command at a time. What goes wrong
 * with the connection itself becomes a profile-scope outcome here.
 */
#ifndef POSTOAK_DELIVERY_SESSION_H
#define POSTOAK_DELIVERY_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "config/config.h"
#include "queue/delivery/hello.h"
#include "queue/delivery/outcome.h"
#include "queue/delivery/reply.h"
#include "queue/delivery/stream.h"
#include "queue/delivery/transcript.h"

struct session {
	const struct config *config;
	const struct config_profile *profile;
	struct stream *stream;         /* the caller's */
	bool loopback;                 /* the peer is this host */
	struct transcript *transcript; /* the caller's; null: none is kept */
	struct hello hello;
};

/*
 * From the first octet to the EHLO that counts, as the profile's `tls` says; `trust` may
 * be null with TLS_NONE. Returns 0, or -1 and `failure`.
 */
int session_open(struct session *session, SSL_CTX *trust, struct outcome *failure);

/* Append octets to the output; it is flushed before a reply is read. */
int session_put(struct session *session, enum smtp_stage stage, const void *data, size_t length,
    struct outcome *failure);

/* Append a command line to the output; `format` without CRLF. */
int session_send(struct session *session, enum smtp_stage stage, struct outcome *failure,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/*
 * Flush and read the reply to a command of `stage`. The transcript has it, unless it is
 * one to AUTH, which login.h tells.
 */
int session_reply(
    struct session *session, enum smtp_stage stage, struct reply *reply, struct outcome *failure);

/* What a reply means. */
void session_classify(const struct session *session, enum smtp_stage stage,
    const struct reply *reply, struct outcome *outcome);

/* The outcome of a stream operation that failed with errno in `stage`; returns -1. */
int session_lost(enum smtp_stage stage, struct outcome *failure);

/* Say QUIT and wait a little for the answer; the stream stays to be freed. */
void session_quit(struct session *session);

#endif
