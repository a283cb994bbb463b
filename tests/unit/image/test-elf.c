// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/expect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/elfcore.h"
#include "util/base/checked.h"
#include "util/image/image.h"

#define PAGE UINT64_C(4096)

static int enter_scratch(void **state)
{
	static char name[] = "/tmp/vmtool-test-elf.XXXXXX";

	*state = mkdtemp(name);
	return *state && !chdir(*state) ? 0 : -1;
}

static int leave_scratch(void **state)
{
	char command[80];

	snprintf(command, sizeof(command), "rm -rf '%s'", (const char *)*state);
	return chdir("/") || system(command) ? -1 : 0;
}

static struct err *open_image(const char *path, struct notes *notes, struct image **ret_image)
{
	struct image_config config = { .file = { .budget_bytes = 0 } };

	return image_open(path, &config, notes, ret_image);
}

static struct err *open_core(struct elfcore *core, struct notes *notes, struct image **ret_image)
{
	elfcore_write(core, "core", 0);
	return open_image("core", notes, ret_image);
}

/* Bytes that tell where in the file they are. */
static void put_pattern(struct elfcore *core, uint64_t offset, size_t len)
{
	for (size_t i = 0; i < len; i += 8) {
		uint8_t word[8];

		store_u64(word, offset + i, ORDER_LITTLE);
		elfcore_put(core, offset + i, word, MIN((size_t)8, len - i));
	}
}

/* Memory at @paddr is what the file has at @offset, which is a multiple of 8. */
static void expect_at(struct image *image, uint64_t paddr, uint64_t offset)
{
	uint8_t word[8];

	expect_ok(mem_read(image->source, paddr, word, sizeof(word), MEM_RANDOM));
	assert_int_equal(load_u64(word, ORDER_LITTLE), offset);
}

static void expect_nothing_at(struct image *image, uint64_t paddr, const char *part)
{
	uint8_t byte;

	expect_err(mem_read(image->source, paddr, &byte, 1, MEM_RANDOM), ERR_NODATA, part);
}

/* Two segments of four pages and a hole between them. */
static void simple_core(struct elfcore *core)
{
	elfcore_init(core);
	elfcore_segment(core, PT_LOAD, 0x100000, 0x1000, 4 * PAGE, 4 * PAGE);
	elfcore_segment(core, PT_LOAD, 0x200000, 0x5000, 4 * PAGE, 4 * PAGE);
	put_pattern(core, 0x1000, 8 * PAGE);
}

static void memory_is_read_by_physical_address(void **state)
{
	guard(image) struct image *image = NULL;
	guard(notes) struct notes notes = NOTES_INIT;
	struct elfcore core;

	(void)state;
	simple_core(&core);
	expect_ok(open_core(&core, &notes, &image));
	assert_int_equal(image->machine, EM_X86_64);
	assert_int_equal(image->order, ORDER_LITTLE);
	assert_int_equal(image->address_bits, 64);
	assert_int_equal(image->memmap.nr, 2);
	assert_int_equal(image->truncated_bytes, 0);
	assert_null(image->vmcoreinfo);
	assert_int_equal(notes.nr, 0);
	expect_at(image, 0x100000, 0x1000);
	expect_at(image, 0x103ff8, 0x4ff8);
	expect_at(image, 0x200008, 0x5008);
	expect_nothing_at(image, 0xfffff, "is not in the image");
	expect_nothing_at(image, 0x104000, "is not in the image");
	expect_nothing_at(image, UINT64_MAX, "wrap");
	elfcore_release(&core);
}

/* QEMU 7.2 and later: section headers stand between the ELF header and the program headers. */
static void program_headers_are_where_the_header_says(void **state)
{
	static const uint64_t phoffs[] = { 192, 0x9000, 0x9001, 0xf0007 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(phoffs); i++) {
		guard(image) struct image *image = NULL;
		struct elfcore core;

		simple_core(&core);
		core.ehdr.e_shoff = 64;
		core.ehdr.e_phoff = phoffs[i];
		expect_ok(open_core(&core, NULL, &image));
		expect_at(image, 0x200000, 0x5000);
		elfcore_release(&core);
	}
}

