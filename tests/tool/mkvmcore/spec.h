/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The description of a synthetic vmcore: one statement a line, `#` starts a comment. Numbers
 * are decimal or 0x..., with K, M, G or T for powers of 1024. A range is FIRST+COUNT, or FIRST
 * alone for a count of one. Statements may come in any order, except that a later one overrides
 * what an earlier one said about the same page, byte or field.
 *
 * Memory
 *	load ADDR+SIZE [vaddr=N|none] [filesz=N] [memsz=N]
 *					a PT_LOAD; they stand in the file as they stand here
 *	load-many ADDR SIZE STRIDE COUNT
 *					COUNT of them, each STRIDE after the one before
 *	text-load			a second PT_LOAD over the kernel's image, as /proc/vmcore has
 *	packed				segments follow each other at any file offset, not page aligned
 *	fill PFN+COUNT zero|pfn|random|byte=N
 *					what is in the pages (default: zeros). `pfn` fills with the number,
 *					`random` cannot be compressed and depends on the number only
 *
 * Kernel (without the statement there is no kernel in the memory and no VMCOREINFO)
 *	kernel 6.1|6.12			offsets, flags and VMCOREINFO keys of Debian's kernels
 *	machine x86_64|aarch64|s390x	what the memory is of (default: x86_64); s390x is big-endian
 *	levels N			page-table levels: 4 or 5, of s390x 3 alone
 *	kernel-at ADDR			physical address of its image; what else the kernel needs (page
 *					tables, mem_section, struct pages) follows, inside the loads
 *	kernel-virt ADDR		virtual address of _stext
 *	page-offset ADDR, vmemmap-base ADDR
 *	vmemmap 4K|2M|1G|scattered	how struct pages are mapped; scattered: by 4K, in reverse order
 *	repeat PFN+COUNT		sections wholly in here have the struct pages of the first of
 *					them, by mapping: much memory in a small file. Only with 2M
 *	default kernel|none		struct pages nobody described: a kernel page, or zeros
 *	pages PFN+COUNT CLASS [order=N] [flags=N] [mapping=N] [private=N] [mapcount=N] [refcount=N]
 *					see class_table in kernel.c; the fields replace the class's own,
 *					flags are added to them
 *	flag PFN+COUNT NAME		one more page flag: hwpoison, waiters, locked, ...
 *	section NR low=N		the low bits of its section_mem_map (default: 0xf); 0: absent
 *	entry LEVEL VADDR VALUE|self	overwrite the page-table entry of VADDR; `self`: it points at the
 *					table it stands in. LEVEL 1 is the PTE
 *
 * Notes
 *	cpus N				NT_PRSTATUS notes (default 1)
 *	note NAME TYPE SIZE		one more, before VMCOREINFO, filled with 0x5a
 *	vmcoreinfo none			no such note
 *	vmcoreinfo set KEY VALUE	also for keys the kernel would not write
 *	vmcoreinfo del KEY
 *	vmcoreinfo text LINE		append a line as it is
 *
 * ELF
 *	shdrs-first N			N section headers before the program headers (QEMU >= 7.2: 2)
 *	xnum				count of program headers in section header 0, e_phnum = PN_XNUM
 *	ehdr FIELD VALUE		overwrite e_phnum, e_machine, ei_class, ...: only the number
 *	phdr N FIELD VALUE		the same for p_offset, p_filesz, ... of program header N
 *	patch LOCATION HEXBYTES		overwrite bytes at the very end of the making
 *	patch16|patch32|patch64 LOCATION VALUE
 *	truncate LOCATION		cut the file there
 * LOCATION is a file offset, or notes, vmcoreinfo, phdrs, shdrs, end, load:N, phys:ADDR, page:PFN
 * (its struct page), section:NR, root:NR, entry:LEVEL:VADDR; each with +N or -N behind.
 */
