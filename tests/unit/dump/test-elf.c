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

/* Two areas of memory, with a hole between them and a page that is memory in part. */
static void setup(struct opened *o)
{
	*o = (struct opened){
		.range = { { .paddr = 16 * BLOCK,
			     .size = 584 * BLOCK + 100,
			     .vaddr = 0xffff888000010000 },
			   { .paddr = 700 * BLOCK, .size = 500 * BLOCK } },
		.image = { .order = ORDER_LITTLE, .machine = EM_X86_64, .address_bits = 64 },
		.kernel = { .page_size = BLOCK, .page_shift = 12 },
	};
	o->image.memmap = (struct memmap){ .range = o->range, .nr = 2 };
	fakesink_init(&o->fake);
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

static uint64_t field(const struct opened *o, uint64_t at)
{
	return load_u64(o->fake.bytes + at, ORDER_LITTLE);
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

static struct found look(const struct opened *o)
{
	uint64_t nr = load_u16(o->fake.bytes + 56, ORDER_LITTLE);
	struct found found = { .incomplete = load_u32(o->fake.bytes + 48, ORDER_LITTLE) & 1 };

	assert_memory_equal(o->fake.bytes, ELFMAG, SELFMAG);
	for (uint64_t at = 64; at < 64 + nr * 56; at += 56) {
		Elf64_Phdr phdr = {
			.p_type = load_u32(o->fake.bytes + at, ORDER_LITTLE),
			.p_offset = field(o, at + 8),
			.p_vaddr = field(o, at + 16),
			.p_paddr = field(o, at + 24),
			.p_filesz = field(o, at + 32),
			.p_memsz = field(o, at + 40),
		};

		if (phdr.p_type != PT_LOAD)
			continue;
		assert_true(phdr.p_memsz > 0 && phdr.p_filesz <= phdr.p_memsz);
		if (phdr.p_paddr < 700 * BLOCK)
			assert_true(phdr.p_vaddr == 0xffff888000000000 + phdr.p_paddr);
		else
			assert_true(phdr.p_vaddr == 0);
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
	for (uint64_t at = 64; at < 64 + (uint64_t)56 * load_u16(o.fake.bytes + 56, ORDER_LITTLE);
	     at += 56)
		if (load_u32(o.fake.bytes + at, ORDER_LITTLE) == PT_LOAD)
			stored += field(&o, at + 32) >> SHIFT;
	assert_true(stored > 16384);
	assert_int_equal(writer_elf.totals(o.elf).pages_nr, stored);
	free(keep);
	release(&o);
}

/* Small pages, every third of which is lost, in batches of ten; @load: where each segment begins. */
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
	for (uint64_t at = 64; at < 64 + (uint64_t)56 * load_u16(o->fake.bytes + 56, ORDER_LITTLE);
	     at += 56) {
		if (load_u32(o->fake.bytes + at, ORDER_LITTLE) == PT_LOAD)
			load[(*ret_loads_nr)++] = field(o, at + 24);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_page_can_be_read_back),
		cmocka_unit_test(zero_pages_left_out_are_memory_all_the_same),
		cmocka_unit_test(a_file_that_could_not_be_finished_holds_what_fitted),
		cmocka_unit_test(of_too_many_places_those_before_are_in_the_file),
		cmocka_unit_test(no_memory_is_described_twice),
		cmocka_unit_test(the_mark_can_be_set_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
