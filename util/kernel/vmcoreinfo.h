/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VMCOREINFO: the lines "KEY=value" a kernel writes about itself for dump tools
 * (Documentation/admin-guide/kdump/vmcoreinfo.rst in the kernel tree). Parsed once from a copy of
 * the text and looked up by key. Knows the spelling of the values, not what they mean.
 *
 * A key is absent, well-formed or malformed; the typed getters give ERR_NODATA for the first and
 * ERR_FORMAT for the last, with the key in the message, so that whoever needs it can decide.
 */
#ifndef VMTOOL_KERNEL_VMCOREINFO_H
#define VMTOOL_KERNEL_VMCOREINFO_H

#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"

struct vmcoreinfo;

/*
 * Symbols of which VMCOREINFO may have the address, and a vmlinux under the same name; the first is
 * _stext. Not mem_section, of which it has the value, nor node_online_map, a macro.
 */
enum { VMCOREINFO_LINKED_NR = 15 };
extern const char *const vmcoreinfo_linked[VMCOREINFO_LINKED_NR];

/*
 * Lines that are not KEY=value are ignored; of a key given twice the first line counts. The text
 * ends at @len or at a NUL. A last line without newline is ignored: the kernel cuts the text where
 * its page ends, and half a number is worse than none.
 */
must_check struct err *vmcoreinfo_parse(const char *text, size_t len, struct vmcoreinfo **ret_info);

void vmcoreinfo_free(struct vmcoreinfo *info);
DEFINE_GUARD(vmcoreinfo, struct vmcoreinfo *, vmcoreinfo_free)

/* The value's text, or NULL. Owned by @info. */
const char *vmcoreinfo_text(const struct vmcoreinfo *info, const char *key);

/* SYMBOL(name)=<hexadecimal address, no prefix> */
must_check struct err *vmcoreinfo_symbol(const struct vmcoreinfo *info, const char *name,
					 uint64_t *ret_vaddr);

/* KERNELOFFSET and the like: hexadecimal, no prefix. @key is the whole key. */
must_check struct err *vmcoreinfo_hexadecimal(const struct vmcoreinfo *info, const char *key,
					      uint64_t *ret_value);

/* SIZE(), OFFSET(), LENGTH() and PAGESIZE: unsigned decimal. @key is the whole key. */
must_check struct err *vmcoreinfo_unsigned(const struct vmcoreinfo *info, const char *key,
					   uint64_t *ret_value);

/* NUMBER(name)=<signed decimal, or hexadecimal with 0x> */
must_check struct err *vmcoreinfo_number(const struct vmcoreinfo *info, const char *name,
					 int64_t *ret_value);

#endif
