// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tool/mkvmcore/kernel.h"
#include "tests/tool/mkvmcore/preset.h"
#include "util/base/cleanup.h"
#include "util/base/str.h"

#define START_KERNEL_MAP 0xffffffff80000000ull /* x86_64 */

enum {
	STRUCT_PAGE = 64,
	MEM_SECTION_BYTES = 32,
	SECTIONS_PER_ROOT = PAGE_BYTES / MEM_SECTION_BYTES,
	SECTION_DEFAULT_LOW = 0xf, /* present, has mem_map, online, early */
};

/* Where things stand in the kernel's image. */
enum image_place {
	PLACE_STEXT = 0,
	PLACE_UTS = 0x10000,
	PLACE_NODE_ONLINE = 0x11000,
	PLACE_NODE_DATA = 0x12000,
	PLACE_PRB = 0x14000,
	PLACE_PGD = 0x16000, /* up to four pages */
	PLACE_UNUSED = 0x1a000,
	IMAGE_BYTES = 0x20000,
	IMAGE_MAPPED_BYTES = 0x200000,
};

/* Offsets in struct page, the same in 6.1 and 6.12 (OFFSET(page.*) of VMCOREINFO). */
enum page_member {
	PAGE_FLAGS = 0,
	PAGE_COMPOUND_HEAD = 8,
	PAGE_COMPOUND_DTOR = 16,
	PAGE_COMPOUND_ORDER = 17,
	PAGE_MAPPING = 24,
	PAGE_PRIVATE = 40,
	PAGE_MAPCOUNT = 48,
	PAGE_REFCOUNT = 52,
};

/* Destructors of compound pages, enum compound_dtor_id of 6.1. */
enum dtor { DTOR_COMPOUND = 1, DTOR_HUGETLB = 2, DTOR_TRANSHUGE = 3 };

enum page_shape { SHAPE_SINGLE, SHAPE_BUDDY, SHAPE_COMPOUND };

struct page_class {
	const char *name;
	enum truth truth;
	const char *flags;     /* names of page flags */
	unsigned int mapping;  /* 0: NULL; 8: a pointer; 8 + n: with its low bits n */
	enum page_type type;   /* where the kernel has this type */
	enum page_shape shape; /* with order > 0 */
	enum dtor dtor;
	int32_t mapcount; /* where there is no type */
	int32_t refcount;
	bool zeros; /* the struct page was never written */
};

