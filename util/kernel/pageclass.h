/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From one struct page to what the page frame is used for. The rules are built from what the kernel
 * says about itself (util/kernel/layout.h); no number has a default, no version is compared. A rule
 * whose facts are not all there is off: its pages are then PAGE_KERNEL, which is always kept (as
 * slab and typed pages are), and page_rules_init() says so.
 *
 * The meaning of the classes is makedumpfile's (dump levels 1 to 16), including its precedence:
 * free, then page cache, then user. Where the facts come from:
 *  - struct page and flags: include/linux/mm_types.h, include/linux/page-flags.h
 *  - what is exported: kernel/vmcore_info.c (crash_core.c before 6.9)
 *  - _mapcount below -1 carries a page type since 4.18 (6e292b9be7f4); since 6.12 the type is a
 *    number in the top byte (4ffca5a96678), before it is one cleared bit
 *  - hugetlb is a page type since 6.9 (d99e3140a4d3), a flag of page[1] since 6.6 (ebc1baf5c9b4),
 *    the destructor number of page[1] before, which moved to struct folio in 6.3 (1c5509be58f6)
 *  - slab is a page type since 6.10 (46df8e73a4a3), PG_slab before
 *  - memory that a confidential guest has not accepted yet is a page type since 6.12, exported
 *    since 6.16: blocks of the highest order (__free_unaccepted(), mm/page_alloc.c)
 *  - bit 0 of compound_head marks a tail page (1d798ca3f164); compound_head is compound_info since
 *    7.1, where it may be a mask for the address of the tail (d50569612c29, 8c846c879e22)
 */
#ifndef VMTOOL_KERNEL_PAGECLASS_H
#define VMTOOL_KERNEL_PAGECLASS_H

#include <stdbool.h>
#include <stdint.h>

#include "util/base/endian.h"
#include "util/base/notes.h"
#include "util/kernel/layout.h"

/* sizeof(struct page) at most: 64 bytes so far; with KMSAN and memcg options somewhat more. */
enum { PAGE_STRUCT_MAX = 512 };

enum page_class {
	PAGE_KERNEL,	    /* none of the below, as far as we can prove */
	PAGE_SLAB,	    /* kernel objects */
	PAGE_TYPED,	    /* kernel memory with another page type: page tables, zsmalloc, ... */
	PAGE_FREE,	    /* in the buddy allocator, or not accepted yet */
	PAGE_CACHE,	    /* page cache without private data */
	PAGE_CACHE_PRIVATE, /* page cache with private data (buffers) */
	PAGE_USER,	    /* anonymous or hugetlb */
	PAGE_OFFLINE,	    /* given back to the hypervisor: balloon, virtio-mem */
	PAGE_UNKNOWN,	    /* there is no readable struct page for it: kept */
	PAGE_XEN,	    /* of a Xen host: the hypervisor's, as far as nothing else is proved */
	PAGE_DOM0,	    /* memory of its domain 0 */
	PAGE_DOMU,	    /* memory of another domain */
	PAGE_CLASSES_NR,
};

/* "kernel", "free", "cache", ...: stable, used in JSON. */
const char *page_class_name(enum page_class class);

/* Page frames [first, first + count) of one class. */
struct page_run {
	uint64_t first;
	uint64_t count;
	enum page_class class;
	bool poisoned; /* PG_hwpoison: reading it may raise a machine check */
};

struct page_rules {
	enum byte_order order;
	uint64_t page_struct_size;

	/* Offsets in struct page. Valid where a rule that uses them is on. */
	uint64_t flags_offset;
	uint64_t mapping_offset;
	uint64_t mapcount_offset;
	uint64_t private_offset;
	uint64_t refcount_offset;
	uint64_t compound_head_offset;
	uint64_t compound_dtor_offset;
	bool head_may_be_mask; /* compound_info instead of compound_head, 7.1 */

