/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the raw bytes of a tracepoint mean: its `format` file, parsed by libtraceevent. The only
 * place that knows that library. No offset of a field is assumed anywhere: kernels move them.
 *
 * Raw bytes come from files of strangers: every access is checked against the sample's length, and
 * the library is asked to print only what passed that check.
 *
 * Threads: one set of formats belongs to one thread at a time (the library's lookups cache).
 */
#ifndef VMTOOL_EVENT_FORMAT_H
#define VMTOOL_EVENT_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"
#include "util/base/err.h"
#include "util/base/str.h"

enum { FORMAT_TEXT_MAX = 1 << 20 }; /* the longest of 2323 files of a 6.18 has 13 KiB */

struct formats;
struct format; /* one tracepoint; lives as long as its formats */

must_check struct err *formats_new(struct formats **ret_formats);
void formats_free(struct formats *formats);
DEFINE_GUARD(formats, struct formats *, formats_free)

/*
 * Parse the @len bytes of a format file. ERR_FORMAT when not even its fields can be read; a print
 * format that cannot be parsed is no error, format_print() then shows the fields.
 */
must_check struct err *formats_add(struct formats *formats, const char *system, const char *text,
				   size_t len, const struct format **ret_format);

/* By number (what the common_type field and attr.config hold); NULL when there is none. */
const struct format *formats_find(struct formats *formats, uint64_t id);

/* Of the machine that recorded, for printing: strings a print format refers to by address. */
must_check struct err *formats_add_printk(struct formats *formats, const char *text, size_t len);

/*
 * Who knows functions of the kernel by address, for print formats with %pS. *ret_offset is that of
 * the address in the function; NULL: not known. The text must stay for as long as @formats.
 */
typedef const char *format_function_fn(void *ctx, uint64_t address, uint64_t *ret_offset);
void formats_set_functions(struct formats *formats, format_function_fn *function, void *ctx);

const char *format_system(const struct format *format);
const char *format_name(const struct format *format);
bool format_can_print(const struct format *format);

struct format_field {
	uint32_t offset;
	uint32_t size;
	bool is_signed;
	bool is_dynamic;  /* __data_loc: the field says where the bytes are */
	bool is_relative; /* __rel_loc: seen from the end of the field */
	bool is_string;
	bool is_array;
};

/* Common fields too. False: the tracepoint has no such field on that kernel. */
bool format_field(const struct format *format, const char *name, struct format_field *ret_field);

/* The i-th field of its own (not the common ones), or NULL past the last. */
const char *format_field_name(const struct format *format, size_t i);

/*
 * An integer field of 1, 2, 4 or 8 bytes, sign extended if it is signed. False when it is another
 * kind of field or @raw is too short.
 */
bool format_value(const struct format_field *field, const uint8_t *raw, size_t raw_len,
		  uint64_t *ret_value);

/*
 * A character array or dynamic string: *ret_text points into @raw, *ret_len ends at the NUL or at
 * the end of the field. False when it is another kind of field or @raw is too short.
 */
bool format_text(const struct format_field *field, const uint8_t *raw, size_t raw_len,
		 const char **ret_text, size_t *ret_len);

/*
 * As `perf script` prints the fields of an event: by its print format, else " name=value ..." in
 * hexadecimal or text. A sample shorter than its fields is shown as far as it goes. Control
 * characters are left as they are.
 */
void format_print(const struct format *format, const uint8_t *raw, size_t raw_len, struct str *out);

#endif
