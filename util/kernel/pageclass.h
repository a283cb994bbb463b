/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From one struct page to what the page frame is used for, by the rules of util/kernel/pagerules.h.
 * The pages of a rule that is off are PAGE_KERNEL, which is always kept (as slab and typed pages
 * are). The meaning of the classes is makedumpfile's (dump levels 1 to 16), including its
 * precedence: free, then page cache, then user.
 */
#ifndef VMTOOL_KERNEL_PAGECLASS_H
#define VMTOOL_KERNEL_PAGECLASS_H

#include <stdbool.h>
#include <stdint.h>

#include "util/kernel/pagerules.h"

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
