// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/kernel/xen.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/checked.h"
#include "util/kernel/stretch.h"
#include "util/kernel/vmcoreinfo.h"
#include "util/kernel/xenpage.h"

enum {
	PAGE_SHIFT = 12,
	LEVELS = 4, /* Xen has no page tables of five levels */

	/* In crash_xen_info_t, behind eight words: major, minor, ..., tainted. */
	PHYS_START_AT = 64,

	DOMAIN_RESERVED_ID =
		0x7ff0, /* DOMID_FIRST_RESERVED: no domain's number, xen/include/public/xen.h */

	/* So many free page frames in whole blocks are proof enough: 1 GiB. */
	PROOF_ENOUGH = 1 << 18,

	/* No structure in VMCOREINFO_XEN is larger. */
	OFFSET_MAX = 1 << 16,
};

/* Xen's image is somewhere in 1 GiB that begins with such a multiple (XEN_VIRT_START). */
#define IMAGE_MASK UINT64_C(0x3fffffff)
#define ENTRY_ADDRESS_MASK UINT64_C(0x000ffffffffff000)

struct xen {
	struct image *image;
	struct vtop vtop;
	uint64_t frame_table;
	uint64_t frames_nr; /* of the machine */
	struct xen_rules rules;
	struct xen_owner *owner;
	size_t owners_nr;
};

/* What a dump of Xen says in VMCOREINFO_XEN, besides the frame table. */
struct names {
	uint64_t domain_list, dom_xen, dom_io; /* where pointers to struct domain are */
	uint64_t top_table;
	uint64_t max_page, frame_table; /* where a number and a pointer are */
	uint64_t id_offset, next_offset;
};

static struct err *small_unsigned(const struct vmcoreinfo *info, const char *key,
				  uint64_t *ret_value)
{
	struct err *e = vmcoreinfo_unsigned(info, key, ret_value);

	if (!e && *ret_value > OFFSET_MAX)
		e = err_new(ERR_FORMAT, "VMCOREINFO_XEN: %s has the absurd value %llu", key,
			    (unsigned long long)*ret_value);
	return e;
}

static struct err *read_names(struct xen_rules *rules, const struct vmcoreinfo *info,
			      struct names *names)
{
	const struct {
		const char *name;
		uint64_t *value;
	} symbols[] = {
		{ "domain_list", &names->domain_list }, { "dom_xen", &names->dom_xen },
		{ "dom_io", &names->dom_io },		{ "pgd_l4", &names->top_table },
		{ "max_page", &names->max_page },	{ "frame_table", &names->frame_table },
	}, numbers[] = {
		{ "OFFSET(domain.domain_id)", &names->id_offset },
		{ "OFFSET(domain.next_in_list)", &names->next_offset },
		{ "SIZE(page_info)", &rules->info_size },
		{ "OFFSET(page_info.count_info)", &rules->count_offset },
		{ "OFFSET(page_info._domain)", &rules->owner_offset },
	};
	struct err *e = NULL;

	for (size_t i = 0; !e && i < ARRAY_SIZE(symbols); i++)
		e = vmcoreinfo_symbol(info, symbols[i].name, symbols[i].value);
	for (size_t i = 0; !e && i < ARRAY_SIZE(numbers); i++)
		e = small_unsigned(info, numbers[i].name, numbers[i].value);
	return e;
}

/*
 * Behind the owner there is one more member, as wide: 32 bytes in all where page frames are
 * numbered with 32 bits, 48 where not (CONFIG_BIGMEM).
 */
static struct err *check_page_info(struct xen_rules *rules)
{
	uint64_t behind = rules->info_size - rules->owner_offset;

	if (rules->info_size > STRETCH_STRUCT_MAX ||
	    !range_within(rules->count_offset, sizeof(uint64_t), rules->owner_offset) ||
	    rules->owner_offset >= rules->info_size || (behind != 8 && behind != 16))
		return err_new(ERR_FORMAT, "a struct page_info of %llu bytes is not known",
			       (unsigned long long)rules->info_size);
	rules->owner_wide = behind == 16;
	return NULL;
}

/* Xen's page tables map Xen's image, which they are part of: the same address must come out. */
static struct err *open_tables(struct xen *xen, uint64_t top_table)
{
	uint64_t phys_start = load_u64(xen->image->xen_crash + PHYS_START_AT, ORDER_LITTLE);
	uint64_t paddr;
	uint64_t run_bytes;
	struct err *e;

