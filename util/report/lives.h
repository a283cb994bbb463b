/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long memory lived, and whether it grows: what the views of pages and of slab objects share.
 */
#ifndef VMTOOL_REPORT_LIVES_H
#define VMTOOL_REPORT_LIVES_H

#include <stdint.h>
#include <stdio.h>

#include "util/cli/json.h"

enum {
	LIVES_QUARTERS = 4, /* of a recording */
	LIVES_SLOTS = 64,   /* of a histogram: log2 of ns */
};

/* The slot of a lifetime. */
unsigned int lives_slot(uint64_t life_ns);

/* A histogram as text, from the first slot that is not empty to the last. */
void lives_show(const uint64_t slot[LIVES_SLOTS], FILE *out);

/* The slots that are not empty, as the member "lifetime" of an object. */
void lives_show_json(const uint64_t slot[LIVES_SLOTS], struct json *json);

/* In how many quarters there was more live memory, in bytes at their ends, than in the one before. */
unsigned int lives_growth(const uint64_t live_bytes_at[LIVES_QUARTERS]);

#endif