static const struct page_class class_table[] = {
	{ .name = "kernel",
	  .truth = TRUTH_KERNEL,
	  .flags = "reserved",
	  .mapcount = -1,
	  .refcount = 1,
	  .shape = SHAPE_COMPOUND,
	  .dtor = DTOR_COMPOUND },
	{ .name = "none", .truth = TRUTH_KERNEL, .flags = "", .zeros = true },
	{ .name = "table",
	  .truth = TRUTH_KERNEL,
	  .flags = "",
	  .type = TYPE_TABLE,
	  .mapcount = -1,
	  .refcount = 1 },
	{ .name = "slab",
	  .truth = TRUTH_KERNEL,
	  .flags = "slab",
	  .mapping = 8,
	  .type = TYPE_SLAB,
	  .mapcount = -1,
	  .refcount = 1,
	  .shape = SHAPE_COMPOUND,
	  .dtor = DTOR_COMPOUND },
	{ .name = "free",
	  .truth = TRUTH_FREE,
	  .flags = "",
	  .type = TYPE_BUDDY,
	  .shape = SHAPE_BUDDY },
	/* On a per-cpu list: the buddy allocator does not know it as free. */
	{ .name = "pcp", .truth = TRUTH_KERNEL, .flags = "", .mapcount = -1 },
	{ .name = "cache",
	  .truth = TRUTH_CACHE,
	  .flags = "lru uptodate",
	  .mapping = 8,
	  .mapcount = -1,
	  .refcount = 2,
	  .shape = SHAPE_COMPOUND,
	  .dtor = DTOR_TRANSHUGE },
	{ .name = "cache-private",
	  .truth = TRUTH_CACHE_PRIVATE,
	  .flags = "lru uptodate private",
	  .mapping = 8,
	  .mapcount = -1,
	  .refcount = 3,
	  .shape = SHAPE_COMPOUND,
	  .dtor = DTOR_TRANSHUGE },
	{ .name = "shmem",
	  .truth = TRUTH_CACHE,
	  .flags = "lru uptodate swapbacked",
	  .mapping = 8,
	  .mapcount = -1,
	  .refcount = 2,
	  .shape = SHAPE_COMPOUND,
	  .dtor = DTOR_TRANSHUGE },
	/* Taken off the lists by reclaim: only swapcache && swapbacked tell. */
	{ .name = "swapcache",
	  .truth = TRUTH_CACHE,
	  .flags = "uptodate swapbacked swapcache",
	  .mapping = 8,
	  .mapcount = -1,
	  .refcount = 2 },
	{ .name = "anon",
	  .truth = TRUTH_USER,
	  .flags = "lru uptodate swapbacked",
	  .mapping = 8 | 1,
	  .refcount = 1,
	  .shape = SHAPE_COMPOUND,
	  .dtor = DTOR_TRANSHUGE },
	{ .name = "anon-isolated",
	  .truth = TRUTH_USER,
	  .flags = "uptodate swapbacked",
	  .mapping = 8 | 1,
	  .refcount = 1 },
	{ .name = "anon-swapcache",
	  .truth = TRUTH_USER,
	  .flags = "lru uptodate swapbacked swapcache",
	  .mapping = 8 | 1,
	  .refcount = 2 },
	{ .name = "ksm",
	  .truth = TRUTH_USER,
	  .flags = "lru uptodate",
	  .mapping = 8 | 3,
	  .refcount = 2 },
	/* Movable by its owner (a driver's, zsmalloc's, a balloon's page): the kernel's data. */
	{ .name = "movable",
	  .truth = TRUTH_KERNEL,
	  .flags = "private",
	  .mapping = 8 | 2,
	  .mapcount = -1,
	  .refcount = 1 },
	{ .name = "hugetlb",
	  .truth = TRUTH_USER,
	  .flags = "uptodate",
	  .mapping = 8,
	  .type = TYPE_HUGETLB,
	  .refcount = 1,
	  .shape = SHAPE_COMPOUND,
	  .dtor = DTOR_HUGETLB },
	{ .name = "offline",
	  .truth = TRUTH_NEVER,
	  .flags = "",
	  .type = TYPE_OFFLINE,
	  .mapcount = -1,
	  .refcount = 1 },
	{ .name = "guard", .truth = TRUTH_KERNEL, .flags = "", .type = TYPE_GUARD, .mapcount = -1 },
	{ .name = "zsmalloc",
	  .truth = TRUTH_KERNEL,
	  .flags = "private",
	  .type = TYPE_ZSMALLOC,
	  .mapcount = -1,
	  .refcount = 1 },
	/* As single pages: only blocks of the highest order are free. */
	{ .name = "unaccepted",
	  .truth = TRUTH_KERNEL,
	  .flags = "",
	  .type = TYPE_UNACCEPTED,
	  .mapcount = -1 },
};

const struct page_class *page_class_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(class_table); i++)
		if (strcmp(class_table[i].name, name) == 0)
			return &class_table[i];
	return NULL;
}

bool truth_kept(enum truth truth, unsigned int level)
{
	switch (truth) {
	case TRUTH_KERNEL:
		return true;
	case TRUTH_FREE:
		return !(level & 16);
	case TRUTH_CACHE:
		return !(level & (2 | 4));
	case TRUTH_CACHE_PRIVATE:
		return !(level & 4);
	case TRUTH_USER:
		return !(level & 8);
	case TRUTH_NEVER:
		return false;
	}
	return true;
}

static bool is_poisoned(const struct spec *spec, uint64_t pfn)
{
	for (size_t i = 0; i < spec->flags.nr; i++) {
		const struct flag_rule *flag = &spec->flags.at[i];

		if (pfn - flag->first < flag->count && strcmp(flag->name, "hwpoison") == 0)
			return true;
	}
	return false;
}

enum truth kernel_truth(const struct spec *spec, uint64_t pfn)
{
	if (is_poisoned(spec, pfn))
		return TRUTH_NEVER;
	for (size_t i = spec->pages.nr; i-- > 0;) {
		const struct page_rule *rule = &spec->pages.at[i];

		if (pfn - rule->first >= rule->count)
			continue;
		/* The flag of a hugetlb head may mean any of its pages (mm/memory-failure.c). */
		if (rule->class->dtor == DTOR_HUGETLB &&
		    is_poisoned(spec, pfn & -1ull << rule->order))
			return TRUTH_NEVER;
		return rule->class->truth;
	}
	return TRUTH_KERNEL;
}

/*
 * A piece of memory for the kernel itself: the next one above the last that lies in one segment.
 */
