// SPDX-License-Identifier: GPL-2.0-or-later
/* What the file says is looked up here by <elf.h>, as any reader would. */
#include "tests/lib/expect.h"

#include <elf.h>
#include <stdlib.h>

#include "tests/lib/fakesink.h"
#include "util/base/bitmap.h"
#include "util/base/endian.h"
#include "util/dump/elf.h"

enum { BLOCK = 4096, PFNS = 1200, BATCH = 64 };

struct opened {
	struct fakesink fake;
	struct memmap_range range[2];
	struct image image;
	struct kernel kernel;
	struct writer *elf;
};

/*
 * Two areas of memory, with a hole between them and a page that is memory in part. Of a machine of
 * 32 bits they have other virtual addresses.
 */
static void setup_bits(struct opened *o, uint8_t bits)
{
	*o = (struct opened){
		.range = { { .paddr = 16 * BLOCK,
			     .size = 584 * BLOCK + 100,
			     .vaddr = bits == 64 ? 0xffff888000010000 : 0xc0010000 },
			   { .paddr = 700 * BLOCK, .size = 500 * BLOCK } },
		.image = { .order = bits == 64 ? ORDER_LITTLE : ORDER_BIG,
			   .machine = bits == 64 ? EM_X86_64 : EM_PPC,
			   .address_bits = bits },
		.kernel = { .page_size = BLOCK, .page_shift = 12 },
	};
	o->image.memmap = (struct memmap){ .range = o->range, .nr = 2 };
	fakesink_init(&o->fake);
}

static void setup(struct opened *o)
{
	setup_bits(o, 64);
}

static void release(struct opened *o)
{
	writer_free(o->elf);
	fakesink_release(&o->fake);
}

static bool is_memory(uint64_t pfn)
{
	return (pfn >= 16 && pfn <= 600) || (pfn >= 700 && pfn < PFNS);
}

static bool is_kept(uint64_t pfn)
{
	return is_memory(pfn) && pfn % 97 > 10;
}

static enum page_state state_of(uint64_t pfn)
{
	if (pfn % 301 == 0)
		return PAGE_STATE_UNREADABLE;
	return pfn % 50 < 20 || (pfn > 750 && pfn < 1020) ? PAGE_STATE_ZERO : PAGE_STATE_RAW;
}

static void fill(uint64_t pfn, uint8_t *page)
{
	memset(page, 0, BLOCK);
	if (state_of(pfn) == PAGE_STATE_RAW)
		for (size_t i = 0; i < BLOCK; i += 8)
			store_u64(page + i, pfn * 1000 + i + 1, ORDER_LITTLE);
}

static struct err *add_pages(struct opened *o)
{
	struct writer_page page[BATCH];
	uint8_t *data = malloc((size_t)BATCH * BLOCK);
	struct err *e = NULL;
	uint64_t index = 0;

	assert_non_null(data);
	for (uint64_t pfn = 0; !e && pfn < PFNS;) {
		uint8_t *at = data;
		size_t nr = 0;

		for (; nr < BATCH && pfn < PFNS; pfn++) {
			enum page_state state = state_of(pfn);

			if (!is_kept(pfn))
				continue;
			page[nr] = (struct writer_page){ .pfn = pfn,
							 .index = index++,
							 .state = state };
			if (state != PAGE_STATE_UNREADABLE) {
				page[nr].len = BLOCK;
				fill(pfn, at);
				at += BLOCK;
			}
			nr++;
		}
		e = o->elf->ops->add(o->elf, page, nr, data);
	}
	free(data);
	return e;
}

