/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What format.c and print.c share: libtraceevent's event behind a format, and the bytes of its
 * fields. All others use util/event/format.h and need not know that library.
 */
#ifndef VMTOOL_EVENT_TEP_H
#define VMTOOL_EVENT_TEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <traceevent/event-parse.h>

#include "util/event/format.h"

enum { RAW_BYTES_MAX = 1 << 16 }; /* a record is shorter */

/* struct format is the library's event: no copy, no second list. */
static inline struct tep_event *format_tep(const struct format *format)
{
	return (struct tep_event *)(uintptr_t)format;
}

/* An integer of 1, 2, 4 or 8 bytes at @offset; false: another size, or it leaves @raw. */
bool tep_load(uint64_t offset, uint64_t size, bool is_signed, const uint8_t *raw, size_t raw_len,
	      uint64_t *ret_value);

/*
 * Where the bytes of a field are, the offset and length of a dynamic one looked up; false: they
 * leave @raw.
 */
bool tep_locate(uint64_t offset, uint64_t size, bool is_dynamic, bool is_relative,
		const uint8_t *raw, size_t raw_len, uint64_t *ret_offset, uint64_t *ret_len);

#endif
