/* SPDX-License-Identifier: ISC */
#include "queue/spool/notify.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "queue/spool/queue_id.h"

void
notify_runner(const char *runtime, uint64_t id)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char text[QUEUE_ID_SIZE];
	int length;
	int fd;

	length = snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", runtime);
	if (length < 0 || (size_t)length >= sizeof(address.sun_path))
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	queue_id_format(id, text);
	(void)sendto(fd, text, QUEUE_ID_SIZE - 1, MSG_NOSIGNAL, (const struct sockaddr *)&address,
	    sizeof(address));
	close(fd);
}
