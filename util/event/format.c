// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/event/format.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <traceevent/event-parse.h>

#include "util/base/endian.h"
#include "util/base/macros.h"

enum {
	ARG_DEPTH_MAX = 64,
	RAW_PRINT_MAX = 1 << 16, /* a record is shorter */
};

/* struct format is the library's event: no copy, no second list. */
struct formats {
	struct tep_handle *tep;
	format_function_fn *function;
	void *function_ctx;
};

static struct tep_event *event_of(const struct format *format)
{
	return (struct tep_event *)(uintptr_t)format;
}

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
		if (field->offset < 0 || field->offset > RAW_PRINT_MAX || field->size < 0 ||
		    field->size > RAW_PRINT_MAX)
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

uint64_t format_id(const struct format *format)
{
	return (uint64_t)event_of(format)->id;
}

const char *format_system(const struct format *format)
{
	return event_of(format)->system;
}

const char *format_name(const struct format *format)
{
	return event_of(format)->name;
}

bool format_can_print(const struct format *format)
{
	return !(event_of(format)->flags & TEP_EVENT_FL_FAILED);
}

bool format_field(const struct format *format, const char *name, struct format_field *ret_field)
{
	const struct tep_format_field *field = tep_find_any_field(event_of(format), name);

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
	const struct tep_format_field *field = event_of(format)->format.fields;

	while (field && i--)
		field = field->next;
	return field ? field->name : NULL;
}

static bool load_field(uint64_t offset, uint64_t size, bool is_signed, const uint8_t *raw,
		       size_t raw_len, uint64_t *ret_value)
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
	return load_field(field->offset, field->size, field->is_signed, raw, raw_len, ret_value);
}

/* Where the bytes of a field are, the offset and length of a dynamic one looked up. */
static bool locate(uint64_t offset, uint64_t size, bool is_dynamic, bool is_relative,
		   const uint8_t *raw, size_t raw_len, uint64_t *ret_offset, uint64_t *ret_len)
{
	uint64_t place;

	if (!is_dynamic) {
		*ret_offset = offset;
		*ret_len = size;
		return offset <= raw_len && size <= raw_len - offset;
	}
	/* u16 length, u16 offset; a __data_loc of 8 bytes keeps them in the low half. */
	if (!load_field(offset, 4, false, raw, raw_len, &place) || size < 4)
		return false;
	*ret_offset = place & 0xffff;
	*ret_len = place >> 16 & 0xffff;
	if (is_relative)
		*ret_offset += offset + size;
	return *ret_offset <= raw_len && *ret_len <= raw_len - *ret_offset;
}

static bool locate_field(const struct tep_format_field *field, const uint8_t *raw, size_t raw_len,
			 uint64_t *ret_offset, uint64_t *ret_len)
{
	return locate((uint64_t)field->offset, (uint64_t)field->size,
		      field->flags & TEP_FIELD_IS_DYNAMIC, field->flags & TEP_FIELD_IS_RELATIVE,
		      raw, raw_len, ret_offset, ret_len);
}

bool format_text(const struct format_field *field, const uint8_t *raw, size_t raw_len,
		 const char **ret_text, size_t *ret_len)
{
	uint64_t offset, len;

	if (!field->is_string || !locate(field->offset, field->size, field->is_dynamic,
					 field->is_relative, raw, raw_len, &offset, &len))
		return false;
	*ret_text = (const char *)raw + offset;
	*ret_len = strnlen(*ret_text, len);
	return true;
}

static bool all_fields_fit(const struct tep_format_field *field, const uint8_t *raw, size_t raw_len)
{
	uint64_t offset, len;

	for (; field; field = field->next)
		if (!locate_field(field, raw, raw_len, &offset, &len))
			return false;
	return true;
}

