// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/expect.h"

#include <stdlib.h>
#include <unistd.h>

#include "tests/lib/elfcore.h"
#include "util/image/image.h"

#define NOTES_AT UINT64_C(0x1000)

static int enter_scratch(void **state)
{
	static char name[] = "/tmp/vmtool-test-elfnotes.XXXXXX";

	*state = mkdtemp(name);
	return *state && !chdir(*state) ? 0 : -1;
}

static int leave_scratch(void **state)
{
	char command[80];

	snprintf(command, sizeof(command), "rm -rf '%s'", (const char *)*state);
	return chdir("/") || system(command) ? -1 : 0;
}

struct opened {
	struct elfcore core;
	struct notes notes;
	struct image *image;
	uint64_t end; /* of the notes put so far */
};

static void setup(struct opened *o)
{
	*o = (struct opened){ .notes = NOTES_INIT, .end = NOTES_AT };
	elfcore_init(&o->core);
	elfcore_segment(&o->core, PT_LOAD, 0, 0, 64, 64);
}

static void release(struct opened *o)
{
	image_close(o->image);
	notes_release(&o->notes);
	elfcore_release(&o->core);
}

static void add_note(struct opened *o, const char *name, uint32_t type, const char *text)
{
	o->end = elfcore_note(&o->core, o->end, name, type, text, (uint32_t)strlen(text));
}

/* What was put since the last time is a segment. */
static void end_segment(struct opened *o, uint64_t from)
{
	elfcore_segment(&o->core, PT_NOTE, 0, from, o->end - from, 0);
}

static void open_core(struct opened *o, size_t size)
{
	struct image_config config = { .file = { .budget_bytes = 0 } };

	elfcore_write(&o->core, "core", size);
	expect_ok(image_open("core", &config, &o->notes, &o->image));
}

static void expect_vmcoreinfo(const struct opened *o, const char *text, uint64_t offset)
{
	assert_non_null(o->image->vmcoreinfo);
	assert_string_equal(o->image->vmcoreinfo, text);
	assert_int_equal(o->image->vmcoreinfo_size, strlen(text));
	assert_int_equal(o->image->vmcoreinfo_offset, offset);
}

static void vmcoreinfo_is_taken_and_processors_are_counted(void **state)
{
	struct opened o;
	char text[15] = "";

	(void)state;
	setup(&o);
	add_note(&o, "CORE", NT_PRSTATUS, "registers of cpu 0");
	add_note(&o, "CORE", NT_PRSTATUS, "of cpu 1");
	add_note(&o, "CORE", NT_FPREGSET, "something else");
	add_note(&o, "LINUX", NT_PRSTATUS, "not a cpu");
	add_note(&o, "VMCOREINFO", 0, "PAGESIZE=4096\n");
	end_segment(&o, NOTES_AT);
	open_core(&o, 0);
	assert_int_equal(o.notes.nr, 0);
	assert_int_equal(o.image->cpus_nr, 2);
	assert_int_equal(o.image->notes_size, o.end - NOTES_AT);
	expect_vmcoreinfo(&o, "PAGESIZE=4096\n", o.end - NOTES_AT - 16);
	/* The offset is where a reader of the copied notes finds the text. */
	expect_ok(image_read_notes(o.image, o.image->vmcoreinfo_offset, text, 14));
	assert_string_equal(text, "PAGESIZE=4096\n");
	release(&o);
}

