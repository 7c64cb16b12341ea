/* SPDX-License-Identifier: ISC */
#include "queue/retry.h"

#include <bsd/stdlib.h>

uint64_t
retry_jitter(uint64_t ms)
{
	uint64_t fifth = ms / 5;

	if (fifth == 0)
		return ms;
	if (fifth > UINT32_MAX / 4)
		fifth = UINT32_MAX / 4;
	return ms - fifth + arc4random_uniform((uint32_t)(2 * fifth + 1));
}

uint64_t
retry_delay(unsigned minimum, unsigned maximum, unsigned failures)
{
	uint64_t ms = (uint64_t)minimum * 1000;
	uint64_t limit = (uint64_t)maximum * 1000;

	for (unsigned i = 1; i < failures && ms < limit; i++)
		ms *= 2;
	return retry_jitter(ms < limit ? ms : limit);
}
