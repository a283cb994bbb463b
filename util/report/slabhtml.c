// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "util/cli/human.h"
#include "util/draw/html.h"
#include "util/report/htmlhead.h"
#include "util/report/loss.h"
#include "util/report/slabinside.h"

static void html_cards(const struct slab_analysis *sa, FILE *out)
{
	const char *mark = *loss_mark(session_loss(sa->session)) ? ", uncertain" : "";
	guard(str) struct str below = STR_INIT;
	char percent[16];

	html_cards_begin(out);
	str_printf(&below, "%s requests", human_count(sa->hits).text);
	html_card(out, "Allocated", human_size(sa->allocated).text, below.s);
	str_clear(&below);
	str_printf(&below, "%s requests%s", human_count(sa->free_hits).text, mark);
	html_card(out, "Freed", human_size(sa->freed).text, below.s);
	html_card(out, "Live at the end", human_size(sa->live_bytes).text,
		  *mark ? "uncertain" : NULL);
	str_clear(&below);
	lives_add_moment(&below, &sa->peak, 3);
	str_add(&below, mark);
	html_card(out, "Peak", human_size(sa->peak.bytes).text, below.s);
	snprintf(percent, sizeof(percent), "%.1f%%",
		 slab_fragmentation(sa->requested, sa->allocated));
	html_card(out, "Internal fragmentation", percent, NULL);
	html_card(out, "Cross CPU allocations", sa->cpus_nr ? human_count(sa->cross).text : "-",
		  NULL);
	html_cards_end(out);
}

static struct err *html_slab_row(const struct slab_analysis *sa, const struct slab_view *view,
				 size_t row, FILE *out)
{
	struct slab_row r = slab_shown(sa, row);
	uint64_t all = sa->config.live ? sa->live_bytes : sa->allocated;
	double frag = slab_fragmentation(r.requested, r.allocated);
	guard(str) struct str what = STR_INIT;
	char percent[16];
	struct err *e;

	e = slab_add_front(sa, view, row, &what);
	if (e)
		return e;
	snprintf(percent, sizeof(percent), "%.1f%%", frag);
	html_row(out);
	html_share(out, r.allocated, all ? (double)r.allocated / (double)all : 0,
		   human_size(r.allocated).text);
	html_number(out, r.hits, human_count(r.hits).text);
	html_number(out, r.allocated / r.hits, human_size(r.allocated / r.hits).text);
	html_number(out, (uint64_t)(MAX(frag, 0.0) * 1000), percent);
	html_number(out, r.pingpongs, human_count(r.pingpongs).text);
	if (slab_has_cache_column(sa))
		html_text(out, *slab_cache_name(sa, row) ? slab_cache_name(sa, row) : "-");
	html_text(out, what.s);
	return NULL;
}

struct err *slab_html(const struct slab_analysis *sa, const struct slab_view *view, FILE *out)
{
	struct html_column columns[] = {
		{ sa->config.live ? "Live" : "Allocated", true },
		{ "Hits", true },
		{ "Each", true },
		{ "Fragmentation", true },
		{ "Ping-pong", true },
		{ "Cache", false },
		{ NULL, false },
	};
	bool has_cache = slab_has_cache_column(sa);
	size_t columns_nr = ARRAY_SIZE(columns) - !has_cache;
	guard(str) struct str header = STR_INIT;
	autofree size_t *row = NULL;
	size_t all_nr, nr;
	struct err *e;

	slab_add_front_header(sa, &header);
	e = str_check(&header);
	if (!e)
		e = slab_sorted_rows(sa, view, &row, &all_nr, &nr);
	if (e)
		return e;
	columns[columns_nr - 1] = (struct html_column){ header.s, false };
	html_cards(sa, out);
	html_table_begin(out, "slab-rows", columns, columns_nr);
	for (size_t i = 0; !e && i < MIN(nr, (size_t)HTML_ROWS_MAX); i++)
		e = html_slab_row(sa, view, row[i], out);
	html_table_end(out);
	return e ? e : html_left_out(MIN(nr, (size_t)HTML_ROWS_MAX), all_nr, out);
}
