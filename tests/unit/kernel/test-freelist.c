// SPDX-License-Identifier: GPL-2.0-or-later
/* Free lists of one node with one zone and one migrate type. */
#include "tests/lib/expect.h"

#include "tests/lib/fakekernel.h"
#include "util/kernel/freelist.h"

#define NODE_PADDR UINT64_C(0x100000000)
#define NODE_VADDR UINT64_C(0xffff888000000000)
#define SECTION_BYTES ((uint64_t)FAKE_SECTION_PAGES * FAKE_PAGE_BYTES)

enum { SECTIONS_NR = 8, ORDERS_NR = 11, BLOCKS_MAX = 64 };

/* Offsets of the variables in the 2 MiB at NODE_VADDR, and in their structures. */
enum { PGDAT_AT = 0x1000, ZONES_NR_AT = 0x3000, FREE_AREA_AT = 0x100, AREA_BYTES = 24, LRU_AT = 8 };

struct opened {
	struct fakekernel fake;
	struct kernel *kernel;
	struct free_block block[BLOCKS_MAX];
	struct freelist_summary summary;
};

static uint64_t head_at(unsigned int order)
{
	return PGDAT_AT + FREE_AREA_AT + order * AREA_BYTES;
}

static void open_fake(struct opened *o)
{
	*o = (struct opened){ .kernel = NULL };
	fakekernel_init(&o->fake, &(struct fakekernel_config){ .sections_nr = SECTIONS_NR });
	fakekernel_ram(&o->fake, 0, SECTIONS_NR * SECTION_BYTES, SECTIONS_NR * SECTION_BYTES);
	fakemem_add(&o->fake.mem, NODE_PADDR, 2 << 20);
	fakekernel_map(&o->fake, NODE_VADDR, NODE_PADDR, 2);
	fakemem_put64(&o->fake.mem, NODE_PADDR, NODE_VADDR + PGDAT_AT);
	store_u32(fakemem_at(&o->fake.mem, NODE_PADDR + PGDAT_AT + ZONES_NR_AT), 1, ORDER_LITTLE);
	for (unsigned int order = 0; order < ORDERS_NR; order++)
		fakemem_put64(&o->fake.mem, NODE_PADDR + head_at(order),
			      NODE_VADDR + head_at(order));
	str_printf(&o->fake.info,
		   "SYMBOL(node_data)=%llx\nLENGTH(node_data)=1\nSIZE(zone)=4096\n"
		   "SIZE(free_area)=%d\nOFFSET(pglist_data.node_zones)=0\n"
		   "OFFSET(pglist_data.nr_zones)=%d\nOFFSET(zone.free_area)=%d\n"
		   "OFFSET(free_area.free_list)=0\nLENGTH(free_area.free_list)=1\n"
		   "OFFSET(page.lru)=%d\n",
		   (unsigned long long)NODE_VADDR, AREA_BYTES, ZONES_NR_AT, FREE_AREA_AT, LRU_AT);
}

/* In front of those that are in the list of its order already. */
static void add_block(struct opened *o, uint64_t pfn, unsigned int order)
{
	uint64_t head = NODE_PADDR + head_at(order);
	uint64_t next = load_u64(fakemem_at(&o->fake.mem, head), ORDER_LITTLE);

	fakekernel_free_block(&o->fake, pfn, order);
	fakemem_put64(&o->fake.mem, fakekernel_page_paddr(&o->fake, pfn) + LRU_AT, next);
	fakemem_put64(&o->fake.mem, head, fakekernel_page_vaddr(&o->fake, pfn) + LRU_AT);
}

static struct err *take(void *ctx, const struct free_block *block)
{
	struct opened *o = ctx;

	/* The summary counts it before it is handed on. */
	assert_true(o->summary.blocks_nr <= BLOCKS_MAX);
	o->block[o->summary.blocks_nr - 1] = *block;
	return NULL;
}

static void walk(struct opened *o)
{
	expect_ok(fakekernel_start(&o->fake, NULL, &o->kernel));
	assert_null(o->kernel->why_not);
	expect_ok(freelist_walk(o->kernel, take, o, &o->summary));
}

static void release(struct opened *o)
{
	kernel_free(o->kernel);
	fakekernel_release(&o->fake);
}

static void blocks_come_largest_first_and_as_they_are_in_their_list(void **state)
{
	const struct free_block want[] = {
		{ .order = 10, .pfn = 5 * FAKE_SECTION_PAGES },
		{ .order = 3, .pfn = 0x100 },
		{ .order = 3, .pfn = 7 * FAKE_SECTION_PAGES + 0x208 },
		{ .order = 0, .pfn = 0x203 },
	};
	struct opened o;

	(void)state;
	open_fake(&o);
	for (size_t i = ARRAY_SIZE(want); i-- > 0;)
		add_block(&o, want[i].pfn, want[i].order);
	walk(&o);
	assert_int_equal(o.summary.blocks_nr, ARRAY_SIZE(want));
	assert_int_equal(o.summary.broken_nr, 0);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		assert_int_equal(o.block[i].order, want[i].order);
		assert_true(o.block[i].pfn == want[i].pfn);
	}
	release(&o);
}

static void a_list_that_leads_astray_is_broken(void **state)
{
	guard(notes) struct notes notes = NOTES_INIT;
	struct opened o;

	(void)state;
	open_fake(&o);
	add_block(&o, 0x100, 1);
	add_block(&o, 0x200, 2);
	/* Into the kernel's own page behind it, and to no struct page at all. */
	fakemem_put64(&o.fake.mem, fakekernel_page_paddr(&o.fake, 0x100) + LRU_AT,
		      fakekernel_page_vaddr(&o.fake, 0x400) + LRU_AT);
	fakemem_put64(&o.fake.mem, fakekernel_page_paddr(&o.fake, 0x200) + LRU_AT, NODE_VADDR);
	walk(&o);
	assert_int_equal(o.summary.blocks_nr, 2);
	assert_int_equal(o.summary.broken_nr, 2);
	freelist_remark(&o.summary, &notes);
	assert_int_equal(notes.nr, 1);
	assert_memory_equal(notes.line[0], "2 free lists do not come back", 29);
	release(&o);
}

/* What it takes to walk a list of blocks that all are in one section. */
static uint64_t views_of_section(unsigned int section)
{
	uint64_t views_nr;
	struct opened o;

	open_fake(&o);
	for (uint64_t i = 0; i < BLOCKS_MAX; i++)
		add_block(&o, section * (uint64_t)FAKE_SECTION_PAGES + 0x100 + 2 * i, 0);
	walk(&o);
	assert_int_equal(o.summary.blocks_nr, BLOCKS_MAX);
	views_nr = o.fake.mem.views_nr;
	release(&o);
	return views_nr;
}

/* A machine of 1 TiB has 8192 sections. */
static void sections_in_front_of_a_block_are_not_read_for_it(void **state)
{
	(void)state;
	assert_true(views_of_section(SECTIONS_NR - 1) < views_of_section(0) + 4 * BLOCKS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_come_largest_first_and_as_they_are_in_their_list),
		cmocka_unit_test(a_list_that_leads_astray_is_broken),
		cmocka_unit_test(sections_in_front_of_a_block_are_not_read_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
