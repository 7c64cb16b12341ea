/* SPDX-License-Identifier: ISC */
#include "config/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bsd/string.h>

/* RFC 5424 receivers must take 2048 octets; stay below with tag and time. */
#define ENTRY_MAX 1900

static char log_name[64] = "postoak";
static char log_tag[128] = "postoak";
static bool log_to_stderr = true;

void
log_open(const char *name, bool to_stderr)
{
	strlcpy(log_name, name, sizeof(log_name));
	strlcpy(log_tag, name, sizeof(log_tag));
	log_to_stderr = to_stderr;
	/* syslog(3) keeps the pointer, so log_write can change the tag in place. */
	if (!to_stderr)
		openlog(log_tag, LOG_PID, LOG_MAIL);
}

void
log_reopen(void)
{
	if (log_to_stderr)
		return;
	closelog();
	openlog(log_tag, LOG_PID, LOG_MAIL);
}

static const char *
level_prefix(int priority)
{
	switch (priority) {
	case LOG_EMERG:
	case LOG_ALERT:
	case LOG_CRIT:
		return "fatal: ";
	case LOG_ERR:
		return "error: ";
	case LOG_WARNING:
		return "warning: ";
	default:
		return "";
	}
}

static void
write_stderr(const char *text)
{
	char line[ENTRY_MAX + 256];
	char stamp[32] = "";
	struct tm tm;
	time_t now = time(NULL);
	int length;

	if (localtime_r(&now, &tm) != NULL)
		strftime(stamp, sizeof(stamp), "%b %e %H:%M:%S", &tm);
	length =
	    snprintf(line, sizeof(line), "%s %s[%ld]: %s\n", stamp, log_tag, (long)getpid(), text);
	if (length < 0)
		return;
	if ((size_t)length >= sizeof(line))
		length = (int)sizeof(line) - 1;
	/* One write, so that lines of several processes do not mix. */
	if (write(STDERR_FILENO, line, (size_t)length) < 0)
		return;
}

void
log_write(int priority, const char *service, const char *format, ...)
{
	char text[ENTRY_MAX];
	size_t used;
	va_list ap;

	used = strlcpy(text, level_prefix(priority), sizeof(text));
	va_start(ap, format);
	(void)vsnprintf(text + used, sizeof(text) - used, format, ap);
	va_end(ap);
	for (unsigned char *p = (unsigned char *)text; *p != '\0'; p++)
		if (*p < 0x20 || *p == 0x7f)
			*p = '?';

	(void)snprintf(log_tag, sizeof(log_tag), "%s/%s", log_name, service);
	if (log_to_stderr)
		write_stderr(text);
	else
		syslog(priority, "%s", text);
}
