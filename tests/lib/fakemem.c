// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/fakemem.h"

#include <stdio.h>
#include <stdlib.h>

#include "util/base/macros.h"

static const struct fakemem_range *range_at(const struct fakemem *mem, uint64_t paddr)
{
	for (size_t i = mem->ranges_nr; i-- > 0;) {
		const struct fakemem_range *r = &mem->range[i];

		if (paddr >= r->paddr && paddr - r->paddr < r->size)
			return r;
	}
	return NULL;
}

/* Up to where nothing changes: the end of the range, or the start of a later one inside it. */
static uint64_t same_until(const struct fakemem *mem, const struct fakemem_range *r, uint64_t paddr)
{
	uint64_t len = r->size - (paddr - r->paddr);

	for (const struct fakemem_range *o = r + 1; o < mem->range + mem->ranges_nr; o++)
		if (o->paddr > paddr)
			len = MIN(len, o->paddr - paddr);
	return len;
}

static struct err *fakemem_view(struct mem_source *source, uint64_t paddr, size_t len_max,
				enum mem_access access, struct mem_view *ret_view)
{
	struct fakemem *mem = (struct fakemem *)source;
	const struct fakemem_range *r = range_at(mem, paddr);
	uint64_t len;

	(void)access;
	mem->views_nr++;
	if (!r)
		return err_new(ERR_NODATA, "nothing at %#llx", (unsigned long long)paddr);
	if (!r->bytes)
		return err_new(r->code, "broken at %#llx", (unsigned long long)paddr);

	len = MIN((uint64_t)len_max, same_until(mem, r, paddr));
	if (mem->view_bytes_max)
		len = MIN(len, mem->view_bytes_max - paddr % mem->view_bytes_max);
	*ret_view = (struct mem_view){ .data = r->bytes + (paddr - r->paddr), .len = (size_t)len };
	return NULL;
}

static const struct mem_source_ops fakemem_ops = { .view = fakemem_view };

void fakemem_init(struct fakemem *mem)
{
	*mem = (struct fakemem){ .source = { .ops = &fakemem_ops } };
}

void fakemem_release(struct fakemem *mem)
{
	for (size_t i = 0; i < mem->ranges_nr; i++)
		free(mem->range[i].bytes);
	mem->ranges_nr = 0;
}

static struct fakemem_range *new_range(struct fakemem *mem, uint64_t paddr, uint64_t size)
{
	if (mem->ranges_nr == FAKEMEM_RANGES_MAX) {
		fprintf(stderr, "fakemem: too many ranges\n");
		abort();
	}
	mem->range[mem->ranges_nr] = (struct fakemem_range){ .paddr = paddr, .size = size };
	return &mem->range[mem->ranges_nr++];
}

void fakemem_add(struct fakemem *mem, uint64_t paddr, uint64_t size)
{
	struct fakemem_range *r = new_range(mem, paddr, size);

	r->bytes = calloc(1, (size_t)size);
	if (!r->bytes)
		abort();
}

void fakemem_break(struct fakemem *mem, uint64_t paddr, uint64_t size, enum err_code code)
{
	new_range(mem, paddr, size)->code = code;
}

uint8_t *fakemem_at(struct fakemem *mem, uint64_t paddr)
{
	for (size_t i = mem->ranges_nr; i-- > 0;) {
		struct fakemem_range *r = &mem->range[i];

		if (r->bytes && paddr >= r->paddr && paddr - r->paddr < r->size)
			return r->bytes + (paddr - r->paddr);
	}
	fprintf(stderr, "fakemem: nothing at %#llx\n", (unsigned long long)paddr);
	abort();
}

void fakemem_put64(struct fakemem *mem, uint64_t paddr, uint64_t value)
{
	store_u64(fakemem_at(mem, paddr), value, mem->order);
}
