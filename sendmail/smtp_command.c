/* SPDX-License-Identifier: ISC */
#include "sendmail/smtp_command.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define WHITE " \t"

enum smtp_verb
smtp_command_verb(char *line, char **argument)
{
	static const struct {
		const char *name;
		enum smtp_verb verb;
	} verbs[] = {
	    {"HELO", SMTP_VERB_HELO},
	    {"EHLO", SMTP_VERB_EHLO},
	    {"MAIL", SMTP_VERB_MAIL},
	    {"RCPT", SMTP_VERB_RCPT},
	    {"DATA", SMTP_VERB_DATA},
	    {"RSET", SMTP_VERB_RSET},
	    {"NOOP", SMTP_VERB_NOOP},
	    {"VRFY", SMTP_VERB_VRFY},
	    {"HELP", SMTP_VERB_HELP},
	    {"QUIT", SMTP_VERB_QUIT},
	    {"AUTH", SMTP_VERB_REFUSED},
	    {"BDAT", SMTP_VERB_REFUSED},
	    {"ETRN", SMTP_VERB_REFUSED},
	    {"EXPN", SMTP_VERB_REFUSED},
	    {"SAML", SMTP_VERB_REFUSED},
	    {"SEND", SMTP_VERB_REFUSED},
	    {"SOML", SMTP_VERB_REFUSED},
	    {"STARTTLS", SMTP_VERB_REFUSED},
	    {"TURN", SMTP_VERB_REFUSED},
	};
	size_t length = strlen(line);
	char *word;

	while (length > 0 && strchr(WHITE, line[length - 1]) != NULL)
		line[--length] = '\0';
	word = line + strspn(line, WHITE);
	length = strcspn(word, WHITE);
	*argument = word + length + strspn(word + length, WHITE);
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		if (strlen(verbs[i].name) == length &&
		    strncasecmp(verbs[i].name, word, length) == 0)
			return verbs[i].verb;
	}
	return SMTP_VERB_UNKNOWN;
}

/* The length of the path at `text`: up to '>' where it begins with '<', else up to white
 * space, either outside quotes. 0 where it has no end. */
static size_t
path_length(const char *text)
{
	bool bracket = *text == '<';
	bool quoted = false;
	const char *p;

	for (p = text; *p != '\0'; p++) {
		if (quoted && *p == '\\' && p[1] != '\0')
			p++;
		else if (*p == '"')
			quoted = !quoted;
		else if (!quoted && bracket && *p == '>')
			return (size_t)(p - text) + 1;
		else if (!quoted && !bracket && strchr(WHITE, *p) != NULL)
			break;
	}
	return bracket || quoted ? 0 : (size_t)(p - text);
}

int
smtp_command_path(char *argument, const char *keyword, char path[SMTP_PATH_MAX], char **parameters)
{
	size_t length = strlen(keyword);
	char *p = argument;
	int written;

	if (strncasecmp(p, keyword, length) != 0)
		return -1;
	p += length;
	p += strspn(p, WHITE);
	if (*p++ != ':')
		return -1;
	p += strspn(p, WHITE);
	length = path_length(p);
	if (length == 0 || (p[length] != '\0' && strchr(WHITE, p[length]) == NULL))
		return -1;
	written = snprintf(path, SMTP_PATH_MAX, *p == '<' ? "%.*s" : "<%.*s>", (int)length, p);
	if (written < 0 || written >= SMTP_PATH_MAX)
		return -1;
	*parameters = p + length + strspn(p + length, WHITE);
	return 0;
}
