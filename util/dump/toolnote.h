/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a dump of ours says about its making: an ELF note "VMTOOL", the last one of the file, with
 * lines KEY=value. Which vmtool, the options that shape the content (not threads, paths or times:
 * the same image and options give the same bytes) and what became of the pages, by class.
 *
 * Other readers step over it: its type is none of those crash looks at whatever the owner's name
 * (1, 4, 0x10, 0x700, 0x1000001). It has the same size in every dump, so that its place can be
 * taken before anything is counted; the counts are filled in at the end.
 */
#ifndef VMTOOL_DUMP_TOOLNOTE_H
#define VMTOOL_DUMP_TOOLNOTE_H

#include <stdint.h>

#include "util/base/endian.h"
#include "util/dump/dump.h"
#include "util/image/image.h"

enum {
	TOOLNOTE_TYPE = 0x564d5431, /* "VMT1" */
	TOOLNOTE_BYTES = 2048,
};

/*
 * What the note says so far, in its size; @codec may be NULL: header, name and text with zeros
 * behind it.
 */
void toolnote_make(const struct codec *codec, const struct dump_report *report,
		   enum byte_order order, uint8_t note[TOOLNOTE_BYTES]);

/* What can be learnt from it. Keys that are not there, or are no numbers, leave 0. */
struct toolnote {
	char version[32];
	char codec[32]; /* with the engine: "zlib (libdeflate)"; "none" */
	uint64_t level;
	uint64_t level_effective;
	uint64_t level_before; /* of the image it was made of; 0 also where the note has none */
	struct plan_counts counts;
	uint64_t zero_pages;
	uint64_t zero_left_out;
	uint64_t unreadable;
	uint64_t struct_pages_unreadable;
};

must_check struct err *toolnote_read(const char *text, struct toolnote *ret_note);

#endif
