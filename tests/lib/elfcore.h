/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ELF64 cores as a test wants them, right or wrong: headers are kept as fields and bytes as they
 * come, and nothing is checked.
 */
#ifndef VMTOOL_TESTS_LIB_ELFCORE_H
#define VMTOOL_TESTS_LIB_ELFCORE_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/endian.h"

enum { ELFCORE_PHDRS_MAX = 128, ELFCORE_BYTES_MAX = 1 << 20 };

struct elfcore {
	Elf64_Ehdr ehdr; /* fields in host order; e_phnum follows the segments unless set */
	Elf64_Phdr phdr[ELFCORE_PHDRS_MAX];
	size_t phdrs_nr;
	enum byte_order order;
	uint8_t *bytes; /* of the file */
	size_t size;
};

/* A core of x86_64 without segments, program headers right behind the ELF header. */
void elfcore_init(struct elfcore *core);
void elfcore_release(struct elfcore *core);

void elfcore_segment(struct elfcore *core, uint32_t type, uint64_t paddr, uint64_t offset,
		     uint64_t file_size, uint64_t mem_size);

/* Bytes of the file; it grows to hold them. */
void elfcore_put(struct elfcore *core, uint64_t offset, const void *bytes, size_t len);

/* An ELF note at @offset. Returns the offset behind it. */
uint64_t elfcore_note(struct elfcore *core, uint64_t offset, const char *name, uint32_t type,
		      const void *desc, uint32_t desc_size);

/* Write headers and bytes to @path; only the first @size bytes when that is not 0. */
void elfcore_write(struct elfcore *core, const char *path, size_t size);

#endif