static uint64_t take_memory(struct kernel *kernel, uint64_t bytes, uint64_t align)
{
	uint64_t paddr = kernel->next_paddr;

	for (;;) {
		uint64_t next = UINT64_MAX;
		bool fits = false;

		paddr = (paddr + align - 1) & ~(align - 1);
		for (size_t i = 0; i < kernel->spec->loads.nr && !fits; i++) {
			const struct load *load = &kernel->spec->loads.at[i];

			if (load->is_text)
				continue;
			fits = paddr >= load->paddr && paddr + bytes <= load->paddr + load->memsz;
			if (load->paddr > paddr && load->paddr < next)
				next = load->paddr;
		}
		if (fits)
			break;
		if (next == UINT64_MAX)
			die("no room for the kernel: %" PRIu64 " bytes from 0x%" PRIx64 " up",
			    bytes, kernel->next_paddr);
		paddr = next;
	}
	kernel->next_paddr = paddr + bytes;
	if (kernel->own.nr) {
		struct range *last = &kernel->own.at[kernel->own.nr - 1];

		if (last->first + last->count == paddr / PAGE_BYTES) {
			last->count += bytes / PAGE_BYTES;
			return paddr;
		}
	}
	*list_add(&kernel->own) = (struct range){ paddr / PAGE_BYTES, bytes / PAGE_BYTES };
	return paddr;
}

/* @paddr: 0: anywhere. */
static struct table *new_table(struct kernel *kernel, unsigned int level, uint64_t paddr)
{
	const struct machine *machine = kernel->spec->machine;
	struct table *table = must_alloc(sizeof(*table));
	uint64_t bytes;

	table->level = level;
	table->entries_nr = 1u << machine->level[level - 1].bits;
	table->entry = must_alloc(table->entries_nr * sizeof(*table->entry));
	table->child = must_alloc(table->entries_nr * sizeof(struct table *));
	for (unsigned int i = 0; machine->empty_entry && i < table->entries_nr; i++)
		table->entry[i] = machine->empty_entry(level);
	bytes = MAX((uint64_t)table->entries_nr * 8, (uint64_t)PAGE_BYTES);
	table->paddr = paddr ? paddr : take_memory(kernel, bytes, PAGE_BYTES);
	return table;
}

static unsigned int entry_index(const struct kernel *kernel, uint64_t vaddr, unsigned int level)
{
	const struct table_level *at = &kernel->spec->machine->level[level - 1];

	return vaddr >> at->shift & ((1u << at->bits) - 1);
}

static uint64_t leaf_bytes(const struct kernel *kernel, unsigned int level)
{
	return 1ull << kernel->spec->machine->level[level - 1].shift;
}

/* One leaf at @level: 1 is 4 KiB, 2 is 1 or 2 MiB, 3 is 1 or 2 GiB. */
static void map_leaf(struct kernel *kernel, uint64_t vaddr, uint64_t paddr, unsigned int level)
{
	const struct machine *machine = kernel->spec->machine;
	struct table *table = kernel->pgd;

	for (unsigned int at = kernel->spec->levels; at > level; at--) {
		unsigned int i = entry_index(kernel, vaddr, at);

		if (!table->child[i]) {
			table->child[i] = new_table(kernel, at - 1, 0);
			table->entry[i] = machine->table_entry(table->child[i]->paddr, at);
		}
		table = table->child[i];
	}
	table->entry[entry_index(kernel, vaddr, level)] = machine->leaf_entry(paddr, level);
}

/* With the largest pages that fit, up to those of @level_max. */
static void map_range(struct kernel *kernel, uint64_t vaddr, uint64_t paddr, uint64_t bytes,
		      unsigned int level_max)
{
	while (bytes) {
		unsigned int level = level_max;
		uint64_t size;

		for (;; level--) {
			size = leaf_bytes(kernel, level);
			if (level == 1 || (!((vaddr | paddr) & (size - 1)) && bytes >= size))
				break;
		}
		map_leaf(kernel, vaddr, paddr, level);
		vaddr += size;
		paddr += size;
		bytes -= MIN(size, bytes);
	}
}

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t section_pages(const struct kernel *kernel)
{
	return 1ull << (kernel->spec->machine->section_bits - 12);
}

static uint64_t section_structs_bytes(const struct kernel *kernel)
{
	return section_pages(kernel) * STRUCT_PAGE;
}

static void find_sections(struct kernel *kernel)
{
	unsigned int section_bits = kernel->spec->machine->section_bits;
	LIST(uint64_t) found = { .nr = 0 };

	for (size_t i = 0; i < kernel->spec->loads.nr; i++) {
		const struct load *load = &kernel->spec->loads.at[i];

		if (load->is_text || !load->memsz)
			continue;
		for (uint64_t nr = load->paddr >> section_bits;
		     nr <= (load->paddr + load->memsz - 1) >> section_bits; nr++)
			if (!found.nr || found.at[found.nr - 1] != nr)
				*list_add(&found) = nr;
	}
	if (found.nr)
		qsort(found.at, found.nr, sizeof(*found.at), compare_u64);
	kernel->section = must_alloc((found.nr + 1) * sizeof(*kernel->section));
	for (size_t i = 0; i < found.nr; i++)
		if (!i || found.at[i] != found.at[i - 1])
			kernel->section[kernel->sections_nr++].nr = found.at[i];
	free(found.at);
}

