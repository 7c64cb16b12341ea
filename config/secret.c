/* SPDX-License-Identifier: ISC */
#include "config/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/string.h>

#include "config/service_credential.h"
#include "config/syntax.h"

void
secret_free(char *secret)
{
	if (secret == NULL)
		return;
	explicit_bzero(secret, strlen(secret));
	free(secret);
}

/* Read until the end or `size` octets. Returns their number, or -1 and errno. */
static ssize_t
read_all(int fd, char *buffer, size_t size)
{
	size_t length = 0;
	ssize_t count;

	do {
		count = read(fd, buffer + length, size - length);
		if (count > 0)
			length += (size_t)count;
	} while ((count > 0 && length < size) || (count < 0 && errno == EINTR));
	return count < 0 ? -1 : (ssize_t)length;
}

/* Make a secret of what a file holds, without its last newline. */
static int
take_content(char *buffer, size_t length, const char *path, char **secret, struct error *error)
{
	if (length > SECRET_MAX)
		return error_set(error, EX_CONFIG, "%s: larger than a secret can be", path);
	if (memchr(buffer, '\0', length) != NULL)
		return error_set(error, EX_CONFIG, "%s: contains NUL", path);
	if (length > 0 && buffer[length - 1] == '\n')
		length--;
	if (length == 0)
		return error_set(error, EX_CONFIG, "%s: is empty", path);
	buffer[length] = '\0';
	*secret = strdup(buffer);
	return *secret != NULL ? 0 : error_set(error, EX_OSERR, "out of memory");
}

static int
read_descriptor(int fd, const char *path, char **secret, struct error *error)
{
	/* One octet more than allowed, and the terminating NUL. */
	char *buffer = malloc(SECRET_MAX + 2);
	ssize_t length;
	int result;

	if (buffer == NULL)
		return error_set(error, EX_OSERR, "out of memory");
	length = read_all(fd, buffer, SECRET_MAX + 1);
	if (length < 0)
		result = error_set_errno(error, EX_NOINPUT, "%s", path);
	else
		result = take_content(buffer, (size_t)length, path, secret, error);
	explicit_bzero(buffer, SECRET_MAX + 2);
	free(buffer);
	return result;
}

/* Read the secret that `fd` was opened for, and close it. */
static int
read_opened(int fd, const char *what, const char *name, char **secret, struct error *error)
{
	struct stat st;
	int result;

	if (fd < 0)
		return error_set_errno(
		    error, errno == EACCES ? EX_NOPERM : EX_NOINPUT, "%s %s", what, name);
	if (fstat(fd, &st) < 0)
		result = error_set_errno(error, EX_NOINPUT, "%s %s", what, name);
	else if (!S_ISREG(st.st_mode))
		result = error_set(error, EX_CONFIG, "%s %s: not a regular file", what, name);
	else if ((result = read_descriptor(fd, name, secret, error)) < 0)
		error_prefix(error, "%s", what);
	close(fd);
	return result;
}

static int
read_credential(const char *name, char **secret, struct error *error)
{
	int fd;

	if (syntax_credential(name) != NULL)
		return error_set(error, EX_CONFIG, "not the name of a credential");
	fd = service_credential_open(name);
	if (fd < 0 && errno == ENXIO)
		return error_set(error, EX_CONFIG,
		    "credential %s: the service manager passes none (LoadCredential=)", name);
	return read_opened(fd, "credential", name, secret, error);
}

static int
read_variable(const char *name, char **secret, struct error *error)
{
	const char *value = getenv(name);

	if (value == NULL || *value == '\0')
		return error_set(error, EX_CONFIG, "environment variable %s: not set", name);
	if (strlen(value) > SECRET_MAX)
		return error_set(
		    error, EX_CONFIG, "environment variable %s: larger than a secret can be", name);
	*secret = strdup(value);
	return *secret != NULL ? 0 : error_set(error, EX_OSERR, "out of memory");
}

int
secret_read(const struct secret_reference *reference, char **secret, struct error *error)
{
	*secret = NULL;
	switch (reference->kind) {
	case SECRET_FILE:
		/* Links are followed: that is how Kubernetes and Nix put secrets there. */
		return read_opened(
		    open(reference->value, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK),
		    "secret file", reference->value, secret, error);
	case SECRET_CREDENTIAL:
		return read_credential(reference->value, secret, error);
	case SECRET_ENV:
		return read_variable(reference->value, secret, error);
	case SECRET_NONE:
	case SECRET_SEALED:
	case SECRET_COMMAND:
		break;
	}
	return error_set(error, EX_SOFTWARE, "a secret of this kind is not read here");
}
