// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/expect.h"

#include "tests/lib/fakekernel.h"
#include "util/kernel/keypages.h"

#define PAGE UINT64_C(4096)

/* Memory the fake kernel has nothing in: for a node, and for the page that names it. */
enum { NODE_PFN = 0x700, NODE_PAGES = 3, NODE_DATA_PFN = 0x600, PLAIN_PFN = 0x500 };
#define NODE_VADDR UINT64_C(0xffff888000000000)
#define NODE_DATA_VADDR UINT64_C(0xffff888040000000)

struct opened {
	struct fakekernel fake;
	struct kernel *kernel;
	struct regions keys;
};

static void open_fake(struct opened *o)
{
	*o = (struct opened){ .keys = REGIONS_INIT };
	fakekernel_init(&o->fake, &(struct fakekernel_config){ .vmemmap_level = 1 });
	fakekernel_ram(&o->fake, 0, FAKE_SECTION_PAGES * PAGE, FAKE_SECTION_PAGES * PAGE);
}

static void find(struct opened *o)
{
	expect_ok(fakekernel_start(&o->fake, NULL, &o->kernel));
	assert_null(o->kernel->why_not);
	expect_ok(keypages_find(&o->keys, o->kernel));
	for (size_t i = 1; i < o->keys.nr; i++)
		assert_true(o->keys.region[i - 1].end <= o->keys.region[i].first);
}

static bool is_key(const struct opened *o, uint64_t pfn)
{
	const struct region *r = regions_at(&o->keys, pfn);

	return r && r->first <= pfn;
}

static void release(struct opened *o)
{
	regions_release(&o->keys);
	kernel_free(o->kernel);
	fakekernel_release(&o->fake);
}

static void what_leads_to_the_rest_is_found(void **state)
{
	struct opened o;

	(void)state;
	open_fake(&o);
	find(&o);
	assert_true(is_key(&o, fakekernel_uts(&o.fake) / PAGE));
	assert_true(is_key(&o, fakekernel_section(&o.fake, 0) / PAGE));
	assert_true(is_key(&o, fakekernel_top_table(&o.fake) / PAGE));
	/* The lowest of the tables that map struct pages, and not what they map. */
	assert_true(is_key(&o, fakekernel_entry(&o.fake, FAKE_VMEMMAP_VADDR, 1) / PAGE));
	assert_false(is_key(&o, fakekernel_page_paddr(&o.fake, 0) / PAGE));
	assert_false(is_key(&o, PLAIN_PFN));
	release(&o);
}

/* By where they are mapped: the image has nothing there that could be read. */
static void memory_nodes_are_found_whole(void **state)
{
	struct opened o;

	(void)state;
	open_fake(&o);
	fakemem_add(&o.fake.mem, NODE_DATA_PFN * PAGE, PAGE);
	fakekernel_map(&o.fake, NODE_DATA_VADDR, NODE_DATA_PFN * PAGE, 1);
	for (uint64_t i = 0; i < NODE_PAGES; i++)
		fakekernel_map(&o.fake, NODE_VADDR + i * PAGE, (NODE_PFN + i) * PAGE, 1);
	/* The first node is not there. */
	fakemem_put64(&o.fake.mem, NODE_DATA_PFN * PAGE + 8, NODE_VADDR + 0x40);
	fakekernel_set_info(&o.fake, "SYMBOL(node_data)", "ffff888040000000");
	fakekernel_set_info(&o.fake, "LENGTH(node_data)", "2");
	fakekernel_set_info(&o.fake, "SIZE(pglist_data)", "8200");
	find(&o);
	assert_true(is_key(&o, NODE_DATA_PFN));
	for (uint64_t i = 0; i < NODE_PAGES; i++)
		assert_true(is_key(&o, NODE_PFN + i));
	assert_false(is_key(&o, NODE_PFN - 1));
	assert_false(is_key(&o, NODE_PFN + NODE_PAGES));
	release(&o);
}

/* A node whose last byte would be the last of the address space. */
static void nodes_end_with_the_address_space(void **state)
{
	struct opened o;

	(void)state;
	open_fake(&o);
	fakemem_add(&o.fake.mem, NODE_DATA_PFN * PAGE, PAGE);
	fakekernel_map(&o.fake, NODE_DATA_VADDR, NODE_DATA_PFN * PAGE, 1);
	fakemem_put64(&o.fake.mem, NODE_DATA_PFN * PAGE, -UINT64_C(0x800));
	fakekernel_set_info(&o.fake, "SYMBOL(node_data)", "ffff888040000000");
	fakekernel_set_info(&o.fake, "LENGTH(node_data)", "1");
	fakekernel_set_info(&o.fake, "SIZE(pglist_data)", "2047");
	find(&o);
	assert_true(is_key(&o, NODE_DATA_PFN));
	release(&o);
}

static void what_is_said_of_nodes_and_is_wrong_costs_nothing_else(void **state)
{
	struct opened o;

	(void)state;
	open_fake(&o);
	fakekernel_set_info(&o.fake, "SYMBOL(node_data)", "ffff888040000000");
	fakekernel_set_info(&o.fake, "LENGTH(node_data)", "18446744073709551615");
	fakekernel_set_info(&o.fake, "SIZE(pglist_data)", "18446744073709551615");
	find(&o);
	assert_true(is_key(&o, fakekernel_section(&o.fake, 0) / PAGE));
	release(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_leads_to_the_rest_is_found),
		cmocka_unit_test(memory_nodes_are_found_whole),
		cmocka_unit_test(nodes_end_with_the_address_space),
		cmocka_unit_test(what_is_said_of_nodes_and_is_wrong_costs_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
