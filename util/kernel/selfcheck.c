// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/kernel/selfcheck.h"

enum {
	RANGES_TRIED_MAX = 64,
};

/*
 * A mem_section that leads nowhere would keep every page one by one: some of the first ranges of
 * memory must have a struct page.
 */
struct err *selfcheck_sections(const struct kernel *kernel)
{
	const struct memmap *map = &kernel->image->memmap;
	struct err *first = NULL;

	for (size_t i = 0; i < MIN(map->nr, (size_t)RANGES_TRIED_MAX); i++) {
		uint8_t page[PAGE_STRUCT_MAX];
		uint64_t vaddr;
		struct err *e = memsections_mem_map(
			&kernel->sections, map->range[i].paddr >> kernel->page_shift, &vaddr);

		if (!e)
			e = vtop_read(&kernel->vtop, vaddr, page, kernel->rules.page_struct_size);
		if (!e) {
			err_free(first);
			return NULL;
		}
		if (first)
			err_free(e);
		else
			first = e;
	}
	return err_wrap(first, "struct pages cannot be found");
}

/* The struct page of @pfn, copied to @page. */
static struct err *read_struct_page(const struct kernel *kernel, uint64_t pfn, uint8_t *page)
{
	uint64_t vaddr;
	struct err *e = memsections_struct_page(&kernel->sections, pfn, &vaddr);

	if (e)
		return e;
	return vtop_read(&kernel->vtop, vaddr, page, (size_t)kernel->rules.page_struct_size);
}

/*
 * Would a dump leave the page frame out for what its struct page says? Not if that cannot be read.
 */
static struct err *is_left_out(const struct kernel *kernel, uint64_t pfn, bool *ret_left_out)
{
	uint8_t page[PAGE_STRUCT_MAX];
	uint64_t count;
	struct err *e = read_struct_page(kernel, pfn, page);

	*ret_left_out = false;
	if (e && err_code(e) == ERR_NOMEM)
		return e;
	if (e) {
		err_free(e);
		return NULL;
	}

	switch (page_classify(&kernel->rules, page, NULL, pfn, &count)) {
	case PAGE_KERNEL:
	case PAGE_SLAB:
	case PAGE_TYPED:
	case PAGE_UNKNOWN:
		*ret_left_out = page_is_poisoned(&kernel->rules, page);
		return NULL;
	default:
		*ret_left_out = true;
		return NULL;
	}
}

/*
 * Pages in which the kernel's own data has been read just now are in use by the kernel. Rules that
 * say something else of them are wrong about others too: a number in VMCOREINFO is not what it was.
 */
struct err *selfcheck_rules(struct kernel *kernel)
{
	uint64_t vaddrs[] = { kernel->sections.roots_vaddr, 0 };
	uint64_t paddrs[ARRAY_SIZE(vaddrs) + 1] = { kernel->vtop.top_table_paddr };
	struct err *e = layout_init_uts_ns(&kernel->layout, &vaddrs[1]);

	for (size_t i = 0; !e && i < ARRAY_SIZE(vaddrs); i++) {
		uint64_t run_bytes;

		e = vtop_translate(&kernel->vtop, vaddrs[i], &paddrs[i + 1], &run_bytes);
	}
	for (size_t i = 0; !e && i < ARRAY_SIZE(paddrs); i++) {
		bool left_out;

		e = is_left_out(kernel, paddrs[i] >> kernel->page_shift, &left_out);
		if (!e && left_out)
			e = err_new(ERR_FORMAT,
				    "struct pages are not what VMCOREINFO says: the kernel's own "
				    "page frame %#llx would be left out",
				    (unsigned long long)(paddrs[i] >> kernel->page_shift));
	}
	return e;
}
