/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel virtual addresses to physical ones, by walking the crashed kernel's own page tables in the
 * image. Architectures are chosen at run time by the image's ELF machine; each is a file exporting
 * one `const struct arch` and a line in vtop.c's list.
 *
 * Threads: a vtop is read only after vtop_init() and may be shared.
 */
#ifndef VMTOOL_KERNEL_VTOP_H
#define VMTOOL_KERNEL_VTOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/image/image.h"
#include "util/kernel/vmcoreinfo.h"

struct vtop;

struct arch {
	const char *name;     /* as `uname -m` says it */
	uint16_t elf_machine; /* EM_* */
	uint64_t page_size;   /* the only one there is; 0 where kernels have a choice */

	/*
	 * Kernels of either byte order run on it: what `uname -m` says of those of the little one,
	 * else NULL. The file does not tell: QEMU (7.2) writes dumps of ppc64le as big-endian
	 * files.
	 */
	const char *little_name;

	/* Numbers of VMCOREINFO that translation rests on; ends with NULL. NULL: none. */
	const char *const *numbers;

	/* Find the kernel's top page table and what else translation needs. */
	struct err *(*init)(struct vtop *vtop, const struct vmcoreinfo *info);

	/* As vtop_translate(). */
	struct err *(*translate)(const struct vtop *vtop, uint64_t vaddr, uint64_t *ret_paddr,
				 uint64_t *ret_run_bytes);
};

extern const struct arch arch_x86_64;
extern const struct arch arch_arm64;
extern const struct arch arch_loongarch64;
extern const struct arch arch_ppc64;
extern const struct arch arch_riscv64;
extern const struct arch arch_s390x;

struct vtop {
	const struct arch *arch;
	struct mem_source *source;   /* borrowed from the image */
	enum byte_order order;	     /* of the kernel's memory */
	enum byte_order entry_order; /* of page tables */
	uint64_t top_table_paddr;
	unsigned int levels;
	uint64_t entry_mask; /* physical address bits of a page table entry */

	/*
	 * Where the kernel image lies, [start, end) in virtual addresses; the end may be generous.
	 */
	uint64_t image_start;
	uint64_t image_end;

	unsigned int va_bits; /* of an address that count; not on x86_64 */

	/* arm64: sizes are chosen when the kernel is built, bits of addresses when it boots. */
	unsigned int page_shift; /* ppc64 and loongarch64 too */
	unsigned int top_index_bits;
	uint64_t entry_high_mask; /* address bits that are elsewhere: to be moved up */
	unsigned int entry_high_shift;

	/* loongarch64: what directories, from the top one down, name where nothing is. */
	uint64_t empty_tables[3];

	/* ppc64: what is mapped one to one ends here; bits of an index, from the last level up. */
	uint64_t linear_end;
	const uint8_t *index_bits;

	/* ppc64 with hash: struct pages are mapped by a list of large pages. */
	bool hash;
	uint64_t vmemmap;
	unsigned int vmemmap_shift;
	uint64_t backings; /* the first struct vmemmap_backing, and offsets in it */
	uint64_t backing_phys, backing_vaddr, backing_next;
};

/* NULL for a machine we know nothing about. */
const struct arch *arch_find(uint16_t elf_machine);

/* All there are, from 0 on; NULL behind the last. */
const struct arch *arch_nth(size_t n);

/* @image must outlive @vtop. ERR_UNSUPPORTED for an unknown machine. */
must_check struct err *vtop_init(struct vtop *vtop, struct image *image,
				 const struct vmcoreinfo *info);

/*
 * The physical address of @vaddr, and how many bytes from there on are surely contiguous (to the
 * end of the page or huge page). ERR_NODATA: not mapped; then *ret_run_bytes is set all the same,
 * to how many bytes from there on surely are not. Never loops: a walk has a fixed depth.
 */
must_check struct err *vtop_translate(const struct vtop *vtop, uint64_t vaddr, uint64_t *ret_paddr,
				      uint64_t *ret_run_bytes);

/* ---- For architectures ---- */

/* Set page_shift to what VMCOREINFO says, where kernels have pages of 4, 16 or 64 KiB. */
must_check struct err *vtop_find_page_shift(struct vtop *vtop, const struct vmcoreinfo *info);

/*
 * Set image_start and image_end from where _stext is; *ret_top_vaddr: where swapper_pg_dir is, the
 * top page table, by virtual address.
 */
must_check struct err *vtop_find_image(struct vtop *vtop, const struct vmcoreinfo *info,
				       uint64_t *ret_top_vaddr);

/*
 * Entry @index, eight bytes in entry_order, of the page table of @level at @table, read for @vaddr.
 */
must_check struct err *vtop_entry(const struct vtop *vtop, unsigned int level, uint64_t table,
				  uint64_t index, uint64_t vaddr, uint64_t *ret_entry);

/* ERR_NODATA: nothing is mapped at @vaddr, up to the next multiple of 2^@shift. */
must_check struct err *vtop_hole(uint64_t vaddr, unsigned int shift, uint64_t *ret_run_bytes);

/* A page of 2^@shift bytes is mapped at @vaddr; what @page has in its lower bits does not count. */
void vtop_page(uint64_t vaddr, uint64_t page, unsigned int shift, uint64_t *ret_paddr,
	       uint64_t *ret_run_bytes);

/* ---- For everybody else ---- */

/* Copy @len bytes of kernel virtual memory. */
must_check struct err *vtop_read(const struct vtop *vtop, uint64_t vaddr, void *buf, size_t len);

#endif
