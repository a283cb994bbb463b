// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/report/pagepicture.h"

enum { FRAMES_MAX = 1024 };

static uint64_t weigh(const struct page_analysis *pa, const struct page_row *row,
		      enum page_weight weight)
{
	bool live = pa->config.live || weight == PAGE_WEIGHT_LIVE;

	if (weight == PAGE_WEIGHT_HITS)
		return live ? row->hits - row->freed_hits : row->hits;
	return live ? row->bytes - row->freed_bytes : row->bytes;
}

struct err *page_flame(const struct page_analysis *pa, enum page_weight weight, struct flame *flame)
{
	const char *frame[FRAMES_MAX + 1];
	uint32_t number[FRAMES_MAX];

	for (size_t i = 0; i < pa->keys.nr; i++) {
		size_t nr = page_row_stack(pa, i, number, FRAMES_MAX);
		uint64_t weight_of_row = weigh(pa, &pa->row[i], weight);
		struct err *e;

		if (!weight_of_row)
			continue;
		frame[0] = session_text(pa->session, (uint32_t)page_row_key(pa, i, PAGE_KEY_COMM));
		for (size_t j = 0; j < nr; j++)
			frame[j + 1] = session_text(pa->session, number[j]);
		e = flame_add(flame, frame, nr + 1, weight_of_row);
		if (e)
			return e;
	}
	return NULL;
}

struct timeline page_timeline(const struct page_analysis *pa,
			      struct timeline_slice slice[PAGE_MOMENTS])
{
	for (size_t i = 0; i < PAGE_MOMENTS; i++)
		slice[i] = (struct timeline_slice){
			.level = pa->moment[i].most_bytes,
			.up = pa->moment[i].alloc_hits,
			.down = pa->moment[i].free_hits,
		};
	return (struct timeline){
		.title = "Page allocations over time",
		.level_name = "memory allocated since the start",
		.up_name = "allocations",
		.down_name = "frees",
		.slice = slice,
		.slices_nr = PAGE_MOMENTS,
		.span_ns = pa->peak.last_ns - pa->peak.first_ns,
	};
}
