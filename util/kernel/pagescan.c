// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/kernel/pagescan.h"

#include <string.h>

#include "util/kernel/stretch.h"

/* What one struct page says, of its own page frame and of those behind it. */
struct verdict {
	enum page_class class;
	uint64_t count;
	bool poisons_tails;
};

struct pagescan {
	const struct kernel *kernel;
	bool inside_free;    /* read the struct pages there too */
	struct stretch here; /* where the walk is */
	struct stretch next; /* for a struct page outside it: page[1], a head */
	uint64_t end_vaddr;  /* where it ends in this section */

	/* The last head that was classified: tails follow their head. */
	uint64_t head_vaddr;
	struct verdict head;
	bool head_valid;

	uint64_t unreadable_nr;
	struct err *unreadable_why; /* of the first of them */
	uint64_t torn_nr;
	uint64_t fetched_nr;
};

struct err *pagescan_new(const struct kernel *kernel, bool inside_free, struct pagescan **ret_scan)
{
	struct pagescan *scan = calloc(1, sizeof(*scan));

	if (!scan)
		return err_nomem();
	scan->kernel = kernel;
	scan->inside_free = inside_free;
	*ret_scan = scan;
	return NULL;
}

void pagescan_free(struct pagescan *scan)
{
	if (!scan)
		return;
	stretch_release(&scan->here);
	stretch_release(&scan->next);
	err_free(scan->unreadable_why);
	free(scan);
}

uint64_t pagescan_unreadable_nr(const struct pagescan *scan)
{
	return scan->unreadable_nr;
}

const char *pagescan_unreadable_why(const struct pagescan *scan)
{
	return scan->unreadable_why ? err_message(scan->unreadable_why) : "";
}

uint64_t pagescan_torn_nr(const struct pagescan *scan)
{
	return scan->torn_nr;
}

uint64_t pagescan_fetched_nr(const struct pagescan *scan)
{
	return scan->fetched_nr;
}

/* @e is why @nr struct pages cannot be read. */
static void count_unreadable(struct pagescan *scan, uint64_t nr, struct err *e)
{
	scan->unreadable_nr += nr;
	if (scan->unreadable_why)
		err_free(e);
	else
		scan->unreadable_why = e;
}

/* A struct page anywhere, without moving the walk; NULL when it cannot be read. */
static struct err *peek(struct pagescan *scan, uint64_t vaddr, const uint8_t **ret_page)
{
	uint64_t size = scan->kernel->rules.page_struct_size;
	struct err *e;

	*ret_page = stretch_at(&scan->here, vaddr, size);
	if (*ret_page)
		return NULL;
	e = stretch_load(&scan->next, &scan->kernel->vtop, size, vaddr, 1, MEM_RANDOM);
	if (e && err_code(e) == ERR_NOMEM)
		return e;
	*ret_page = e ? NULL : scan->next.data;
	err_free(e);
	return NULL;
}

/*
 * A struct page the walk will come to. Read as the walk reads: single pages here and there would
 * break off its long reads, where an image has struct pages at odd offsets.
 */
static struct err *peek_ahead(struct pagescan *scan, uint64_t vaddr, const uint8_t **ret_page)
{
	uint64_t size = scan->kernel->rules.page_struct_size;
	struct err *e;

	*ret_page = stretch_at(&scan->here, vaddr, size);
	if (!*ret_page)
		*ret_page = stretch_at(&scan->next, vaddr, size);
	if (*ret_page)
		return NULL;
	e = stretch_load(&scan->next, &scan->kernel->vtop, size, vaddr,
			 (scan->end_vaddr - vaddr) / size, MEM_SEQUENTIAL);
	if (e && err_code(e) == ERR_NOMEM)
		return e;
	*ret_page = e ? NULL : scan->next.data;
	err_free(e);
	return NULL;
}

/*
 * Of a free block only the first struct page says how many page frames it has. Were that wrong (a
 * kernel to come that has something else in page.private, a crash in the middle of taking a block
 * apart, damage), then somewhere inside, a power of two behind the first, another block or page
 * would begin. Looked at are the struct pages that lie in one page with the first, as far as the
 * walk goes: those are in memory anyway.
 */
