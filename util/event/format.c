// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/event/format.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/endian.h"
#include "util/event/tep.h"

struct formats {
	struct tep_handle *tep;
	format_function_fn *function;
	void *function_ctx;
};

static const struct format *format_of(const struct tep_event *event)
{
	return (const struct format *)event;
}

struct err *formats_new(struct formats **ret_formats)
{
	struct formats *formats = calloc(1, sizeof(*formats));

	if (!formats)
		return err_nomem();
	/* The library would write to stderr. */
	tep_set_loglevel(TEP_LOG_NONE);
	formats->tep = tep_alloc();
	if (!formats->tep) {
		free(formats);
		return err_nomem();
	}
	tep_set_file_bigendian(formats->tep, TEP_LITTLE_ENDIAN);
	tep_set_local_bigendian(formats->tep, TEP_LITTLE_ENDIAN);
	tep_set_long_size(formats->tep, 8);
	*ret_formats = formats;
	return NULL;
}

void formats_free(struct formats *formats)
{
	if (!formats)
		return;
	tep_free(formats->tep);
	free(formats);
}

/* Text that is none never reaches the library. */
static bool is_text(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isprint((unsigned char)text[i]) && text[i] != '\n' && text[i] != '\t')
			return false;
	return true;
}

/* "ID: 123" of the file, before the library sees it: it would take any number for one. */
static bool find_id(const char *text, size_t len, unsigned long *ret_id)
{
	const char *line = memmem(text, len, "\nID: ", 5);
	char *end;

	if (!line || !isdigit((unsigned char)line[5]))
		return false;
	*ret_id = strtoul(line + 5, &end, 10);
	return *end == '\n' && *ret_id <= INT_MAX;
}

/*
 * A field the library accepted may still claim anything. Offsets and sizes are int there; with all
 * of them in a record's reach their sums are too.
 */
static bool fields_are_sane(const struct tep_format_field *field)
{
	for (; field; field = field->next)
		if (field->offset < 0 || field->offset > RAW_BYTES_MAX || field->size < 0 ||
		    field->size > RAW_BYTES_MAX)
			return false;
	return true;
}

struct err *formats_add(struct formats *formats, const char *system, const char *text, size_t len,
			const struct format **ret_format)
{
	autofree char *copy = NULL;
	struct tep_event *event;
	unsigned long id;

	if (len > FORMAT_TEXT_MAX)
		return err_new(ERR_FORMAT, "format of %zu bytes", len);
	copy = malloc(len + 1);
	if (!copy)
		return err_nomem();
	memcpy(copy, text, len);
	copy[len] = '\0';

	if (strncmp(copy, "name: ", 6) || !is_text(copy, len) || !find_id(copy, len, &id))
		return err_new(ERR_FORMAT, "format of a tracepoint of %s: not a format file",
			       system);
	if (formats_find(formats, id))
		return err_new(ERR_FORMAT, "format of a tracepoint of %s: number %lu is taken",
			       system, id);

	/*
	 * What it returns is about the print format too, and some of those it cannot parse. What
	 * counts is whether the event is there.
	 */
	(void)tep_parse_event(formats->tep, copy, len, system);
	event = tep_find_event(formats->tep, (int)id);
	if (!event || !fields_are_sane(event->format.fields) ||
	    !fields_are_sane(event->format.common_fields))
		return err_new(ERR_FORMAT, "format of a tracepoint of %s: fields cannot be read",
			       system);
	if (ret_format)
		*ret_format = format_of(event);
	return NULL;
}

const struct format *formats_find(struct formats *formats, uint64_t id)
{
	return id > INT_MAX ? NULL : format_of(tep_find_event(formats->tep, (int)id));
}

/* Lines "0xffffffff82345678 : "text"", as the printk_formats file has them. */
struct err *formats_add_printk(struct formats *formats, const char *text, size_t len)
{
	const char *end = text + len;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t line_len = (size_t)((newline ? newline : end) - text);
		guard(str) struct str line = STR_INIT;
		unsigned long long address;
		char *rest, *quote;
		struct err *err;

		str_add_bytes(&line, text, line_len);
		err = str_check(&line);
		if (err)
			return err;
		address = strtoull(line.s, &rest, 16);
		quote = strchr(rest, '"');
		if (quote && is_text(quote, strlen(quote)))
			tep_register_print_string(formats->tep, quote, address);
		text += line_len + 1;
	}
	return NULL;
}

