// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/report/pageshow.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/cli/human.h"
#include "util/cli/utf8.h"
#include "util/report/gfp.h"
#include "util/report/loss.h"

static struct err *show_legend(const struct page_analysis *pa, const size_t *row, size_t rows_nr,
			       FILE *out)
{
	autofree uint64_t *value = NULL;
	struct err *e;
	size_t nr;

	e = page_gfps(pa, row, rows_nr, &value, &nr);
	if (e || !nr)
		return e;
	fprintf(out, "#\n# GFP flags\n# ---------\n");
	for (size_t i = 0; i < nr; i++) {
		guard(str) struct str letters = STR_INIT, safe = STR_INIT;
		const char *names = page_gfp_names(pa, value[i]);

		gfp_letters(names, &letters);
		utf8_add_safe(&safe, names);
		e = str_check(&letters);
		if (!e)
			e = str_check(&safe);
		if (e)
			return e;
		fprintf(out, "# %08" PRIx64 ": %24s: %s\n", value[i], letters.s, safe.s);
	}
	fputc('\n', out);
	return NULL;
}

static void show_rule(FILE *out, size_t width)
{
	for (size_t i = 0; i < width; i++)
		fputc('-', out);
	fputc('\n', out);
}

static void put_line(const struct str *line, FILE *out)
{
	size_t len = line->len;

	while (len && line->s[len - 1] == ' ')
		len--;
	fprintf(out, "%.*s\n", (int)len, line->s);
}

static struct err *show_table(const struct page_analysis *pa, const struct page_view *view,
			      const size_t *row, size_t nr, size_t all_nr, FILE *out)
{
	size_t width[PAGE_KEYS_NR] = { 0 }, total = 33;
	guard(str) struct str text = STR_INIT, line = STR_INIT;
	struct err *e;

	for (size_t k = 0; k < pa->config.keys_nr; k++) {
		enum page_key key = pa->config.key[k];

		width[k] = strlen(page_column[key].header);
		for (size_t i = 0; i < nr; i++) {
			str_clear(&text);
			page_row_text(pa, row[i], key, true, &text);
			width[k] = MAX(width[k], utf8_width(text.s));
		}
		total += 3 + width[k];
	}
	if (view->leaks)
		total += 3 + 17 + 3 + 6;

	show_rule(out, total);
	str_printf(&line, " %s (KB) | Hits      ", pa->config.live ? " Live alloc" : "Total alloc");
	if (view->leaks)
		str_printf(&line, " | Old, live (KB)    | Growth");
	for (size_t k = 0; k < pa->config.keys_nr; k++) {
		str_add(&line, " | ");
		utf8_add_cell(&line, page_column[pa->config.key[k]].header, width[k], true);
	}
	put_line(&line, out);
	show_rule(out, total);
	for (size_t i = 0; i < nr; i++) {
		const struct page_row *r = &pa->row[row[i]];

		str_clear(&line);
		str_printf(&line, " %16" PRIu64 " | %9" PRIu64 " ",
			   page_row_bytes(pa, row[i]) / 1024, page_row_hits(pa, row[i]));
		if (view->leaks)
			str_printf(&line, " | %17" PRIu64 " |   %u/%d ", r->old_live_bytes / 1024,
				   lives_growth(r->live_bytes_at), PAGE_QUARTERS);
		for (size_t k = 0; k < pa->config.keys_nr; k++) {
			enum page_key key = pa->config.key[k];

			str_clear(&text);
			page_row_text(pa, row[i], key, true, &text);
			str_add(&line, " | ");
			utf8_add_cell(&line, text.s, width[k], page_column[key].left);
		}
		put_line(&line, out);
	}
	if (nr < all_nr)
		fprintf(out, " ... %zu more\n", all_nr - nr);
	show_rule(out, total);
	fputc('\n', out);
	e = str_check(&line);
	return e ? e : str_check(&text);
}

static struct err *show_rows(const struct page_analysis *pa, const struct page_view *view,
			     FILE *out)
{
	autofree size_t *row = NULL;
	size_t all_nr, nr;
	struct err *e;

	e = page_sorted_rows(pa, view, &row, &all_nr);
	if (e)
		return e;
	nr = page_shown_nr(view, all_nr);
	e = show_legend(pa, row, nr, out);
	return e ? e : show_table(pa, view, row, nr, all_nr, out);
}

