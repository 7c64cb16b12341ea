/*
 * What a worker gives up once it is connected, before it reads an octet from the
 * network: files, new sockets, programs, other processes.
 */
#ifndef POSTOAK_DELIVERY_SANDBOX_H
#define POSTOAK_DELIVERY_SANDBOX_H

#include "config/config.h"
#include "config/error.h"

/*
 * Lock this process in for good: no new privileges, Landlock with nothing allowed, and a
 * seccomp filter under which system calls that a worker has no use for fail with EPERM.
 * SANDBOX_AUTO takes what the kernel has and returns 0; SANDBOX_REQUIRED returns -1 and
 * `error` (EX_OSERR) where any of it is missing; SANDBOX_OFF does nothing.
 */
int sandbox_enter(enum sandbox_mode mode, struct error *error);

#endif
