/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names of the functions that a recording mentions, and the build-ids of the files they are in,
 * as sections of its file: another machine, or this one after an update, then shows the same.
 */
#ifndef VMTOOL_RECORD_SYMBOLS_H
#define VMTOOL_RECORD_SYMBOLS_H

#include "util/base/err.h"
#include "util/base/notes.h"
#include "util/perfdata/writer.h"
#include "util/record/addresses.h"

/* Sections these are, which may be left out when there is no room. */
extern const uint32_t record_symbol_sections[];
extern const size_t record_symbol_sections_nr;

/*
 * What is known of the addresses of all @nr collections. What cannot be had (kptr_restrict, files
 * that are gone) is noted and left out; errors are those of memory.
 */
must_check struct err *record_symbols(struct perfdata_writer *writer,
				      const struct addresses *const *addresses, size_t nr,
				      struct notes *notes);

#endif
