// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/expect.h"

#include <stdlib.h>

#include "tests/lib/fakekernel.h"
#include "util/base/bitmap.h"
#include "util/dump/plan.h"
#include "util/dump/policy.h"

#define GIB (UINT64_C(1) << 30)
#define PAGE UINT64_C(4096)

/*
 * Memory of fewer bytes cannot be had: that for a packed range, and nothing else asks for so few.
 * The linker leads the calls here (Makefile).
 */
static size_t refused_below;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
	return size < refused_below ? NULL : __real_malloc(size);
}

struct opened {
	struct fakekernel fake;
	struct kernel *kernel;
	struct plan *plan;
};

static void open_fake(struct opened *o)
{
	*o = (struct opened){ .kernel = NULL };
	fakekernel_init(&o->fake, &(struct fakekernel_config){ .levels = 4 });
}

static void start(struct opened *o)
{
	expect_ok(fakekernel_start(&o->fake, NULL, &o->kernel));
}

static void release(struct opened *o)
{
	plan_free(o->plan);
	kernel_free(o->kernel);
	fakekernel_release(&o->fake);
}

static void make_plan(struct opened *o, unsigned int level)
{
	plan_free(o->plan);
	o->plan = NULL;
	expect_ok(plan_new(&o->fake.image, o->kernel, level, &o->plan));
}

static bool stays(const struct plan_range *range, uint64_t n)
{
	return plan_group_at(range->groups, n) < GROUPS_NR;
}

/* The range and its bitmaps, which must say the same. */
static void get_range(struct opened *o, uint64_t index, struct plan_range *range)
{
	uint64_t group_nr[GROUPS_NR] = { 0 };
	const uint8_t *ram, *keep;

	bool bad = false;

	expect_ok(plan_range(o->plan, index, range));
	plan_bitmaps(o->plan, range, &ram, &keep);
	for (size_t n = 0; n < range->pfns_nr; n++) {
		enum plan_group group = plan_group_at(range->groups, n);

		bad |= group >= GROUPS_NR && group < GROUP_DROPPED;
		bad |= bitmap_test(ram, n) != (group != GROUP_NO_MEMORY);
		bad |= bitmap_test(keep, n) != (group < GROUPS_NR);
		if (group < GROUPS_NR)
			group_nr[group]++;
	}
	assert_false(bad);
	assert_int_equal(bitmap_next_set(ram, PLAN_RANGE_PFNS, (size_t)range->pfns_nr),
			 PLAN_RANGE_PFNS);
	assert_int_equal(range->kept_nr, bitmap_count(keep, PLAN_RANGE_PFNS));
	for (int group = 0; group < GROUPS_NR; group++) {
		assert_int_equal(range->group_nr[group], group_nr[group]);
		assert_int_equal(plan_group_nr(o->plan, index, (enum plan_group)group),
				 group_nr[group]);
	}
}

static void expect_adds_up(const struct plan_counts *counts)
{
	uint64_t classes = 0;
	uint64_t dropped = counts->dropped_poisoned;

	for (int i = 0; i < PAGE_CLASSES_NR; i++) {
		assert_true(counts->dropped[i] <= counts->class[i]);
		classes += counts->class[i];
		dropped += counts->dropped[i];
	}
	assert_true(counts->ram == counts->missing + classes);
	assert_true(counts->ram == counts->missing + dropped + counts->kept);
}

/*
 * A page frame by brute force: what the image's map says of its bytes, what was laid out for it,
 * what the level drops.
 */
struct truth {
	const struct memmap_range *range;
	size_t ranges_nr;
	uint8_t class[FAKE_SECTION_PAGES]; /* as laid out */
	uint16_t head[FAKE_SECTION_PAGES]; /* of the free block it is in */
	bool poisoned[FAKE_SECTION_PAGES];
};

static void look_at_bytes(const struct truth *truth, uint64_t pfn, bool *ret_ram, bool *ret_missing)
{
	*ret_ram = false;
	*ret_missing = false;
	for (size_t i = 0; i < truth->ranges_nr; i++) {
		const struct memmap_range *r = &truth->range[i];
		uint64_t stored_end = r->paddr + r->file_size;
		uint64_t end = r->paddr + r->size;

		*ret_ram |= r->paddr < (pfn + 1) * PAGE && end > pfn * PAGE;
		*ret_missing |= stored_end < (pfn + 1) * PAGE && end > pfn * PAGE &&
				end > MAX(stored_end, pfn * PAGE);
	}
}

