/* SPDX-License-Identifier: ISC */
#include "queue/message/identity.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>

#include "config/text_stream.h"
#include "queue/message/address.h"
#include "queue/message/address_format.h"
#include "queue/message/header.h"

/*
 * A header block being rewritten. Fields of ours go before the others, so that a
 * submitter's own X-Original-From never stands above the true one.
 */
struct rewrite {
	const struct config *config;
	const struct config_profile *profile;
	FILE *ours;                /* X-Original-From, then Reply-To and Sender */
	FILE *rest;                /* the block, with another From */
	struct address_list reply; /* authors that were replaced and can be reached */
	bool has_reply_to;
	bool has_sender;
	bool needs_sender;
	char *from;     /* for the log */
	char *reply_to; /* for the log */
};

/* Contract: the domain is absent, localhost, hostname, or has no dot. */
static bool
is_local(const struct config *config, const char *address)
{
	const char *domain = address_domain(address);

	return domain == NULL || strchr(domain, '.') == NULL ||
	       strcasecmp(domain, config->hostname) == 0;
}

static bool
has_suffix(const char *domain, const char *suffix)
{
	size_t length = strlen(domain);
	size_t suffix_length = strlen(suffix);

	return length > suffix_length && strcasecmp(domain + length - suffix_length, suffix) == 0;
}

/* True where a person elsewhere can answer to `address`. */
static bool
is_public(const struct config *config, const char *address)
{
	static const char *const private_suffixes[] = {
	    ".localhost", ".localdomain", ".local", ".internal", ".lan", ".home.arpa", ".invalid"};
	const char *domain = address_domain(address);

	if (is_local(config, address) || *domain == '[')
		return false;
	for (size_t i = 0; i < sizeof(private_suffixes) / sizeof(private_suffixes[0]); i++)
		if (has_suffix(domain, private_suffixes[i]))
			return false;
	return true;
}

static bool
is_foreign(const struct config *config, const struct config_profile *profile, const char *address)
{
	if (profile->from == NULL)
		return false;
	switch (profile->rewrite_from) {
	case REWRITE_LOCAL:
		return is_local(config, address);
	case REWRITE_ALWAYS:
		return !address_equal(address, profile->from);
	case REWRITE_NEVER:
		break;
	}
	return false;
}

char *
identity_sender(
    const struct config *config, const struct config_profile *profile, const char *sender)
{
	bool replace = *sender == '\0' ? profile->null_sender_rewrite && profile->from != NULL
				       : is_foreign(config, profile, sender);

	return strdup(replace ? profile->from : sender);
}

/* Remember what a field says, for the log, where *summary is not set yet. */
static int
note(const struct header_field *field, char **summary)
{
	struct address_list list = {0};

	if (*summary != NULL)
		return 0;
	if (address_list_parse(field->body, field->body_length, &list, NULL) == 0)
		*summary = address_list_summary(&list);
	else
		*summary = header_unfold(field);
	address_list_free(&list);
	return *summary == NULL ? -1 : 0;
}

/* Write a field of addresses. With `summary`, remember them for the log, if it is not set. */
static int
put_list(FILE *out, const char *name, const struct address_list *list, char **summary)
{
	char *body = address_list_format(list, strlen(name) + 1);

	if (body == NULL)
		return -1;
	fprintf(out, "%s:%s\r\n", name, body);
	free(body);
	if (*summary == NULL)
		*summary = address_list_summary(list);
	return *summary == NULL ? -1 : 0;
}

/*
 * Put the profile's address in place of every foreign one in `list`, once: a second author
 * who becomes the same address is dropped. Their reachable addresses go to rewrite->reply.
 */
static int
replace_authors(struct rewrite *rewrite, struct address_list *list)
{
	const char *from = rewrite->profile->from;
	struct mailbox other;
	bool present = false;
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct mailbox *author = &list->items[i];

		if (is_foreign(rewrite->config, rewrite->profile, author->address)) {
			if (is_public(rewrite->config, author->address) &&
			    address_list_append(
				&rewrite->reply, author->address, author->name, false) == -1)
				return -1;
			free(author->address);
			if ((author->address = strdup(from)) == NULL)
				return -1;
		}
		if (address_equal(author->address, from) && present)
			continue;
		present = present || address_equal(author->address, from);
		/* Swapped, so that the list still owns what is dropped. */
		other = list->items[kept];
		list->items[kept++] = *author;
		*author = other;
	}
	address_list_truncate(list, kept);
	return 0;
}

static bool
any_foreign(const struct rewrite *rewrite, const struct address_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (is_foreign(rewrite->config, rewrite->profile, list->items[i].address))
			return true;
	return false;
}

/*
 * The authors in a From field. One that cannot be read or names nobody counts as one
 * author without a domain, because a relay would accept it as little.
 */
static int
read_authors(const struct header_field *field, struct address_list *list)
{
	struct error error;

	if (address_list_parse(field->body, field->body_length, list, &error) == -1 &&
	    error.status == EX_OSERR)
		return -1;
	return list->count > 0 ? 0 : address_list_append(list, "", NULL, false);
}

