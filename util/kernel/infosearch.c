// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/kernel/infosearch.h"

#include <string.h>

#include "util/base/checked.h"

enum {
	STEP_BYTES = 4096, /* the smallest page: texts begin at multiples of it */
	NOTE_NAME_AT = 12,
	NOTE_TEXT_AT = 24,
	TEXT_MAX = 64 << 10,
	TEXT_MIN = 256, /* the shortest kernel's has ten times that */
};

static const char text_start[] = "OSRELEASE=";
static const char note_name[] = "VMCOREINFO";

struct search {
	struct image *image;
	infosearch_try try;
	void *ctx;
	bool taken;
	size_t tried;
	uint64_t done_bytes; /* of the ranges gone through */
	uint64_t total_bytes;
	char text[TEXT_MAX + 1];
};

static bool starts_with(const uint8_t *bytes, size_t len, const char *start)
{
	return len >= strlen(start) && memcmp(bytes, start, strlen(start)) == 0;
}

/* Where the text begins in the step; STEP_BYTES: there is none. */
static size_t find_text(const uint8_t *bytes, size_t len)
{
	if (starts_with(bytes, len, text_start))
		return 0;
	if (len > NOTE_TEXT_AT &&
	    starts_with(bytes + NOTE_NAME_AT, len - NOTE_NAME_AT, note_name) &&
	    starts_with(bytes + NOTE_TEXT_AT, len - NOTE_TEXT_AT, text_start))
		return NOTE_TEXT_AT;
	return STEP_BYTES;
}

/* It goes on until its NUL, or as far as memory can be read. */
static struct err *try_at(struct search *search, uint64_t paddr)
{
	size_t len = 0;

	while (len < TEXT_MAX && !memchr(search->text, '\0', len)) {
		size_t piece =
			MIN((size_t)(STEP_BYTES - (paddr + len) % STEP_BYTES), TEXT_MAX - len);
		struct err *e = mem_read(search->image->source, paddr + len, search->text + len,
					 piece, MEM_RANDOM);

		if (e) {
			err_free(e);
			break;
		}
		len += piece;
	}
	search->text[len] = '\0';
	len = strlen(search->text);
	if (len < TEXT_MIN || !strstr(search->text, "\nPAGESIZE="))
		return NULL;
	search->tried++;
	return search->try(search->ctx, search->text, len, &search->taken);
}

static void tick(const struct search *search, uint64_t bytes)
{
	const struct image_watch *watch = &search->image->watch;

	if (watch->tick)
		watch->tick(watch->ctx, search->done_bytes + bytes, search->total_bytes);
}

static struct err *search_range(struct search *search, const struct memmap_range *range)
{
	uint64_t end = range->paddr + range->file_size;
	uint64_t at = align_up_u64(range->paddr, STEP_BYTES);

	while (at < end && !search->taken) {
		guard(mem_view) struct mem_view view = MEM_VIEW_INIT;
		struct err *e = image_check_stop(search->image);

		if (e)
			return e;
		tick(search, at - range->paddr);
		at = align_down_u64(mem_next_data(search->image->source, at, end), STEP_BYTES);
		if (at >= end)
			return NULL;
		e = mem_view(search->image->source, at, (size_t)MIN(end - at, (uint64_t)1 << 20),
			     MEM_SEQUENTIAL, &view);

		if (e && err_code(e) == ERR_NOMEM)
			return e;
		if (e) {
			err_free(e);
			at += STEP_BYTES;
			continue;
		}
		for (size_t n = 0; n < view.len && !search->taken; n += STEP_BYTES) {
			size_t text_at = find_text(view.data + n, view.len - n);

			e = text_at == STEP_BYTES ? NULL : try_at(search, at + n + text_at);
			if (e)
				return e;
		}
		at += align_up_u64(view.len, STEP_BYTES);
	}
	return NULL;
}

struct err *infosearch(struct image *image, infosearch_try try, void *ctx, bool *ret_taken,
		       size_t *ret_tried)
{
	autofree struct search *search = calloc(1, sizeof(*search));
	const struct memmap *map = &image->memmap;

	if (!search)
		return err_nomem();
	search->image = image;
	search->try = try;
	search->ctx = ctx;
	for (size_t i = 0; i < map->nr; i++)
		search->total_bytes += map->range[i].file_size;
	for (size_t i = 0; i < map->nr && !search->taken; i++) {
		struct err *e = search_range(search, &map->range[i]);

		if (e)
			return e;
		search->done_bytes += map->range[i].file_size;
	}
	/* Found or not, it is over. */
	search->done_bytes = search->total_bytes;
	tick(search, 0);
	*ret_taken = search->taken;
	*ret_tried = search->tried;
	return NULL;
}
