// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/mem/arena.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "util/base/bitmap.h"
#include "util/base/checked.h"

struct err *arena_init(struct arena *arena, size_t pages_nr)
{
	void *base = mmap(NULL, pages_nr * ARENA_PAGE_BYTES, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	*arena = (struct arena){ .pages_nr = pages_nr };
	if (base == MAP_FAILED)
		return err_nomem();
	arena->base = base;

	/* A huge page would make 2 MiB resident for the sake of one buffer. */
	madvise(base, pages_nr * ARENA_PAGE_BYTES, MADV_NOHUGEPAGE);

	arena->used = calloc(1, bitmap_bytes(pages_nr));
	arena->touched = calloc(1, bitmap_bytes(pages_nr));
	if (!arena->used || !arena->touched) {
		arena_release(arena);
		return err_nomem();
	}
	return NULL;
}

void arena_release(struct arena *arena)
{
	if (arena->base)
		munmap(arena->base, arena->pages_nr * ARENA_PAGE_BYTES);
	free(arena->used);
	free(arena->touched);
	*arena = (struct arena){ .pages_nr = 0 };
}

size_t arena_find(const struct arena *arena, size_t pages_nr)
{
	size_t page;

	if (pages_nr == 1) {
		page = bitmap_next_clear(arena->used, arena->pages_nr, arena->first_free);
		return page < arena->pages_nr ? page : ARENA_NONE;
	}

	for (page = arena->pages_nr / pages_nr * pages_nr; page;) {
		page -= pages_nr;
		if (bitmap_next_set(arena->used, page + pages_nr, page) == page + pages_nr)
			return page;
	}
	return ARENA_NONE;
}

void arena_take(struct arena *arena, size_t page, size_t pages_nr)
{
	size_t end = page + pages_nr;

	for (size_t i = page; i < end; i++)
		arena->idle_nr -= bitmap_test(arena->touched, i);
	bitmap_set_range(arena->used, page, pages_nr);
	bitmap_set_range(arena->touched, page, pages_nr);
	if (page == arena->first_free)
		arena->first_free = end;
}

void arena_free(struct arena *arena, size_t page, size_t pages_nr)
{
	bitmap_clear_range(arena->used, page, pages_nr);
	arena->idle_nr += pages_nr;
	arena->first_free = MIN(arena->first_free, page);
}

void arena_trim(struct arena *arena)
{
	size_t system_page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	size_t page = 0;

	if (!arena->idle_nr)
		return;
	for (;;) {
		size_t start, end;

		page = bitmap_next_clear(arena->used, arena->pages_nr, page);
		if (page == arena->pages_nr)
			break;
		start = page * ARENA_PAGE_BYTES;
		page = bitmap_next_set(arena->used, arena->pages_nr, page);
		end = page * ARENA_PAGE_BYTES;

		start = align_up_u64(start, system_page_bytes);
		end = align_down_u64(end, system_page_bytes);
		if (start < end)
			madvise(arena->base + start, end - start, MADV_DONTNEED);
	}
	for (page = 0; page < bitmap_bytes(arena->pages_nr); page++)
		arena->touched[page] = arena->used[page];
	arena->idle_nr = 0;
}
