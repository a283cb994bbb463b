/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The types of BTF by number and by name, each taken apart; for the lookups of btf.c alone. Knows
 * where the bytes of a type are, and that they are there, but not what they mean.
 *
 * btf_new(), btf_free() and btf_probe() of btf.h are here, with its errors: nothing that the types
 * below point to lies outside of the bytes they were made of.
 */
#ifndef VMTOOL_BTF_TYPES_H
#define VMTOOL_BTF_TYPES_H

#include "util/btf/btf.h"
#include "util/btf/format.h"

enum {
	BTF_MEMBER_BYTES = 12,

	/* Typedefs of typedefs, structures in structures: kernels have less than ten. */
	BTF_DEPTH_MAX = 32,
};

/* One type, taken apart. */
struct btf_type {
	const uint8_t *extra; /* what follows its 12 bytes, and was checked to be there */
	const char *name;
	uint32_t kind;
	uint32_t members_nr;
	bool flag;
	uint32_t size_or_type;
};

/* Of all numbers in the bytes of types. */
enum byte_order btf_order(const struct btf *btf);

/* The string at @offset, which belongs to @btf; "" where there is none. */
const char *btf_name_at(const struct btf *btf, uint32_t offset);

static inline bool btf_is_struct(const struct btf_type *type)
{
	return type->kind == BTF_KIND_STRUCT || type->kind == BTF_KIND_UNION;
}

static inline bool btf_is_enum(const struct btf_type *type)
{
	return type->kind == BTF_KIND_ENUM || type->kind == BTF_KIND_ENUM64;
}

/* Type @number, counted from 1. ERR_FORMAT: there is none. */
must_check struct err *btf_type(const struct btf *btf, uint32_t number, struct btf_type *ret_type);

/* The type behind typedefs and qualifiers. ERR_FORMAT: there is none, or they lead in a circle. */
must_check struct err *btf_resolve(const struct btf *btf, uint32_t number,
				   struct btf_type *ret_type);

/*
 * The one type of this name, a structure, union or enum, of which @is says yes. @what is what
 * messages call it. ERR_NODATA: there is none; ERR_FORMAT: two that are not the same.
 */
must_check struct err *btf_find(const struct btf *btf, bool (*is)(const struct btf_type *),
				const char *what, const char *name, uint32_t *ret_number);

#endif
