// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/kernel/memsection.h"

#include "util/base/checked.h"

enum {
	POINTER_BYTES = 8,
	SECTION_BITS_MAX = 34, /* 24 to 30 on the kernels there are (asm/sparsemem.h) */
	PHYSMEM_BITS_MAX = 56,
	SECTION_STRUCT_MAX = 256, /* and a power of two: memory_present() in mm/sparse.c */

	/*
	 * Flags in section_mem_map: present, has a mem_map, online, early, zone device and, from
	 * 6.15 on, vmemmap preinit. Six bits are free in it on every kernel, because struct pages
	 * of a section start on a boundary far larger than 64 bytes. There is room for more, and
	 * nothing says how many there are: what is left of a seventh makes the struct pages start
	 * where they cannot.
	 */
	SECTION_PRESENT = 1 << 0,
	SECTION_HAS_MEM_MAP = 1 << 1,
	SECTION_FLAGS_MASK = 0x3f,

	MEM_MAP_ALIGN_MAX = 4096, /* "all mem_map arrays are page-aligned", mmzone.h */
};

struct err *memsections_init(struct memsections *sections, const struct vtop *vtop,
			     struct layout *layout, uint64_t page_size, uint64_t page_struct_size)
{
	struct memsections s = { .vtop = vtop, .page_struct_size = page_struct_size };
	int64_t section_bits;
	int64_t physmem_bits;
	uint64_t sections_nr;
	uint64_t length;
	unsigned int page_shift = (unsigned int)__builtin_ctzll(page_size);
	struct err *e;

	e = layout_mem_section(layout, vtop, &s.roots_vaddr);
	if (!e)
		e = layout_unsigned(layout, "SIZE(mem_section)", &s.section_struct_size);
	if (!e)
		e = layout_unsigned(layout, "OFFSET(mem_section.section_mem_map)",
				    &s.mem_map_offset);
	if (!e)
		e = layout_number(layout, "SECTION_SIZE_BITS", &section_bits);
	if (!e)
		e = layout_number(layout, "MAX_PHYSMEM_BITS", &physmem_bits);
	if (e)
		return e;

	if (section_bits <= page_shift || section_bits > SECTION_BITS_MAX ||
	    section_bits > physmem_bits || physmem_bits > PHYSMEM_BITS_MAX)
		return err_new(ERR_FORMAT,
			       "VMCOREINFO has absurd sections: NUMBER(SECTION_SIZE_BITS)=%lld, "
			       "NUMBER(MAX_PHYSMEM_BITS)=%lld",
			       (long long)section_bits, (long long)physmem_bits);
	if (!is_pow2_u64(s.section_struct_size) || s.section_struct_size > SECTION_STRUCT_MAX ||
	    s.mem_map_offset % POINTER_BYTES ||
	    !range_within(s.mem_map_offset, POINTER_BYTES, s.section_struct_size))
		return err_new(ERR_FORMAT,
			       "VMCOREINFO has absurd sections: SIZE(mem_section)=%llu, "
			       "OFFSET(mem_section.section_mem_map)=%llu",
			       (unsigned long long)s.section_struct_size,
			       (unsigned long long)s.mem_map_offset);

	s.pfn_section_shift = (unsigned int)section_bits - page_shift;
	s.sections_per_root = page_size / s.section_struct_size;
	sections_nr = UINT64_C(1) << (physmem_bits - section_bits);
	s.roots_nr = div_round_up_u64(sections_nr, s.sections_per_root);
	e = layout_unsigned(layout, "LENGTH(mem_section)", &length);
	if (e && err_code(e) == ERR_NODATA && layout_has_types(layout)) {
		/* No variables are known there, but the size is, so the length follows. */
		err_free(e);
		e = NULL;
		length = s.roots_nr;
	}
	if (e)
		return e;
	if (length != s.roots_nr)
		return err_new(ERR_UNSUPPORTED,
			       "LENGTH(mem_section)=%llu is not the %llu roots of a kernel with "
			       "SPARSEMEM_EXTREME",
			       (unsigned long long)length, (unsigned long long)s.roots_nr);

	*sections = s;
	return NULL;
}

