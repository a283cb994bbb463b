/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The notes of an ELF core, walked without holding them: VMCOREINFO is copied out, CPUs are
 * counted, everything else is stepped over. Private to util/image.
 *
 * Format: Elf64_Nhdr (name size, descriptor size, type), name and descriptor each padded to four
 * bytes, for ELF32 and ELF64 alike (the kernel's kexec core, linux/elfcore.h).
 */
#ifndef VMTOOL_IMAGE_ELFNOTES_H
#define VMTOOL_IMAGE_ELFNOTES_H

#include "util/image/image.h"

/* VMCOREINFO is a page in every kernel so far, and may become several; more is not believed. */
enum { VMCOREINFO_MAX_BYTES = 1 << 20 };

/*
 * Reads image->note_range[] and sets vmcoreinfo*, xen_*, cpus_nr. A note that runs over the end of
 * its range ends the walk with a remark, not an error: what came before it is good. Each range is
 * cut to its good notes, and notes_size with it: a header that lies about the size of the notes
 * would else have all of memory copied as notes.
 */
must_check struct err *elf_notes_read(struct image *image, struct notes *notes);

#endif
