/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A dumped x86_64 kernel made up by a test: page tables, mem_section, struct pages and VMCOREINFO
 * in fake memory, with the layout of 6.1. The struct pages are all the kernel's own until the test
 * says otherwise. Its image has no file behind it.
 */
#ifndef VMTOOL_TESTS_LIB_FAKEKERNEL_H
#define VMTOOL_TESTS_LIB_FAKEKERNEL_H

#include "tests/lib/fakemem.h"
#include "util/base/str.h"
#include "util/kernel/kernel.h"

enum {
	FAKE_PAGE_BYTES = 4096,
	FAKE_SECTION_PAGES = 32768, /* 128 MiB */

	/* Bits of page.flags. */
	FAKE_LRU = 1 << 4,
	FAKE_SLAB = 1 << 9,
	FAKE_SWAPCACHE = 1 << 10,
	FAKE_PRIVATE = 1 << 13,
	FAKE_HEAD = 1 << 16,
	FAKE_SWAPBACKED = 1 << 19,
	FAKE_HWPOISON = 1 << 23,

	FAKE_UNMAPPED = -1, /* _mapcount of a page nobody maps */
	FAKE_BUDDY = -129,
	FAKE_OFFLINE = -257,
	FAKE_TABLE = -513,

	FAKE_HUGETLB_DTOR = 2,
};

#define FAKE_TEXT_VADDR UINT64_C(0xffffffff81000000)
#define FAKE_VMEMMAP_VADDR UINT64_C(0xffffea0000000000)
#define FAKE_MAPPING UINT64_C(0xffff888003a00a40) /* looks like a pointer to an address_space */

struct fakekernel_config {
	unsigned int levels;	    /* of page tables; 0: 4 */
	uint64_t page_struct_size;  /* 0: 64 */
	unsigned int sections_nr;   /* with struct pages, from page frame 0; 0: 1 */
	unsigned int vmemmap_level; /* of the entries that map it, 1 or 2; 0: 2 */
	enum byte_order order; /* no x86_64 is big-endian; the code that is tested is for all */
};

struct fakekernel {
	struct fakemem mem;
	struct image image;
	struct str info; /* VMCOREINFO; change it before fakekernel_start() */
	unsigned int levels;
	uint64_t page_struct_size;
	uint64_t pages_nr;   /* that have struct pages */
	uint64_t tables_end; /* where the next page table goes */
};

struct fake_page {
	uint64_t flags;
	int32_t mapcount;
	uint64_t mapping;
	uint64_t private;
	uint64_t compound_head;
	uint8_t dtor;
};

void fakekernel_init(struct fakekernel *fake, const struct fakekernel_config *config);
void fakekernel_release(struct fakekernel *fake);

/*
 * The entry of the table of @level (1 is the lowest) for @vaddr; tables above are made as needed.
 */
uint64_t fakekernel_entry(struct fakekernel *fake, uint64_t vaddr, unsigned int level);

/* Let @section (below 1024) have the struct pages of section 0. */
void fakekernel_alias_section(struct fakekernel *fake, unsigned int section);

/* Map one page of @level at @vaddr to @paddr. */
void fakekernel_map(struct fakekernel *fake, uint64_t vaddr, uint64_t paddr, unsigned int level);

/* Physical addresses of things a test may want to spoil. */
uint64_t fakekernel_top_table(const struct fakekernel *fake);
uint64_t fakekernel_uts(const struct fakekernel *fake); /* init_uts_ns */
uint64_t fakekernel_section(const struct fakekernel *fake, unsigned int section);
uint64_t fakekernel_page_paddr(const struct fakekernel *fake, uint64_t pfn);

uint64_t fakekernel_page_vaddr(const struct fakekernel *fake, uint64_t pfn);
void fakekernel_set_page(struct fakekernel *fake, uint64_t pfn, const struct fake_page *page);

void fakekernel_free_block(struct fakekernel *fake, uint64_t pfn, unsigned int order);

/* A compound page of @nr page frames; @head says what its head is, FAKE_HEAD is added. */
void fakekernel_compound(struct fakekernel *fake, uint64_t pfn, uint64_t nr,
			 const struct fake_page *head);

/* Memory of the image: @stored of @size bytes are in it. Before fakekernel_start(). */
void fakekernel_ram(struct fakekernel *fake, uint64_t paddr, uint64_t size, uint64_t stored);

/* Finish the memory map and open the kernel. */
must_check struct err *fakekernel_start(struct fakekernel *fake, struct notes *notes,
					struct kernel **ret_kernel);

/*
 * Let @kernel, which was started, have the symbols of per-CPU memory and the variables behind them:
 * __per_cpu_start is @start, and the unit of each of @cpus_nr (at most 16) is @offset[cpu] from
 * there, @unit_bytes long.
 */
void fakekernel_add_percpu(struct fakekernel *fake, struct kernel *kernel, uint64_t start,
			   const uint64_t *offset, uint32_t cpus_nr, uint32_t unit_bytes);

/* Replace the line of @key in the VMCOREINFO by "@key=@value", or take it out when that is NULL. */
void fakekernel_set_info(struct fakekernel *fake, const char *key, const char *value);

#endif
