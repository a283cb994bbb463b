// SPDX-License-Identifier: GPL-2.0-or-later
/* How sections and rules are held against the kernel's own pages is in test-kernel.c. */
#include "tests/lib/expect.h"

#include "tests/lib/fakekernel.h"

enum { REFCOUNT_AT = 52, BLOCKS_NR = 16, BLOCKS_PFN = 1024, BLOCK_PAGES = 8 };

struct opened {
	struct fakekernel fake;
	struct notes notes;
	struct kernel *kernel;
};

/* BLOCKS_NR free blocks of eight page frames, one after the other. */
static void setup(struct opened *o)
{
	*o = (struct opened){ .notes = NOTES_INIT };
	fakekernel_init(&o->fake, &(struct fakekernel_config){ .levels = 4 });
	fakekernel_ram(&o->fake, 0, 128 << 20, 128 << 20);
	fakekernel_set_info(&o->fake, "OFFSET(page._refcount)", "52");
	for (unsigned int i = 0; i < BLOCKS_NR; i++)
		fakekernel_free_block(&o->fake, BLOCKS_PFN + i * BLOCK_PAGES, 3);
}

/* Something is in use inside the first @nr of them. */
static void use(struct opened *o, unsigned int nr, const struct fake_page *page, uint32_t refcount)
{
	for (unsigned int i = 0; i < nr; i++) {
		uint64_t pfn = BLOCKS_PFN + i * BLOCK_PAGES + BLOCK_PAGES / 2;
		uint64_t paddr = fakekernel_page_paddr(&o->fake, pfn) + REFCOUNT_AT;

		fakekernel_set_page(&o->fake, pfn, page);
		store_u32(fakemem_at(&o->fake.mem, paddr), refcount, ORDER_LITTLE);
	}
}

static bool free_is_known(struct opened *o)
{
	expect_ok(fakekernel_start(&o->fake, &o->notes, &o->kernel));
	assert_null(o->kernel->why_not);
	return o->kernel->rules.free_known;
}

static void release(struct opened *o)
{
	kernel_free(o->kernel);
	notes_release(&o->notes);
	fakekernel_release(&o->fake);
}

static const struct fake_page kernels = { .mapcount = FAKE_UNMAPPED };
static const struct fake_page slab = { .mapcount = FAKE_UNMAPPED, .flags = FAKE_SLAB };
static const struct fake_page other_block = { .mapcount = FAKE_BUDDY };
static const struct fake_page tail = {
	.mapcount = FAKE_UNMAPPED,
	.compound_head = FAKE_VMEMMAP_VADDR + 1,
};

static void free_blocks_with_nothing_in_use_are_believed(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	assert_true(free_is_known(&o));
	assert_int_equal(o.notes.nr, 0);
	release(&o);
}

/*
 * A kernel that has something else than the order in page.private would lose what is behind each
 * free page; nothing else would tell.
 */
static void free_blocks_with_pages_in_use_inside_are_not_believed(void **state)
{
	static const struct {
		const struct fake_page *page;
		uint32_t refcount;
	} uses[] = { { &kernels, 1 }, { &slab, 0 }, { &other_block, 0 }, { &tail, 0 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(uses); i++) {
		struct opened o;

		setup(&o);
		use(&o, BLOCKS_NR, uses[i].page, uses[i].refcount);
		assert_false(free_is_known(&o));
		assert_int_equal(o.notes.nr, 1);
		assert_non_null(strstr(o.notes.line[0], "free pages cannot be told and are kept: "
							"page.private is not the order"));
		release(&o);
	}
}

/* The crash may have come in the middle of taking a block apart, and memory may be damaged. */
static void some_torn_blocks_prove_nothing(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	use(&o, BLOCKS_NR / 4, &kernels, 1);
	assert_true(free_is_known(&o));
	assert_int_equal(o.notes.nr, 0);
	release(&o);
}

static void where_no_refcount_is_known_nothing_is_checked(void **state)
{
	static const char *const values[] = { NULL, "64", "61", "18446744073709551612", "banana" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		struct opened o;

		setup(&o);
		use(&o, BLOCKS_NR, &kernels, 1);
		fakekernel_set_info(&o.fake, "OFFSET(page._refcount)", values[i]);
		assert_true(free_is_known(&o));
		release(&o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(free_blocks_with_nothing_in_use_are_believed),
		cmocka_unit_test(free_blocks_with_pages_in_use_inside_are_not_believed),
		cmocka_unit_test(some_torn_blocks_prove_nothing),
		cmocka_unit_test(where_no_refcount_is_known_nothing_is_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
