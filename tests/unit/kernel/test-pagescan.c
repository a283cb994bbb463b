// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/expect.h"

#include <stdlib.h>

#include "tests/lib/fakekernel.h"
#include "util/kernel/pagescan.h"

enum { POISONED = 0x80, NOT_SEEN = 0x40 };

struct opened {
	struct fakekernel fake;
	struct kernel *kernel;
	struct pagescan *scan;
	uint8_t *seen; /* by page frame: class, POISONED */
	uint64_t next; /* where the next run must begin */
	uint64_t runs_nr;
	struct page_run last;
	uint64_t stop_after; /* the callback fails from this run on */
};

static void setup_with(struct opened *o, const struct fakekernel_config *config)
{
	*o = (struct opened){ .stop_after = UINT64_MAX };
	fakekernel_init(&o->fake, config);
	fakekernel_ram(&o->fake, 0, o->fake.pages_nr * FAKE_PAGE_BYTES,
		       o->fake.pages_nr * FAKE_PAGE_BYTES);
	expect_ok(fakekernel_start(&o->fake, NULL, &o->kernel));
	expect_ok(o->kernel->why_not ? err_clone(o->kernel->why_not) : NULL);
	o->seen = malloc((size_t)o->fake.pages_nr * 2);
	assert_non_null(o->seen);
}

static void setup(struct opened *o)
{
	setup_with(o, &(struct fakekernel_config){ .levels = 4 });
}

static void release(struct opened *o)
{
	pagescan_free(o->scan);
	kernel_free(o->kernel);
	fakekernel_release(&o->fake);
	free(o->seen);
}

static struct err *take_run(void *ctx, const struct page_run *run)
{
	struct opened *o = ctx;

	if (o->runs_nr == o->stop_after)
		return err_new(ERR_INTERRUPTED, "enough");
	assert_true(run->count > 0);
	assert_true(run->first == o->next);
	if (o->runs_nr)
		assert_true(run->class != o->last.class || run->poisoned != o->last.poisoned);
	for (uint64_t i = 0; i < run->count; i++)
		o->seen[run->first + i] = (uint8_t)(run->class | (run->poisoned ? POISONED : 0));
	o->next += run->count;
	o->last = *run;
	o->runs_nr++;
	return NULL;
}

/* With the scan that is open, or a new one. */
static void walk(struct opened *o, uint64_t first, uint64_t end)
{
	if (!o->scan)
		expect_ok(pagescan_new(o->kernel, false, &o->scan));
	memset(o->seen, NOT_SEEN, (size_t)o->fake.pages_nr * 2);
	o->next = first;
	o->runs_nr = 0;
	expect_ok(pagescan_walk(o->scan, first, end, take_run, o));
	assert_true(o->next == end);
}

static void expect_class(const struct opened *o, uint64_t first, uint64_t count, unsigned int want)
{
	for (uint64_t pfn = first; pfn < first + count; pfn++) {
		if (o->seen[pfn] == want)
			continue;
		print_error("page frame %#llx is %s%s\n", (unsigned long long)pfn,
			    o->seen[pfn] & NOT_SEEN
				    ? "not seen"
				    : page_class_name((enum page_class)(o->seen[pfn] & 0x3f)),
			    o->seen[pfn] & POISONED ? ", poisoned" : "");
		fail();
	}
}

static const struct fake_page anon = {
	.flags = FAKE_LRU | FAKE_SWAPBACKED,
	.mapping = FAKE_MAPPING | 1,
};
static const struct fake_page file = { .flags = FAKE_LRU, .mapping = FAKE_MAPPING };
static const struct fake_page slab = { .flags = FAKE_SLAB, .mapcount = FAKE_UNMAPPED };
static const struct fake_page hugetlb = {
	.mapcount = FAKE_UNMAPPED,
	.mapping = FAKE_MAPPING,
	.dtor = FAKE_HUGETLB_DTOR,
};