static void notes_in_several_segments_follow_each_other(void **state)
{
	struct opened o;
	uint64_t second;
	uint8_t both[128];

	(void)state;
	setup(&o);
	add_note(&o, "CORE", NT_PRSTATUS, "registers of cpu 0");
	end_segment(&o, NOTES_AT);
	second = o.end = 0x3000;
	add_note(&o, "CORE", NT_PRSTATUS, "of cpu 1");
	add_note(&o, "VMCOREINFO", 0, "PAGESIZE=4096\n");
	end_segment(&o, second);
	open_core(&o, 0);
	assert_int_equal(o.image->cpus_nr, 2);
	assert_int_equal(o.image->note_ranges_nr, 2);
	expect_vmcoreinfo(&o, "PAGESIZE=4096\n", 40 + 28 + 24);

	assert_int_equal(o.image->notes_size, 40 + o.end - second);
	expect_ok(image_read_notes(o.image, 0, both, (size_t)o.image->notes_size));
	assert_memory_equal(both, o.core.bytes + NOTES_AT, 40);
	assert_memory_equal(both + 40, o.core.bytes + second, (size_t)(o.end - second));
	expect_ok(image_read_notes(o.image, 39, both, 2));
	assert_int_equal(both[0], o.core.bytes[NOTES_AT + 39]);
	assert_int_equal(both[1], o.core.bytes[second]);
	expect_ok(image_read_notes(o.image, o.image->notes_size, both, 0));
	expect_err(image_read_notes(o.image, o.image->notes_size, both, 1), ERR_NODATA, "beyond");
	expect_err(image_read_notes(o.image, 1, both, (size_t)o.image->notes_size), ERR_NODATA,
		   "beyond");
	expect_err(image_read_notes(o.image, UINT64_MAX, both, 2), ERR_NODATA, "beyond");
	release(&o);
}

static void zeros_behind_the_last_note_are_the_end(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	add_note(&o, "CORE", NT_PRSTATUS, "cpu");
	o.end += 1000; /* zeros */
	add_note(&o, "CORE", NT_PRSTATUS, "behind the end");
	end_segment(&o, NOTES_AT);
	open_core(&o, 0);
	assert_int_equal(o.image->cpus_nr, 1);
	assert_int_equal(o.notes.nr, 0);
	assert_int_equal(o.image->notes_size, 24);
	release(&o);
}

static void text_ends_at_its_first_nul(void **state)
{
	static const char text[] = "PAGESIZE=4096\n\0SIZE(page)=64\n\0\0\0";
	struct opened o;

	(void)state;
	setup(&o);
	o.end = elfcore_note(&o.core, o.end, "VMCOREINFO", 0, text, sizeof(text));
	end_segment(&o, NOTES_AT);
	open_core(&o, 0);
	expect_vmcoreinfo(&o, "PAGESIZE=4096\n", 24);
	release(&o);

	setup(&o);
	o.end = elfcore_note(&o.core, o.end, "VMCOREINFO", 0, "", 0);
	end_segment(&o, NOTES_AT);
	open_core(&o, 0);
	expect_vmcoreinfo(&o, "", 24);
	release(&o);
}

/* Text up to the last byte of the note, and of the file. */
static void text_without_a_nul_is_whole(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	add_note(&o, "VMCOREINFO", 0, "ABCDEFG=12345678");
	end_segment(&o, NOTES_AT);
	o.core.size = o.end;
	open_core(&o, 0);
	expect_vmcoreinfo(&o, "ABCDEFG=12345678", 24);
	release(&o);
}

static void what_xen_says_is_taken(void **state)
{
	static const uint8_t crash[80] = { 4, [8] = 17, [79] = 1 };
	static const uint8_t long_crash[200] = { 1 };
	struct opened o;

	(void)state;
	setup(&o);
	o.end = elfcore_note(&o.core, o.end, "Xen", 0x1000002, crash, 32);
	o.end = elfcore_note(&o.core, o.end, "Xen", 0x1000001, long_crash, sizeof(long_crash));
	o.end = elfcore_note(&o.core, o.end, "Xen", 0x1000001, crash, sizeof(crash));
	o.end = elfcore_note(&o.core, o.end, "Xen", 0x1000001, crash + 8, 72);
	add_note(&o, "VMCOREINFO_XEN", 0, "SIZE(page_info)=32\n");
	add_note(&o, "VMCOREINFO_XEN", 0, "another\n");
	end_segment(&o, NOTES_AT);
	open_core(&o, 0);
	assert_null(o.image->vmcoreinfo);
	assert_string_equal(o.image->xen_info, "SIZE(page_info)=32\n");
	assert_int_equal(o.image->xen_crash_size, sizeof(crash));
	assert_memory_equal(o.image->xen_crash, crash, sizeof(crash));
	release(&o);
}