static void lay_out(struct opened *o, struct truth *truth)
{
	static const struct fake_page kinds[] = {
		{ .mapcount = FAKE_UNMAPPED },
		{ .flags = FAKE_LRU | FAKE_SWAPBACKED, .mapping = FAKE_MAPPING | 1 },
		{ .flags = FAKE_LRU, .mapping = FAKE_MAPPING },
		{ .flags = FAKE_LRU | FAKE_PRIVATE, .mapping = FAKE_MAPPING },
		{ .mapcount = FAKE_OFFLINE },
		{ .flags = FAKE_HWPOISON, .mapcount = FAKE_UNMAPPED },
		{ .flags = FAKE_HWPOISON | FAKE_LRU, .mapping = FAKE_MAPPING },
	};
	static const uint8_t classes[] = {
		PAGE_KERNEL,  PAGE_USER,   PAGE_CACHE, PAGE_CACHE_PRIVATE,
		PAGE_OFFLINE, PAGE_KERNEL, PAGE_CACHE,
	};

	for (uint64_t pfn = 0; pfn < 512;) {
		size_t kind = (size_t)rand() % (ARRAY_SIZE(kinds) + 2);
		unsigned int order = (unsigned int)rand() % 5;

		if (kind < ARRAY_SIZE(kinds)) {
			fakekernel_set_page(&o->fake, pfn, &kinds[kind]);
			truth->class[pfn] = classes[kind];
			truth->poisoned[pfn] = kinds[kind].flags & FAKE_HWPOISON;
			pfn++;
			continue;
		}
		order = pfn % (1u << order) ? 0 : order;
		fakekernel_free_block(&o->fake, pfn, order);
		for (uint64_t head = pfn, end = pfn + (1u << order); pfn < end; pfn++) {
			truth->head[pfn] = (uint16_t)head;
			truth->class[pfn] = PAGE_FREE;
		}
	}
}

/* A map of small ranges that begin, end and stop being stored anywhere in a page. */
static size_t random_map(struct opened *o, struct memmap_range *ranges, size_t max)
{
	uint64_t at = 0;
	size_t nr = 0;

	while (nr < max && at < 500 * PAGE) {
		struct memmap_range *r = &ranges[nr++];
		bool whole = rand() % 4;

		at += rand() % 2 ? 0 : (uint64_t)rand() % (3 * PAGE);
		at = whole ? at / PAGE * PAGE + (rand() % 3 ? 0 : PAGE) : at;
		at = MAX(at, nr > 1 ? ranges[nr - 2].paddr + ranges[nr - 2].size : 0);
		r->paddr = at;
		r->size = 1 + (uint64_t)rand() % (60 * PAGE);
		r->size = whole ? (r->size / PAGE + 1) * PAGE : r->size;
		r->file_size = rand() % 3 ? r->size : (uint64_t)rand() % (r->size + 1);
		fakekernel_ram(&o->fake, r->paddr, r->size, r->file_size);
		at += r->size;
	}
	return nr;
}

static void check_against(struct opened *o, const struct truth *truth, unsigned int level)
{
	static const enum plan_group groups[PAGE_CLASSES_NR] = {
		[PAGE_KERNEL] = GROUP_KERNEL, [PAGE_CACHE] = GROUP_CACHE,
		[PAGE_USER] = GROUP_USER,     [PAGE_CACHE_PRIVATE] = GROUP_CACHE_PRIVATE,
		[PAGE_FREE] = GROUP_FREE,     [PAGE_OFFLINE] = GROUP_DROPPED,
	};
	struct plan_counts want = { .ram = 0 };
	struct plan_range range;
	uint64_t run_first = 0; /* of page frames that are stored */

	make_plan(o, level);
	assert_int_equal(plan_ranges_nr(o->plan), 1);
	get_range(o, 0, &range);
	assert_int_equal(range.first, 0);
	assert_int_equal(range.pfns_nr, plan_end_pfn(o->plan));

	for (uint64_t pfn = 0; pfn < range.pfns_nr; pfn++) {
		enum page_class class = (enum page_class)truth->class[pfn];
		enum plan_group group = GROUP_NO_MEMORY;
		bool ram, missing;

		/*
		 * Only the head of a free block says so: where it is not walked over, pages stay.
		 */
		if (class == PAGE_FREE && truth->head[pfn] < run_first)
			class = PAGE_KERNEL;
		look_at_bytes(truth, pfn, &ram, &missing);
		want.ram += ram;
		want.missing += missing;
		if (!ram || missing) {
			run_first = pfn + 1;
			group = ram ? GROUP_DROPPED : GROUP_NO_MEMORY;
		} else if (policy_drops(level, class) || truth->poisoned[pfn]) {
			want.class[class]++;
			want.dropped[class] += policy_drops(level, class);
			want.dropped_poisoned += !policy_drops(level, class);
			group = GROUP_DROPPED;
		} else {
			want.class[class]++;
			want.kept++;
			group = groups[class];
		}
		if (plan_group_at(range.groups, pfn) == group)
			continue;
		print_error("level %u, page frame %llu is in group %u, wanted %u (%s)\n", level,
			    (unsigned long long)pfn, plan_group_at(range.groups, pfn), group,
			    page_class_name(class));
		fail();
	}
	assert_memory_equal(plan_counts(o->plan), &want, sizeof(want));
	expect_adds_up(&want);
}

