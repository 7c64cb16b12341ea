/* SPDX-License-Identifier: ISC */
#include "sendmail/verify.h"

#include <sysexits.h>

#include "sendmail/expand.h"

int
verify_run(
    const struct options *options, const struct config *config, FILE *out, struct error *error)
{
	struct address_list given = {0};
	struct recipients recipients;
	int result;

	result = expand_parse_words(options->recipients, options->recipient_count, &given, error);
	if (result == 0)
		result = expand_recipients(config, options->no_aliases, &given, &recipients, error);
	if (result == 0) {
		for (size_t i = 0; i < recipients.count; i++)
			fprintf(out, "%s\n", recipients.addresses[i]);
		recipients_free(&recipients);
	} else if (error->status == EX_DATAERR) {
		error->status = EX_NOUSER;
	}
	address_list_free(&given);
	return result;
}
