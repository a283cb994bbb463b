// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What struct pages of each layout since 5.10 mean. Values of flags and page types are those of the
 * kernels named; which member lies where is include/linux/mm_types.h.
 */
#include "tests/lib/expect.h"

#include "util/base/endian.h"
#include "util/base/str.h"
#include "util/kernel/pageclass.h"

enum {
	STRUCT_BYTES = 64,
	FLAGS_AT = 0,
	HEAD_AT = 8,   /* compound_head; lru.next, pgmap, pp_magic in other uses */
	WORD2_AT = 16, /* compound_dtor in page[1]; lru.prev, slab_list, ... */
	MAPPING_AT = 24,
	PRIVATE_AT = 40,
	MAPCOUNT_AT = 48,
	DTOR_HUGETLB = 2,
};

/* Flags as the cases below write them, whatever bit a kernel gives them. */
enum {
	LRU = 1 << 0,
	PRIVATE = 1 << 1,
	SWAPCACHE = 1 << 2, /* PG_owner_priv_1 to others */
	SWAPBACKED = 1 << 3,
	SLAB = 1 << 4, /* the flag, or the page type where slab is one */
	HWPOISON = 1 << 5,
	HEAD = 1 << 6,
	FLAGS_NR = 7,
};

enum type {
	NO_TYPE,
	BUDDY,
	OFFLINE,
	TABLE,
	HUGETLB,
	ZSMALLOC,
	UNACCEPTED,
	LARGE_KMALLOC,
	NETPP,
	TYPES_NR
};

struct epoch {
	const char *name;
	int bit[FLAGS_NR];	 /* of page.flags, in the order above; -1: no such flag */
	uint32_t type[TYPES_NR]; /* as _mapcount holds it; 0: no such type */
	uint32_t slab_type;	 /* 0: PG_slab it is */
	bool dtor;		 /* hugetlb is told by the destructor in page[1] */
};

static const struct epoch epochs[] = {
	/* Types are single bits below 0xf0000000 (6e292b9be7f4), hugetlb is a destructor. */
	{
		.name = "5.10 to 6.1",
		.bit = { 4, 13, 10, 19, 9, 23, 16 },
		.type = { [BUDDY] = ~0x80u, [OFFLINE] = ~0x100u, [TABLE] = ~0x200u },
		.dtor = true,
	},
	/* hugetlb is a page type (d99e3140a4d3). */
	{
		.name = "6.9",
		.bit = { 5, 15, 11, 18, 9, 21, 6 },
		.type = { [BUDDY] = ~0x80u,
			  [OFFLINE] = ~0x100u,
			  [TABLE] = ~0x200u,
			  [HUGETLB] = ~0x800u },
	},
	/* slab is a page type, PG_slab is gone (46df8e73a4a3). */
	{
		.name = "6.10",
		.bit = { 5, 14, 10, 17, -1, 20, 6 },
		.type = { [BUDDY] = ~0x80u,
			  [OFFLINE] = ~0x100u,
			  [TABLE] = ~0x200u,
			  [HUGETLB] = ~0x800u },
		.slab_type = ~0x1000u,
	},
	/* The bits are at the top, owners may use the low 16 (8db00ad56461, 43d746dc49bb). */
	{
		.name = "6.11",
		.bit = { 5, 14, 10, 17, -1, 20, 6 },
		.type = { [BUDDY] = ~0x40000000u,
			  [OFFLINE] = ~0x20000000u,
			  [TABLE] = ~0x10000000u,
			  [HUGETLB] = ~0x04000000u,
			  [ZSMALLOC] = 0xfeff0040 },
		.slab_type = ~0x02000000u,
	},
	/* One type a page, a number in the top byte (4ffca5a96678). */
	{
		.name = "6.12 and later",
		.bit = { 5, 14, 10, 17, -1, 20, 6 },
		.type = { [BUDDY] = 0xf0000000,
			  [OFFLINE] = 0xf1000000,
			  [TABLE] = 0xf2000000,
			  [HUGETLB] = 0xf4000000,
			  [ZSMALLOC] = 0xf6000040,
			  [UNACCEPTED] = 0xf7000000,
			  [LARGE_KMALLOC] = 0xf8000000,
			  [NETPP] = 0xf9000000 },
		.slab_type = 0xf5000000,
	},
};

static const char *const flag_name[FLAGS_NR] = {
	"PG_lru", "PG_private", "PG_swapcache", "PG_swapbacked", "PG_slab", "PG_hwpoison", NULL,
};

/* The text an epoch's kernel exports, without the line of @without, with the line @instead. */
static void epoch_info(const struct epoch *epoch, const char *without, const char *instead,
		       struct str *out)
{
	guard(str) struct str all = STR_INIT;

	str_printf(&all, "SIZE(page)=%d\nOFFSET(page.flags)=%d\nOFFSET(page.mapping)=%d\n",
		   STRUCT_BYTES, FLAGS_AT, MAPPING_AT);
	str_printf(&all, "OFFSET(page._mapcount)=%d\nOFFSET(page.private)=%d\n", MAPCOUNT_AT,
		   PRIVATE_AT);
	str_printf(&all, "OFFSET(page.compound_head)=%d\nLENGTH(zone.free_area)=11\n", HEAD_AT);
	str_printf(&all, "NUMBER(PG_head_mask)=%llu\n", 1ULL << epoch->bit[6]);
	for (int i = 0; i < FLAGS_NR; i++)
		if (flag_name[i] && epoch->bit[i] >= 0)
			str_printf(&all, "NUMBER(%s)=%d\n", flag_name[i], epoch->bit[i]);
	str_printf(&all, "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=%d\n", (int)epoch->type[BUDDY]);
	str_printf(&all, "NUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)=%d\n", (int)epoch->type[OFFLINE]);
	if (epoch->type[UNACCEPTED])
		str_printf(&all, "NUMBER(PAGE_UNACCEPTED_MAPCOUNT_VALUE)=%d\n",
			   (int)epoch->type[UNACCEPTED]);
	if (epoch->slab_type)
		str_printf(&all, "NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)=%d\n", (int)epoch->slab_type);
	if (epoch->dtor)
		str_printf(&all, "OFFSET(page.compound_dtor)=%d\nNUMBER(HUGETLB_PAGE_DTOR)=%d\n",
			   WORD2_AT, DTOR_HUGETLB);
	else
		str_printf(&all, "NUMBER(PAGE_HUGETLB_MAPCOUNT_VALUE)=%d\n",
			   (int)epoch->type[HUGETLB]);

