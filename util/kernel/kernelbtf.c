// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/kernel/kernelbtf.h"

#include <string.h>

enum {
	/* 4 to 7 MiB so far, with all drivers built in some more. */
	BTF_BYTES_MAX = 64 << 20,

	/* That of a kernel without any drivers is larger; that of a module or a program smaller. */
	BTF_BYTES_MIN = 128 << 10,

	/* Mapped bytes that are searched: kernel images have some 60 MiB. */
	SEARCH_BYTES_MAX = 512 << 20,
	CHUNK_BYTES = 64 << 10,
};

void kernel_btf_release(struct kernel_btf *btf)
{
	btf_free(btf->btf);
	free(btf->bytes);
	*btf = (struct kernel_btf){ .bytes = NULL };
}

struct err *kernel_btf_read(const struct vtop *vtop, uint64_t start, uint64_t end,
			    struct kernel_btf *ret_btf)
{
	autofree uint8_t *bytes = NULL;
	struct btf *btf;
	struct err *e;

	if (end <= start || end - start > BTF_BYTES_MAX)
		return err_new(ERR_FORMAT, "BTF is said to be at %#llx to %#llx",
			       (unsigned long long)start, (unsigned long long)end);
	bytes = malloc(end - start);
	if (!bytes)
		return err_nomem();
	e = vtop_read(vtop, start, bytes, end - start);
	if (!e)
		e = btf_new(bytes, end - start, &btf);
	if (e)
		return err_wrap(e, "BTF at %#llx", (unsigned long long)start);
	*ret_btf = (struct kernel_btf){ .bytes = take_ptr(bytes), .btf = btf, .vaddr = start };
	return NULL;
}

/* A search under way: a window of bytes that lie together in virtual memory. */
struct search {
	const struct vtop *vtop;
	struct kernel_btf *found;
	uint64_t vaddr; /* of window[0] */
	size_t len;
	uint8_t window[CHUNK_BYTES + BTF_HEADER_MIN];
};

/* A header that leads to BTF large enough: read it. */
static struct err *try_header(struct search *search, const uint8_t *header)
{
	uint64_t vaddr = search->vaddr + (uint64_t)(header - search->window);
	struct btf_extent extent;
	struct err *e;

	if (!btf_probe(header, &extent) || extent.len < BTF_BYTES_MIN ||
	    extent.len > BTF_BYTES_MAX || extent.order != search->vtop->order)
		return NULL;
	e = kernel_btf_read(search->vtop, vaddr, vaddr + extent.len, search->found);
	if (e && err_code(e) == ERR_NOMEM)
		return e;
	err_free(e);
	return NULL;
}

/* All headers that lie whole in the window; what may be the start of one is moved to its front. */
static struct err *search_window(struct search *search)
{
	static const uint8_t little[] = { 0x9f, 0xeb, 1 };
	static const uint8_t big[] = { 0xeb, 0x9f, 1 };
	const uint8_t *magic = search->vtop->order == ORDER_LITTLE ? little : big;
	const uint8_t *end = search->window + search->len;
	size_t keep = MIN(search->len, (size_t)BTF_HEADER_MIN - 1);

	for (const uint8_t *at = search->window; !search->found->btf; at++) {
		struct err *e;

		at = memmem(at, (size_t)(end - at), magic, sizeof(little));
		if (!at || end - at < BTF_HEADER_MIN)
			break;
		e = try_header(search, at);
		if (e)
			return e;
	}
	memmove(search->window, end - keep, keep);
	search->vaddr += search->len - keep;
	search->len = keep;
	return NULL;
}

static struct err *search_run(struct search *search, uint64_t vaddr, uint64_t paddr,
			      uint64_t run_bytes)
{
	if (search->vaddr + search->len != vaddr) {
		search->vaddr = vaddr;
		search->len = 0;
	}
	while (run_bytes && !search->found->btf) {
		size_t n = (size_t)MIN(run_bytes, (uint64_t)CHUNK_BYTES);
		struct err *e = mem_read(search->vtop->source, paddr, search->window + search->len,
					 n, MEM_SEQUENTIAL);

		if (e && err_code(e) == ERR_NOMEM)
			return e;
		if (e) {
			err_free(e);
			search->vaddr = vaddr + n;
			search->len = 0;
		} else {
			search->len += n;
			e = search_window(search);
			if (e)
				return e;
		}
		vaddr += n;
		paddr += n;
		run_bytes -= n;
	}
	return NULL;
}

static struct err *search_image(struct search *search)
{
	const struct vtop *vtop = search->vtop;
	uint64_t searched = 0;

	for (uint64_t vaddr = vtop->image_start;
	     vaddr < vtop->image_end && searched < SEARCH_BYTES_MAX && !search->found->btf;) {
		uint64_t run_bytes = CHUNK_BYTES;
		uint64_t paddr;
		struct err *e = vtop_translate(vtop, vaddr, &paddr, &run_bytes);

		run_bytes = MIN(run_bytes, vtop->image_end - vaddr);
		if (!e) {
			searched += run_bytes;
			e = search_run(search, vaddr, paddr, run_bytes);
			if (e)
				return e;
		} else if (err_code(e) == ERR_NOMEM) {
			return e;
		}
		err_free(e);
		vaddr += run_bytes;
	}
	return NULL;
}

struct err *kernel_btf_search(const struct vtop *vtop, struct kernel_btf *ret_btf)
{
	struct kernel_btf found = { .bytes = NULL };
	struct search *search = calloc(1, sizeof(*search));
	struct err *e;

	if (!search)
		return err_nomem();
	search->vtop = vtop;
	search->found = &found;
	e = search_image(search);
	free(search);
	if (e)
		return e;
	if (!found.btf)
		return err_new(ERR_NODATA, "there is no BTF in the kernel image");
	*ret_btf = found;
	return NULL;
}
