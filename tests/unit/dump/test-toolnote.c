// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/expect.h"

#include <stdlib.h>

#include "util/dump/toolnote.h"

/* The largest numbers there can be: the note has room for them. */
static void what_is_written_is_read(void **state)
{
	struct dump_report report = {
		.level = 31,
		.level_effective = 1,
		.level_before = 30,
		.zero_pages = UINT64_MAX,
		.dropped_zero = UINT64_MAX,
		.unreadable = UINT64_MAX,
		.struct_pages_unreadable = UINT64_MAX,
	};
	uint8_t bytes[TOOLNOTE_BYTES];
	struct toolnote note;

	(void)state;
	memset(&report.counts, 0xff, sizeof(report.counts));
	toolnote_make(codec_find("zlib"), &report, ORDER_BIG, bytes);
	assert_int_equal(load_u32(bytes, ORDER_BIG), 7);
	assert_int_equal(load_u32(bytes + 4, ORDER_BIG), TOOLNOTE_BYTES - 20);
	assert_int_equal(load_u32(bytes + 8, ORDER_BIG), TOOLNOTE_TYPE);
	assert_memory_equal(bytes + 12, "VMTOOL\0", 8);
	assert_int_equal(bytes[TOOLNOTE_BYTES - 1], 0);

	expect_ok(toolnote_read((char *)bytes + 20, &note));
	assert_true(note.version[0]);
	assert_non_null(strstr(note.codec, "zlib ("));
	assert_int_equal(note.level, 31);
	assert_int_equal(note.level_effective, 1);
	assert_int_equal(note.level_before, 30);
	assert_memory_equal(&note.counts, &report.counts, sizeof(note.counts));
	assert_true(note.zero_pages == UINT64_MAX && note.zero_left_out == UINT64_MAX);
	assert_true(note.unreadable == UINT64_MAX && note.struct_pages_unreadable == UINT64_MAX);
}

/* crash looks at these whatever the owner's name. */
static void the_type_is_none_that_readers_know(void **state)
{
	static const uint32_t known[] = { 1, 4, 0x10, 0x700, 0x1000001 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		assert_int_not_equal(TOOLNOTE_TYPE, known[i]);
}

static void notes_of_other_versions_are_read_as_far_as_they_go(void **state)
{
	struct toolnote note;

	(void)state;
	expect_ok(toolnote_read("VERSION=99\nLEVEL=x\nPAGES_KEPT=7\nNEW(thing)=1\n", &note));
	assert_string_equal(note.version, "99");
	assert_int_equal(note.level, 0);
	assert_int_equal(note.counts.kept, 7);
	expect_ok(toolnote_read("", &note));
	assert_string_equal(note.version, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(the_type_is_none_that_readers_know),
		cmocka_unit_test(notes_of_other_versions_are_read_as_far_as_they_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
