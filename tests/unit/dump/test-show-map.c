// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/cleanup.h"
#include "util/dump/show-map.h"

/*
 * 1 GiB with a hole of 2 GiB in it: 2048 pages a cell, a cell of two classes, one not in the dump.
 */
static struct memorymap_cell cells[] = {
	{ .place = 0, .there = { [PAGE_KERNEL] = 1500, [PAGE_FREE] = 548 } },
	{ .place = 1, .gone = { [PAGE_USER] = 2048 } },
	{ .place = 320, .there = { [PAGE_SLAB] = 100 }, .gone = { [PAGE_FREE] = 10 } },
};

static struct map example(void)
{
	struct map map = {
		.release = "6.1.0 <test>",
		.page_size = 4096,
		.cell_pages = 2048,
		.cell = cells,
		.cells_nr = ARRAY_SIZE(cells),
		.there = { [PAGE_KERNEL] = 1500, [PAGE_FREE] = 548, [PAGE_SLAB] = 100 },
		.gone = { [PAGE_USER] = 2048, [PAGE_FREE] = 10 },
		.blocks_known = true,
		.orders_nr = 3,
		.types_nr = 2,
		.types.name[1] = "Movable",
	};

	map.blocks[0][1] = 4711;
	map.blocks[2][0] = 42;
	return map;
}

/* What is printed, as a string of the caller's. */
#define PRINTED(print)                                                                             \
	({                                                                                         \
		char *text_ = NULL;                                                                \
		size_t len_;                                                                       \
		FILE *out = open_memstream(&text_, &len_);                                         \
		assert_non_null(out);                                                              \
		print;                                                                             \
		fclose(out);                                                                       \
		text_;                                                                             \
	})

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no '%s' in:\n%s", part, text);
}

static void letters_stand_at_their_addresses(void **state)
{
	struct map map = example();
	autofree char *text = PRINTED(expect_ok(map_show_text(out, &map, false)));

	(void)state;
	assert_has(text, "       0x0  Ku\n       ...\n0xa0000000  S\n");
}

static void a_kernel_s_name_is_a_harmless_line(void **state)
{
	struct map map = example();
	autofree char *text = NULL;

	(void)state;
	snprintf(map.release, sizeof(map.release), "6.1\033[31m\n");
	text = PRINTED(expect_ok(map_show_text(out, &map, false)));
	assert_has(text, "kernel 6.1?[31m?, ");
}

static void free_blocks_are_a_table_of_order_and_type(void **state)
{
	struct map map = example();
	autofree char *text = PRINTED(expect_ok(map_show_text(out, &map, false)));

	(void)state;
	assert_has(text, "  order        size     type  0     Movable\n");
	assert_has(text, "  0        4.00 KiB           0        4711\n");
	assert_has(text, "  2        16.0 KiB          42           0\n");
}

static void json_says_which_blocks_are_known(void **state)
{
	struct map map = example();
	struct notes notes = { .nr = 0 };
	autofree char *text = PRINTED(map_show_json(out, &map, &notes));
	autofree char *unknown = NULL;

	(void)state;
	assert_has(text, "\"blocks\": 4711");
	assert_has(text, "\"migrate_type_name\": \"Movable\"");
	assert_has(text, "\"migrate_type_name\": null");
	map.blocks_known = false;
	unknown = PRINTED(map_show_json(out, &map, &notes));
	assert_has(unknown, "\"free_blocks\": null");
}

static void a_picture_stacks_classes_and_escapes_names(void **state)
{
	struct map map = example();
	autofree char *text = PRINTED(expect_ok(map_show_svg(out, &map)));

	(void)state;
	assert_has(text, "kernel 6.1.0 &lt;test&gt;");
	/*
	 * Cells are 8 by 11 and the first line ends at 95: 1500 of 2048 pages from below, the rest
	 * on top.
	 */
	assert_has(text, "M150 86.94h8v8.06h-8z");
	assert_has(text, "M150 84.00h8v2.94h-8z");
	assert_has(text, "class=\"gone\" d=\"M158 84.00h8v11.00h-8z");
	assert_has(text, ">4711<");
	assert_has(text, ">no memory<");
}

static void an_empty_map_is_a_picture_too(void **state)
{
	struct map map = { .page_size = 4096, .cell_pages = 1 };
	autofree char *text = PRINTED(expect_ok(map_show_svg(out, &map)));
	autofree char *letters = PRINTED(expect_ok(map_show_text(out, &map, true)));

	(void)state;
	assert_has(text, "</svg>");
	assert_has(letters, "kernel not known");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(letters_stand_at_their_addresses),
		cmocka_unit_test(a_kernel_s_name_is_a_harmless_line),
		cmocka_unit_test(free_blocks_are_a_table_of_order_and_type),
		cmocka_unit_test(json_says_which_blocks_are_known),
		cmocka_unit_test(a_picture_stacks_classes_and_escapes_names),
		cmocka_unit_test(an_empty_map_is_a_picture_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