/* The library wants the function's start and asks again for the offset: it subtracts. */
static char *resolve(void *priv, unsigned long long *address, char **module)
{
	struct formats *formats = priv;
	uint64_t offset;
	const char *name = formats->function(formats->function_ctx, *address, &offset);

	if (!name)
		return NULL;
	*address -= offset;
	*module = NULL;
	return (char *)(uintptr_t)name;
}

void formats_set_functions(struct formats *formats, format_function_fn *function, void *ctx)
{
	formats->function = function;
	formats->function_ctx = ctx;
	tep_set_function_resolver(formats->tep, resolve, formats);
}

const char *format_system(const struct format *format)
{
	return format_tep(format)->system;
}

const char *format_name(const struct format *format)
{
	return format_tep(format)->name;
}

bool format_can_print(const struct format *format)
{
	return !(format_tep(format)->flags & TEP_EVENT_FL_FAILED);
}

bool format_field(const struct format *format, const char *name, struct format_field *ret_field)
{
	const struct tep_format_field *field = tep_find_any_field(format_tep(format), name);

	if (!field)
		return false;
	*ret_field = (struct format_field){
		.offset = (uint32_t)field->offset,
		.size = (uint32_t)field->size,
		.is_signed = field->flags & TEP_FIELD_IS_SIGNED,
		.is_dynamic = field->flags & TEP_FIELD_IS_DYNAMIC,
		.is_relative = field->flags & TEP_FIELD_IS_RELATIVE,
		.is_string = field->flags & TEP_FIELD_IS_STRING,
		.is_array = field->flags & TEP_FIELD_IS_ARRAY,
	};
	return true;
}

const char *format_field_name(const struct format *format, size_t i)
{
	const struct tep_format_field *field = format_tep(format)->format.fields;

	while (field && i--)
		field = field->next;
	return field ? field->name : NULL;
}

bool tep_load(uint64_t offset, uint64_t size, bool is_signed, const uint8_t *raw, size_t raw_len,
	      uint64_t *ret_value)
{
	const uint8_t *at;

	/* Without raw bytes there is no place to count from. */
	if (!raw || offset > raw_len || size > raw_len - offset)
		return false;
	at = raw + offset;
	switch (size) {
	case 1:
		*ret_value = is_signed ? (uint64_t)(int8_t)load_u8(at) : load_u8(at);
		return true;
	case 2:
		*ret_value = is_signed ? (uint64_t)(int16_t)load_u16(at, ORDER_LITTLE)
				       : load_u16(at, ORDER_LITTLE);
		return true;
	case 4:
		*ret_value = is_signed ? (uint64_t)(int32_t)load_u32(at, ORDER_LITTLE)
				       : load_u32(at, ORDER_LITTLE);
		return true;
	case 8:
		*ret_value = load_u64(at, ORDER_LITTLE);
		return true;
	default:
		return false;
	}
}

bool format_value(const struct format_field *field, const uint8_t *raw, size_t raw_len,
		  uint64_t *ret_value)
{
	if (field->is_array || field->is_dynamic)
		return false;
	return tep_load(field->offset, field->size, field->is_signed, raw, raw_len, ret_value);
}

bool tep_locate(uint64_t offset, uint64_t size, bool is_dynamic, bool is_relative,
		const uint8_t *raw, size_t raw_len, uint64_t *ret_offset, uint64_t *ret_len)
{
	uint64_t place;

	if (!is_dynamic) {
		*ret_offset = offset;
		*ret_len = size;
		return offset <= raw_len && size <= raw_len - offset;
	}
	/* u16 length, u16 offset; a __data_loc of 8 bytes keeps them in the low half. */
	if (!tep_load(offset, 4, false, raw, raw_len, &place) || size < 4)
		return false;
	*ret_offset = place & 0xffff;
	*ret_len = place >> 16 & 0xffff;
	if (is_relative)
		*ret_offset += offset + size;
	return *ret_offset <= raw_len && *ret_len <= raw_len - *ret_offset;
}

bool format_text(const struct format_field *field, const uint8_t *raw, size_t raw_len,
		 const char **ret_text, size_t *ret_len)
{
	uint64_t offset, len;

	if (!field->is_string || !tep_locate(field->offset, field->size, field->is_dynamic,
					     field->is_relative, raw, raw_len, &offset, &len))
		return false;
	*ret_text = (const char *)raw + offset;
	*ret_len = strnlen(*ret_text, len);
	return true;
}
