/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The threads that empty the rings: each sleeps until one of its rings is filled to the watermark,
 * or a tenth of a second is over, and drains all of them. After each round in which every reader
 * took part, the mark that lets perf sort (PERF_RECORD_FINISHED_ROUND) is added.
 *
 * They are started before the first event is opened, so that the kernel can be told to leave them
 * out, and begin their work later.
 *
 * Threads: all functions by the one that made them. Between readers_go() and readers_join() a
 * reader's drain is its own, but for readers_pause() to readers_resume().
 */
#ifndef VMTOOL_RECORD_READERS_H
#define VMTOOL_RECORD_READERS_H

#include <stdint.h>

#include "util/base/cleanup.h"
#include "util/base/err.h"
#include "util/record/drain.h"

enum { READERS_MAX = OUTPUT_APPENDS_NR - 1 };

struct readers;

/* @failed_fd: an eventfd that is raised when a reader fails. */
must_check struct err *readers_new(uint32_t nr, int failed_fd, struct readers **ret_readers);
void readers_free(struct readers *readers);
DEFINE_GUARD(readers, struct readers *, readers_free)

uint32_t readers_nr(const struct readers *readers);
struct drain *readers_drain(struct readers *readers, uint32_t i);

/* Share out the rings of @descriptors and begin; every drain has been set up. */
void readers_go(struct readers *readers, struct descriptors *descriptors);

/*
 * What was in the rings is read, and after this no reader is at them until readers_resume(), also
 * on error. After readers_go().
 */
must_check struct err *readers_pause(struct readers *readers);
void readers_resume(struct readers *readers);

/* The error of a reader that has ended by it, taken over; NULL: none. */
must_check struct err *readers_failure(struct readers *readers);

/*
 * Read what is left, to the end: events have been disabled. The first error. Works at any time and
 * more than once.
 */
must_check struct err *readers_join(struct readers *readers);

/* How often they woke up; after readers_pause() or readers_join(). */
uint64_t readers_wakeups(const struct readers *readers);

#endif