static void names_must_be_exact(void **state)
{
	static const char *const others[] = {
		"VMCOREINFO_XEN",
		"vmcoreinfo",
		"VMCOREINF",
		"",
		"VMCOREINFO and then a name that is longer than any we know",
	};
	struct opened o;

	(void)state;
	setup(&o);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		add_note(&o, others[i], 0, "NOT=us\n");
	end_segment(&o, NOTES_AT);
	open_core(&o, 0);
	assert_null(o.image->vmcoreinfo);
	assert_int_equal(o.notes.nr, 0);
	release(&o);
}

/* Name size 10: no NUL in the file, the name is there all the same. */
static void a_name_need_not_have_its_nul(void **state)
{
	struct opened o;
	uint8_t size[4];

	(void)state;
	setup(&o);
	add_note(&o, "VMCOREINFO", 0, "A=1\n");
	store_u32(size, 10, ORDER_LITTLE);
	elfcore_put(&o.core, NOTES_AT, size, 4);
	elfcore_put(&o.core, NOTES_AT + 22, "xx", 2); /* padding */
	end_segment(&o, NOTES_AT);
	open_core(&o, 0);
	expect_vmcoreinfo(&o, "A=1\n", 24);
	release(&o);
}

static void of_two_texts_the_first_counts(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	add_note(&o, "VMCOREINFO", 0, "FIRST=1\n");
	add_note(&o, "VMCOREINFO", 0, "SECOND=1\n");
	end_segment(&o, NOTES_AT);
	open_core(&o, 0);
	expect_vmcoreinfo(&o, "FIRST=1\n", 24);
	assert_int_equal(notes_with(&o.notes, "second VMCOREINFO"), 1);
	release(&o);
}

static void a_text_that_was_replaced_is_found_no_more(void **state)
{
	char name[12];
	struct opened o;

	(void)state;
	setup(&o);
	add_note(&o, "VMCOREINFO", 0, "FIRST=1\n");
	add_note(&o, "VMCOREINFO", 0, "SECOND=1\n");
	end_segment(&o, NOTES_AT);
	open_core(&o, 0);
	expect_ok(image_add_vmcoreinfo(o.image, "THIRD=1\n", 8));
	assert_string_equal(o.image->vmcoreinfo, "THIRD=1\n");
	expect_ok(image_read_notes(o.image, 12, name, sizeof(name)));
	assert_memory_equal(name, "REPLACED\0\0\0", sizeof(name));
	expect_ok(image_read_notes(o.image, 32 + 12 + 3, name, 1));
	assert_int_equal(name[0], 'L');
	expect_ok(image_read_notes(o.image, o.image->vmcoreinfo_offset - 12, name, sizeof(name)));
	assert_memory_equal(name, "VMCOREINFO\0", sizeof(name));
	release(&o);
}

static void sizes_that_lie_end_the_walk_with_a_remark(void **state)
{
	static const uint32_t lies[] = { 33, 1000, 0x7fffffff, 0xfffffffc, UINT32_MAX };

	(void)state;
	for (size_t field = 0; field < 2; field++) {
		for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
			struct opened o;
			uint64_t lying;
			uint8_t size[4];

			setup(&o);
			add_note(&o, "CORE", NT_PRSTATUS, "cpu");
			lying = o.end;
			add_note(&o, "VMCOREINFO", 0, "A=1\n");
			store_u32(size, lies[i], ORDER_LITTLE);
			elfcore_put(&o.core, lying + 4 * field, size, 4);
			end_segment(&o, NOTES_AT);
			open_core(&o, 0);
			assert_int_equal(o.image->cpus_nr, 1);
			assert_null(o.image->vmcoreinfo);
			assert_int_equal(notes_with(&o.notes, "run over the end"), 1);
			release(&o);
		}
	}
}

