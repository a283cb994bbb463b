/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What types say to a key of VMCOREINFO: sizes, offsets and lengths as they are, numbers by way of
 * the enumerator they are made of. Types are BTF, or DWARF made into BTF (util/btf/fromdwarf.h).
 *
 * ERR_NODATA: there is no such type, member or enumerator. ERR_FORMAT: there is, but it has no such
 * value.
 */
#ifndef VMTOOL_KERNEL_TYPEFACT_H
#define VMTOOL_KERNEL_TYPEFACT_H

#include <stdint.h>

#include "util/btf/btf.h"

/* @key is SIZE(struct), OFFSET(struct.member) or LENGTH(struct.member). */
must_check struct err *typefact_unsigned(const struct btf *btf, const char *key,
					 uint64_t *ret_value);

/* NUMBER(name) */
must_check struct err *typefact_number(const struct btf *btf, const char *name, int64_t *ret_value);

#endif
