/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kdump-compressed files as a test wants them, right or wrong: of any byte order, layout and
 * version, with the pages it adds. Nothing is checked. Written from the format's description and
 * sharing no code with what reads it.
 */
#ifndef VMTOOL_TESTS_LIB_KDUMPFILE_H
#define VMTOOL_TESTS_LIB_KDUMPFILE_H

#include <stddef.h>
#include <stdint.h>

#include "util/base/endian.h"

enum {
	KDUMPFILE_BYTES_MAX = 1 << 20,
	KDUMPFILE_PAGES_MAX = 256,
	KDUMPFILE_PAGE = 4096, /* block size unless another is set */
};

enum kdumpfile_layout { KDUMPFILE_LP64, KDUMPFILE_PACKED_32, KDUMPFILE_PADDED_32 };

struct kdumpfile_page {
	uint64_t pfn;
	uint64_t offset; /* in the file; set when it is built, unless `lost` */
	const void *data;
	uint32_t size;
	uint32_t flags;
	int lost;
};

/* Fields in host order. */
struct kdumpfile {
	enum kdumpfile_layout layout;
	enum byte_order order;
	uint32_t version;
	uint32_t status;
	uint32_t block_size;
	uint32_t level;
	uint32_t cpus_nr;
	uint32_t time;
	uint32_t split;
	uint64_t start_pfn, end_pfn;
	uint64_t phys_base;
	uint64_t max_mapnr;
	const char *machine;

	/* The ELF notes, where in them VMCOREINFO's text is, and how long it is. */
	const uint8_t *notes;
	uint64_t notes_size;
	uint64_t vmcoreinfo_at;
	uint64_t vmcoreinfo_size;

	/* Page frames with memory, besides those of pages: [ram_first, ram_end). */
	uint64_t ram_first, ram_end;

	struct kdumpfile_page page[KDUMPFILE_PAGES_MAX]; /* ascending by pfn */
	size_t pages_nr;

	/* Set by kdumpfile_build(). */
	uint64_t notes_offset, bitmap_offset, desc_offset;
	uint8_t *bytes;
	size_t size;
};

/* Version 6 of a little-endian 64-bit machine, x86_64, with 4 KiB blocks and 64 page frames. */
void kdumpfile_init(struct kdumpfile *file);
void kdumpfile_release(struct kdumpfile *file);

/* @data is borrowed until the file is built. */
struct kdumpfile_page *kdumpfile_add(struct kdumpfile *file, uint64_t pfn, const void *data,
				     uint32_t size, uint32_t flags);

/* Make `bytes` of it all; they may then be damaged by the test. */
void kdumpfile_build(struct kdumpfile *file);

/* Where the fields of a layout are in the file, for damaging them. */
uint64_t kdumpfile_block_size_at(const struct kdumpfile *file);
uint64_t kdumpfile_sub_blocks_at(const struct kdumpfile *file);
uint64_t kdumpfile_bitmap_blocks_at(const struct kdumpfile *file);
uint64_t kdumpfile_max_mapnr_64_at(const struct kdumpfile *file);

/* Write the first @size bytes, or all when that is 0, to @path. */
void kdumpfile_write(const struct kdumpfile *file, const char *path, size_t size);

#endif