static void a_plan_is_what_brute_force_says(void **state)
{
	static const unsigned int levels[] = { 0, 1, 2, 4, 8, 16, 31 };

	(void)state;
	srand(3);
	for (int round = 0; round < 30; round++) {
		struct memmap_range ranges[20];
		struct truth *truth = calloc(1, sizeof(*truth));
		struct opened o;

		open_fake(&o);
		lay_out(&o, truth);
		truth->range = ranges;
		truth->ranges_nr = random_map(&o, ranges, ARRAY_SIZE(ranges));
		start(&o);
		assert_null(o.kernel->why_not);
		for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
			check_against(&o, truth, levels[i]);
		release(&o);
		free(truth);
	}
}

static void without_classes_everything_stored_stays(void **state)
{
	struct plan_range range;
	struct opened o;

	(void)state;
	open_fake(&o);
	fakekernel_set_info(&o.fake, "SIZE(page)", NULL);
	fakekernel_free_block(&o.fake, 0, 10);
	fakekernel_ram(&o.fake, 0, 1000 * PAGE, 900 * PAGE);
	start(&o);
	assert_non_null(o.kernel->why_not);
	make_plan(&o, 31);
	get_range(&o, 0, &range);
	assert_int_equal(range.kept_nr, 900);
	assert_int_equal(plan_counts(o.plan)->class[PAGE_UNKNOWN], 900);
	assert_int_equal(plan_counts(o.plan)->missing, 100);
	expect_adds_up(plan_counts(o.plan));
	release(&o);
}

static void poison_stays_out_where_free_pages_stay(void **state)
{
	struct fake_page bad = { .mapcount = FAKE_UNMAPPED, .flags = FAKE_HWPOISON };
	struct plan_range range;
	struct opened o;

	(void)state;
	open_fake(&o);
	fakekernel_free_block(&o.fake, 0, 10);
	fakekernel_set_page(&o.fake, 77, &bad);
	fakekernel_ram(&o.fake, 0, 1024 * PAGE, 1024 * PAGE);
	start(&o);
	for (unsigned int level = 0; level <= DUMP_LEVEL_MAX; level++) {
		make_plan(&o, level);
		get_range(&o, 0, &range);
		assert_false(stays(&range, 77));
		assert_int_equal(range.kept_nr, level & DUMP_LEVEL_FREE ? 0 : 1023);
		expect_adds_up(plan_counts(o.plan));
	}
	release(&o);
}