/* The section whose struct pages this one has too; NULL: its own. */
static const struct kernel_section *repeated(const struct kernel *kernel,
					     const struct kernel_section *section)
{
	const struct spec *spec = kernel->spec;
	uint64_t pfns = section_pages(kernel);
	uint64_t first = (spec->repeat_first + pfns - 1) / pfns;
	uint64_t end = (spec->repeat_first + spec->repeat_count) / pfns;

	if (section == kernel->section || section->nr <= first || section->nr >= end ||
	    section[-1].nr < first)
		return NULL;
	return section - 1;
}

static void place_struct_pages(struct kernel *kernel, struct kernel_section *section)
{
	uint64_t bytes = section_structs_bytes(kernel);
	uint64_t vaddr = kernel->vmemmap_base + section->nr * bytes;
	uint64_t pages_nr = bytes / PAGE_BYTES;
	const uint64_t huge = leaf_bytes(kernel, 3), shared_by = huge / bytes;

	switch (kernel->spec->vmemmap) {
	case VMEMMAP_1G:
		if (section > kernel->section &&
		    section[-1].nr / shared_by == section->nr / shared_by)
			section->pages_paddr =
				section[-1].pages_paddr - section[-1].nr % shared_by * bytes;
		else
			section->pages_paddr = take_memory(kernel, huge, huge);
		map_leaf(kernel, vaddr & ~(huge - 1), section->pages_paddr, 3);
		section->pages_paddr += section->nr % shared_by * bytes;
		break;
	case VMEMMAP_2M:
		if (repeated(kernel, section))
			section->pages_paddr = repeated(kernel, section)->pages_paddr;
		else
			section->pages_paddr = take_memory(kernel, bytes, bytes);
		map_range(kernel, vaddr, section->pages_paddr, bytes, 2);
		break;
	case VMEMMAP_4K:
		section->pages_paddr = take_memory(kernel, bytes, PAGE_BYTES);
		map_range(kernel, vaddr, section->pages_paddr, bytes, 1);
		break;
	case VMEMMAP_SCATTERED:
		section->scattered = must_alloc(pages_nr * sizeof(*section->scattered));
		for (uint64_t i = pages_nr; i-- > 0;)
			section->scattered[i] = take_memory(kernel, PAGE_BYTES, PAGE_BYTES);
		for (uint64_t i = 0; i < pages_nr; i++)
			map_leaf(kernel, vaddr + i * PAGE_BYTES, section->scattered[i], 1);
		break;
	}
}

/* Which of a machine's two sets of numbers is this kernel's? */
static unsigned int variant(const struct kernel *kernel)
{
	return kernel->spec->levels > kernel->spec->machine->levels_min;
}

static unsigned int physmem_bits(const struct kernel *kernel)
{
	return kernel->spec->machine->physmem_bits[variant(kernel)];
}

static void place_sections(struct kernel *kernel)
{
	uint64_t root_paddr = 0, root_nr = UINT64_MAX;

	kernel->roots_nr = (1ull << (physmem_bits(kernel) - kernel->spec->machine->section_bits)) /
			   SECTIONS_PER_ROOT;
	kernel->roots_paddr = take_memory(kernel, kernel->roots_nr * 8, PAGE_BYTES);
	find_sections(kernel);
	for (size_t i = 0; i < kernel->sections_nr; i++) {
		struct kernel_section *section = &kernel->section[i];

		if (section->nr / SECTIONS_PER_ROOT != root_nr) {
			root_nr = section->nr / SECTIONS_PER_ROOT;
			if (root_nr >= kernel->roots_nr)
				die("memory above what %u levels can hold", kernel->spec->levels);
			root_paddr = take_memory(kernel, PAGE_BYTES, PAGE_BYTES);
		}
		section->entry_paddr =
			root_paddr + section->nr % SECTIONS_PER_ROOT * MEM_SECTION_BYTES;
		place_struct_pages(kernel, section);
	}
}

static void place_loads(struct kernel *kernel)
{
	struct spec *spec = kernel->spec;

	for (size_t i = 0; i < spec->loads.nr; i++) {
		struct load *load = &spec->loads.at[i];

		if (load->is_text) {
			load->paddr = spec->kernel_paddr;
			load->memsz = load->filesz = IMAGE_BYTES;
			load->vaddr = (struct field){ true, spec->kernel_vaddr };
		} else if (!load->vaddr.given) {
			load->vaddr = (struct field){ true, kernel->page_offset + load->paddr };
		}
	}
}

