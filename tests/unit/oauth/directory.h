/* A temporary directory for one test: its state directory is `path`, not yet made. */
#ifndef POSTOAK_TESTS_OAUTH_DIRECTORY_H
#define POSTOAK_TESTS_OAUTH_DIRECTORY_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <bsd/string.h>

static char top[] = "/tmp/postoak-XXXXXX";
static char path[64];

static int
make_directory(void **state)
{
	(void)state;
	strlcpy(top, "/tmp/postoak-XXXXXX", sizeof(top));
	if (mkdtemp(top) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/state", top);
	return 0;
}

static int
remove_one(const char *name, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(name);
}

static int
remove_directory(void **state)
{
	(void)state;
	return nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
