// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/kernel/vtop.h"

static const struct arch *const archs[] = {
	&arch_x86_64, &arch_arm64, &arch_riscv64, &arch_ppc64, &arch_s390x, &arch_loongarch64,
};

const struct arch *arch_find(uint16_t elf_machine)
{
	for (size_t i = 0; i < ARRAY_SIZE(archs); i++) {
		if (archs[i]->elf_machine == elf_machine)
			return archs[i];
	}
	return NULL;
}

const struct arch *arch_nth(size_t n)
{
	return n < ARRAY_SIZE(archs) ? archs[n] : NULL;
}

struct err *vtop_init(struct vtop *vtop, struct image *image, const struct vmcoreinfo *info)
{
	const struct arch *arch = arch_find(image->machine);
	enum byte_order order = image->order;

	if (image->memory_swapped)
		order = order == ORDER_LITTLE ? ORDER_BIG : ORDER_LITTLE;
	if (!arch)
		return err_new(ERR_UNSUPPORTED,
			       "page tables of ELF machine %u cannot be read by this vmtool",
			       image->machine);

	*vtop = (struct vtop){
		.arch = arch,
		.source = image->source,
		.order = order,
		.entry_order = order,
	};
	return arch->init(vtop, info);
}

enum { SHIFT_4K = 12, SHIFT_64K = 16 };

struct err *vtop_find_page_shift(struct vtop *vtop, const struct vmcoreinfo *info)
{
	uint64_t size;
	struct err *e = vmcoreinfo_unsigned(info, "PAGESIZE", &size);

	if (e)
		return e;
	for (unsigned int shift = SHIFT_4K; shift <= SHIFT_64K; shift += 2) {
		if (size == UINT64_C(1) << shift) {
			vtop->page_shift = shift;
			return NULL;
		}
	}
	return err_new(ERR_FORMAT, "VMCOREINFO PAGESIZE has the absurd value %llu",
		       (unsigned long long)size);
}

enum {
	/* From _stext on; images have 30 to 60 MiB. What is mapped behind is other memory. */
	IMAGE_BYTES = 128 << 20,
	IMAGE_ALIGN = 2 << 20,
};

struct err *vtop_find_image(struct vtop *vtop, const struct vmcoreinfo *info,
			    uint64_t *ret_top_vaddr)
{
	uint64_t text;
	struct err *e = vmcoreinfo_symbol(info, "swapper_pg_dir", ret_top_vaddr);

	if (!e)
		e = vmcoreinfo_symbol(info, "_stext", &text);
	if (e)
		return e;
	vtop->image_start = text & ~(uint64_t)(IMAGE_ALIGN - 1);
	vtop->image_end = vtop->image_start + IMAGE_BYTES;
	return NULL;
}

struct err *vtop_entry(const struct vtop *vtop, unsigned int level, uint64_t table, uint64_t index,
		       uint64_t vaddr, uint64_t *ret_entry)
{
	uint8_t bytes[8];
	struct err *e = mem_read(vtop->source, table + index * sizeof(bytes), bytes, sizeof(bytes),
				 MEM_RANDOM);

	if (e)
		return err_wrap(e, "level %u page table at %#llx for virtual address %#llx", level,
				(unsigned long long)table, (unsigned long long)vaddr);
	*ret_entry = load_u64(bytes, vtop->entry_order);
	return NULL;
}

struct err *vtop_hole(uint64_t vaddr, unsigned int shift, uint64_t *ret_run_bytes)
{
	*ret_run_bytes = (UINT64_C(1) << shift) - (vaddr & ((UINT64_C(1) << shift) - 1));
	return err_new(ERR_NODATA, "virtual address %#llx is not mapped",
		       (unsigned long long)vaddr);
}

void vtop_page(uint64_t vaddr, uint64_t page, unsigned int shift, uint64_t *ret_paddr,
	       uint64_t *ret_run_bytes)
{
	uint64_t low = (UINT64_C(1) << shift) - 1;

	*ret_paddr = (page & ~low) + (vaddr & low);
	*ret_run_bytes = low + 1 - (vaddr & low);
}

struct err *vtop_translate(const struct vtop *vtop, uint64_t vaddr, uint64_t *ret_paddr,
			   uint64_t *ret_run_bytes)
{
	return vtop->arch->translate(vtop, vaddr, ret_paddr, ret_run_bytes);
}

enum { WALK_BYTES = 64 << 10 };

struct err *vtop_read(const struct vtop *vtop, uint64_t vaddr, void *buf, size_t len)
{
	uint8_t *out = buf;

	while (len) {
		uint64_t paddr;
		uint64_t run_bytes;
		size_t n;
		struct err *e = vtop_translate(vtop, vaddr, &paddr, &run_bytes);

		if (e)
			return e;
		n = (size_t)MIN(run_bytes, (uint64_t)len);
		/* The kernel's BTF is megabytes: by single pages it was 1,300 reads. */
		e = mem_read(vtop->source, paddr, out, n,
			     n >= WALK_BYTES ? MEM_SEQUENTIAL : MEM_RANDOM);
		if (e)
			return err_wrap(e, "virtual address %#llx", (unsigned long long)vaddr);
		out += n;
		vaddr += n;
		len -= n;
	}
	return NULL;
}
