/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks the struct pages of a dumped kernel and says of every page frame what it is used for. Reads
 * each struct page at most once per walk, in place in the mapped image where it lies whole, and
 * skips those inside a free block unless told otherwise.
 *
 * A struct page that cannot be read does not stop the walk: its page frame is PAGE_UNKNOWN.
 */
#ifndef VMTOOL_KERNEL_PAGESCAN_H
#define VMTOOL_KERNEL_PAGESCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "util/kernel/kernel.h"

struct pagescan;

/*
 * @kernel must have why_not == NULL and outlive the scan. @inside_free: read the struct pages
 * inside free blocks too, because they may be poisoned; needless for who leaves free pages out
 * anyway.
 */
must_check struct err *pagescan_new(const struct kernel *kernel, bool inside_free,
				    struct pagescan **ret_scan);

void pagescan_free(struct pagescan *scan);
DEFINE_GUARD(pagescan, struct pagescan *, pagescan_free)

/* One run after the other, ascending, without gaps. Return an error to stop the walk. */
typedef struct err *pagescan_fn(void *ctx, const struct page_run *run);

/* Adds @run to the one being collected in @pending, handing that on when they do not join. */
must_check struct err *page_run_push(struct page_run *pending, const struct page_run *run,
				     pagescan_fn *fn, void *ctx);

/*
 * Classify page frames [first, end). Runs never leave that range. Only page frames with memory
 * behind them should be asked for; others come back as PAGE_UNKNOWN or with what their struct page
 * happens to say. Errors are the callback's own or ERR_NOMEM.
 */
must_check struct err *pagescan_walk(struct pagescan *scan, uint64_t first, uint64_t end,
				     pagescan_fn *fn, void *ctx);

/* Struct pages that could not be read, over all walks. */
uint64_t pagescan_unreadable_nr(const struct pagescan *scan);

/* Why the first of them could not be; "" when all could. Owned by @scan. */
const char *pagescan_unreadable_why(const struct pagescan *scan);

/*
 * Free blocks with something inside that is in use, over all walks: not believed, their page frames
 * are judged one by one.
 */
uint64_t pagescan_torn_nr(const struct pagescan *scan);

/* Struct pages that were fetched, over all walks: what planning costs. */
uint64_t pagescan_fetched_nr(const struct pagescan *scan);

#endif
