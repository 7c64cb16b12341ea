/* SPDX-License-Identifier: ISC */
#include "sendmail/expand.h"

#include <string.h>
#include <sysexits.h>

#include "config/log.h"
#include "queue/message/aliases.h"

int
expand_parse_words(char *const *words, size_t count, struct address_list *list, struct error *error)
{
	for (size_t i = 0; i < count; i++) {
		if (address_list_parse(words[i], strlen(words[i]), list, error) < 0)
			return -1;
	}
	return 0;
}

static void
log_complaint(const char *message, void *context)
{
	(void)context;
	log_write(LOG_WARNING, "sendmail", "%s", message);
}

static bool
any_is_local(const struct config *config, const struct address_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		if (recipient_is_local(config, list->items[i].address))
			return true;
	}
	return false;
}

static int
check_given(const struct address_list *given, struct error *error)
{
	for (size_t i = 0; i < given->count; i++) {
		if (*given->items[i].address == '\0')
			return error_set(
			    error, EX_DATAERR, "bad address: the null address gets no mail");
	}
	if (given->count == 0)
		return error_set(error, EX_USAGE, "no recipients");
	return 0;
}

int
expand_recipients(const struct config *config, bool no_aliases, const struct address_list *given,
    struct recipients *recipients, struct error *error)
{
	struct recipients_options options = {.config = config, .complain = log_complaint};
	struct aliases *aliases = NULL;
	int result;

	if (check_given(given, error) < 0)
		return -1;
	if (!no_aliases && any_is_local(config, given)) {
		aliases = aliases_load(config->aliases, log_complaint, NULL, error);
		if (aliases == NULL)
			return -1;
	}
	options.aliases = aliases;
	result = recipients_expand(&options, given, recipients, error);
	if (result == 0 && recipients->count == 0) {
		recipients_free(recipients);
		result = error_set(error, EX_USAGE, "no recipients");
	}
	aliases_free(aliases);
	return result;
}
