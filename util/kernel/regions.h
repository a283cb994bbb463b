/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page frames that are known by where they lie and not by their struct page: the kernel image, the
 * per-CPU areas (where kallsyms say where they are: since 6.0) and the struct pages themselves
 * (vmemmap). Used to put first things first in a dump, never to leave
 * anything out: what is missing here is ordinary kernel memory.
 */
#ifndef VMTOOL_KERNEL_REGIONS_H
#define VMTOOL_KERNEL_REGIONS_H

#include <stddef.h>
#include <stdint.h>

#include "util/kernel/kernel.h"

enum region_kind { REGION_IMAGE, REGION_PERCPU, REGION_VMEMMAP, REGION_KEYS };

/* 24 bytes each; the vmemmap of 1 TiB in scattered 2 MiB pages takes 8192. */
enum { REGIONS_MAX = 1 << 15 };

/* Page frames [first, end). */
struct region {
	uint64_t first;
	uint64_t end;
	enum region_kind kind;
};

struct regions {
	struct region *region; /* ascending, disjoint */
	size_t nr;
	size_t capacity;
};

#define REGIONS_INIT ((struct regions){ .nr = 0 })

void regions_release(struct regions *regions);
DEFINE_GUARD_INPLACE(regions, struct regions, regions_release)

/*
 * Walk the kernel's page tables for all of them; @kernel must have why_not == NULL. What cannot be
 * read is left out; the only error is ERR_NOMEM. @regions must be REGIONS_INIT.
 */
must_check struct err *regions_find(struct regions *regions, const struct kernel *kernel);

/*
 * One more, wherever it is, of the page frames that bytes [paddr, paddr + bytes) touch. They are
 * not ascending and disjoint before regions_tidy(). The only error is ERR_NOMEM.
 */
must_check struct err *regions_add(struct regions *regions, const struct kernel *kernel,
				   uint64_t paddr, uint64_t bytes, enum region_kind kind);
void regions_tidy(struct regions *regions);

/* The first region that ends behind @pfn, NULL past the last. */
const struct region *regions_at(const struct regions *regions, uint64_t pfn);

#endif
