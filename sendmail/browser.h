/* Opening a web browser for the person at the terminal. */
#ifndef POSTOAK_SENDMAIL_BROWSER_H
#define POSTOAK_SENDMAIL_BROWSER_H

#include <stdbool.h>

/* True where there is a graphical session, and a program that opens a browser in it. */
bool browser_is_there(void);

/*
 * Begin to show `url` in $BROWSER or by xdg-open, as the user who called sudo, where one did:
 * browsers refuse to be root. False where it cannot even be tried.
 */
bool browser_show(const char *url);

#endif