static void program_headers_may_be_longer_than_known(void **state)
{
	guard(image) struct image *image = NULL;
	struct elfcore core;

	(void)state;
	simple_core(&core);
	core.ehdr.e_phentsize = 100;
	expect_ok(open_core(&core, NULL, &image));
	assert_int_equal(image->memmap.nr, 2);
	expect_at(image, 0x200000, 0x5000);
	elfcore_release(&core);
}

static void many_program_headers_are_counted_in_a_section_header(void **state)
{
	guard(image) struct image *image = NULL;
	uint8_t shdr[sizeof(Elf64_Shdr)] = { 0 };
	struct elfcore core;

	(void)state;
	simple_core(&core);
	core.ehdr.e_phnum = PN_XNUM;
	core.ehdr.e_shoff = 0xa008;
	store_u32(shdr + offsetof(Elf64_Shdr, sh_info), 2, ORDER_LITTLE);
	elfcore_put(&core, core.ehdr.e_shoff, shdr, sizeof(shdr));
	expect_ok(open_core(&core, NULL, &image));
	assert_int_equal(image->memmap.nr, 2);
	image_close(take_ptr(image));

	store_u32(shdr + offsetof(Elf64_Shdr, sh_info), 0, ORDER_LITTLE);
	elfcore_put(&core, core.ehdr.e_shoff, shdr, sizeof(shdr));
	expect_err(open_core(&core, NULL, &image), ERR_FORMAT, "without program headers");
	store_u32(shdr + offsetof(Elf64_Shdr, sh_info), UINT32_MAX, ORDER_LITTLE);
	elfcore_put(&core, core.ehdr.e_shoff, shdr, sizeof(shdr));
	expect_err(open_core(&core, NULL, &image), ERR_FORMAT, "not believed");
	store_u32(shdr + offsetof(Elf64_Shdr, sh_info), 1 << 20, ORDER_LITTLE);
	elfcore_put(&core, core.ehdr.e_shoff, shdr, sizeof(shdr));
	expect_err(open_core(&core, NULL, &image), ERR_FORMAT, "run over the end");

	core.ehdr.e_shoff = 0;
	expect_err(open_core(&core, NULL, &image), ERR_FORMAT, "PN_XNUM");
	core.ehdr.e_shoff = UINT64_MAX - 10;
	expect_err(open_core(&core, NULL, &image), ERR_FORMAT, "PN_XNUM");
	core.ehdr.e_shoff = core.size - 63;
	expect_err(open_core(&core, NULL, &image), ERR_FORMAT, "PN_XNUM");
	elfcore_release(&core);
}

static void big_endian_cores_are_read(void **state)
{
	guard(image) struct image *image = NULL;
	struct elfcore core;

	(void)state;
	simple_core(&core);
	core.order = ORDER_BIG;
	core.ehdr.e_ident[EI_DATA] = ELFDATA2MSB;
	core.ehdr.e_machine = EM_S390;
	expect_ok(open_core(&core, NULL, &image));
	assert_int_equal(image->order, ORDER_BIG);
	assert_int_equal(image->machine, EM_S390);
	expect_at(image, 0x200000, 0x5000);
	elfcore_release(&core);
}

static void of_segments_that_overlap_the_first_one_counts(void **state)
{
	guard(image) struct image *image = NULL;
	struct elfcore core;

	(void)state;
	elfcore_init(&core);
	elfcore_segment(&core, PT_LOAD, 0x102000, 0x1000, 2 * PAGE, 2 * PAGE);
	elfcore_segment(&core, PT_LOAD, 0x100000, 0x3000, 8 * PAGE, 8 * PAGE);
	put_pattern(&core, 0x1000, 10 * PAGE);
	expect_ok(open_core(&core, NULL, &image));
	expect_at(image, 0x100000, 0x3000);
	expect_at(image, 0x102000, 0x1000);
	expect_at(image, 0x103ff8, 0x2ff8);
	expect_at(image, 0x104000, 0x7000);
	assert_int_equal(memmap_end(&image->memmap), 0x108000);
	elfcore_release(&core);
}

