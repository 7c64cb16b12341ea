/* SPDX-License-Identifier: ISC */
#include "sendmail/redirect_request.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "config/secret.h"
#include "oauth/authorization.h"

/* What a line is; without its end. */
struct line {
	const char *text;
	size_t length;
};

/* Take the next line off `rest`, ended by LF or CR LF (RFC 9112, section 2.2); false: none. */
static bool
next_line(struct line *rest, struct line *line)
{
	const char *end = memchr(rest->text, '\n', rest->length);
	size_t taken;

	if (end == NULL)
		return false;
	taken = (size_t)(end - rest->text) + 1;
	*line = (struct line){rest->text, taken - 1};
	if (line->length > 0 && line->text[line->length - 1] == '\r')
		line->length--;
	rest->text += taken;
	rest->length -= taken;
	return true;
}

static bool
is_complete(struct line rest)
{
	struct line line;

	while (next_line(&rest, &line))
		if (line.length == 0)
			return true;
	return false;
}

static bool
starts(const struct line *line, const char *beginning)
{
	size_t length = strlen(beginning);

	return line->length >= length && strncasecmp(line->text, beginning, length) == 0;
}

static bool
is_blank(char octet)
{
	return octet == ' ' || octet == '\t';
}

/*
 * The request must be for us under the name that the browser was told (a page elsewhere
 * may have let another name point here).
 */
static bool
is_for_us(struct line rest, const struct redirect_uri *uri)
{
	char authority[128];
	unsigned hosts = 0;
	bool same = false;
	struct line line = {0};

	if (!redirect_uri_authority(uri, authority, sizeof(authority)))
		return false;
	while (next_line(&rest, &line) && line.length > 0) {
		if (!starts(&line, "host:"))
			continue;
		hosts++;
		line.text += 5;
		line.length -= 5;
		for (; line.length > 0 && is_blank(*line.text); line.length--)
			line.text++;
		while (line.length > 0 && is_blank(line.text[line.length - 1]))
			line.length--;
		same = line.length == strlen(authority) && starts(&line, authority);
	}
	return hosts == 1 && same;
}

/* "GET TARGET HTTP/1.1": cut it down to the target. Returns the status. */
static unsigned
take_target(struct line *line)
{
	const char *end = memrchr(line->text, ' ', line->length);
	const char *version = end == NULL ? NULL : end + 1;
	const char *target = memchr(line->text, ' ', line->length);

	if (end == NULL || target == end || memchr(line->text, '\0', line->length) != NULL)
		return 400;
	if ((size_t)(line->text + line->length - version) != 8 ||
	    strncmp(version, "HTTP/1.", 7) != 0)
		return 400;
	if (strncmp(line->text, "GET ", 4) != 0)
		return 405;
	line->length = (size_t)(end - target) - 1;
	line->text = target + 1;
	return line->text[0] == '/' && memchr(line->text, ' ', line->length) == NULL ? 200 : 400;
}

static bool
is_path(const struct line *target, const struct redirect_uri *uri)
{
	const char *mark = memchr(target->text, '?', target->length);
	size_t length = mark == NULL ? target->length : (size_t)(mark - target->text);
	size_t wanted = strcspn(uri->path, "?");
	const char *path = wanted == 0 ? "/" : uri->path;

	return length == (wanted == 0 ? 1 : wanted) && strncmp(target->text, path, length) == 0;
}

unsigned
redirect_request_read(const char *octets, size_t length, const struct redirect_uri *uri,
    const char *state, char **query)
{
	struct line rest = {octets, length};
	struct line target;
	unsigned status;
	char *copy;

	*query = NULL;
	/* Some send an empty line first (RFC 9112, section 2.2). */
	while (rest.length > 0 && strchr("\r\n", *rest.text) != NULL && *rest.text != '\0') {
		rest.text++;
		rest.length--;
	}
	if (!is_complete(rest) || !next_line(&rest, &target))
		return length >= REDIRECT_REQUEST_MAX ? 431 : 0;
	status = take_target(&target);
	if (status != 200)
		return status;
	if (!is_for_us(rest, uri))
		return 400;
	if (!is_path(&target, uri))
		return 404;
	copy = strndup(target.text, target.length);
	if (copy == NULL)
		return 503;
	if (!authorization_is_ours(copy, state)) {
		secret_free(copy);
		return 400;
	}
	*query = copy;
	return 200;
}