	for (char *line = all.s, *end; (end = strchr(line, '\n')); line = end + 1)
		if (!without || strncmp(line, without, strlen(without)) != 0)
			str_add_bytes(out, line, (size_t)(end + 1 - line));
	if (instead)
		str_printf(out, "%s\n", instead);
}

static struct err *rules_from(const char *text, struct page_rules *ret_rules, struct notes *notes)
{
	guard(vmcoreinfo) struct vmcoreinfo *info = NULL;

	struct layout layout;

	expect_ok(vmcoreinfo_parse(text, strlen(text), &info));
	layout = layout_init(info);
	return page_rules_init(ret_rules, &layout, ORDER_LITTLE, notes);
}

struct page_case {
	const char *name;
	uint64_t pfn;
	unsigned int flags;
	enum type type; /* NO_TYPE: `mapcount` */
	int32_t mapcount;
	uint64_t mapping;
	uint64_t private;
	uint64_t head;	    /* compound_head */
	uint64_t next_head; /* compound_head of the struct page behind */
	uint8_t next_dtor;
	enum page_class class;
	uint64_t count; /* 0: 1 */
};

#define FILE_MAPPING UINT64_C(0xff28a910aee00a40)
#define HEAD_VADDR UINT64_C(0xffffea0000100000)

static const struct page_case cases[] = {
	{ "a page of the kernel", .mapcount = -1, .class = PAGE_KERNEL },
	{ "a page nobody ever touched: all zeros", .class = PAGE_KERNEL },
	{ "kernel memory mapped to user space by a driver", .mapcount = 3, .class = PAGE_KERNEL },
	{ "a page of a driver with its own mapping", .mapcount = -1, .flags = PRIVATE,
	  .mapping = FILE_MAPPING, .class = PAGE_KERNEL },

	{ "a free page", .pfn = 7, .type = BUDDY, .class = PAGE_FREE },
	{ "a free block of order 3", .pfn = 24, .type = BUDDY, .private = 3, .class = PAGE_FREE,
	  .count = 8 },
	{ "a free block of the highest order", .pfn = 4096, .type = BUDDY, .private = 10,
	  .class = PAGE_FREE, .count = 1024 },
	{ "a free block whose order is too high", .pfn = 4096, .type = BUDDY, .private = 11,
	  .class = PAGE_TYPED },
	{ "a free block whose order is a pointer", .type = BUDDY, .private = FILE_MAPPING,
	  .class = PAGE_TYPED },
	{ "a free block that is not aligned to its order", .pfn = 25, .type = BUDDY, .private = 3,
	  .class = PAGE_TYPED },

	{ "a block that was not accepted yet", .pfn = 4096, .type = UNACCEPTED, .class = PAGE_FREE,
	  .count = 1024 },
	{ "one of the same type that no block begins with", .pfn = 4608, .type = UNACCEPTED,
	  .class = PAGE_TYPED },

	{ "page cache", .flags = LRU, .mapcount = -1, .mapping = FILE_MAPPING,
	  .class = PAGE_CACHE },
	{ "page cache that is mapped", .flags = LRU, .mapcount = 2, .mapping = FILE_MAPPING,
	  .class = PAGE_CACHE },
	{ "page cache with buffers", .flags = LRU | PRIVATE, .mapcount = -1,
	  .mapping = FILE_MAPPING, .private = FILE_MAPPING, .class = PAGE_CACHE_PRIVATE },
	{ "shmem", .flags = LRU | SWAPBACKED, .mapcount = 0, .mapping = FILE_MAPPING,
	  .class = PAGE_CACHE },
	{ "shmem on its way to swap", .flags = SWAPCACHE | SWAPBACKED, .mapcount = -1,
	  .mapping = FILE_MAPPING, .class = PAGE_CACHE },
	{ "PG_owner_priv_1 alone: Xen's pinned page tables, self-hosted vmemmap",
	  .flags = SWAPCACHE, .mapcount = -1, .class = PAGE_KERNEL },
	{ "PG_swapbacked alone", .flags = SWAPBACKED, .mapcount = -1, .class = PAGE_KERNEL },

	{ "anonymous memory", .flags = LRU | SWAPBACKED, .mapcount = 0, .mapping = FILE_MAPPING | 1,
	  .class = PAGE_USER },
	{ "anonymous memory taken off the LRU", .flags = SWAPBACKED, .mapcount = 0,
	  .mapping = FILE_MAPPING | 1, .class = PAGE_USER },
	{ "anonymous memory in the swap cache, whose private is a swap entry",
	  .flags = LRU | SWAPBACKED | SWAPCACHE | PRIVATE, .mapcount = -1,
	  .mapping = FILE_MAPPING | 1, .private = 0x1234, .class = PAGE_USER },
	{ "the head of a THP", .flags = LRU | SWAPBACKED | HEAD, .mapcount = 0,
	  .mapping = FILE_MAPPING | 1, .next_head = HEAD_VADDR | 1, .next_dtor = 3,
	  .class = PAGE_USER },
	{ "KSM", .flags = LRU | SWAPBACKED, .mapcount = 5, .mapping = FILE_MAPPING | 3,
	  .class = PAGE_USER },
	{ "PAGE_MAPPING_MOVABLE: zsmalloc and balloons of old", .flags = PRIVATE, .mapcount = -1,
	  .mapping = FILE_MAPPING | 2, .class = PAGE_KERNEL },

	{ "slab", .flags = SLAB, .mapcount = -1, .class = PAGE_SLAB },
	{ "slab whose list pointers look like an anonymous mapping on the LRU",
	  .flags = SLAB | LRU | HEAD, .mapcount = -1, .mapping = FILE_MAPPING | 1,
	  .class = PAGE_SLAB },
	{ "a page table whose overlay looks like an anonymous mapping", .type = TABLE,
	  .mapping = FILE_MAPPING | 1, .class = PAGE_TYPED },
	{ "zsmalloc", .type = ZSMALLOC, .flags = PRIVATE, .mapping = FILE_MAPPING | 1,
	  .class = PAGE_TYPED },
	{ "large kmalloc", .type = LARGE_KMALLOC, .flags = HEAD, .class = PAGE_TYPED },
	{ "a page pool's page", .type = NETPP, .mapping = FILE_MAPPING | 1, .class = PAGE_TYPED },
	{ "a mapcount that went below -1 is no proof of anything", .flags = LRU | SWAPBACKED,
	  .mapcount = -2, .mapping = FILE_MAPPING | 1, .class = PAGE_TYPED },

	{ "a page in the balloon", .type = OFFLINE, .class = PAGE_OFFLINE },
	{ "a page in the balloon with a movable mapping", .type = OFFLINE, .flags = PRIVATE,
	  .mapping = FILE_MAPPING | 2, .class = PAGE_OFFLINE },

	{ "a tail page seen as such", .flags = LRU, .mapcount = -1, .mapping = 0x400 | 1,
	  .head = HEAD_VADDR | 1, .class = PAGE_KERNEL },
};

