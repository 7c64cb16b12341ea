/* SPDX-License-Identifier: ISC */
#include "config/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include <bsd/string.h>

static void
make_one_line(char *text)
{
	for (unsigned char *p = (unsigned char *)text; *p != '\0'; p++)
		if (*p < 0x20 || *p == 0x7f)
			*p = '?';
}

static void
fill(struct error *error, int status, const char *format, va_list ap)
{
	error->status = status;
	(void)vsnprintf(error->text, sizeof(error->text), format, ap);
	make_one_line(error->text);
}

int
error_set(struct error *error, int status, const char *format, ...)
{
	va_list ap;

	if (error != NULL) {
		va_start(ap, format);
		fill(error, status, format, ap);
		va_end(ap);
	}
	return -1;
}

int
error_set_errno(struct error *error, int status, const char *format, ...)
{
	int saved = errno;
	va_list ap;

	if (error != NULL) {
		va_start(ap, format);
		fill(error, status, format, ap);
		va_end(ap);
		strlcat(error->text, ": ", sizeof(error->text));
		strlcat(error->text, strerror(saved), sizeof(error->text));
	}
	errno = saved;
	return -1;
}

int
error_prefix(struct error *error, const char *format, ...)
{
	char text[ERROR_TEXT_MAX];
	va_list ap;

	if (error == NULL)
		return -1;
	strlcpy(text, error->text, sizeof(text));
	va_start(ap, format);
	fill(error, error->status, format, ap);
	va_end(ap);
	strlcat(error->text, ": ", sizeof(error->text));
	strlcat(error->text, text, sizeof(error->text));
	return -1;
}

int
error_file_status(int code)
{
	switch (code) {
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case EINTR:
	case EIO:
		return EX_OSERR;
	default:
		return EX_NOINPUT;
	}
}
