/* SPDX-License-Identifier: ISC */
#include "sendmail/replace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/string.h>

#include "config/yaml_read.h"

struct replace_file {
	char path[PATH_MAX];
	char directory[PATH_MAX];
	char new[PATH_MAX]; /* "": none */
	struct stat status; /* of the old one, when it was read */
};

static int
failed(struct error *error, int status, const char *what, const char *path)
{
	bool permission = errno == EACCES || errno == EPERM || errno == EROFS;

	return error_set_errno(error, permission ? EX_NOPERM : status, "cannot %s %s", what, path);
}

/* All of the open file, fresh; null and `error`. */
static char *
read_text(int fd, const struct replace_file *file, struct error *error)
{
	size_t size = (size_t)file->status.st_size;
	char *text;
	ssize_t count;

	if (!S_ISREG(file->status.st_mode) || file->status.st_size > YAML_TREE_FILE_MAX) {
		error_set(error, EX_DATAERR, "%s is not a configuration file", file->path);
		return NULL;
	}
	text = malloc(size + 1);
	count = text == NULL ? -1 : pread(fd, text, size, 0);
	if (count != (ssize_t)size) {
		free(text);
		error_set_errno(error, EX_OSERR, "cannot read %s", file->path);
		return NULL;
	}
	text[size] = '\0';
	if (strlen(text) == size)
		return text;
	free(text);
	error_set(error, EX_DATAERR, "%s is not a text", file->path);
	return NULL;
}

struct replace_file *
replace_file_open(const char *path, char **text, struct error *error)
{
	struct replace_file *file = calloc(1, sizeof(*file));
	int fd = -1;

	*text = NULL;
	if (file == NULL)
		error_set_errno(error, EX_OSERR, "cannot change %s", path);
	else if (realpath(path, file->path) == NULL ||
		 (fd = open(file->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)) < 0 ||
		 fstat(fd, &file->status) < 0)
		failed(error, EX_NOINPUT, "read", path);
	else
		*text = read_text(fd, file, error);
	if (fd >= 0)
		close(fd);
	if (*text == NULL) {
		free(file);
		return NULL;
	}
	/* realpath(3) gave an absolute one. */
	strlcpy(file->directory, file->path, sizeof(file->directory));
	strrchr(file->directory, '/')[1] = '\0';
	return file;
}

static int
write_all(int fd, const char *text)
{
	size_t length = strlen(text);

	while (length > 0) {
		ssize_t count = write(fd, text, length);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return -1;
		text += count;
		length -= (size_t)count;
	}
	return 0;
}

const char *
replace_file_write(struct replace_file *file, const char *text, struct error *error)
{
	const struct stat *status = &file->status;
	int fd, saved;

	if ((size_t)snprintf(file->new, sizeof(file->new), "%s.XXXXXX", file->path) >=
	    sizeof(file->new)) {
		file->new[0] = '\0';
		error_set(error, EX_OSERR, "%s: too long a name", file->path);
		return NULL;
	}
	fd = mkostemp(file->new, O_CLOEXEC);
	if (fd < 0) {
		file->new[0] = '\0';
		failed(error, EX_IOERR, "write beside", file->path);
		return NULL;
	}
	if ((status->st_uid == geteuid() && status->st_gid == getegid()) ||
	    fchown(fd, status->st_uid, status->st_gid) == 0) {
		if (fchmod(fd, status->st_mode & 07777) == 0 && write_all(fd, text) == 0 &&
		    fsync(fd) == 0) {
			close(fd);
			return file->new;
		}
	}
	saved = errno;
	close(fd);
	errno = saved;
	failed(error, EX_IOERR, "write", file->new);
	return NULL;
}

int
replace_file_commit(struct replace_file *file, struct error *error)
{
	struct stat now;
	int directory;
	int result;

	if (stat(file->path, &now) < 0 || now.st_ino != file->status.st_ino ||
	    now.st_size != file->status.st_size ||
	    now.st_mtim.tv_sec != file->status.st_mtim.tv_sec ||
	    now.st_mtim.tv_nsec != file->status.st_mtim.tv_nsec)
		return error_set(
		    error, EX_TEMPFAIL, "%s was changed by somebody else meanwhile", file->path);
	if (rename(file->new, file->path) < 0)
		return failed(error, EX_IOERR, "replace", file->path);
	file->new[0] = '\0';
	directory = open(file->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	result = directory < 0 ? -1 : fsync(directory);
	if (directory >= 0)
		close(directory);
	return result == 0 ? 0 : failed(error, EX_IOERR, "sync", file->directory);
}

void
replace_file_close(struct replace_file *file)
{
	if (file == NULL)
		return;
	if (file->new[0] != '\0')
		(void)unlink(file->new);
	free(file);
}