static uint64_t epoch_flags(const struct epoch *epoch, unsigned int flags)
{
	uint64_t bits = 0;

	for (int i = 0; i < FLAGS_NR; i++)
		if (flags & 1u << i && epoch->bit[i] >= 0)
			bits |= UINT64_C(1) << epoch->bit[i];
	/* Zone and node at the top, and what else is set in passing: referenced, uptodate. */
	return bits | UINT64_C(0x0017ffffc0000000) | 1u << 3;
}

/* Lays the case out as @epoch would; false when that kernel has nothing like it. */
static bool lay_out(const struct epoch *epoch, const struct page_case *c,
		    uint8_t pages[2 * STRUCT_BYTES])
{
	uint32_t mapcount = (uint32_t)c->mapcount;
	uint8_t *next = pages + STRUCT_BYTES;

	if (c->type && !epoch->type[c->type])
		return false;
	if (c->type)
		mapcount = epoch->type[c->type];
	if (c->flags & SLAB && epoch->slab_type)
		mapcount = epoch->slab_type;

	memset(pages, 0, (size_t)2 * STRUCT_BYTES);
	store_u64(pages + FLAGS_AT, epoch_flags(epoch, c->flags), ORDER_LITTLE);
	store_u64(pages + HEAD_AT, c->head, ORDER_LITTLE);
	store_u64(pages + MAPPING_AT, c->mapping, ORDER_LITTLE);
	store_u64(pages + PRIVATE_AT, c->private, ORDER_LITTLE);
	store_u32(pages + MAPCOUNT_AT, mapcount, ORDER_LITTLE);

	store_u64(next + FLAGS_AT, epoch_flags(epoch, 0), ORDER_LITTLE);
	store_u64(next + HEAD_AT, c->next_head, ORDER_LITTLE);
	next[WORD2_AT] = c->next_dtor;
	store_u32(next + MAPCOUNT_AT, UINT32_MAX, ORDER_LITTLE);
	return true;
}

static enum page_class classify(const struct page_rules *rules, const uint8_t *pages, uint64_t pfn,
				uint64_t *ret_count)
{
	const uint8_t *next = page_wants_next(rules, pages) ? pages + STRUCT_BYTES : NULL;

	return page_classify(rules, pages, next, pfn, ret_count);
}

static void epoch_rules(const struct epoch *epoch, struct page_rules *ret_rules)
{
	guard(str) struct str text = STR_INIT;
	guard(notes) struct notes notes = NOTES_INIT;

	epoch_info(epoch, NULL, NULL, &text);
	expect_ok(rules_from(text.s, ret_rules, &notes));
	for (size_t i = 0; i < notes.nr; i++)
		print_error("%s: %s\n", epoch->name, notes.line[i]);
	assert_int_equal(notes.nr, 0);
}

static void pages_of_each_epoch_are_what_its_kernel_says(void **state)
{
	bool failed = false;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(epochs); i++) {
		struct page_rules rules;

		epoch_rules(&epochs[i], &rules);
		for (size_t j = 0; j < ARRAY_SIZE(cases); j++) {
			const struct page_case *c = &cases[j];
			uint8_t pages[2 * STRUCT_BYTES];
			enum page_class class;
			uint64_t count;

			if (!lay_out(&epochs[i], c, pages))
				continue;
			class = classify(&rules, pages, c->pfn, &count);
			if (class == c->class && count == (c->count ? c->count : 1))
				continue;
			print_error("%s: %s: is %s, %llu pages\n", epochs[i].name, c->name,
				    page_class_name(class), (unsigned long long)count);
			failed = true;
		}
	}
	assert_false(failed);
}

/* The head of a hugetlb page that backs a file: no LRU, no anonymous mapping. */
static void lay_out_hugetlb(const struct epoch *epoch, uint8_t pages[2 * STRUCT_BYTES])
{
	struct page_case c = {
		.flags = HEAD,
		.type = epoch->dtor ? NO_TYPE : HUGETLB,
		.mapcount = -1,
		.mapping = FILE_MAPPING,
		.next_head = HEAD_VADDR | 1,
		.next_dtor = DTOR_HUGETLB,
	};

	assert_true(lay_out(epoch, &c, pages));
}

