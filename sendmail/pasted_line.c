/* SPDX-License-Identifier: ISC */
#include "sendmail/pasted_line.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <bsd/stdlib.h>
#include <bsd/string.h>

#define CONTROL(letter) ((letter)&0x1f)
#define DELETE 0x7f

struct pasted_line {
	struct loop *loop;
	pasted_line_came *came;
	void *context;
	bool terminal;
	struct termios before;
	struct loop_timer at_once; /* for files, which cannot be waited for */
	bool *closed;              /* within `came`: set by pasted_line_close */
	bool overflow;
	size_t length;
	char line[PASTED_LINE_MAX + 1];
};

/* Give a line, or null, to who waits. False where it closed us. */
static bool
deliver(struct pasted_line *paste, const char *line)
{
	bool closed = false;

	paste->closed = &closed;
	paste->came(line, paste->context);
	if (closed)
		return false;
	paste->closed = NULL;
	return true;
}

static bool
end_line(struct pasted_line *paste)
{
	char *begin = paste->line;
	char *end = paste->line + paste->length;
	bool open;

	while (begin < end && strchr(" \t", *begin) != NULL)
		begin++;
	while (end > begin && strchr(" \t", end[-1]) != NULL)
		end--;
	*end = '\0';
	if (paste->terminal)
		(void)!write(STDERR_FILENO, "\n", 1);
	open = deliver(paste, paste->overflow ? "" : begin);
	if (!open)
		return false;
	explicit_bzero(paste->line, sizeof(paste->line));
	paste->length = 0;
	paste->overflow = false;
	return true;
}

/* The keys that a terminal knows by itself otherwise. False where we are closed. */
static bool
take(struct pasted_line *paste, char octet)
{
	switch (octet) {
	case '\n':
	case '\r':
		return paste->length == 0 && !paste->overflow ? true : end_line(paste);
	case CONTROL('D'):
		return !paste->terminal || paste->length > 0 || deliver(paste, NULL);
	case CONTROL('U'):
		paste->length = 0;
		paste->overflow = false;
		return true;
	case CONTROL('H'):
	case DELETE:
		if (paste->length > 0)
			paste->length--;
		return true;
	default:
		break;
	}
	if (paste->length == PASTED_LINE_MAX)
		paste->overflow = true;
	else if (octet != '\0')
		paste->line[paste->length++] = octet;
	return true;
}

/* True where there may be more. */
static bool
read_some(struct pasted_line *paste)
{
	char octets[1024];
	ssize_t got = read(STDIN_FILENO, octets, sizeof(octets));
	bool open = true;

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	for (ssize_t i = 0; open && i < got; i++)
		open = take(paste, octets[i]);
	explicit_bzero(octets, sizeof(octets));
	if (!open || got > 0)
		return open;
	loop_forget(paste->loop, STDIN_FILENO);
	if ((paste->length == 0 && !paste->overflow) || end_line(paste))
		(void)deliver(paste, NULL);
	return false;
}

static void
input_ready(int fd, uint32_t events, void *context)
{
	(void)fd;
	(void)events;
	(void)read_some(context);
}

static void
read_all(void *context)
{
	while (read_some(context))
		continue;
}

void
pasted_line_renew(struct pasted_line *paste)
{
	struct termios quiet;

	if (!paste->terminal)
		return;
	quiet = paste->before;
	quiet.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	quiet.c_cc[VMIN] = 1;
	quiet.c_cc[VTIME] = 0;
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &quiet);
}

struct pasted_line *
pasted_line_open(struct loop *loop, pasted_line_came *came, void *context)
{
	struct pasted_line *paste = calloc(1, sizeof(*paste));

	if (paste == NULL)
		return NULL;
	paste->loop = loop;
	paste->came = came;
	paste->context = context;
	paste->terminal = tcgetattr(STDIN_FILENO, &paste->before) == 0;
	loop_timer_init(&paste->at_once, read_all, paste);
	if (loop_watch(loop, STDIN_FILENO, EPOLLIN, input_ready, paste) < 0) {
		if (errno != EPERM) {
			free(paste);
			return NULL;
		}
		loop_timer_set(loop, &paste->at_once, 0);
	}
	pasted_line_renew(paste);
	return paste;
}

void
pasted_line_close(struct pasted_line *paste)
{
	if (paste == NULL)
		return;
	if (paste->closed != NULL)
		*paste->closed = true;
	loop_timer_cancel(paste->loop, &paste->at_once);
	loop_forget(paste->loop, STDIN_FILENO);
	/* What was typed and not read must not become a command of the shell. */
	if (paste->terminal)
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &paste->before);
	freezero(paste, sizeof(*paste));
}
