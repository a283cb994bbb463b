/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the plan to the file: every page that stays is read, tested for zeros, compressed and handed
 * to the writer. Groups of pages go one after the other, the most valuable first, and within a
 * group page frames ascend; a format that wants address order gets that. Reading and compressing is
 * done by several threads, writing by one, in an order that does not depend on their number.
 */
#ifndef VMTOOL_DUMP_PIPELINE_H
#define VMTOOL_DUMP_PIPELINE_H

#include "util/codec/codec.h"
#include "util/dump/dump.h"
#include "util/dump/plan.h"
#include "util/dump/writer.h"

struct pipeline {
	struct image *image;
	const struct kernel *kernel;
	struct plan *plan;
	struct writer *writer;
	const struct codec *codec; /* NULL: raw */
	unsigned int threads_nr;   /* at least 1; with 1 no thread is started */
	const struct dump_observer *observer;
};

/* Counts zero and unreadable pages into @report. Does not finish the writer. */
must_check struct err *pipeline_run(const struct pipeline *pipeline, struct dump_report *report);

#endif
