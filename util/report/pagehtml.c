// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdlib.h>

#include "util/cli/human.h"
#include "util/draw/html.h"
#include "util/report/gfp.h"
#include "util/report/htmlhead.h"
#include "util/report/loss.h"
#include "util/report/pageshow.h"

static void card(const char *name, struct page_totals totals, const char *mark, FILE *out)
{
	guard(str) struct str below = STR_INIT;

	str_printf(&below, "%s requests%s", human_count(totals.hits).text, mark);
	html_card(out, name, human_size(totals.bytes).text, below.s);
}

static void show_figures(const struct page_analysis *pa, FILE *out)
{
	const char *mark = *loss_mark(session_loss(pa->session)) ? ", uncertain" : "";
	uint64_t bytes = pa->allocs.bytes - pa->failures.bytes;
	guard(str) struct str at = STR_INIT;

	lives_add_moment(&at, &pa->peak, 3);
	str_add(&at, mark);
	html_cards_begin(out);
	card("Allocated", pa->allocs, "", out);
	card("Freed", pa->frees, "", out);
	card("Allocated and freed", pa->matched, mark, out);
	card("Allocated only", page_totals_minus(pa->allocs, pa->matched), mark, out);
	card("Freed only", pa->unmatched_frees, mark, out);
	card("Failed", pa->failures, "", out);
	html_card(out, "Peak", human_size(pa->peak.bytes).text, at.s);
	html_card(out, "Call site known",
		  human_percent(bytes - pa->without_callsite.bytes, bytes).text, "of the bytes");
	html_card(out, "Owner known", human_percent(bytes - pa->without_owner.bytes, bytes).text,
		  "of the bytes");
	html_cards_end(out);
}

static bool key_is_number(enum page_key key)
{
	return key == PAGE_KEY_PAGE || key == PAGE_KEY_ORDER || key == PAGE_KEY_PID ||
	       key == PAGE_KEY_NODE;
}

static struct err *show_row(const struct page_analysis *pa, const struct page_view *view,
			    size_t row, FILE *out)
{
	uint64_t bytes = page_row_bytes(pa, row);
	uint64_t all = pa->config.live ? pa->live_bytes : pa->allocs.bytes;
	const struct page_row *r = &pa->row[row];
	guard(str) struct str text = STR_INIT;

	html_row(out);
	html_share(out, bytes, all ? (double)bytes / (double)all : 0, human_size(bytes).text);
	html_number(out, page_row_hits(pa, row), human_count(page_row_hits(pa, row)).text);
	if (view->leaks) {
		html_number(out, r->old_live_bytes, human_size(r->old_live_bytes).text);
		str_printf(&text, "%u/%d", lives_growth(r->live_bytes_at), PAGE_QUARTERS);
		html_number(out, lives_growth(r->live_bytes_at), text.s);
	}
	for (size_t k = 0; k < pa->config.keys_nr; k++) {
		enum page_key key = pa->config.key[k];

		str_clear(&text);
		page_row_text(pa, row, key, true, &text);
		if (key_is_number(key))
			html_number(out, page_row_key(pa, row, key), text.s);
		else
			html_text(out, text.s);
	}
	return str_check(&text);
}

static struct err *show_legend(const struct page_analysis *pa, const size_t *row, size_t rows_nr,
			       FILE *out)
{
	static const struct html_column column[] = { { "Letters", false }, { "GFP flags", false } };
	autofree uint64_t *value = NULL;
	struct err *e;
	size_t nr;

	e = page_gfps(pa, row, rows_nr, &value, &nr);
	if (e || !nr)
		return e;
	html_heading(out, "GFP flags");
	html_plain_table_begin(out, column, ARRAY_SIZE(column));
	for (size_t i = 0; !e && i < nr; i++) {
		const char *names = page_gfp_names(pa, value[i]);
		guard(str) struct str letters = STR_INIT;

		gfp_letters(names, &letters);
		html_row(out);
		html_text(out, letters.s);
		html_text(out, names);
		e = str_check(&letters);
	}
	html_table_end(out);
	return e;
}

