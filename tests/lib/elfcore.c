// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/elfcore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/checked.h"

void elfcore_init(struct elfcore *core)
{
	*core = (struct elfcore){
		.ehdr = {
			.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_CORE,
			.e_machine = EM_X86_64,
			.e_version = EV_CURRENT,
			.e_phoff = sizeof(Elf64_Ehdr),
			.e_ehsize = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr),
		},
		.order = ORDER_LITTLE,
		.bytes = calloc(1, ELFCORE_BYTES_MAX),
	};
	if (!core->bytes)
		abort();
}

void elfcore_release(struct elfcore *core)
{
	free(core->bytes);
}

void elfcore_segment(struct elfcore *core, uint32_t type, uint64_t paddr, uint64_t offset,
		     uint64_t file_size, uint64_t mem_size)
{
	if (core->phdrs_nr == ELFCORE_PHDRS_MAX)
		abort();
	core->phdr[core->phdrs_nr++] = (Elf64_Phdr){
		.p_type = type,
		.p_offset = offset,
		.p_paddr = paddr,
		.p_filesz = file_size,
		.p_memsz = mem_size,
	};
}

void elfcore_put(struct elfcore *core, uint64_t offset, const void *bytes, size_t len)
{
	if (offset + len > ELFCORE_BYTES_MAX)
		abort();
	memcpy(core->bytes + offset, bytes, len);
	core->size = MAX(core->size, (size_t)offset + len);
}

uint64_t elfcore_note(struct elfcore *core, uint64_t offset, const char *name, uint32_t type,
		      const void *desc, uint32_t desc_size)
{
	uint32_t name_size = (uint32_t)strlen(name) + 1;
	uint8_t header[12];
	uint64_t desc_at = offset + sizeof(header) + align_up_u64(name_size, 4);

	store_u32(header, name_size, core->order);
	store_u32(header + 4, desc_size, core->order);
	store_u32(header + 8, type, core->order);
	elfcore_put(core, offset, header, sizeof(header));
	elfcore_put(core, offset + sizeof(header), name, name_size);
	elfcore_put(core, desc_at, desc, desc_size);
	offset = align_up_u64(desc_at + desc_size, 4);
	core->size = MAX(core->size, (size_t)offset);
	return offset;
}

static void put_phdr(struct elfcore *core, uint64_t at, const Elf64_Phdr *phdr)
{
	uint8_t raw[sizeof(Elf64_Phdr)] = { 0 };

	store_u32(raw + offsetof(Elf64_Phdr, p_type), phdr->p_type, core->order);
	store_u64(raw + offsetof(Elf64_Phdr, p_offset), phdr->p_offset, core->order);
	store_u64(raw + offsetof(Elf64_Phdr, p_paddr), phdr->p_paddr, core->order);
	store_u64(raw + offsetof(Elf64_Phdr, p_filesz), phdr->p_filesz, core->order);
	store_u64(raw + offsetof(Elf64_Phdr, p_memsz), phdr->p_memsz, core->order);
	elfcore_put(core, at, raw, sizeof(raw));
}

void elfcore_write(struct elfcore *core, const char *path, size_t size)
{
	const Elf64_Ehdr *ehdr = &core->ehdr;
	uint16_t phnum = ehdr->e_phnum ? ehdr->e_phnum : (uint16_t)core->phdrs_nr;
	uint8_t raw[sizeof(Elf64_Ehdr)] = { 0 };
	FILE *file = fopen(path, "w");

	memcpy(raw, ehdr->e_ident, EI_NIDENT);
	store_u16(raw + offsetof(Elf64_Ehdr, e_type), ehdr->e_type, core->order);
	store_u16(raw + offsetof(Elf64_Ehdr, e_machine), ehdr->e_machine, core->order);
	store_u64(raw + offsetof(Elf64_Ehdr, e_phoff), ehdr->e_phoff, core->order);
	store_u64(raw + offsetof(Elf64_Ehdr, e_shoff), ehdr->e_shoff, core->order);
	store_u16(raw + offsetof(Elf64_Ehdr, e_phentsize), ehdr->e_phentsize, core->order);
	store_u16(raw + offsetof(Elf64_Ehdr, e_phnum), phnum, core->order);
	elfcore_put(core, 0, raw, sizeof(raw));
	for (size_t i = 0; i < core->phdrs_nr; i++)
		if (ehdr->e_phoff <= ELFCORE_BYTES_MAX - sizeof(core->phdr))
			put_phdr(core,
				 ehdr->e_phoff + i * MAX(ehdr->e_phentsize, sizeof(Elf64_Phdr)),
				 &core->phdr[i]);

	size = size ? size : core->size;
	if (!file || fwrite(core->bytes, 1, size, file) != size || fclose(file))
		abort();
}
