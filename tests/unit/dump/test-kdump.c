// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The file is read back here by offsets of its own, from the format's description (IMPLEMENTATION
 * in makedumpfile, diskdump.c of crash) and not from the writer.
 */
#include "tests/lib/expect.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>

#include "tests/lib/fakesink.h"
#include "util/base/bitmap.h"
#include "util/base/endian.h"
#include "util/dump/kdump.h"

enum { BLOCK = 4096 };

/*
 * Memory of this size cannot be had, but for the first few; 0: all can. The linker leads the calls
 * here (Makefile).
 */
static size_t refused_bytes;
static size_t granted_nr;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
	if (!size || size != refused_bytes)
		return __real_malloc(size);
	return granted_nr && granted_nr-- ? __real_malloc(size) : NULL;
}

struct opened {
	struct fakesink fake;
	struct image image;
	struct kernel kernel;
	struct writer *kdump;
	enum byte_order order;
};

static void setup(struct opened *o)
{
	*o = (struct opened){
		.image = { .order = ORDER_LITTLE,
			   .machine = EM_X86_64,
			   .address_bits = 64,
			   .cpus_nr = 3 },
		.kernel = { .page_size = BLOCK, .page_shift = 12, .crash_time = 1795248241 },
	};
	strcpy(o->kernel.uts, "Linux");
	strcpy(o->kernel.uts + (size_t)2 * 65, "6.1.0-test");
	fakesink_init(&o->fake);
}

static void release(struct opened *o)
{
	writer_free(o->kdump);
	fakesink_release(&o->fake);
}

static struct err *open_kdump(struct opened *o, uint64_t max_mapnr)
{
	static const struct codec zlib = { .name = "zlib" };
	struct sink *sink = &o->fake.sink;
	struct writer_config config = {
		.sink = &sink,
		.sinks_nr = 1,
		.image = &o->image,
		.kernel = &o->kernel,
		.max_mapnr = max_mapnr,
		.level = 31,
		.codec = &zlib,
	};

	return writer_kdump.open(&config, &o->kdump);
}

static struct err *add_page(struct opened *o, uint64_t index, enum page_state state,
			    const uint8_t *data, size_t len)
{
	struct writer_page page = { .index = index, .state = state, .len = (uint32_t)len };

	return writer_kdump.add(o->kdump, &page, 1, data);
}

static struct err *add_zero(struct opened *o, uint64_t index)
{
	return add_page(o, index, PAGE_STATE_ZERO, NULL, 0);
}

/* What a reader finds in the file. */
struct file_layout {
	bool incomplete;
	uint64_t block;
	uint64_t max_mapnr;
	uint64_t ram_at;
	uint64_t keep_at;
	uint64_t descs_at;
};

static uint32_t u32(const struct opened *o, uint64_t at)
{
	return load_u32(o->fake.bytes + at, o->image.order);
}

static uint64_t u64(const struct opened *o, uint64_t at)
{
	return load_u64(o->fake.bytes + at, o->image.order);
}

static void read_layout(const struct opened *o, struct file_layout *l)
{
	uint64_t sub_blocks, bitmap_blocks;

	assert_memory_equal(o->fake.bytes, "KDUMP   ", 8);
	assert_int_equal(u32(o, 8), 6);
	l->incomplete = u32(o, 424) & 8;
	l->block = u32(o, 428);
	sub_blocks = u32(o, 432);
	bitmap_blocks = u32(o, 436);
	l->max_mapnr = u64(o, l->block + 96);
	assert_int_equal(bitmap_blocks, 2 * ((l->max_mapnr + 8 * l->block - 1) / (8 * l->block)));
	l->ram_at = (1 + sub_blocks) * l->block;
	l->keep_at = l->ram_at + bitmap_blocks / 2 * l->block;
	l->descs_at = l->keep_at + bitmap_blocks / 2 * l->block;
}

/* It is the first thing a reader looks for. */
static bool has_header(const struct opened *o)
{
	static const uint8_t none[8];

	return o->fake.end >= sizeof(none) && memcmp(o->fake.bytes, none, sizeof(none));
}

/*
 * Whoever stops the writer, by SIGKILL too, leaves no file that passes for a dump and ends too
 * early.
 */