/* The kernel's text is in a segment of its own and in that of its memory: either copy will do. */
static void what_one_segment_lacks_another_may_have(void **state)
{
	guard(image) struct image *image = NULL;
	struct elfcore core;

	(void)state;
	elfcore_init(&core);
	elfcore_segment(&core, PT_LOAD, 0x100000, 0x1000, PAGE, 4 * PAGE);
	elfcore_segment(&core, PT_LOAD, 0x102000, 0x2000, 2 * PAGE, 3 * PAGE);
	elfcore_segment(&core, PT_LOAD, 0x100000, 0x4000, 2 * PAGE, 2 * PAGE);
	put_pattern(&core, 0x1000, 5 * PAGE);
	expect_ok(open_core(&core, NULL, &image));
	expect_at(image, 0x100000, 0x1000);
	expect_at(image, 0x101000, 0x5000);
	expect_at(image, 0x102000, 0x2000);
	expect_at(image, 0x103000, 0x3000);
	expect_nothing_at(image, 0x104000, "left out");
	assert_int_equal(memmap_end(&image->memmap), 0x105000);
	assert_true(memmap_covers(&image->memmap, 0x100000, 5 * PAGE));
	elfcore_release(&core);
}

/* What the file has behind it is the memory of another segment. */
static void a_segment_stores_no_more_than_its_memory(void **state)
{
	static const uint64_t file_sizes[] = { 5 * PAGE, 8 * PAGE, UINT64_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(file_sizes); i++) {
		guard(image) struct image *image = NULL;
		guard(notes) struct notes notes = NOTES_INIT;
		struct elfcore core;

		elfcore_init(&core);
		elfcore_segment(&core, PT_LOAD, 0x100000, 0x1000, file_sizes[i], 4 * PAGE);
		elfcore_segment(&core, PT_LOAD, 0x104000, 0x9000, 4 * PAGE, 4 * PAGE);
		put_pattern(&core, 0x1000, 12 * PAGE);
		expect_ok(open_core(&core, &notes, &image));
		assert_int_equal(notes.nr, 1);
		assert_int_equal(notes_with(&notes, "ELF program header 0 stores"), 1);
		assert_true(image->incomplete);
		assert_int_equal(image->truncated_bytes, 0);
		expect_at(image, 0x103ff8, 0x4ff8);
		expect_at(image, 0x104000, 0x9000);
		expect_nothing_at(image, 0x108000, "is not in the image");
		elfcore_release(&core);
	}
}

/* Those that ascend are taken whole, until the first one that does not. */
static void segments_out_of_order_are_as_good_as_in_order(void **state)
{
	static const size_t orders[][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		guard(image) struct image *image = NULL;
		struct elfcore core;

		elfcore_init(&core);
		for (size_t j = 0; j < 3; j++) {
			uint64_t n = orders[i][j];

			elfcore_segment(&core, PT_LOAD, 0x100000 + n * 4 * PAGE,
					0x1000 + n * 2 * PAGE, 2 * PAGE, 4 * PAGE);
		}
		put_pattern(&core, 0x1000, 6 * PAGE);
		expect_ok(open_core(&core, NULL, &image));
		assert_int_equal(image->memmap.nr, 3);
		for (uint64_t n = 0; n < 3; n++) {
			const struct memmap_range *range = &image->memmap.range[n];

			assert_int_equal(range->paddr, 0x100000 + n * 4 * PAGE);
			assert_int_equal(range->size, 4 * PAGE);
			assert_int_equal(range->file_size, 2 * PAGE);
			expect_at(image, range->paddr, 0x1000 + n * 2 * PAGE);
			expect_nothing_at(image, range->paddr + 2 * PAGE, "left out");
		}
		elfcore_release(&core);
	}
}

