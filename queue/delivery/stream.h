/*
 * A buffered stream of octets to and from a relay: in clear or, once
 * stream_start_tls succeeded, inside TLS. Every operation has a deadline
 * (clock_monotonic_ms) and ends early with ECANCELED when the lifeline, the channel
 * to the runner, is hung up.
 *
 * While output waits for the relay to take it, input is read into the buffer, so that
 * a relay that answers before it reads on deadlocks nobody.
 */
#ifndef POSTOAK_DELIVERY_STREAM_H
#define POSTOAK_DELIVERY_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

/* A line longer than this, its end included, is not SMTP. */
#define STREAM_LINE_MAX 4096

struct stream;

/*
 * A stream on the connected socket `fd`, which it takes over and makes non-blocking.
 * `lifeline` is watched for hang-up and stays the caller's; -1: none. Null and errno
 * where there is no memory; `fd` is closed then.
 */
struct stream *stream_new(int fd, int lifeline);

/* Close without a word; null is allowed. Wipes the buffers. */
void stream_free(struct stream *stream);

/* Tell a TLS peer that nothing follows, as far as that needs no waiting. */
void stream_shutdown(struct stream *stream);

/*
 * Take over `ssl` (configured, without descriptor; freed with the stream) and do the
 * client's handshake. Input that was buffered before is discarded: it was not
 * protected. Returns 0, or -1 and errno; EPROTO where the handshake itself failed
 * (OpenSSL's error queue and verify result tell why).
 */
int stream_start_tls(struct stream *stream, SSL *ssl, uint64_t deadline);

/* True where what goes over the stream is encrypted to a verified peer. */
bool stream_is_secure(const struct stream *stream);

/*
 * Append to the output; goes out when the buffer is full or flushed. Returns 0, or -1
 * and errno (ETIMEDOUT, ECANCELED, EPIPE, ECONNRESET).
 */
int stream_put(struct stream *stream, const void *data, size_t length, uint64_t deadline);
int stream_flush(struct stream *stream, uint64_t deadline);

/* Drop what was not flushed, and wipe the buffer: it may have held a credential. */
void stream_discard_output(struct stream *stream);

/*
 * Flush, then wait for a line. *line points to it inside the buffer until the next
 * operation, *length is without its end (CRLF, or LF alone). Returns 0, or -1 and
 * errno: as above; ECONNRESET where the peer closed, EMSGSIZE for more than
 * STREAM_LINE_MAX octets.
 */
int stream_line(struct stream *stream, const char **line, size_t *length, uint64_t deadline);

/* The socket, to poll for input; and whether input is there (1), is not (0, perhaps
 * after something that only TLS had to know), or will never be (-1 and errno). */
int stream_socket(const struct stream *stream);
int stream_has_input(struct stream *stream);

#endif
