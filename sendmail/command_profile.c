/* SPDX-License-Identifier: ISC */
/* postoak profile: what mail goes through, and how to add to it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "config/config.h"
#include "config/provider.h"
#include "config/strings.h"
#include "config/suggest.h"
#include "config/syntax.h"
#include "sendmail/command.h"
#include "sendmail/profile_block.h"
#include "sendmail/profile_insert.h"
#include "sendmail/profile_view.h"
#include "sendmail/replace_file.h"

int
command_profile_list(const struct command_call *call, struct error *error)
{
	struct config *config;
	int result;

	if (config_load(call->config_path, &config, error) < 0)
		return -1;
	result = profile_view_list(config, call->json, stdout, error);
	config_free(config);
	return result < 0 ? -1 : EX_OK;
}

int
command_profile_show(const struct command_call *call, struct error *error)
{
	const struct config_profile *profile;
	struct config *config;
	int result;

	if (config_load(call->config_path, &config, error) < 0)
		return -1;
	profile = config_find_profile(config, call->arguments[0]);
	if (profile == NULL)
		result = error_set(error, EX_USAGE, "no profile named %s", call->arguments[0]);
	else
		result = profile_view_show(config, profile, call->json, stdout, error);
	config_free(config);
	return result < 0 ? -1 : EX_OK;
}

/* ---- new ---- */

struct wish {
	const char *name; /* null: not given */
	const char *provider;
	const char *grant;
	bool write;
};

static int
read_words(const struct command_call *call, struct wish *wish, struct error *error)
{
	*wish = (struct wish){0};
	for (size_t i = 0; i < call->count; i++) {
		const char *word = call->arguments[i];
		const char **value = strcmp(word, "--provider") == 0      ? &wish->provider
				     : strcmp(word, "--grant") == 0       ? &wish->grant
				     : *word != '-' && wish->name == NULL ? &wish->name
									  : NULL;

		if (strcmp(word, "--write") == 0) {
			wish->write = true;
			continue;
		}
		if (value == NULL)
			return error_set(error, EX_USAGE,
			    *word == '-' ? "unknown option %s" : "unexpected argument: %s", word);
		if (*word == '-' && ++i == call->count)
			return error_set(error, EX_USAGE, "%s needs a value", word);
		*value = call->arguments[i];
	}
	if (wish->provider == NULL)
		return wish->grant == NULL && !wish->write
			   ? 0
			   : error_set(error, EX_USAGE, "missing option: --provider PROVIDER");
	if (wish->name == NULL)
		return error_set(error, EX_USAGE, "missing argument: NAME");
	if (syntax_name(wish->name) != NULL)
		return error_set(error, EX_USAGE, "a profile's name %s", syntax_name(wish->name));
	return call->json ? error_set(error, EX_USAGE, "unknown option --json") : 0;
}

static int
load_provider(
    const char *directory, const char *name, struct provider **provider, struct error *error)
{
	struct config_strings names;
	struct suggest suggest;
	int result = provider_load(directory, name, provider, error);

	if (result == 0 || error->status != EX_NOINPUT)
		return result;
	if (provider_names(directory, &names, error) < 0)
		return -1;
	suggest_begin(&suggest, name);
	for (size_t i = 0; i < names.count; i++)
		suggest_offer(&suggest, names.items[i]);
	error_set(error, EX_USAGE, "no provider named %s%s%s%s", name,
	    suggest.nearest != NULL ? "; did you mean " : "",
	    suggest.nearest != NULL ? suggest.nearest : "", suggest.nearest != NULL ? "?" : "");
	strings_free(&names);
	return -1;
}

static void
print_grants(const struct profile_block *block)
{
	const struct config_strings *grants = &block->provider->grants;
	const char *separator = "# Others by --grant: ";

	for (size_t i = 0; i < grants->count; i++) {
		if (strcmp(grants->items[i], block->grant) == 0)
			continue;
		printf("%s%s", separator, grants->items[i]);
		separator = ", ";
	}
	if (*separator == ',')
		putchar('\n');
}