static void neighbours_of_one_class_are_one_run(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	for (uint64_t pfn = 100; pfn < 300; pfn++)
		fakekernel_set_page(&o.fake, pfn, pfn < 200 ? &anon : &file);
	walk(&o, 0, o.fake.pages_nr);
	assert_int_equal(o.runs_nr, 4);
	expect_class(&o, 0, 100, PAGE_KERNEL);
	expect_class(&o, 100, 100, PAGE_USER);
	expect_class(&o, 200, 100, PAGE_CACHE);
	expect_class(&o, 300, o.fake.pages_nr - 300, PAGE_KERNEL);
	assert_int_equal(pagescan_unreadable_nr(o.scan), 0);
	release(&o);
}

/* Page tables, mem_section and struct pages are all read in the byte order of the image. */
static void a_big_endian_kernel_has_the_same_classes(void **state)
{
	struct opened o;

	(void)state;
	setup_with(&o, &(struct fakekernel_config){ .order = ORDER_BIG });
	for (uint64_t pfn = 100; pfn < 200; pfn++)
		fakekernel_set_page(&o.fake, pfn, pfn < 150 ? &anon : &file);
	for (uint64_t pfn = 200; pfn < 300; pfn++)
		fakekernel_set_page(&o.fake, pfn, &slab);
	fakekernel_compound(&o.fake, 512, 512, &hugetlb);
	fakekernel_free_block(&o.fake, 1024, 10);
	walk(&o, 0, o.fake.pages_nr);
	expect_class(&o, 0, 100, PAGE_KERNEL);
	expect_class(&o, 100, 50, PAGE_USER);
	expect_class(&o, 150, 50, PAGE_CACHE);
	expect_class(&o, 200, 100, PAGE_SLAB);
	expect_class(&o, 512, 512, PAGE_USER);
	expect_class(&o, 1024, 1024, PAGE_FREE);
	expect_class(&o, 2048, o.fake.pages_nr - 2048, PAGE_KERNEL);
	release(&o);
}

static void an_empty_walk_says_nothing(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	walk(&o, 500, 500);
	assert_int_equal(o.runs_nr, 0);
	release(&o);
}

static void struct_pages_inside_a_free_block_are_not_read(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	fakekernel_free_block(&o.fake, 1024, 10);
	fakekernel_set_page(&o.fake, 1500, &anon); /* nobody looks */
	fakemem_break(&o.fake.mem, fakekernel_page_paddr(&o.fake, 1025), 1023 * 64, ERR_SYS);
	walk(&o, 0, 4096);
	expect_class(&o, 0, 1024, PAGE_KERNEL);
	expect_class(&o, 1024, 1024, PAGE_FREE);
	expect_class(&o, 2048, 2048, PAGE_KERNEL);
	assert_int_equal(pagescan_unreadable_nr(o.scan), 0);
	release(&o);
}

/*
 * Until 5.11 (a8b2c2ce89d4) a page poisoned while free stayed where it was in its block. Who keeps
 * free pages must not read it.
 */
static void poison_inside_a_free_block_is_seen_when_asked_for(void **state)
{
	struct fake_page bad = { .mapcount = FAKE_UNMAPPED, .flags = FAKE_HWPOISON };
	struct opened o;

	(void)state;
	setup(&o);
	fakekernel_free_block(&o.fake, 1024, 10);
	fakekernel_set_page(&o.fake, 1500, &bad);
	expect_ok(pagescan_new(o.kernel, true, &o.scan));
	walk(&o, 1000, 2100);
	expect_class(&o, 1000, 24, PAGE_KERNEL);
	expect_class(&o, 1024, 476, PAGE_FREE);
	expect_class(&o, 1500, 1, PAGE_FREE | POISONED);
	expect_class(&o, 1501, 547, PAGE_FREE);
	expect_class(&o, 2048, 52, PAGE_KERNEL);
	release(&o);
}

