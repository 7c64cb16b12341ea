/* SPDX-License-Identifier: ISC */
#include "queue/worker_start.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "config/channel.h"
#include "config/config.h"
#include "config/pack.h"
#include "oauth/agent.h"
#include "queue/delivery/launcher.h"

static int
ask(int agent, int launcher, const char *profile, bool transcript, int work,
    const int credential[2])
{
	unsigned char body[CONFIG_NAME_MAX + 16];
	const int worker_fds[2] = {work, credential[1]};
	struct packer packer;

	pack_init(&packer, body, sizeof(body));
	pack_string(&packer, profile);
	if (channel_send(agent, AGENT_CREDENTIAL, body, packer.length, &credential[0], 1) < 0)
		return -1;
	pack_u32(&packer, transcript);
	return channel_send(launcher, LAUNCHER_START, body, packer.length, worker_fds, 2);
}

int
worker_start(int agent, int launcher, const char *profile, bool transcript)
{
	int work[2] = {-1, -1};
	int credential[2] = {-1, -1};
	int result = -1;
	int saved;

	if (agent < 0 || launcher < 0) {
		errno = EAGAIN;
		return -1;
	}
	if (channel_pair(work) == 0 && channel_pair(credential) == 0 &&
	    fcntl(work[0], F_SETFL, O_NONBLOCK) == 0 &&
	    ask(agent, launcher, profile, transcript, work[1], credential) == 0) {
		result = work[0];
		work[0] = -1;
	}
	saved = errno;
	for (int i = 0; i < 2; i++) {
		if (work[i] >= 0)
			close(work[i]);
		if (credential[i] >= 0)
			close(credential[i]);
	}
	errno = saved;
	return result;
}
