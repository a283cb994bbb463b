/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VMCOREINFO made of a vmlinux alone, as makedumpfile -g -x makes it: of the keys that the kernel
 * writes (kernel/vmcore_info.c, up to 6.8 crash_core.c, and arch/.../vmcore_info.c) those a vmlinux
 * has the values of. What is known only once the kernel runs is not among them: phys_base,
 * KERNELOFFSET, how many levels page tables have, where mem_section was allocated.
 */
#ifndef VMTOOL_KERNEL_MAKEINFO_H
#define VMTOOL_KERNEL_MAKEINFO_H

#include "util/base/notes.h"
#include "util/base/str.h"
#include "util/kernel/vmlinux.h"

/*
 * Add the lines to @text, those of symbols with the addresses they were linked at. What of it could
 * not be had is a remark. ERR_NODATA: it has neither types nor symbols, or no banner.
 */
must_check struct err *makeinfo(struct vmlinux *vmlinux, struct str *text, struct notes *notes);

#endif
