/*
 * How our processes talk: SOCK_SEQPACKET pairs, one typed message a packet,
 * file descriptors beside it (SCM_RIGHTS).
 */
#ifndef POSTOAK_CONFIG_CHANNEL_H
#define POSTOAK_CONFIG_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

#define CHANNEL_BODY_MAX 65536
#define CHANNEL_FDS_MAX 4

struct channel_message {
	uint32_t type;
	size_t length;            /* octets of body */
	unsigned char *body;      /* CHANNEL_BODY_MAX octets, owned by the message */
	int fds[CHANNEL_FDS_MAX]; /* the receiver owns them; -1 once taken over */
	size_t fd_count;
};

/* Make a connected pair, close-on-exec, blocking. Returns 0, or -1 and errno. */
int channel_pair(int pair[2]);

/*
 * Send one message of `length` octets (at most CHANNEL_BODY_MAX) with `fd_count`
 * descriptors (at most CHANNEL_FDS_MAX), which stay the caller's. Never raises
 * SIGPIPE. Returns 0, or -1 and errno: EAGAIN where the descriptor does not block
 * and the peer is behind, EPIPE or ECONNRESET where it is gone.
 */
int channel_send(
    int channel, uint32_t type, const void *body, size_t length, const int *fds, size_t fd_count);

/* Prepare `message` for channel_receive; -1 and ENOMEM where there is no memory. */
int channel_message_init(struct channel_message *message);

/*
 * Receive one message into `message`, whose earlier descriptors are closed first
 * unless they were taken over. Returns 1; 0 when the peer has closed; -1 and
 * errno: EAGAIN, or EBADMSG for a packet that is not one of ours. Descriptors
 * arrive close-on-exec.
 */
int channel_receive(int channel, struct channel_message *message);

/* Take descriptor `index` out of the message; -1 where it has none there. */
int channel_take_fd(struct channel_message *message, size_t index);

/* Release the body (wiped: it may have carried a credential) and descriptors. */
void channel_message_free(struct channel_message *message);

#endif