/* Everything there is at @level; false when an error came on the way. */
static bool write_all(struct opened *o, unsigned int level)
{
	struct sink *sink = &o->fake.sink;
	struct writer_config config = {
		.sink = &sink,
		.sinks_nr = 1,
		.image = &o->image,
		.kernel = &o->kernel,
		.max_mapnr = PFNS,
		.level = level,
	};
	uint8_t keep[PFNS / 8] = { 0 };
	uint64_t pages_nr = 0;
	struct err *closing;
	struct err *e;

	for (size_t pfn = 0; pfn < PFNS; pfn++) {
		if (is_kept(pfn)) {
			bitmap_set(keep, pfn);
			pages_nr++;
		}
	}
	expect_ok(writer_elf.open(&config, &o->elf));
	/* In two parts, cut where pages are kept on both sides. */
	expect_ok(writer_elf.put_bitmaps(o->elf, 0, 240, keep, keep));
	expect_ok(writer_elf.put_bitmaps(o->elf, 240, PFNS - 240, keep + 30, keep + 30));
	e = writer_elf.begin_pages(o->elf, pages_nr);
	if (!e) {
		e = add_pages(o);
		closing = writer_elf.finish(o->elf, !e);
		if (e)
			err_free(closing);
		else
			e = closing;
	}
	if (!e)
		return true;
	assert_int_equal(err_code(e), ERR_SYS);
	err_free(e);
	return false;
}

/* What a reader finds. */
struct found {
	bool incomplete;
	uint64_t stored; /* pages, each of them right */
	uint64_t memory; /* bytes */
	uint64_t loads_nr;
};

static void check_stored(const struct opened *o, const Elf64_Phdr *phdr, struct found *found)
{
	for (uint64_t at = 0; at < phdr->p_filesz;) {
		uint64_t paddr = phdr->p_paddr + at;
		uint64_t len = MIN(BLOCK - paddr % BLOCK, phdr->p_filesz - at);
		uint8_t want[BLOCK];

		assert_true(is_kept(paddr / BLOCK));
		assert_int_not_equal(state_of(paddr / BLOCK), PAGE_STATE_UNREADABLE);
		assert_true(fakesink_has(&o->fake, phdr->p_offset + at, len));
		assert_true(phdr->p_offset + at + len <= o->fake.end);
		fill(paddr / BLOCK, want);
		assert_memory_equal(o->fake.bytes + phdr->p_offset + at, want + paddr % BLOCK, len);
		found->stored++;
		at += len;
	}
}

/* The @i-th program header, of a file of either class and byte order. */
static Elf64_Phdr phdr_at(const struct opened *o, uint64_t i)
{
	const uint8_t *at = o->fake.bytes;

	if (at[EI_CLASS] == ELFCLASS32) {
		at += sizeof(Elf32_Ehdr) + i * sizeof(Elf32_Phdr);
		assert_int_equal(o->image.order, ORDER_BIG);
		return (Elf64_Phdr){
			.p_type = load_u32(at, ORDER_BIG),
			.p_offset = load_u32(at + 4, ORDER_BIG),
			.p_vaddr = load_u32(at + 8, ORDER_BIG),
			.p_paddr = load_u32(at + 12, ORDER_BIG),
			.p_filesz = load_u32(at + 16, ORDER_BIG),
			.p_memsz = load_u32(at + 20, ORDER_BIG),
		};
	}
	at += sizeof(Elf64_Ehdr) + i * sizeof(Elf64_Phdr);
	return (Elf64_Phdr){
		.p_type = load_u32(at, o->image.order),
		.p_offset = load_u64(at + 8, o->image.order),
		.p_vaddr = load_u64(at + 16, o->image.order),
		.p_paddr = load_u64(at + 24, o->image.order),
		.p_filesz = load_u64(at + 32, o->image.order),
		.p_memsz = load_u64(at + 40, o->image.order),
	};
}

/* The ELF header as its class has it. */
static void read_header(const struct opened *o, uint32_t *ret_flags, uint64_t *ret_phdrs_nr)
{
	const uint8_t *header = o->fake.bytes;
	bool narrow = header[EI_CLASS] == ELFCLASS32;
	enum byte_order order = o->image.order;

	assert_memory_equal(header, ELFMAG, SELFMAG);
	assert_int_equal(header[EI_DATA], order == ORDER_BIG ? ELFDATA2MSB : ELFDATA2LSB);
	assert_int_equal(load_u16(header + 18, order), o->image.machine);
	*ret_flags = load_u32(header + (narrow ? 36 : 48), order);
	*ret_phdrs_nr = load_u16(header + (narrow ? 44 : 56), order);
	if (*ret_phdrs_nr != PN_XNUM)
		return;
	header += narrow ? load_u32(header + 32, order) : load_u64(header + 40, order);
	*ret_phdrs_nr = load_u32(header + (narrow ? 28 : 44), order);
}

