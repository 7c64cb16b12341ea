/* What the browser shows in the end: plain HTML that loads and runs nothing. */
#ifndef POSTOAK_SENDMAIL_REDIRECT_PAGE_H
#define POSTOAK_SENDMAIL_REDIRECT_PAGE_H

#include <stddef.h>

/*
 * A whole HTTP response with status `status` (200, 400, 404 ...), whose page has `title`
 * as its heading and `text`, of any content, below it. Fresh, *length octets; null without
 * memory.
 */
char *redirect_page(unsigned status, const char *title, const char *text, size_t *length);

#endif