	xen->vtop = (struct vtop){
		.arch = &arch_x86_64,
		.source = xen->image->source,
		.order = ORDER_LITTLE,
		.entry_order = ORDER_LITTLE,
		.levels = LEVELS,
		.entry_mask = ENTRY_ADDRESS_MASK,
		.top_table_paddr = phys_start + (top_table & IMAGE_MASK),
	};
	e = vtop_translate(&xen->vtop, top_table, &paddr, &run_bytes);
	if (e)
		return err_wrap(e, "Xen's page tables");
	if (paddr != xen->vtop.top_table_paddr)
		return err_new(ERR_FORMAT, "Xen's page tables are not at %#llx",
			       (unsigned long long)xen->vtop.top_table_paddr);
	return NULL;
}

static struct err *read_word(const struct xen *xen, uint64_t vaddr, size_t bytes,
			     uint64_t *ret_value)
{
	uint8_t word[8] = { 0 };
	struct err *e = vtop_read(&xen->vtop, vaddr, word, bytes);

	*ret_value = load_u64(word, ORDER_LITTLE);
	return e;
}

/* The page frame of the struct domain at @vaddr, by which its pages name it. */
static struct err *domain_frame(const struct xen *xen, uint64_t vaddr, uint64_t *ret_frame)
{
	uint64_t paddr;
	uint64_t run_bytes;
	struct err *e = vtop_translate(&xen->vtop, vaddr, &paddr, &run_bytes);

	if (e)
		return err_wrap(e, "struct domain");
	if (paddr & ((1 << PAGE_SHIFT) - 1))
		return err_new(ERR_FORMAT, "a struct domain at %#llx, in the middle of a page",
			       (unsigned long long)vaddr);
	*ret_frame = paddr >> PAGE_SHIFT;
	return NULL;
}

static struct err *add_owner(struct xen *xen, uint64_t vaddr, enum page_class class)
{
	struct xen_owner owner = { .class = class };
	struct err *e = domain_frame(xen, vaddr, &owner.frame);

	if (e)
		return e;
	if (!(xen->owners_nr & (xen->owners_nr - 1))) {
		size_t capacity = xen->owners_nr ? xen->owners_nr * 2 : 1;
		struct xen_owner *grown = reallocarray(xen->owner, capacity, sizeof(*grown));

		if (!grown)
			return err_nomem();
		xen->owner = grown;
	}
	xen->owner[xen->owners_nr++] = owner;
	return NULL;
}

/* A list in the order of the domains' numbers (domain_create(), xen/common/domain.c). */
static struct err *list_domains(struct xen *xen, const struct names *names)
{
	uint64_t domain;
	uint64_t last_id = 0;
	struct err *e = read_word(xen, names->domain_list, sizeof(uint64_t), &domain);

	for (bool first = true; !e && (domain || first); first = false) {
		uint64_t id;

		e = read_word(xen, domain + names->id_offset, sizeof(uint16_t), &id);
		if (e)
			break;
		if (first ? id != 0 : id <= last_id || id >= DOMAIN_RESERVED_ID)
			return err_new(ERR_FORMAT, "domain %llu in the list of domains",
				       (unsigned long long)id);
		last_id = id;
		e = add_owner(xen, domain, first ? PAGE_DOM0 : PAGE_DOMU);
		if (!e)
			e = read_word(xen, domain + names->next_offset, sizeof(uint64_t), &domain);
	}
	return e ? err_wrap(e, "Xen's list of domains") : NULL;
}

static struct err *add_own_domain(struct xen *xen, uint64_t pointer)
{
	uint64_t domain;
	struct err *e = read_word(xen, pointer, sizeof(uint64_t), &domain);

	return e ? e : add_owner(xen, domain, PAGE_XEN);
}

static int by_frame(const void *a, const void *b)
{
	const struct xen_owner *x = a;
	const struct xen_owner *y = b;

	return (x->frame > y->frame) - (x->frame < y->frame);
}

static struct err *find_owners(struct xen *xen, const struct names *names)
{
	struct err *e = list_domains(xen, names);