static struct err *is_torn(struct pagescan *scan, uint64_t vaddr, uint64_t pfn, uint64_t count,
			   bool *ret_torn)
{
	const struct kernel *kernel = scan->kernel;
	uint64_t size = kernel->rules.page_struct_size;
	uint64_t in_page = kernel->page_size - vaddr % kernel->page_size;
	uint64_t near_nr = MIN(in_page, scan->end_vaddr - vaddr) / size;
	struct err *e = NULL;

	*ret_torn = false;
	for (uint64_t n = 1; n < MIN(count, near_nr) && !*ret_torn && !e; n *= 2) {
		const uint8_t *page;

		e = peek_ahead(scan, vaddr + n * size, &page);
		*ret_torn = !e && page && page_is_in_use(&kernel->rules, page, pfn + n);
	}
	/* It may be a long one. */
	stretch_release(&scan->next);
	scan->torn_nr += *ret_torn;
	return e;
}

/* Page frames of a block that is not one are judged one by one, its first is kept. */
static struct err *believe_block(struct pagescan *scan, uint64_t vaddr, uint64_t pfn,
				 struct verdict *verdict)
{
	bool torn;
	struct err *e = is_torn(scan, vaddr, pfn, verdict->count, &torn);

	if (!e && torn)
		*verdict = (struct verdict){ .class = PAGE_KERNEL, .count = 1 };
	return e;
}

static struct err *classify_one(struct pagescan *scan, const uint8_t *page, uint64_t vaddr,
				uint64_t pfn, struct verdict *ret_verdict)
{
	const struct page_rules *rules = &scan->kernel->rules;
	const uint8_t *next = NULL;

	if (page_wants_next(rules, page)) {
		struct err *e = peek(scan, vaddr + rules->page_struct_size, &next);

		if (e)
			return e;
	}
	ret_verdict->class = page_classify(rules, page, next, pfn, &ret_verdict->count);
	ret_verdict->poisons_tails = page_poisons_tails(rules, page, next);
	return NULL;
}

/* Read the head at @vaddr into scan->head; one that is no head speaks for no tails. */
static struct err *load_head(struct pagescan *scan, uint64_t vaddr)
{
	const struct page_rules *rules = &scan->kernel->rules;
	uint8_t copy[PAGE_STRUCT_MAX];
	const uint8_t *page;
	uint64_t other;
	struct err *e = peek(scan, vaddr, &page);

	if (e)
		return e;
	scan->head_valid = true;
	scan->head_vaddr = vaddr;
	scan->head = (struct verdict){ .class = PAGE_KERNEL };
	if (!page || !page_is_head(rules, page) || page_is_tail(rules, page, vaddr, &other))
		return NULL;

	/* Looking at page[1] may take the place of the head in `next`. */
	memcpy(copy, page, (size_t)rules->page_struct_size);
	/* No pfn is needed: the head of a compound page is never free. */
	return classify_one(scan, copy, vaddr, 0, &scan->head);
}

/*
 * The tail page at @vaddr is of its head's class, when that is a class of which whole compound
 * pages are. The head is usually the one just passed; a walk that starts inside a compound page
 * reads it.
 */
static struct err *classify_tail(struct pagescan *scan, uint64_t vaddr, uint64_t head_vaddr,
				 struct page_run *run)
{
	run->class = PAGE_KERNEL;
	if (!page_may_head(&scan->kernel->rules, head_vaddr, vaddr))
		return NULL;
	if (!scan->head_valid || scan->head_vaddr != head_vaddr) {
		struct err *e = load_head(scan, head_vaddr);

		if (e)
			return e;
	}

	switch (scan->head.class) {
	case PAGE_SLAB:
	case PAGE_TYPED:
	case PAGE_USER:
	case PAGE_CACHE:
	case PAGE_CACHE_PRIVATE:
		run->class = scan->head.class;
		break;
	default:
		break;
	}
	run->poisoned |= scan->head.poisons_tails;
	return NULL;
}

static struct err *classify(struct pagescan *scan, const uint8_t *page, uint64_t vaddr,
			    uint64_t pfn, struct page_run *ret_run)
{
	const struct page_rules *rules = &scan->kernel->rules;
	struct page_run run = {
		.first = pfn,
		.count = 1,
		.poisoned = page_is_poisoned(rules, page),
	};
	uint64_t head_vaddr;
	struct err *e;

	if (page_is_tail(rules, page, vaddr, &head_vaddr)) {
		e = classify_tail(scan, vaddr, head_vaddr, &run);
	} else {
		struct verdict verdict = { .class = PAGE_KERNEL };

		e = classify_one(scan, page, vaddr, pfn, &verdict);
		if (!e && verdict.count > 1)
			e = believe_block(scan, vaddr, pfn, &verdict);
		run.class = verdict.class;
		run.count = verdict.count;
		if (page_is_head(rules, page)) {
			scan->head_valid = true;
			scan->head_vaddr = vaddr;
			scan->head = verdict;
		}
	}
	if (e)
		return e;
	*ret_run = run;
	return NULL;
}

