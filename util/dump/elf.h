/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes ELF core files, as makedumpfile -E does: pages are stored raw, in the order of their
 * addresses.
 *
 *	ELF header		e_flags bit 0: incomplete (makedumpfile's DUMP_ELF_INCOMPLETE)
 *	program headers		the notes first, then memory, ascending
 *	section header		only with PN_XNUM: the number of program headers
 *	ELF notes of the image
 *	page data
 *
 * Of 64 bits, or of 32 for an image of a 32-bit machine if every number fits.
 *
 * Memory is described whole: each segment reaches up to the next one, and what was left out is the
 * part of it that is not stored (p_filesz < p_memsz). Zero pages that stay are holes of the file;
 * those that are left out at level 1 are not stored, but for short runs between other pages, which
 * are holes too: a segment for each of them would be worse. Virtual addresses are those the image's
 * own segments have.
 *
 * Which pages are zero or cannot be read is not known before they are. So there is room for more
 * program headers than are needed, and those not used are PT_NULL (util/dump/elfhead.h).
 */
#ifndef VMTOOL_DUMP_ELF_H
#define VMTOOL_DUMP_ELF_H

#include "util/dump/writer.h"

extern const struct writer_ops writer_elf;

#endif
