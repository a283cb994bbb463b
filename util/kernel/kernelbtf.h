/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The BTF of the kernel itself inside a dump. It is read-only data of the kernel image, so it is in
 * dumps of every level. Symbols say where since 5.7 (__start_BTF, 90ceddcb4950), and symbols can be
 * had since 6.0 (util/kernel/kallsyms.h); otherwise the mapped kernel image is searched for its
 * header.
 */
#ifndef VMTOOL_KERNEL_KERNELBTF_H
#define VMTOOL_KERNEL_KERNELBTF_H

#include <stddef.h>
#include <stdint.h>

#include "util/btf/btf.h"
#include "util/kernel/vtop.h"

struct kernel_btf {
	uint8_t *bytes;
	struct btf *btf;
	uint64_t vaddr; /* of its first byte in the kernel */
};

void kernel_btf_release(struct kernel_btf *btf);

/*
 * The BTF in virtual addresses [start, end). ERR_NODATA, ERR_FORMAT, ERR_UNSUPPORTED: none there.
 */
must_check struct err *kernel_btf_read(const struct vtop *vtop, uint64_t start, uint64_t end,
				       struct kernel_btf *ret_btf);

/* Search the kernel image. ERR_NODATA: nothing like it was found. */
must_check struct err *kernel_btf_search(const struct vtop *vtop, struct kernel_btf *ret_btf);

#endif
