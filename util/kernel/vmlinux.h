/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The vmlinux of a kernel that the user brings along: an ELF file with types (DWARF, or else the
 * BTF in its section .BTF) and a symbol table. It is believed only of the very kernel
 * (util/kernel/samebuild.h), and what it says is weighed against what the image says
 * (util/kernel/layout.h).
 */
#ifndef VMTOOL_KERNEL_VMLINUX_H
#define VMTOOL_KERNEL_VMLINUX_H

#include <stddef.h>

#include "util/base/cleanup.h"
#include "util/btf/btf.h"
#include "util/kernel/kallsyms.h"
#include "util/kernel/vmcoreinfo.h"
#include "util/symbol/buildid.h"

struct vmlinux;

/* ERR_FORMAT: no ELF file, or nothing in it says which kernel it is. */
must_check struct err *vmlinux_open(const char *path, struct vmlinux **ret_vmlinux);

void vmlinux_close(struct vmlinux *vmlinux);
DEFINE_GUARD(vmlinux, struct vmlinux *, vmlinux_close)

const char *vmlinux_path(const struct vmlinux *vmlinux);

/* uname -r; "" where it has no banner. */
const char *vmlinux_release(const struct vmlinux *vmlinux);

/*
 * Does a banner of it end with @version (uname -v)? One that fills its field of @field_bytes may go
 * on there. @own: the version of the last banner looked at, "" when there is none.
 */
must_check struct err *vmlinux_has_version(const struct vmlinux *vmlinux, const char *version,
					   size_t field_bytes, struct str *own, bool *ret_has);

/* EM_*; EM_NONE where libelf makes nothing of it. */
uint16_t vmlinux_machine(const struct vmlinux *vmlinux);

/* Length 0: it has none. */
const struct build_id *vmlinux_build_id(const struct vmlinux *vmlinux);

/*
 * The types named in @names, those it has. The BTF lives as long as @vmlinux. ERR_NODATA,
 * ERR_UNSUPPORTED, ERR_FORMAT: there are none to be had; the message says why. *ret_from: "DWARF"
 * or "BTF". *ret_why_not: why not DWARF, NULL where it is.
 */
must_check struct err *vmlinux_types(struct vmlinux *vmlinux, const char *const *names,
				     size_t names_nr, const struct btf **ret_btf,
				     const char **ret_from, struct err **ret_why_not);

/* A symbol as linked. */
struct vmlinux_symbol {
	const char *name;
	bool found; /* what follows is valid */
	uint64_t value;
	uint16_t section; /* SHN_ABS and the like: of none */
};

/*
 * Look @nr names up. A name that is not there, or there more than once with different values, stays
 * not found. ERR_NODATA: no symbol table; ERR_FORMAT: one larger than any kernel's.
 */
must_check struct err *vmlinux_linked(const struct vmlinux *vmlinux, struct vmlinux_symbol *wanted,
				      size_t nr);

/*
 * Look @nr names up: where they were when the kernel ran. A name that is not there, or there more
 * than once with different values, stays not found. ERR_NODATA: no symbol table, or it is not known
 * where the kernel was loaded; ERR_FORMAT: @info contradicts itself about that.
 */
must_check struct err *vmlinux_symbols(const struct vmlinux *vmlinux, const struct vmcoreinfo *info,
				       struct kallsyms_wanted *wanted, size_t nr);

#endif
