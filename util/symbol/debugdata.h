/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The section .gnu_debugdata: a small ELF file, packed by xz, that keeps the symbol table of a
 * program that was stripped, without what its dynamic symbols already name. Fedora's and RHEL's
 * programs have one.
 */
#ifndef VMTOOL_SYMBOL_DEBUGDATA_H
#define VMTOOL_SYMBOL_DEBUGDATA_H

#include <stddef.h>
#include <stdint.h>

#include "util/base/err.h"

/*
 * *ret_image: the ELF file, to free(). ERR_FORMAT: no xz, or more than any program's symbols take;
 * ERR_UNSUPPORTED: built without lzma.
 */
must_check struct err *debugdata_unpack(const uint8_t *data, size_t len, char **ret_image,
					size_t *ret_len);

#endif
