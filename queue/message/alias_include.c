/* SPDX-License-Identifier: ISC */
#include "queue/message/alias_include.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "queue/message/alias_target.h"
#include "queue/message/alias_text.h"

/* "/path" out of ":include:/path", or null where it is not absolute. */
static const char *
include_path(const char *include)
{
	const char *path = include + strlen(":include:");

	path += strspn(path, " \t");
	return *path == '/' ? path : NULL;
}

static int
open_as_real_user(const char *path)
{
	/* Not blocking: it may be a FIFO. */
	const int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int fd = -1;

	/* A service's filter of system calls may forbid even changes that change nothing. */
	if (uid == getuid() && gid == getgid())
		return open(path, flags);
	if (setegid(getgid()) == 0 && seteuid(getuid()) == 0)
		fd = open(path, flags);
	if (seteuid(uid) == -1 || setegid(gid) == -1) {
		if (fd != -1)
			close(fd);
		return -1;
	}
	return fd;
}

static int
check_owner(int fd, const char *path, struct error *error)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return error_set_errno(error, EX_OSERR, "%s", path);
	if (st.st_uid != 0)
		return error_set(error, EX_NOPERM, "%s: not owned by root", path);
	if ((st.st_mode & S_IROTH) == 0)
		return error_set(error, EX_NOPERM, "%s: not readable by all", path);
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return error_set(error, EX_NOPERM, "%s: writable by others than root", path);
	return 0;
}

static int
read_lines(const char *path, struct alias_text *text, struct address_list *list,
    void (*complain)(const char *message, void *context), void *context, struct error *error)
{
	struct error fault;
	size_t length;

	while ((length = alias_text_line(text)) > 0) {
		if (alias_target_parse(text->line, length, list, &fault) == 0)
			continue;
		if (fault.status == EX_OSERR) {
			address_list_free(list);
			return error_set(error, EX_OSERR, "%s: %s", path, fault.text);
		}
		if (complain == NULL)
			continue;
		error_prefix(&fault, "%s:%u", path, text->number);
		complain(fault.text, context);
	}
	return 0;
}

int
alias_include_read(const char *include, struct address_list *list,
    void (*complain)(const char *message, void *context), void *context, struct error *error)
{
	const char *path = include_path(include);
	struct alias_text text;
	int fd;
	int result = -1;

	if (path == NULL)
		return error_set(error, EX_NOINPUT, "%s: not an absolute path", include);
	if ((fd = open_as_real_user(path)) == -1)
		return error_set_errno(error, error_file_status(errno), "%s", path);
	if (check_owner(fd, path, error) == -1 || alias_text_read(fd, path, &text, error) == -1)
		goto done;
	result = read_lines(path, &text, list, complain, context, error);
	alias_text_free(&text);
done:
	close(fd);
	return result;
}
