/* SPDX-License-Identifier: ISC */
#include "queue/message/address_spec.h"

#include <ctype.h>
#include <string.h>

#include <bsd/string.h>

#include "queue/message/utf8.h"

/* RFC 5322 atext, and everything outside ASCII (RFC 6532). */
static bool
is_atext(char c)
{
	unsigned char u = (unsigned char)c;

	return u >= 0x80 || isalnum(u) || (u != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", u) != NULL);
}

static bool
is_domain_char(char c)
{
	unsigned char u = (unsigned char)c;

	return u >= 0x80 || isalnum(u) || u == '-' || u == '_';
}

/* Words of characters that `is_word` accepts, with single dots between them. */
static bool
is_dotted(const char *text, size_t length, bool (*is_word)(char))
{
	bool after_word = false;

	for (size_t i = 0; i < length; i++) {
		if (is_word(text[i]))
			after_word = true;
		else if (text[i] == '.' && after_word)
			after_word = false;
		else
			return false;
	}
	return after_word;
}

/* Add what `token` means to one of the two halves. */
static enum address_spec_result
take(char half[ADDRESS_MAX], size_t *used, const struct token *token)
{
	if (token->length > ADDRESS_MAX - *used)
		return ADDRESS_SPEC_BAD;
	*used += address_token_text(token, half + *used);
	return ADDRESS_SPEC_TAKEN;
}

static enum address_spec_result
begin_domain(struct address_spec *spec)
{
	if (spec->in_domain || spec->local_length == 0)
		return ADDRESS_SPEC_BAD;
	spec->in_domain = true;
	spec->after_word = false;
	return ADDRESS_SPEC_TAKEN;
}

enum address_spec_result
address_spec_add(struct address_spec *spec, const struct token *token)
{
	bool dot = address_token_is(token, '.');

	if (address_token_is(token, '@'))
		return begin_domain(spec);
	if (!dot && (token->kind == TOKEN_SPECIAL || token->kind == TOKEN_BAD))
		return ADDRESS_SPEC_BAD;
	if (!dot && spec->after_word)
		return token->spaced ? ADDRESS_SPEC_NEXT : ADDRESS_SPEC_BAD;
	if (!spec->started && token->kind == TOKEN_ATOM && *token->start == '\\')
		spec->verbatim = true;
	spec->started = true;
	spec->after_word = !dot;
	if (!spec->in_domain)
		return take(spec->local, &spec->local_length, token);
	if (token->kind == TOKEN_QUOTED)
		return ADDRESS_SPEC_BAD;
	return take(spec->domain, &spec->domain_length, token);
}

/* The local part as it stands on the wire, NUL-terminated; 0 where it does not fit. */
static size_t
format_local(const struct address_spec *spec, char *out, size_t size)
{
	bool quote = !is_dotted(spec->local, spec->local_length, is_atext);
	size_t used = 0;

	if (2 * spec->local_length + 3 > size)
		return 0;
	if (quote)
		out[used++] = '"';
	for (size_t i = 0; i < spec->local_length; i++) {
		if (spec->local[i] == '\0')
			return 0;
		if (quote && (spec->local[i] == '"' || spec->local[i] == '\\'))
			out[used++] = '\\';
		out[used++] = spec->local[i];
	}
	if (quote)
		out[used++] = '"';
	out[used] = '\0';
	return used;
}

int
address_spec_format(const struct address_spec *spec, char buffer[ADDRESS_MAX + 1])
{
	char text[2 * ADDRESS_MAX + 3];
	size_t domain = spec->domain_length;
	size_t used;

	if (spec->local_length == 0 || (spec->in_domain && domain == 0))
		return -1;
	if ((used = format_local(spec, text, sizeof(text))) == 0)
		return -1;
	if (domain > 1 && spec->domain[domain - 1] == '.')
		domain--;
	if (used + 1 + domain > ADDRESS_MAX || memchr(spec->domain, '\0', domain) != NULL)
		return -1;
	if (spec->in_domain) {
		text[used++] = '@';
		memcpy(text + used, spec->domain, domain);
		text[used + domain] = '\0';
	}
	if (!address_spec_is_valid(text))
		return -1;
	strlcpy(buffer, text, ADDRESS_MAX + 1);
	return 0;
}

/* Past the quoted local part at `p`, or null. */
static const char *
skip_quoted(const char *p)
{
	for (p++; *p != '"'; p++) {
		if (*p == '\\')
			p++;
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return NULL;
	}
	return p + 1;
}

static bool
is_domain(const char *domain)
{
	size_t length = strlen(domain);

	if (length > 255)
		return false;
	if (*domain != '[')
		return is_dotted(domain, length, is_domain_char);
	if (length < 3 || domain[length - 1] != ']')
		return false;
	for (size_t i = 1; i < length - 1; i++)
		if (!isalnum((unsigned char)domain[i]) && strchr(":.-", domain[i]) == NULL)
			return false;
	return true;
}

/* U+0080 to U+009F, which steer a terminal as ESC does where the queue is listed. */
static bool
has_control_character(const char *utf8)
{
	for (; *utf8 != '\0'; utf8++)
		if ((unsigned char)*utf8 == 0xc2 && (unsigned char)utf8[1] < 0xa0)
			return true;
	return false;
}

bool
address_spec_is_valid(const char *address)
{
	const char *at;

	if (strlen(address) > ADDRESS_MAX || !utf8_is_valid(address) ||
	    has_control_character(address))
		return false;
	if (*address == '"') {
		at = skip_quoted(address);
		if (at == NULL || at == address + 2)
			return false;
	} else {
		at = address + strcspn(address, "@");
		if (!is_dotted(address, (size_t)(at - address), is_atext))
			return false;
	}
	return *at == '\0' || (*at == '@' && is_domain(at + 1));
}
