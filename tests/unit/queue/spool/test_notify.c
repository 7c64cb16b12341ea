/* SPDX-License-Identifier: ISC */
#include "queue/spool/notify.h"

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

static void
test_an_id_in_a_datagram(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char directory[] = "/tmp/postoak-test-XXXXXX";
	char text[200] = "";
	int fd;

	(void)state;
	assert_non_null(mkdtemp(directory));
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", directory);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	notify_runner(directory, UINT64_C(0x0651A2B3C4D5));
	assert_int_equal(recv(fd, text, sizeof(text), 0), 12);
	assert_string_equal(text, "0651A2B3C4D5");
	close(fd);
	/* Nobody listens any more; then nobody ever did; then nobody could. */
	notify_runner(directory, 1);
	assert_int_equal(unlink(address.sun_path), 0);
	notify_runner(directory, 1);
	assert_int_equal(rmdir(directory), 0);
	memset(text, '/', sizeof(text) - 1);
	notify_runner(text, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_an_id_in_a_datagram),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