static int
put_from(struct rewrite *rewrite, const struct header_field *field)
{
	struct address_list list = {0};
	int result = -1;

	if (read_authors(field, &list) == -1)
		goto done;
	if (!any_foreign(rewrite, &list)) {
		fwrite(field->start, 1, field->length, rewrite->rest);
		result = note(field, &rewrite->from);
		goto done;
	}
	fputs("X-Original-From:", rewrite->ours);
	fwrite(field->body, 1, field->body_length, rewrite->ours);
	fputs("\r\n", rewrite->ours);
	if (replace_authors(rewrite, &list) == -1)
		goto done;
	/* RFC 5322 3.6.2 wants a Sender where there are several authors. */
	rewrite->needs_sender = rewrite->needs_sender || list.count > 1;
	result = put_list(rewrite->rest, "From", &list, &rewrite->from);
done:
	address_list_free(&list);
	return result;
}

static int
put_field(struct rewrite *rewrite, const struct header_field *field)
{
	if (header_is(field, "From"))
		return put_from(rewrite, field);
	if (header_is(field, "Sender"))
		rewrite->has_sender = true;
	fwrite(field->start, 1, field->length, rewrite->rest);
	if (!header_is(field, "Reply-To"))
		return 0;
	rewrite->has_reply_to = true;
	return note(field, &rewrite->reply_to);
}

/* Names of users may hold anything ("CORP\joe", "joe@corp"); an address may not. */
static void
put_user(FILE *out, const char *user)
{
	for (; *user != '\0'; user++)
		fputc(isalnum((unsigned char)*user) || strchr("._-", *user) != NULL ? *user : '_',
		    out);
}

/* The reply_to template with its placeholders filled. A fresh string. */
static char *
expand_reply_to(const struct rewrite *rewrite, const char *sender, const char *user)
{
	char *text = NULL;
	size_t size;
	FILE *out = text_stream_open(&text, &size);

	if (out == NULL)
		return NULL;
	for (const char *p = rewrite->profile->reply_to; *p != '\0';) {
		if (strncmp(p, "{sender}", 8) == 0) {
			fputs(sender, out);
			p += 8;
		} else if (strncmp(p, "{user}", 6) == 0) {
			put_user(out, user);
			p += 6;
		} else if (strncmp(p, "{hostname}", 10) == 0) {
			fputs(rewrite->config->hostname, out);
			p += 10;
		} else {
			fputc(*p++, out);
		}
	}
	if (fclose(out) == EOF) {
		free(text);
		return NULL;
	}
	return text;
}

/*
 * Add to `list` what the template gives. It is parsed and later formatted like any
 * address, so nothing put into it can begin a field; what is no address is left out.
 */
static int
read_template(
    const struct rewrite *rewrite, const char *sender, const char *user, struct address_list *list)
{
	char *text = expand_reply_to(rewrite, sender, user);
	struct error error;
	int result = 0;

	if (text == NULL)
		return -1;
	if (address_list_parse(text, strlen(text), list, &error) == -1 && error.status == EX_OSERR)
		result = -1;
	for (size_t i = 0; i < list->count; i++)
		if (address_domain(list->items[i].address) == NULL)
			address_list_truncate(list, 0);
	free(text);
	return result;
}

/* The fields that are added once all others are known. */
static int
put_ours(struct rewrite *rewrite, const char *sender, const char *user)
{
	struct address_list *reply = &rewrite->reply;

	if (rewrite->needs_sender && !rewrite->has_sender)
		fprintf(rewrite->ours, "Sender: %s\r\n", rewrite->profile->from);
	if (rewrite->has_reply_to)
		return 0;
	if (reply->count == 0 && rewrite->profile->reply_to != NULL &&
	    read_template(rewrite, sender, user, reply) == -1)
		return -1;
	if (reply->count == 0)
		return 0;
	return put_list(rewrite->ours, "Reply-To", reply, &rewrite->reply_to);
}

static int
put_block(struct rewrite *rewrite, const char *header, size_t length)
{
	struct header_field field;
	size_t offset = 0;
	const char *next = header; /* what is not written yet */

	while (header_next(header, length, &offset, &field)) {
		fwrite(next, 1, (size_t)(field.start - next), rewrite->rest);
		if (put_field(rewrite, &field) == -1)
			return -1;
		next = field.start + field.length;
	}
	fwrite(next, 1, (size_t)(header + length - next), rewrite->rest);
	return 0;
}

int
identity_rewrite(const struct config *config, const struct config_profile *profile,
    const char *sender, const char *user, const char *header, size_t length,
    struct identity *identity)
{
	struct rewrite rewrite = {.config = config, .profile = profile};
	char *rest = NULL;
	size_t rest_length = 0;
	int result = -1;

	*identity = (struct identity){0};
	rewrite.ours = text_stream_open(&identity->header, &identity->length);
	rewrite.rest = text_stream_open(&rest, &rest_length);
	if (rewrite.ours == NULL || rewrite.rest == NULL)
		goto done;
	if (put_block(&rewrite, header, length) == -1 || put_ours(&rewrite, sender, user) == -1)
		goto done;
	result = 0;
done:
	if (rewrite.rest != NULL && fclose(rewrite.rest) == EOF)
		result = -1;
	if (result == 0)
		fwrite(rest, 1, rest_length, rewrite.ours);
	if (rewrite.ours != NULL && fclose(rewrite.ours) == EOF)
		result = -1;
	identity->from = rewrite.from;
	identity->reply_to = rewrite.reply_to;
	if (result == -1)
		identity_free(identity);
	address_list_free(&rewrite.reply);
	free(rest);
	return result;
}

void
identity_free(struct identity *identity)
{
	free(identity->header);
	free(identity->from);
	free(identity->reply_to);
	*identity = (struct identity){0};
}
