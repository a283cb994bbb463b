// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/cli/csv.h"
#include "util/cli/human.h"
#include "util/cli/utf8.h"
#include "util/draw/html.h"
#include "util/report/htmlhead.h"
#include "util/report/loss.h"
#include "util/report/slab.h"

struct order {
	const struct slab_analysis *sa;
	const struct slab_view *view;
};

/* A row as it is shown: all of it, or what is live. */
static struct slab_row shown(const struct slab_analysis *sa, size_t row)
{
	struct slab_row r = sa->row[row];

	if (sa->config.live) {
		r.hits -= r.freed_hits;
		r.requested -= r.freed_requested;
		r.allocated -= r.freed;
	}
	return r;
}

static double fragmentation(uint64_t requested, uint64_t allocated)
{
	return allocated ? 100.0 - 100.0 * (double)requested / (double)allocated : 0;
}

static const char *cache_name(const struct slab_analysis *sa, size_t row)
{
	return session_text(sa->session, (uint32_t)keyset_key(&sa->keys, row)[1]);
}

static int compare_u64(uint64_t x, uint64_t y)
{
	return x > y ? -1 : x < y;
}

static int compare_by(const struct slab_analysis *sa, int key, size_t a, size_t b)
{
	struct slab_row x = shown(sa, a), y = shown(sa, b);
	double frag_x, frag_y;

	switch ((enum slab_key)key) {
	case SLAB_KEY_PTR:
	case SLAB_KEY_CALLSITE:
		return -compare_u64(*keyset_key(&sa->keys, a), *keyset_key(&sa->keys, b));
	case SLAB_KEY_CACHE:
		return strcmp(cache_name(sa, a), cache_name(sa, b));
	case SLAB_KEY_BYTES:
		return compare_u64(x.allocated, y.allocated);
	case SLAB_KEY_HIT:
		return compare_u64(x.hits, y.hits);
	case SLAB_KEY_PINGPONG:
		return compare_u64(x.pingpongs, y.pingpongs);
	case SLAB_KEY_FRAG:
		frag_x = fragmentation(x.requested, x.allocated);
		frag_y = fragmentation(y.requested, y.allocated);
		return frag_x > frag_y ? -1 : frag_x < frag_y;
	}
	return 0;
}

static int compare_leaks(const struct slab_analysis *sa, size_t a, size_t b)
{
	bool x = lives_growth(sa->row[a].live_bytes_at) == LIVES_QUARTERS;
	bool y = lives_growth(sa->row[b].live_bytes_at) == LIVES_QUARTERS;

	if (x != y)
		return x ? -1 : 1;
	return compare_u64(sa->row[a].old_live_bytes, sa->row[b].old_live_bytes);
}

static int compare_rows(const void *a, const void *b, void *ctx)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	const struct order *order = ctx;
	int result = order->view->leaks ? compare_leaks(order->sa, x, y) : 0;

	for (size_t i = 0; !result && i < order->view->sort_nr; i++)
		result = compare_by(order->sa, order->view->sort[i], x, y);
	return result ? result : x < y ? -1 : x > y;
}

static struct err *sorted(const struct slab_analysis *sa, const struct slab_view *view,
			  size_t **ret_row, size_t *ret_all_nr, size_t *ret_nr)
{
	struct order order = { .sa = sa, .view = view };
	size_t *row = calloc(sa->keys.nr + 1, sizeof(*row));
	size_t nr = 0;

	if (!row)
		return err_nomem();
	for (size_t i = 0; i < sa->keys.nr; i++)
		if (shown(sa, i).hits)
			row[nr++] = i;
	qsort_r(row, nr, sizeof(*row), compare_rows, &order);
	*ret_row = row;
	*ret_all_nr = nr;
	*ret_nr = view->limit ? MIN(view->limit, nr) : nr;
	return NULL;
}

/* "alloc_pipe_info+d7", as perf kmem writes it; the pointer of an object. */
static struct err *add_what(const struct slab_analysis *sa, const struct slab_view *view,
			    size_t row, struct str *out)
{
	uint64_t what = *keyset_key(&sa->keys, row);
	const struct kernel_frame *frame;
	struct err *e;

	if (sa->config.by_pointer || view->raw_ip) {
		str_printf(out, "%#" PRIx64, what);
		return NULL;
	}
	e = session_kernel_frame(sa->session, what, &frame);
	if (e)
		return e;
	str_add(out, session_text(sa->session, frame->name));
	if (frame->known)
		str_printf(out, "+%x", frame->offset);
	return NULL;
}

static bool any_cache(const struct slab_analysis *sa)
{
	for (size_t i = 0; i < sa->keys.nr; i++)
		if (keyset_key(&sa->keys, i)[1])
			return true;
	return false;
}

static void rule(FILE *out, bool caches)
{
	fprintf(out, "%.*s%s\n", 105,
		"------------------------------------------------------------"
		"---------------------------------------------",
		caches ? "------------------------" : "");
}

