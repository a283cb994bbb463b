// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/report/pageshow.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/cli/human.h"
#include "util/cli/utf8.h"
#include "util/report/gfp.h"

/* ---- Order of rows ----------------------------------------------------------------------------- */

struct order {
	const struct page_analysis *pa;
	const struct page_view *view;
};

static uint64_t row_bytes(const struct page_analysis *pa, size_t row)
{
	const struct page_row *r = &pa->row[row];

	return pa->config.live ? r->bytes - r->freed_bytes : r->bytes;
}

static uint64_t row_hits(const struct page_analysis *pa, size_t row)
{
	const struct page_row *r = &pa->row[row];

	return pa->config.live ? r->hits - r->freed_hits : r->hits;
}

static bool key_is_text(enum page_key key)
{
	return key == PAGE_KEY_CALLSITE || key == PAGE_KEY_OWNER || key == PAGE_KEY_COMM ||
	       key == PAGE_KEY_ZONE;
}

/* Large first; names in their order. */
static int compare_by(const struct page_analysis *pa, int key, size_t a, size_t b)
{
	uint64_t x, y;

	if (key == PAGE_KEY_BYTES) {
		x = row_bytes(pa, a);
		y = row_bytes(pa, b);
	} else if (key == PAGE_KEY_HIT) {
		x = row_hits(pa, a);
		y = row_hits(pa, b);
	} else {
		x = page_row_key(pa, a, (enum page_key)key);
		y = page_row_key(pa, b, (enum page_key)key);
	}
	if (key_is_text((enum page_key)key))
		return strcmp(session_text(pa->session, (uint32_t)x),
			      session_text(pa->session, (uint32_t)y));
	return x > y ? -1 : x < y;
}

static int compare_leaks(const struct page_analysis *pa, size_t a, size_t b)
{
	unsigned int x = lives_growth(pa->row[a].live_bytes_at),
		     y = lives_growth(pa->row[b].live_bytes_at);

	if ((x == PAGE_QUARTERS) != (y == PAGE_QUARTERS))
		return x > y ? -1 : 1;
	if (pa->row[a].old_live_bytes != pa->row[b].old_live_bytes)
		return pa->row[a].old_live_bytes > pa->row[b].old_live_bytes ? -1 : 1;
	return 0;
}

static int compare_rows(const void *a, const void *b, void *ctx)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	const struct order *order = ctx;
	int result = order->view->leaks ? compare_leaks(order->pa, x, y) : 0;

	for (size_t i = 0; !result && i < order->view->sort_nr; i++)
		result = compare_by(order->pa, order->view->sort[i], x, y);
	/* What was seen first comes first, so that output is stable. */
	return result ? result : x < y ? -1 : x > y;
}

struct err *page_sorted_rows(const struct page_analysis *pa, const struct page_view *view,
			     size_t **ret_row, size_t *ret_nr)
{
	struct order order = { .pa = pa, .view = view };
	size_t *row = calloc(pa->keys.nr + 1, sizeof(*row));
	uint64_t all = pa->config.live ? pa->live_bytes : pa->allocs.bytes;
	size_t nr = 0;

	if (!row)
		return err_nomem();
	for (size_t i = 0; i < pa->keys.nr; i++) {
		uint64_t bytes = row_bytes(pa, i);

		if (!row_hits(pa, i) || (view->leaks && pa->row[i].bytes == pa->row[i].freed_bytes))
			continue;
		if (all && (double)bytes * 100 / (double)all < view->percent_limit)
			continue;
		row[nr++] = i;
	}
	qsort_r(row, nr, sizeof(*row), compare_rows, &order);
	*ret_row = row;
	*ret_nr = nr;
	return NULL;
}

static size_t shown_nr(const struct page_view *view, size_t nr)
{
	return view->limit ? MIN(view->limit, nr) : nr;
}

/* ---- Columns ----------------------------------------------------------------------------------- */

static const struct {
	const char *header;
	const char *json;
	bool left;
} columns[PAGE_KEYS_NR] = {
	[PAGE_KEY_PAGE] = { "PFN", "pfn", false },
	[PAGE_KEY_ORDER] = { "Order", "order", false },
	[PAGE_KEY_MTYPE] = { "Mig.type", "migratetype", true },
	[PAGE_KEY_GFP] = { "GFP flags", "gfp", true },
	[PAGE_KEY_CALLSITE] = { "Callsite", "callsite", true },
	[PAGE_KEY_OWNER] = { "Owner", "owner", true },
	[PAGE_KEY_COMM] = { "Comm", "comm", true },
	[PAGE_KEY_PID] = { "PID", "pid", false },
	[PAGE_KEY_CGROUP] = { "Cgroup", "cgroup", true },
	[PAGE_KEY_NODE] = { "Node", "node", false },
	[PAGE_KEY_ZONE] = { "Zone", "zone", true },
};

