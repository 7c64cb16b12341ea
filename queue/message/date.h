/* RFC 5322 dates. */
#ifndef POSTOAK_MESSAGE_DATE_H
#define POSTOAK_MESSAGE_DATE_H

#include <time.h>

#define DATE_MAX 40

/* Write "Sun, 22 Nov 2026 06:13:00 +0000" in local time (RFC 5322 3.3) to `buffer`. */
void date_format(time_t when, char buffer[DATE_MAX]);

#endif
