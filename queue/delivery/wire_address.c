/* SPDX-License-Identifier: ISC */
#include "queue/delivery/wire_address.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <idn2.h>

#include "queue/message/address.h"

char *
wire_address(const char *address, bool smtputf8)
{
	const char *domain = address_domain(address);
	char *labels;
	char *result;
	int failed;
	int length;

	if (smtputf8 || !address_is_utf8(address))
		return strdup(address);
	failed = domain == NULL
		     ? IDN2_DISALLOWED
		     : idn2_to_ascii_8z(domain, &labels, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (failed != IDN2_OK) {
		errno = failed == IDN2_MALLOC ? ENOMEM : EILSEQ;
		return NULL;
	}
	length = asprintf(&result, "%.*s%s", (int)(domain - address), address, labels);
	idn2_free(labels);
	if (length < 0) {
		errno = ENOMEM;
		return NULL;
	}
	/* What stands before the domain has no other form. */
	if (address_is_utf8(result)) {
		free(result);
		errno = EILSEQ;
		return NULL;
	}
	return result;
}