/* The value of the few kinds of arguments that give lengths; false for any other. */
static bool length_of(const struct tep_print_arg *arg, struct tep_event *event, const uint8_t *raw,
		      size_t raw_len, uint64_t *ret_value)
{
	struct tep_format_field *field;
	uint64_t offset;
	char *end;

	while (arg && arg->type == TEP_PRINT_TYPE)
		arg = arg->typecast.item;
	if (!arg)
		return false;
	switch (arg->type) {
	case TEP_PRINT_ATOM:
		*ret_value = strtoull(arg->atom.atom, &end, 0);
		return end != arg->atom.atom;
	case TEP_PRINT_FIELD:
		field = tep_find_any_field(event, arg->field.name);
		return field &&
		       load_field((uint64_t)field->offset, (uint64_t)field->size,
				  field->flags & TEP_FIELD_IS_SIGNED, raw, raw_len, ret_value);
	case TEP_PRINT_DYNAMIC_ARRAY_LEN:
		return arg->dynarray.field &&
		       locate_field(arg->dynarray.field, raw, raw_len, &offset, ret_value);
	default:
		return false;
	}
}

static struct tep_format_field *array_of(const struct tep_print_arg *arg, struct tep_event *event)
{
	while (arg && arg->type == TEP_PRINT_TYPE)
		arg = arg->typecast.item;
	if (!arg)
		return NULL;
	if (arg->type == TEP_PRINT_DYNAMIC_ARRAY)
		return arg->dynarray.field;
	return arg->type == TEP_PRINT_FIELD ? tep_find_any_field(event, arg->field.name) : NULL;
}

static bool array_fits(const struct tep_print_arg *array, const struct tep_print_arg *count,
		       uint64_t each, struct tep_event *event, const uint8_t *raw, size_t raw_len)
{
	struct tep_format_field *field = array_of(array, event);
	uint64_t offset, len, nr;

	return field && locate_field(field, raw, raw_len, &offset, &len) &&
	       length_of(count, event, raw, raw_len, &nr) && nr <= raw_len &&
	       nr * each <= raw_len - offset;
}

/* "REC->args[2]": a number inside a field that is an array. */
static bool index_fits(const struct tep_print_arg *op, struct tep_event *event, const uint8_t *raw,
		       size_t raw_len)
{
	const struct tep_print_arg *array = op->op.left;
	struct tep_format_field *field;
	uint64_t index;

	if (!array || array->type != TEP_PRINT_FIELD ||
	    !length_of(op->op.right, event, raw, raw_len, &index))
		return false;
	field = tep_find_any_field(event, array->field.name);
	return field && field->flags & TEP_FIELD_IS_ARRAY &&
	       !(field->flags & TEP_FIELD_IS_DYNAMIC) && field->elementsize &&
	       index < (uint64_t)field->size / field->elementsize;
}

/* The length of a text for a bitmask of no bits wraps around in the library: gigabytes. */
static bool mask_has_bits(const char *name, struct tep_event *event, const uint8_t *raw,
			  size_t raw_len)
{
	const struct tep_format_field *field = name ? tep_find_any_field(event, name) : NULL;
	uint64_t offset, len;

	return field && locate_field(field, raw, raw_len, &offset, &len) && len;
}

/*
 * Would the library stay inside the sample? It takes counts of arrays from the sample and believes
 * them, so those whose count cannot be worked out here are not left to it.
 */