static void memory_that_is_not_stored_is_known_and_not_read(void **state)
{
	guard(image) struct image *image = NULL;
	struct elfcore core;

	(void)state;
	elfcore_init(&core);
	elfcore_segment(&core, PT_LOAD, 0x100000, 0x1000, PAGE + 16, 4 * PAGE);
	elfcore_segment(&core, PT_LOAD, 0x200000, 0, 0, 4 * PAGE);
	put_pattern(&core, 0x1000, 2 * PAGE);
	expect_ok(open_core(&core, NULL, &image));
	expect_at(image, 0x101008, 0x2008);
	expect_nothing_at(image, 0x101010, "left out");
	expect_nothing_at(image, 0x103fff, "left out");
	expect_nothing_at(image, 0x200000, "left out");
	assert_true(memmap_covers(&image->memmap, 0x200000, 4 * PAGE));
	assert_int_equal(image->truncated_bytes, 0);
	elfcore_release(&core);
}

static void a_file_cut_short_says_how_much_is_gone(void **state)
{
	struct elfcore core;

	(void)state;
	simple_core(&core);
	for (size_t size = 0x1000; size <= core.size; size += 1016) {
		guard(image) struct image *image = NULL;

		elfcore_write(&core, "core", size);
		expect_ok(open_image("core", NULL, &image));
		assert_int_equal(image->truncated_bytes, core.size - size);
		assert_int_equal(memmap_end(&image->memmap), 0x204000);
		if (size >= 0x1008 && size <= 0x5000)
			expect_at(image, 0x100000 + align_down_u64(size - 0x1008, 8),
				  align_down_u64(size - 8, 8));
		if (size < 0x5000)
			expect_nothing_at(image, 0x100000 + size - 0x1000, "left out");
		else if (size < core.size)
			expect_nothing_at(image, 0x200000 + size - 0x5000, "left out");
	}
	elfcore_release(&core);
}

/* Sums of what hostile headers promise must not come back to zero: that would look complete. */
static void no_promise_is_too_large_to_be_missed(void **state)
{
	guard(image) struct image *image = NULL;
	struct elfcore core;

	(void)state;
	elfcore_init(&core);
	elfcore_segment(&core, PT_LOAD, 0, 0x1000, (UINT64_C(1) << 63) + 2 * PAGE, UINT64_MAX);
	elfcore_segment(&core, PT_LOAD, 4096, 1 << 20, UINT64_C(1) << 63, UINT64_MAX);
	elfcore_put(&core, 0x1fff, "", 1);
	expect_ok(open_core(&core, NULL, &image));
	assert_true(image->truncated_bytes == UINT64_MAX);
	assert_int_equal(memmap_end(&image->memmap), 0x1000);
	elfcore_release(&core);
}

static void a_table_of_every_length_opens_or_says_why(void **state)
{
	struct elfcore core;

	(void)state;
	simple_core(&core);
	for (size_t size = 1; size < 200; size++) {
		guard(image) struct image *image = NULL;

		elfcore_write(&core, "core", size);
		if (size < 4)
			expect_err(open_image("core", NULL, &image), ERR_UNSUPPORTED,
				   "known format");
		else if (size < 64)
			expect_err(open_image("core", NULL, &image), ERR_FORMAT, "cut off");
		else if (size < 64 + 2 * 56)
			expect_err(open_image("core", NULL, &image), ERR_FORMAT,
				   "run over the end");
		else
			expect_ok(open_image("core", NULL, &image));
	}
	elfcore_release(&core);
}

/* As -E writes them of a large machine with memory in pieces: room for more than are used. */
static void millions_of_program_headers_are_read(void **state)
{
	enum { NR = (1 << 20) + 7, DATA_AT = 64 << 20 };
	guard(image) struct image *image = NULL;
	uint8_t shdr[sizeof(Elf64_Shdr)] = { 0 };
	struct elfcore core;
	int fd;

	(void)state;
	elfcore_init(&core);
	core.ehdr.e_phnum = PN_XNUM;
	core.ehdr.e_shoff = sizeof(Elf64_Ehdr) + NR * sizeof(Elf64_Phdr);
	elfcore_segment(&core, PT_LOAD, 0x100000, DATA_AT, PAGE, PAGE);
	elfcore_write(&core, "many", 0);
	store_u32(shdr + offsetof(Elf64_Shdr, sh_info), NR, ORDER_LITTLE);
	fd = open("many", O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, shdr, sizeof(shdr), (off_t)core.ehdr.e_shoff), sizeof(shdr));
	assert_int_equal(ftruncate(fd, DATA_AT + PAGE), 0);
	close(fd);
	expect_ok(open_image("many", NULL, &image));
	assert_int_equal(image->memmap.nr, 1);
	elfcore_release(&core);
}

