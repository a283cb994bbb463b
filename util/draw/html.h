/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One HTML page that needs nothing else: text, tables that a click sorts and a field searches, a
 * flame graph, memory over time. Its policy (Content-Security-Policy) lets it load nothing, and
 * nothing in a text becomes markup. html.css and html.js are part of it.
 *
 * Tables are there without the script too. Knows no recording. Errors of the stream stay in the
 * stream, as with fprintf().
 *
 *	html_begin(out, "Page allocations");
 *	html_section(out, "pages", "Pages");
 *	html_table_begin(out, "page-rows", columns, ARRAY_SIZE(columns));
 *	html_row(out);
 *	html_number(out, 1234, "1,234");
 *	html_text(out, "vfs_write");
 *	html_table_end(out);
 *	e = html_end(out, &flame, "bytes", NULL);
 */
#ifndef VMTOOL_DRAW_HTML_H
#define VMTOOL_DRAW_HTML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "util/draw/flame.h"
#include "util/draw/timeline.h"

void html_begin(FILE *out, const char *title);

/* A heading; @id is what a link leads to. */
void html_section(FILE *out, const char *id, const char *heading);
void html_link(FILE *out, const char *id, const char *text);
void html_heading(FILE *out, const char *heading);

/* A line in pale letters. */
void html_note(FILE *out, const char *text);

/* How far what follows can be trusted. */
enum html_state { HTML_GOOD, HTML_UNSURE, HTML_BAD };
void html_state(FILE *out, enum html_state state, const char *text);

/* Cards of figures; @below stands in small letters under the figure, NULL: nothing. */
void html_cards_begin(FILE *out);
void html_card(FILE *out, const char *name, const char *figure, const char *below);
void html_cards_end(FILE *out);

struct html_column {
	const char *header;
	bool number; /* to the right */
};

/* Rows that are sorted and searched. */
void html_table_begin(FILE *out, const char *id, const struct html_column *column,
		      size_t columns_nr);
/* A small one that is only looked at. */
void html_plain_table_begin(FILE *out, const struct html_column *column, size_t columns_nr);
void html_row(FILE *out);
void html_text(FILE *out, const char *text);
void html_number(FILE *out, uint64_t value, const char *shown);

/* With a bar behind it, @share of the whole (0 to 1) wide. */
void html_share(FILE *out, uint64_t value, double share, const char *shown);
void html_empty(FILE *out);
void html_table_end(FILE *out);

/* Where the pictures of html_end() are to be. */
void html_place_flame(FILE *out);
void html_place_timeline(FILE *out);

/* @flame and @timeline may be NULL. */
must_check struct err *html_end(FILE *out, const struct flame *flame, const char *unit,
				const struct timeline *timeline);

#endif
