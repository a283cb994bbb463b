// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/kernel/stretch.h"

#include <string.h>

void stretch_release(struct stretch *stretch)
{
	mem_view_release(&stretch->view);
	stretch->structs_nr = 0;
}

const uint8_t *stretch_at(const struct stretch *stretch, uint64_t vaddr, uint64_t size)
{
	uint64_t distance = vaddr - stretch->first_vaddr;

	if (!stretch->structs_nr || vaddr < stretch->first_vaddr ||
	    distance >= stretch->structs_nr * size || distance % size)
		return NULL;
	return stretch->data + distance;
}

/* Pin what lies together at @vaddr, up to @len_max bytes. */
static struct err *view_at(const struct vtop *vtop, uint64_t vaddr, uint64_t len_max,
			   enum mem_access access, struct mem_view *ret_view)
{
	uint64_t paddr;
	uint64_t run_bytes;
	struct err *e = vtop_translate(vtop, vaddr, &paddr, &run_bytes);

	if (e)
		return e;
	return mem_view(vtop->source, paddr, (size_t)MIN(run_bytes, len_max), access, ret_view);
}

struct err *stretch_load(struct stretch *stretch, const struct vtop *vtop, uint64_t size,
			 uint64_t vaddr, uint64_t structs_max, enum mem_access access)
{
	uint64_t done = 0;

	stretch_release(stretch);
	stretch->first_vaddr = vaddr;
	while (done < size) {
		/* All that is wanted is asked for each time: what is fetched goes by that. */
		struct err *e = view_at(vtop, vaddr + done, structs_max * size - done, access,
					&stretch->view);
		uint64_t n = MIN((uint64_t)stretch->view.len, size - done);

		if (e)
			return e;
		if (!done && n == size) {
			stretch->data = stretch->view.data;
			stretch->structs_nr = stretch->view.len / size;
			return NULL;
		}
		memcpy(stretch->bounce + done, stretch->view.data, (size_t)n);
		mem_view_release(&stretch->view);
		done += n;
	}
	stretch->data = stretch->bounce;
	stretch->structs_nr = 1;
	return NULL;
}
