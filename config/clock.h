/* The two clocks: monotonic for timers, wall time for what people read. */
#ifndef POSTOAK_CONFIG_CLOCK_H
#define POSTOAK_CONFIG_CLOCK_H

#include <stdint.h>

/* Milliseconds of CLOCK_BOOTTIME: goes on during suspend, never steps. */
uint64_t clock_monotonic_ms(void);

/* Microseconds since the epoch, from CLOCK_REALTIME. */
uint64_t clock_wall_us(void);

#endif