static struct err *show_rows(const struct page_analysis *pa, const struct page_view *view,
			     FILE *out)
{
	struct html_column column[PAGE_KEYS_NR + 4] = {
		{ pa->config.live ? "Live" : "Allocated", true },
		{ "Hits", true },
	};
	autofree size_t *row = NULL;
	size_t columns_nr = 2, nr, shown;
	struct err *e;

	e = page_sorted_rows(pa, view, &row, &nr);
	if (e)
		return e;
	if (view->leaks) {
		column[columns_nr++] = (struct html_column){ "Old, live", true };
		column[columns_nr++] = (struct html_column){ "Growth", true };
	}
	for (size_t k = 0; k < pa->config.keys_nr; k++)
		column[columns_nr++] = (struct html_column){ page_column[pa->config.key[k]].header,
							     key_is_number(pa->config.key[k]) };
	shown = MIN(page_shown_nr(view, nr), (size_t)HTML_ROWS_MAX);
	html_table_begin(out, "page-rows", column, columns_nr);
	for (size_t i = 0; !e && i < shown; i++)
		e = show_row(pa, view, row[i], out);
	html_table_end(out);
	if (!e)
		e = html_left_out(shown, nr, out);
	return e ? e : show_legend(pa, row, shown, out);
}

static void show_matrix(const struct page_analysis *pa, FILE *out)
{
	struct html_column column[PAGE_MTYPES_MAX + 1] = { { "Order", true } };
	char name[PAGE_MTYPES_MAX][16];
	unsigned int types = page_matrix_types(pa);

	for (unsigned int type = 0; type < types; type++)
		column[type + 1] =
			(struct html_column){ page_mtype_name(pa, type, name[type]), true };
	html_heading(out, "Requests by order and migrate type");
	html_plain_table_begin(out, column, types + 1);
	for (unsigned int order = 0; order <= pa->order_max; order++) {
		html_row(out);
		html_number(out, order, human_count(order).text);
		for (unsigned int type = 0; type < types; type++) {
			uint64_t hits = pa->order_mtype[order][type];

			if (hits)
				html_number(out, hits, human_count(hits).text);
			else
				html_empty(out);
		}
	}
	html_table_end(out);
}

static void show_lifetimes(const struct page_analysis *pa, FILE *out)
{
	static const struct html_column column[] = { { "Shorter than", true }, { "Pages", true } };
	uint64_t most = 1;

	for (size_t i = 0; i < PAGE_LIFETIMES; i++)
		most = MAX(most, pa->lifetime[i]);
	html_heading(out, "Lifetime, from allocation to free");
	html_plain_table_begin(out, column, ARRAY_SIZE(column));
	for (size_t i = 0; i < PAGE_LIFETIMES; i++) {
		if (!pa->lifetime[i])
			continue;
		html_row(out);
		html_number(out, i, human_duration(i < 63 ? UINT64_C(2) << i : UINT64_MAX).text);
		html_share(out, pa->lifetime[i], (double)pa->lifetime[i] / (double)most,
			   human_count(pa->lifetime[i]).text);
	}
	html_table_end(out);
}

struct err *page_html(const struct page_analysis *pa, const struct page_view *view, FILE *out)
{
	bool any_life = false;
	struct err *e;

	for (size_t i = 0; i < PAGE_LIFETIMES; i++)
		any_life |= pa->lifetime[i] != 0;
	show_figures(pa, out);
	html_heading(out, "Memory over time");
	html_place_timeline(out);
	html_heading(out, pa->config.live ? "Who has it" : "Who allocated it");
	html_place_flame(out);
	html_heading(out, "Call sites");
	e = show_rows(pa, view, out);
	if (e)
		return e;
	show_matrix(pa, out);
	if (any_life)
		show_lifetimes(pa, out);
	return NULL;
}
