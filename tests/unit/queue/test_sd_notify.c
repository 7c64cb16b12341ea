/* SPDX-License-Identifier: ISC */
#include "queue/sd_notify.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

struct manager {
	char directory[32];
	char path[64];
	int socket;
};

/* A service manager that listens at `address` of `length` octets of name. */
static int
listen_at(const char *name, size_t length)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_int_not_equal(fd, -1);
	memcpy(address.sun_path, name, length);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address,
			     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)),
	    0);
	return fd;
}

static int
setup(void **state)
{
	static struct manager manager;

	manager = (struct manager){.directory = "/tmp/postoak-test-XXXXXX"};
	assert_non_null(mkdtemp(manager.directory));
	(void)snprintf(manager.path, sizeof(manager.path), "%s/notify", manager.directory);
	manager.socket = listen_at(manager.path, strlen(manager.path));
	assert_int_equal(setenv("NOTIFY_SOCKET", manager.path, 1), 0);
	*state = &manager;
	return 0;
}

static int
teardown(void **state)
{
	struct manager *manager = *state;

	close(manager->socket);
	(void)unlink(manager->path);
	(void)rmdir(manager->directory);
	return unsetenv("NOTIFY_SOCKET");
}

/* What has arrived; "" nothing. */
static void
receive(int fd, char *text, size_t size)
{
	ssize_t got = recv(fd, text, size - 1, 0);

	text[got > 0 ? got : 0] = '\0';
}

static void
a_state_arrives_in_one_datagram(void **state)
{
	const struct manager *manager = *state;
	char text[128];

	sd_notify_send("READY=1\nSTATUS=all is well");
	receive(manager->socket, text, sizeof(text));
	assert_string_equal(text, "READY=1\nSTATUS=all is well");
	receive(manager->socket, text, sizeof(text));
	assert_string_equal(text, "");
}

static void
a_reload_says_when_it_began(void **state)
{
	const struct manager *manager = *state;
	char text[128];
	uint64_t when;
	int end = 0;

	sd_notify_reloading();
	receive(manager->socket, text, sizeof(text));
	assert_int_equal(sscanf(text, "RELOADING=1\nMONOTONIC_USEC=%" SCNu64 "%n", &when, &end), 1);
	assert_int_equal(text[end], '\0');
	assert_true(when > 0);
}

static void
an_abstract_name_begins_with_an_at_sign(void **state)
{
	char name[64];
	char text[128];
	int fd;

	(void)state;
	(void)snprintf(name, sizeof(name), "@postoak-test-%ld", (long)getpid());
	assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
	name[0] = '\0';
	fd = listen_at(name, 1 + strlen(name + 1));
	sd_notify_send("STOPPING=1");
	receive(fd, text, sizeof(text));
	assert_string_equal(text, "STOPPING=1");
	close(fd);
}

static void
where_nobody_listens_nothing_happens(void **state)
{
	char long_name[256];

	(void)state;
	memset(long_name, '/', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	assert_int_equal(setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1), 0);
	sd_notify_send("READY=1");
	assert_int_equal(setenv("NOTIFY_SOCKET", "relative", 1), 0);
	sd_notify_send("READY=1");
	assert_int_equal(setenv("NOTIFY_SOCKET", long_name, 1), 0);
	sd_notify_send("READY=1");
	assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
	sd_notify_send("READY=1");
}

static void
a_manager_that_is_behind_does_not_stop_us(void **state)
{
	const struct manager *manager = *state;
	char text[128];

	/* Many more than its queue takes. */
	for (int i = 0; i < 10000; i++)
		sd_notify_send("STATUS=again");
	receive(manager->socket, text, sizeof(text));
	assert_string_equal(text, "STATUS=again");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_state_arrives_in_one_datagram, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_reload_says_when_it_began, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		an_abstract_name_begins_with_an_at_sign, setup, teardown),
	    cmocka_unit_test_setup_teardown(where_nobody_listens_nothing_happens, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		a_manager_that_is_behind_does_not_stop_us, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
