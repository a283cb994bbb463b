// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "util/mem/arena.h"

enum { PAGES_NR = 100 };

static int open_arena(void **state)
{
	struct arena *arena = malloc(sizeof(*arena));

	assert_non_null(arena);
	assert_null(arena_init(arena, PAGES_NR));
	*state = arena;
	return 0;
}

static int close_arena(void **state)
{
	arena_release(*state);
	free(*state);
	return 0;
}

static size_t take(struct arena *arena, size_t pages_nr)
{
	size_t page = arena_find(arena, pages_nr);

	if (page != ARENA_NONE) {
		arena_take(arena, page, pages_nr);
		memset(arena_page(arena, page), 1, pages_nr * ARENA_PAGE_BYTES);
	}
	return page;
}

static size_t resident_nr(const struct arena *arena)
{
	unsigned char resident[PAGES_NR];
	size_t nr = 0;

	assert_int_equal(mincore(arena->base, (size_t)PAGES_NR * ARENA_PAGE_BYTES, resident), 0);
	for (size_t i = 0; i < PAGES_NR; i++)
		nr += resident[i] & 1;
	return nr;
}

static void single_pages_come_from_the_low_end(void **state)
{
	struct arena *arena = *state;

	assert_int_equal(take(arena, 1), 0);
	assert_int_equal(take(arena, 1), 1);
	assert_int_equal(take(arena, 1), 2);
	arena_free(arena, 1, 1);
	assert_int_equal(take(arena, 1), 1);
	assert_int_equal(take(arena, 1), 3);
}

static void long_runs_come_aligned_from_the_high_end(void **state)
{
	struct arena *arena = *state;

	/* Pages 96 to 99 make no run of 8. */
	assert_int_equal(take(arena, 8), 88);
	assert_int_equal(take(arena, 4), 96);
	assert_int_equal(take(arena, 8), 80);
	assert_int_equal(take(arena, 64), 0);
	assert_int_equal(take(arena, 32), ARENA_NONE);
}

static void every_page_can_be_had_once(void **state)
{
	struct arena *arena = *state;

	for (size_t i = 0; i < PAGES_NR; i++)
		assert_int_equal(take(arena, 1), i);
	assert_int_equal(take(arena, 1), ARENA_NONE);
	arena_free(arena, 99, 1);
	assert_int_equal(take(arena, 1), 99);
}

static void memory_stays_for_the_next_use_until_it_is_trimmed(void **state)
{
	struct arena *arena = *state;

	assert_int_equal(resident_nr(arena), 0);
	for (size_t i = 0; i < 10; i++)
		take(arena, 1);
	arena_free(arena, 2, 1);
	arena_free(arena, 7, 1);
	assert_int_equal(arena->idle_nr, 2);
	assert_int_equal(resident_nr(arena), 10);

	arena_trim(arena);
	assert_int_equal(arena->idle_nr, 0);
	assert_int_equal(resident_nr(arena), 8);
	assert_int_equal(arena_page(arena, 3)[0], 1);
	assert_int_equal(take(arena, 1), 2);
	assert_int_equal(arena->idle_nr, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(single_pages_come_from_the_low_end, open_arena,
						close_arena),
		cmocka_unit_test_setup_teardown(long_runs_come_aligned_from_the_high_end,
						open_arena, close_arena),
		cmocka_unit_test_setup_teardown(every_page_can_be_had_once, open_arena,
						close_arena),
		cmocka_unit_test_setup_teardown(memory_stays_for_the_next_use_until_it_is_trimmed,
						open_arena, close_arena),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
