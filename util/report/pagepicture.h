/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A page analysis as util/draw/ wants it: weighted call stacks, and memory over time.
 */
#ifndef VMTOOL_REPORT_PAGEPICTURE_H
#define VMTOOL_REPORT_PAGEPICTURE_H

#include "util/draw/flame.h"
#include "util/draw/timeline.h"
#include "util/report/page.h"

enum page_weight { PAGE_WEIGHT_BYTES, PAGE_WEIGHT_HITS, PAGE_WEIGHT_LIVE };

/*
 * Stacks of all rows, the task's name outermost, added to @flame. Needs config.stacks and
 * PAGE_KEY_COMM among the keys; with config.live, only what is live weighs.
 */
must_check struct err *page_flame(const struct page_analysis *analysis, enum page_weight weight,
				  struct flame *flame);

/* Needs config.timeline; borrows @slice. Its level_max is the caller's to say. */
struct timeline page_timeline(const struct page_analysis *analysis,
			      struct timeline_slice slice[PAGE_MOMENTS]);

#endif