static void check_rules(const struct kernel *kernel)
{
	for (size_t i = 0; i < kernel->spec->pages.nr; i++) {
		const struct page_rule *rule = &kernel->spec->pages.at[i];

		for (size_t j = 0; j < kernel->own.nr; j++) {
			const struct range *own = &kernel->own.at[j];

			if (rule->first < own->first + own->count &&
			    own->first < rule->first + rule->count)
				die("line %u: the kernel itself lives in pages 0x%" PRIx64
				    "+0x%" PRIx64,
				    rule->line, own->first, own->count);
		}
	}
}

void kernel_plan(struct kernel *kernel, struct spec *spec)
{
	const struct machine *machine = spec->machine;

	*kernel = (struct kernel){ .spec = spec };
	kernel->page_offset = machine->page_offset[variant(kernel)];
	kernel->vmemmap_base = machine->vmemmap_base[variant(kernel)];
	if (spec->page_offset.given)
		kernel->page_offset = spec->page_offset.value;
	if (spec->vmemmap_base.given)
		kernel->vmemmap_base = spec->vmemmap_base.value;

	place_loads(kernel);
	kernel->next_paddr = spec->kernel_paddr;
	if (take_memory(kernel, IMAGE_MAPPED_BYTES, IMAGE_MAPPED_BYTES) != spec->kernel_paddr)
		die("the kernel's image has no memory at 0x%" PRIx64, spec->kernel_paddr);
	kernel->pgd = new_table(kernel, spec->levels, spec->kernel_paddr + PLACE_PGD);
	place_sections(kernel);
	map_range(kernel, spec->kernel_vaddr, spec->kernel_paddr, IMAGE_MAPPED_BYTES, 2);
	for (size_t i = 0; i < spec->loads.nr; i++) {
		const struct load *load = &spec->loads.at[i];
		uint64_t start = load->paddr & ~(uint64_t)(PAGE_BYTES - 1);

		if (!load->is_text)
			map_range(kernel, kernel->page_offset + start, start,
				  load->paddr + load->memsz - start, 3);
	}
	check_rules(kernel);
}

static void free_table(struct table *table)
{
	if (!table)
		return;
	for (unsigned int i = 0; i < table->entries_nr; i++)
		free_table(table->child[i]);
	free(table->entry);
	free(table->child);
	free(table);
}

void kernel_release(struct kernel *kernel)
{
	free_table(kernel->pgd);
	for (size_t i = 0; i < kernel->sections_nr; i++)
		free(kernel->section[i].scattered);
	free(kernel->section);
	free(kernel->own.at);
}

