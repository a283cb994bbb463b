/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page data of an ELF file: one page behind the other, those that also lie behind each other in
 * memory in one write, long runs of zeros as holes. Knows nothing of addresses and segments.
 *
 * After an error nothing is to be added any more; what lies before good_end is in the file.
 */
#ifndef VMTOOL_DUMP_ELFDATA_H
#define VMTOOL_DUMP_ELFDATA_H

#include "util/dump/sink.h"

struct elf_data {
	struct sink *sink; /* borrowed */
	uint64_t page_size;
	uint64_t at;	   /* of the file, where the next page is stored */
	uint64_t good_end; /* up to here it is in the file; behind it, a hole or nothing yet */

	/* Pages before @at on their way there; borrowed until they are flushed. */
	const uint8_t *run;
	size_t run_bytes;
};

/* One page; @bytes must stay until it is flushed. */
must_check struct err *elf_data_add(struct elf_data *data, const uint8_t *bytes);

/* @pages_nr pages of zeros, as a hole. */
must_check struct err *elf_data_add_hole(struct elf_data *data, uint64_t pages_nr);

/* Everything added is in the file, but for a hole at the end of it. */
must_check struct err *elf_data_flush(struct elf_data *data);

/* That too: what is a hole at the end is in the file only if its length says so. */
must_check struct err *elf_data_flush_all(struct elf_data *data);

#endif