static void the_header_comes_when_bitmaps_and_descriptors_have_their_place(void **state)
{
	static const uint8_t bits[2] = { 0xff, 0xff };
	struct opened o;
	struct file_layout l;

	(void)state;
	setup(&o);
	expect_ok(open_kdump(&o, 16));
	assert_false(has_header(&o));
	expect_ok(writer_kdump.put_bitmaps(o.kdump, 0, 16, bits, bits));
	assert_false(has_header(&o));
	expect_ok(writer_kdump.begin_pages(o.kdump, 16));
	read_layout(&o, &l);
	assert_true(l.incomplete);
	assert_true(o.fake.end >= l.descs_at + 16 * 24);
	release(&o);

	/* Without space for the descriptors there is none. */
	setup(&o);
	expect_ok(open_kdump(&o, 16));
	expect_ok(writer_kdump.put_bitmaps(o.kdump, 0, 16, bits, bits));
	o.fake.space_left = 0;
	expect_err(writer_kdump.begin_pages(o.kdump, 16), ERR_SYS, "page descriptors");
	assert_false(has_header(&o));
	release(&o);
}

static void the_headers_say_what_the_format_wants(void **state)
{
	struct opened o;
	struct file_layout l;

	(void)state;
	setup(&o);
	expect_ok(open_kdump(&o, 100000));
	expect_ok(writer_kdump.begin_pages(o.kdump, 0));
	expect_ok(writer_kdump.finish(o.kdump, true));
	read_layout(&o, &l);
	assert_false(l.incomplete);
	assert_int_equal(u32(&o, 424), 1); /* pages may be zlib */
	assert_int_equal(l.block, BLOCK);
	assert_int_equal(l.max_mapnr, 100000);
	assert_int_equal(u32(&o, 440), 100000);
	assert_int_equal(u32(&o, 460), 3);
	assert_int_equal(u64(&o, 408), 1795248241);
	assert_string_equal((const char *)o.fake.bytes + 12, "Linux");
	assert_string_equal((const char *)o.fake.bytes + 12 + 2 * 65, "6.1.0-test");
	assert_int_equal(l.ram_at, 2 * BLOCK);
	assert_int_equal(l.keep_at, l.ram_at + 4 * BLOCK); /* 12500 bytes */
	/* Sub header: phys_base, level; no notes, no VMCOREINFO, not split. */
	assert_int_equal(u64(&o, BLOCK), 0);
	assert_int_equal(u32(&o, BLOCK + 8), 31);
	for (uint64_t at = BLOCK + 12; at < BLOCK + 96; at += 4)
		assert_int_equal(u32(&o, at), 0);
	assert_int_equal(o.fake.unsynced_nr, 0);
	release(&o);
}

static void the_byte_order_is_the_dumped_machines(void **state)
{
	struct opened o;
	struct file_layout l;

	(void)state;
	setup(&o);
	o.image.order = ORDER_BIG;
	expect_ok(open_kdump(&o, 77));
	expect_ok(writer_kdump.begin_pages(o.kdump, 0));
	read_layout(&o, &l);
	assert_true(l.incomplete);
	assert_int_equal(l.max_mapnr, 77);
	release(&o);
}

static void blocks_are_pages_of_any_size(void **state)
{
	struct opened o;
	struct file_layout l;

	(void)state;
	setup(&o);
	o.kernel.page_size = 65536;
	o.kernel.page_shift = 16;
	expect_ok(open_kdump(&o, 8 * 65536 + 1));
	expect_ok(writer_kdump.begin_pages(o.kdump, 0));
	read_layout(&o, &l);
	assert_int_equal(l.block, 65536);
	assert_int_equal(l.ram_at, 2 * 65536);
	assert_int_equal(l.keep_at, 4 * 65536);
	release(&o);
}

static void page_frames_beyond_32_bits_fit_and_beyond_45_do_not(void **state)
{
	struct opened o;
	uint8_t bits[8] = { 0xff };

	(void)state;
	setup(&o);
	expect_ok(open_kdump(&o, UINT64_C(1) << 40));
	expect_ok(writer_kdump.put_bitmaps(o.kdump, (UINT64_C(1) << 40) - 64, 64, bits, bits));
	assert_true(o.fake.end == 2 * BLOCK + (UINT64_C(1) << 38));
	expect_ok(writer_kdump.begin_pages(o.kdump, 0));
	assert_int_equal(u32(&o, 440), UINT32_MAX);
	assert_int_equal(u64(&o, BLOCK + 96), UINT64_C(1) << 40);
	assert_int_equal(u32(&o, 436), 1 << 26);
	release(&o);

	setup(&o);
	expect_err(open_kdump(&o, (UINT64_C(1) << 45) + 1), ERR_UNSUPPORTED, "do not fit");
	release(&o);
}