/* All of it is YAML, what is for people in comments. */
static void
print_block(const struct profile_block *block, const struct config *config)
{
	printf("# Profile %s for %s, login: %s.\n", block->name,
	    block->provider->title != NULL ? block->provider->title : block->provider->name,
	    block->grant);
	print_grants(block);
	printf("#\n# At the provider:\n");
	profile_block_prepare(block, "# ", stdout);
	printf("#\n# In %s (--write puts it there):\n\n", config->path);
	if (profile_block_has_client(block)) {
		printf("oauth_clients:\n");
		profile_block_client(block, stdout, 2);
		putchar('\n');
	}
	printf("profiles:\n");
	profile_block_profile(block, stdout, 2);
	printf("\n# Then:\n");
	profile_block_finish(block, "# ", stdout);
}

static int
refuse_existing(const struct profile_block *block, const struct config *config, struct error *error)
{
	if (config_find_profile(config, block->name) != NULL)
		return error_set(
		    error, EX_USAGE, "%s has a profile %s already", config->path, block->name);
	if (profile_block_has_client(block) && config_find_client(config, block->name) != NULL)
		return error_set(error, EX_USAGE,
		    "%s has an OAuth client %s already: choose another name, or paste the block "
		    "and let the profile refer to that one",
		    config->path, block->name);
	return 0;
}

/* What is about to be in place must load, with the new profile in it. */
static int
check_result(const struct profile_block *block, const struct config *old, const char *path,
    struct error *error)
{
	struct config *config;
	int result = 0;

	if (config_load(path, &config, error) < 0) {
		error_prefix(error, "the result would not load");
		return -1;
	}
	if (config->profile_count != old->profile_count + 1 ||
	    config_find_profile(config, block->name) == NULL)
		result = error_set(error, EX_DATAERR, "%s: no place found for the profile", path);
	config_free(config);
	return result;
}

static int
write_block(const struct profile_block *block, const char *config_path, struct error *error)
{
	const char *keep = NULL;
	char *text = NULL, *longer = NULL;
	struct replace_file *file = NULL;
	struct config *config;
	const char *new;
	int result = -1;

	if (config_load(config_path, &config, error) < 0)
		return -1;
	/* A second profile would leave mail without one. */
	if (config->profile_count == 1 && config->default_profile != NULL)
		keep = config->default_profile->name;
	if (refuse_existing(block, config, error) == 0 &&
	    (file = replace_file_open(config->path, &text, error)) != NULL &&
	    (longer = profile_insert(block, config->path, text, keep, error)) != NULL &&
	    (new = replace_file_write(file, longer, error)) != NULL &&
	    check_result(block, config, new, error) == 0)
		result = replace_file_commit(file, error);
	if (result == 0) {
		printf("Profile %s is in %s now.\n\nAt the provider:\n", block->name, config->path);
		profile_block_prepare(block, "", stdout);
		printf("\nThen:\n");
		profile_block_finish(block, "", stdout);
	}
	replace_file_close(file);
	free(longer);
	free(text);
	config_free(config);
	return result;
}

static int
make(const struct wish *wish, const struct command_call *call, const struct config *config,
    struct error *error)
{
	struct profile_block block;
	struct provider *provider;
	int result;

	if (load_provider(config->directories.providers, wish->provider, &provider, error) < 0)
		return -1;
	result = profile_block_init(&block, wish->name, provider, wish->grant, error);
	if (result == 0 && wish->write)
		result = write_block(&block, call->config_path, error);
	else if (result == 0)
		print_block(&block, config);
	provider_free(provider);
	return result;
}

int
command_profile_new(const struct command_call *call, struct error *error)
{
	struct config *config;
	struct wish wish;
	int result;

	/* The rest of the file need not be right yet. */
	if (read_words(call, &wish, error) < 0 ||
	    config_load_submission(call->config_path, &config, error) < 0)
		return -1;
	if (wish.provider == NULL)
		result = profile_view_templates(
		    config->directories.providers, call->json, stdout, error);
	else
		result = make(&wish, call, config, error);
	config_free(config);
	return result < 0 ? -1 : EX_OK;
}
