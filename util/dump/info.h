/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a dump is: its format, the kernel in it, what was left out and whether all of it is there.
 * From its headers, notes and bitmaps; no page is looked at.
 */
#ifndef VMTOOL_DUMP_INFO_H
#define VMTOOL_DUMP_INFO_H

#include <stdbool.h>
#include <stdint.h>

#include "util/base/notes.h"
#include "util/dump/toolnote.h"
#include "util/image/image.h"

struct dump_info {
	const char *format; /* "ELF core", "kdump-compressed" */
	uint64_t files_nr;
	uint64_t file_bytes;
	char host[65]; /* "": not said, here and below */
	char release[65];
	char version[65];
	char machine[65];
	char build_id[65];
	unsigned int cpus_nr; /* 0: not said */
	int64_t crash_time;   /* seconds since the epoch; 0: not said */
	uint64_t page_size;
	uint64_t end_pfn;
	uint64_t memory_pages;
	uint64_t stored_pages;
	bool level_known;
	uint64_t level;
	const char *codec; /* that pages may be packed with; NULL: none, or not said */
	bool incomplete;   /* marked so by who wrote it, or parts are missing */
	uint64_t truncated_bytes;
	bool has_tool_note;
	struct toolnote tool_note;
};

must_check struct err *dump_info_read(struct image *image, struct dump_info *ret_info);

#endif
