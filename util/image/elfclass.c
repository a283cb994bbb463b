// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/image/elfclass.h"

#include <elf.h>
#include <stddef.h>

#include "util/base/macros.h"

#define ELF_CLASS(bits)                                                                            \
	{                                                                                          \
		.ident = ELFCLASS##bits, .address_bits = bits, .word_max = UINT##bits##_MAX,       \
		.ehdr_bytes = sizeof(Elf##bits##_Ehdr), .phdr_bytes = sizeof(Elf##bits##_Phdr),    \
		.shdr_bytes = sizeof(Elf##bits##_Shdr),                                            \
		.e_phoff = offsetof(Elf##bits##_Ehdr, e_phoff),                                    \
		.e_shoff = offsetof(Elf##bits##_Ehdr, e_shoff),                                    \
		.e_flags = offsetof(Elf##bits##_Ehdr, e_flags),                                    \
		.e_ehsize = offsetof(Elf##bits##_Ehdr, e_ehsize),                                  \
		.e_phentsize = offsetof(Elf##bits##_Ehdr, e_phentsize),                            \
		.e_phnum = offsetof(Elf##bits##_Ehdr, e_phnum),                                    \
		.e_shentsize = offsetof(Elf##bits##_Ehdr, e_shentsize),                            \
		.e_shnum = offsetof(Elf##bits##_Ehdr, e_shnum),                                    \
		.sh_size = offsetof(Elf##bits##_Shdr, sh_size),                                    \
		.sh_info = offsetof(Elf##bits##_Shdr, sh_info),                                    \
		.p_type = offsetof(Elf##bits##_Phdr, p_type),                                      \
		.p_flags = offsetof(Elf##bits##_Phdr, p_flags),                                    \
		.p_offset = offsetof(Elf##bits##_Phdr, p_offset),                                  \
		.p_vaddr = offsetof(Elf##bits##_Phdr, p_vaddr),                                    \
		.p_paddr = offsetof(Elf##bits##_Phdr, p_paddr),                                    \
		.p_filesz = offsetof(Elf##bits##_Phdr, p_filesz),                                  \
		.p_memsz = offsetof(Elf##bits##_Phdr, p_memsz),                                    \
	}

static const struct elf_class classes[] = { ELF_CLASS(32), ELF_CLASS(64) };

_Static_assert(ELF_EHDR_MAX == sizeof(Elf64_Ehdr), "the larger of both");
_Static_assert(ELF_PHDR_MAX == sizeof(Elf64_Phdr), "the larger of both");
_Static_assert(ELF_SHDR_MAX == sizeof(Elf64_Shdr), "the larger of both");

const struct elf_class *elf_class_of(uint8_t ident)
{
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		if (classes[i].ident == ident)
			return &classes[i];
	return NULL;
}

const struct elf_class *elf_class_for(unsigned int address_bits)
{
	return &classes[address_bits == 64];
}

uint64_t elf_load_word(const struct elf_class *elf_class, const uint8_t *at, enum byte_order order)
{
	return elf_class->address_bits == 64 ? load_u64(at, order) : load_u32(at, order);
}

void elf_store_word(const struct elf_class *elf_class, uint8_t *at, uint64_t value,
		    enum byte_order order)
{
	if (elf_class->address_bits == 64)
		store_u64(at, value, order);
	else
		store_u32(at, (uint32_t)value, order);
}
