/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/channel.h"
#include "config/pack.h"

static void
message_and_descriptor_arrive(void **state)
{
	struct channel_message message;
	unsigned char body[64];
	struct packer packer;
	struct unpacker unpacker;
	int pair[2];
	int ends[2];
	int fd;
	char octet = 0;

	(void)state;
	assert_int_equal(channel_pair(pair), 0);
	assert_int_equal(pipe(ends), 0);
	pack_init(&packer, body, sizeof(body));
	pack_u32(&packer, 7);
	pack_string(&packer, "office");
	assert_int_equal(channel_send(pair[0], 42, body, packer.length, &ends[0], 1), 0);
	assert_int_equal(channel_message_init(&message), 0);
	assert_int_equal(channel_receive(pair[1], &message), 1);
	assert_int_equal(message.type, 42);
	unpack_init(&unpacker, message.body, message.length);
	assert_int_equal(unpack_u32(&unpacker), 7);
	assert_string_equal(unpack_string(&unpacker), "office");
	assert_true(unpack_complete(&unpacker));
	fd = channel_take_fd(&message, 0);
	assert_true(fd >= 0);
	assert_int_equal(channel_take_fd(&message, 0), -1);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(read(fd, &octet, 1), 1);
	assert_int_equal(octet, 'x');
	close(fd);
	close(pair[0]);
	assert_int_equal(channel_receive(pair[1], &message), 0);
	assert_int_equal(channel_send(pair[1], 1, NULL, 0, NULL, 0), -1);
	assert_int_equal(errno, EPIPE);
	channel_message_free(&message);
	close(pair[1]);
	close(ends[0]);
	close(ends[1]);
}

static void
a_packet_without_type_is_refused(void **state)
{
	struct channel_message message;
	int pair[2];

	(void)state;
	assert_int_equal(channel_pair(pair), 0);
	assert_int_equal(send(pair[0], "ab", 2, 0), 2);
	assert_int_equal(channel_message_init(&message), 0);
	assert_int_equal(channel_receive(pair[1], &message), -1);
	assert_int_equal(errno, EBADMSG);
	channel_message_free(&message);
	close(pair[0]);
	close(pair[1]);
}

static void
unpacking_trusts_no_length(void **state)
{
	unsigned char body[16];
	struct packer packer;
	struct unpacker unpacker;

	(void)state;
	pack_init(&packer, body, sizeof(body));
	pack_u32(&packer, UINT32_MAX);
	pack_u32(&packer, 0);
	unpack_init(&unpacker, body, packer.length);
	assert_string_equal(unpack_string(&unpacker), "");
	assert_false(unpack_complete(&unpacker));
	assert_int_equal(unpack_u32(&unpacker), 0);

	pack_init(&packer, body, sizeof(body));
	pack_string(&packer, "longer than the buffer is");
	assert_true(packer.overflow);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(message_and_descriptor_arrive),
	    cmocka_unit_test(a_packet_without_type_is_refused),
	    cmocka_unit_test(unpacking_trusts_no_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
