// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/mem/source.h"

#include <string.h>

#include "util/base/checked.h"
#include "util/mem/cache.h"

void mem_view_release(struct mem_view *view)
{
	if (view->entry)
		cache_put(view->entry);
	*view = MEM_VIEW_INIT;
}

static struct err *gather(struct mem_source *source, uint64_t paddr, uint8_t *buf, size_t len,
			  enum mem_access access)
{
	while (len) {
		guard(mem_view) struct mem_view view = MEM_VIEW_INIT;
		struct err *e = mem_view(source, paddr, len, access, &view);

		if (e)
			return e;
		memcpy(buf, view.data, view.len);
		buf += view.len;
		paddr += view.len;
		len -= view.len;
	}
	return NULL;
}

static struct err *check_wrap(uint64_t paddr, size_t len)
{
	uint64_t end;

	if (add_u64(paddr, len, &end))
		return NULL;
	return err_new(ERR_NODATA, "%zu bytes at physical address %#llx wrap around", len,
		       (unsigned long long)paddr);
}

struct err *mem_read(struct mem_source *source, uint64_t paddr, void *buf, size_t len,
		     enum mem_access access)
{
	struct err *e = check_wrap(paddr, len);

	return e ? e : gather(source, paddr, buf, len, access);
}
