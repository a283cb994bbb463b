// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/base/cleanup.h"
#include "util/mem/source.h"

/* 100 bytes of memory, each its own address, that lie together in pieces of 10. */
enum { MEMORY_BYTES = 100, PIECE_BYTES = 10 };

struct pieces {
	struct mem_source source;
	uint8_t memory[MEMORY_BYTES];
	int views;
};

static struct err *pieces_view(struct mem_source *source, uint64_t paddr, size_t len_max,
			       enum mem_access access, struct mem_view *ret_view)
{
	struct pieces *pieces = (struct pieces *)source;
	size_t here = PIECE_BYTES - paddr % PIECE_BYTES;

	(void)access;
	pieces->views++;
	if (paddr >= MEMORY_BYTES)
		return err_new(ERR_NODATA, "no memory there");
	*ret_view = (struct mem_view){
		.data = pieces->memory + paddr,
		.len = len_max < here ? len_max : here,
	};
	return NULL;
}

static const struct mem_source_ops pieces_ops = { .view = pieces_view };

static struct pieces pieces_make(void)
{
	struct pieces pieces = { .source.ops = &pieces_ops };

	for (int i = 0; i < MEMORY_BYTES; i++)
		pieces.memory[i] = (uint8_t)i;
	return pieces;
}

static void read_puts_pieces_together(void **state)
{
	struct pieces pieces = pieces_make();
	uint8_t buf[34];

	(void)state;
	assert_null(mem_read(&pieces.source, 5, buf, sizeof(buf), MEM_RANDOM));
	assert_memory_equal(buf, pieces.memory + 5, sizeof(buf));
	assert_int_equal(pieces.views, 4);
}

static void a_read_of_nothing_asks_for_nothing(void **state)
{
	struct pieces pieces = pieces_make();

	(void)state;
	assert_null(mem_read(&pieces.source, 500, NULL, 0, MEM_RANDOM));
	assert_int_equal(pieces.views, 0);
}

static void a_read_that_leaves_memory_fails(void **state)
{
	struct pieces pieces = pieces_make();
	uint8_t buf[20];
	autoerr struct err *e = mem_read(&pieces.source, 90, buf, sizeof(buf), MEM_RANDOM);

	(void)state;
	assert_non_null(e);
	assert_int_equal(err_code(e), ERR_NODATA);
}

static void a_read_around_the_end_of_the_address_space_fails(void **state)
{
	struct pieces pieces = pieces_make();
	uint8_t buf[20];
	autoerr struct err *e =
		mem_read(&pieces.source, UINT64_MAX - 4, buf, sizeof(buf), MEM_RANDOM);

	(void)state;
	assert_non_null(e);
	assert_int_equal(err_code(e), ERR_NODATA);
	assert_int_equal(pieces.views, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_puts_pieces_together),
		cmocka_unit_test(a_read_of_nothing_asks_for_nothing),
		cmocka_unit_test(a_read_that_leaves_memory_fails),
		cmocka_unit_test(a_read_around_the_end_of_the_address_space_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
