// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/cli/csv.h"
#include "util/cli/human.h"
#include "util/cli/utf8.h"
#include "util/report/loss.h"
#include "util/report/slabinside.h"

struct order {
	const struct slab_analysis *sa;
	const struct slab_view *view;
};

/* A row as it is shown: all of it, or what is live. */
struct slab_row slab_shown(const struct slab_analysis *sa, size_t row)
{
	struct slab_row r = sa->row[row];

	if (sa->config.live) {
		r.hits = r.live_hits;
		r.requested -= r.freed_requested;
		r.allocated -= r.freed;
	}
	return r;
}

double slab_fragmentation(uint64_t requested, uint64_t allocated)
{
	return allocated ? 100.0 - 100.0 * (double)requested / (double)allocated : 0;
}

const char *slab_cache_name(const struct slab_analysis *sa, size_t row)
{
	return session_text(sa->session, (uint32_t)slab_row_key(sa, row, SLAB_KEY_CACHE));
}

static const char *comm_of(const struct slab_analysis *sa, size_t row)
{
	return session_text(sa->session, (uint32_t)slab_row_key(sa, row, SLAB_KEY_COMM));
}

static int compare_u64(uint64_t x, uint64_t y)
{
	return x > y ? -1 : x < y;
}

static int compare_by(const struct slab_analysis *sa, int key, size_t a, size_t b)
{
	struct slab_row x = slab_shown(sa, a), y = slab_shown(sa, b);
	double frag_x, frag_y;

	switch ((enum slab_key)key) {
	case SLAB_KEY_PTR:
	case SLAB_KEY_CALLSITE:
	case SLAB_KEY_PID:
	case SLAB_KEY_CGROUP:
		return -compare_u64(slab_row_key(sa, a, (enum slab_key)key),
				    slab_row_key(sa, b, (enum slab_key)key));
	case SLAB_KEY_COMM:
		return strcmp(comm_of(sa, a), comm_of(sa, b));
	case SLAB_KEY_CACHE:
		return strcmp(slab_cache_name(sa, a), slab_cache_name(sa, b));
	case SLAB_KEY_BYTES:
		return compare_u64(x.allocated, y.allocated);
	case SLAB_KEY_HIT:
		return compare_u64(x.hits, y.hits);
	case SLAB_KEY_PINGPONG:
		return compare_u64(x.pingpongs, y.pingpongs);
	case SLAB_KEY_FRAG:
		frag_x = slab_fragmentation(x.requested, x.allocated);
		frag_y = slab_fragmentation(y.requested, y.allocated);
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

struct err *slab_sorted_rows(const struct slab_analysis *sa, const struct slab_view *view,
			     size_t **ret_row, size_t *ret_all_nr, size_t *ret_nr)
{
	struct order order = { .sa = sa, .view = view };
	size_t *row = calloc(sa->keys.nr + 1, sizeof(*row));
	size_t nr = 0;

	if (!row)
		return err_nomem();
	for (size_t i = 0; i < sa->keys.nr; i++)
		if (slab_shown(sa, i).hits)
			row[nr++] = i;
	qsort_r(row, nr, sizeof(*row), compare_rows, &order);
	*ret_row = row;
	*ret_all_nr = nr;
	*ret_nr = view->limit ? MIN(view->limit, nr) : nr;
	return NULL;
}

/* "alloc_pipe_info+d7", as perf kmem writes it. */
static struct err *add_callsite(const struct slab_analysis *sa, const struct slab_view *view,
				uint64_t address, struct str *out)
{
	const struct kernel_frame *frame;
	struct err *e;

	if (view->raw_ip) {
		str_printf(out, "%#" PRIx64, address);
		return NULL;
	}
	e = session_kernel_frame(sa->session, address, &frame);
	if (e)
		return e;
	str_add(out, session_text(sa->session, frame->name));
	if (frame->known)
		str_printf(out, "+%x", frame->offset);
	return NULL;
}

static const struct {
	const char *header, *json;
} column[SLAB_KEYS_NR] = {
	[SLAB_KEY_PTR] = { "Alloc Ptr", "pointer" },
	[SLAB_KEY_CALLSITE] = { "Callsite", "callsite" },
	[SLAB_KEY_CACHE] = { "Cache", "cache" },
	[SLAB_KEY_COMM] = { "Comm", "comm" },
	[SLAB_KEY_PID] = { "PID", "pid" },
	[SLAB_KEY_CGROUP] = { "Cgroup", "cgroup" },
};

static struct err *add_cell(const struct slab_analysis *sa, const struct slab_view *view,
			    size_t row, enum slab_key key, struct str *out)
{
	uint64_t value = slab_row_key(sa, row, key);

	switch (key) {
	case SLAB_KEY_CALLSITE:
		return add_callsite(sa, view, value, out);
	case SLAB_KEY_PTR:
		str_printf(out, "%#" PRIx64, value);
		break;
	case SLAB_KEY_CACHE:
		str_add(out, slab_cache_name(sa, row));
		break;
	case SLAB_KEY_COMM:
		str_add(out, comm_of(sa, row));
		break;
	case SLAB_KEY_PID:
		str_printf(out, "%d", (int)(uint32_t)value);
		break;
	case SLAB_KEY_CGROUP:
		if (session_cgroup(sa->session, value))
			str_add(out, session_cgroup(sa->session, value));
		else if (value != SAMPLE_NONE_U64)
			str_printf(out, "%" PRIu64, value);
		break;
	default:
		break;
	}
	return str_check(out);
}

/* All keys but the cache, which has a column behind the numbers. */
static bool is_in_front(const struct slab_analysis *sa, enum slab_key key)
{
	return key != SLAB_KEY_CACHE || sa->config.keys_nr == 1;
}

struct err *slab_add_front(const struct slab_analysis *sa, const struct slab_view *view, size_t row,
			   struct str *out)
{
	for (size_t i = 0; i < sa->config.keys_nr; i++) {
		guard(str) struct str cell = STR_INIT;
		struct err *e;

		if (!is_in_front(sa, sa->config.key[i]))
			continue;
		e = add_cell(sa, view, row, sa->config.key[i], &cell);
		if (e)
			return e;
		str_printf(out, "%s%s", out->len ? ", " : "", cell.len ? cell.s : "-");
	}
	return str_check(out);
}

void slab_add_front_header(const struct slab_analysis *sa, struct str *out)
{
	for (size_t i = 0; i < sa->config.keys_nr; i++)
		if (is_in_front(sa, sa->config.key[i]))
			str_printf(out, "%s%s", out->len ? ", " : "",
				   column[sa->config.key[i]].header);
}

bool slab_has_cache_column(const struct slab_analysis *sa)
{
	return slab_has_key(sa, SLAB_KEY_CACHE) && !is_in_front(sa, SLAB_KEY_CACHE);
}

static bool any_cache(const struct slab_analysis *sa)
{
	for (size_t i = 0; i < sa->keys.nr; i++)
		if (slab_has_cache_column(sa) && slab_row_key(sa, i, SLAB_KEY_CACHE))
			return true;
	return false;
}

static void rule(FILE *out, size_t front_width, bool caches)
{
	size_t width = front_width + 71 + (caches ? 24 : 0);

	for (size_t i = 0; i < width; i++)
		fputc('-', out);
	fputc('\n', out);
}

/* As wide as perf kmem's, or as what is there. */
static struct err *measure_front(const struct slab_analysis *sa, const struct slab_view *view,
				 const size_t *row, size_t nr, size_t *ret_width)
{
	size_t width = 34;

	for (size_t i = 0; i < nr; i++) {
		guard(str) struct str front = STR_INIT;
		struct err *e = slab_add_front(sa, view, row[i], &front);

		if (e)
			return e;
		width = MAX(width, utf8_width(front.s));
	}
	*ret_width = width;
	return NULL;
}

static struct err *show_rows(const struct slab_analysis *sa, const struct slab_view *view,
			     FILE *out)
{
	guard(str) struct str header = STR_INIT;
	bool caches = any_cache(sa);
	autofree size_t *row = NULL;
	size_t all_nr, nr, width;
	struct err *e;

	slab_add_front_header(sa, &header);
	e = slab_sorted_rows(sa, view, &row, &all_nr, &nr);
	if (!e)
		e = measure_front(sa, view, row, nr, &width);
	if (!e)
		e = str_check(&header);
	if (e)
		return e;
	rule(out, width, caches);
	fprintf(out, " %-*s |", (int)width, header.s);
	fprintf(out, " Total_alloc/Per | Total_req/Per   | Hit      | Ping-pong | Frag%s%s\n",
		view->leaks ? "    | Leaking                    " : "",
		caches ? "    | Cache" : "");
	rule(out, width, caches);
	for (size_t i = 0; i < nr; i++) {
		struct slab_row r = slab_shown(sa, row[i]);
		guard(str) struct str what = STR_INIT, cell = STR_INIT;

		e = slab_add_front(sa, view, row[i], &what);
		utf8_add_cell(&cell, what.s, width, true);
		if (!e)
			e = str_check(&cell);
		if (e)
			return e;
		fprintf(out,
			" %s | %9" PRIu64 "/%-5" PRIu64 " | %9" PRIu64 "/%-5" PRIu64 " | %8" PRIu64
			" | %9" PRIu64 " | %6.3f%%",
			cell.s, r.allocated, r.allocated / r.hits, r.requested,
			r.requested / r.hits, r.hits, r.pingpongs,
			slab_fragmentation(r.requested, r.allocated));
		if (view->leaks)
			fprintf(out, " | old %9" PRIu64 ", growth %u/%d",
				sa->row[row[i]].old_live_bytes,
				lives_growth(sa->row[row[i]].live_bytes_at), LIVES_QUARTERS);
		if (caches) {
			fputs(" | ", out);
			utf8_put_safe(out, *slab_cache_name(sa, row[i])
						   ? slab_cache_name(sa, row[i])
						   : "-");
		}
		fputc('\n', out);
	}
	if (nr < all_nr)
		fprintf(out, " ... %zu more\n", all_nr - nr);
	rule(out, width, caches);
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
	fprintf(out, "Internal fragmentation: %f%%\n",
		slab_fragmentation(sa->requested, sa->allocated));
	if (sa->failed_hits)
		fprintf(out, "Failed allocations: %" PRIu64 "\n", sa->failed_hits);
	if (sa->cpus_nr)
		fprintf(out, "Cross CPU allocations: %" PRIu64 "/%" PRIu64 "\n", sa->cross,
			sa->hits);
	else
		fprintf(out, "Cross CPU allocations: -\n");
	lives_add_moment(&moment, &sa->peak, 6);
	fprintf(out, "Peak of memory allocated: %s %s%s\n", human_size(sa->peak.bytes).text,
		moment.s, mark);
	if (view->lifetime)
		lives_show(sa->lifetime, out);
	return NULL;
}

static struct err *json_keys(const struct slab_analysis *sa, const struct slab_view *view,
			     size_t row, struct json *json)
{
	for (size_t i = 0; i < sa->config.keys_nr; i++) {
		enum slab_key key = sa->config.key[i];
		guard(str) struct str cell = STR_INIT;
		struct err *e = add_cell(sa, view, row, key, &cell);

		if (e)
			return e;
		if (key == SLAB_KEY_PID)
			json_i64(json, column[key].json, (int)(uint32_t)slab_row_key(sa, row, key));
		else if (cell.len)
			json_string(json, column[key].json, cell.s);
		else if (key != SLAB_KEY_CACHE || sa->config.keys_nr == 1)
			json_null(json, column[key].json);
	}
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

	e = slab_sorted_rows(sa, view, &row, &all_nr, &nr);
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
	json_double(json, "fragmentation_percent",
		    slab_fragmentation(sa->requested, sa->allocated));
	json_u64_if(json, "cross_cpu_allocations", sa->cpus_nr, sa->cross);
	lives_peak_json(&sa->peak, json);
	loss_mark_json(session_loss(sa->session), matched, ARRAY_SIZE(matched), json);
	json_end(json);

	if (view->lifetime)
		lives_show_json(sa->lifetime, json);
	json_array(json, "rows");
	for (size_t i = 0; i < nr; i++) {
		struct slab_row r = slab_shown(sa, row[i]);

		json_object(json, NULL);
		e = json_keys(sa, view, row[i], json);
		if (e)
			return e;
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
		json_double(json, "fragmentation_percent",
			    slab_fragmentation(r.requested, r.allocated));
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

	e = slab_sorted_rows(sa, view, &row, &all_nr, &nr);
	if (e)
		return e;
	for (size_t i = 0; i < sa->config.keys_nr; i++)
		fprintf(out, "%s,", column[sa->config.key[i]].json);
	fprintf(out, "bytes,requested_bytes,hits,pingpongs,fragmentation_percent%s\n",
		view->leaks ? ",old_live_bytes,growing_quarters" : "");
	for (size_t i = 0; i < nr; i++) {
		struct slab_row r = slab_shown(sa, row[i]);

		for (size_t k = 0; k < sa->config.keys_nr; k++) {
			guard(str) struct str cell = STR_INIT;

			e = add_cell(sa, view, row[i], sa->config.key[k], &cell);
			if (e)
				return e;
			csv_text(out, cell.s);
			fputc(',', out);
		}
		fprintf(out, "%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%.3f", r.allocated,
			r.requested, r.hits, r.pingpongs,
			slab_fragmentation(r.requested, r.allocated));
		if (view->leaks)
			fprintf(out, ",%" PRIu64 ",%u", r.old_live_bytes,
				lives_growth(r.live_bytes_at));
		fputc('\n', out);
	}
	return NULL;
}
