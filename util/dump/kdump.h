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
 * Descriptors have their space taken before the first page, point only at bytes that are written,
 * and a descriptor not written yet (offset 0) means "lost". The main header of a file is written
 * when the bitmaps are and descriptors have their space: a file that ends before that, as a kill
 * may leave it, begins with zeros and is no dump. The header says "incomplete" until the dump is
 * finished; one written to a stream comes first and does not, a stream has its own way to tell.
 */
#ifndef VMTOOL_DUMP_KDUMP_H
#define VMTOOL_DUMP_KDUMP_H

#include "util/dump/writer.h"

extern const struct writer_ops writer_kdump;

/*
 * Say, before the pages begin, that the file is one of a set and has the pages of page frames
 * [first, end); their indices count from the first of them.
 */
must_check struct err *kdump_set_part(struct writer *writer, uint64_t first, uint64_t end);

#endif
