// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/kernel/keypages.h"

#include "util/base/checked.h"
#include "util/kernel/printk.h"

enum {
	POINTER_BYTES = 8,
	NODES_MAX = 1024, /* MAX_NUMNODES: NODES_SHIFT is at most 10 */

	/* No page table of the last level maps less (s390x: 1 MiB), but where pages are larger. */
	TABLE_BYTES_MIN = 1 << 20,

	/* In one piece: the roots of mem_section take 2 MiB on x86_64 with 5 levels. */
	PIECE_BYTES_MAX = 16 << 20,

	RECENT_NR = 256,
};

/* The memory of the image, which remembers where it is read. */
struct watch {
	struct mem_source source;
	struct mem_source *inner;
	struct regions *keys;
	const struct kernel *kernel;
	bool full;
	struct err *failure;
	uint64_t recent[RECENT_NR]; /* page frames that are known already, plus 1 */
};

static void remember(struct watch *watch, uint64_t pfn)
{
	uint64_t *recent = &watch->recent[pfn % RECENT_NR];

	if (*recent == pfn + 1 || watch->full || watch->failure)
		return;
	*recent = pfn + 1;
	if (watch->keys->nr == REGIONS_MAX) {
		regions_tidy(watch->keys);
		watch->full = watch->keys->nr > REGIONS_MAX / 2;
	}
	if (!watch->full)
		watch->failure = regions_add(watch->keys, watch->kernel,
					     pfn << watch->kernel->page_shift, 1, REGION_KEYS);
}

static void remember_bytes(struct watch *watch, uint64_t paddr, uint64_t len)
{
	unsigned int shift = watch->kernel->page_shift;

	for (uint64_t pfn = paddr >> shift; pfn <= (paddr + len - 1) >> shift; pfn++)
		remember(watch, pfn);
}

static struct err *watch_view(struct mem_source *source, uint64_t paddr, size_t len_max,
			      enum mem_access access, struct mem_view *ret_view)
{
	struct watch *watch = (struct watch *)source;
	struct err *e = mem_view(watch->inner, paddr, len_max, access, ret_view);

	if (!e)
		remember_bytes(watch, paddr, ret_view->len);
	return e;
}

static const struct mem_source_ops watch_ops = { .view = watch_view };

/* What is not there is not needed. */
static struct err *forgive(struct err *e)
{
	if (e && err_code(e) == ERR_NOMEM)
		return e;
	err_free(e);
	return NULL;
}

/* The page tables that lead to [vaddr, end). */
static struct err *look_at_tables(const struct vtop *vtop, uint64_t vaddr, uint64_t end)
{
	while (vaddr < end) {
		uint64_t step = vaddr & (TABLE_BYTES_MIN - 1);
		uint64_t run_bytes = 0;
		uint64_t paddr;
		struct err *e = forgive(vtop_translate(vtop, vaddr, &paddr, &run_bytes));

		if (e)
			return e;
		if (!add_u64(vaddr, MAX(run_bytes, TABLE_BYTES_MIN - step), &vaddr))
			break;
	}
	return NULL;
}

/* All of [vaddr, vaddr + bytes), which need not be read for that. */
static struct err *look_at(const struct vtop *vtop, uint64_t vaddr, uint64_t bytes)
{
	struct watch *watch = (struct watch *)vtop->source;
	uint64_t page_size = watch->kernel->page_size;
	uint64_t left = MIN(bytes, (uint64_t)PIECE_BYTES_MAX);

	while (left) {
		uint64_t n = MIN(page_size - vaddr % page_size, left);
		uint64_t run_bytes = 0;
		uint64_t paddr;
		struct err *e = vtop_translate(vtop, vaddr, &paddr, &run_bytes);

		if (!e) {
			n = MIN(MAX(n, run_bytes), left);
			remember_bytes(watch, paddr, n);
		}
		e = forgive(e);
		if (e)
			return e;
		vaddr += n;
		left -= n;
	}
	return NULL;
}

static struct err *look_at_log(const struct kernel *kernel, const struct vtop *vtop)
{
	struct printk_place place[PRINTK_PLACES_NR];
	struct err *e = printk_places(vtop, kernel->info, place);

