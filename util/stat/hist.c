// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/stat/hist.h"

size_t hist_index(uint64_t ns)
{
	unsigned int log2;

	if (ns < HIST_STEPS)
		return ns;
	if (ns >> HIST_TOP_LOG2)
		return HIST_NR - 1;
	log2 = 63 - (unsigned int)__builtin_clzll(ns);
	return (log2 - HIST_STEPS_LOG2 + 1) * HIST_STEPS +
	       ((ns >> (log2 - HIST_STEPS_LOG2)) & (HIST_STEPS - 1));
}

uint64_t hist_start(size_t index)
{
	size_t power = index / HIST_STEPS;

	if (!power)
		return index;
	return (uint64_t)(HIST_STEPS + index % HIST_STEPS) << (power - 1);
}

uint64_t hist_end(size_t index)
{
	return index + 1 < HIST_NR ? hist_start(index + 1) : UINT64_MAX;
}

uint64_t hist_quantile(const uint64_t hist[HIST_NR], unsigned int percent, uint64_t max_ns)
{
	uint64_t total = 0, below = 0, rank, middle;
	size_t i;

	for (i = 0; i < HIST_NR; i++)
		total += hist[i];
	/* The smallest rank of which it holds, counted from 1. */
	rank = (uint64_t)(((__uint128_t)total * percent + 99) / 100);
	if (rank == total)
		return max_ns;
	for (i = 0; i + 1 < HIST_NR; i++) {
		below += hist[i];
		if (below >= rank && below)
			break;
	}
	if (i + 1 == HIST_NR)
		return max_ns;
	middle = hist_start(i) + (hist_end(i) - hist_start(i)) / 2;
	return MIN(middle, max_ns);
}
