// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/elfhead.h"

#include <elf.h>
#include <string.h>

static struct err *put(struct elf_head *head, const void *buf, size_t len, uint64_t offset)
{
	size_t written;

	return head->sink->ops->pwrite(head->sink, buf, len, offset, &written);
}

static uint64_t table_end(const struct elf_class *class, uint64_t phdrs_nr)
{
	return class->ehdr_bytes + phdrs_nr * class->phdr_bytes;
}

uint64_t elf_head_bytes(const struct elf_class *class, uint64_t phdrs_max)
{
	return table_end(class, phdrs_max) + (phdrs_max < PN_XNUM ? 0 : class->shdr_bytes);
}

struct err *elf_head_put(struct elf_head *head, uint32_t flags)
{
	const struct elf_class *class = head->class;
	enum byte_order order = head->order;
	bool many = head->phdrs_max >= PN_XNUM;
	uint8_t header[ELF_EHDR_MAX] = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3 };

	header[EI_CLASS] = class->ident;
	header[EI_DATA] = order == ORDER_BIG ? ELFDATA2MSB : ELFDATA2LSB;
	header[EI_VERSION] = EV_CURRENT;
	/* These three have the same place in both classes. */
	store_u16(header + offsetof(Elf64_Ehdr, e_type), ET_CORE, order);
	store_u16(header + offsetof(Elf64_Ehdr, e_machine), head->machine, order);
	store_u32(header + offsetof(Elf64_Ehdr, e_version), EV_CURRENT, order);
	elf_store_word(class, header + class->e_phoff, class->ehdr_bytes, order);
	store_u32(header + class->e_flags, flags, order);
	store_u16(header + class->e_ehsize, class->ehdr_bytes, order);
	store_u16(header + class->e_phentsize, class->phdr_bytes, order);
	store_u16(header + class->e_phnum, (uint16_t)(many ? PN_XNUM : head->phdrs_max), order);
	if (many) {
		elf_store_word(class, header + class->e_shoff, table_end(class, head->phdrs_max),
			       order);
		store_u16(header + class->e_shentsize, class->shdr_bytes, order);
		store_u16(header + class->e_shnum, 1, order);
	}
	return put(head, header, class->ehdr_bytes, 0);
}

struct err *elf_head_put_section(struct elf_head *head)
{
	const struct elf_class *class = head->class;
	uint8_t header[ELF_SHDR_MAX] = { 0 };

	if (head->phdrs_max < PN_XNUM)
		return NULL;
	elf_store_word(class, header + class->sh_size, 1, head->order);
	store_u32(header + class->sh_info, (uint32_t)head->phdrs_max, head->order);
	return put(head, header, class->shdr_bytes, table_end(class, head->phdrs_max));
}

bool elf_head_is_full(const struct elf_head *head)
{
	return head->held_nr == ELF_HELD_NR;
}

void elf_head_hold(struct elf_head *head, const struct elf_phdr *phdr)
{
	const struct elf_class *class = head->class;
	enum byte_order order = head->order;
	uint8_t *to = head->held + head->held_nr * class->phdr_bytes;

	memset(to, 0, class->phdr_bytes);
	store_u32(to + class->p_type, phdr->type, order);
	store_u32(to + class->p_flags, phdr->flags, order);
	elf_store_word(class, to + class->p_offset, phdr->offset, order);
	elf_store_word(class, to + class->p_vaddr, phdr->vaddr, order);
	elf_store_word(class, to + class->p_paddr, phdr->paddr, order);
	elf_store_word(class, to + class->p_filesz, phdr->file_size, order);
	elf_store_word(class, to + class->p_memsz, phdr->mem_size, order);
	head->phdrs_nr++;
	head->held_nr++;
}

struct err *elf_head_flush(struct elf_head *head)
{
	size_t nr = head->held_nr;

	head->held_nr = 0;
	return put(head, head->held, nr * head->class->phdr_bytes,
		   table_end(head->class, head->phdrs_nr - nr));
}

void elf_head_forget(struct elf_head *head, uint64_t good_end)
{
	const struct elf_class *class = head->class;
	enum byte_order order = head->order;

	for (size_t i = 0; i < head->held_nr; i++) {
		uint8_t *phdr = head->held + i * class->phdr_bytes;
		uint64_t offset = elf_load_word(class, phdr + class->p_offset, order);
		uint64_t size = elf_load_word(class, phdr + class->p_filesz, order);

		if (offset + size <= good_end)
			continue;
		size = offset < good_end ? good_end - offset : 0;
		if (!size)
			memset(phdr, 0, class->phdr_bytes);
		/* Nor is the rest memory that was left out. */
		elf_store_word(class, phdr + class->p_filesz, size, order);
		elf_store_word(class, phdr + class->p_memsz, size, order);
	}
}

struct err *elf_head_fill(struct elf_head *head)
{
	uint64_t from = table_end(head->class, head->phdrs_nr);

	return head->sink->ops->put_zeros(head->sink, from,
					  table_end(head->class, head->phdrs_max) - from);
}

struct err *elf_head_mark_incomplete(struct sink *sink)
{
	uint8_t header[ELF_EHDR_MAX];
	const struct elf_class *class;
	enum byte_order order;
	uint8_t *flags;
	size_t written;
	struct err *e = sink->ops->pread(sink, header, sizeof(header), 0);

	if (e || memcmp(header, ELFMAG, SELFMAG) != 0)
		return e;
	class = elf_class_of(header[EI_CLASS]);
	if (!class)
		return NULL;
	order = header[EI_DATA] == ELFDATA2MSB ? ORDER_BIG : ORDER_LITTLE;
	flags = header + class->e_flags;
	store_u32(flags, load_u32(flags, order) | ELF_FLAG_INCOMPLETE, order);
	return sink->ops->pwrite(sink, flags, sizeof(uint32_t), class->e_flags, &written);
}
