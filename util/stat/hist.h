/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Log-linear histograms of durations in ns: HIST_STEPS buckets to a power of two. The middle of a
 * bucket is at most 1/16 (6.25%) away from any value in it, and so is every quantile read here,
 * as long as it lies below 2^40 ns.
 */
#ifndef VMTOOL_STAT_HIST_H
#define VMTOOL_STAT_HIST_H

#include <stddef.h>
#include <stdint.h>

#include "util/stat/model.h"

size_t hist_index(uint64_t ns);

/* Bucket @index holds [hist_start, hist_end); the last one has no end but UINT64_MAX. */
uint64_t hist_start(size_t index);
uint64_t hist_end(size_t index);

/*
 * The value that @percent of all are not above: @max_ns, the largest of them, if that is the one,
 * else the middle of its bucket, not above @max_ns. The histogram has at least one entry.
 */
uint64_t hist_quantile(const uint64_t hist[HIST_NR], unsigned int percent, uint64_t max_ns);

#endif
