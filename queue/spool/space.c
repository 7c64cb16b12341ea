/* SPDX-License-Identifier: ISC */
#include "queue/spool/space.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/statvfs.h>
#include <sysexits.h>

int
space_check(int directory, uint64_t minimum, bool is_root, struct error *error)
{
	unsigned factor = is_root ? 1 : 2;
	struct statvfs fs;
	uint64_t blocks_needed;

	if (fstatvfs(directory, &fs) == -1)
		return error_set_errno(error, EX_TEMPFAIL, "cannot see how full the spool is");
	/* In blocks: octets of a large file system need not fit 64 bits. */
	blocks_needed = fs.f_frsize == 0 ? 0 : minimum / fs.f_frsize * factor;
	errno = ENOSPC;
	if (fs.f_bavail < blocks_needed)
		return error_set(error, EX_TEMPFAIL,
		    "the spool's file system is nearly full: %" PRIu64 " KiB free, %" PRIu64
		    " KiB wanted",
		    (uint64_t)fs.f_bavail * (fs.f_frsize / 512) / 2, minimum / 1024 * factor);
	/* Some file systems have no fixed number of inodes and report none. */
	if (fs.f_favail < fs.f_files / 100 * SPACE_INODES_PERCENT * factor)
		return error_set(error, EX_TEMPFAIL,
		    "the spool's file system is nearly out of inodes: %" PRIu64 " of %" PRIu64
		    " free",
		    (uint64_t)fs.f_favail, (uint64_t)fs.f_files);
	return 0;
}