static void bitmaps_lie_where_readers_look(void **state)
{
	static const uint8_t ram[3] = { 0xff, 0x0f, 0x01 };
	static const uint8_t keep[3] = { 0x81, 0x00, 0x01 };
	struct opened o;
	struct file_layout l;

	(void)state;
	setup(&o);
	expect_ok(open_kdump(&o, 8 * BLOCK + 17));
	expect_ok(writer_kdump.put_bitmaps(o.kdump, 8 * BLOCK, 17, ram, keep));
	expect_ok(writer_kdump.begin_pages(o.kdump, 3));
	read_layout(&o, &l);
	assert_memory_equal(o.fake.bytes + l.ram_at + BLOCK, ram, 3);
	assert_memory_equal(o.fake.bytes + l.keep_at + BLOCK, keep, 3);
	for (uint64_t at = l.ram_at; at < l.ram_at + BLOCK; at++)
		assert_int_equal(o.fake.bytes[at], 0);
	assert_int_equal(o.fake.bytes[l.ram_at + BLOCK + 3], 0);
	release(&o);
}

/* Page n of a test: zeros, lost, compressed to n % 90 + 10 bytes, or raw. */
enum kind { ZERO, LOST, SMALL, RAW };

static enum kind kind_of(uint64_t index, unsigned int raw_in_8)
{
	unsigned int r = (unsigned int)(index * 2654435761u >> 13) % 8;

	if (r < raw_in_8)
		return RAW;
	return index % 11 == 0 ? LOST : index % 3 == 0 ? ZERO : SMALL;
}

static size_t fill(uint64_t index, enum kind kind, uint8_t *page)
{
	size_t len = kind == RAW || kind == ZERO ? BLOCK : (size_t)index % 90 + 10;

	memset(page, 0, BLOCK);
	if (kind == ZERO)
		return len;
	for (size_t i = 0; i + 8 <= len; i += 8)
		store_u64(page + i, index * 1000 + i + 1, ORDER_LITTLE);
	page[len - 1] = 0x5a;
	return len;
}

static struct err *add(struct opened *o, uint64_t index, unsigned int raw_in_8)
{
	enum kind kind = kind_of(index, raw_in_8);
	uint8_t page[BLOCK];
	size_t len = fill(index, kind, page);

	switch (kind) {
	case LOST:
		return add_page(o, index, PAGE_STATE_UNREADABLE, NULL, 0);
	case ZERO:
		return add_zero(o, index);
	case SMALL:
		return add_page(o, index, PAGE_STATE_COMPRESSED, page, len);
	case RAW:
		return add_page(o, index, PAGE_STATE_RAW, page, len);
	}
	return NULL;
}

/*
 * All pages in @passes passes over every @passes-th, as groups do. The first error ends it; the
 * writer is finished either way. Returns whether it came to be complete.
 */
static bool write_all(struct opened *o, uint64_t pages_nr, unsigned int passes,
		      unsigned int raw_in_8)
{
	uint8_t *bits = malloc(bitmap_bytes((size_t)pages_nr));
	struct err *e = open_kdump(o, pages_nr);
	struct err *closing;

	assert_non_null(bits);
	memset(bits, 0, bitmap_bytes((size_t)pages_nr));
	bitmap_set_range(bits, 0, (size_t)pages_nr);
	if (!e)
		e = writer_kdump.put_bitmaps(o->kdump, 0, pages_nr, bits, bits);
	if (!e)
		e = writer_kdump.begin_pages(o->kdump, pages_nr);
	free(bits);
	if (e) {
		err_free(e);
		return false;
	}
	for (unsigned int pass = 0; !e && pass < passes; pass++)
		for (uint64_t i = pass; !e && i < pages_nr; i += passes)
			e = add(o, i, raw_in_8);
	closing = writer_kdump.finish(o->kdump, !e);
	e = e ? e : take_ptr(closing);
	err_free(closing);
	if (!e)
		return true;
	assert_int_equal(err_code(e), ERR_SYS);
	err_free(e);
	return false;
}

