/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Symbols of a program or library, by libelf: the symbol table of its separate debug file, its own,
 * or the one packed inside it (debugdata.h) and its dynamic symbols. Addresses are offsets in the
 * file, which is what a mapping gives: no base address is needed to look one up.
 *
 * Files are hostile: libelf checks their structure, what it gives is checked again.
 */
#ifndef VMTOOL_SYMBOL_ELF_H
#define VMTOOL_SYMBOL_ELF_H

#include <stddef.h>
#include <stdint.h>

#include "util/symbol/buildid.h"
#include "util/symbol/symtab.h"

/*
 * @wanted, when known, must be the file's own, else ERR_NODATA: it is another build than the one
 * that ran. @debug_root: where debug files are, "/usr/lib/debug".
 */
must_check struct err *elf_symbols(const char *path, const struct build_id *wanted,
				   const char *debug_root, struct symtab *ret_tab);

/* The file's own; length 0 when it has none or cannot be read. */
void elf_build_id(const char *path, struct build_id *ret_id);

/* The same of an image in memory: the vdso. @data must stay while this runs. */
must_check struct err *elf_symbols_memory(const uint8_t *data, size_t len,
					  const struct build_id *wanted, struct symtab *ret_tab);

#endif
