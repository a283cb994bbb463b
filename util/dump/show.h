/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A dump_report for people and for programs. Text may change between versions; JSON members keep
 * their names and meaning.
 */
#ifndef VMTOOL_DUMP_SHOW_H
#define VMTOOL_DUMP_SHOW_H

#include <stdio.h>

#include "util/dump/dump.h"

/* --show-stats: pages by class, totals, times, what the cache did, memory used. */
void dump_show_text(FILE *out, const struct dump_options *options,
		    const struct dump_report *report);

/* What scripts look for in makedumpfile's report: its lines, numbers and order. */
void dump_show_makedumpfile(FILE *out, const struct dump_report *report);

/* All of dump_show_text() as one JSON object. */
void dump_show_json(FILE *out, const struct dump_options *options,
		    const struct dump_report *report);

/* --mem-usage: pages by what a dump level can leave out, in makedumpfile's words. Of level 31. */
void dump_show_usage(FILE *out, const struct dump_report *report);

/* The closing line: what was written where, how much smaller it is. */
void dump_show_closing(FILE *out, const struct dump_options *options,
		       const struct dump_report *report);

#endif
