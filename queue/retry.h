/* When to try again: doubling from a minimum to a maximum, with jitter. */
#ifndef POSTOAK_QUEUE_RETRY_H
#define POSTOAK_QUEUE_RETRY_H

#include <stdint.h>

/*
 * Milliseconds to wait after the `failures`-th failure in a row (from 1): `minimum`
 * seconds doubled each time, at most `maximum` seconds, at most 20 % more or less by
 * chance, so that what failed together does not come back together.
 */
uint64_t retry_delay(unsigned minimum, unsigned maximum, unsigned failures);

/* `ms` at most 20 % more or less by chance. */
uint64_t retry_jitter(uint64_t ms);

#endif
