/* SPDX-License-Identifier: ISC */
/* Both ways to compute it, whatever this processor has. */
#include "queue/spool/crc32c.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void
published_values(void **state)
{
	unsigned char octets[32];

	(void)state;
	assert_int_equal(crc32c(0, "", 0), 0);
	assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283);
	/* RFC 3720 B.4 */
	memset(octets, 0, sizeof(octets));
	assert_int_equal(crc32c(0, octets, sizeof(octets)), 0x8a9136aa);
	memset(octets, 0xff, sizeof(octets));
	assert_int_equal(crc32c(0, octets, sizeof(octets)), 0x62a8ab43);
	for (unsigned char i = 0; i < sizeof(octets); i++)
		octets[i] = i;
	assert_int_equal(crc32c(0, octets, sizeof(octets)), 0x46dd794e);
}

static void
table_gives_the_same(void **state)
{
	unsigned char octets[100];

	(void)state;
	for (unsigned char i = 0; i < sizeof(octets); i++)
		octets[i] = (unsigned char)(i * 37 + 11);
	assert_int_equal(
	    ~update_by_table(~UINT32_C(0), (const unsigned char *)"123456789", 9), 0xe3069283);
	for (size_t length = 0; length <= sizeof(octets); length++)
		assert_int_equal(
		    ~update_by_table(~UINT32_C(0), octets, length), crc32c(0, octets, length));
}

static void
pieces_combine(void **state)
{
	static unsigned char octets[70000];

	(void)state;
	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (unsigned char)(i * i >> 3);
	for (size_t cut = 0; cut <= sizeof(octets); cut += 6999) {
		uint32_t whole = crc32c(0, octets, sizeof(octets));
		uint32_t a = crc32c(0, octets, cut);
		uint32_t b = crc32c(0, octets + cut, sizeof(octets) - cut);

		assert_int_equal(crc32c(a, octets + cut, sizeof(octets) - cut), whole);
		assert_int_equal(crc32c_combine(a, b, sizeof(octets) - cut), whole);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(published_values),
	    cmocka_unit_test(table_gives_the_same),
	    cmocka_unit_test(pieces_combine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
