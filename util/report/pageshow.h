/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A page analysis as people and programs read it: the tables and the wording of perf kmem, or JSON,
 * or CSV.
 */
#ifndef VMTOOL_REPORT_PAGESHOW_H
#define VMTOOL_REPORT_PAGESHOW_H

#include <stdio.h>

#include "util/cli/json.h"
#include "util/report/page.h"

enum { PAGE_SORT_MAX = 16 };

struct page_view {
	int sort[PAGE_SORT_MAX]; /* enum page_key */
	size_t sort_nr;
	size_t limit;	      /* rows; 0: all */
	double percent_limit; /* of all bytes: rows below are left out */
	bool leaks;	      /* by how likely a row leaks: growing, old, large */
	bool lifetime;
	bool rows; /* the table too, not only the summary */
};

must_check struct err *page_show_text(const struct page_analysis *analysis,
				      const struct page_view *view, FILE *out);

/* Members of the report's object: summary, rows, ... */
must_check struct err *page_show_json(const struct page_analysis *analysis,
				      const struct page_view *view, struct json *json);

must_check struct err *page_show_csv(const struct page_analysis *analysis,
				     const struct page_view *view, FILE *out);

/* Figures, rows and places for its two pictures as part of a page (util/draw/html.h). */
must_check struct err *page_html(const struct page_analysis *analysis, const struct page_view *view,
				 FILE *out);

struct page_column {
	const char *header;
	const char *json; /* and CSV */
	bool left;
};

extern const struct page_column page_column[PAGE_KEYS_NR];

/* Of all of a row, or of what is live when that was asked for. */
uint64_t page_row_bytes(const struct page_analysis *analysis, size_t row);
uint64_t page_row_hits(const struct page_analysis *analysis, size_t row);

/* A cell as text; @letters: GFP flags in their short form. */
void page_row_text(const struct page_analysis *analysis, size_t row, enum page_key key,
		   bool letters, struct str *out);

/* Rows in the order of @view, by number, all of them. Free it. */
must_check struct err *page_sorted_rows(const struct page_analysis *analysis,
					const struct page_view *view, size_t **ret_row,
					size_t *ret_nr);

/* Columns of the order x migrate type matrix: the types that have a name, or requests. */
unsigned int page_matrix_types(const struct page_analysis *analysis);

/* How many of @nr rows the view wants. */
size_t page_shown_nr(const struct page_view *view, size_t nr);

#endif