static struct err *show_rows(const struct slab_analysis *sa, const struct slab_view *view,
			     FILE *out)
{
	bool caches = any_cache(sa);
	autofree size_t *row = NULL;
	size_t all_nr, nr;
	struct err *e;

	e = sorted(sa, view, &row, &all_nr, &nr);
	if (e)
		return e;
	rule(out, caches);
	fprintf(out, " %-34s |", sa->config.by_pointer ? "Alloc Ptr" : "Callsite");
	fprintf(out, " Total_alloc/Per | Total_req/Per   | Hit      | Ping-pong | Frag%s%s\n",
		view->leaks ? "    | Leaking                    " : "",
		caches ? "    | Cache" : "");
	rule(out, caches);
	for (size_t i = 0; i < nr; i++) {
		struct slab_row r = shown(sa, row[i]);
		guard(str) struct str what = STR_INIT, cell = STR_INIT;

		e = add_what(sa, view, row[i], &what);
		utf8_add_cell(&cell, what.s, 34, true);
		if (!e)
			e = str_check(&what);
		if (!e)
			e = str_check(&cell);
		if (e)
			return e;
		fprintf(out,
			" %s | %9" PRIu64 "/%-5" PRIu64 " | %9" PRIu64 "/%-5" PRIu64 " | %8" PRIu64
			" | %9" PRIu64 " | %6.3f%%",
			cell.s, r.allocated, r.allocated / r.hits, r.requested,
			r.requested / r.hits, r.hits, r.pingpongs,
			fragmentation(r.requested, r.allocated));
		if (view->leaks)
			fprintf(out, " | old %9" PRIu64 ", growth %u/%d",
				sa->row[row[i]].old_live_bytes,
				lives_growth(sa->row[row[i]].live_bytes_at), LIVES_QUARTERS);
		if (caches) {
			fputs(" | ", out);
			utf8_put_safe(out, *cache_name(sa, row[i]) ? cache_name(sa, row[i]) : "-");
		}
		fputc('\n', out);
	}
	if (nr < all_nr)
		fprintf(out, " ... %zu more\n", all_nr - nr);
	rule(out, caches);
	return NULL;
}

struct err *slab_show_text(const struct slab_analysis *sa, const struct slab_view *view, FILE *out)
{
	guard(str) struct str moment = STR_INIT;
	const char *mark = loss_mark(session_loss(sa->session));
	struct err *e = show_rows(sa, view, out);

	if (e)
		return e;
	fprintf(out, "\nSUMMARY (SLAB allocator)\n========================\n");
	fprintf(out, "Total bytes requested: %" PRIu64 "\n", sa->requested);
	fprintf(out, "Total bytes allocated: %" PRIu64 "\n", sa->allocated);
	fprintf(out, "Total bytes freed:     %" PRIu64 "%s\n", sa->freed, mark);
	fprintf(out, "Net total bytes allocated: %" PRIu64 "%s\n", sa->allocated - sa->freed, mark);
	if (sa->unseen_free_hits)
		fprintf(out, "  of which freed unseen:   %" PRIu64 " in %" PRIu64 " objects\n",
			sa->unseen_freed, sa->unseen_free_hits);
	fprintf(out, "Total bytes wasted on internal fragmentation: %" PRIu64 "\n",
		sa->allocated > sa->requested ? sa->allocated - sa->requested : 0);
	fprintf(out, "Internal fragmentation: %f%%\n", fragmentation(sa->requested, sa->allocated));
	if (sa->failed_hits)
		fprintf(out, "Failed allocations: %" PRIu64 "\n", sa->failed_hits);
	fprintf(out, "Cross CPU allocations: %" PRIu64 "/%" PRIu64 "\n", sa->cross, sa->hits);
	lives_add_moment(&moment, &sa->peak, 6);
	fprintf(out, "Peak of memory allocated: %s %s%s\n", human_size(sa->peak.bytes).text,
		moment.s, mark);
	if (view->lifetime)
		lives_show(sa->lifetime, out);
	return NULL;
}

struct err *slab_show_json(const struct slab_analysis *sa, const struct slab_view *view,
			   struct json *json)
{
	/* An allocation and its free have to be there both. */
	static const char *const matched[] = { "bytes_freed", "net_bytes", "free_only_requests",
					       "peak_bytes", "peak_time_ns" };
	autofree size_t *row = NULL;
	size_t all_nr, nr;
	struct err *e;

	e = sorted(sa, view, &row, &all_nr, &nr);
	if (e)
		return e;
	json_object(json, "summary");
	json_u64(json, "requests", sa->hits);
	json_u64(json, "failed_requests", sa->failed_hits);
	json_u64(json, "bytes_requested", sa->requested);
	json_u64(json, "bytes_allocated", sa->allocated);
	json_u64(json, "bytes_freed", sa->freed);
	json_u64(json, "net_bytes", sa->allocated - sa->freed);
	json_u64(json, "free_requests", sa->free_hits);
	json_u64(json, "free_only_requests", sa->free_only_hits);
	json_u64(json, "unseen_free_requests", sa->unseen_free_hits);
	json_u64(json, "unseen_freed_bytes", sa->unseen_freed);
	json_double(json, "fragmentation_percent", fragmentation(sa->requested, sa->allocated));
	json_u64(json, "cross_cpu_allocations", sa->cross);
	lives_peak_json(&sa->peak, json);
	loss_mark_json(session_loss(sa->session), matched, ARRAY_SIZE(matched), json);
	json_end(json);

