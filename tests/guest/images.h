// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The two files a check compares, each read by code that is not vmtool's: the raw ELF image through
 * its program headers, and the headers, bitmaps and descriptors of a kdump-compressed file
 * (makedumpfile's IMPLEMENTATION; crash's diskdump.h). Both are mapped whole. Only of 64-bit
 * machines, in either byte order. Pages of the dump are read through libkdumpfile by the caller,
 * not here.
 */
#ifndef VMTOOL_TESTS_GUEST_IMAGES_H
#define VMTOOL_TESTS_GUEST_IMAGES_H

#include <libkdumpfile/kdumpfile.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMAGE_PAGE_BYTES_MAX 65536u

struct raw_segment {
	uint64_t paddr, offset, bytes;
};

struct raw_image {
	const unsigned char *at;
	size_t bytes;
	uint64_t page_bytes;
	struct raw_segment *segments;
	size_t segment_nr;
	uint64_t pfn_end; /* one past the last page with memory */
};

/* @page_bytes: of the kernel's pages, which the image does not know. */
void raw_open(struct raw_image *raw, const char *path, uint64_t page_bytes);
void raw_close(struct raw_image *raw);

/*
 * Copy page @pfn to @page. What the segments do not cover of a page they touch is zero. False: they
 * cover none of it.
 */
bool raw_read_page(const struct raw_image *raw, uint64_t pfn, unsigned char *page);

/* Do the segments cover all of the page? Firmware tables may leave a page of memory in two. */
bool raw_page_is_whole(const struct raw_image *raw, uint64_t pfn);

struct dump_desc {
	uint64_t offset;
	uint32_t size, flags;
};

struct dump_file {
	const unsigned char *at;
	size_t bytes;
	bool big_endian; /* its headers */
	uint64_t page_bytes;
	uint32_t header_version, status, nr_cpus;
	uint32_t level;
	uint64_t pfn_end;		      /* max_mapnr_64 */
	const unsigned char *exists, *dumped; /* first and second bitmap */
	uint64_t descs_offset;
};

/* Exits with a message when the file is not kdump-compressed, version 6. */
void dump_open(struct dump_file *dump, const char *path);
void dump_close(struct dump_file *dump);
bool dump_has_memory(const struct dump_file *dump, uint64_t pfn); /* 1st bitmap */
bool dump_has_page(const struct dump_file *dump, uint64_t pfn);	  /* 2nd bitmap */

/* Descriptor number @index, in the order of kept pages. False: not within the file. */
bool dump_desc(const struct dump_file *dump, uint64_t index, struct dump_desc *ret_desc);

/* How libkdumpfile reads a dump. Exits with a message when it cannot open it. */
kdump_ctx_t *reader_open(const char *path);

#endif