void page_row_text(const struct page_analysis *pa, size_t row, enum page_key key, bool letters,
		   struct str *out)
{
	uint64_t value = page_row_key(pa, row, key);
	char buf[16];

	switch (key) {
	case PAGE_KEY_MTYPE:
		str_add(out, page_mtype_name(pa, value, buf));
		return;
	case PAGE_KEY_GFP:
		if (letters)
			gfp_letters(page_gfp_names(pa, value), out);
		else
			str_add(out, page_gfp_names(pa, value));
		return;
	case PAGE_KEY_CALLSITE:
	case PAGE_KEY_OWNER:
	case PAGE_KEY_COMM:
	case PAGE_KEY_ZONE:
		str_add(out, value ? session_text(pa->session, (uint32_t)value) : "-");
		return;
	case PAGE_KEY_PID:
		str_printf(out, "%d", (int)(uint32_t)value);
		return;
	case PAGE_KEY_CGROUP:
	case PAGE_KEY_NODE:
		if (key == PAGE_KEY_CGROUP && session_cgroup(pa->session, value)) {
			str_add(out, session_cgroup(pa->session, value));
			return;
		}
		if (value == SAMPLE_NONE_U64) {
			str_add_char(out, '-');
			return;
		}
		break;
	default:
		break;
	}
	str_printf(out, "%" PRIu64, value);
}

/* ---- Text -------------------------------------------------------------------------------------- */

/* By value, so that the same recording always has the same legend. */
static int compare_values(const void *a, const void *b)
{
	uint64_t x = **(const uint64_t *const *)a, y = **(const uint64_t *const *)b;

	return x < y ? -1 : x > y;
}

static struct err *show_legend(const struct page_analysis *pa, FILE *out)
{
	autofree const uint64_t **value = calloc(pa->gfps.nr + 1, sizeof(uint64_t *));

	if (!value)
		return err_nomem();
	if (!pa->gfps.nr)
		return NULL;
	for (size_t i = 0; i < pa->gfps.nr; i++)
		value[i] = keyset_key(&pa->gfps, i);
	qsort(value, pa->gfps.nr, sizeof(*value), compare_values);

