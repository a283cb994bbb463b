/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Xen hypervisor in the memory image of its host, as far as a filter needs it: whose each page
 * frame of the machine is. Everything comes from the image: the VMCOREINFO_XEN note
 * (xen/common/kexec.c), the note with what Xen said when it crashed (crash_xen_info_t,
 * xen/include/xen/elfcore.h), Xen's own page tables, its list of domains and its frame table.
 * x86_64 only.
 *
 * Nothing is taken on trust that can be tried: Xen's page tables must map themselves, the
 * structures of domains must lie in pages that the frame table calls Xen's heap, the frame table
 * must reach as far as memory does (it does not where Xen leaves holes of the address space out of
 * it), and its free pages must form blocks.
 */
#ifndef VMTOOL_KERNEL_XEN_H
#define VMTOOL_KERNEL_XEN_H

#include <stdint.h>

#include "util/base/cleanup.h"
#include "util/image/image.h"
#include "util/kernel/pagescan.h"

struct xen;

/*
 * @image must outlive *ret_xen. ERR_INTERRUPTED: the image's stop_fd has become readable. Any other
 * error but ERR_NOMEM says why pages cannot be told apart.
 */
must_check struct err *xen_open(struct image *image, struct xen **ret_xen);

void xen_free(struct xen *xen);
DEFINE_GUARD(xen, struct xen *, xen_free)

/*
 * Classify page frames [first, end) as pagescan_walk() does. Classes are those of
 * xen_page_classify(), and PAGE_UNKNOWN where the frame table cannot be read.
 */
must_check struct err *xen_walk(const struct xen *xen, uint64_t first, uint64_t end,
				pagescan_fn *fn, void *ctx);

#endif
