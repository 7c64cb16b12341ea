/* SPDX-License-Identifier: ISC */
#include "config/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bsd/string.h>

union control {
	struct cmsghdr align;
	char space[CMSG_SPACE(sizeof(int) * CHANNEL_FDS_MAX)];
};

int
channel_pair(int pair[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair);
}

int
channel_send(
    int channel, uint32_t type, const void *body, size_t length, const int *fds, size_t fd_count)
{
	union control control;
	struct iovec iov[2] = {
	    {.iov_base = &type, .iov_len = sizeof(type)},
	    {.iov_base = (void *)(uintptr_t)body, .iov_len = length},
	};
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = length > 0 ? 2 : 1};
	ssize_t sent;

	if (length > CHANNEL_BODY_MAX || fd_count > CHANNEL_FDS_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	if (fd_count > 0) {
		struct cmsghdr *cmsg;

		memset(&control, 0, sizeof(control));
		msg.msg_control = control.space;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
		memcpy(CMSG_DATA(cmsg), fds, sizeof(int) * fd_count);
	}
	do
		sent = sendmsg(channel, &msg, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -1 : 0;
}

int
channel_message_init(struct channel_message *message)
{
	memset(message, 0, sizeof(*message));
	message->body = malloc(CHANNEL_BODY_MAX);
	return message->body == NULL ? -1 : 0;
}

static void
close_fds(struct channel_message *message)
{
	for (size_t i = 0; i < message->fd_count; i++)
		if (message->fds[i] >= 0)
			close(message->fds[i]);
	message->fd_count = 0;
}

static void
collect_fds(struct channel_message *message, struct msghdr *msg)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		size_t count;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		if (count > CHANNEL_FDS_MAX - message->fd_count)
			count = CHANNEL_FDS_MAX - message->fd_count;
		memcpy(message->fds + message->fd_count, CMSG_DATA(c), count * sizeof(int));
		message->fd_count += count;
	}
}

int
channel_receive(int channel, struct channel_message *message)
{
	union control control;
	struct iovec iov[2] = {
	    {.iov_base = &message->type, .iov_len = sizeof(message->type)},
	    {.iov_base = message->body, .iov_len = CHANNEL_BODY_MAX},
	};
	struct msghdr msg = {
	    .msg_iov = iov,
	    .msg_iovlen = 2,
	    .msg_control = control.space,
	    .msg_controllen = sizeof(control.space),
	};
	ssize_t received;

	close_fds(message);
	message->length = 0;
	do
		received = recvmsg(channel, &msg, MSG_CMSG_CLOEXEC);
	while (received < 0 && errno == EINTR);
	if (received <= 0)
		return (int)received;
	collect_fds(message, &msg);
	if ((size_t)received < sizeof(message->type) || (msg.msg_flags & MSG_TRUNC) != 0 ||
	    (msg.msg_flags & MSG_CTRUNC) != 0) {
		close_fds(message);
		errno = EBADMSG;
		return -1;
	}
	message->length = (size_t)received - sizeof(message->type);
	return 1;
}

int
channel_take_fd(struct channel_message *message, size_t index)
{
	int fd;

	if (index >= message->fd_count)
		return -1;
	fd = message->fds[index];
	message->fds[index] = -1;
	return fd;
}

void
channel_message_free(struct channel_message *message)
{
	close_fds(message);
	if (message->body != NULL)
		explicit_bzero(message->body, CHANNEL_BODY_MAX);
	free(message->body);
	message->body = NULL;
}
