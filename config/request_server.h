/* The serving side of request.h: bounded, never waiting for a client. */
#ifndef POSTOAK_CONFIG_REQUEST_SERVER_H
#define POSTOAK_CONFIG_REQUEST_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#include "config/error.h"
#include "config/loop.h"

struct request_server;

/* One request being answered. */
struct request;

/*
 * Called with the request's line (writable, without newline, there until it is
 * answered). The handler answers now or later, exactly once, by one of the request_answer
 * functions.
 */
typedef void request_handler(struct request *request, char *line, void *context);

/*
 * Serve the listening stream socket `listener` (-1: none, only what is adopted) in
 * `loop`: at most 32 connections, 4 a uid (root: 8 more), `request_max` octets a request
 * (at least REQUEST_MAX), 10 s to send it, 60 s without progress in reading the answer.
 * Requests and answers may hold secrets: their memory is wiped. Null and errno on failure.
 */
struct request_server *request_server_new(
    struct loop *loop, int listener, size_t request_max, request_handler *handler, void *context);

/* Serve the connected stream socket `fd`, which is the server's from here on, as if it
 * had come to the listener: whoever made it asks. */
void request_server_adopt(struct request_server *server, int fd);

/* Drop all connections; the listener stays the caller's. */
void request_server_free(struct request_server *server);

/* Who asks, as the kernel saw it when they connected. */
uid_t request_uid(const struct request *request);

/* True for root, for our own effective user, and for members of group `gid`. */
bool request_privileged(const struct request *request, gid_t gid);

/* Answer with success and `length` octets of body (copied). */
void request_answer(struct request *request, const char *body, size_t length);

/* Answer with a failure. */
void request_answer_error(struct request *request, const struct error *error);

/*
 * Take the connection out of the server: for a child process that will stream a
 * long body (it begins with "0 \n" and ends with NUL itself). Returns the blocking
 * descriptor, now the caller's; the request is gone.
 */
int request_take_over(struct request *request);

#endif
