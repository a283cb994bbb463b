/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows of slab objects as text and page share them: which are shown in what order, and what stands
 * in their cells. Nobody but slabshow.c and slabhtml.c includes this.
 */
#ifndef VMTOOL_REPORT_SLABINSIDE_H
#define VMTOOL_REPORT_SLABINSIDE_H

#include "util/report/slab.h"

/* A row as it is shown: all of it, or what is live. */
struct slab_row slab_shown(const struct slab_analysis *sa, size_t row);

/* The percentage of what was allocated that nobody asked for. */
double slab_fragmentation(uint64_t requested, uint64_t allocated);

/* The first *ret_nr of *ret_all_nr rows are shown; free *ret_row. */
must_check struct err *slab_sorted_rows(const struct slab_analysis *sa,
					const struct slab_view *view, size_t **ret_row,
					size_t *ret_all_nr, size_t *ret_nr);

/* "": the event does not tell, as that of kmalloc(). */
const char *slab_cache_name(const struct slab_analysis *sa, size_t row);

/* Is there a cache among several keys? It then has a column of its own, behind the numbers. */
bool slab_has_cache_column(const struct slab_analysis *sa);

/* The other keys of a row, and what they are. */
must_check struct err *slab_add_front(const struct slab_analysis *sa, const struct slab_view *view,
				      size_t row, struct str *out);
void slab_add_front_header(const struct slab_analysis *sa, struct str *out);

#endif
