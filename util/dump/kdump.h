/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes kdump-compressed files, version 6: what makedumpfile writes and crash, libkdumpfile and
 * drgn read. In blocks of one page:
 *
 *	block 0			main header
 *	block 1 ...		sub header, then the ELF notes of the image
 *	bitmap blocks		one bit a page frame: has memory
 *	bitmap blocks		one bit a page frame: is in the dump
 *	page descriptors	24 bytes for each set bit of the second bitmap, in order
 *	page data		in any order; all zero pages share one
 *
 * (IMPLEMENTATION in makedumpfile's source, and crash's diskdump.c as the reader that decides.)
 *
 * The file is valid at every moment from kdump_begin_pages() on: descriptors have their space
 * taken before the first page, point only at bytes that are written, and a descriptor not written
 * yet (offset 0) means "lost". The header says "incomplete" until kdump_finish().
 *
 * Order of calls: kdump_new, kdump_put_bitmaps for each range, kdump_begin_pages, one kdump_add_*
 * for each set bit of the second bitmap in any order, kdump_finish. Pages are known by their index:
 * the number of set bits before theirs.
 */
#ifndef VMTOOL_DUMP_KDUMP_H
#define VMTOOL_DUMP_KDUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/dump/sink.h"
#include "util/image/kdumpheader.h"
#include "util/kernel/kernel.h"

struct kdump;

struct kdump_params {
	struct image *image;	     /* its notes are copied into the file */
	const struct kernel *kernel; /* page size, names, CRASHTIME, phys_base */
	uint64_t max_mapnr;	     /* one past the highest page frame */
	unsigned int level;
	enum kdump_page_flag compression; /* that pages may have */
};

/* Writes the headers and notes. @sink is borrowed. */
must_check struct err *kdump_new(struct sink *sink, const struct kdump_params *params,
				 struct kdump **ret_kdump);

void kdump_free(struct kdump *kdump);
DEFINE_GUARD(kdump, struct kdump *, kdump_free)

/* Ranges ascend. @first is a multiple of 8; bits left out of both bitmaps are zero. */
must_check struct err *kdump_put_bitmaps(struct kdump *kdump, uint64_t first, uint64_t pfns_nr,
					 const uint8_t *ram, const uint8_t *keep);

/* @pages_nr: set bits of the second bitmap. */
must_check struct err *kdump_begin_pages(struct kdump *kdump, uint64_t pages_nr);

/* A page of page_size bytes, or what @flag's codec made of it (fewer bytes). */
must_check struct err *kdump_add_page(struct kdump *kdump, uint64_t index, const void *data,
				      size_t len, enum kdump_page_flag flag);

/*
 * A page nobody adds, because it could not be read, is lost: readers will say so, it never reads as
 * zeros.
 */
must_check struct err *kdump_add_zero(struct kdump *kdump, uint64_t index);

/*
 * Write what is buffered and, if @complete, clear the incomplete flag as the last thing. To be
 * called also after a kdump_add_*() failed, with @complete false.
 */
must_check struct err *kdump_finish(struct kdump *kdump, bool complete);

/* Set the incomplete flag in a file made before; a file of another format stays as it is. */
must_check struct err *kdump_mark_incomplete(struct sink *sink);

/* Pages whose bytes are in the file. */
uint64_t kdump_pages_written(const struct kdump *kdump);

/* Length of the file so far: one past the last byte of data. */
uint64_t kdump_bytes(const struct kdump *kdump);

#endif
