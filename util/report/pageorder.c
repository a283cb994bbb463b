// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "util/report/pageshow.h"

struct order {
	const struct page_analysis *pa;
	const struct page_view *view;
};

uint64_t page_row_bytes(const struct page_analysis *pa, size_t row)
{
	const struct page_row *r = &pa->row[row];

	return pa->config.live ? r->bytes - r->freed_bytes : r->bytes;
}

uint64_t page_row_hits(const struct page_analysis *pa, size_t row)
{
	const struct page_row *r = &pa->row[row];

	return pa->config.live ? r->hits - r->freed_hits : r->hits;
}

static bool key_is_text(enum page_key key)
{
	return key == PAGE_KEY_CALLSITE || key == PAGE_KEY_OWNER || key == PAGE_KEY_MODULE ||
	       key == PAGE_KEY_COMM || key == PAGE_KEY_ZONE;
}

/* Large first; names in their order. */
static int compare_by(const struct page_analysis *pa, int key, size_t a, size_t b)
{
	uint64_t x, y;

	if (key == PAGE_KEY_BYTES) {
		x = page_row_bytes(pa, a);
		y = page_row_bytes(pa, b);
	} else if (key == PAGE_KEY_HIT) {
		x = page_row_hits(pa, a);
		y = page_row_hits(pa, b);
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
		uint64_t bytes = page_row_bytes(pa, i);

		if (!page_row_hits(pa, i) ||
		    (view->leaks && pa->row[i].bytes == pa->row[i].freed_bytes))
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

size_t page_shown_nr(const struct page_view *view, size_t nr)
{
	return view->limit ? MIN(view->limit, nr) : nr;
}