static struct found look(const struct opened *o)
{
	struct found found = { .incomplete = false };
	uint32_t flags;
	uint64_t nr;

	read_header(o, &flags, &nr);
	found.incomplete = flags & 1;
	for (uint64_t i = 0; i < nr; i++) {
		Elf64_Phdr phdr = phdr_at(o, i);

		if (phdr.p_type != PT_LOAD)
			continue;
		assert_true(phdr.p_memsz > 0 && phdr.p_filesz <= phdr.p_memsz);
		if (phdr.p_paddr >= 700 * BLOCK)
			assert_int_equal(phdr.p_vaddr, 0);
		else
			assert_int_equal(phdr.p_vaddr,
					 o->range[0].vaddr + phdr.p_paddr - o->range[0].paddr);
		check_stored(o, &phdr, &found);
		found.memory += phdr.p_memsz;
		found.loads_nr++;
	}
	return found;
}

static uint64_t storable(bool zeros)
{
	uint64_t nr = 0;

	for (uint64_t pfn = 0; pfn < PFNS; pfn++)
		nr += is_kept(pfn) && (state_of(pfn) == PAGE_STATE_RAW ||
				       (zeros && state_of(pfn) == PAGE_STATE_ZERO));
	return nr;
}

static void every_page_can_be_read_back(void **state)
{
	struct opened o;
	struct found found;

	(void)state;
	setup(&o);
	assert_true(write_all(&o, 0));
	found = look(&o);
	assert_false(found.incomplete);
	assert_int_equal(found.stored, storable(true));
	assert_int_equal(found.memory, 584 * BLOCK + 100 + 500 * BLOCK);
	assert_int_equal(o.fake.unsynced_nr, 0);
	assert_int_equal(writer_elf.totals(o.elf).pages_nr, storable(true));
	release(&o);
}

static void zero_pages_left_out_are_memory_all_the_same(void **state)
{
	struct opened o;
	struct found found;

	(void)state;
	setup(&o);
	assert_true(write_all(&o, 1));
	found = look(&o);
	/* Short runs of them between other pages stay. */
	assert_in_range(found.stored, storable(false), storable(true) - 1);
	assert_int_equal(found.memory, 584 * BLOCK + 100 + 500 * BLOCK);
	/* They are known, and can be read. */
	assert_int_equal(writer_elf.totals(o.elf).pages_nr, storable(true));
	release(&o);
}

/* Wherever space runs out or the device dies, what the file says it has, it has. */
static void a_file_that_could_not_be_finished_holds_what_fitted(void **state)
{
	(void)state;
	for (unsigned int level = 0; level < 2; level++) {
		for (uint64_t fit = 60000; fit < 3000000; fit += 40009) {
			struct opened o;
			struct found found;
			bool whole;

			setup(&o);
			o.fake.space_left = fit;
			whole = write_all(&o, level);
			found = look(&o);
			assert_int_equal(found.incomplete, !whole);
			release(&o);

			setup(&o);
			o.fake.writes_left = fit;
			whole = write_all(&o, level);
			found = look(&o);
			assert_int_equal(found.incomplete, !whole);
			release(&o);
		}
	}
}

/* How many program headers there is room for when the bitmap comes @step page frames at a time. */
static uint16_t room_for_runs(const uint8_t *keep, uint64_t nr, uint64_t step)
{
	struct sink *sink;
	struct writer_config config = { .sink = &sink, .sinks_nr = 1, .max_mapnr = nr };
	uint16_t room;
	struct opened o;

	setup(&o);
	sink = &o.fake.sink;
	config.image = &o.image;
	config.kernel = &o.kernel;
	expect_ok(writer_elf.open(&config, &o.elf));
	for (uint64_t at = 0; at < nr; at += step)
		expect_ok(writer_elf.put_bitmaps(o.elf, at, step, keep + at / 8, keep + at / 8));
	expect_ok(writer_elf.begin_pages(o.elf, bitmap_count(keep, (size_t)nr)));
	room = load_u16(o.fake.bytes + 56, ORDER_LITTLE);
	release(&o);
	return room;
}