	if (e)
		return forgive(e);
	for (size_t i = 0; !e && i < PRINTK_PLACES_NR; i++)
		e = look_at(vtop, place[i].vaddr, place[i].bytes);
	return e;
}

/* By what it holds the page tables are tried. */
static struct err *look_at_names(const struct kernel *kernel, const struct vtop *vtop)
{
	uint64_t vaddr = 0;
	struct err *e = vmcoreinfo_symbol(kernel->info, "init_uts_ns", &vaddr);

	return e ? forgive(e) : look_at(vtop, vaddr, UTS_BYTES);
}

static struct err *look_at_struct_pages(void *ctx, uint64_t mem_map, uint64_t bytes)
{
	return look_at_tables(ctx, mem_map, mem_map + bytes);
}

/* All sections with memory, and what leads to their struct pages. */
static struct err *look_at_sections(const struct kernel *kernel, const struct memsections *sections,
				    struct vtop *vtop)
{
	struct err *e = memsections_each(sections, &kernel->image->memmap, kernel->page_size,
					 look_at_struct_pages, vtop);

	return e ? e : look_at(vtop, sections->roots_vaddr, sections->roots_nr * POINTER_BYTES);
}

/* Where the pointers to the nodes are, and how many; 0: there are none, as without NUMA. */
static struct err *find_nodes(const struct kernel *kernel, const struct vtop *vtop,
			      uint64_t *ret_vaddr, uint64_t *ret_nr)
{
	const uint64_t *symbol = kernel->layout.symbol;
	uint8_t bytes[4] = { 0 };
	struct err *e = vmcoreinfo_symbol(kernel->info, "node_data", ret_vaddr);

	*ret_nr = 0;
	if (!e)
		return vmcoreinfo_unsigned(kernel->info, "LENGTH(node_data)", ret_nr);
	if (!symbol[SYMBOL_NODE_DATA] || !symbol[SYMBOL_NR_NODE_IDS])
		return e;
	err_free(e);
	e = vtop_read(vtop, symbol[SYMBOL_NR_NODE_IDS], bytes, sizeof(bytes));
	*ret_vaddr = symbol[SYMBOL_NODE_DATA];
	*ret_nr = load_u32(bytes, vtop->order);
	return e;
}

static struct err *look_at_nodes(const struct kernel *kernel, const struct vtop *vtop)
{
	uint64_t vaddr = 0;
	uint64_t nodes_nr = 0;
	uint64_t bytes = 0;
	struct err *e = vmcoreinfo_unsigned(kernel->info, "SIZE(pglist_data)", &bytes);

	if (!e)
		e = find_nodes(kernel, vtop, &vaddr, &nodes_nr);
	for (uint64_t i = 0; !e && i < MIN(nodes_nr, (uint64_t)NODES_MAX); i++) {
		uint8_t pointer[POINTER_BYTES];
		uint64_t node;

		e = vtop_read(vtop, vaddr + i * POINTER_BYTES, pointer, sizeof(pointer));
		if (e)
			break;
		node = load_u64(pointer, vtop->order);
		if (node)
			e = look_at(vtop, node, bytes);
	}
	return forgive(e);
}

struct err *keypages_find(struct regions *keys, const struct kernel *kernel)
{
	struct watch watch = {
		.source.ops = &watch_ops,
		.inner = kernel->vtop.source,
		.keys = keys,
		.kernel = kernel,
	};
	struct vtop vtop = kernel->vtop;
	struct memsections sections = kernel->sections;
	struct err *e;

	vtop.source = &watch.source;
	sections.vtop = &vtop;
	e = look_at_names(kernel, &vtop);
	if (!e)
		e = look_at_log(kernel, &vtop);
	if (!e)
		e = look_at_tables(&vtop, vtop.image_start, vtop.image_end);
	if (!e)
		e = look_at_nodes(kernel, &vtop);
	if (!e)
		e = look_at_sections(kernel, &sections, &vtop);
	if (!e)
		e = take_ptr(watch.failure);
	err_free(watch.failure);
	if (!e)
		regions_tidy(keys);
	return e;
}