struct err *page_run_push(struct page_run *pending, const struct page_run *run, pagescan_fn *fn,
			  void *ctx)
{
	struct err *e = NULL;

	if (pending->count && pending->class == run->class && pending->poisoned == run->poisoned) {
		pending->count += run->count;
		return NULL;
	}
	if (pending->count)
		e = fn(ctx, pending);
	*pending = *run;
	return e;
}

/* The struct page the walk has come to; NULL when it cannot be read. */
static struct err *walk_to(struct pagescan *scan, uint64_t vaddr, uint64_t structs_max,
			   const uint8_t **ret_page)
{
	uint64_t size = scan->kernel->rules.page_struct_size;
	struct err *e;

	*ret_page = stretch_at(&scan->here, vaddr, size);
	if (*ret_page)
		return NULL;
	e = stretch_load(&scan->here, &scan->kernel->vtop, size, vaddr, structs_max,
			 MEM_SEQUENTIAL);
	if (e && err_code(e) == ERR_NOMEM)
		return e;
	*ret_page = e ? NULL : scan->here.data;
	if (e)
		count_unreadable(scan, 1, e);
	else
		scan->fetched_nr += scan->here.structs_nr;
	return NULL;
}

/* Page frames [first, end) of one section, whose struct pages begin at @mem_map. */
static struct err *walk_section(struct pagescan *scan, uint64_t mem_map, uint64_t section_first,
				uint64_t first, uint64_t end, struct page_run *pending,
				pagescan_fn *fn, void *ctx)
{
	const struct page_rules *rules = &scan->kernel->rules;
	uint64_t size = rules->page_struct_size;
	uint64_t free_end = 0; /* of the free block being looked into */

	scan->end_vaddr = mem_map + (end - section_first) * size;
	for (uint64_t pfn = first; pfn < end;) {
		uint64_t vaddr = mem_map + (pfn - section_first) * size;
		struct page_run run = { .first = pfn, .count = 1, .class = PAGE_UNKNOWN };
		const uint8_t *page;
		struct err *e = walk_to(scan, vaddr, end - pfn, &page);

		if (e)
			return e;
		if (pfn < free_end) {
			run.class = PAGE_FREE;
			run.poisoned = page && page_is_poisoned(rules, page);
		} else if (page) {
			e = classify(scan, page, vaddr, pfn, &run);
			if (e)
				return e;
		}

		if (run.count > 1 && scan->inside_free) {
			free_end = pfn + run.count;
			run.count = 1;
		}
		run.count = MIN(run.count, end - pfn);
		pfn += run.count;
		e = page_run_push(pending, &run, fn, ctx);
		if (e)
			return e;
	}
	return NULL;
}

struct err *pagescan_walk(struct pagescan *scan, uint64_t first, uint64_t end, pagescan_fn *fn,
			  void *ctx)
{
	const struct memsections *sections = &scan->kernel->sections;
	uint64_t section_pages = memsections_pages_per_section(sections);
	struct page_run pending = { .count = 0 };
	struct err *e;

	for (uint64_t pfn = first; pfn < end;) {
		uint64_t section_first = pfn & ~(section_pages - 1);
		uint64_t section_end = MIN(section_first + section_pages, end);
		uint64_t mem_map;

		e = memsections_mem_map(sections, pfn, &mem_map);
		if (!e) {
			e = walk_section(scan, mem_map, section_first, pfn, section_end, &pending,
					 fn, ctx);
			if (e)
				return e;
		} else {
			struct page_run run = {
				.first = pfn,
				.count = section_end - pfn,
				.class = PAGE_UNKNOWN,
			};

			if (err_code(e) == ERR_NOMEM)
				return e;
			count_unreadable(scan, run.count, e);
			e = page_run_push(&pending, &run, fn, ctx);
			if (e)
				return e;
		}
		pfn = section_end;
	}
	return pending.count ? fn(ctx, &pending) : NULL;
}