/* Of so many headers each takes a moment. */
static void a_signal_ends_the_opening(void **state)
{
	autoclose int stop_fd = eventfd(1, EFD_CLOEXEC);
	struct image_config config = { .stop_fd = stop_fd };
	struct image *image = NULL;
	struct elfcore core;
	struct err *e;

	(void)state;
	simple_core(&core);
	elfcore_write(&core, "core", 0);
	e = image_open("core", &config, NULL, &image);
	assert_int_equal(err_code(e), ERR_INTERRUPTED);
	assert_string_equal(err_message(e), "interrupted");
	assert_null(image);
	err_free(e);
	elfcore_release(&core);
}

static void virtual_memory_of_kcore_is_passed_over(void **state)
{
	guard(image) struct image *image = NULL;
	struct elfcore core;

	(void)state;
	elfcore_init(&core);
	put_pattern(&core, PAGE, PAGE);
	elfcore_segment(&core, PT_LOAD, UINT64_MAX, PAGE, UINT64_C(1) << 45, UINT64_C(1) << 45);
	elfcore_segment(&core, PT_LOAD, 0x100000, PAGE, PAGE, PAGE);
	expect_ok(open_core(&core, NULL, &image));
	assert_int_equal(image->memmap.nr, 1);
	assert_int_equal(image->truncated_bytes, 0);
	expect_at(image, 0x100000, PAGE);
	elfcore_release(&core);
}

static void headers_that_lie_are_told(void **state)
{
	static const struct {
		size_t at;
		size_t len;
		uint64_t value;
		enum err_code code;
		const char *part;
	} lies[] = {
		{ EI_CLASS, 1, 3, ERR_FORMAT, "EI_CLASS is 3" },
		{ EI_CLASS, 1, 0, ERR_FORMAT, "EI_CLASS is 0" },
		{ EI_DATA, 1, 0, ERR_FORMAT, "byte order" },
		{ EI_DATA, 1, 77, ERR_FORMAT, "byte order" },
		{ EI_DATA, 1, ELFDATA2MSB, ERR_FORMAT, "not a core dump" },
		{ offsetof(Elf64_Ehdr, e_type), 2, ET_EXEC, ERR_FORMAT, "not a core dump" },
		{ offsetof(Elf64_Ehdr, e_phnum), 2, 0, ERR_FORMAT, "without program headers" },
		{ offsetof(Elf64_Ehdr, e_phnum), 2, 0xfffe, ERR_FORMAT, "run over the end" },
		{ offsetof(Elf64_Ehdr, e_phentsize), 2, 55, ERR_FORMAT, "too small" },
		{ offsetof(Elf64_Ehdr, e_phentsize), 2, 0, ERR_FORMAT, "too small" },
		{ offsetof(Elf64_Ehdr, e_phentsize), 2, 65535, ERR_FORMAT, "run over the end" },
		{ offsetof(Elf64_Ehdr, e_phoff), 8, UINT64_MAX, ERR_FORMAT, "run over the end" },
		{ offsetof(Elf64_Ehdr, e_phoff), 8, UINT64_MAX - 111, ERR_FORMAT, "run over" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		guard(image) struct image *image = NULL;
		struct elfcore core;
		uint8_t value[8];
		int fd;

		simple_core(&core);
		elfcore_write(&core, "core", 0);
		fd = open("core", O_WRONLY);
		store_u64(value, lies[i].value, ORDER_LITTLE);
		assert_int_equal(pwrite(fd, value, lies[i].len, (off_t)lies[i].at), lies[i].len);
		close(fd);
		expect_err(open_image("core", NULL, &image), lies[i].code, lies[i].part);
		assert_null(image);
		elfcore_release(&core);
	}
}

static void a_segment_where_no_memory_can_be_is_left_out(void **state)
{
	static const uint64_t paddrs[] = { UINT64_MAX - PAGE, UINT64_C(1) << 52,
					   (UINT64_C(1) << 52) - PAGE };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paddrs); i++) {
		guard(image) struct image *image = NULL;
		guard(notes) struct notes notes = NOTES_INIT;
		struct elfcore core;

		elfcore_init(&core);
		elfcore_segment(&core, PT_LOAD, paddrs[i], 0x1000, 4 * PAGE, 4 * PAGE);
		elfcore_segment(&core, PT_LOAD, 0x200000, 0x5000, 4 * PAGE, 4 * PAGE);
		put_pattern(&core, 0x1000, 8 * PAGE);
		expect_ok(open_core(&core, &notes, &image));
		assert_int_equal(notes.nr, 1);
		assert_int_equal(notes_with(&notes, "ELF program header 0 puts memory at"), 1);
		assert_true(image->incomplete);
		assert_int_equal(image->memmap.nr, 1);
		expect_at(image, 0x203ff8, 0x8ff8);
		elfcore_release(&core);
	}
}