	if (!e)
		e = add_own_domain(xen, names->dom_xen);
	if (!e)
		e = add_own_domain(xen, names->dom_io);
	if (e)
		return e;
	qsort(xen->owner, xen->owners_nr, sizeof(*xen->owner), by_frame);
	for (size_t i = 1; i < xen->owners_nr; i++)
		if (xen->owner[i].frame == xen->owner[i - 1].frame)
			return err_new(ERR_FORMAT, "two domains in page frame %#llx",
				       (unsigned long long)xen->owner[i].frame);
	xen->rules.owner = xen->owner;
	xen->rules.owners_nr = xen->owners_nr;
	return NULL;
}

static uint64_t info_vaddr(const struct xen *xen, uint64_t frame)
{
	return xen->frame_table + frame * xen->rules.info_size;
}

/*
 * Where Xen leaves holes of the address space out of the frame table (compressed indices) it is
 * shorter than memory reaches, and its entries are others' than they seem.
 */
static struct err *find_frames(struct xen *xen, const struct names *names)
{
	uint64_t end = memmap_end(&xen->image->memmap) >> PAGE_SHIFT;
	uint8_t info[STRETCH_STRUCT_MAX];
	struct err *e = read_word(xen, names->max_page, sizeof(uint64_t), &xen->frames_nr);

	if (!e)
		e = read_word(xen, names->frame_table, sizeof(uint64_t), &xen->frame_table);
	if (e)
		return e;
	if (!end || end > xen->frames_nr || xen->frames_nr > UINT64_C(1) << (52 - PAGE_SHIFT))
		return err_new(ERR_FORMAT, "Xen knows %llu page frames, memory has %llu",
			       (unsigned long long)xen->frames_nr, (unsigned long long)end);
	e = vtop_read(&xen->vtop, info_vaddr(xen, xen->frames_nr - 1), info,
		      (size_t)xen->rules.info_size);
	return e ? err_wrap(e, "Xen's frame table ends before memory does") : NULL;
}

/* The structures of all domains are Xen's. */
static struct err *check_owners(const struct xen *xen)
{
	for (size_t i = 0; i < xen->owners_nr; i++) {
		uint8_t info[STRETCH_STRUCT_MAX];
		struct err *e = vtop_read(&xen->vtop, info_vaddr(xen, xen->owner[i].frame), info,
					  (size_t)xen->rules.info_size);

		if (e)
			return err_wrap(e, "Xen's frame table");
		if (!xen_page_is_heap(&xen->rules, info))
			return err_new(ERR_FORMAT,
				       "the frame table is not what it seems: page frame %#llx, "
				       "which holds a domain's structure, is not of Xen's heap",
				       (unsigned long long)xen->owner[i].frame);
	}
	return NULL;
}

/* Told of one page_info; NULL: it cannot be read. */
typedef struct err *info_fn(void *ctx, const uint8_t *info, uint64_t frame);

static struct err *walk_infos(const struct xen *xen, uint64_t first, uint64_t end, info_fn *fn,
			      void *ctx)
{
	uint64_t size = xen->rules.info_size;
	struct stretch stretch = { .structs_nr = 0 };
	struct err *e = NULL;

	for (uint64_t frame = first; !e && frame < end; frame++) {
		uint64_t vaddr = info_vaddr(xen, frame);
		const uint8_t *info = stretch_at(&stretch, vaddr, size);

		if (!info && frame < xen->frames_nr) {
			e = stretch_load(&stretch, &xen->vtop, size, vaddr,
					 MIN(end, xen->frames_nr) - frame, MEM_SEQUENTIAL);
			if (e && err_code(e) == ERR_NOMEM)
				break;
			info = e ? NULL : stretch.data;
			err_free(e);
		}
		e = fn(ctx, info, frame);
	}
	stretch_release(&stretch);
	return e;
}

struct proving {
	const struct xen *xen;
	struct xen_proof proof[XEN_BITS_NR];
};

static bool is_proved(const struct proving *proving)
{
	for (size_t i = 0; i < XEN_BITS_NR; i++)
		if (proving->proof[i].whole_nr >= PROOF_ENOUGH)
			return true;
	return false;
}

static struct err *prove(void *ctx, const uint8_t *info, uint64_t frame)
{
	struct proving *proving = ctx;