static bool args_are_safe(const struct tep_print_arg *arg, struct tep_event *event,
			  const uint8_t *raw, size_t raw_len, int depth)
{
	uint64_t each;

	if (depth > ARG_DEPTH_MAX)
		return false;
	for (; arg; arg = arg->next) {
		bool safe = true;

		switch (arg->type) {
		case TEP_PRINT_HEX:
		case TEP_PRINT_HEX_STR:
			safe = array_fits(arg->hex.field, arg->hex.size, 1, event, raw, raw_len);
			break;
		case TEP_PRINT_INT_ARRAY:
			safe = length_of(arg->int_array.el_size, event, raw, raw_len, &each) &&
			       each <= 8 &&
			       array_fits(arg->int_array.field, arg->int_array.count, each, event,
					  raw, raw_len);
			break;
		case TEP_PRINT_TYPE:
			safe = args_are_safe(arg->typecast.item, event, raw, raw_len, depth + 1);
			break;
		case TEP_PRINT_FLAGS:
			safe = args_are_safe(arg->flags.field, event, raw, raw_len, depth + 1);
			break;
		case TEP_PRINT_SYMBOL:
			safe = args_are_safe(arg->symbol.field, event, raw, raw_len, depth + 1);
			break;
		case TEP_PRINT_OP:
			/* An index into an array is an operator too, and is not checked there. */
			if (arg->op.op && !strcmp(arg->op.op, "[")) {
				safe = index_fits(arg, event, raw, raw_len);
				break;
			}
			safe = arg->op.op &&
			       args_are_safe(arg->op.left, event, raw, raw_len, depth + 1) &&
			       args_are_safe(arg->op.right, event, raw, raw_len, depth + 1);
			break;
		case TEP_PRINT_DYNAMIC_ARRAY:
			safe = !arg->dynarray.index;
			break;
		case TEP_PRINT_BITMASK:
		case TEP_PRINT_CPUMASK:
			safe = mask_has_bits(arg->bitmask.bitmask, event, raw, raw_len);
			break;
		case TEP_PRINT_FUNC:
		case TEP_PRINT_BSTRING:
			safe = false;
			break;
		default:
			break;
		}
		if (!safe)
			return false;
	}
	return true;
}

static void print_field(const struct tep_format_field *field, const uint8_t *raw, size_t raw_len,
			struct str *out)
{
	uint64_t offset, len, value;

	str_printf(out, " %s=", field->name);
	if (!locate_field(field, raw, raw_len, &offset, &len)) {
		str_add(out, "?");
		return;
	}
	if (field->flags & TEP_FIELD_IS_STRING) {
		str_add_bytes(out, raw + offset, strnlen((const char *)raw + offset, len));
		return;
	}
	if (field->flags & (TEP_FIELD_IS_ARRAY | TEP_FIELD_IS_DYNAMIC)) {
		str_add(out, "ARRAY[");
		for (uint64_t i = 0; i < len; i++)
			str_printf(out, "%s%02x", i ? ", " : "", raw[offset + i]);
		str_add_char(out, ']');
		return;
	}
	if (!load_field(offset, len, field->flags & TEP_FIELD_IS_SIGNED, raw, raw_len, &value))
		str_add(out, "?");
	else if (field->flags & TEP_FIELD_IS_SIGNED)
		str_printf(out, "%lld", (long long)value);
	else
		str_printf(out, "0x%llx", (unsigned long long)value);
}

/* The library goes by the number inside the sample. */
static bool is_of(struct tep_event *event, const uint8_t *raw, size_t raw_len)
{
	const struct tep_format_field *type = tep_find_common_field(event, "common_type");
	uint64_t id;

	return type &&
	       load_field((uint64_t)type->offset, (uint64_t)type->size, false, raw, raw_len, &id) &&
	       id == (uint64_t)event->id;
}

void format_print(const struct format *format, const uint8_t *raw, size_t raw_len, struct str *out)
{
	struct tep_event *event = event_of(format);
	struct tep_record record = { .size = (int)MIN(raw_len, (size_t)RAW_PRINT_MAX) };
	autofree uint8_t *copy = NULL;
	struct trace_seq seq;

	raw_len = MIN(raw_len, (size_t)RAW_PRINT_MAX);
	if (!is_of(event, raw, raw_len) ||
	    !all_fields_fit(event->format.common_fields, raw, raw_len) ||
	    !all_fields_fit(event->format.fields, raw, raw_len) ||
	    !args_are_safe(event->print_fmt.args, event, raw, raw_len, 0)) {
		for (const struct tep_format_field *f = event->format.fields; f; f = f->next)
			print_field(f, raw, raw_len, out);
		return;
	}

	/* A string without its NUL ends here at the latest. */
	copy = calloc(1, raw_len + 8);
	if (!copy) {
		out->failed = true;
		return;
	}
	memcpy(copy, raw, raw_len);
	record.data = copy;
	trace_seq_init(&seq);
	tep_print_event(event->tep, &seq, &record, "%s", TEP_PRINT_INFO);
	trace_seq_terminate(&seq);
	str_add(out, seq.buffer);
	trace_seq_destroy(&seq);
}