static void runs_of_kept_pages_are_counted_over_the_ends_of_bitmaps(void **state)
{
	static const uint8_t keep[] = { 0xff, 0xff, 0, 0, 0xff, 0, 0x7f, 0xff };

	(void)state;
	for (uint64_t step = 8; step < 64; step *= 2)
		assert_int_equal(room_for_runs(keep, 64, step), room_for_runs(keep, 64, 64));
}

/* Every second page is lost, more often than the table has room for: small pages will do. */
static void of_too_many_places_those_before_are_in_the_file(void **state)
{
	enum { SHIFT = 4, NR = 40000 };
	struct sink *sink;
	struct writer_config config = { .sink = &sink, .sinks_nr = 1, .max_mapnr = NR };
	uint8_t *keep = malloc(NR / 8);
	uint8_t data[1 << SHIFT] = "a small page";
	uint64_t stored = 0;
	struct err *e = NULL;
	struct opened o;

	(void)state;
	assert_non_null(keep);
	memset(keep, 0xff, NR / 8);
	setup(&o);
	o.range[0] = (struct memmap_range){ .paddr = 0, .size = NR << SHIFT };
	o.image.memmap.nr = 1;
	o.kernel.page_shift = SHIFT;
	sink = &o.fake.sink;
	config.image = &o.image;
	config.kernel = &o.kernel;
	expect_ok(writer_elf.open(&config, &o.elf));
	expect_ok(writer_elf.put_bitmaps(o.elf, 0, NR, keep, keep));
	expect_ok(writer_elf.begin_pages(o.elf, NR));
	for (uint64_t pfn = 0; !e && pfn < NR; pfn += 2) {
		struct writer_page page = { .pfn = pfn, .len = sizeof(data) };

		page.state = PAGE_STATE_RAW;
		e = o.elf->ops->add(o.elf, &page, 1, data);
	}
	expect_err(e, ERR_UNSUPPORTED, "memory is unreadable in more than 16384 places");
	expect_ok(writer_elf.finish(o.elf, false));
	for (uint64_t i = 0; i < load_u16(o.fake.bytes + 56, ORDER_LITTLE); i++)
		if (phdr_at(&o, i).p_type == PT_LOAD)
			stored += phdr_at(&o, i).p_filesz >> SHIFT;
	assert_true(stored > 16384);
	assert_int_equal(writer_elf.totals(o.elf).pages_nr, stored);
	free(keep);
	release(&o);
}

/*
 * Small pages, every third of which is lost, in batches of ten; @load: where each segment begins.
 */
static bool write_scattered(struct opened *o, uint64_t nr, uint64_t *load, size_t *ret_loads_nr)
{
	enum { SHIFT = 4, TEN = 10 };
	struct sink *sink = &o->fake.sink;
	struct writer_config config = {
		.sink = &sink,
		.sinks_nr = 1,
		.image = &o->image,
		.kernel = &o->kernel,
		.max_mapnr = nr,
	};
	uint8_t *keep = malloc(nr / 8);
	uint8_t data[TEN << SHIFT];
	struct err *e = NULL;

	assert_non_null(keep);
	memset(keep, 0xff, nr / 8);
	memset(data, 'x', sizeof(data));
	o->range[0] = (struct memmap_range){ .paddr = 0, .size = nr << SHIFT };
	o->image.memmap.nr = 1;
	o->kernel.page_shift = SHIFT;
	expect_ok(writer_elf.open(&config, &o->elf));
	expect_ok(writer_elf.put_bitmaps(o->elf, 0, nr, keep, keep));
	expect_ok(writer_elf.begin_pages(o->elf, nr));
	for (uint64_t pfn = 0; !e && pfn < nr; pfn += 3 * (uint64_t)TEN / 2) {
		struct writer_page page[TEN];

		for (uint64_t i = 0; i < TEN; i++)
			page[i] = (struct writer_page){ .pfn = pfn + 3 * (i / 2) + i % 2,
							.len = 1 << SHIFT,
							.state = PAGE_STATE_RAW };
		e = o->elf->ops->add(o->elf, page, TEN, data);
	}
	err_free(writer_elf.finish(o->elf, !e));
	free(keep);

	*ret_loads_nr = 0;
	for (uint64_t i = 0; i < load_u16(o->fake.bytes + 56, ORDER_LITTLE); i++) {
		if (phdr_at(o, i).p_type == PT_LOAD)
			load[(*ret_loads_nr)++] = phdr_at(o, i).p_paddr;
	}
	err_free(e);
	return !e;
}

