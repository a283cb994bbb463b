/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The headers of ELF files of both classes: how long they are, where their fields stand and how
 * wide those are that hold an offset, an address or a size. What the fields mean is in <elf.h>.
 */
#ifndef VMTOOL_IMAGE_ELFCLASS_H
#define VMTOOL_IMAGE_ELFCLASS_H

#include <stdint.h>

#include "util/base/endian.h"

struct elf_class {
	uint8_t ident; /* ELFCLASS* */
	uint8_t address_bits;
	uint64_t word_max; /* the largest offset, address or size */
	uint8_t ehdr_bytes, phdr_bytes, shdr_bytes;
	uint8_t e_phoff, e_shoff, e_flags, e_ehsize, e_phentsize, e_phnum, e_shentsize, e_shnum;
	uint8_t sh_size, sh_info;
	uint8_t p_type, p_flags, p_offset, p_vaddr, p_paddr, p_filesz, p_memsz;
};

enum { ELF_EHDR_MAX = 64, ELF_PHDR_MAX = 56, ELF_SHDR_MAX = 64 };

/*
 * More program headers are not believed, and not written. A fragmented machine's -E file at level
 * 31 has one for each run of kept pages: some hundreds a 4 GiB guest, millions a large machine that
 * was up for long.
 */
enum { ELF_PHDRS_MAX = 1 << 24 };

/* In e_flags, of makedumpfile -E and of ours; other writers leave e_flags 0. */
enum { ELF_FLAG_INCOMPLETE = 1 };

/* Of EI_CLASS; NULL: there is no such class. */
const struct elf_class *elf_class_of(uint8_t ident);

/* Of addresses of 32 or 64 bits. */
const struct elf_class *elf_class_for(unsigned int address_bits);

/* A field that is as wide as the class, at @at. */
uint64_t elf_load_word(const struct elf_class *elf_class, const uint8_t *at, enum byte_order order);

/* @value is at most word_max. */
void elf_store_word(const struct elf_class *elf_class, uint8_t *at, uint64_t value,
		    enum byte_order order);

#endif
