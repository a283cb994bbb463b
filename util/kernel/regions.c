// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/kernel/regions.h"

#include "util/base/checked.h"

enum {
	CPUS_MAX = 8192, /* NR_CPUS with MAXSMP */
	PERCPU_UNIT_MAX = 16 << 20,
};

void regions_release(struct regions *regions)
{
	free(regions->region);
	*regions = REGIONS_INIT;
}

struct err *regions_add(struct regions *regions, const struct kernel *kernel, uint64_t paddr,
			uint64_t bytes, enum region_kind kind)
{
	struct region *last = regions->nr ? &regions->region[regions->nr - 1] : NULL;
	uint64_t first = paddr >> kernel->page_shift;
	uint64_t end = div_round_up_u64(paddr + bytes, kernel->page_size);

	if (last && last->kind == kind && last->end == first) {
		last->end = end;
		return NULL;
	}
	if (!regions->region || regions->nr == regions->capacity) {
		size_t capacity = MAX(regions->capacity * 2, (size_t)64);
		struct region *grown = reallocarray(regions->region, capacity, sizeof(*grown));

		if (!grown)
			return err_nomem();
		regions->region = grown;
		regions->capacity = capacity;
	}
	regions->region[regions->nr++] =
		(struct region){ .first = first, .end = end, .kind = kind };
	return NULL;
}

/* All of [vaddr, end) that is mapped. */
static struct err *add_mapped(struct regions *regions, const struct kernel *kernel, uint64_t vaddr,
			      uint64_t end, enum region_kind kind)
{
	while (vaddr < end && regions->nr < REGIONS_MAX) {
		uint64_t run_bytes = kernel->page_size;
		uint64_t paddr;
		struct err *e = vtop_translate(&kernel->vtop, vaddr, &paddr, &run_bytes);

		if (!e) {
			run_bytes = MIN(run_bytes, end - vaddr);
			e = regions_add(regions, kernel, paddr, run_bytes, kind);
			if (e)
				return e;
		} else if (err_code(e) == ERR_NOMEM) {
			return e;
		}
		err_free(e);
		if (!add_u64(vaddr, run_bytes, &vaddr))
			break;
	}
	return NULL;
}

/* Whose regions are being found. */
struct finding {
	struct regions *regions;
	const struct kernel *kernel;
};

static struct err *add_struct_pages(void *ctx, uint64_t mem_map, uint64_t bytes)
{
	const struct finding *finding = ctx;

	return add_mapped(finding->regions, finding->kernel, mem_map, mem_map + bytes,
			  REGION_VMEMMAP);
}

/* The struct pages of each section that holds memory. */
static struct err *add_vmemmap(struct regions *regions, const struct kernel *kernel)
{
	struct finding finding = { .regions = regions, .kernel = kernel };

	return memsections_each(&kernel->sections, &kernel->image->memmap, kernel->page_size,
				add_struct_pages, &finding);
}

/* A symbol's variable of @bytes, 4 or 8; 0 when there is none. */
static struct err *read_variable(const struct kernel *kernel, enum layout_symbol symbol,
				 uint64_t index, size_t bytes, uint64_t *ret_value)
{
	uint64_t vaddr = kernel->layout.symbol[symbol];
	uint8_t value[8] = { 0 };
	struct err *e;

	*ret_value = 0;
	if (!vaddr)
		return NULL;
	e = vtop_read(&kernel->vtop, vaddr + index * bytes, value, bytes);
	if (e && err_code(e) == ERR_NOMEM)
		return e;
	if (!e)
		*ret_value = bytes == 4 ? load_u32(value, kernel->vtop.order)
					: load_u64(value, kernel->vtop.order);
	err_free(e);
	return NULL;
}

/*
 * The first chunk of per-CPU memory: static variables, those of modules, and the first dynamic ones
 * (mm/percpu.c). A CPU's unit begins at __per_cpu_start + __per_cpu_offset[cpu]; the first is 0
 * where per-CPU symbols are absolute (x86 up to 6.14). Later chunks are ordinary kernel memory.
 */
static struct err *add_percpu(struct regions *regions, const struct kernel *kernel)
{
	const uint64_t *symbol = kernel->layout.symbol;
	uint64_t start = symbol[SYMBOL_PER_CPU_START];
	uint64_t unit;
	uint64_t cpus_nr;
	struct err *e = read_variable(kernel, SYMBOL_PCPU_UNIT_SIZE, 0, 4, &unit);

	if (!e)
		e = read_variable(kernel, SYMBOL_NR_CPU_IDS, 0, 4, &cpus_nr);
	if (e || !symbol[SYMBOL_PER_CPU_OFFSET])
		return e;
	if (!unit && symbol[SYMBOL_PER_CPU_END] > start)
		unit = symbol[SYMBOL_PER_CPU_END] - start;
	if (!cpus_nr)
		cpus_nr = kernel->image->cpus_nr;
	if (unit > PERCPU_UNIT_MAX || cpus_nr > CPUS_MAX)
		return NULL;

	for (uint64_t cpu = 0; cpu < cpus_nr; cpu++) {
		uint64_t offset;
		uint64_t end;

		e = read_variable(kernel, SYMBOL_PER_CPU_OFFSET, cpu, 8, &offset);
		if (!e && offset && add_u64(start + offset, unit, &end))
			e = add_mapped(regions, kernel, start + offset, end, REGION_PERCPU);
		if (e)
			return e;
	}
	return NULL;
}

static int compare(const void *a, const void *b)
{
	const struct region *left = a;
	const struct region *right = b;

	if (left->first != right->first)
		return left->first < right->first ? -1 : 1;
	return (int)left->kind - (int)right->kind;
}

/* Sorted, and cut so that they are disjoint: of two on one page frame the first one has it. */
void regions_tidy(struct regions *regions)
{
	size_t nr = 0;

	if (!regions->nr)
		return;
	qsort(regions->region, regions->nr, sizeof(*regions->region), compare);
	for (size_t i = 1; i < regions->nr; i++) {
		struct region *last = &regions->region[nr];
		struct region next = regions->region[i];

		next.first = MAX(next.first, last->end);
		if (next.first >= next.end)
			continue;
		if (last->kind == next.kind && last->end == next.first)
			last->end = next.end;
		else
			regions->region[++nr] = next;
	}
	regions->nr = nr + 1;
}

struct err *regions_find(struct regions *regions, const struct kernel *kernel)
{
	const struct vtop *vtop = &kernel->vtop;
	struct err *e;

	e = add_mapped(regions, kernel, vtop->image_start, vtop->image_end, REGION_IMAGE);
	if (!e)
		e = add_percpu(regions, kernel);
	if (!e)
		e = add_vmemmap(regions, kernel);
	if (e)
		return e;
	regions_tidy(regions);
	return NULL;
}

const struct region *regions_at(const struct regions *regions, uint64_t pfn)
{
	size_t low = 0;
	size_t high = regions->nr;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (regions->region[middle].end <= pfn)
			low = middle + 1;
		else
			high = middle;
	}
	return low < regions->nr ? &regions->region[low] : NULL;
}
