/* SPDX-License-Identifier: ISC */
#include "queue/maillog.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/log.h"

/* What the daemon's log would say of a delivery, without time and process. */
static void
logged(const struct maillog_delivery *delivery, char *line, size_t size)
{
	FILE *file = tmpfile();
	int kept = dup(STDERR_FILENO);
	char raw[4096];
	const char *text;

	assert_non_null(file);
	assert_true(kept >= 0);
	log_open("postoak", true);
	assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
	maillog_delivery(UINT64_C(0x660D83D00001), delivery);
	assert_true(dup2(kept, STDERR_FILENO) >= 0);
	close(kept);
	rewind(file);
	assert_non_null(fgets(raw, sizeof(raw), file));
	fclose(file);
	text = strstr(raw, "660D83D00001: ");
	assert_non_null(text);
	(void)snprintf(line, size, "%s", text);
}

static void
delays_have_two_digits_and_no_exponent(void **state)
{
	static const struct {
		double delays[4];
		const char *text;
	} cases[] = {
	    {{0, 0, 0, 0}, "delay=0, delays=0/0/0/0,"},
	    {{0.00004, 0.0012, 0.034, 0.25}, "delay=0.29, delays=0/0.0012/0.034/0.25,"},
	    {{1.26, 2.5, 0, 0.04}, "delay=3.8, delays=1.3/2.5/0/0.04,"},
	    {{9.96, 0, 0, 0}, "delay=10, delays=10/0/0/0,"},
	    {{123.4, 0.5, 0, 0}, "delay=124, delays=123/0.5/0/0,"},
	    {{432000, 3600, 0, 0}, "delay=435600, delays=432000/3600/0/0,"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct maillog_delivery delivery = {
		    .to = "bob@example.org",
		    .relay = "mx.example.net[192.0.2.1]:587",
		    .enhanced = "2.0.0",
		    .status = "sent",
		    .reply = "250 2.0.0 Ok",
		};
		char line[4096];

		memcpy(delivery.delays, cases[i].delays, sizeof(delivery.delays));
		logged(&delivery, line, sizeof(line));
		if (strstr(line, cases[i].text) == NULL)
			fail_msg("%s is not in %s", cases[i].text, line);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(delays_have_two_digits_and_no_exponent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
