/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finding one's way in an ELF file that libelf opened: what the readers of symbols and of call
 * stubs share.
 */
#ifndef VMTOOL_SYMBOL_ELFWALK_H
#define VMTOOL_SYMBOL_ELFWALK_H

#include <gelf.h>
#include <stdbool.h>
#include <stdint.h>

/* By name, or by type where @name is NULL; *ret_header is its header. NULL: there is none. */
Elf_Scn *elf_find_section(Elf *elf, const char *name, uint32_t type, GElf_Shdr *ret_header);

/* Where in the file the byte at @address lies, by the program headers. False: nowhere. */
bool elf_file_offset(Elf *elf, uint64_t address, uint64_t *ret_offset);

#endif
