/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Symbols of a kernel: from /proc/kallsyms of the running one (or a copy of it), or from the text a
 * recording carries (PERFDATA_SECTION_KERNEL_SYMBOLS).
 */
#ifndef VMTOOL_SYMBOL_KALLSYMS_H
#define VMTOOL_SYMBOL_KALLSYMS_H

#include <stddef.h>
#include <stdint.h>

#include "util/symbol/symtab.h"

/*
 * Lines "ffffffff81000000 T _text[\t[module]]". Functions and data, as perf has them. ERR_NODATA:
 * all addresses are zero, they are hidden from us (kernel.kptr_restrict).
 *
 * *ret_text: the address of _text (_stext where there is none), 0 when neither is there.
 */
must_check struct err *kallsyms_read(int dir_fd, const char *path, struct symtab *ret_tab,
				     uint64_t *ret_text);

/* Only where _text is, without reading on: cheap. 0: not found, or hidden. */
must_check struct err *kallsyms_text(int dir_fd, const char *path, uint64_t *ret_text);

/* Lines "<start hex> <end hex> <module or -> <name>" of a recording. */
must_check struct err *kallsyms_parse_stored(const char *text, size_t len, struct symtab *ret_tab);

#endif