	if (view->lifetime)
		lives_show_json(sa->lifetime, json);
	json_array(json, "rows");
	for (size_t i = 0; i < nr; i++) {
		struct slab_row r = shown(sa, row[i]);
		guard(str) struct str what = STR_INIT;

		e = add_what(sa, view, row[i], &what);
		if (e)
			return e;
		json_object(json, NULL);
		json_string(json, sa->config.by_pointer ? "pointer" : "callsite", what.s);
		if (*cache_name(sa, row[i]))
			json_string(json, "cache", cache_name(sa, row[i]));
		json_u64(json, "bytes", r.allocated);
		json_u64(json, "requested_bytes", r.requested);
		json_u64(json, "hits", r.hits);
		json_u64(json, "live_bytes", sa->row[row[i]].allocated - sa->row[row[i]].freed);
		json_u64(json, "pingpongs", r.pingpongs);
		if (view->leaks) {
			json_u64(json, "old_live_bytes", sa->row[row[i]].old_live_bytes);
			json_u64(json, "growing_quarters",
				 lives_growth(sa->row[row[i]].live_bytes_at));
		}
		json_double(json, "fragmentation_percent", fragmentation(r.requested, r.allocated));
		json_end(json);
	}
	json_end(json);
	return NULL;
}

struct err *slab_show_csv(const struct slab_analysis *sa, const struct slab_view *view, FILE *out)
{
	autofree size_t *row = NULL;
	size_t all_nr, nr;
	struct err *e;

	e = sorted(sa, view, &row, &all_nr, &nr);
	if (e)
		return e;
	fprintf(out, "%s,cache,bytes,requested_bytes,hits,pingpongs,fragmentation_percent%s\n",
		sa->config.by_pointer ? "pointer" : "callsite",
		view->leaks ? ",old_live_bytes,growing_quarters" : "");
	for (size_t i = 0; i < nr; i++) {
		struct slab_row r = shown(sa, row[i]);
		guard(str) struct str what = STR_INIT;

		e = add_what(sa, view, row[i], &what);
		if (!e)
			e = str_check(&what);
		if (e)
			return e;
		csv_text(out, what.s);
		fputc(',', out);
		csv_text(out, cache_name(sa, row[i]));
		fprintf(out, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%.3f", r.allocated,
			r.requested, r.hits, r.pingpongs, fragmentation(r.requested, r.allocated));
		if (view->leaks)
			fprintf(out, ",%" PRIu64 ",%u", r.old_live_bytes,
				lives_growth(r.live_bytes_at));
		fputc('\n', out);
	}
	return NULL;
}

/* ---- HTML ------------------------------------------------------------------------------------ */

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
	snprintf(percent, sizeof(percent), "%.1f%%", fragmentation(sa->requested, sa->allocated));
	html_card(out, "Internal fragmentation", percent, NULL);
	html_card(out, "Cross CPU allocations", human_count(sa->cross).text, NULL);
	html_cards_end(out);
}

static struct err *html_slab_row(const struct slab_analysis *sa, const struct slab_view *view,
				 size_t row, FILE *out)
{
	struct slab_row r = shown(sa, row);
	uint64_t all = sa->config.live ? sa->live_bytes : sa->allocated;
	double frag = fragmentation(r.requested, r.allocated);
	guard(str) struct str what = STR_INIT;
	char percent[16];
	struct err *e;

	e = add_what(sa, view, row, &what);
	if (!e)
		e = str_check(&what);
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
	html_text(out, *cache_name(sa, row) ? cache_name(sa, row) : "-");
	html_text(out, what.s);
	return NULL;
}

struct err *slab_html(const struct slab_analysis *sa, const struct slab_view *view, FILE *out)
{
	const struct html_column column[] = {
		{ sa->config.live ? "Live" : "Allocated", true },
		{ "Hits", true },
		{ "Each", true },
		{ "Fragmentation", true },
		{ "Ping-pong", true },
		{ "Cache", false },
		{ sa->config.by_pointer ? "Pointer" : "Call site", false },
	};
	autofree size_t *row = NULL;
	size_t all_nr, nr;
	struct err *e;

	e = sorted(sa, view, &row, &all_nr, &nr);
	if (e)
		return e;
	html_cards(sa, out);
	html_table_begin(out, "slab-rows", column, ARRAY_SIZE(column));
	for (size_t i = 0; !e && i < MIN(nr, (size_t)HTML_ROWS_MAX); i++)
		e = html_slab_row(sa, view, row[i], out);
	html_table_end(out);
	return e ? e : html_left_out(MIN(nr, (size_t)HTML_ROWS_MAX), all_nr, out);
}
