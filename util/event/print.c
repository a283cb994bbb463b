// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "util/base/macros.h"
#include "util/event/tep.h"

enum { ARG_DEPTH_MAX = 64 };

static bool locate_field(const struct tep_format_field *field, const uint8_t *raw, size_t raw_len,
			 uint64_t *ret_offset, uint64_t *ret_len)
{
	return tep_locate((uint64_t)field->offset, (uint64_t)field->size,
			  field->flags & TEP_FIELD_IS_DYNAMIC, field->flags & TEP_FIELD_IS_RELATIVE,
			  raw, raw_len, ret_offset, ret_len);
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
		       tep_load((uint64_t)field->offset, (uint64_t)field->size,
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
	if (!tep_load(offset, len, field->flags & TEP_FIELD_IS_SIGNED, raw, raw_len, &value))
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
	       tep_load((uint64_t)type->offset, (uint64_t)type->size, false, raw, raw_len, &id) &&
	       id == (uint64_t)event->id;
}

void format_print(const struct format *format, const uint8_t *raw, size_t raw_len, struct str *out)
{
	struct tep_event *event = format_tep(format);
	struct tep_record record = { .size = (int)MIN(raw_len, (size_t)RAW_BYTES_MAX) };
	autofree uint8_t *copy = NULL;
	struct trace_seq seq;

	raw_len = MIN(raw_len, (size_t)RAW_BYTES_MAX);
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
