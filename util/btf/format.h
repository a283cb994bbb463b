/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BTF as it lies in memory, for what reads it (types.c, btf.c) and what makes it (fromdwarf.c):
 * Documentation/bpf/btf.rst of the kernel. Values that only the reader meets are with it.
 */
#ifndef VMTOOL_BTF_FORMAT_H
#define VMTOOL_BTF_FORMAT_H

enum {
	BTF_MAGIC = 0xeb9f,
	BTF_VERSION = 1,

	/* Of the word behind a type's name: how many members in its low half, the flag on top. */
	BTF_KIND_SHIFT = 24,
	BTF_FLAG_SHIFT = 31,
};

enum btf_kind {
	BTF_KIND_INT = 1,
	BTF_KIND_PTR = 2,
	BTF_KIND_ARRAY = 3,
	BTF_KIND_STRUCT = 4,
	BTF_KIND_UNION = 5,
	BTF_KIND_ENUM = 6,
	BTF_KIND_TYPEDEF = 8,
	BTF_KIND_VOLATILE = 9,
	BTF_KIND_CONST = 10,
	BTF_KIND_RESTRICT = 11,
	BTF_KIND_FUNC_PROTO = 13,
	BTF_KIND_VAR = 14,
	BTF_KIND_DATASEC = 15,
	BTF_KIND_FLOAT = 16,
	BTF_KIND_DECL_TAG = 17,
	BTF_KIND_TYPE_TAG = 18,
	BTF_KIND_ENUM64 = 19,
	BTF_KIND_LAST = BTF_KIND_ENUM64,
};

#endif