/* How many pages a reader gets; each is right or lost. @torn: one descriptor may be half there. */
static uint64_t check_pages(const struct opened *o, uint64_t pages_nr, unsigned int raw_in_8,
			    bool torn)
{
	struct file_layout l;
	uint64_t zero_at = 0;
	uint64_t found = 0;

	read_layout(o, &l);
	assert_int_equal(l.max_mapnr, pages_nr);
	for (uint64_t i = 0; i < pages_nr; i++) {
		uint64_t at = l.descs_at + 24 * i;
		uint64_t offset = u64(o, at);
		enum kind kind = kind_of(i, raw_in_8);
		uint8_t want[BLOCK];
		size_t len = fill(i, kind, want);

		if (!offset) {
			assert_int_equal(u32(o, at + 8) | u32(o, at + 12), 0);
			continue;
		}
		/* It reaches over the border of a sector: the offset is there, the size is not. */
		if (torn && !u32(o, at + 8)) {
			torn = false;
			continue;
		}
		assert_true(kind != LOST);
		assert_int_equal(u32(o, at + 8), len);
		assert_int_equal(u32(o, at + 12), kind == SMALL ? 1 : 0);
		assert_int_equal(u64(o, at + 16), 0);
		assert_true(offset >= l.descs_at + 24 * pages_nr);
		assert_true(fakesink_has(&o->fake, offset, len));
		assert_memory_equal(o->fake.bytes + offset, want, len);
		if (kind == ZERO) {
			assert_true(!zero_at || zero_at == offset);
			zero_at = offset;
		}
		found++;
	}
	return found;
}

static uint64_t findable(uint64_t pages_nr, unsigned int raw_in_8)
{
	uint64_t nr = 0;

	for (uint64_t i = 0; i < pages_nr; i++)
		nr += kind_of(i, raw_in_8) != LOST;
	return nr;
}

