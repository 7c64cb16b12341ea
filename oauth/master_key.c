/* SPDX-License-Identifier: ISC */
#include "oauth/master_key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/string.h>
#include <openssl/rand.h>

#include "config/service_credential.h"

#define CREDENTIAL "postoak-key"
#define CREDENTIAL_OLD "postoak-key-old"
#define FILE_NAME "machine.key"
#define FILE_NEW ".machine.key.new"
#define FILE_OLD "machine.key.old"

/* Read the whole of `fd`; what does not fit makes the key unusable. */
static int
read_key(int fd, const char *name, struct master_key *key, struct error *error)
{
	unsigned char buffer[MASTER_KEY_MAX + 1];
	size_t length = 0;
	int result = 0;

	while (length < sizeof(buffer)) {
		ssize_t got = read(fd, buffer + length, sizeof(buffer) - length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			result = error_set_errno(error, EX_IOERR, "cannot read the key %s", name);
			goto out;
		}
		if (got == 0)
			break;
		length += (size_t)got;
	}
	if (length < MASTER_KEY_MINIMUM || length > MASTER_KEY_MAX) {
		result = error_set(error, EX_CONFIG, "the key %s must have %d to %d octets", name,
		    MASTER_KEY_MINIMUM, MASTER_KEY_MAX);
		goto out;
	}
	memcpy(key->octets, buffer, length);
	key->length = length;
out:
	explicit_bzero(buffer, sizeof(buffer));
	return result;
}

/*
 * A credential may belong to root and be opened to us by an access control list,
 * whose mask stat shows as the group's bits; a file of our own has no excuse.
 */
static int
check_key(int fd, const char *name, bool own, struct error *error)
{
	mode_t forbidden = own ? 077 : 07;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_set_errno(error, EX_IOERR, "cannot examine the key %s", name);
	if (!S_ISREG(st.st_mode))
		return error_set(error, EX_CONFIG, "the key %s is not a regular file", name);
	if (st.st_uid != geteuid() && (own || st.st_uid != 0))
		return error_set(error, EX_CONFIG, "the key %s belongs to uid %lu, not to %lu",
		    name, (unsigned long)st.st_uid, (unsigned long)geteuid());
	if ((st.st_mode & forbidden) != 0)
		return error_set(error, EX_CONFIG, "the key %s is open to others (mode %04o)", name,
		    st.st_mode & 07777);
	return 0;
}

/* 1 where `fd` was opened for a key, 0 where there is none, -1 and `error`. */
static int
load(int fd, const char *name, bool own, struct master_key *key, struct error *error)
{
	int result;

	if (fd < 0 && (errno == ENOENT || errno == ENXIO))
		return 0;
	if (fd < 0)
		return error_set_errno(error, EX_CONFIG, "cannot open the key %s", name);
	result = check_key(fd, name, own, error);
	if (result == 0)
		result = read_key(fd, name, key, error);
	close(fd);
	return result < 0 ? -1 : 1;
}

static int
write_key(int fd, const struct master_key *key)
{
	size_t done = 0;

	while (done < key->length) {
		ssize_t put = write(fd, key->octets + done, key->length - done);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		done += (size_t)put;
	}
	return fsync(fd);
}

/* Write a new key to FILE_NEW, durably, but for the name. */
static int
generate(int state, struct master_key *key, struct error *error)
{
	int fd;
	int result;

	key->length = MASTER_KEY_MINIMUM;
	if (RAND_bytes(key->octets, MASTER_KEY_MINIMUM) != 1)
		return error_set(error, EX_SOFTWARE, "OpenSSL has no random numbers");
	(void)unlinkat(state, FILE_NEW, 0);
	fd = openat(state, FILE_NEW, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400);
	if (fd < 0)
		return error_set_errno(error, EX_CANTCREAT, "cannot create %s", FILE_NAME);
	result = write_key(fd, key);
	close(fd);
	if (result == 0)
		return 0;
	error_set_errno(error, EX_CANTCREAT, "cannot create %s", FILE_NAME);
	(void)unlinkat(state, FILE_NEW, 0);
	return -1;
}

/*
 * The key must be durable before anything is sealed with it, or a power cut would
 * leave data that nothing opens.
 */
static int
install(int state, struct error *error)
{
	if (renameat(state, FILE_NEW, state, FILE_NAME) == 0 && fsync(state) == 0)
		return 0;
	error_set_errno(error, EX_CANTCREAT, "cannot create %s", FILE_NAME);
	(void)unlinkat(state, FILE_NEW, 0);
	return -1;
}

/* Read one more key, if it is there. */
static int
load_next(int fd, const char *name, bool own, struct master_keys *keys, struct error *error)
{
	int found = load(fd, name, own, &keys->keys[keys->count], error);

	if (found > 0)
		keys->count++;
	return found;
}

static int
load_file(int state, const char *name, struct master_keys *keys, struct error *error)
{
	int fd = openat(state, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	return load_next(fd, name, true, keys, error);
}

int
master_keys_load(int state, bool may_create, struct master_keys *keys, struct error *error)
{
	int found;

	keys->count = 0;
	found = load_next(service_credential_open(CREDENTIAL), CREDENTIAL, false, keys, error);
	keys->of_service = found > 0;
	if (found > 0)
		found = load_next(
		    service_credential_open(CREDENTIAL_OLD), CREDENTIAL_OLD, false, keys, error);
	if (found < 0 || load_file(state, FILE_NAME, keys, error) < 0 ||
	    load_file(state, FILE_OLD, keys, error) < 0)
		return -1;
	if (keys->count > 0)
		return 0;
	if (!may_create)
		return error_set(error, EX_CONFIG,
		    "the master key is missing (neither the credential " CREDENTIAL
		    " nor " FILE_NAME "), and what is stored was sealed with it: restore the key, "
		    "or remove the files in "
		    "secrets/ and tokens/ and set and grant everything again");
	keys->count = 1;
	if (generate(state, &keys->keys[0], error) < 0)
		return -1;
	return install(state, error);
}

int
master_key_renew(int state, struct error *error)
{
	struct master_key key;
	int result = generate(state, &key, error);

	explicit_bzero(&key, sizeof(key));
	if (result < 0)
		return -1;
	/* Each step is on disk before the next: no crash leaves the new key alone. */
	if (fsync(state) < 0 || linkat(state, FILE_NAME, state, FILE_OLD, 0) < 0 ||
	    fsync(state) < 0) {
		error_set_errno(error, EX_CANTCREAT, "cannot keep %s", FILE_NAME);
		(void)unlinkat(state, FILE_NEW, 0);
		return -1;
	}
	return install(state, error);
}

int
master_key_forget(int state, bool of_service, struct error *error)
{
	if ((unlinkat(state, FILE_OLD, 0) < 0 && errno != ENOENT) ||
	    (of_service && unlinkat(state, FILE_NAME, 0) < 0 && errno != ENOENT) ||
	    fsync(state) < 0)
		return error_set_errno(error, EX_IOERR, "cannot remove an old key");
	return 0;
}
