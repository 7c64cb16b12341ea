/* Configurations written down in tests. */
#ifndef POSTOAK_TESTS_CONFIGURATION_H
#define POSTOAK_TESTS_CONFIGURATION_H

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"

typedef int configuration_loader(const char *path, struct config **config, struct error *error);

/* Load `text` from a file; in errors the file's name is cut off: "LINE:COLUMN: message". */
static inline int
configuration_load(
    const char *text, configuration_loader *loader, struct config **config, struct error *error)
{
	char path[] = "/tmp/postoak-test-XXXXXX";
	int fd = mkstemp(path);
	int result;

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	close(fd);
	memset(error, 0, sizeof(*error));
	result = loader(path, config, error);
	unlink(path);
	if (strncmp(error->text, path, strlen(path)) == 0)
		memmove(error->text, error->text + strlen(path) + 1,
		    strlen(error->text + strlen(path) + 1) + 1);
	return result;
}

/* The tree's own templates, by absolute path. */
static inline const char *
configuration_providers(void)
{
	static char path[PATH_MAX];

	if (realpath("config/providers", path) == NULL)
		abort();
	return path;
}

/* As configuration_load with config_load; a first line sets directories.providers. */
static inline int
configuration_load_with_providers(const char *text, struct config **config, struct error *error)
{
	char *whole;
	int result;

	if (asprintf(&whole, "directories: {providers: %s}\n%s", configuration_providers(), text) <
	    0)
		abort();
	result = configuration_load(whole, config_load, config, error);
	free(whole);
	return result;
}

#endif