static void a_poisoned_head_of_a_free_block_poisons_only_itself(void **state)
{
	struct fake_page bad = { .mapcount = FAKE_BUDDY, .private = 3, .flags = FAKE_HWPOISON };
	struct opened o;

	(void)state;
	setup(&o);
	fakekernel_free_block(&o.fake, 8, 3);
	fakekernel_set_page(&o.fake, 8, &bad);
	expect_ok(pagescan_new(o.kernel, true, &o.scan));
	walk(&o, 0, 32);
	expect_class(&o, 8, 1, PAGE_FREE | POISONED);
	expect_class(&o, 9, 7, PAGE_FREE);
	expect_class(&o, 16, 16, PAGE_KERNEL);
	release(&o);
}

static void a_free_block_stays_free_where_its_struct_pages_are_lost(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	fakekernel_free_block(&o.fake, 64, 6);
	fakemem_break(&o.fake.mem, fakekernel_page_paddr(&o.fake, 80), 16 * 64, ERR_SYS);
	expect_ok(pagescan_new(o.kernel, true, &o.scan));
	walk(&o, 0, 256);
	expect_class(&o, 64, 64, PAGE_FREE);
	expect_class(&o, 128, 128, PAGE_KERNEL);
	release(&o);
}

enum { REFCOUNT_AT = 52, BLOCK_PFN = 1024, BLOCK_ORDER = 3, BLOCK_PAGES = 1 << BLOCK_ORDER };

/* A free block with this page inside, @behind page frames behind its first. */
static void setup_block(struct opened *o, unsigned int behind, const struct fake_page *page,
			uint32_t refcount)
{
	uint64_t paddr;

	setup(o);
	fakekernel_free_block(&o->fake, BLOCK_PFN, BLOCK_ORDER);
	fakekernel_set_page(&o->fake, BLOCK_PFN + behind, page);
	paddr = fakekernel_page_paddr(&o->fake, BLOCK_PFN + behind);
	store_u32(fakemem_at(&o->fake.mem, paddr + REFCOUNT_AT), refcount, ORDER_LITTLE);
	o->kernel->rules.refcount_known = true;
	o->kernel->rules.refcount_offset = REFCOUNT_AT;
}

static const struct fake_page unused = { .mapcount = FAKE_UNMAPPED };

/*
 * A kernel that has something else than the order in page.private would lose what is behind each
 * free page, and nothing else would tell.
 */