static void the_kernel_image_comes_first_where_it_is_the_kernels(void **state)
{
	struct fake_page anon = { .flags = FAKE_LRU, .mapping = FAKE_MAPPING | 1 };
	struct fake_page table = { .mapcount = FAKE_TABLE };
	struct plan_range range;
	struct opened o;

	(void)state;
	open_fake(&o);
	fakekernel_ram(&o.fake, 0, FAKE_SECTION_PAGES * PAGE, FAKE_SECTION_PAGES * PAGE);
	/* The image is 2 MiB at page frame 0x4000. */
	fakekernel_set_page(&o.fake, 0x4100, &anon);
	fakekernel_free_block(&o.fake, 0x4120, 5);
	fakekernel_set_page(&o.fake, 0x10, &table);
	start(&o);
	make_plan(&o, 0);
	get_range(&o, 0, &range);
	assert_int_equal(plan_group_at(range.groups, 0x3fff), GROUP_KERNEL);
	assert_int_equal(plan_group_at(range.groups, 0x4000), GROUP_VITAL);
	assert_int_equal(plan_group_at(range.groups, 0x4100), GROUP_USER);
	assert_int_equal(plan_group_at(range.groups, 0x4120), GROUP_FREE);
	assert_int_equal(plan_group_at(range.groups, 0x41ff), GROUP_VITAL);
	assert_int_equal(plan_group_at(range.groups, 0x4200), GROUP_KERNEL);
	assert_int_equal(plan_group_at(range.groups, 0x10), GROUP_VITAL);
	assert_int_equal(range.kept_nr, FAKE_SECTION_PAGES);
	/* What is in the image is not kept for that. */
	make_plan(&o, 31);
	get_range(&o, 0, &range);
	assert_int_equal(plan_group_at(range.groups, 0x4100), GROUP_DROPPED);
	assert_int_equal(plan_group_at(range.groups, 0x4120), GROUP_DROPPED);
	release(&o);
}

/*
 * What a processor was doing is in its per-CPU memory; what belongs to others there stays theirs.
 */
static void per_cpu_memory_comes_first(void **state)
{
	struct fake_page anon = { .flags = FAKE_LRU, .mapping = FAKE_MAPPING | 1 };
	uint64_t vaddr = UINT64_C(0xffff888004000000);
	struct plan_range range;
	struct opened o;

	(void)state;
	open_fake(&o);
	fakekernel_ram(&o.fake, 0, FAKE_SECTION_PAGES * PAGE, FAKE_SECTION_PAGES * PAGE);
	for (uint64_t page = 0; page < 4; page++)
		fakekernel_map(&o.fake, vaddr + page * PAGE, (0x500 + page) * PAGE, 1);
	fakekernel_set_page(&o.fake, 0x502, &anon);
	start(&o);
	fakekernel_add_percpu(&o.fake, o.kernel, 0, &vaddr, 1, 4 * PAGE);
	make_plan(&o, 0);
	get_range(&o, 0, &range);
	assert_int_equal(plan_group_at(range.groups, 0x4ff), GROUP_KERNEL);
	assert_int_equal(plan_group_at(range.groups, 0x500), GROUP_VITAL);
	assert_int_equal(plan_group_at(range.groups, 0x502), GROUP_USER);
	assert_int_equal(plan_group_at(range.groups, 0x503), GROUP_VITAL);
	assert_int_equal(plan_group_at(range.groups, 0x504), GROUP_KERNEL);
	release(&o);
}

static void ranges_without_memory_are_left_out(void **state)
{
	static const uint64_t paddrs[] = { 3 * GIB, 5 * GIB - PAGE, 1024 * GIB + 5, GIB * 4096 };
	static const uint64_t firsts[] = { 3, 4, 5, 1024, 4096 };
	struct plan_range range;
	struct opened o;

	(void)state;
	open_fake(&o);
	for (size_t i = 0; i < ARRAY_SIZE(paddrs); i++)
		fakekernel_ram(&o.fake, paddrs[i], 2 * PAGE, 2 * PAGE);
	/* Two in one range, and one that is there but not stored. */
	fakekernel_ram(&o.fake, 3 * GIB + 10 * PAGE, PAGE, PAGE);
	fakekernel_ram(&o.fake, 3 * GIB + 20 * PAGE, 3 * PAGE, 0);
	start(&o);
	make_plan(&o, 31);
	assert_int_equal(plan_ranges_nr(o.plan), ARRAY_SIZE(firsts));
	assert_int_equal(plan_end_pfn(o.plan), (GIB * 4096 + 2 * PAGE) / PAGE);
	for (uint64_t i = 0; i < ARRAY_SIZE(firsts); i++) {
		get_range(&o, i, &range);
		assert_int_equal(range.first, firsts[i] << PLAN_RANGE_SHIFT);
		assert_true(range.first + range.pfns_nr <= plan_end_pfn(o.plan));
	}
	assert_int_equal(range.pfns_nr, 2);
	assert_int_equal(plan_counts(o.plan)->ram, 2 + 1 + 3 + 2 + 3 + 2);
	assert_true(plan_is_held(o.plan));
	assert_int_equal(plan_counts(o.plan)->missing, 3);
	expect_adds_up(plan_counts(o.plan));
	release(&o);
}

