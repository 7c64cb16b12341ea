/* SPDX-License-Identifier: ISC */
#include "sendmail/redirect_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/text_stream.h"

static const char *
reason_of(unsigned status)
{
	static const struct {
		unsigned status;
		const char *reason;
	} known[] = {
	    {200, "OK"},
	    {400, "Bad Request"},
	    {404, "Not Found"},
	    {405, "Method Not Allowed"},
	    {431, "Request Header Fields Too Large"},
	    {503, "Service Unavailable"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].status == status)
			return known[i].reason;
	return "Error";
}

static void
write_escaped(FILE *out, const char *text)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		default:
			fputc(*text, out);
		}
	}
}

/* Each line of `text` a paragraph. */
static void
write_paragraphs(FILE *out, const char *text)
{
	while (*text != '\0') {
		size_t length = strcspn(text, "\n");
		char *line = strndup(text, length);

		fputs("<p>", out);
		write_escaped(out, line == NULL ? "" : line);
		fputs("</p>\n", out);
		free(line);
		text += length + (text[length] == '\n' ? 1 : 0);
	}
}

static char *
write_body(const char *title, const char *text, size_t *length)
{
	char *body = NULL;
	FILE *out = text_stream_open(&body, length);

	if (out == NULL)
		return NULL;
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
	    out);
	write_escaped(out, title);
	fputs(" - Postoak</title>\n</head>\n<body>\n<main>\n<h1>", out);
	write_escaped(out, title);
	fputs("</h1>\n<div role=\"status\">\n", out);
	write_paragraphs(out, text);
	fputs("</div>\n</main>\n</body>\n</html>\n", out);
	if (fclose(out) != 0) {
		free(body);
		return NULL;
	}
	return body;
}

char *
redirect_page(unsigned status, const char *title, const char *text, size_t *length)
{
	size_t body_length;
	char *body = write_body(title, text, &body_length);
	char *page = NULL;
	FILE *out = body == NULL ? NULL : text_stream_open(&page, length);

	if (out == NULL) {
		free(body);
		return NULL;
	}
	fprintf(out,
	    "HTTP/1.1 %u %s\r\n"
	    "Content-Type: text/html; charset=utf-8\r\n"
	    "Content-Length: %zu\r\n"
	    "Cache-Control: no-store\r\n"
	    "Referrer-Policy: no-referrer\r\n"
	    "X-Content-Type-Options: nosniff\r\n"
	    "Content-Security-Policy: default-src 'none'; base-uri 'none'; form-action 'none'; "
	    "frame-ancestors 'none'\r\n"
	    "%sConnection: close\r\n\r\n",
	    status, reason_of(status), body_length, status == 405 ? "Allow: GET\r\n" : "");
	fwrite(body, 1, body_length, out);
	free(body);
	if (fclose(out) != 0) {
		free(page);
		return NULL;
	}
	return page;
}
