/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A value and two rates over time as one SVG file: how much memory was live, and how many requests
 * and frees there were.
 */
#ifndef VMTOOL_DRAW_TIMELINE_H
#define VMTOOL_DRAW_TIMELINE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* One of equal slices of the time shown. */
struct timeline_slice {
	uint64_t level; /* the most in it */
	uint64_t up;	/* in it */
	uint64_t down;
};

struct timeline {
	const char *title;
	const char *level_name; /* "live", in bytes */
	const char *up_name;	/* "allocations" */
	const char *down_name;
	const struct timeline_slice *slice;
	size_t slices_nr;
	uint64_t span_ns;
	const char *level_max; /* the largest level, as people read it */
};

void timeline_svg(const struct timeline *timeline, FILE *out);

/* The numbers as one JSON object, for a script that draws them: "seconds", "live", "up", "down". */
void timeline_json(const struct timeline *timeline, FILE *out);

#endif