	fprintf(out, "#\n# GFP flags\n# ---------\n");
	for (size_t i = 0; i < pa->gfps.nr; i++) {
		guard(str) struct str letters = STR_INIT, safe = STR_INIT;
		const char *names = page_gfp_names(pa, *value[i]);
		struct err *e;

		gfp_letters(names, &letters);
		utf8_add_safe(&safe, names);
		e = str_check(&letters);
		if (!e)
			e = str_check(&safe);
		if (e)
			return e;
		fprintf(out, "# %08" PRIx64 ": %24s: %s\n", *value[i], letters.s, safe.s);
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

static void pad(struct str *line, const char *text, size_t width, bool left)
{
	size_t blanks = width - MIN(width, utf8_width(text));

	if (!left)
		str_printf(line, "%*s", (int)blanks, "");
	utf8_add_safe(line, text);
	if (left)
		str_printf(line, "%*s", (int)blanks, "");
}

static void put_line(const struct str *line, FILE *out)
{
	size_t len = line->len;

	while (len && line->s[len - 1] == ' ')
		len--;
	fprintf(out, "%.*s\n", (int)len, line->s);
}

static struct err *show_rows(const struct page_analysis *pa, const struct page_view *view,
			     FILE *out)
{
	size_t width[PAGE_KEYS_NR] = { 0 }, total = 33;
	guard(str) struct str text = STR_INIT, line = STR_INIT;
	autofree size_t *row = NULL;
	size_t all_nr, nr;
	struct err *e;

	e = page_sorted_rows(pa, view, &row, &all_nr);
	if (e)
		return e;
	nr = shown_nr(view, all_nr);
	for (size_t k = 0; k < pa->config.keys_nr; k++) {
		enum page_key key = pa->config.key[k];

		width[k] = strlen(columns[key].header);
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
		pad(&line, columns[pa->config.key[k]].header, width[k], true);
	}
	put_line(&line, out);
	show_rule(out, total);
	for (size_t i = 0; i < nr; i++) {
		const struct page_row *r = &pa->row[row[i]];

		str_clear(&line);
		str_printf(&line, " %16" PRIu64 " | %9" PRIu64 " ", row_bytes(pa, row[i]) / 1024,
			   row_hits(pa, row[i]));
		if (view->leaks)
			str_printf(&line, " | %17" PRIu64 " |   %u/%d ", r->old_live_bytes / 1024,
				   lives_growth(r->live_bytes_at), PAGE_QUARTERS);
		for (size_t k = 0; k < pa->config.keys_nr; k++) {
			enum page_key key = pa->config.key[k];

			str_clear(&text);
			page_row_text(pa, row[i], key, true, &text);
			str_add(&line, " | ");
			pad(&line, text.s, width[k], columns[key].left);
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

static void show_total(FILE *out, const char *what, struct page_totals totals, const char *mark)
{
	fprintf(out, "%-30s: %16" PRIu64 "   [ %16" PRIu64 " KB ]%s\n", what, totals.hits,
		totals.bytes / 1024, mark);
}

static struct page_totals minus(struct page_totals a, struct page_totals b)
{
	return (struct page_totals){ .hits = a.hits - b.hits, .bytes = a.bytes - b.bytes };
}

static unsigned int matrix_types(const struct page_analysis *pa)
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

static void show_matrix(const struct page_analysis *pa, FILE *out)
{
	unsigned int types = matrix_types(pa);
	unsigned int orders = MAX(pa->order_max + 1, 11u);
	char buf[16];

	fprintf(out, "%5s", "Order");
	for (unsigned int type = 0; type < types; type++)
		fprintf(out, "  %12s", page_mtype_name(pa, type, buf));
	fprintf(out, "\n%.5s", "------------");
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
}

static void show_site_share(const struct page_analysis *pa, FILE *out)
{
	uint64_t bytes = pa->allocs.bytes - pa->failures.bytes;

	fprintf(out, "%-30s: %16s of the bytes\n", "Call site outside the allocator",
		human_percent(bytes - pa->without_callsite.bytes, bytes).text);
	fprintf(out, "%-30s: %16s of the bytes\n", "Owner found",
		human_percent(bytes - pa->without_owner.bytes, bytes).text);
}

static bool has_key(const struct page_analysis *pa, enum page_key key)
{
	for (size_t k = 0; k < pa->config.keys_nr; k++)
		if (pa->config.key[k] == key)
			return true;
	return false;
}

struct err *page_show_text(const struct page_analysis *pa, const struct page_view *view, FILE *out)
{
	struct page_totals matched = minus(pa->frees, pa->unmatched_frees);
	struct session_loss loss = session_loss(pa->session);
	const char *mark = loss.state == COMPLETENESS_LOST ? " (uncertain: events were lost)" : "";
	struct err *e;

	if (view->rows) {
		e = has_key(pa, PAGE_KEY_GFP) ? show_legend(pa, out) : NULL;
		if (!e)
			e = show_rows(pa, view, out);
		if (e)
			return e;
	}
	fprintf(out, "SUMMARY (page allocator)\n========================\n");
	show_total(out, "Total allocation requests", pa->allocs, "");
	show_total(out, "Total free requests", pa->frees, "");
	fputc('\n', out);
	show_total(out, "Total alloc+freed requests", matched, mark);
	show_total(out, "Total alloc-only requests", minus(pa->allocs, matched), mark);
	show_total(out, "Total free-only requests", pa->unmatched_frees, mark);
	fputc('\n', out);
	show_total(out, "Total allocation failures", pa->failures, "");
	fprintf(out, "%-30s: %16s   at %.6f s\n", "Peak of memory allocated",
		human_size(pa->peak_bytes).text,
		pa->peak_ns ? (double)(pa->peak_ns - pa->first_ns) / 1e9 : 0.0);
	show_site_share(pa, out);
	fputc('\n', out);
	show_matrix(pa, out);
	if (view->lifetime)
		lives_show(pa->lifetime, out);
	return NULL;
}

/* ---- JSON and CSV ------------------------------------------------------------------------------ */

static void json_totals(struct json *json, const char *key, struct page_totals totals)
{
	json_object(json, key);
	json_u64(json, "requests", totals.hits);
	json_u64(json, "bytes", totals.bytes);
	json_end(json);
}

static void json_cell(const struct page_analysis *pa, size_t row, enum page_key key,
		      struct json *json)
{
	uint64_t value = page_row_key(pa, row, key);
	guard(str) struct str text = STR_INIT;

	if (key == PAGE_KEY_CGROUP && value == SAMPLE_NONE_U64) {
		json_null(json, columns[key].json);
		return;
	}
	if (key == PAGE_KEY_PAGE || key == PAGE_KEY_ORDER || key == PAGE_KEY_PID ||
	    key == PAGE_KEY_NODE) {
		if (value == SAMPLE_NONE_U64)
			json_null(json, columns[key].json);
		else
			json_u64(json, columns[key].json, value);
		return;
	}
	page_row_text(pa, row, key, false, &text);
	json_string(json, columns[key].json, text.s);
}

static void json_row(const struct page_analysis *pa, const struct page_view *view, size_t row,
		     struct json *json)
{
	const struct page_row *r = &pa->row[row];

	json_object(json, NULL);
	json_u64(json, "bytes", row_bytes(pa, row));
	json_u64(json, "hits", row_hits(pa, row));
	for (size_t k = 0; k < pa->config.keys_nr; k++)
		json_cell(pa, row, pa->config.key[k], json);
	json_u64(json, "live_bytes", r->bytes - r->freed_bytes);
	json_u64(json, "freed_hits", r->freed_hits);
	if (r->freed_hits)
		json_u64(json, "mean_lifetime_ns", r->life_ns / r->freed_hits);
	if (view->leaks) {
		json_u64(json, "old_live_bytes", r->old_live_bytes);
		json_u64(json, "growing_quarters", lives_growth(r->live_bytes_at));
	}
	json_end(json);
}

struct err *page_show_json(const struct page_analysis *pa, const struct page_view *view,
			   struct json *json)
{
	struct page_totals matched = minus(pa->frees, pa->unmatched_frees);
	uint64_t bytes = pa->allocs.bytes - pa->failures.bytes;
	autofree size_t *row = NULL;
	char buf[16];
	struct err *e;
	size_t nr;

	e = page_sorted_rows(pa, view, &row, &nr);
	if (e)
		return e;
	json_object(json, "summary");
	json_totals(json, "allocation_requests", pa->allocs);
	json_totals(json, "free_requests", pa->frees);
	json_totals(json, "alloc_freed_requests", matched);
	json_totals(json, "alloc_only_requests", minus(pa->allocs, matched));
	json_totals(json, "free_only_requests", pa->unmatched_frees);
	json_totals(json, "allocation_failures", pa->failures);
	json_u64(json, "peak_bytes", pa->peak_bytes);
	json_u64(json, "peak_time_ns", pa->peak_ns ? pa->peak_ns - pa->first_ns : 0);
	json_u64(json, "bytes_with_callsite", bytes - pa->without_callsite.bytes);
	json_u64(json, "bytes_with_owner", bytes - pa->without_owner.bytes);
	json_end(json);

	json_array(json, "order_migratetype");
	for (unsigned int order = 0; order <= pa->order_max; order++) {
		for (unsigned int type = 0; type < PAGE_MTYPES_MAX; type++) {
			if (!pa->order_mtype[order][type])
				continue;
			json_object(json, NULL);
			json_u64(json, "order", order);
			json_string(json, "migratetype", page_mtype_name(pa, type, buf));
			json_u64(json, "hits", pa->order_mtype[order][type]);
			json_end(json);
		}
	}
	json_end(json);

	if (view->lifetime) {
		json_array(json, "lifetime");
		for (size_t i = 0; i < PAGE_LIFETIMES; i++) {
			if (!pa->lifetime[i])
				continue;
			json_object(json, NULL);
			json_u64(json, "from_ns", i ? UINT64_C(1) << i : 0);
			json_u64(json, "hits", pa->lifetime[i]);
			json_end(json);
		}
		json_end(json);
	}

	json_array(json, "rows");
	for (size_t i = 0; i < shown_nr(view, nr); i++)
		json_row(pa, view, row[i], json);
	json_end(json);
	return NULL;
}

static void csv_text(const char *text, FILE *out)
{
	if (!strpbrk(text, ",\"\n\r")) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

struct err *page_show_csv(const struct page_analysis *pa, const struct page_view *view, FILE *out)
{
	guard(str) struct str text = STR_INIT;
	autofree size_t *row = NULL;
	struct err *e;
	size_t nr;

	e = page_sorted_rows(pa, view, &row, &nr);
	if (e)
		return e;
	fprintf(out, "bytes,hits");
	for (size_t k = 0; k < pa->config.keys_nr; k++)
		fprintf(out, ",%s", columns[pa->config.key[k]].json);
	fputc('\n', out);
	for (size_t i = 0; i < shown_nr(view, nr); i++) {
		fprintf(out, "%" PRIu64 ",%" PRIu64, row_bytes(pa, row[i]), row_hits(pa, row[i]));
		for (size_t k = 0; k < pa->config.keys_nr; k++) {
			str_clear(&text);
			page_row_text(pa, row[i], pa->config.key[k], false, &text);
			fputc(',', out);
			csv_text(text.s, out);
		}
		fputc('\n', out);
	}
	return str_check(&text);
}