	for (size_t i = 0; info && i < XEN_BITS_NR; i++)
		xen_proof_add(&proving->proof[i], &xen_bits[i], &proving->xen->rules, info, frame);
	return NULL;
}

/* In steps, as a range may be all of a machine's terabytes. */
static struct err *prove_range(struct proving *proving, const struct memmap_range *range)
{
	uint64_t end = (range->paddr + range->size) >> PAGE_SHIFT;
	uint64_t at = range->paddr >> PAGE_SHIFT;
	struct err *e = NULL;

	while (!e && at < end && !is_proved(proving)) {
		uint64_t next = at + MIN(end - at, (uint64_t)PROOF_ENOUGH);

		e = image_check_stop(proving->xen->image);
		if (!e)
			e = walk_infos(proving->xen, at, next, prove, proving);
		at = next;
	}
	return e;
}

/*
 * Which bits of count_info are which? Those by which there are free blocks, and by the others none.
 */
static struct err *find_bits(struct xen *xen)
{
	const struct memmap *map = &xen->image->memmap;
	struct proving proving = { .xen = xen };
	const struct xen_bits *found = NULL;
	struct err *e = NULL;

	for (size_t i = 0; !e && i < map->nr; i++)
		e = prove_range(&proving, &map->range[i]);
	if (e)
		return e;
	for (size_t i = 0; i < XEN_BITS_NR; i++) {
		if (!xen_proof_holds(&proving.proof[i]))
			continue;
		if (found)
			return err_new(ERR_FORMAT, "Xen's free pages are free in two ways");
		found = &xen_bits[i];
	}
	if (!found)
		return err_new(ERR_UNSUPPORTED, "no free block of Xen's is found in its frame "
						"table: what its bits mean is not known");
	xen->rules.bits = found;
	return NULL;
}

static struct err *learn(struct xen *xen, const struct vmcoreinfo *info)
{
	struct names names;
	struct err *e;

	e = read_names(&xen->rules, info, &names);
	if (!e)
		e = check_page_info(&xen->rules);
	if (!e)
		e = open_tables(xen, names.top_table);
	if (!e)
		e = find_frames(xen, &names);
	if (!e)
		e = find_owners(xen, &names);
	if (!e)
		e = find_bits(xen);
	if (!e)
		e = check_owners(xen);
	return e;
}

struct err *xen_open(struct image *image, struct xen **ret_xen)
{
	guard(vmcoreinfo) struct vmcoreinfo *info = NULL;
	guard(xen) struct xen *xen = NULL;
	struct err *e;

	if (!image->xen_info)
		return err_new(ERR_NODATA, "the image has no VMCOREINFO_XEN note");
	if (image->machine != EM_X86_64 || image->xen_crash_size < PHYS_START_AT + sizeof(uint64_t))
		return err_new(ERR_UNSUPPORTED, "Xen is known on x86_64 only, and by the note it "
						"leaves when it crashes");
	xen = calloc(1, sizeof(*xen));
	if (!xen)
		return err_nomem();
	xen->image = image;
	e = vmcoreinfo_parse(image->xen_info, strlen(image->xen_info), &info);
	if (!e)
		e = learn(xen, info);
	if (e)
		return e;
	*ret_xen = take_ptr(xen);
	return NULL;
}

void xen_free(struct xen *xen)
{
	if (!xen)
		return;
	free(xen->owner);
	free(xen);
}

/* What a walk has seen and not handed on. */
struct walk {
	const struct xen *xen;
	struct page_run pending;
	pagescan_fn *fn;
	void *ctx;
};

static struct err *classify(void *ctx, const uint8_t *info, uint64_t frame)
{
	struct walk *walk = ctx;
	struct page_run run = { .first = frame, .count = 1, .class = PAGE_UNKNOWN };

	if (info)
		run.class = xen_page_classify(&walk->xen->rules, info, &run.poisoned);
	return page_run_push(&walk->pending, &run, walk->fn, walk->ctx);
}

struct err *xen_walk(const struct xen *xen, uint64_t first, uint64_t end, pagescan_fn *fn,
		     void *ctx)
{
	struct walk walk = { .xen = xen, .fn = fn, .ctx = ctx };
	struct err *e = walk_infos(xen, first, end, classify, &walk);

	if (e)
		return e;
	return walk.pending.count ? fn(ctx, &walk.pending) : NULL;
}
