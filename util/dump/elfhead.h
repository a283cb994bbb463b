/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands before the notes and the data of an ELF core file that is being written: the ELF
 * header, room for a number of program headers, and with PN_XNUM the section header that has this
 * number. The room is taken before it is known how much is needed; what is not used stays PT_NULL.
 *
 * Program headers are held until they are flushed, so that the data they describe can be in the
 * file before them. The table begins right behind the ELF header, because makedumpfile does not
 * look at e_phoff.
 */
#ifndef VMTOOL_DUMP_ELFHEAD_H
#define VMTOOL_DUMP_ELFHEAD_H

#include "util/dump/sink.h"
#include "util/image/elfclass.h"

enum { ELF_HELD_NR = 1024 };

struct elf_head {
	struct sink *sink; /* borrowed */
	const struct elf_class *class;
	enum byte_order order;
	uint16_t machine;

	uint64_t phdrs_max; /* there is room for */
	uint64_t phdrs_nr;  /* described so far */
	size_t held_nr;	    /* the last of phdrs_nr, in memory */
	uint8_t held[ELF_HELD_NR * ELF_PHDR_MAX];
};

struct elf_phdr {
	uint32_t type; /* PT_* */
	uint32_t flags;
	uint64_t offset;
	uint64_t vaddr;
	uint64_t paddr;
	uint64_t file_size;
	uint64_t mem_size;
};

/* How many bytes all of it takes with room for @phdrs_max. */
uint64_t elf_head_bytes(const struct elf_class *elf_class, uint64_t phdrs_max);

/* The ELF header, with these e_flags. */
must_check struct err *elf_head_put(struct elf_head *head, uint32_t flags);

/* The section header, if there has to be one. */
must_check struct err *elf_head_put_section(struct elf_head *head);

/* ELF_HELD_NR are held: no more can be before they are flushed. */
bool elf_head_is_full(const struct elf_head *head);

/* One more; the caller has seen that there is room and that it is not full. */
void elf_head_hold(struct elf_head *head, const struct elf_phdr *phdr);

/* To their place. Whatever becomes of it, none is held any more. */
must_check struct err *elf_head_flush(struct elf_head *head);

/* Of those held: what lies behind @good_end of the file is not described. */
void elf_head_forget(struct elf_head *head, uint64_t good_end);

/* What nobody wrote is not in a stream, and readers go through the whole table. */
must_check struct err *elf_head_fill(struct elf_head *head);

/* In a file made before; one that is no ELF file stays as it is. */
must_check struct err *elf_head_mark_incomplete(struct sink *sink);

#endif