static void the_head_of_a_hugetlb_page_is_user_memory(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(epochs); i++) {
		uint8_t pages[2 * STRUCT_BYTES];
		struct page_rules rules;
		uint64_t count;

		epoch_rules(&epochs[i], &rules);
		lay_out_hugetlb(&epochs[i], pages);
		assert_int_equal(page_wants_next(&rules, pages), epochs[i].dtor);
		assert_int_equal(classify(&rules, pages, 0, &count), PAGE_USER);
		assert_int_equal(count, 1);
	}
}

/* Of a class that no level drops. */
static bool is_kernels(enum page_class class)
{
	return class == PAGE_KERNEL || class == PAGE_SLAB || class == PAGE_TYPED;
}

static void a_hugetlb_page_must_be_a_head(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(epochs); i++) {
		uint8_t pages[2 * STRUCT_BYTES];
		struct page_rules rules;
		uint64_t count;

		epoch_rules(&epochs[i], &rules);
		lay_out_hugetlb(&epochs[i], pages);
		store_u64(pages, epoch_flags(&epochs[i], 0), ORDER_LITTLE);
		assert_true(is_kernels(classify(&rules, pages, 0, &count)));
	}
}

static void a_destructor_counts_only_in_a_readable_tail(void **state)
{
	const struct epoch *epoch = &epochs[0];
	uint8_t pages[2 * STRUCT_BYTES];
	struct page_rules rules;
	uint64_t count;

	(void)state;
	epoch_rules(epoch, &rules);
	lay_out_hugetlb(epoch, pages);
	assert_int_equal(page_classify(&rules, pages, NULL, 0, &count), PAGE_KERNEL);

	store_u64(pages + STRUCT_BYTES + HEAD_AT, HEAD_VADDR, ORDER_LITTLE);
	assert_int_equal(classify(&rules, pages, 0, &count), PAGE_KERNEL);

	lay_out_hugetlb(epoch, pages);
	pages[STRUCT_BYTES + WORD2_AT] = 3; /* TRANSHUGE_PAGE_DTOR */
	assert_int_equal(classify(&rules, pages, 0, &count), PAGE_KERNEL);
}

/* SLAB's `active` stood in the place of _mapcount until 5.16. */
static void slab_is_never_free(void **state)
{
	const struct epoch *epoch = &epochs[0];
	struct page_case c = { .flags = SLAB, .type = BUDDY };
	uint8_t pages[2 * STRUCT_BYTES];
	struct page_rules rules;
	uint64_t count;

	(void)state;
	epoch_rules(epoch, &rules);
	assert_true(lay_out(epoch, &c, pages));
	assert_int_equal(classify(&rules, pages, 0, &count), PAGE_SLAB);
}

static void types_of_the_top_byte_ignore_what_is_below(void **state)
{
	const struct epoch *epoch = &epochs[ARRAY_SIZE(epochs) - 1];
	uint8_t pages[2 * STRUCT_BYTES];
	struct page_case c = { .type = BUDDY };
	struct page_rules rules;
	uint64_t count;

	(void)state;
	epoch_rules(epoch, &rules);
	assert_true(lay_out(epoch, &c, pages));
	store_u32(pages + MAPCOUNT_AT, 0xf0123456, ORDER_LITTLE);
	assert_int_equal(classify(&rules, pages, 0, &count), PAGE_FREE);
	store_u32(pages + MAPCOUNT_AT, 0xf1123456, ORDER_LITTLE);
	assert_int_equal(classify(&rules, pages, 0, &count), PAGE_OFFLINE);
}

/* PAGE_POISON_PATTERN, mm/debug.c: every bit of the struct is set, also those of rules. */
static void an_uninitialised_struct_page_says_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(epochs); i++) {
		uint8_t pages[2 * STRUCT_BYTES];
		struct page_rules rules;
		uint64_t head;
		uint64_t count;

		memset(pages, 0xff, sizeof(pages));
		epoch_rules(&epochs[i], &rules);
		assert_int_equal(classify(&rules, pages, 0, &count), PAGE_UNKNOWN);
		assert_int_equal(count, 1);
		assert_false(page_is_tail(&rules, pages, 0, &head));
		assert_false(page_is_head(&rules, pages));
		assert_false(page_is_poisoned(&rules, pages));
	}
}

static void poison_is_seen_in_any_page(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(epochs); i++) {
		struct page_rules rules;

		epoch_rules(&epochs[i], &rules);
		for (size_t j = 0; j < ARRAY_SIZE(cases); j++) {
			struct page_case c = cases[j];
			uint8_t pages[2 * STRUCT_BYTES];

			if (!lay_out(&epochs[i], &c, pages))
				continue;
			assert_false(page_is_poisoned(&rules, pages));
			c.flags |= HWPOISON;
			lay_out(&epochs[i], &c, pages);
			assert_true(page_is_poisoned(&rules, pages));
		}
	}
}

static void a_tail_names_its_head(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(epochs); i++) {
		struct page_case tail = { .mapcount = -1, .head = HEAD_VADDR | 1 };
		struct page_case even = { .mapcount = -1, .head = HEAD_VADDR };
		struct page_case head = { .mapcount = -1, .flags = HEAD };
		uint8_t pages[2 * STRUCT_BYTES];
		struct page_rules rules;
		uint64_t vaddr = 0;

		epoch_rules(&epochs[i], &rules);
		lay_out(&epochs[i], &tail, pages);
		assert_true(page_is_tail(&rules, pages, 0, &vaddr));
		assert_int_equal(vaddr, HEAD_VADDR);
		assert_false(page_is_head(&rules, pages));

		lay_out(&epochs[i], &even, pages);
		assert_false(page_is_tail(&rules, pages, 0, &vaddr));
		lay_out(&epochs[i], &head, pages);
		assert_false(page_is_tail(&rules, pages, 0, &vaddr));
		assert_true(page_is_head(&rules, pages));
	}
}

