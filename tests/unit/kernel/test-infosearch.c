// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/expect.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "util/base/str.h"
#include "util/image/image.h"
#include "util/kernel/infosearch.h"

#define TIB (UINT64_C(1) << 40)

enum { LIME_MAGIC = 0x4c694d45, LIME_HEADER = 32, TICKS_MAX = 100 };

/* A LiME image of one range from 0 on, in a file that is nothing but a hole for now. */
struct sea {
	int fd;
	struct image *image;

	char found[8]; /* the release's last character of each text, in their order */
	size_t found_nr;
	char wanted; /* 0: none */

	uint64_t done, total;
	size_t ticks_nr;
};

static void tick(void *ctx, uint64_t done, uint64_t total)
{
	struct sea *sea = ctx;

	assert_true(done >= sea->done && done <= total);
	sea->done = done;
	sea->total = total;
	sea->ticks_nr++;
}

static void sea_open(struct sea *sea, uint64_t size)
{
	uint8_t header[LIME_HEADER] = { 0 };

	*sea = (struct sea){ .fd = memfd_create("sea", MFD_CLOEXEC) };
	assert_true(sea->fd >= 0);
	store_u32(header, LIME_MAGIC, ORDER_LITTLE);
	store_u32(header + 4, 1, ORDER_LITTLE);
	store_u64(header + 16, size - 1, ORDER_LITTLE);
	assert_int_equal(pwrite(sea->fd, header, sizeof(header), 0), sizeof(header));
	assert_int_equal(ftruncate(sea->fd, (off_t)(LIME_HEADER + size)), 0);
}

static void sea_close(struct sea *sea)
{
	image_close(sea->image);
	close(sea->fd);
}

/* A text whose release ends with @name, as the kernel's own copy of it lies in memory. */
static void put_text(const struct sea *sea, uint64_t paddr, char name)
{
	guard(str) struct str text = STR_INIT;

	str_printf(&text, "OSRELEASE=6.1.0-%c\nPAGESIZE=4096\n", name);
	while (text.len < 300)
		str_add(&text, "NUMBER(nothing)=0\n");
	assert_int_equal(pwrite(sea->fd, text.s, text.len + 1, (off_t)(LIME_HEADER + paddr)),
			 text.len + 1);
}

static struct err *look(void *ctx, const char *text, size_t len, bool *ret_taken)
{
	struct sea *sea = ctx;

	assert_int_equal(strlen(text), len);
	assert_true(sea->found_nr < sizeof(sea->found) - 1);
	sea->found[sea->found_nr] = text[strlen("OSRELEASE=6.1.0-")];
	*ret_taken = sea->found[sea->found_nr++] == sea->wanted;
	return NULL;
}

static void search_for(struct sea *sea, char wanted, bool expected)
{
	struct image_config config = { .watch = { .tick = tick, .ctx = sea } };
	size_t tried = 0;
	bool taken = !expected;
	char path[40];

	sea->wanted = wanted;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", sea->fd);
	expect_ok(image_open(path, &config, NULL, &sea->image));
	expect_ok(infosearch(sea->image, look, sea, &taken, &tried));
	assert_int_equal(taken, expected);
	assert_int_equal(tried, sea->found_nr);
}

static void holes_are_passed_over(void **state)
{
	struct sea sea;

	(void)state;
	sea_open(&sea, TIB);
	put_text(&sea, 0, 'a');
	put_text(&sea, TIB / 2, 'b');
	put_text(&sea, TIB / 2 + 8192, 'c');
	put_text(&sea, TIB - 4096, 'd');
	search_for(&sea, 0, false);
	assert_string_equal(sea.found, "abcd");
	assert_true(sea.ticks_nr < TICKS_MAX);
	sea_close(&sea);
}

static void a_hole_at_the_end_of_half_a_page_ends_the_search(void **state)
{
	struct sea sea;

	(void)state;
	sea_open(&sea, TIB + 100);
	put_text(&sea, 4096, 'a');
	search_for(&sea, 0, false);
	assert_string_equal(sea.found, "a");
	assert_true(sea.ticks_nr < TICKS_MAX);
	sea_close(&sea);
}

static void whoever_watches_sees_the_end(void **state)
{
	struct sea sea;

	(void)state;
	sea_open(&sea, 64 << 20);
	for (uint64_t paddr = 0; paddr < 64 << 20; paddr += 1 << 20)
		assert_int_equal(pwrite(sea.fd, "x", 1, (off_t)(LIME_HEADER + paddr + 1)), 1);
	put_text(&sea, 10 << 20, 'a');
	put_text(&sea, 20 << 20, 'b');
	put_text(&sea, 30 << 20, 'c');
	search_for(&sea, 'b', true);
	assert_string_equal(sea.found, "ab");
	assert_true(sea.ticks_nr >= 20);
	assert_int_equal(sea.total, 64 << 20);
	assert_int_equal(sea.done, sea.total);
	sea_close(&sea);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holes_are_passed_over),
		cmocka_unit_test(a_hole_at_the_end_of_half_a_page_ends_the_search),
		cmocka_unit_test(whoever_watches_sees_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
