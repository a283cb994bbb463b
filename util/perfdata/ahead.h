/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records put in order by one thread while another makes something of them: batches of copied
 * records between the two, a few, so that memory stays bounded. Half of the time of a report is
 * putting in order.
 *
 * Threads: all calls belong to one thread; @next is called by the other one, between ahead_new()
 * and ahead_free().
 */
#ifndef VMTOOL_PERFDATA_AHEAD_H
#define VMTOOL_PERFDATA_AHEAD_H

#include "util/perfdata/reader.h"

struct ahead;

/* The next record; ret_entry->type is 0 after the last. Called no more after an error. */
typedef struct err *ahead_next_fn(void *ctx, struct perfdata_entry *ret_entry);

/* *ret_ahead is NULL when no thread can be had: call @next yourself. */
must_check struct err *ahead_new(ahead_next_fn *next, void *ctx, struct ahead **ret_ahead);

/* Stops wherever it is. */
void ahead_free(struct ahead *ahead);

/* What @next gave, errors too; ret_entry->bytes are valid until the next call. */
must_check struct err *ahead_next(struct ahead *ahead, struct perfdata_entry *ret_entry);

#endif
