/* SPDX-License-Identifier: ISC */
#include "queue/message/date.h"

#include <stdio.h>
#include <stdlib.h>

void
date_format(time_t when, char buffer[DATE_MAX])
{
	/* Not strftime(3): its names follow the locale. */
	static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char months[][4] = {
	    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct tm tm;
	int minutes; /* east of UTC */

	if (localtime_r(&when, &tm) == NULL) {
		when = 0; /* a year that does not fit an int */
		(void)gmtime_r(&when, &tm);
	}
	minutes = (int)(tm.tm_gmtoff / 60 % (24 * 60));
	(void)snprintf(buffer, DATE_MAX, "%s, %02d %s %04d %02d:%02d:%02d %c%02d%02d",
	    days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour,
	    tm.tm_min, tm.tm_sec, minutes < 0 ? '-' : '+', abs(minutes) / 60, abs(minutes) % 60);
}
