/* SPDX-License-Identifier: ISC */
#include "oauth/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/stdlib.h>
#include <bsd/string.h>

#include "config/config.h"
#include "config/directory.h"
#include "config/strings.h"
#include "config/syntax.h"
#include "oauth/master_key.h"

struct store {
	int directory;
	int lock;
	int places[SEAL_STORES];
	struct seal_keys keys[MASTER_KEYS_MAX]; /* of the current key, then older ones */
	bool key_of_service;
};

static const char *const place_name[SEAL_STORES] = {
    [SEAL_SECRETS] = "secrets",
    [SEAL_TOKENS] = "tokens",
};

/* Open a directory of the store, created where missing; it must be ours alone. */
static int
open_directory(const char *path, struct error *error)
{
	struct stat st;
	int fd;

	if (directory_ensure(path, 0700, (uid_t)-1, (gid_t)-1, error) < 0)
		return -1;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_set_errno(error, EX_CONFIG, "cannot open %s", path);
	if (fstat(fd, &st) < 0)
		error_set_errno(error, EX_IOERR, "cannot examine %s", path);
	else if (st.st_uid != geteuid())
		error_set(error, EX_CONFIG, "%s belongs to uid %lu; it must belong to uid %lu",
		    path, (unsigned long)st.st_uid, (unsigned long)geteuid());
	else if ((st.st_mode & 077) != 0)
		error_set(error, EX_CONFIG, "%s is open to others (mode %04o); it must be 0700",
		    path, st.st_mode & 07777);
	else
		return fd;
	close(fd);
	return -1;
}

static int
open_places(struct store *store, const char *path, struct error *error)
{
	char place[4096];

	for (size_t i = 0; i < SEAL_STORES; i++) {
		int length = snprintf(place, sizeof(place), "%s/%s", path, place_name[i]);

		if (length < 0 || (size_t)length >= sizeof(place))
			return error_set(
			    error, EX_CONFIG, "the state directory's name is too long");
		store->places[i] = open_directory(place, error);
		if (store->places[i] < 0)
			return -1;
	}
	return 0;
}

