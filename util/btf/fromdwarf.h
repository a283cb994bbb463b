/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A few types out of the DWARF of an ELF file, written down as BTF, so that whoever asks for types
 * has one way to do so (util/btf/btf.h). What is kept of a structure: its size, its members with
 * their offsets, those of anonymous structures inside among them, and of a member's type how long
 * an array it is. Of an enum: its enumerators. Definitions of one name that are not the same are
 * all there, and ambiguous for a reader of the BTF.
 *
 * DWARF is read by libdw, where vmtool was built with it.
 */
#ifndef VMTOOL_BTF_FROMDWARF_H
#define VMTOOL_BTF_FROMDWARF_H

#include <stddef.h>
#include <stdint.h>

#include "util/base/err.h"

/*
 * The structures, unions and enums named in @names, those there are, out of the open ELF file @fd.
 * *ret_bytes is BTF, little endian, and the caller's to free. ERR_NODATA: the file has no DWARF, or
 * none of these types; ERR_UNSUPPORTED: built without libdw; ERR_FORMAT: libdw cannot read it.
 */
must_check struct err *btf_from_dwarf(int fd, const char *const *names, size_t names_nr,
				      uint8_t **ret_bytes, size_t *ret_len);

#endif