/* The table is flushed while a segment is described: if that fails it is described already. */
static void no_memory_is_described_twice(void **state)
{
	enum { NR = 3600 };
	static uint64_t load[NR];
	size_t loads_nr;
	struct opened o;
	uint64_t space = 1 << 30;

	(void)state;
	setup(&o);
	o.fake.space_left = space;
	assert_true(write_scattered(&o, NR, load, &loads_nr));
	assert_int_equal(loads_nr, NR / 3);
	space -= o.fake.space_left;
	release(&o);

	/* 16 bytes a page; the table is flushed at its 1024th entry, in the middle of a batch. */
	for (uint64_t pages = 2020; pages < 2070; pages++) {
		setup(&o);
		o.fake.space_left = space - (uint64_t)16 * (NR / 3 * 2 - pages);
		assert_false(write_scattered(&o, NR, load, &loads_nr));
		assert_in_range(loads_nr, 1000, pages);
		for (size_t i = 1; i < loads_nr; i++)
			assert_true(load[i] > load[i - 1]);
		release(&o);
	}
}

static void the_mark_can_be_set_again(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	assert_true(write_all(&o, 0));
	expect_ok(writer_mark_incomplete(&o.fake.sink));
	assert_true(look(&o).incomplete);
	release(&o);
}

static void a_machine_of_32_bits_has_files_of_32_bits(void **state)
{
	(void)state;
	for (unsigned int level = 0; level < 2; level++) {
		struct opened o;
		struct found found;

		setup_bits(&o, 32);
		assert_true(write_all(&o, level));
		assert_int_equal(o.fake.bytes[EI_CLASS], ELFCLASS32);
		found = look(&o);
		assert_false(found.incomplete);
		assert_in_range(found.stored, storable(false), storable(true) - level);
		assert_int_equal(found.memory, 584 * BLOCK + 100 + 500 * BLOCK);
		expect_ok(writer_mark_incomplete(&o.fake.sink));
		assert_true(look(&o).incomplete);
		release(&o);

		setup_bits(&o, 32);
		o.fake.space_left = 1000000;
		assert_false(write_all(&o, level));
		found = look(&o);
		assert_true(found.incomplete && found.stored);
		release(&o);
	}
}

/* As kexec-tools has it: what does not fit in 32 bits is said in 64. */
static void what_32_bits_cannot_say_is_said_in_64(void **state)
{
	static const struct memmap_range last[] = {
		{ .paddr = UINT64_C(0xfffff000), .size = BLOCK },
		{ .paddr = UINT64_C(1) << 32, .size = BLOCK },
		{ .paddr = UINT64_C(0x800000), .size = BLOCK, .vaddr = 0xffff888000010000 },
		{ .paddr = UINT64_C(0x800000), .size = BLOCK, .vaddr = 0xfffff000 },
	};
	struct opened o;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(last); i++) {
		setup_bits(&o, 32);
		o.range[1] = last[i];
		assert_true(write_all(&o, 0));
		assert_int_equal(o.fake.bytes[EI_CLASS], ELFCLASS64);
		release(&o);
	}
	setup_bits(&o, 32);
	o.range[1] = (struct memmap_range){ .paddr = 0xffffe000, .size = BLOCK };
	assert_true(write_all(&o, 0));
	assert_int_equal(o.fake.bytes[EI_CLASS], ELFCLASS32);
	release(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_page_can_be_read_back),
		cmocka_unit_test(zero_pages_left_out_are_memory_all_the_same),
		cmocka_unit_test(a_file_that_could_not_be_finished_holds_what_fitted),
		cmocka_unit_test(runs_of_kept_pages_are_counted_over_the_ends_of_bitmaps),
		cmocka_unit_test(of_too_many_places_those_before_are_in_the_file),
		cmocka_unit_test(no_memory_is_described_twice),
		cmocka_unit_test(the_mark_can_be_set_again),
		cmocka_unit_test(a_machine_of_32_bits_has_files_of_32_bits),
		cmocka_unit_test(what_32_bits_cannot_say_is_said_in_64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
