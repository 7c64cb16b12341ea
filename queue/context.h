/* What the parts of the runner share. */
#ifndef POSTOAK_QUEUE_CONTEXT_H
#define POSTOAK_QUEUE_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include <bsd/sys/queue.h>

#include "config/config.h"
#include "config/loop.h"
#include "queue/backlog.h"
#include "queue/lane.h"
#include "queue/selection.h"
#include "queue/spool/delivered.h"
#include "queue/spool/spool.h"
#include "queue/syncer.h"

LIST_HEAD(lane_list, lane);

struct context {
	struct config *config;
	struct spool spool;
	struct loop *loop;
	struct syncer *syncer;
	struct backlog *backlog;
	struct delivered *delivered;
	struct lane_list lanes;
	struct lane *nowhere;      /* mail for which no profile is meant; also in `lanes` */
	struct heap unread;        /* units whose header was not read yet, by due time */
	size_t unread_count;       /* of them, and the room that `unread` has */
	struct loop_timer reading; /* expires when headers are to be read */
	size_t held_count;         /* messages in hold/ */
	size_t active_count;       /* busy units */
	size_t settling_count;     /* transactions whose results histories may not have yet */
	size_t newer_count;        /* messages of a higher version, left where they are */
	bool stopping;             /* no new transaction begins */
	bool one_pass;             /* postoakd -q: each unit is tried once */
	const struct selection *selection; /* postoakd -s: the only messages tried; null: all */
	bool history_behind; /* a history could not be written: only the delivered log knows */
	bool log_broken;     /* the delivered log cannot be written: no new transaction begins */
};

/* The lane of a profile (null: the one without). Null where there is none such. */
struct lane *context_lane(struct context *context, const struct config_profile *profile);

#endif
