/*
 * One error: what to tell a person, and the sysexits(3) code to end with.
 *
 * Functions that can fail for a reason worth telling take a `struct error *`
 * as their last parameter and fill it when they return -1.
 */
#ifndef POSTOAK_CONFIG_ERROR_H
#define POSTOAK_CONFIG_ERROR_H

#include <stdarg.h>

#define ERROR_TEXT_MAX 1024

struct error {
	int status; /* sysexits(3) code, never 0 in a filled error */
	char text[ERROR_TEXT_MAX];
};

/*
 * Fill `error` with a one-line text made from `format`; control characters
 * become '?', so that hostile input cannot forge a second line. A null `error`
 * is allowed and ignored. Always returns -1, so that callers can write
 * `return error_set(...)`.
 */
int error_set(struct error *error, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As error_set, with ": " and the text of the current errno appended. */
int error_set_errno(struct error *error, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Put "prefix: " (from `format`) before the text already in `error`; returns -1. */
int error_prefix(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * The status for a file whose open or read failed with errno `code`: EX_OSERR where the
 * system cannot do it now, and may another time; EX_NOINPUT where it is about the file.
 */
int error_file_status(int code);

#endif
