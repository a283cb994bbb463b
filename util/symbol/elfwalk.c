// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/symbol/elfwalk.h"

#include <string.h>

Elf_Scn *elf_find_section(Elf *elf, const char *name, uint32_t type, GElf_Shdr *ret_header)
{
	Elf_Scn *section = NULL;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return NULL;
	while ((section = elf_nextscn(elf, section))) {
		const char *found;

		if (!gelf_getshdr(section, ret_header))
			continue;
		found = elf_strptr(elf, names, ret_header->sh_name);
		if (name ? found && !strcmp(found, name) : ret_header->sh_type == type)
			return section;
	}
	return NULL;
}

bool elf_file_offset(Elf *elf, uint64_t address, uint64_t *ret_offset)
{
	size_t nr;

	if (elf_getphdrnum(elf, &nr))
		return false;
	for (size_t i = 0; i < nr; i++) {
		GElf_Phdr header;

		if (!gelf_getphdr(elf, (int)i, &header) || header.p_type != PT_LOAD)
			continue;
		if (address >= header.p_vaddr && address - header.p_vaddr < header.p_memsz) {
			*ret_offset = address - header.p_vaddr + header.p_offset;
			return true;
		}
	}
	return false;
}