#ifndef VMTOOL_TESTS_TOOL_MKVMCORE_SPEC_H
#define VMTOOL_TESTS_TOOL_MKVMCORE_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "tests/tool/mkvmcore/machine.h"
#include "util/base/macros.h"

enum { PAGE_BYTES = 4096 };

struct field {
	bool given;
	uint64_t value;
};

struct load {
	uint64_t paddr;
	uint64_t memsz;
	uint64_t filesz;
	struct field vaddr; /* not given: from the kernel's direct map, 0 without a kernel */
	bool is_text;	    /* place and size are those of the kernel's image */
	uint64_t offset;    /* set by the layout */
};

/* A number to be stored over what was made. */
struct override {
	unsigned int index; /* program header, for phdr */
	char name[32];
	uint64_t value;
};

struct patch {
	unsigned int line;
	char where[64];
	uint8_t *bytes;
	size_t len;
	bool is_number; /* little-endian so far */
};

struct page_rule {
	unsigned int line;
	uint64_t first, count; /* pfns */
	const struct page_class *class;
	unsigned int order;
	struct field flags, mapping, private, mapcount, refcount;
};

struct flag_rule {
	uint64_t first, count;
	char name[16];
};

enum fill_kind { FILL_ZERO, FILL_PFN, FILL_RANDOM, FILL_BYTE };

struct fill_rule {
	uint64_t first, count;
	enum fill_kind kind;
	uint8_t byte;
};

struct section_rule {
	uint64_t nr;
	uint64_t low;
};

struct entry_rule {
	unsigned int level;
	uint64_t vaddr;
	bool self;
	uint64_t value;
};

struct info_rule {
	enum { INFO_SET, INFO_DEL, INFO_TEXT } kind;
	char *key; /* for INFO_TEXT the line */
	char *value;
};

struct note_rule {
	char name[32];
	uint32_t type;
	uint32_t size;
};

enum vmemmap_mapping { VMEMMAP_4K, VMEMMAP_2M, VMEMMAP_1G, VMEMMAP_SCATTERED };

/* A growing array; elements are appended with list_add(). */
#define LIST(type)                                                                                 \
	struct {                                                                                   \
		type *at;                                                                          \
		size_t nr, capacity;                                                               \
	}

struct spec {
	const struct machine *machine;
	const struct preset *preset; /* NULL: no kernel */
	unsigned int levels;
	uint64_t kernel_paddr;
	uint64_t kernel_vaddr;
	struct field page_offset, vmemmap_base;
	enum vmemmap_mapping vmemmap;
	uint64_t repeat_first, repeat_count; /* pfns; 0: nothing is repeated */
	bool default_none;
	bool packed;

	unsigned int cpus_nr;
	bool no_vmcoreinfo;
	unsigned int shdrs_first;
	bool xnum;
	unsigned int truncate_line;
	char truncate[64]; /* empty: no */

	LIST(struct load) loads;
	LIST(struct fill_rule) fills;
	LIST(struct page_rule) pages;
	LIST(struct flag_rule) flags;
	LIST(struct section_rule) sections;
	LIST(struct entry_rule) entries;
	LIST(struct info_rule) infos;
	LIST(struct note_rule) notes;
	LIST(struct override) ehdrs;
	LIST(struct override) phdrs;
	LIST(struct patch) patches;
};

#define list_add(list)                                                                             \
	({                                                                                         \
		if ((list)->nr == (list)->capacity)                                                \
			(list)->at = grow((list)->at, &(list)->capacity, sizeof(*(list)->at));     \
		&(list)->at[(list)->nr++];                                                         \
	})

void *grow(void *at, size_t *capacity, size_t element_bytes);

/* Each tells what is wrong on stderr and ends the program: a description is ours, not hostile. */
void die(const char *fmt, ...) printf_like(1, 2) __attribute__((noreturn));
void *must_alloc(size_t bytes);

bool parse_number(const char *text, uint64_t *ret_value);

void spec_read(FILE *in, struct spec *spec);
void spec_release(struct spec *spec);

#endif
