/* The spool's directories: opened once, used by descriptor. postoak-spool(5). */
#ifndef POSTOAK_SPOOL_SPOOL_H
#define POSTOAK_SPOOL_SPOOL_H

#include <stdint.h>
#include <sys/types.h>

#include "config/config.h"
#include "config/error.h"

struct spool {
	int root;
	int incoming;
	int queue;
	int hold;
	int history;
	int undeliverable;
	int corrupt;
	int lock; /* spool_lock's descriptor, or -1 */
};

/*
 * Create what is missing of the spool with the right modes (incoming 3770 with the
 * submit group, the others 0700, version 0644, lock 0600). By root for `user:`, whom
 * it must find (EX_NOUSER); without submit_group (EX_CONFIG) only where `user:` is
 * root, and then nobody else can submit by file. Anyone else ignores both. Checks
 * version: EX_CONFIG for a higher number, and nothing is touched then.
 */
int spool_create(const struct config *config, struct error *error);

/* Open the directories of an existing spool; EX_NOINPUT, EX_NOPERM, EX_CONFIG. */
int spool_open(const struct config *config, struct spool *spool, struct error *error);

/*
 * Open incoming/ alone, for who submits: a descriptor, or -1 and `error`, with errno
 * as open(2) left it, so that the caller can choose another way in on EACCES, EPERM
 * and ENOENT; EX_CONFIG for a higher version.
 */
int spool_open_incoming(const struct config *config, struct error *error);

/* Close what is open, the lock too. */
void spool_close(struct spool *spool);

/*
 * Take spool/lock exclusively (flock) for the life of the descriptor and its
 * copies; EX_TEMPFAIL where another runner has it.
 */
int spool_lock(struct spool *spool, struct error *error);

/* Step through the queue ids in a directory: calls `visit` (may be null) for each
 * valid name, and `other` (may be null) for each other name but . and .. . Returns 0,
 * or -1 and errno. */
int spool_scan(int directory, void (*visit)(uint64_t id, void *context),
    void (*other)(const char *name, void *context), void *context);

#endif
