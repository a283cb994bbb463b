/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Physical memory, whatever it is stored in: "give me n bytes at this physical address". An image
 * format provides the operations; everything above reads memory through these calls and knows
 * neither file offsets nor compression.
 *
 * Errors a caller acts on: ERR_NODATA, the address is not in the image (a hole, beyond the end, or
 * cut off by truncation). Anything else means the image could not be read there.
 *
 * Threads: several may read one source at the same time. A view belongs to the thread that took it.
 */
#ifndef VMTOOL_MEM_SOURCE_H
#define VMTOOL_MEM_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"

struct cache_entry;

/* How the caller goes through memory; a hint for what to fetch, never a matter of correctness. */
enum mem_access {
	MEM_RANDOM,	/* a lookup: page tables, one structure. Fetches and keeps a page. */
	MEM_SEQUENTIAL, /* a walk in ascending order. Fetches a whole window ahead. */
};

/* Bytes pinned in a cache; they stay valid and unchanged until mem_view_release(). */
struct mem_view {
	const uint8_t *data;
	size_t len;
	struct cache_entry *entry; /* the pin; NULL in an empty view */
};

#define MEM_VIEW_INIT ((struct mem_view){ .len = 0 })

struct mem_source;

struct mem_source_ops {
	/*
	 * Pin the bytes at @paddr: at least one, at most @len_max, as many as lie together. The
	 * caller asks again for the rest.
	 */
	struct err *(*view)(struct mem_source *source, uint64_t paddr, size_t len_max,
			    enum mem_access access, struct mem_view *ret_view);

	/* As mem_next_data(); NULL: nothing is known. */
	uint64_t (*next_data)(struct mem_source *source, uint64_t paddr, uint64_t end);
};

struct mem_source {
	const struct mem_source_ops *ops;
};

must_check static inline struct err *mem_view(struct mem_source *source, uint64_t paddr,
					      size_t len_max, enum mem_access access,
					      struct mem_view *ret_view)
{
	return source->ops->view(source, paddr, len_max, access, ret_view);
}

/*
 * From where on [paddr, end) may be other than zeros; @end where it is nothing but a hole of the
 * file. A walk through memory that looks for something begins there: to read a hole takes as long
 * as to read data.
 */
static inline uint64_t mem_next_data(struct mem_source *source, uint64_t paddr, uint64_t end)
{
	return source->ops->next_data ? source->ops->next_data(source, paddr, end) : paddr;
}

void mem_view_release(struct mem_view *view);
DEFINE_GUARD_INPLACE(mem_view, struct mem_view, mem_view_release)

/* Copy exactly @len bytes at @paddr into @buf; @buf is undefined after an error. */
must_check struct err *mem_read(struct mem_source *source, uint64_t paddr, void *buf, size_t len,
				enum mem_access access);

#endif