/* A core whose first segment is of such a size has all that the file has. */
static void expect_all_stored(uint64_t file_size, uint64_t mem_size, const char *remark)
{
	guard(image) struct image *image = NULL;
	guard(notes) struct notes notes = NOTES_INIT;
	struct elfcore core;

	elfcore_init(&core);
	elfcore_segment(&core, PT_LOAD, 0x100000, 0x1000, file_size, mem_size);
	elfcore_segment(&core, PT_LOAD, 0x200000, 0x5000, 4 * PAGE, 4 * PAGE);
	put_pattern(&core, 0x1000, 8 * PAGE);
	expect_ok(open_core(&core, &notes, &image));
	assert_int_equal(notes_with(&notes, remark), 1);
	assert_int_equal(memmap_end(&image->memmap), 0x204000);
	expect_at(image, 0x103ff8, 0x4ff8);
	expect_at(image, 0x203ff8, 0x8ff8);
	elfcore_release(&core);
}

static void memory_that_no_machine_has_is_what_the_file_has_of_it(void **state)
{
	static const uint64_t sizes[] = { (UINT64_C(64) << 40) + 1, UINT64_C(1) << 60, UINT64_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		expect_all_stored(4 * PAGE, sizes[i], "TiB of memory, which is not believed");
		expect_all_stored(sizes[i], sizes[i], "TiB of memory, which is not believed");
		expect_all_stored(sizes[i], 4 * PAGE, "only the smaller one is believed");
	}
}

static void no_promise_reaches_beyond_where_memory_can_be(void **state)
{
	guard(image) struct image *image = NULL;
	const uint64_t end = UINT64_C(1) << 52;
	struct elfcore core;

	(void)state;
	elfcore_init(&core);
	elfcore_segment(&core, PT_LOAD, end - 4 * PAGE, 0x1000, PAGE, 8 * PAGE);
	elfcore_segment(&core, PT_LOAD, 0x200000, 0x5000, 4 * PAGE, 4 * PAGE);
	put_pattern(&core, 0x1000, 8 * PAGE);
	expect_ok(open_core(&core, NULL, &image));
	assert_true(memmap_end(&image->memmap) == end);
	expect_at(image, end - 4 * PAGE, 0x1000);
	expect_at(image, 0x203ff8, 0x8ff8);
	elfcore_release(&core);
}

/* Any byte of the headers, any extreme: an image or an error, never a crash or a wait. */
static void any_damaged_byte_is_survived(void **state)
{
	static const uint8_t values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
	struct elfcore core;
	size_t opened = 0;
	autoclose int fd = -1;

	(void)state;
	simple_core(&core);
	elfcore_segment(&core, PT_NOTE, 0, 0x9000, 64, 64);
	elfcore_note(&core, 0x9000, "VMCOREINFO", 0, "PAGESIZE=4096\n", 14);
	elfcore_write(&core, "core", 0);
	fd = open("core", O_WRONLY);
	assert_true(fd >= 0);
	for (size_t at = 0; at < 64 + 3 * 56; at++) {
		for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
			guard(image) struct image *image = NULL;
			uint8_t byte;
			struct err *e;

			assert_int_equal(pwrite(fd, &values[i], 1, (off_t)at), 1);
			e = open_image("core", NULL, &image);
			opened += !e;
			if (!e)
				err_free(mem_read(image->source, 0x100000, &byte, 1, MEM_RANDOM));
			err_free(e);
		}
		assert_int_equal(pwrite(fd, core.bytes + at, 1, (off_t)at), 1);
	}
	assert_true(opened > 100);
	elfcore_release(&core);
}

