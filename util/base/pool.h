/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Jobs done by several threads and handed back in the order they were given: what makes the output
 * of a parallel command the same for any number of threads. The thread that asks for a finished job
 * works too while it waits, so a pool of one is that thread alone: no other is started, and a job
 * is done when it is asked for. Nobody spins.
 *
 * Threads: submit and retire belong to one thread, the owner. The work function is called by any;
 * between submit and retire a job is the pool's.
 */
#ifndef VMTOOL_BASE_POOL_H
#define VMTOOL_BASE_POOL_H

#include "util/base/cleanup.h"

/* Embedded in the owner's job as its first member. */
struct pool_job {
	struct pool_job *next;	    /* in the order of submission */
	struct pool_job *next_todo; /* of those nobody has begun */
	int state;
};

struct pool;

struct pool_config {
	unsigned int threads_nr; /* that work, the owner included; at least 1 */

	/*
	 * @worker is 0 for the owner and below threads_nr for the others: a place for own memory.
	 */
	void (*work)(void *ctx, unsigned int worker, struct pool_job *job);
	void *ctx;
};

/* Fewer threads than asked for are no error as long as there is one. */
must_check struct err *pool_new(const struct pool_config *config, struct pool **ret_pool);

/* Waits for jobs that are being worked on; others are dropped. */
void pool_free(struct pool *pool);
DEFINE_GUARD(pool, struct pool *, pool_free)

void pool_submit(struct pool *pool, struct pool_job *job);

/* The oldest job, done; NULL when there is none. Works or waits until it is. */
struct pool_job *pool_retire(struct pool *pool);

#endif
