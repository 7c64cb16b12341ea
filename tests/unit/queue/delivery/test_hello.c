/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/config.h"
#include "queue/delivery/hello.h"

static void
what_microsoft_offers(void **state)
{
	struct hello hello;

	(void)state;
	hello_parse(
	    "outlook.office365.com Hello [192.0.2.1]\nSIZE 157286400\nPIPELINING\nDSN\n"
	    "ENHANCEDSTATUSCODES\nAUTH LOGIN XOAUTH2\n8BITMIME\nBINARYMIME\nCHUNKING\nSMTPUTF8",
	    0, &hello);
	assert_int_equal(hello.extensions, HELLO_SIZE | HELLO_PIPELINING | HELLO_DSN |
					       HELLO_ENHANCEDSTATUSCODES | HELLO_AUTH |
					       HELLO_8BITMIME | HELLO_CHUNKING | HELLO_SMTPUTF8);
	assert_true(hello.size == 157286400);
	assert_int_equal(hello.mechanisms, 1u << MECHANISM_LOGIN | 1u << MECHANISM_XOAUTH2);
}

static void
case_and_old_forms(void **state)
{
	struct hello hello;

	(void)state;
	hello_parse(
	    "x\nauth=plain Login\nAUTH  oauthbearer\tGSSAPI XOAUTH \nstartTLS\nsize\nDSNX\nDS", 0,
	    &hello);
	assert_int_equal(hello.extensions, HELLO_AUTH | HELLO_STARTTLS | HELLO_SIZE);
	assert_int_equal(hello.mechanisms,
	    1u << MECHANISM_PLAIN | 1u << MECHANISM_LOGIN | 1u << MECHANISM_OAUTHBEARER);
	assert_true(hello.size == 0);
}

static void
the_name_of_the_relay_is_no_offer(void **state)
{
	struct hello hello;

	(void)state;
	hello_parse("PIPELINING", 0, &hello);
	assert_int_equal(hello.extensions, 0);
	hello_parse("", 0, &hello);
	assert_int_equal(hello.extensions, 0);
	hello_parse("\n\n\n ", 0, &hello);
	assert_int_equal(hello.extensions, 0);
}

static void
strange_sizes_are_no_limit(void **state)
{
	static const char *const texts[] = {"x\nSIZE -1", "x\nSIZE 12x", "x\nSIZE 0",
	    "x\nSIZE 99999999999999999999", "x\nSIZE ", "x\nSIZE\nDSN"};
	struct hello hello;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		hello_parse(texts[i], 0, &hello);
		assert_true((hello.extensions & HELLO_SIZE) != 0);
		assert_true(hello.size == 0);
	}
}

static void
what_is_disabled_is_not_offered(void **state)
{
	struct hello hello;

	(void)state;
	hello_parse(
	    "x\nPIPELINING\nSIZE 1\nDSN\nSTARTTLS", DISABLE_PIPELINING | DISABLE_SIZE, &hello);
	assert_int_equal(hello.extensions, HELLO_DSN | HELLO_STARTTLS);
	assert_true(hello.size == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_microsoft_offers),
	    cmocka_unit_test(case_and_old_forms),
	    cmocka_unit_test(the_name_of_the_relay_is_no_offer),
	    cmocka_unit_test(strange_sizes_are_no_limit),
	    cmocka_unit_test(what_is_disabled_is_not_offered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
