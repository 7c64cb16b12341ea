/* A spool in a temporary directory of its own, and what the tests do with files. */
#ifndef POSTOAK_TESTS_SPOOL_FIXTURE_H
#define POSTOAK_TESTS_SPOOL_FIXTURE_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/config.h"
#include "queue/spool/spool.h"

struct fixture {
	char path[64]; /* of the spool */
	struct config config;
	struct spool spool;
};

static inline int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	return remove(path);
}

/* A directory without a spool in it yet, and the configuration for one. */
static inline struct fixture *
fixture_without_spool(void)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	const struct passwd *user = getpwuid(geteuid());
	const struct group *group = getgrgid(getegid());

	assert_non_null(fixture);
	strcpy(fixture->path, "/tmp/postoak-spool-test-XXXXXX");
	assert_non_null(mkdtemp(fixture->path));
	strcat(fixture->path, "/spool");
	fixture->config.directories.spool = fixture->path;
	fixture->config.user = strdup(user != NULL ? user->pw_name : "-");
	fixture->config.submit_group = strdup(group != NULL ? group->gr_name : "-");
	fixture->spool = (struct spool){-1, -1, -1, -1, -1, -1, -1, -1};
	return fixture;
}

static inline int
fixture_setup(void **state)
{
	struct fixture *fixture = fixture_without_spool();
	struct error error;

	if (spool_create(&fixture->config, &error) == -1 ||
	    spool_open(&fixture->config, &fixture->spool, &error) == -1)
		fail_msg("%s", error.text);
	*state = fixture;
	return 0;
}

static inline int
fixture_setup_without_spool(void **state)
{
	*state = fixture_without_spool();
	return 0;
}

static inline int
fixture_teardown(void **state)
{
	struct fixture *fixture = *state;

	spool_close(&fixture->spool);
	*strrchr(fixture->path, '/') = '\0';
	(void)nftw(fixture->path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	free(fixture->config.user);
	free(fixture->config.submit_group);
	free(fixture);
	return 0;
}

/* How many names a directory has. */
static inline int
count_names(int directory)
{
	DIR *stream = fdopendir(openat(directory, ".", O_RDONLY | O_DIRECTORY));
	int count = 0;

	assert_non_null(stream);
	while (readdir(stream) != NULL)
		count++;
	closedir(stream);
	return count - 2;
}

static inline void
put_file(int directory, const char *name, const void *data, size_t length)
{
	int fd = openat(directory, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, data, length), length);
	close(fd);
}

/* The whole file, with a NUL behind it; freed by the caller. */
static inline char *
get_file(int directory, const char *name, size_t *length)
{
	int fd = openat(directory, name, O_RDONLY);
	struct stat st;
	char *data;

	assert_int_not_equal(fd, -1);
	assert_int_equal(fstat(fd, &st), 0);
	data = calloc(1, (size_t)st.st_size + 1);
	assert_non_null(data);
	assert_int_equal(read(fd, data, (size_t)st.st_size), st.st_size);
	close(fd);
	if (length != NULL)
		*length = (size_t)st.st_size;
	return data;
}

static inline bool
file_exists(int directory, const char *name)
{
	return faccessat(directory, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

#endif