/* Every key of every rule, what becomes of it, and which pages are kept then. */
struct broken {
	const char *key;
	const char *rule;	/* named in a remark */
	enum page_class hit[4]; /* pages of these classes are kept then; 0 ends the list */
};

static const struct broken broken[] = {
	{ "OFFSET(page.mapping)", "anonymous", { PAGE_CACHE, PAGE_CACHE_PRIVATE, PAGE_USER } },
	{ "OFFSET(page._mapcount)",
	  "free",
	  { PAGE_FREE, PAGE_CACHE, PAGE_CACHE_PRIVATE, PAGE_OFFLINE } },
	{ "OFFSET(page._mapcount)", "anonymous", { PAGE_USER } },
	{ "OFFSET(page._mapcount)", "offline", { PAGE_OFFLINE } },
	{ "OFFSET(page.private)", "free", { PAGE_FREE } },
	{ "OFFSET(page.compound_head)", "tails", { PAGE_CACHE, PAGE_CACHE_PRIVATE, PAGE_USER } },
	{ "NUMBER(PG_head_mask)", "tails", { PAGE_KERNEL } },
	{ "NUMBER(PG_head_mask)", "hugetlb", { PAGE_KERNEL } },
	{ "LENGTH(zone.free_area)", "free", { PAGE_FREE } },
	{ "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)", "free", { PAGE_FREE } },
	{ "NUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)", "offline", { PAGE_OFFLINE } },
	{ "NUMBER(PG_lru)", "page cache", { PAGE_CACHE, PAGE_CACHE_PRIVATE } },
	{ "NUMBER(PG_swapcache)", "page cache", { PAGE_CACHE, PAGE_CACHE_PRIVATE } },
	{ "NUMBER(PG_swapbacked)", "page cache", { PAGE_CACHE, PAGE_CACHE_PRIVATE } },
	{ "NUMBER(PG_slab)", "anonymous", { PAGE_CACHE, PAGE_CACHE_PRIVATE, PAGE_USER } },
	{ "NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)",
	  "page cache",
	  { PAGE_CACHE, PAGE_CACHE_PRIVATE, PAGE_USER } },
	{ "NUMBER(PG_private)", "without private data", { PAGE_KERNEL } },
	{ "NUMBER(PG_hwpoison)", "hwpoison", { PAGE_KERNEL } },
	{ "NUMBER(PAGE_HUGETLB_MAPCOUNT_VALUE)", "hugetlb", { PAGE_KERNEL } },
	{ "OFFSET(page.compound_dtor)", "hugetlb", { PAGE_KERNEL } },
	{ "NUMBER(HUGETLB_PAGE_DTOR)", "hugetlb", { PAGE_KERNEL } },
};

static bool hits(const struct broken *b, enum page_class class)
{
	for (size_t i = 0; i < ARRAY_SIZE(b->hit); i++)
		if (b->hit[i] == class)
			return true;
	return false;
}

/*
 * Without one fact, pages may only become kept: kernel, or of the class fewer levels drop. Never
 * another class, never more of them.
 */
static void check_kept(const struct epoch *epoch, const struct broken *b, const char *value,
		       const struct page_rules *rules)
{
	for (size_t j = 0; j < ARRAY_SIZE(cases); j++) {
		const struct page_case *c = &cases[j];
		enum page_class class;
		uint8_t pages[2 * STRUCT_BYTES];
		uint64_t count;

		if (!lay_out(epoch, c, pages))
			continue;
		class = classify(rules, pages, c->pfn, &count);
		if (is_kernels(class) && count == 1)
			continue;
		if (c->class == PAGE_CACHE && class == PAGE_CACHE_PRIVATE && count == 1)
			continue;
		if (class == c->class && !hits(b, class))
			continue;
		print_error("%s, %s %s: %s is %s\n", epoch->name, b->key, value, c->name,
			    page_class_name(class));
		fail();
	}
}

static void check_broken(const struct epoch *epoch, const struct broken *b, const char *value)
{
	guard(notes) struct notes notes = NOTES_INIT;
	guard(str) struct str text = STR_INIT;
	struct page_rules rules;
	char line[120];
	bool named = false;

	snprintf(line, sizeof(line), "%s=%s", b->key, value ? value : "");
	epoch_info(epoch, b->key, value ? line : NULL, &text);
	expect_ok(rules_from(text.s, &rules, &notes));
	for (size_t i = 0; i < notes.nr; i++)
		named |= strstr(notes.line[i], b->rule) && strstr(notes.line[i], "kept");
	if (!named)
		print_error("%s, %s=%s: no remark on %s\n", epoch->name, b->key,
			    value ? value : "(missing)", b->rule);
	assert_true(named);
	check_kept(epoch, b, value ? value : "(missing)", &rules);
}

static bool epoch_has(const struct epoch *epoch, const char *key)
{
	guard(str) struct str text = STR_INIT;

	epoch_info(epoch, NULL, NULL, &text);
	return strstr(text.s, key) != NULL;
}

static void a_rule_without_one_of_its_facts_is_off_and_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(epochs); i++)
		for (size_t j = 0; j < ARRAY_SIZE(broken); j++)
			if (epoch_has(&epochs[i], broken[j].key))
				check_broken(&epochs[i], &broken[j], NULL);
}

