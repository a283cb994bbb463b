/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The vmlinux of a kernel that the user brings along: an ELF file with types (DWARF, or else the BTF
 * in its section .BTF) and a symbol table. It is believed only of the very kernel, and what it says
 * is weighed against what the image says (util/kernel/layout.h).
 */
#ifndef VMTOOL_KERNEL_VMLINUX_H
#define VMTOOL_KERNEL_VMLINUX_H

#include <stddef.h>

#include "util/base/cleanup.h"
#include "util/btf/btf.h"
#include "util/kernel/kallsyms.h"
#include "util/kernel/vmcoreinfo.h"

struct vmlinux;

/* ERR_FORMAT: no ELF file, or nothing in it says which kernel it is. */
must_check struct err *vmlinux_open(const char *path, struct vmlinux **ret_vmlinux);

void vmlinux_close(struct vmlinux *vmlinux);
DEFINE_GUARD(vmlinux, struct vmlinux *, vmlinux_close)

/*
 * Is it of the kernel whose uname -r is @release ("": not known) and which wrote @info (NULL: none)?
 * ERR_MISMATCH: it is another one, or another build of it (BUILD-ID, 0935288c6e00). ERR_FORMAT: that
 * cannot be told.
 */
must_check struct err *vmlinux_check(const struct vmlinux *vmlinux, const char *release,
				     const struct vmcoreinfo *info);

/*
 * The types named in @names, those it has. The BTF lives as long as @vmlinux. ERR_NODATA,
 * ERR_UNSUPPORTED, ERR_FORMAT: there are none to be had; the message says why. *ret_from: "DWARF" or
 * "BTF". *ret_why_not: why not DWARF, NULL where it is.
 */
must_check struct err *vmlinux_types(struct vmlinux *vmlinux, const char *const *names,
				     size_t names_nr, const struct btf **ret_btf,
				     const char **ret_from, struct err **ret_why_not);

/*
 * Look @nr names up: where they were when the kernel ran. A name that is not there, or there more
 * than once with different values, stays not found. ERR_NODATA: no symbol table, or it is not known
 * where the kernel was loaded; ERR_FORMAT: @info contradicts itself about that.
 */
must_check struct err *vmlinux_symbols(const struct vmlinux *vmlinux, const struct vmcoreinfo *info,
				       struct kallsyms_wanted *wanted, size_t nr);

#endif