static struct err *read_pointer(const struct memsections *sections, uint64_t vaddr,
				uint64_t *ret_value)
{
	uint8_t bytes[POINTER_BYTES];
	struct err *e = vtop_read(sections->vtop, vaddr, bytes, sizeof(bytes));

	if (e)
		return e;
	*ret_value = load_u64(bytes, sections->vtop->order);
	return NULL;
}

/* Struct pages of sections of 256 pages (ppc64) follow each other at less than a page. */
static uint64_t mem_map_align(const struct memsections *sections)
{
	uint64_t bytes = memsections_pages_per_section(sections) * sections->page_struct_size;

	return MIN(bytes & -bytes, (uint64_t)MEM_MAP_ALIGN_MAX);
}

struct err *memsections_mem_map(const struct memsections *sections, uint64_t pfn,
				uint64_t *ret_vaddr)
{
	uint64_t section = pfn >> sections->pfn_section_shift;
	uint64_t root = section / sections->sections_per_root;
	uint64_t index = section % sections->sections_per_root;
	uint64_t section_start_pfn = section << sections->pfn_section_shift;
	uint64_t root_vaddr;
	uint64_t mem_map;
	uint64_t vaddr;
	struct err *e;

	if (root >= sections->roots_nr)
		return err_new(ERR_NODATA, "section %#llx is beyond mem_section",
			       (unsigned long long)section);

	e = read_pointer(sections, sections->roots_vaddr + root * POINTER_BYTES, &root_vaddr);
	if (e)
		return err_wrap(e, "mem_section[%llu]", (unsigned long long)root);
	if (!root_vaddr || root_vaddr % POINTER_BYTES)
		return err_new(ERR_NODATA, "section %#llx has no root",
			       (unsigned long long)section);

	e = read_pointer(sections,
			 root_vaddr + index * sections->section_struct_size +
				 sections->mem_map_offset,
			 &mem_map);
	if (e)
		return err_wrap(e, "mem_section[%llu][%llu]", (unsigned long long)root,
				(unsigned long long)index);
	if (!(mem_map & SECTION_PRESENT) || !(mem_map & SECTION_HAS_MEM_MAP))
		return err_new(ERR_NODATA, "section %#llx is not present",
			       (unsigned long long)section);

	vaddr = (mem_map & ~(uint64_t)SECTION_FLAGS_MASK) +
		section_start_pfn * sections->page_struct_size;
	if (vaddr % mem_map_align(sections))
		return err_new(ERR_UNSUPPORTED,
			       "section %#llx: section_mem_map is %#llx, which has flags that are "
			       "not known",
			       (unsigned long long)section, (unsigned long long)mem_map);
	*ret_vaddr = vaddr;
	return NULL;
}

struct err *memsections_struct_page(const struct memsections *sections, uint64_t pfn,
				    uint64_t *ret_vaddr)
{
	uint64_t in_section = pfn & (memsections_pages_per_section(sections) - 1);
	uint64_t mem_map;
	struct err *e = memsections_mem_map(sections, pfn, &mem_map);

	if (!e)
		*ret_vaddr = mem_map + in_section * sections->page_struct_size;
	return e;
}

struct err *memsections_each(const struct memsections *sections, const struct memmap *map,
			     uint64_t page_size, memsections_fn *fn, void *ctx)
{
	uint64_t section_pages = memsections_pages_per_section(sections);
	uint64_t next = 0;

	for (size_t i = 0; i < map->nr; i++) {
		const struct memmap_range *r = &map->range[i];
		uint64_t pfn = MAX(r->paddr / page_size, next);
		uint64_t end = div_round_up_u64(r->paddr + r->size, page_size);

		for (; pfn < end; pfn = next) {
			uint64_t mem_map;
			struct err *e = memsections_mem_map(sections, pfn, &mem_map);

			next = (pfn & ~(section_pages - 1)) + section_pages;
			if (!e)
				e = fn(ctx, mem_map, section_pages * sections->page_struct_size);
			else if (err_code(e) != ERR_NOMEM)
				err_free(take_ptr(e));
			if (e)
				return e;
		}
	}
	return NULL;
}
