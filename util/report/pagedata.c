// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdlib.h>

#include "util/cli/csv.h"
#include "util/report/loss.h"
#include "util/report/pageshow.h"

static void json_totals(struct json *json, const char *key, struct page_totals totals,
			bool uncertain)
{
	json_object(json, key);
	json_u64(json, "requests", totals.hits);
	json_u64(json, "bytes", totals.bytes);
	/* A single missing event can make it wrong. */
	if (uncertain)
		json_bool(json, "uncertain", true);
	json_end(json);
}

static void json_cell(const struct page_analysis *pa, size_t row, enum page_key key,
		      struct json *json)
{
	uint64_t value = page_row_key(pa, row, key);
	guard(str) struct str text = STR_INIT;

	if (key == PAGE_KEY_CGROUP && value == SAMPLE_NONE_U64) {
		json_null(json, page_column[key].json);
		return;
	}
	/* A task that was about to go has no number any more, which is -1 in samples. */
	if (key == PAGE_KEY_PID) {
		json_i64(json, page_column[key].json, (int)(uint32_t)value);
		return;
	}
	if (key == PAGE_KEY_PAGE || key == PAGE_KEY_ORDER || key == PAGE_KEY_NODE) {
		json_u64_if(json, page_column[key].json, value != SAMPLE_NONE_U64, value);
		return;
	}
	page_row_text(pa, row, key, false, &text);
	json_string(json, page_column[key].json, text.s);
}

static void json_row(const struct page_analysis *pa, const struct page_view *view, size_t row,
		     struct json *json)
{
	const struct page_row *r = &pa->row[row];

	json_object(json, NULL);
	json_u64(json, "bytes", page_row_bytes(pa, row));
	json_u64(json, "hits", page_row_hits(pa, row));
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
	static const char *const matched[] = { "part_frees", "peak_bytes", "peak_time_ns" };
	bool uncertain = session_loss(pa->session).state == COMPLETENESS_LOST;
	uint64_t bytes = pa->allocs.bytes - pa->failures.bytes;
	autofree size_t *row = NULL;
	char buf[16];
	struct err *e;
	size_t nr;

	e = page_sorted_rows(pa, view, &row, &nr);
	if (e)
		return e;
	json_object(json, "summary");
	json_totals(json, "allocation_requests", pa->allocs, false);
	json_totals(json, "free_requests", pa->frees, false);
	json_totals(json, "alloc_freed_requests", pa->matched, uncertain);
	json_totals(json, "alloc_only_requests", page_totals_minus(pa->allocs, pa->matched),
		    uncertain);
	json_totals(json, "free_only_requests", pa->unmatched_frees, uncertain);
	json_totals(json, "unseen_free_requests", pa->replaced, false);
	json_u64(json, "part_frees", page_part_frees(pa));
	json_totals(json, "allocation_failures", pa->failures, false);
	lives_peak_json(&pa->peak, json);
	loss_mark_json(session_loss(pa->session), matched, ARRAY_SIZE(matched), json);
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

	if (view->lifetime)
		lives_show_json(pa->lifetime, json);

	json_array(json, "rows");
	for (size_t i = 0; i < page_shown_nr(view, nr); i++)
		json_row(pa, view, row[i], json);
	json_end(json);
	return NULL;
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
		fprintf(out, ",%s", page_column[pa->config.key[k]].json);
	fputs(view->leaks ? ",old_live_bytes,growing_quarters\n" : "\n", out);
	for (size_t i = 0; i < page_shown_nr(view, nr); i++) {
		fprintf(out, "%" PRIu64 ",%" PRIu64, page_row_bytes(pa, row[i]),
			page_row_hits(pa, row[i]));
		for (size_t k = 0; k < pa->config.keys_nr; k++) {
			str_clear(&text);
			page_row_text(pa, row[i], pa->config.key[k], false, &text);
			fputc(',', out);
			csv_text(out, text.s);
		}
		if (view->leaks)
			fprintf(out, ",%" PRIu64 ",%u", pa->row[row[i]].old_live_bytes,
				lives_growth(pa->row[row[i]].live_bytes_at));
		fputc('\n', out);
	}
	return str_check(&text);
}