static void a_free_block_with_pages_in_use_inside_is_judged_page_by_page(void **state)
{
	static const struct {
		struct fake_page page;
		uint32_t refcount;
		enum page_class class;
	} uses[] = {
		{ { .mapcount = FAKE_UNMAPPED }, 1, PAGE_KERNEL },
		{ { .mapcount = FAKE_UNMAPPED, .flags = FAKE_SLAB }, 0, PAGE_SLAB },
		{ { .mapcount = FAKE_BUDDY }, 0, PAGE_FREE },
		{ { .mapcount = FAKE_UNMAPPED, .compound_head = FAKE_VMEMMAP_VADDR + 1 },
		  0,
		  PAGE_KERNEL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(uses); i++) {
		struct opened o;

		setup_block(&o, BLOCK_PAGES / 2, &uses[i].page, uses[i].refcount);
		fakekernel_set_page(&o.fake, BLOCK_PFN + 7, &anon);
		walk(&o, BLOCK_PFN, BLOCK_PFN + BLOCK_PAGES);
		expect_class(&o, BLOCK_PFN, 4, PAGE_KERNEL);
		expect_class(&o, BLOCK_PFN + 4, 1, uses[i].class);
		expect_class(&o, BLOCK_PFN + 5, 2, PAGE_KERNEL);
		expect_class(&o, BLOCK_PFN + 7, 1, PAGE_USER);
		assert_int_equal(pagescan_torn_nr(o.scan), 1);
		release(&o);
	}
}

static void a_free_block_with_nothing_in_use_inside_is_free(void **state)
{
	struct opened o;

	(void)state;
	setup_block(&o, BLOCK_PAGES / 2, &unused, 0);
	walk(&o, BLOCK_PFN, BLOCK_PFN + BLOCK_PAGES);
	expect_class(&o, BLOCK_PFN, BLOCK_PAGES, PAGE_FREE);
	assert_int_equal(pagescan_torn_nr(o.scan), 0);
	release(&o);
}

static void where_no_reference_count_is_known_none_is_looked_at(void **state)
{
	struct opened o;

	(void)state;
	setup_block(&o, 1, &unused, 1);
	o.kernel->rules.refcount_known = false;
	walk(&o, BLOCK_PFN, BLOCK_PFN + BLOCK_PAGES);
	expect_class(&o, BLOCK_PFN, BLOCK_PAGES, PAGE_FREE);
	release(&o);
}

static void runs_do_not_leave_what_was_asked_for(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	fakekernel_free_block(&o.fake, 1024, 10);
	walk(&o, 1000, 1030);
	expect_class(&o, 1024, 6, PAGE_FREE);
	expect_class(&o, 1030, 1, NOT_SEEN);
	/* A walk that begins inside the block cannot know: its pages are kept. */
	walk(&o, 1030, 1050);
	expect_class(&o, 1030, 20, PAGE_KERNEL);
	release(&o);
}

static void tails_are_of_their_heads_class(void **state)
{
	static const struct {
		struct fake_page head;
		enum page_class class;
	} cases[] = {
		{ { .flags = FAKE_LRU | FAKE_SWAPBACKED, .mapping = FAKE_MAPPING | 1 }, PAGE_USER },
		{ { .flags = FAKE_LRU, .mapping = FAKE_MAPPING }, PAGE_CACHE },
		{ { .flags = FAKE_LRU | FAKE_PRIVATE, .mapping = FAKE_MAPPING },
		  PAGE_CACHE_PRIVATE },
		{ { .mapcount = FAKE_UNMAPPED, .dtor = FAKE_HUGETLB_DTOR }, PAGE_USER },
		{ { .flags = FAKE_SLAB, .mapcount = FAKE_UNMAPPED }, PAGE_SLAB },
		{ { .mapcount = FAKE_UNMAPPED }, PAGE_KERNEL },
		{ { .mapcount = FAKE_TABLE, .mapping = 1 }, PAGE_TYPED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct opened o;

		setup(&o);
		fakekernel_compound(&o.fake, 512, 512, &cases[i].head);
		walk(&o, 0, 2048);
		expect_class(&o, 0, 512, PAGE_KERNEL);
		expect_class(&o, 512, 512, cases[i].class);
		expect_class(&o, 1024, 1024, PAGE_KERNEL);

		/* Also when the walk begins behind the head, with a scan that has never seen it. */
		pagescan_free(o.scan);
		o.scan = NULL;
		walk(&o, 700, 2048);
		expect_class(&o, 700, 324, cases[i].class);
		expect_class(&o, 1024, 1024, PAGE_KERNEL);
		release(&o);
	}
}

static void a_tail_that_cannot_be_tied_to_a_head_is_kept(void **state)
{
	struct opened o;
	uint64_t head_vaddr;

	(void)state;
	setup(&o);
	/* The head is in use for something else now: no PG_head. */
	fakekernel_compound(&o.fake, 512, 64, &anon);
	fakekernel_set_page(&o.fake, 512, &anon);
	/* The head is a tail itself. */
	fakekernel_compound(&o.fake, 1024, 64, &anon);
	head_vaddr = fakekernel_page_vaddr(&o.fake, 1025);
	for (uint64_t pfn = 1026; pfn < 1088; pfn++)
		fakekernel_set_page(&o.fake, pfn,
				    &(struct fake_page){ .compound_head = head_vaddr | 1 });
	/* The head is nowhere, or nothing that begins a struct page. */
	for (uint64_t pfn = 2048; pfn < 2052; pfn++)
		fakekernel_set_page(&o.fake, pfn,
				    &(struct fake_page){ .compound_head = 0xdead000000000101 });
	fakekernel_compound(&o.fake, 2112, 64, &anon);
	fakekernel_set_page(
		&o.fake, 2113,
		&(struct fake_page){ .compound_head = fakekernel_page_vaddr(&o.fake, 2112) + 25 });
	/* The head points at itself, and at the end of the address space. */
	fakekernel_set_page(
		&o.fake, 3000,
		&(struct fake_page){ .compound_head = fakekernel_page_vaddr(&o.fake, 3000) | 1,
				     .flags = FAKE_HEAD | FAKE_LRU,
				     .mapping = 1 });
	fakekernel_set_page(&o.fake, 3001, &(struct fake_page){ .compound_head = UINT64_MAX });

	walk(&o, 0, 4096);
	expect_class(&o, 512, 1, PAGE_USER);
	expect_class(&o, 513, 511, PAGE_KERNEL);
	expect_class(&o, 1024, 2, PAGE_USER);
	expect_class(&o, 1026, 1086, PAGE_KERNEL);
	expect_class(&o, 2112, 1, PAGE_USER);
	expect_class(&o, 2113, 1, PAGE_KERNEL);
	expect_class(&o, 2114, 62, PAGE_USER);
	expect_class(&o, 2176, 1920, PAGE_KERNEL);
	release(&o);
}

/*
 * What is planned (memdesc): the word that leads to the head leads to a structure of its own, in
 * other memory, which is then no struct page. Here it looks like that of anonymous memory.
 */
static void what_lies_outside_of_the_struct_pages_is_no_head(void **state)
{
	enum { SLAB_OFFSET = 0xe000 };
	struct opened o;
	uint64_t below = UINT64_C(0xffff888000000000);
	uint64_t above = UINT64_C(0xffffff8000000000);
	uint8_t *memdesc;

	(void)state;
	setup(&o);
	memdesc = fakemem_at(&o.fake.mem, fakekernel_top_table(&o.fake) - 0x10000 + SLAB_OFFSET);
	store_u64(memdesc, FAKE_HEAD | FAKE_LRU | FAKE_SWAPBACKED, o.fake.mem.order);
	store_u64(memdesc + 24, FAKE_MAPPING | 1, o.fake.mem.order);
	fakekernel_map(&o.fake, below, fakekernel_top_table(&o.fake) - 0x10000, 2);
	fakekernel_map(&o.fake, above, fakekernel_top_table(&o.fake) - 0x10000, 2);
	for (uint64_t pfn = 512; pfn < 1024; pfn++)
		fakekernel_set_page(
			&o.fake, pfn,
			&(struct fake_page){
				.mapcount = FAKE_UNMAPPED,
				.compound_head = (pfn % 2 ? below : above) + SLAB_OFFSET + 1,
			});
	/* Nor is a struct page behind the tail. */
	fakekernel_compound(&o.fake, 2048, 64, &anon);
	fakekernel_set_page(
		&o.fake, 2000,
		&(struct fake_page){ .compound_head = fakekernel_page_vaddr(&o.fake, 2048) | 1 });
	walk(&o, 0, 4096);
	expect_class(&o, 0, 2048, PAGE_KERNEL);
	expect_class(&o, 2048, 64, PAGE_USER);
	release(&o);
}

static void tails_without_the_head_flag_known_are_kept(void **state)
{
	struct opened o;

	(void)state;
	o = (struct opened){ .stop_after = UINT64_MAX };
	fakekernel_init(&o.fake, &(struct fakekernel_config){ .levels = 4 });
	fakekernel_set_info(&o.fake, "NUMBER(PG_head_mask)", NULL);
	fakekernel_compound(&o.fake, 512, 64, &anon);
	expect_ok(fakekernel_start(&o.fake, NULL, &o.kernel));
	o.seen = malloc((size_t)o.fake.pages_nr * 2);
	walk(&o, 0, 1024);
	expect_class(&o, 512, 1, PAGE_USER);
	expect_class(&o, 513, 511, PAGE_KERNEL);
	release(&o);
}

static void poison_of_a_tail_is_its_own_of_a_hugetlb_head_everybodys(void **state)
{
	struct fake_page bad_tail = { .mapcount = FAKE_UNMAPPED, .flags = FAKE_HWPOISON };
	struct fake_page bad_hugetlb = hugetlb;
	struct fake_page bad_thp = anon;
	struct opened o;

	(void)state;
	setup(&o);
	fakekernel_compound(&o.fake, 512, 512, &anon);
	bad_tail.compound_head = fakekernel_page_vaddr(&o.fake, 512) | 1;
	fakekernel_set_page(&o.fake, 600, &bad_tail);
	bad_thp.flags |= FAKE_HWPOISON;
	fakekernel_compound(&o.fake, 1024, 512, &bad_thp);
	bad_hugetlb.flags |= FAKE_HWPOISON;
	fakekernel_compound(&o.fake, 2048, 512, &bad_hugetlb);
	walk(&o, 0, 4096);
	expect_class(&o, 512, 88, PAGE_USER);
	expect_class(&o, 600, 1, PAGE_USER | POISONED);
	expect_class(&o, 601, 423, PAGE_USER);
	expect_class(&o, 1024, 1, PAGE_USER | POISONED);
	expect_class(&o, 1025, 511, PAGE_USER);
	expect_class(&o, 2048, 512, PAGE_USER | POISONED);
	expect_class(&o, 2560, 1536, PAGE_KERNEL);

	walk(&o, 2100, 4096);
	expect_class(&o, 2100, 460, PAGE_USER | POISONED);
	release(&o);
}

/* The destructor is in page[1], which here lies where nothing can be read. */
static void a_hugetlb_page_whose_second_struct_is_lost_is_kept(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	fakekernel_compound(&o.fake, 512, 512, &hugetlb);
	fakemem_break(&o.fake.mem, fakekernel_page_paddr(&o.fake, 513), 64, ERR_SYS);
	walk(&o, 0, 2048);
	expect_class(&o, 512, 1, PAGE_KERNEL);
	expect_class(&o, 513, 1, PAGE_UNKNOWN);
	expect_class(&o, 514, 510, PAGE_KERNEL);
	release(&o);
}

static void what_cannot_be_read_is_unknown_and_counted(void **state)
{
	struct opened o;

	(void)state;
	setup_with(&o, &(struct fakekernel_config){ .sections_nr = 2, .vmemmap_level = 1 });
	for (uint64_t pfn = 0; pfn < o.fake.pages_nr; pfn++)
		fakekernel_set_page(&o.fake, pfn, &anon);
	/* An I/O error, a hole in the image, struct pages that are not mapped: 64 a page. */
	fakemem_break(&o.fake.mem, fakekernel_page_paddr(&o.fake, 100), 10 * 64, ERR_SYS);
	fakemem_break(&o.fake.mem, fakekernel_page_paddr(&o.fake, 200), 10 * 64, ERR_NODATA);
	fakemem_put64(&o.fake.mem,
		      fakekernel_entry(&o.fake, fakekernel_page_vaddr(&o.fake, 640), 1), 0);
	/* The second section is not there. */
	fakemem_put64(&o.fake.mem, fakekernel_section(&o.fake, 1), 0);
	walk(&o, 0, o.fake.pages_nr);
	expect_class(&o, 0, 100, PAGE_USER);
	expect_class(&o, 100, 10, PAGE_UNKNOWN);
	expect_class(&o, 110, 90, PAGE_USER);
	expect_class(&o, 200, 10, PAGE_UNKNOWN);
	expect_class(&o, 210, 430, PAGE_USER);
	expect_class(&o, 640, 64, PAGE_UNKNOWN);
	expect_class(&o, 704, FAKE_SECTION_PAGES - 704, PAGE_USER);
	expect_class(&o, FAKE_SECTION_PAGES, FAKE_SECTION_PAGES, PAGE_UNKNOWN);
	assert_int_equal(pagescan_unreadable_nr(o.scan), 20 + 64 + FAKE_SECTION_PAGES);
	release(&o);
}

static void page_frames_beyond_every_section_are_unknown(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	walk(&o, o.fake.pages_nr - 10, o.fake.pages_nr + 10);
	expect_class(&o, o.fake.pages_nr - 10, 10, PAGE_KERNEL);
	expect_class(&o, o.fake.pages_nr, 10, PAGE_UNKNOWN);
	release(&o);
}

static void uninitialised_struct_pages_are_unknown(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	memset(fakemem_at(&o.fake.mem, fakekernel_page_paddr(&o.fake, 300)), 0xff, (size_t)64 * 64);
	walk(&o, 0, 1000);
	expect_class(&o, 0, 300, PAGE_KERNEL);
	expect_class(&o, 300, 64, PAGE_UNKNOWN);
	expect_class(&o, 364, 636, PAGE_KERNEL);
	assert_int_equal(pagescan_unreadable_nr(o.scan), 0);
	release(&o);
}

static void an_error_of_the_callback_ends_the_walk(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	for (uint64_t pfn = 0; pfn < 100; pfn += 2)
		fakekernel_set_page(&o.fake, pfn, &anon);
	for (o.stop_after = 0; o.stop_after < 3; o.stop_after++) {
		o.next = 0;
		o.runs_nr = 0;
		if (!o.scan)
			expect_ok(pagescan_new(o.kernel, false, &o.scan));
		expect_err(pagescan_walk(o.scan, 0, 1000, take_run, &o), ERR_INTERRUPTED, "enough");
		assert_int_equal(o.runs_nr, o.stop_after);
	}
	/* The scan can be used again. */
	o.stop_after = UINT64_MAX;
	walk(&o, 0, 1000);
	release(&o);
}

/* A layout at random, and what a walk should say of it. */
static void lay_out_at_random(struct opened *o, uint8_t *want)
{
	uint64_t pfn = 0;

	while (pfn < o->fake.pages_nr) {
		unsigned int kind = (unsigned int)rand() % 8;
		unsigned int order = (unsigned int)rand() % 8;
		uint64_t nr = UINT64_C(1) << order;
		uint8_t class = PAGE_KERNEL;

		if (pfn % nr || pfn + nr > o->fake.pages_nr)
			nr = 1, order = 0;
		switch (kind) {
		case 0:
		case 1:
			fakekernel_free_block(&o->fake, pfn, order);
			class = PAGE_FREE;
			break;
		case 2:
			fakekernel_compound(&o->fake, pfn, nr, &anon);
			class = PAGE_USER;
			break;
		case 3:
			fakekernel_compound(&o->fake, pfn, nr, &file);
			class = PAGE_CACHE;
			break;
		case 4:
			fakekernel_compound(&o->fake, pfn, nr, &slab);
			class = PAGE_SLAB;
			break;
		case 5:
			nr = MAX(nr, UINT64_C(2));
			nr = MIN(nr, o->fake.pages_nr - pfn);
			fakekernel_compound(&o->fake, pfn, nr, &hugetlb);
			class = nr > 1 ? PAGE_USER : PAGE_KERNEL;
			break;
		case 6:
			nr = 1;
			fakekernel_set_page(&o->fake, pfn, &anon);
			class = PAGE_USER;
			break;
		default:
			nr = 1;
		}
		memset(want + pfn, class, (size_t)nr);
		pfn += nr;
	}
}

static void struct_sizes_and_reads_of_any_length_make_no_difference(void **state)
{
	static const uint64_t sizes[] = { 56, 64, 72, 80, 96 };
	static const size_t views[] = { 0, 4096, 512, 100 };

	(void)state;
	srand(1);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct opened o;
		uint8_t *want;

		setup_with(&o, &(struct fakekernel_config){
				       .page_struct_size = sizes[i],
				       .vmemmap_level = i % 2 ? 2 : 1,
			       });
		want = calloc(1, (size_t)o.fake.pages_nr);
		lay_out_at_random(&o, want);
		for (size_t j = 0; j < ARRAY_SIZE(views); j++) {
			o.fake.mem.view_bytes_max = views[j];
			walk(&o, 0, o.fake.pages_nr);
			assert_memory_equal(o.seen, want, (size_t)o.fake.pages_nr);
		}
		free(want);
		release(&o);
	}
}

static void walks_of_any_piece_say_what_one_walk_says(void **state)
{
	struct opened o;
	uint8_t *want;
	uint64_t pfn = 0;

	(void)state;
	srand(2);
	setup_with(&o, &(struct fakekernel_config){ .sections_nr = 2 });
	want = calloc(1, (size_t)o.fake.pages_nr);
	lay_out_at_random(&o, want);
	while (pfn < o.fake.pages_nr) {
		uint64_t end = MIN(pfn + 1 + (uint64_t)rand() % 300, o.fake.pages_nr);
		uint64_t at = pfn;

		walk(&o, pfn, end);
		/* A piece may begin in the midst of a free block, which only its head knows. */
		while (at < end && want[at] == PAGE_FREE && o.seen[at] == PAGE_KERNEL)
			at++;
		assert_memory_equal(o.seen + at, want + at, (size_t)(end - at));
		pfn = end;
	}
	free(want);
	release(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(neighbours_of_one_class_are_one_run),
		cmocka_unit_test(a_big_endian_kernel_has_the_same_classes),
		cmocka_unit_test(an_empty_walk_says_nothing),
		cmocka_unit_test(struct_pages_inside_a_free_block_are_not_read),
		cmocka_unit_test(poison_inside_a_free_block_is_seen_when_asked_for),
		cmocka_unit_test(a_poisoned_head_of_a_free_block_poisons_only_itself),
		cmocka_unit_test(a_free_block_stays_free_where_its_struct_pages_are_lost),
		cmocka_unit_test(a_free_block_with_pages_in_use_inside_is_judged_page_by_page),
		cmocka_unit_test(a_free_block_with_nothing_in_use_inside_is_free),
		cmocka_unit_test(where_no_reference_count_is_known_none_is_looked_at),
		cmocka_unit_test(runs_do_not_leave_what_was_asked_for),
		cmocka_unit_test(tails_are_of_their_heads_class),
		cmocka_unit_test(a_tail_that_cannot_be_tied_to_a_head_is_kept),
		cmocka_unit_test(what_lies_outside_of_the_struct_pages_is_no_head),
		cmocka_unit_test(tails_without_the_head_flag_known_are_kept),
		cmocka_unit_test(poison_of_a_tail_is_its_own_of_a_hugetlb_head_everybodys),
		cmocka_unit_test(a_hugetlb_page_whose_second_struct_is_lost_is_kept),
		cmocka_unit_test(what_cannot_be_read_is_unknown_and_counted),
		cmocka_unit_test(page_frames_beyond_every_section_are_unknown),
		cmocka_unit_test(uninitialised_struct_pages_are_unknown),
		cmocka_unit_test(an_error_of_the_callback_ends_the_walk),
		cmocka_unit_test(struct_sizes_and_reads_of_any_length_make_no_difference),
		cmocka_unit_test(walks_of_any_piece_say_what_one_walk_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
