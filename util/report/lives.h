/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long memory lived, and whether it grows: what the views of pages and of slab objects share.
 */
#ifndef VMTOOL_REPORT_LIVES_H
#define VMTOOL_REPORT_LIVES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "util/base/str.h"
#include "util/cli/json.h"

enum {
	LIVES_QUARTERS = 4, /* of a recording */
	LIVES_SLOTS = 64,   /* of a histogram: log2 of ns */
};

/* What there was at once, and when: in a recording from @first_ns to @last_ns. */
struct lives_peak {
	uint64_t bytes;
	uint64_t at_ns; /* 0: there was nothing; SAMPLE_NONE_U64: its sample has no time */
	uint64_t first_ns;
	uint64_t last_ns;
};

static inline void lives_note_peak(struct lives_peak *peak, uint64_t live_bytes, uint64_t time_ns)
{
	if (live_bytes <= peak->bytes)
		return;
	peak->bytes = live_bytes;
	peak->at_ns = time_ns;
}

/* Was that in the first half of the recording? */
static inline bool lives_in_first_half(const struct lives_peak *peak, uint64_t time_ns)
{
	return time_ns <= peak->first_ns + (peak->last_ns - peak->first_ns) / 2;
}

/* "at 1.683336 s of 2.310042 s", with so many digits. */
void lives_add_moment(struct str *out, const struct lives_peak *peak, int digits);

/*
 * "peak_bytes", "peak_time_ns" since the first sample, and "duration_ns" of the recording; null
 * without times.
 */
void lives_peak_json(const struct lives_peak *peak, struct json *json);

/* The slot of a lifetime. */
unsigned int lives_slot(uint64_t life_ns);

/* A histogram as text, from the first slot that is not empty to the last. */
void lives_show(const uint64_t slot[LIVES_SLOTS], FILE *out);

/* The slots that are not empty, as the member "lifetime" of an object. */
void lives_show_json(const uint64_t slot[LIVES_SLOTS], struct json *json);

/*
 * In how many quarters there was more live memory, in bytes at their ends, than in the one before.
 */
unsigned int lives_growth(const uint64_t live_bytes_at[LIVES_QUARTERS]);

#endif
