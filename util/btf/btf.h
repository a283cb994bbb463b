/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Types as the kernel describes its own (BPF Type Format, Documentation/bpf/btf.rst), from any
 * bytes: /sys/kernel/btf/vmlinux or a section of a dump. The bytes are the caller's and must
 * outlive what is returned; they are checked as they are walked. Little-endian.
 */
#ifndef VMTOOL_BTF_BTF_H
#define VMTOOL_BTF_BTF_H

#include <stddef.h>
#include <stdint.h>

#include "util/base/err.h"

/*
 * Calls @each for every enumerator of `enum name`, in the order of the declaration. ERR_NODATA:
 * there is no such enum. An error of @each ends the walk and is returned.
 */
must_check struct err *btf_enum(const uint8_t *btf, size_t len, const char *name,
				struct err *(*each)(void *context, const char *name, int64_t value),
				void *context);

#endif
