/* SPDX-License-Identifier: ISC */
#include "queue/keep_descriptors.h"

#include <stdbool.h>
#include <unistd.h>

#include <bsd/unistd.h>

#include "config/log.h"

static bool
is_among(int fd, const int *kept, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (kept[i] == fd)
			return true;
	return false;
}

void
keep_descriptors(const int *kept, size_t count)
{
	int highest = STDERR_FILENO;

	for (size_t i = 0; i < count; i++)
		if (kept[i] > highest)
			highest = kept[i];
	log_reopen();
	closefrom(highest + 1);
	for (int fd = STDERR_FILENO + 1; fd < highest; fd++)
		if (!is_among(fd, kept, count))
			close(fd);
}