static void a_rule_with_an_absurd_fact_is_off_and_named(void **state)
{
	static const char *const absurd[] = { "", "banana", "4x", "18446744073709551616" };
	static const char *const absurd_offset[] = { "64", "62", "4096", "-8", "61" };
	static const char *const absurd_flag[] = { "-1", "64", "4294967296" };
	static const char *const absurd_type[] = {
		"0",	       "1",	     "-1", /* of a page in use */
		"-2",	       "-65",		   /* an underflow, PAGE_MAPCOUNT_RESERVE */
		"-16777216",			   /* 0xff000000: every page mapped nowhere */
		"-131",				   /* several types at once */
		"2147483647",			   /* no type at all: a mapcount */
		"-4294967296", "4294967296",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(epochs); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(broken); j++) {
			const struct broken *b = &broken[j];

			if (!epoch_has(&epochs[i], b->key))
				continue;
			for (size_t k = 0; k < ARRAY_SIZE(absurd); k++)
				check_broken(&epochs[i], b, absurd[k]);
			for (size_t k = 0; k < ARRAY_SIZE(absurd_offset); k++)
				if (strncmp(b->key, "OFFSET(page.compound_dtor", 25) != 0 &&
				    strncmp(b->key, "OFFSET", 6) == 0)
					check_broken(&epochs[i], b, absurd_offset[k]);
			for (size_t k = 0; k < ARRAY_SIZE(absurd_flag); k++)
				if (strncmp(b->key, "NUMBER(PG_", 10) == 0 &&
				    !strstr(b->key, "head_mask"))
					check_broken(&epochs[i], b, absurd_flag[k]);
			for (size_t k = 0; k < ARRAY_SIZE(absurd_type); k++)
				if (strstr(b->key, "MAPCOUNT_VALUE"))
					check_broken(&epochs[i], b, absurd_type[k]);
		}
		check_broken(&epochs[i],
			     &(struct broken){ "LENGTH(zone.free_area)", "free", { PAGE_FREE } },
			     "0");
		check_broken(&epochs[i],
			     &(struct broken){ "LENGTH(zone.free_area)", "free", { PAGE_FREE } },
			     "33");
		check_broken(&epochs[i], &(struct broken){ "NUMBER(PG_head_mask)", "tails", { 0 } },
			     "0");
		check_broken(&epochs[i], &(struct broken){ "NUMBER(PG_head_mask)", "tails", { 0 } },
			     "96");
	}
}

/*
 * A kernel that parts the two: its slab has no type in _mapcount, and what lies in the place of
 * mapping then looks like anonymous memory. VMCOREINFO would say nothing of it.
 */
static void without_page_types_in_mapcount_no_class_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(epochs); i++) {
		guard(notes) struct notes notes = NOTES_INIT;
		guard(str) struct str together = STR_INIT;
		guard(str) struct str apart = STR_INIT;
		struct page_rules rules;

		epoch_info(&epochs[i], NULL, "OFFSET(page.page_type)=48", &together);
		expect_ok(rules_from(together.s, &rules, &notes));
		assert_int_equal(notes.nr, 0);
		epoch_info(&epochs[i], NULL, "OFFSET(page.page_type)=16", &apart);
		expect_ok(rules_from(apart.s, &rules, &notes));
		assert_int_equal(notes.nr, 5);
		for (size_t j = 0; j < notes.nr; j++)
			assert_non_null(strstr(notes.line[j], "page types are not in _mapcount"));
		for (size_t j = 0; j < ARRAY_SIZE(cases); j++) {
			uint8_t pages[2 * STRUCT_BYTES];
			uint64_t count;

			if (lay_out(&epochs[i], &cases[j], pages))
				assert_int_equal(classify(&rules, pages, cases[j].pfn, &count),
						 PAGE_KERNEL);
		}
	}
}

/*
 * struct page of 32 bytes as it is planned (kernelnewbies.org/MatthewWilcox/Memdescs/Path): what is
 * not free has its flags and its mapping in a structure of its own.
 */
static void of_a_struct_page_of_32_bytes_free_pages_are_told_alone(void **state)
{
	enum { SMALL_BYTES = 32, SMALL_PRIVATE = 16, SMALL_MAPCOUNT = 24 };
	static const char text[] =
		"SIZE(page)=32\nOFFSET(page.flags)=0\nOFFSET(page.private)=16\n"
		"OFFSET(page._mapcount)=24\nOFFSET(page._refcount)=28\n"
		"LENGTH(zone.free_area)=11\nNUMBER(PG_head_mask)=64\nNUMBER(PG_lru)=5\n"
		"NUMBER(PG_swapcache)=10\nNUMBER(PG_swapbacked)=17\nNUMBER(PG_hwpoison)=20\n"
		"NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-268435456\n"
		"NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)=-184549376\n";
	static const char *const named[] = { "tails", "page cache", "anonymous", "hugetlb",
					     "offline" };
	guard(notes) struct notes notes = NOTES_INIT;
	uint8_t page[SMALL_BYTES] = { 1 << 5 };
	struct page_rules rules;
	uint64_t count;

	(void)state;
	expect_ok(rules_from(text, &rules, &notes));
	for (size_t i = 0; i < ARRAY_SIZE(named); i++) {
		bool found = false;

		for (size_t j = 0; j < notes.nr; j++)
			found |= strstr(notes.line[j], named[i]) != NULL;
		assert_true(found);
	}
	/* On the LRU, and the word of its memdesc odd. */
	page[8] = 0x41;
	store_u32(page + SMALL_MAPCOUNT, UINT32_MAX, ORDER_LITTLE);
	assert_int_equal(classify(&rules, page, 8, &count), PAGE_KERNEL);
	store_u32(page + SMALL_MAPCOUNT, 0xf0000000, ORDER_LITTLE);
	page[SMALL_PRIVATE] = 3;
	assert_int_equal(classify(&rules, page, 8, &count), PAGE_FREE);
	assert_int_equal(count, 8);
}

/* Most kernels have no such pages: that nobody knows of them is no remark. */
static void without_its_type_what_was_not_accepted_is_kept(void **state)
{
	static const char *const lines[] = { NULL, "NUMBER(PAGE_UNACCEPTED_MAPCOUNT_VALUE)=-1",
					     "LENGTH(zone.free_area)=33" };
	const struct epoch *epoch = &epochs[ARRAY_SIZE(epochs) - 1];
	struct page_case c = { .pfn = 4096, .type = UNACCEPTED };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		guard(notes) struct notes notes = NOTES_INIT;
		guard(str) struct str text = STR_INIT;
		uint8_t pages[2 * STRUCT_BYTES];
		struct page_rules rules;
		uint64_t count;

		epoch_info(epoch, i == 2 ? "LENGTH" : "NUMBER(PAGE_UNACCEPTED", lines[i], &text);
		expect_ok(rules_from(text.s, &rules, &notes));
		assert_int_equal(notes.nr, lines[i] ? 1 : 0);
		assert_true(lay_out(epoch, &c, pages));
		assert_int_equal(classify(&rules, pages, c.pfn, &count), PAGE_TYPED);
		assert_int_equal(count, 1);
	}
}

