// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/base/cleanup.h"
#include "util/mem/replace.h"

enum { PAGE = 4096, BUDGET_PAGES = 64, NODES_NR = 4096 };

/* A cache without contents: the key of a node is its place here. */
struct fixture {
	struct replace *replace;
	struct replace_node node[NODES_NR];
	uint64_t used_bytes;
};

static const struct replace_node *the_pinned;

static bool may_go(const struct replace_node *node)
{
	return node != the_pinned;
}

static int open_fixture(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	assert_null(replace_new((uint64_t)BUDGET_PAGES * PAGE, PAGE, &f->replace));
	the_pinned = NULL;
	*state = f;
	return 0;
}

static int close_fixture(void **state)
{
	struct fixture *f = *state;

	replace_free(f->replace);
	free(f);
	return 0;
}

static bool is_cached(const struct fixture *f, uint64_t key)
{
	return f->node[key].next != NULL;
}

static void use(struct fixture *f, uint64_t key, uint64_t pages_nr, bool walk)
{
	struct replace_node *node = &f->node[key];

	if (is_cached(f, key)) {
		replace_touch(f->replace, node, walk);
		return;
	}
	replace_miss(f->replace, node, key, pages_nr * PAGE, walk);
	while (f->used_bytes + node->bytes > (uint64_t)BUDGET_PAGES * PAGE) {
		struct replace_node *victim = replace_victim(f->replace, node, may_go);

		assert_non_null(victim);
		replace_evict(f->replace, victim);
		f->used_bytes -= victim->bytes;
	}
	replace_insert(f->replace, node);
	f->used_bytes += node->bytes;
}

static void use_range(struct fixture *f, uint64_t first, uint64_t nr, uint64_t pages_nr, bool walk)
{
	for (uint64_t key = first; key < first + nr; key++)
		use(f, key, pages_nr, walk);
}

static void what_was_used_once_goes_in_the_order_it_came(void **state)
{
	struct fixture *f = *state;

	use_range(f, 0, BUDGET_PAGES + 10, 1, false);
	for (uint64_t key = 0; key < BUDGET_PAGES + 10; key++)
		assert_int_equal(is_cached(f, key), key >= 10);
}

static void what_may_not_go_is_passed_over(void **state)
{
	struct fixture *f = *state;

	use_range(f, 0, BUDGET_PAGES, 1, false);
	the_pinned = &f->node[0];
	use_range(f, 100, 10, 1, false);
	assert_true(is_cached(f, 0));
	assert_false(is_cached(f, 1));

	use(f, 200, BUDGET_PAGES - 1, false);
	assert_true(is_cached(f, 0));
}

static void nothing_goes_when_nothing_may(void **state)
{
	const struct replace_node incoming = { .bytes = PAGE };
	struct fixture *f = *state;

	assert_null(replace_victim(f->replace, &incoming, may_go));
	use(f, 7, 1, false);
	the_pinned = &f->node[7];
	assert_null(replace_victim(f->replace, &incoming, may_go));
}

static void what_is_used_again_later_outlives_what_is_used_once(void **state)
{
	struct fixture *f = *state;

	use_range(f, 0, 20, 1, false);
	use_range(f, 0, 19, 1, false);
	use_range(f, 100, 1000, 1, false);
	for (uint64_t key = 0; key < 19; key++)
		assert_true(is_cached(f, key));
}

static void uses_in_quick_succession_count_as_one(void **state)
{
	struct fixture *f = *state;

	for (uint64_t key = 0; key < 20; key++)
		for (int times = 0; times < 512; times++)
			use(f, key, 1, false);
	use_range(f, 100, 1000, 1, false);
	for (uint64_t key = 0; key < 20; key++)
		assert_false(is_cached(f, key));
}

static void no_walk_flushes_what_lookups_need(void **state)
{
	struct fixture *f = *state;

	use_range(f, 0, BUDGET_PAGES / 2, 1, false);
	use_range(f, 100, 1000, 8, true);
	for (uint64_t key = 0; key < BUDGET_PAGES / 2; key++)
		assert_true(is_cached(f, key));
}

static void a_walk_keeps_its_share_under_lookups(void **state)
{
	struct fixture *f = *state;

	/* Two windows of a quarter of the budget each, as two walks side by side need. */
	use_range(f, 0, 2, BUDGET_PAGES / 4, true);
	for (int round = 0; round < 3; round++)
		use_range(f, 100, 1000, 1, false);
	assert_true(is_cached(f, 0));
	assert_true(is_cached(f, 1));
}

static void a_walk_may_use_what_lookups_leave(void **state)
{
	struct fixture *f = *state;

	use_range(f, 0, BUDGET_PAGES, 1, true);
	for (uint64_t key = 0; key < BUDGET_PAGES; key++)
		assert_true(is_cached(f, key));
}

static void a_lookup_in_a_window_does_not_make_it_precious(void **state)
{
	struct fixture *f = *state;

	use(f, 0, BUDGET_PAGES / 4, true);
	use(f, 1, 1, false);
	use(f, 0, BUDGET_PAGES / 4, false);
	assert_int_equal(f->node[0].queue, REPLACE_WALK);
}

static void what_comes_back_soon_after_it_went_is_precious(void **state)
{
	struct fixture *f = *state;

	use_range(f, 0, BUDGET_PAGES + 5, 1, false);
	assert_false(is_cached(f, 3));
	use(f, 3, 1, false);
	assert_int_equal(f->node[3].queue, REPLACE_FREQUENT);
	use(f, 2000, 1, false);
	assert_int_equal(f->node[2000].queue, REPLACE_RECENT);
}

static void a_new_set_takes_the_place_of_an_old_one(void **state)
{
	struct fixture *f = *state;

	for (int round = 0; round < 5; round++)
		use_range(f, 0, BUDGET_PAGES, 1, false);
	for (int round = 0; round < 20; round++)
		use_range(f, 2000, BUDGET_PAGES / 2, 1, false);
	for (uint64_t key = 2000; key < 2000 + BUDGET_PAGES / 2; key++)
		assert_true(is_cached(f, key));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_used_once_goes_in_the_order_it_came,
						open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(what_may_not_go_is_passed_over, open_fixture,
						close_fixture),
		cmocka_unit_test_setup_teardown(nothing_goes_when_nothing_may, open_fixture,
						close_fixture),
		cmocka_unit_test_setup_teardown(what_is_used_again_later_outlives_what_is_used_once,
						open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(uses_in_quick_succession_count_as_one, open_fixture,
						close_fixture),
		cmocka_unit_test_setup_teardown(no_walk_flushes_what_lookups_need, open_fixture,
						close_fixture),
		cmocka_unit_test_setup_teardown(a_walk_keeps_its_share_under_lookups, open_fixture,
						close_fixture),
		cmocka_unit_test_setup_teardown(a_walk_may_use_what_lookups_leave, open_fixture,
						close_fixture),
		cmocka_unit_test_setup_teardown(a_lookup_in_a_window_does_not_make_it_precious,
						open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(what_comes_back_soon_after_it_went_is_precious,
						open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(a_new_set_takes_the_place_of_an_old_one,
						open_fixture, close_fixture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
