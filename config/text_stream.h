/*
 * Strings that grow: open_memstream(3) for text that must be whole. glibc's own loses
 * what there was no memory for, and neither ferror(3) nor fclose(3) tells.
 */
#ifndef POSTOAK_CONFIG_TEXT_STREAM_H
#define POSTOAK_CONFIG_TEXT_STREAM_H

#include <stddef.h>
#include <stdio.h>

/*
 * A stream to write to, or null and errno. fclose(3) gives the fresh *text, which ends
 * with a NUL that *length does not count; where anything could not be kept it returns
 * EOF, errno is ENOMEM and *text null. Until then both are null and 0.
 */
FILE *text_stream_open(char **text, size_t *length);

#endif