static void other_segments_are_passed_over(void **state)
{
	guard(image) struct image *image = NULL;
	struct elfcore core;

	(void)state;
	elfcore_init(&core);
	elfcore_segment(&core, PT_NULL, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX);
	elfcore_segment(&core, 0x6474e551, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX);
	elfcore_segment(&core, PT_LOAD, UINT64_MAX, UINT64_MAX, 0, 0);
	elfcore_segment(&core, PT_NOTE, 0, UINT64_MAX, 0, 0);
	expect_err(open_core(&core, NULL, &image), ERR_FORMAT, "without memory");
	elfcore_segment(&core, PT_LOAD, 0x100000, 0x1000, PAGE, PAGE);
	put_pattern(&core, 0x1000, PAGE);
	expect_ok(open_core(&core, NULL, &image));
	assert_int_equal(image->memmap.nr, 1);
	assert_int_equal(image->truncated_bytes, 0);
	elfcore_release(&core);
}

static void what_is_no_image_is_told(void **state)
{
	struct image *image = NULL;
	FILE *file;

	(void)state;
	expect_err(open_image("none", NULL, &image), ERR_SYS, "cannot open none: No such file");
	assert_int_equal(mkdir("dir", 0700), 0);
	expect_err(open_image("dir", NULL, &image), ERR_SYS, "dir: read: Is a directory");
	assert_int_equal(mkfifo("fifo", 0600), 0);
	expect_err(open_image("fifo", NULL, &image), ERR_UNSUPPORTED, "fifo: cannot seek");
	file = fopen("empty", "w");
	fclose(file);
	expect_err(open_image("empty", NULL, &image), ERR_FORMAT, "empty: the file is empty");
	expect_err(open_image("/dev/null", NULL, &image), ERR_FORMAT,
		   "/dev/null: the file is empty");
	file = fopen("text", "w");
	fputs("LKCDX   and so on", file);
	fclose(file);
	expect_err(open_image("text", NULL, &image), ERR_UNSUPPORTED, "4c 4b 43 44");
	assert_null(image);
	image_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_read_by_physical_address),
		cmocka_unit_test(program_headers_are_where_the_header_says),
		cmocka_unit_test(program_headers_may_be_longer_than_known),
		cmocka_unit_test(many_program_headers_are_counted_in_a_section_header),
		cmocka_unit_test(big_endian_cores_are_read),
		cmocka_unit_test(of_segments_that_overlap_the_first_one_counts),
		cmocka_unit_test(what_one_segment_lacks_another_may_have),
		cmocka_unit_test(a_segment_stores_no_more_than_its_memory),
		cmocka_unit_test(segments_out_of_order_are_as_good_as_in_order),
		cmocka_unit_test(memory_that_is_not_stored_is_known_and_not_read),
		cmocka_unit_test(a_file_cut_short_says_how_much_is_gone),
		cmocka_unit_test(no_promise_is_too_large_to_be_missed),
		cmocka_unit_test(a_table_of_every_length_opens_or_says_why),
		cmocka_unit_test(millions_of_program_headers_are_read),
		cmocka_unit_test(a_signal_ends_the_opening),
		cmocka_unit_test(virtual_memory_of_kcore_is_passed_over),
		cmocka_unit_test(headers_that_lie_are_told),
		cmocka_unit_test(a_segment_where_no_memory_can_be_is_left_out),
		cmocka_unit_test(memory_that_no_machine_has_is_what_the_file_has_of_it),
		cmocka_unit_test(no_promise_reaches_beyond_where_memory_can_be),
		cmocka_unit_test(any_damaged_byte_is_survived),
		cmocka_unit_test(other_segments_are_passed_over),
		cmocka_unit_test(what_is_no_image_is_told),
	};

	return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
