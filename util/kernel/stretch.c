// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/kernel/stretch.h"

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

struct err *stretch_load(struct stretch *stretch, const struct vtop *vtop, uint64_t size,
			 uint64_t vaddr, uint64_t structs_max, enum mem_access access)
{
	uint64_t paddr;
	uint64_t run_bytes;
	struct err *e;

	stretch_release(stretch);
	e = vtop_translate(vtop, vaddr, &paddr, &run_bytes);
	if (e)
		return e;
	run_bytes = MIN(run_bytes, structs_max * size);

	e = mem_view(vtop->source, paddr, (size_t)run_bytes, access, &stretch->view);
	if (e)
		return e;
	stretch->first_vaddr = vaddr;
	if (stretch->view.len >= size) {
		stretch->data = stretch->view.data;
		stretch->structs_nr = stretch->view.len / size;
		return NULL;
	}

	mem_view_release(&stretch->view);
	e = vtop_read(vtop, vaddr, stretch->bounce, (size_t)size);
	if (e)
		return e;
	stretch->data = stretch->bounce;
	stretch->structs_nr = 1;
	return NULL;
}
