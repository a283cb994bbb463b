/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel inside a synthetic memory: page tables, mem_section, struct pages and the text of
 * VMCOREINFO. The facts behind the presets were read from the VMCOREINFO of Debian's kernels
 * 6.1.0-56-amd64 and 6.12.107+deb13-amd64 and from include/linux/{mm_types,page-flags}.h.
 */
#ifndef VMTOOL_TESTS_TOOL_MKVMCORE_KERNEL_H
#define VMTOOL_TESTS_TOOL_MKVMCORE_KERNEL_H

#include <stdint.h>

#include "tests/tool/mkvmcore/image.h"
#include "tests/tool/mkvmcore/spec.h"

/* What a page is to the one who filters; a dump level drops by this. */
enum truth { TRUTH_KERNEL, TRUTH_FREE, TRUTH_CACHE, TRUTH_CACHE_PRIVATE, TRUTH_USER, TRUTH_NEVER };

struct page_class;

struct table {
	uint64_t paddr;
	unsigned int level;
	unsigned int entries_nr;
	uint64_t *entry; /* in host order */
	struct table **child;
};

struct range {
	uint64_t first, count;
};

struct kernel {
	struct spec *spec;
	uint64_t page_offset;
	uint64_t vmemmap_base;
	uint64_t next_paddr; /* where the next allocation is tried */
	struct table *pgd;
	uint64_t roots_paddr;
	uint64_t roots_nr;
	LIST(struct range) own; /* pfns taken by the kernel itself */
	struct kernel_section {
		uint64_t nr;
		uint64_t entry_paddr; /* its struct mem_section */
		uint64_t pages_paddr; /* its struct pages, when they lie together */
		uint64_t *scattered;  /* or page by page */
	} * section;
	size_t sections_nr;
};

const struct preset *preset_find(const char *name);
const struct page_class *page_class_find(const char *name);

/* Decides where everything is. The loads of the kernel's text get their place here. */
void kernel_plan(struct kernel *kernel, struct spec *spec);
void kernel_release(struct kernel *kernel);

/* The text of the note, on the heap. */
char *kernel_vmcoreinfo(const struct kernel *kernel);

/* Puts the kernel's data into the image. */
void kernel_write(struct kernel *kernel, struct image *image);

/* Physical addresses of kernel structures, UINT64_MAX when there is no such thing. */
uint64_t kernel_page_paddr(const struct kernel *kernel, uint64_t pfn);
uint64_t kernel_section_paddr(const struct kernel *kernel, uint64_t nr);
uint64_t kernel_entry_paddr(const struct kernel *kernel, unsigned int level, uint64_t vaddr);

/* What the description says of this frame. */
enum truth kernel_truth(const struct spec *spec, uint64_t pfn);

/* Is a page of this kind in a dump of this level? */
bool truth_kept(enum truth truth, unsigned int level);

#endif