static bool info_word(const struct kernel *kernel, const char *name, struct str *out)
{
	uint64_t image = kernel->spec->kernel_vaddr, paddr = kernel->spec->kernel_paddr;
	unsigned int va_bits = kernel->spec->levels == 5 ? 52 : 48; /* aarch64 */
	const struct {
		const char *name;
		uint64_t value;
	} hexadecimals[] = {
		{ "stext", image + PLACE_STEXT },
		{ "uts", image + PLACE_UTS },
		{ "node_online_map", image + PLACE_NODE_ONLINE },
		{ "node_data", image + PLACE_NODE_DATA },
		{ "prb", image + PLACE_PRB },
		{ "pgd", image + PLACE_PGD },
		{ "unused", image + PLACE_UNUSED },
		{ "roots", kernel->page_offset + kernel->roots_paddr },
		{ "vmemmap", kernel->vmemmap_base },
		{ "kerneloffset", image - kernel->spec->machine->kernel_vaddr },
		{ "page_offset", kernel->page_offset },
		{ "kernel_vaddr", image },
		{ "kernel_paddr", paddr },
	};
	const struct {
		const char *name;
		int64_t value;
	} numbers[] = {
		{ "roots_nr", (int64_t)kernel->roots_nr },
		{ "section_bits", kernel->spec->machine->section_bits },
		{ "physmem_bits", physmem_bits(kernel) },
		{ "phys_base", (int64_t)(paddr - (image - START_KERNEL_MAP)) },
		{ "l5", kernel->spec->levels == 5 },
		{ "va_bits", va_bits },
		{ "t1sz", 64 - va_bits },
		{ "kimage_voffset", (int64_t)(image - paddr) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(hexadecimals); i++) {
		if (strcmp(hexadecimals[i].name, name) == 0) {
			str_printf(out, "%" PRIx64, hexadecimals[i].value);
			return true;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (strcmp(numbers[i].name, name) == 0) {
			str_printf(out, "%" PRId64, numbers[i].value);
			return true;
		}
	}
	if (strcmp(name, "release") == 0) {
		str_add(out, kernel->spec->preset->osrelease);
		str_add(out, kernel->spec->machine->flavour);
		return true;
	}
	if (strcmp(name, "vmalloc") == 0) {
		str_printf(out, "0x%" PRIx64,
			   (uint64_t)(kernel->spec->levels == 5 ? 0xffa0000000000000
								: 0xffffc90000000000));
		return true;
	}
	return false;
}

/* The last rule for the key of @line, NULL if it stands as it is. */
static const struct info_rule *info_rule_for(const struct spec *spec, const char *line)
{
	size_t key_len = strcspn(line, "=");

	for (size_t i = spec->infos.nr; i-- > 0;) {
		const struct info_rule *rule = &spec->infos.at[i];

		if (rule->kind != INFO_TEXT && strlen(rule->key) == key_len &&
		    strncmp(rule->key, line, key_len) == 0)
			return rule;
	}
	return NULL;
}

static bool has_key(const char *const *line, const char *key)
{
	size_t len = strlen(key);

	for (; *line; line++)
		if (strncmp(*line, key, len) == 0 && (*line)[len] == '=')
			return true;
	return false;
}

static void add_info(const struct kernel *kernel, const char *const *line, struct str *text)
{
	for (; *line; line++) {
		const struct info_rule *rule = info_rule_for(kernel->spec, *line);
		const char *word = strchr(*line, '@');

		if (rule && rule->kind == INFO_DEL)
			continue;
		if (rule) {
			str_printf(text, "%s=%s\n", rule->key, rule->value);
			continue;
		}
		str_add_bytes(text, *line, word ? (size_t)(word - *line) : strlen(*line));
		if (word && !info_word(kernel, word + 1, text))
			die("unknown word in a preset: %s", word);
		str_add_char(text, '\n');
	}
}

char *kernel_vmcoreinfo(const struct kernel *kernel)
{
	static const char *const last[] = { "CRASHTIME=1700000000", NULL };
	const struct spec *spec = kernel->spec;
	const char *const *const infos[] = { spec->preset->info, spec->machine->info, last };
	guard(str) struct str text = STR_INIT;
	char *taken;

	for (size_t i = 0; i < ARRAY_SIZE(infos); i++)
		add_info(kernel, infos[i], &text);
	for (size_t i = 0; i < spec->infos.nr; i++) {
		const struct info_rule *rule = &spec->infos.at[i];
		bool known = false;

		if (rule->kind == INFO_TEXT)
			str_printf(&text, "%s\n", rule->key);
		for (size_t j = 0; rule->kind == INFO_SET && j < ARRAY_SIZE(infos); j++)
			known |= has_key(infos[j], rule->key);
		if (rule->kind == INFO_SET && !known)
			str_printf(&text, "%s=%s\n", rule->key, rule->value);
	}
	taken = str_take(&text);
	if (!taken)
		die("out of memory");
	return taken;
}

static const struct kernel_section *find_section(const struct kernel *kernel, uint64_t nr)
{
	size_t low = 0, high = kernel->sections_nr;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (kernel->section[middle].nr < nr)
			low = middle + 1;
		else
			high = middle;
	}
	return low < kernel->sections_nr && kernel->section[low].nr == nr ? &kernel->section[low]
									  : NULL;
}

uint64_t kernel_page_paddr(const struct kernel *kernel, uint64_t pfn)
{
	const struct kernel_section *section = find_section(kernel, pfn / section_pages(kernel));
	uint64_t into = pfn % section_pages(kernel) * STRUCT_PAGE;

	if (!section)
		return UINT64_MAX;
	return section->scattered ? section->scattered[into / PAGE_BYTES] + into % PAGE_BYTES
				  : section->pages_paddr + into;
}

uint64_t kernel_section_paddr(const struct kernel *kernel, uint64_t nr)
{
	const struct kernel_section *section = find_section(kernel, nr);

	return section ? section->entry_paddr : UINT64_MAX;
}

static struct table *find_table(const struct kernel *kernel, unsigned int level, uint64_t vaddr)
{
	struct table *table = kernel->pgd;

	for (unsigned int at = kernel->spec->levels; table && at > level; at--)
		table = table->child[entry_index(kernel, vaddr, at)];
	return table;
}

uint64_t kernel_entry_paddr(const struct kernel *kernel, unsigned int level, uint64_t vaddr)
{
	const struct table *table = find_table(kernel, level, vaddr);

	return table ? table->paddr + entry_index(kernel, vaddr, level) * 8 : UINT64_MAX;
}

static uint64_t flag_bit(const struct preset *preset, const char *name, size_t len)
{
	for (const struct page_flag *flag = preset->flags; flag->name; flag++)
		if (strlen(flag->name) == len && strncmp(flag->name, name, len) == 0)
			return 1ull << flag->bit;
	return 0;
}

/* Names a kernel has no flag for are left out: PG_slab is gone in 6.12. */
static uint64_t flag_bits(const struct preset *preset, const char *names)
{
	uint64_t bits = 0;

	while (*names) {
		size_t len = strcspn(names, " ");

		bits |= flag_bit(preset, names, len);
		names += len;
		names += strspn(names, " ");
	}
	return bits;
}

static void put_u64(const struct kernel *kernel, uint8_t *page, size_t offset, uint64_t value)
{
	store_u64(page + offset, value, kernel->spec->machine->order);
}

static void put_s32(const struct kernel *kernel, uint8_t *page, size_t offset, int32_t value)
{
	store_u32(page + offset, (uint32_t)value, kernel->spec->machine->order);
}

static void write_page(struct kernel *kernel, struct image *image, uint64_t pfn,
		       const uint8_t *page)
{
	uint64_t paddr = kernel_page_paddr(kernel, pfn);

	if (paddr != UINT64_MAX)
		image_write(image, paddr, page, STRUCT_PAGE);
}

static void make_head(const struct kernel *kernel, const struct page_rule *rule, uint8_t *page)
{
	const struct preset *preset = kernel->spec->preset;
	const struct page_class *class = rule->class;
	int32_t type = preset->type[class->type];
	uint64_t flags = flag_bits(preset, class->flags);
	int32_t mapcount = type ? type : class->mapcount;
	/* Any address of the direct map does: no reader follows it. */
	uint64_t mapping = class->mapping ? kernel->page_offset + 0x100000 + class->mapping % 8 : 0;

	if (class->shape == SHAPE_COMPOUND && rule->order)
		flags |= flag_bits(preset, "head");
	if (rule->flags.given)
		flags |= rule->flags.value;
	put_u64(kernel, page, PAGE_FLAGS, flags);
	put_u64(kernel, page, PAGE_MAPPING, rule->mapping.given ? rule->mapping.value : mapping);
	put_u64(kernel, page, PAGE_PRIVATE,
		rule->private.given	      ? rule->private.value
		: class->shape == SHAPE_BUDDY ? rule->order
					      : 0);
	put_s32(kernel, page, PAGE_MAPCOUNT,
		rule->mapcount.given ? (int32_t)rule->mapcount.value : mapcount);
	put_s32(kernel, page, PAGE_REFCOUNT,
		rule->refcount.given ? (int32_t)rule->refcount.value : class->refcount);
}

static void make_tail(const struct kernel *kernel, const struct page_rule *rule, uint64_t head_pfn,
		      uint64_t pfn, uint8_t *page)
{
	const struct preset *preset = kernel->spec->preset;

	put_s32(kernel, page, PAGE_MAPCOUNT, -1);
	if (rule->class->shape == SHAPE_BUDDY)
		return;
	put_u64(kernel, page, PAGE_COMPOUND_HEAD,
		(kernel->vmemmap_base + head_pfn * STRUCT_PAGE) | 1);
	if (pfn != head_pfn + 1) {
		put_u64(kernel, page, PAGE_MAPPING, 0xdead000000000400); /* TAIL_MAPPING */
	} else if (preset->order_in_flags) {
		put_u64(kernel, page, PAGE_FLAGS, rule->order);
	} else {
		page[PAGE_COMPOUND_DTOR] = (uint8_t)rule->class->dtor;
		page[PAGE_COMPOUND_ORDER] = (uint8_t)rule->order;
	}
}

static void write_pages(struct kernel *kernel, struct image *image, const struct page_rule *rule)
{
	uint64_t block = 1ull << rule->order;
	uint8_t zeros[STRUCT_PAGE] = { 0 };

	if (rule->class->zeros) {
		for (uint64_t i = 0; i < rule->count; i++)
			write_page(kernel, image, rule->first + i, zeros);
		return;
	}
	for (uint64_t head = rule->first; head < rule->first + rule->count; head += block) {
		uint8_t page[STRUCT_PAGE] = { 0 };

		make_head(kernel, rule, page);
		write_page(kernel, image, head, page);
		/* What describes nothing stays a hole in the file: images may be very large. */
		if (rule->class->shape == SHAPE_BUDDY && kernel->spec->default_none)
			continue;
		for (uint64_t pfn = head + 1; pfn < head + block; pfn++) {
			memset(page, 0, sizeof(page));
			make_tail(kernel, rule, head, pfn, page);
			write_page(kernel, image, pfn, page);
		}
	}
}

static void write_default_pages(struct kernel *kernel, struct image *image)
{
	struct page_rule rule = { .class = page_class_find("kernel"), .count = 1 };

	if (kernel->spec->default_none)
		return;
	for (size_t i = 0; i < kernel->spec->loads.nr; i++) {
		const struct load *load = &kernel->spec->loads.at[i];
		uint8_t page[STRUCT_PAGE] = { 0 };

		make_head(kernel, &rule, page);
		for (uint64_t pfn = load->paddr / PAGE_BYTES;
		     pfn * PAGE_BYTES < load->paddr + load->memsz; pfn++)
			write_page(kernel, image, pfn, page);
	}
}

static void write_flag(struct kernel *kernel, struct image *image, const struct flag_rule *rule)
{
	enum byte_order order = kernel->spec->machine->order;
	uint64_t bit = flag_bit(kernel->spec->preset, rule->name, strlen(rule->name));

	if (!bit)
		die("this kernel has no page flag %s", rule->name);
	for (uint64_t i = 0; i < rule->count; i++) {
		uint64_t paddr = kernel_page_paddr(kernel, rule->first + i);
		uint64_t offset = paddr == UINT64_MAX ? UINT64_MAX : image_offset(image, paddr);
		uint8_t flags[8];

		if (offset == UINT64_MAX)
			continue;
		image_get(image, offset + PAGE_FLAGS, flags, sizeof(flags));
		image_write_u64(image, paddr + PAGE_FLAGS, load_u64(flags, order) | bit);
	}
}

static void write_sections(struct kernel *kernel, struct image *image)
{
	for (size_t i = 0; i < kernel->sections_nr; i++) {
		const struct kernel_section *section = &kernel->section[i];
		uint64_t root = section->entry_paddr & ~(uint64_t)(PAGE_BYTES - 1);
		uint64_t low = SECTION_DEFAULT_LOW;

		for (size_t j = 0; j < kernel->spec->sections.nr; j++)
			if (kernel->spec->sections.at[j].nr == section->nr)
				low = kernel->spec->sections.at[j].low;
		image_write_u64(image, kernel->roots_paddr + section->nr / SECTIONS_PER_ROOT * 8,
				kernel->page_offset + root);
		image_write_u64(image, section->entry_paddr, low ? kernel->vmemmap_base | low : 0);
	}
}

static void write_image(struct kernel *kernel, struct image *image)
{
	uint64_t paddr = kernel->spec->kernel_paddr;
	guard(str) struct str release = STR_INIT;
	static const char stext[] = "this page stands for the kernel's text";
	const char *uts[] = { "Linux",
			      "synthetic",
			      NULL,
			      "#1 SMP PREEMPT_DYNAMIC synthetic",
			      kernel->spec->machine->name,
			      "(none)" };

	if (!info_word(kernel, "release", &release) || release.failed)
		die("out of memory");
	uts[2] = release.s;

	image_write(image, paddr + PLACE_STEXT, stext, sizeof(stext));
	for (size_t i = 0; i < ARRAY_SIZE(uts); i++)
		image_write(image, paddr + PLACE_UTS + i * 65, uts[i], strlen(uts[i]) + 1);
	image_write_u64(image, paddr + PLACE_NODE_ONLINE, 1);
}

static void write_table(struct image *image, const struct table *table)
{
	for (unsigned int i = 0; i < table->entries_nr; i++)
		image_write_u64(image, table->paddr + i * 8, table->entry[i]);
	for (unsigned int i = 0; i < table->entries_nr; i++)
		if (table->child[i])
			write_table(image, table->child[i]);
}

static void write_tables(struct kernel *kernel, struct image *image)
{
	for (size_t i = 0; i < kernel->spec->entries.nr; i++) {
		const struct entry_rule *rule = &kernel->spec->entries.at[i];
		struct table *table = find_table(kernel, rule->level, rule->vaddr);

		if (!table)
			die("no page table of level %u maps 0x%" PRIx64, rule->level, rule->vaddr);
		table->entry[entry_index(kernel, rule->vaddr, rule->level)] =
			rule->self ? kernel->spec->machine->table_entry(table->paddr, rule->level)
				   : rule->value;
	}
	write_table(image, kernel->pgd);
}

void kernel_write(struct kernel *kernel, struct image *image)
{
	write_image(kernel, image);
	write_sections(kernel, image);
	write_default_pages(kernel, image);
	for (size_t i = 0; i < kernel->spec->pages.nr; i++)
		write_pages(kernel, image, &kernel->spec->pages.at[i]);
	for (size_t i = 0; i < kernel->spec->flags.nr; i++)
		write_flag(kernel, image, &kernel->spec->flags.at[i]);
	write_tables(kernel, image);
}