static void memory_that_is_not_stored_is_counted_and_nothing_else(void **state)
{
	struct plan_range range;
	struct opened o;

	(void)state;
	open_fake(&o);
	fakekernel_ram(&o.fake, 0, 100 * GIB - PAGE, GIB + 5 * PAGE);
	start(&o);
	make_plan(&o, 31);
	for (int again = 0; again < 2; again++) {
		for (uint64_t i = 0; i < 100; i++)
			get_range(&o, i, &range);
	}
	assert_int_equal(plan_counts(o.plan)->ram, 100 * PLAN_RANGE_PFNS - 1);
	assert_int_equal(plan_counts(o.plan)->missing, 99 * PLAN_RANGE_PFNS - 1 - 5);
	expect_adds_up(plan_counts(o.plan));
	assert_int_equal(range.kept_nr, 0);
	assert_int_equal(range.kept_before, plan_counts(o.plan)->kept);
	assert_true(plan_is_held(o.plan));
	release(&o);
}

static void memory_may_reach_to_the_end_of_52_bits_and_no_further(void **state)
{
	uint64_t end = UINT64_C(1) << 52;
	struct plan_range range;
	struct opened o;

	(void)state;
	open_fake(&o);
	fakekernel_ram(&o.fake, end - PAGE, PAGE, PAGE);
	start(&o);
	make_plan(&o, 0);
	assert_true(plan_end_pfn(o.plan) == end / PAGE);
	get_range(&o, 0, &range);
	assert_int_equal(range.kept_nr, 1);
	assert_true(stays(&range, PLAN_RANGE_PFNS - 1));
	release(&o);

	open_fake(&o);
	fakekernel_ram(&o.fake, end - PAGE, PAGE + 1, PAGE);
	start(&o);
	expect_err(plan_new(&o.fake.image, o.kernel, 0, &o.plan), ERR_FORMAT, "0x10000000000000");
	release(&o);

	open_fake(&o);
	fakekernel_ram(&o.fake, UINT64_MAX - 1, 1, 1);
	start(&o);
	expect_err(plan_new(&o.fake.image, o.kernel, 0, &o.plan), ERR_FORMAT, "not believed");
	release(&o);
}

/* What is remembered of a range would fill the memory of a capture kernel. */
static void more_memory_than_any_machine_has_is_not_believed(void **state)
{
	struct opened o;

	(void)state;
	open_fake(&o);
	fakekernel_ram(&o.fake, 0, UINT64_C(1) << 52, 4096);
	start(&o);
	expect_err(plan_new(&o.fake.image, o.kernel, 0, &o.plan), ERR_FORMAT, "not believed");
	release(&o);
}

/* 40 ranges of a GiB each, all with the same struct pages. */
static void open_wide(struct opened *o)
{
	open_fake(o);
	for (uint64_t i = 0; i < 40; i++) {
		fakekernel_ram(&o->fake, i * GIB, 2048 * PAGE, 2048 * PAGE);
		fakekernel_alias_section(&o->fake, (unsigned int)(i * 8));
	}
	fakekernel_free_block(&o->fake, 1024, 10);
	fakemem_break(&o->fake.mem, fakekernel_page_paddr(&o->fake, 3), 64, ERR_SYS);
	start(o);
	assert_null(o->kernel->why_not);
	make_plan(o, 31);
	assert_int_equal(plan_ranges_nr(o->plan), 40);
}

/* Of the 40: one has three runs in it, that of the image's struct pages a few more. */
enum { SOME_RANGES_BYTES = 100 };

static void ranges_beyond_the_budget_are_planned_again_and_counted_once(void **state)
{
	struct plan_range range;
	struct opened o;

	(void)state;
	open_wide(&o);
	plan_hold(o.plan, SOME_RANGES_BYTES);
	for (int round = 0; round < 3; round++) {
		for (uint64_t i = 0; i < 40; i++) {
			get_range(&o, i, &range);
			assert_int_equal(range.first, i << PLAN_RANGE_SHIFT);
			assert_int_equal(range.kept_nr, 1024);
			assert_int_equal(range.kept_before, i * 1024);
			assert_false(stays(&range, 1024));
		}
		assert_int_equal(plan_counts(o.plan)->ram, 40 * 2048);
		assert_int_equal(plan_counts(o.plan)->dropped[PAGE_FREE], 40 * 1024);
		assert_int_equal(plan_counts(o.plan)->class[PAGE_UNKNOWN], 40);
		assert_int_equal(plan_unreadable_nr(o.plan), 40);
		expect_adds_up(plan_counts(o.plan));
		assert_false(plan_is_held(o.plan));
	}
	release(&o);
}