static void show_total(FILE *out, const char *what, struct page_totals totals, const char *mark)
{
	fprintf(out, "%-30s: %16" PRIu64 "   [ %16" PRIu64 " KB ]%s\n", what, totals.hits,
		totals.bytes / 1024, mark);
}

unsigned int page_matrix_types(const struct page_analysis *pa)
{
	unsigned int types = 4;

	for (unsigned int order = 0; order <= pa->order_max; order++)
		for (unsigned int type = types; type < PAGE_MTYPES_MAX; type++)
			if (pa->order_mtype[order][type])
				types = type + 1;
	for (unsigned int type = types; type < PAGE_MTYPES_MAX; type++)
		if (pa->mtype_name[type] &&
		    strcmp(session_text(pa->session, pa->mtype_name[type]), "TYPES") != 0)
			types = type + 1;
	return types;
}

static struct err *show_matrix(const struct page_analysis *pa, FILE *out)
{
	unsigned int types = page_matrix_types(pa);
	unsigned int orders = MAX(pa->order_max + 1, 11u);
	guard(str) struct str line = STR_INIT;
	char buf[16];

	for (unsigned int type = 0; type < types; type++) {
		str_add(&line, "  ");
		utf8_add_cell(&line, page_mtype_name(pa, type, buf), 12, false);
	}
	fprintf(out, "%5s%s\n%.5s", "Order", line.s, "------------");
	for (unsigned int type = 0; type < types; type++)
		fprintf(out, "  %.12s", "------------");
	fputc('\n', out);
	for (unsigned int order = 0; order < orders; order++) {
		fprintf(out, "%5u", order);
		for (unsigned int type = 0; type < types; type++) {
			if (pa->order_mtype[order][type])
				fprintf(out, "  %12" PRIu64, pa->order_mtype[order][type]);
			else
				fprintf(out, "  %12c", '.');
		}
		fputc('\n', out);
	}
	return str_check(&line);
}

static void show_site_share(const struct page_analysis *pa, FILE *out)
{
	uint64_t bytes = pa->allocs.bytes - pa->failures.bytes;

	fprintf(out, "%-30s: %16s of the bytes\n", "Call site outside allocator",
		human_percent(bytes - pa->without_callsite.bytes, bytes).text);
	fprintf(out, "%-30s: %16s of the bytes\n", "Owner found",
		human_percent(bytes - pa->without_owner.bytes, bytes).text);
}

struct err *page_show_text(const struct page_analysis *pa, const struct page_view *view, FILE *out)
{
	const char *mark = loss_mark(session_loss(pa->session));
	guard(str) struct str moment = STR_INIT;
	struct err *e;

	if (view->rows) {
		e = show_rows(pa, view, out);
		if (e)
			return e;
	}
	fprintf(out, "SUMMARY (page allocator)\n========================\n");
	show_total(out, "Total allocation requests", pa->allocs, "");
	show_total(out, "Total free requests", pa->frees, "");
	fputc('\n', out);
	show_total(out, "Total alloc+freed requests", pa->matched, mark);
	show_total(out, "Total alloc-only requests", page_totals_minus(pa->allocs, pa->matched),
		   mark);
	show_total(out, "Total free-only requests", pa->unmatched_frees, mark);
	if (pa->replaced.hits)
		show_total(out, "Total frees not seen", pa->replaced, mark);
	if (page_part_frees(pa))
		fprintf(out, "%-30s: %16" PRIu64 "   of blocks that were allocated as one%s\n",
			"Total frees of parts", page_part_frees(pa), mark);
	fputc('\n', out);
	show_total(out, "Total allocation failures", pa->failures, "");
	lives_add_moment(&moment, &pa->peak, 6);
	fprintf(out, "%-30s: %16s   %s%s\n", "Peak of memory allocated",
		human_size(pa->peak.bytes).text, moment.s, mark);
	show_site_share(pa, out);
	fputc('\n', out);
	e = show_matrix(pa, out);
	if (!e && view->lifetime)
		lives_show(pa->lifetime, out);
	return e;
}