static void without_hugetlb_facts_a_hugetlb_page_is_kept(void **state)
{
	static const char *const keys[] = {
		"NUMBER(PAGE_HUGETLB_MAPCOUNT_VALUE)", "NUMBER(HUGETLB_PAGE_DTOR)",
		"OFFSET(page.compound_dtor)",	       "NUMBER(PG_head_mask)",
		"OFFSET(page.compound_head)",	       "OFFSET(page._mapcount)",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(epochs); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(keys); j++) {
			guard(str) struct str text = STR_INIT;
			uint8_t pages[2 * STRUCT_BYTES];
			struct page_rules rules;
			uint64_t count;

			if (!epoch_has(&epochs[i], keys[j]))
				continue;
			epoch_info(&epochs[i], keys[j], NULL, &text);
			expect_ok(rules_from(text.s, &rules, NULL));
			lay_out_hugetlb(&epochs[i], pages);
			assert_true(is_kernels(classify(&rules, pages, 0, &count)));
		}
	}
}

static void without_its_flag_no_page_is_poisoned(void **state)
{
	struct page_case c = { .mapcount = -1, .flags = HWPOISON };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(epochs); i++) {
		guard(str) struct str text = STR_INIT;
		uint8_t pages[2 * STRUCT_BYTES];
		struct page_rules rules;

		epoch_info(&epochs[i], "NUMBER(PG_hwpoison)", NULL, &text);
		expect_ok(rules_from(text.s, &rules, NULL));
		lay_out(&epochs[i], &c, pages);
		assert_false(page_is_poisoned(&rules, pages));
		memset(pages, 0x7f, sizeof(pages));
		assert_false(page_is_poisoned(&rules, pages));
	}
}

/* PG_hwpoison on the bit of PG_lru would drop the page cache at every level. */
static void two_flags_on_one_bit_are_not_believed(void **state)
{
	static const char *const keys[] = { "PG_lru",	     "PG_private", "PG_swapcache",
					    "PG_swapbacked", "PG_slab",	   "PG_hwpoison" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(epochs); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(keys); j++) {
			guard(str) struct str text = STR_INIT;
			struct page_rules rules;
			char key[40];
			char line[40];
			int other = epochs[i].bit[j == 0 ? 1 : 0];

			snprintf(key, sizeof(key), "NUMBER(%s)", keys[j]);
			snprintf(line, sizeof(line), "NUMBER(%s)=%d", keys[j], other);
			if (!epoch_has(&epochs[i], key))
				continue;
			epoch_info(&epochs[i], key, line, &text);
			expect_err(rules_from(text.s, &rules, NULL), ERR_FORMAT, "same bit");
		}
	}
}