static int
take_lock(struct store *store, const char *path, struct error *error)
{
	store->lock =
	    openat(store->directory, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (store->lock < 0)
		return error_set_errno(error, EX_CONFIG, "cannot open %s/lock", path);
	if (flock(store->lock, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK)
			return error_set(
			    error, EX_TEMPFAIL, "%s is in use by another process", path);
		return error_set_errno(error, EX_IOERR, "cannot lock %s/lock", path);
	}
	return 0;
}

/* True where a file is there, or where that cannot be told. */
static bool
anything_sealed(const struct store *store)
{
	for (size_t i = 0; i < SEAL_STORES; i++) {
		int fd = openat(store->places[i], ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		DIR *directory = fd < 0 ? NULL : fdopendir(fd);
		const struct dirent *entry;

		if (directory == NULL) {
			if (fd >= 0)
				close(fd);
			return true;
		}
		do
			entry = readdir(directory);
		while (entry != NULL && entry->d_name[0] == '.');
		closedir(directory);
		if (entry != NULL)
			return true;
	}
	return false;
}

/* Derive what each master key stands for, none twice, and chain them. */
static int
derive_keys(
    const struct master_keys *master, struct seal_keys keys[MASTER_KEYS_MAX], struct error *error)
{
	size_t count = 0;

	for (size_t i = 0; i < master->count; i++) {
		const struct master_key *key = &master->keys[i];
		bool known = false;

		if (seal_keys_derive(&keys[count], key->octets, key->length, error) < 0)
			return -1;
		for (size_t j = 0; j < count; j++)
			known = known || strcmp(keys[j].id, keys[count].id) == 0;
		if (!known)
			count++;
	}
	return (int)count;
}

int
store_load_keys(struct store *store, struct error *error)
{
	struct seal_keys keys[MASTER_KEYS_MAX] = {0};
	struct master_keys master = {0};
	int count = master_keys_load(store->directory, !anything_sealed(store), &master, error);

	if (count == 0)
		count = derive_keys(&master, keys, error);
	if (count > 0) {
		memcpy(store->keys, keys, sizeof(keys));
		for (int i = 0; i + 1 < count; i++)
			store->keys[i].older = &store->keys[i + 1];
		store->key_of_service = master.of_service;
	}
	explicit_bzero(&master, sizeof(master));
	explicit_bzero(keys, sizeof(keys));
	return count < 0 ? -1 : 0;
}

int
store_open(const char *path, struct store **store, struct error *error)
{
	struct store *new = calloc(1, sizeof(*new));

	if (new == NULL)
		return error_set_errno(error, EX_OSERR, "cannot open %s", path);
	new->directory = new->lock = -1;
	for (size_t i = 0; i < SEAL_STORES; i++)
		new->places[i] = -1;
	new->directory = open_directory(path, error);
	if (new->directory < 0 || take_lock(new, path, error) < 0 ||
	    open_places(new, path, error) < 0 || store_load_keys(new, error) < 0) {
		store_close(new);
		return -1;
	}
	*store = new;
	return 0;
}

void
store_close(struct store *store)
{
	if (store == NULL)
		return;
	for (size_t i = 0; i < SEAL_STORES; i++)
		if (store->places[i] >= 0)
			close(store->places[i]);
	if (store->lock >= 0)
		close(store->lock);
	if (store->directory >= 0)
		close(store->directory);
	freezero(store, sizeof(*store));
}

const struct seal_keys *
store_keys(const struct store *store)
{
	return store->keys;
}

bool
store_key_is_of_service(const struct store *store)
{
	return store->key_of_service;
}

int
store_renew_key(struct store *store, struct error *error)
{
	if (master_key_renew(store->directory, error) < 0)
		return -1;
	return store_load_keys(store, error);
}

int
store_forget_older_keys(struct store *store, struct error *error)
{
	if (master_key_forget(store->directory, store->key_of_service, error) < 0)
		return -1;
	return store_load_keys(store, error);
}

static bool
is_name(const char *name)
{
	return syntax_name(name) == NULL;
}

/* Names come from the configuration and from people: nothing but a plain file's name passes. */
static int
check_name(const char *name, struct error *error)
{
	if (is_name(name))
		return 0;
	return error_set(
	    error, EX_DATAERR, "\"%.80s\" cannot be the name of a stored secret", name);
}

/* A file that others could read or write is not what we wrote. */
static int
check_file(int fd, struct error *error)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_set_errno(error, EX_IOERR, "cannot examine");
	if (!S_ISREG(st.st_mode))
		return error_set(error, EX_CONFIG, "not a regular file");
	if (st.st_uid != geteuid())
		return error_set(error, EX_CONFIG, "belongs to uid %lu; it must belong to uid %lu",
		    (unsigned long)st.st_uid, (unsigned long)geteuid());
	if ((st.st_mode & 077) != 0)
		return error_set(error, EX_CONFIG, "is open to others (mode %04o); it must be 0600",
		    st.st_mode & 07777);
	return 0;
}

static int
read_all(int fd, char **text, struct error *error)
{
	char *buffer = malloc(STORE_FILE_MAX + 1);
	size_t length = 0;

	if (buffer == NULL)
		return error_set_errno(error, EX_OSERR, "cannot read");
	while (length <= STORE_FILE_MAX) {
		ssize_t got = read(fd, buffer + length, STORE_FILE_MAX + 1 - length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			free(buffer);
			return error_set_errno(error, EX_IOERR, "cannot read");
		}
		if (got == 0)
			break;
		length += (size_t)got;
	}
	if (length > STORE_FILE_MAX || memchr(buffer, '\0', length) != NULL) {
		free(buffer);
		return error_set(error, EX_DATAERR, "not a file that Postoak wrote");
	}
	buffer[length] = '\0';
	*text = buffer;
	return 0;
}

int
store_read(const struct store *store, enum seal_store place, const char *name, char **text,
    struct error *error)
{
	int fd;
	int result;

	if (check_name(name, error) < 0)
		return -1;
	fd = openat(store->places[place], name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return error_set_errno(
		    error, EX_IOERR, "cannot open %s/%s", place_name[place], name);
	result = check_file(fd, error);
	if (result == 0)
		result = read_all(fd, text, error);
	close(fd);
	if (result < 0)
		return error_prefix(error, "%s/%s", place_name[place], name);
	return 1;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int
store_list(const struct store *store, enum seal_store place, struct config_strings *names,
    struct error *error)
{
	int fd = openat(store->places[place], ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (directory == NULL) {
		if (fd >= 0)
			close(fd);
		return error_set_errno(error, EX_IOERR, "cannot list %s", place_name[place]);
	}
	*names = (struct config_strings){0};
	while ((entry = readdir(directory)) != NULL) {
		if (is_name(entry->d_name) && strings_append(names, entry->d_name) < 0) {
			strings_free(names);
			closedir(directory);
			return error_set_errno(
			    error, EX_OSERR, "cannot list %s", place_name[place]);
		}
	}
	closedir(directory);
	if (names->count > 1)
		qsort(names->items, names->count, sizeof(*names->items), compare_names);
	return 0;
}

static int
write_all(int fd, const char *text)
{
	size_t length = strlen(text);

	while (length > 0) {
		ssize_t put = write(fd, text, length);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		text += put;
		length -= (size_t)put;
	}
	return fsync(fd);
}

/*
 * The file is whole and on disk before its name points to it, and the name is on
 * disk before anyone is told: after a crash there is the old content or the new.
 */
int
store_replace(const struct store *store, enum seal_store place, const char *name, const char *text,
    struct error *error)
{
	int directory = store->places[place];
	char new[CONFIG_NAME_MAX + 8];
	int fd;
	int result;

	if (check_name(name, error) < 0)
		return -1;
	snprintf(new, sizeof(new), ".%s.new", name);
	(void)unlinkat(directory, new, 0);
	fd = openat(directory, new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_set_errno(
		    error, EX_IOERR, "cannot create %s/%s", place_name[place], new);
	result = write_all(fd, text);
	close(fd);
	if (result < 0 || renameat(directory, new, directory, name) < 0 || fsync(directory) < 0) {
		error_set_errno(error, EX_IOERR, "cannot write %s/%s", place_name[place], name);
		(void)unlinkat(directory, new, 0);
		return -1;
	}
	return 0;
}

int
store_remove(
    const struct store *store, enum seal_store place, const char *name, struct error *error)
{
	if (check_name(name, error) < 0)
		return -1;
	if (unlinkat(store->places[place], name, 0) < 0) {
		if (errno == ENOENT)
			return 0;
		return error_set_errno(
		    error, EX_IOERR, "cannot remove %s/%s", place_name[place], name);
	}
	if (fsync(store->places[place]) < 0)
		return error_set_errno(
		    error, EX_IOERR, "cannot remove %s/%s", place_name[place], name);
	return 1;
}
