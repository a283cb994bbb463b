/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two page analyses side by side: what each row of one has more or less in the other. Rows are the
 * same when all they were told apart by reads the same; numbers of names differ between recordings.
 */
#ifndef VMTOOL_REPORT_DIFF_H
#define VMTOOL_REPORT_DIFF_H

#include <stdio.h>

#include "util/cli/json.h"
#include "util/report/page.h"

struct diff_side {
	uint64_t bytes;
	uint64_t hits;
};

struct diff {
	const struct page_analysis *analysis[2]; /* borrowed; the same keys in both */
	struct names rows;			 /* number n: cells parted by tabs; 0: none */
	struct diff_side *side[2];		 /* by number */
};

#define DIFF_INIT ((struct diff){ .rows = NAMES_INIT })

must_check struct err *diff_new(const struct page_analysis *before,
				const struct page_analysis *after, struct diff *ret_diff);
void diff_release(struct diff *diff);
DEFINE_GUARD_INPLACE(diff, struct diff, diff_release)

/* The largest changes first; @limit 0: all. Rows without a change are left out. */
must_check struct err *diff_show_text(const struct diff *diff, size_t limit, FILE *out);
must_check struct err *diff_show_csv(const struct diff *diff, size_t limit, FILE *out);

/* Members "complete", "lost", "before", "after", each with those two of its own, and "rows". */
must_check struct err *diff_show_json(const struct diff *diff, size_t limit, struct json *json);

#endif