static void without_size_or_flags_nothing_can_be_said(void **state)
{
	static const struct {
		const char *key;
		const char *line;
		enum err_code code;
	} bad[] = {
		{ "SIZE(page)", NULL, ERR_NODATA },
		{ "SIZE(page)", "SIZE(page)=0", ERR_FORMAT },
		{ "SIZE(page)", "SIZE(page)=24", ERR_FORMAT },
		{ "SIZE(page)", "SIZE(page)=60", ERR_FORMAT },
		{ "SIZE(page)", "SIZE(page)=1024", ERR_FORMAT },
		{ "SIZE(page)", "SIZE(page)=18446744073709551608", ERR_FORMAT },
		{ "OFFSET(page.flags)", NULL, ERR_NODATA },
		{ "OFFSET(page.flags)", "OFFSET(page.flags)=64", ERR_FORMAT },
		{ "OFFSET(page.flags)", "OFFSET(page.flags)=18446744073709551615", ERR_FORMAT },
		{ "OFFSET(page.flags)", "OFFSET(page.flags)=4", ERR_FORMAT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		guard(str) struct str text = STR_INIT;
		struct page_rules rules;

		epoch_info(&epochs[0], bad[i].key, bad[i].line, &text);
		expect_err(rules_from(text.s, &rules, NULL), bad[i].code, bad[i].key);
	}
}

static void an_empty_text_turns_everything_off(void **state)
{
	guard(notes) struct notes notes = NOTES_INIT;
	struct page_rules rules;

	(void)state;
	expect_ok(rules_from("SIZE(page)=64\nOFFSET(page.flags)=0\n", &rules, &notes));
	assert_true(notes.nr >= 6);
	for (size_t i = 0; i < ARRAY_SIZE(epochs); i++)
		for (size_t j = 0; j < ARRAY_SIZE(cases); j++) {
			uint8_t pages[2 * STRUCT_BYTES];
			uint64_t count;

			if (!lay_out(&epochs[i], &cases[j], pages))
				continue;
			assert_int_equal(classify(&rules, pages, cases[j].pfn, &count),
					 PAGE_KERNEL);
			assert_int_equal(count, 1);
		}
}

static void classes_have_distinct_names(void **state)
{
	(void)state;
	for (int i = 0; i < PAGE_CLASSES_NR; i++) {
		assert_non_null(page_class_name((enum page_class)i));
		for (int j = 0; j < i; j++)
			assert_string_not_equal(page_class_name((enum page_class)i),
						page_class_name((enum page_class)j));
	}
}

/*
 * What page[1] of a hugetlb page has between 6.3 and 6.8: its destructor in struct folio
 * (1c5509be58f6), then a flag (ebc1baf5c9b4).
 */
static void hugetlb_is_told_by_what_page_1_holds_then(void **state)
{
	static const struct {
		const char *info;
		uint8_t dtor;	/* at byte 17 of page[1] */
		uint64_t flags; /* of page[1] */
		enum page_class class;
	} kernels[] = {
		{ "OFFSET(folio._folio_dtor)=81\nNUMBER(HUGETLB_PAGE_DTOR)=2", 2, 0, PAGE_USER },
		{ "OFFSET(folio._folio_dtor)=81\nNUMBER(HUGETLB_PAGE_DTOR)=2", 1, 0, PAGE_KERNEL },
		{ "NUMBER(PG_hugetlb)=8", 0, 1 << 8, PAGE_USER },
		{ "NUMBER(PG_hugetlb)=8", 2, 1 << 9, PAGE_KERNEL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++) {
		guard(str) struct str info = STR_INIT;
		guard(notes) struct notes notes = NOTES_INIT;
		uint8_t pages[2 * STRUCT_BYTES] = { 0 };
		struct page_rules rules;
		uint64_t count;

		epoch_info(&epochs[1], "NUMBER(PAGE_HUGETLB", kernels[i].info, &info);
		expect_ok(rules_from(info.s, &rules, &notes));
		assert_int_equal(notes.nr, 0);
		store_u64(pages + FLAGS_AT, UINT64_C(1) << epochs[1].bit[6], ORDER_LITTLE);
		store_u32(pages + MAPCOUNT_AT, UINT32_MAX, ORDER_LITTLE);
		store_u64(pages + STRUCT_BYTES + FLAGS_AT, kernels[i].flags, ORDER_LITTLE);
		store_u64(pages + STRUCT_BYTES + HEAD_AT, HEAD_VADDR | 1, ORDER_LITTLE);
		pages[STRUCT_BYTES + 17] = kernels[i].dtor;
		assert_true(page_wants_next(&rules, pages));
		assert_int_equal(page_classify(&rules, pages, pages + STRUCT_BYTES, 0, &count),
				 kernels[i].class);
		/* The head alone proves nothing, nor does a page[1] that is no tail. */
		assert_int_equal(page_classify(&rules, pages, NULL, 0, &count), PAGE_KERNEL);
		store_u64(pages + STRUCT_BYTES + HEAD_AT, HEAD_VADDR, ORDER_LITTLE);
		assert_int_equal(page_classify(&rules, pages, pages + STRUCT_BYTES, 0, &count),
				 PAGE_KERNEL);
	}
}

/*
 * 7.1 (d50569612c29, 8c846c879e22): compound_info of a tail is a pointer to the head, or a mask for
 * the address of the tail itself.
 */
static void a_tail_of_7_1_leads_to_its_head_by_pointer_or_mask(void **state)
{
	static const struct {
		uint64_t vaddr, info, head;
	} tails[] = {
		{ HEAD_VADDR + 64, HEAD_VADDR | 1, HEAD_VADDR },
		{ HEAD_VADDR + 64, ~UINT64_C(0x7fff) | 1, HEAD_VADDR },
		{ HEAD_VADDR + 0x8000 + 511 * 64, ~UINT64_C(0x7fff) | 1, HEAD_VADDR + 0x8000 },
		/* A pointer that looks like a mask of more than there is. */
		{ HEAD_VADDR, UINT64_C(0xffff800000000001), UINT64_C(0xffff800000000000) },
	};
	guard(str) struct str info = STR_INIT;
	guard(notes) struct notes notes = NOTES_INIT;
	struct page_rules rules;

	(void)state;
	epoch_info(&epochs[ARRAY_SIZE(epochs) - 1], "OFFSET(page.compound_head)",
		   "OFFSET(page.compound_info)=8", &info);
	expect_ok(rules_from(info.s, &rules, &notes));
	assert_int_equal(notes.nr, 0);
	for (size_t i = 0; i < ARRAY_SIZE(tails); i++) {
		uint8_t page[STRUCT_BYTES] = { 0 };
		uint64_t head = 0;

		store_u64(page + HEAD_AT, tails[i].info, ORDER_LITTLE);
		assert_true(page_is_tail(&rules, page, tails[i].vaddr, &head));
		assert_true(head == tails[i].head);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hugetlb_is_told_by_what_page_1_holds_then),
		cmocka_unit_test(a_tail_of_7_1_leads_to_its_head_by_pointer_or_mask),
		cmocka_unit_test(pages_of_each_epoch_are_what_its_kernel_says),
		cmocka_unit_test(the_head_of_a_hugetlb_page_is_user_memory),
		cmocka_unit_test(a_hugetlb_page_must_be_a_head),
		cmocka_unit_test(a_destructor_counts_only_in_a_readable_tail),
		cmocka_unit_test(slab_is_never_free),
		cmocka_unit_test(types_of_the_top_byte_ignore_what_is_below),
		cmocka_unit_test(an_uninitialised_struct_page_says_nothing),
		cmocka_unit_test(poison_is_seen_in_any_page),
		cmocka_unit_test(a_tail_names_its_head),
		cmocka_unit_test(a_rule_without_one_of_its_facts_is_off_and_named),
		cmocka_unit_test(a_rule_with_an_absurd_fact_is_off_and_named),
		cmocka_unit_test(without_page_types_in_mapcount_no_class_is_told),
		cmocka_unit_test(of_a_struct_page_of_32_bytes_free_pages_are_told_alone),
		cmocka_unit_test(without_its_type_what_was_not_accepted_is_kept),
		cmocka_unit_test(without_hugetlb_facts_a_hugetlb_page_is_kept),
		cmocka_unit_test(without_its_flag_no_page_is_poisoned),
		cmocka_unit_test(two_flags_on_one_bit_are_not_believed),
		cmocka_unit_test(without_size_or_flags_nothing_can_be_said),
		cmocka_unit_test(an_empty_text_turns_everything_off),
		cmocka_unit_test(classes_have_distinct_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