	bool tail_known;
	bool free_known;
	bool refcount_known;
	bool cache_known;
	bool private_known; /* else cache pages count as private: the class fewer levels drop */
	bool user_known;
	bool hugetlb_known;
	bool offline_known;
	bool unaccepted_known; /* most kernels have no such pages */
	bool poison_known;

	/* Bits of page.flags, no two the same; 0 where not exported. */
	uint64_t lru_mask;
	uint64_t private_mask;
	uint64_t swapcache_mask;
	uint64_t swapbacked_mask;
	uint64_t slab_mask;
	uint64_t hwpoison_mask;
	uint64_t head_mask;

	/* Values of _mapcount; a type is matched with its mask. */
	uint32_t buddy_value, buddy_mask;
	uint32_t slab_value, slab_type_mask;  /* mask 0: slab is not a page type here */
	uint32_t hugetlb_value, hugetlb_mask; /* mask 0: told by page[1] */
	uint32_t offline_value, offline_mask;
	uint32_t unaccepted_value, unaccepted_mask;
	uint64_t hugetlb_next_mask; /* the flag of page[1]; 0: told by the destructor there */
	uint8_t hugetlb_dtor;

	unsigned int orders_nr; /* buddy orders are below this */
};

/*
 * Fails only when nothing at all can be said (no usable SIZE(page) or page.flags, or flags that
 * contradict each other); every single rule that has to stay off is a remark in @notes.
 */
must_check struct err *page_rules_init(struct page_rules *rules, struct layout *layout,
				       enum byte_order order, struct notes *notes);

/*
 * Is the struct page at @page, whose virtual address is @vaddr, a tail of a compound page? Then
 * *ret_head_vaddr is where the kernel says its head is, and the tail is of the head's class. False
 * when that cannot be known.
 */
bool page_is_tail(const struct page_rules *rules, const uint8_t *page, uint64_t vaddr,
		  uint64_t *ret_head_vaddr);

/*
 * May the struct page at @head_vaddr be the head of the tail at @tail_vaddr: is it before it, in
 * the same array? A word that leads elsewhere is no pointer to a head: what is planned for it in
 * kernels to come is a pointer to a structure of its own (memdesc), which must not be read as a
 * struct page.
 */
bool page_may_head(const struct page_rules *rules, uint64_t head_vaddr, uint64_t tail_vaddr);

/*
 * Is this the head of a compound page, one that tails may point at? False when that cannot be
 * known.
 */
bool page_is_head(const struct page_rules *rules, const uint8_t *page);

/* Does page_classify() want the struct page after this one too? */
bool page_wants_next(const struct page_rules *rules, const uint8_t *page);

/*
 * Is the page frame surely not one inside a free block, behind its first? Such a one has no
 * references, no type and no head; pages of kernel memory that is in use can look so too.
 */
bool page_is_in_use(const struct page_rules *rules, const uint8_t *page, uint64_t pfn);

/*
 * What a page frame that is no tail page is used for. @next is the struct page behind it, or NULL
 * when it could not be read. *ret_count: how many page frames from @pfn on this speaks for: more
 * than one only for free blocks.
 */
enum page_class page_classify(const struct page_rules *rules, const uint8_t *page,
			      const uint8_t *next, uint64_t pfn, uint64_t *ret_count);

/* The same, and which rule decided: a sentence that outlives everything. */
enum page_class page_explain(const struct page_rules *rules, const uint8_t *page,
			     const uint8_t *next, uint64_t pfn, uint64_t *ret_count,
			     const char **ret_why);

/* PG_hwpoison of any page, head or tail. */
bool page_is_poisoned(const struct page_rules *rules, const uint8_t *page);

/*
 * Is this the head of a hugetlb page with PG_hwpoison? It may then be any of its pages that is
 * broken: which one is in a list behind the head (folio_set_hugetlb_hwpoison(),
 * mm/memory-failure.c). In other compound pages the flag stands on the broken page itself.
 */
bool page_poisons_tails(const struct page_rules *rules, const uint8_t *page, const uint8_t *next);

#endif