static void a_text_too_long_is_not_believed(void **state)
{
	struct opened o;
	uint8_t size[4];

	(void)state;
	setup(&o);
	add_note(&o, "VMCOREINFO", 0, "A=1\n");
	store_u32(size, (1 << 20) + 1, ORDER_LITTLE);
	elfcore_put(&o.core, NOTES_AT + 4, size, 4);
	elfcore_segment(&o.core, PT_NOTE, 0, NOTES_AT, 2 << 20, 0);
	elfcore_write(&o.core, "core", 0);
	assert_int_equal(truncate("core", 4 << 20), 0);
	expect_ok(image_open("core", &(struct image_config){ .file = { .budget_bytes = 0 } },
			     &o.notes, &o.image));
	assert_null(o.image->vmcoreinfo);
	assert_int_equal(notes_with(&o.notes, "not believed"), 1);
	release(&o);
}

static void notes_cut_short_are_good_as_far_as_they_go(void **state)
{
	struct opened whole;

	(void)state;
	setup(&whole);
	add_note(&whole, "CORE", NT_PRSTATUS, "cpu"); /* 24 bytes */
	add_note(&whole, "VMCOREINFO", 0, "A=1\n");   /* 28 */
	end_segment(&whole, NOTES_AT);
	for (uint64_t size = NOTES_AT + 1; size < whole.end; size++) {
		struct opened o = { .core = whole.core, .notes = NOTES_INIT };

		open_core(&o, (size_t)size);
		assert_int_equal(o.image->truncated_bytes, whole.end - size);
		assert_int_equal(o.image->cpus_nr, size >= NOTES_AT + 23);
		assert_int_equal(o.image->notes_size,
				 o.image->cpus_nr ? MIN(size - NOTES_AT, UINT64_C(24)) : 0);
		assert_null(o.image->vmcoreinfo);
		assert_int_equal(notes_with(&o.notes, "ends inside its ELF notes"), 1);
		image_close(o.image);
		notes_release(&o.notes);
	}
	release(&whole);
}

static void more_segments_than_are_kept_are_told(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	for (int i = 0; i < IMAGE_NOTE_RANGES_MAX + 3; i++) {
		uint64_t from = o.end;

		add_note(&o, "CORE", NT_PRSTATUS, "cpu");
		end_segment(&o, from);
	}
	o.core.ehdr.e_phoff = 0x8000;
	open_core(&o, 0);
	assert_int_equal(o.image->cpus_nr, IMAGE_NOTE_RANGES_MAX);
	assert_int_equal(notes_with(&o.notes, "more than 64 note segments"), 1);
	release(&o);
}

static void notes_of_the_other_byte_order_are_read(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	o.core.order = ORDER_BIG;
	o.core.ehdr.e_ident[EI_DATA] = ELFDATA2MSB;
	add_note(&o, "CORE", NT_PRSTATUS, "cpu");
	add_note(&o, "VMCOREINFO", 0, "A=1\n");
	end_segment(&o, NOTES_AT);
	open_core(&o, 0);
	assert_int_equal(o.image->cpus_nr, 1);
	expect_vmcoreinfo(&o, "A=1\n", 24 + 24);
	release(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vmcoreinfo_is_taken_and_processors_are_counted),
		cmocka_unit_test(notes_in_several_segments_follow_each_other),
		cmocka_unit_test(zeros_behind_the_last_note_are_the_end),
		cmocka_unit_test(text_ends_at_its_first_nul),
		cmocka_unit_test(text_without_a_nul_is_whole),
		cmocka_unit_test(names_must_be_exact),
		cmocka_unit_test(what_xen_says_is_taken),
		cmocka_unit_test(a_name_need_not_have_its_nul),
		cmocka_unit_test(of_two_texts_the_first_counts),
		cmocka_unit_test(a_text_that_was_replaced_is_found_no_more),
		cmocka_unit_test(sizes_that_lie_end_the_walk_with_a_remark),
		cmocka_unit_test(a_text_too_long_is_not_believed),
		cmocka_unit_test(notes_cut_short_are_good_as_far_as_they_go),
		cmocka_unit_test(more_segments_than_are_kept_are_told),
		cmocka_unit_test(notes_of_the_other_byte_order_are_read),
	};

	return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