static void every_page_can_be_read_back(void **state)
{
	/* Few and many: 80000 descriptors are more blocks than are held. */
	static const struct {
		uint64_t pages_nr;
		unsigned int passes;
		unsigned int raw_in_8;
	} cases[] = { { 1, 1, 0 }, { 2, 2, 8 }, { 1000, 1, 4 }, { 1000, 7, 8 }, { 80000, 3, 0 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct opened o;
		struct file_layout l;
		uint64_t nr;

		setup(&o);
		assert_true(write_all(&o, cases[i].pages_nr, cases[i].passes, cases[i].raw_in_8));
		nr = check_pages(&o, cases[i].pages_nr, cases[i].raw_in_8, false);
		assert_int_equal(nr, findable(cases[i].pages_nr, cases[i].raw_in_8));
		assert_int_equal(writer_kdump.totals(o.kdump).pages_nr, nr);
		assert_int_equal(writer_kdump.totals(o.kdump).bytes, o.fake.end);
		assert_int_equal(o.fake.unsynced_nr, 0);
		read_layout(&o, &l);
		assert_false(l.incomplete);
		release(&o);
	}
}

static void all_zero_pages_share_one(void **state)
{
	struct opened o;
	struct file_layout l;

	(void)state;
	setup(&o);
	expect_ok(open_kdump(&o, 5000));
	expect_ok(writer_kdump.begin_pages(o.kdump, 5000));
	for (uint64_t i = 0; i < 5000; i++)
		expect_ok(add_zero(&o, i));
	expect_ok(writer_kdump.finish(o.kdump, true));
	read_layout(&o, &l);
	assert_int_equal(o.fake.end, l.descs_at + 5000 * 24 + BLOCK);
	for (uint64_t i = 0; i < 5000; i++)
		assert_int_equal(u64(&o, l.descs_at + 24 * i), l.descs_at + 5000 * 24);
	release(&o);
}

/* Where the disk is full does not matter, down to the byte: what the file says it has, it has. */
static void a_full_disk_leaves_a_dump_of_what_fitted(void **state)
{
	enum { PAGES = 700, RAW_IN_8 = 5 };
	uint64_t found_before = 0;
	uint64_t needed;
	struct opened o;

	(void)state;
	setup(&o);
	assert_true(write_all(&o, PAGES, 3, RAW_IN_8));
	needed = UINT64_MAX - o.fake.space_left;
	release(&o);

	for (uint64_t space = 0; space < needed; space += space < 40000 ? 1021 : 19973) {
		struct file_layout l;
		uint64_t found;

		setup(&o);
		o.fake.space_left = space;
		assert_false(write_all(&o, PAGES, 3, RAW_IN_8));
		if (!has_header(&o)) {
			assert_int_equal(found_before, 0);
			release(&o);
			continue;
		}
		read_layout(&o, &l);
		assert_true(l.incomplete);
		found = check_pages(&o, PAGES, RAW_IN_8, false);
		if (o.kdump)
			assert_int_equal(writer_kdump.totals(o.kdump).pages_nr, found);
		/* A little more space is not a dump less. */
		assert_true(found >= found_before);
		found_before = found;
		release(&o);
	}
	assert_true(found_before > PAGES / 2);

	setup(&o);
	o.fake.space_left = needed;
	assert_true(write_all(&o, PAGES, 3, RAW_IN_8));
	release(&o);
}

/* No byte can be written any more, not even a descriptor whose space was taken. */
static void a_device_that_dies_leaves_no_lie(void **state)
{
	static const struct {
		uint64_t pages_nr;
		unsigned int raw_in_8;
		uint64_t step;
	} cases[] = { { 700, 5, 50021 }, { 80000, 0, 1500007 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t headers_nr = 0;
		uint64_t needed;
		struct opened o;

		setup(&o);
		assert_true(write_all(&o, cases[i].pages_nr, 3, cases[i].raw_in_8));
		needed = UINT64_MAX - o.fake.writes_left;
		release(&o);

		for (uint64_t alive = (uint64_t)BLOCK * 2; alive < needed; alive += cases[i].step) {
			struct file_layout l;

			setup(&o);
			o.fake.writes_left = alive;
			assert_false(write_all(&o, cases[i].pages_nr, 3, cases[i].raw_in_8));
			if (!has_header(&o)) {
				release(&o);
				continue;
			}
			headers_nr++;
			read_layout(&o, &l);
			assert_true(l.incomplete);
			check_pages(&o, cases[i].pages_nr, cases[i].raw_in_8, true);
			release(&o);
		}
		assert_true(headers_nr > 1);
	}
}

static void a_failure_of_the_last_write_is_told(void **state)
{
	struct opened o;
	struct file_layout l;
	uint64_t needed;

	(void)state;
	setup(&o);
	assert_true(write_all(&o, 10, 1, 4));
	needed = UINT64_MAX - o.fake.writes_left;
	release(&o);

	/* The header that would say "complete" stands last. */
	setup(&o);
	o.fake.writes_left = needed - BLOCK;
	assert_false(write_all(&o, 10, 1, 4));
	read_layout(&o, &l);
	assert_true(l.incomplete);
	assert_int_equal(check_pages(&o, 10, 4, false), findable(10, 4));
	release(&o);

	setup(&o);
	o.fake.sync_fails = true;
	assert_false(write_all(&o, 10, 1, 4));
	read_layout(&o, &l);
	assert_true(l.incomplete);
	release(&o);
}

static void a_dump_given_up_is_written_and_says_so(void **state)
{
	struct opened o;
	struct file_layout l;

	(void)state;
	setup(&o);
	expect_ok(open_kdump(&o, 100));
	expect_ok(writer_kdump.begin_pages(o.kdump, 100));
	for (uint64_t i = 0; i < 50; i++)
		expect_ok(add(&o, i, 4));
	expect_ok(writer_kdump.finish(o.kdump, false));
	read_layout(&o, &l);
	assert_true(l.incomplete);
	assert_int_equal(check_pages(&o, 100, 4, false), findable(50, 4));
	assert_int_equal(o.fake.unsynced_nr, 0);
	release(&o);
}

/* What was saved should survive the reboot that follows. */
static void what_a_full_disk_could_take_is_synced(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	o.fake.space_left = 1000000;
	assert_false(write_all(&o, 700, 3, 5));
	assert_true(o.fake.syncs_nr > 0);
	assert_int_equal(o.fake.unsynced_nr, 0);
	release(&o);
}

/* One block of descriptors that cannot be written costs the pages of that block. */
static void a_bad_place_in_the_descriptors_costs_no_others(void **state)
{
	enum { PAGES = 20000, BLOCK_DESCS = 4096 };
	struct opened o;
	struct file_layout l;
	uint64_t found;

	(void)state;
	setup(&o);
	expect_ok(open_kdump(&o, PAGES));
	expect_ok(writer_kdump.begin_pages(o.kdump, PAGES));
	read_layout(&o, &l);
	for (uint64_t i = 0; i < PAGES; i++)
		expect_ok(add(&o, i, 0));
	o.fake.bad_first = l.descs_at + 5000 * 24;
	o.fake.bad_end = o.fake.bad_first + 512;
	expect_err(writer_kdump.finish(o.kdump, true), ERR_SYS, "page descriptors: write");
	read_layout(&o, &l);
	assert_true(l.incomplete);
	found = check_pages(&o, PAGES, 0, false);
	assert_int_equal(found, findable(PAGES, 0) - findable(2 * BLOCK_DESCS, 0) +
					findable(BLOCK_DESCS, 0));
	release(&o);
}

/* All descriptors have their memory before the first page, or as many of them as can be had. */
static void with_little_memory_for_descriptors_every_page_is_written(void **state)
{
	enum { PAGES = 80000, BLOCK_DESCS = 4096 };
	struct opened o;
	struct file_layout l;

	(void)state;
	for (granted_nr = 1; granted_nr < 4; granted_nr++) {
		size_t granted_before = granted_nr;

		setup(&o);
		expect_ok(open_kdump(&o, PAGES));
		refused_bytes = (size_t)BLOCK_DESCS * 24;
		expect_ok(writer_kdump.begin_pages(o.kdump, PAGES));
		assert_int_equal(granted_nr, 0);
		granted_nr = granted_before;
		for (uint64_t i = 0; i < PAGES; i++)
			expect_ok(add(&o, i % 2 ? PAGES - 1 - i / 2 : i / 2, 0));
		refused_bytes = 0;
		expect_ok(writer_kdump.finish(o.kdump, true));
		read_layout(&o, &l);
		assert_false(l.incomplete);
		assert_int_equal(check_pages(&o, PAGES, 0, false), findable(PAGES, 0));
		release(&o);
	}
}

static void without_memory_for_descriptors_no_page_is_begun(void **state)
{
	enum { PAGES = 5000, BLOCK_DESCS = 4096 };
	struct opened o;

	(void)state;
	setup(&o);
	expect_ok(open_kdump(&o, PAGES));
	granted_nr = 0;
	refused_bytes = (size_t)BLOCK_DESCS * 24;
	expect_err(writer_kdump.begin_pages(o.kdump, PAGES), ERR_NOMEM, "");
	refused_bytes = 0;
	release(&o);
}

static void more_pages_than_announced_are_an_error(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	expect_ok(open_kdump(&o, 100));
	expect_ok(writer_kdump.begin_pages(o.kdump, 10));
	expect_ok(add_zero(&o, 9));
	expect_err(add_zero(&o, 10), ERR_FORMAT, "more pages");
	expect_err(add_zero(&o, UINT64_MAX), ERR_FORMAT, "more pages");
	release(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_headers_say_what_the_format_wants),
		cmocka_unit_test(the_header_comes_when_bitmaps_and_descriptors_have_their_place),
		cmocka_unit_test(the_byte_order_is_the_dumped_machines),
		cmocka_unit_test(blocks_are_pages_of_any_size),
		cmocka_unit_test(page_frames_beyond_32_bits_fit_and_beyond_45_do_not),
		cmocka_unit_test(bitmaps_lie_where_readers_look),
		cmocka_unit_test(every_page_can_be_read_back),
		cmocka_unit_test(all_zero_pages_share_one),
		cmocka_unit_test(a_full_disk_leaves_a_dump_of_what_fitted),
		cmocka_unit_test(a_device_that_dies_leaves_no_lie),
		cmocka_unit_test(a_failure_of_the_last_write_is_told),
		cmocka_unit_test(a_dump_given_up_is_written_and_says_so),
		cmocka_unit_test(what_a_full_disk_could_take_is_synced),
		cmocka_unit_test(a_bad_place_in_the_descriptors_costs_no_others),
		cmocka_unit_test(with_little_memory_for_descriptors_every_page_is_written),
		cmocka_unit_test(without_memory_for_descriptors_no_page_is_begun),
		cmocka_unit_test(more_pages_than_announced_are_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
