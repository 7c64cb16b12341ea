/* SPDX-License-Identifier: ISC */
#include "sendmail/staging.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>

int
staging_open(void)
{
	const char *directory = getenv("TMPDIR");
	int fd;

	if (directory == NULL || *directory != '/')
		directory = "/tmp";
	fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return fd >= 0 ? fd : memfd_create("postoak-message", MFD_CLOEXEC);
}
