/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages of a kdump-compressed file: from a page's descriptor to its bytes. Every page may be
 * compressed by a codec of its own, and any codec this vmtool was built with is understood.
 *
 * Threads: several may use one reader at the same time; each takes a bench of decompressors for
 * itself while it works, and as many are made as there are threads at work.
 */
#ifndef VMTOOL_IMAGE_KDUMPPAGE_H
#define VMTOOL_IMAGE_KDUMPPAGE_H

#include <stdint.h>

#include "util/base/cleanup.h"
#include "util/image/kdumpheader.h"
#include "util/mem/file.h"

struct kdump_pages;

/*
 * @nr descriptors at @offset, as kdump_desc_load() takes them. One of which a cut stream has only a
 * part is all zeros, as those are of which it has nothing: its page was lost.
 */
must_check struct err *kdump_descs_read(struct mem_file *file, uint64_t offset, size_t nr,
					enum mem_access access, uint8_t *bytes);

/* @file is borrowed, and must outlive what is made. */
must_check struct err *kdump_pages_new(struct mem_file *file, uint64_t page_size,
				       struct kdump_pages **ret_pages);
void kdump_pages_free(struct kdump_pages *pages);
DEFINE_GUARD(kdump_pages, struct kdump_pages *, kdump_pages_free)

/*
 * Can there be such a page? ERR_NODATA: it was lost when the dump was made (offset 0), or the file
 * ends before it; ERR_FORMAT: no writer means this; ERR_UNSUPPORTED: its codec is not built in.
 */
must_check struct err *kdump_desc_check(const struct kdump_pages *pages,
					const struct kdump_desc *desc);

/* The page's bytes, page_size of them. Errors as above; ERR_FORMAT also when unpacking fails. */
must_check struct err *kdump_page_read(struct kdump_pages *pages, const struct kdump_desc *desc,
				       enum mem_access access, void *page);

#endif
