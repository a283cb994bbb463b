/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Machines by the name `uname -m` gives them. */
#ifndef VMTOOL_IMAGE_MACHINE_H
#define VMTOOL_IMAGE_MACHINE_H

#include <elf.h>
#include <stdint.h>

/* Not in the <elf.h> of older C libraries. */
#ifndef EM_LOONGARCH
#define EM_LOONGARCH 258
#endif

/* EM_* of <elf.h>; EM_NONE for a name we do not know. */
uint16_t machine_of_uname(const char *name);

/* The name, of several the usual one; NULL for a machine we do not know. */
const char *machine_uname(uint16_t machine);

/*
 * How wide a pointer of its kernel is. The core of a 32-bit kernel with more memory than 32 bits
 * can address (PAE) is an ELF64 file. @otherwise: for machines that come in both widths.
 */
uint8_t machine_address_bits(uint16_t machine, uint8_t otherwise);

#endif
