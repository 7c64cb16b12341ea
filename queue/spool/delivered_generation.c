/* SPDX-License-Identifier: ISC */
#include "queue/spool/delivered_generation.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "queue/spool/digits.h"
#include "queue/spool/spool.h"

#define PREFIX "delivered."
#define NAME_SIZE sizeof(PREFIX "18446744073709551615")

static void
format_name(uint64_t number, char name[NAME_SIZE])
{
	(void)snprintf(name, NAME_SIZE, PREFIX "%" PRIu64, number);
}

struct list {
	uint64_t *numbers;
	size_t count;
	size_t capacity;
	bool failed;
};

static void
add_name(const char *name, void *context)
{
	struct list *list = context;
	uint64_t number;

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
		return;
	name += strlen(PREFIX);
	if (!digits_number(&name, &number) || *name != '\0')
		return;
	if (list->count == list->capacity) {
		size_t capacity = list->capacity == 0 ? 8 : 2 * list->capacity;
		uint64_t *larger = reallocarray(list->numbers, capacity, sizeof(*larger));

		if (larger == NULL) {
			list->failed = true;
			return;
		}
		list->numbers = larger;
		list->capacity = capacity;
	}
	list->numbers[list->count++] = number;
}

static int
compare(const void *a, const void *b)
{
	const uint64_t *x = a;
	const uint64_t *y = b;

	return (*x > *y) - (*x < *y);
}

int
delivered_generation_list(int root, uint64_t **numbers, size_t *count)
{
	struct list list = {0};

	if (spool_scan(root, NULL, add_name, &list) == -1 || list.failed) {
		free(list.numbers);
		if (list.failed)
			errno = ENOMEM;
		return -1;
	}
	if (list.count > 0)
		qsort(list.numbers, list.count, sizeof(list.numbers[0]), compare);
	*numbers = list.numbers;
	*count = list.count;
	return 0;
}

int
delivered_generation_open(int root, uint64_t number)
{
	char name[NAME_SIZE];

	format_name(number, name);
	return openat(root, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

static int
write_zeros(int fd, size_t size)
{
	static const char zeros[65536];

	while (size > 0) {
		ssize_t done = write(fd, zeros, size < sizeof(zeros) ? size : sizeof(zeros));

		if (done == -1 && errno == EINTR)
			continue;
		if (done == -1)
			return -1;
		size -= (size_t)done;
	}
	return 0;
}

int
delivered_generation_create(int root, uint64_t number, size_t size)
{
	char name[NAME_SIZE];
	int saved;
	int fd;

	format_name(number, name);
	fd = openat(root, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return -1;
	if (write_zeros(fd, size) == 0)
		return fd;
	saved = errno;
	(void)close(fd);
	(void)unlinkat(root, name, 0);
	errno = saved;
	return -1;
}

void
delivered_generation_remove(int root, uint64_t number)
{
	char name[NAME_SIZE];

	format_name(number, name);
	(void)unlinkat(root, name, 0);
}
