/*
 * Waiting at a loopback address for the browser to come back with the response to an
 * authorization request (RFC 8252, section 7.3).
 *
 * Everybody on this host can connect: what is not the response gets a short page with the
 * reason, however slow, large or frequent it is, and changes nothing.
 */
#ifndef POSTOAK_SENDMAIL_REDIRECT_LISTENER_H
#define POSTOAK_SENDMAIL_REDIRECT_LISTENER_H

#include "config/error.h"
#include "config/loop.h"
#include "sendmail/redirect_uri.h"

struct redirect_listener;

/* What the browser shows. */
struct redirect_verdict {
	const char *title;
	char text[ERROR_TEXT_MAX + 128];
};

/*
 * The response came: `response` is its path and query. Called once; nothing is listened to
 * any more. Fills `verdict`.
 */
typedef void redirect_arrived(
    const char *response, struct redirect_verdict *verdict, void *context);

/*
 * Bind to the address of *uri, to any port where it has none, which is filled in;
 * localhost means both 127.0.0.1 and ::1, as far as there are both. On success *listener is
 * new; -1 and `error` (EX_CONFIG, EX_OSERR) otherwise.
 */
int redirect_listener_open(
    struct redirect_uri *uri, struct redirect_listener **listener, struct error *error);

/* Begin to serve those who come, for the request with `state` (copied). -1 and errno. */
int redirect_listener_serve(struct redirect_listener *listener, struct loop *loop,
    const char *state, redirect_arrived *arrived, void *context);

/* Null is allowed. */
void redirect_listener_close(struct redirect_listener *listener);

#endif