static void ranges_without_memory_to_hold_them_are_planned_again(void **state)
{
	struct plan_range range;
	struct opened o;

	(void)state;
	open_wide(&o);
	for (int round = 0; round < 2; round++) {
		for (uint64_t i = 0; i < 40; i++) {
			refused_below = i % 2 ? 16 : 0;
			get_range(&o, i, &range);
			refused_below = 0;
			assert_int_equal(range.kept_nr, 1024);
			assert_int_equal(range.kept_before, i * 1024);
		}
		assert_false(plan_is_held(o.plan));
		expect_adds_up(plan_counts(o.plan));
	}
	release(&o);

	/* It would not come out the same. */
	open_wide(&o);
	plan_hold(o.plan, SIZE_MAX);
	get_range(&o, 0, &range);
	refused_below = 16;
	expect_err(plan_range(o.plan, 1, &range), ERR_NOMEM, "");
	refused_below = 0;
	release(&o);
}

/* The memory of a running kernel: what it is by now is not what the bitmap says. */
static void what_is_all_held_is_not_looked_at_again(void **state)
{
	struct plan_range range;
	struct opened o;
	uint64_t fetched;

	(void)state;
	open_wide(&o);
	plan_hold(o.plan, SIZE_MAX);
	for (uint64_t i = 0; i < 40; i++)
		get_range(&o, i, &range);
	assert_true(plan_is_held(o.plan));
	fetched = plan_fetched_nr(o.plan);
	fakekernel_set_page(&o.fake, 1024, &(struct fake_page){ .mapcount = FAKE_UNMAPPED });
	for (uint64_t i = 0; i < 40; i++) {
		get_range(&o, i, &range);
		assert_int_equal(range.kept_nr, 1024);
		assert_false(stays(&range, 1024));
	}
	assert_int_equal(plan_fetched_nr(o.plan), fetched);
	release(&o);
}

/* Descriptors are written in the order of the bitmap that is in the file already. */
static void a_range_that_comes_out_differently_is_an_error(void **state)
{
	struct plan_range range;
	struct opened o;

	(void)state;
	open_wide(&o);
	plan_hold(o.plan, SOME_RANGES_BYTES);
	for (uint64_t i = 0; i < 40; i++)
		get_range(&o, i, &range);
	/* As many pages stay, but others. */
	fakekernel_set_page(&o.fake, 1024, &(struct fake_page){ .mapcount = FAKE_UNMAPPED });
	fakekernel_free_block(&o.fake, 0, 10);
	for (uint64_t i = 0; i < 40; i++) {
		struct err *e = plan_range(o.plan, i, &range);

		if (e)
			expect_err(e, ERR_FORMAT, "page frames from");
		else
			assert_true(stays(&range, 0)); /* held from the first time */
	}
	expect_err(plan_range(o.plan, 39, &range), ERR_FORMAT, "0x9c0000");
	release(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plan_is_what_brute_force_says),
		cmocka_unit_test(without_classes_everything_stored_stays),
		cmocka_unit_test(poison_stays_out_where_free_pages_stay),
		cmocka_unit_test(the_kernel_image_comes_first_where_it_is_the_kernels),
		cmocka_unit_test(per_cpu_memory_comes_first),
		cmocka_unit_test(ranges_without_memory_are_left_out),
		cmocka_unit_test(memory_that_is_not_stored_is_counted_and_nothing_else),
		cmocka_unit_test(more_memory_than_any_machine_has_is_not_believed),
		cmocka_unit_test(memory_may_reach_to_the_end_of_52_bits_and_no_further),
		cmocka_unit_test(ranges_beyond_the_budget_are_planned_again_and_counted_once),
		cmocka_unit_test(ranges_without_memory_to_hold_them_are_planned_again),
		cmocka_unit_test(what_is_all_held_is_not_looked_at_again),
		cmocka_unit_test(a_range_that_comes_out_differently_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
