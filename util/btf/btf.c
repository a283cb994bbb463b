// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/btf/btf.h"

#include <stdbool.h>
#include <string.h>

#include "util/base/checked.h"
#include "util/base/endian.h"

enum {
	BTF_MAGIC = 0xeb9f,
	BTF_HEADER_BYTES = 24,
	TYPE_BYTES = 12,

	KIND_INT = 1,
	KIND_PTR = 2,
	KIND_ARRAY = 3,
	KIND_STRUCT = 4,
	KIND_UNION = 5,
	KIND_ENUM = 6,
	KIND_FUNC_PROTO = 13,
	KIND_VAR = 14,
	KIND_DATASEC = 15,
	KIND_DECL_TAG = 17,
	KIND_ENUM64 = 19,
	KIND_LAST = 19,
};

struct btf {
	const uint8_t *types;
	uint32_t types_len;
	const char *strings;
	uint32_t strings_len;
};

static struct err *open_btf(const uint8_t *data, size_t len, struct btf *ret_btf)
{
	uint32_t header_len, type_offset, string_offset;

	if (len < BTF_HEADER_BYTES || load_u16(data, ORDER_LITTLE) != BTF_MAGIC)
		return err_new(ERR_FORMAT, "not BTF");
	header_len = load_u32(data + 4, ORDER_LITTLE);
	type_offset = load_u32(data + 8, ORDER_LITTLE);
	ret_btf->types_len = load_u32(data + 12, ORDER_LITTLE);
	string_offset = load_u32(data + 16, ORDER_LITTLE);
	ret_btf->strings_len = load_u32(data + 20, ORDER_LITTLE);
	if (!range_within((uint64_t)header_len + type_offset, ret_btf->types_len, len) ||
	    !range_within((uint64_t)header_len + string_offset, ret_btf->strings_len, len))
		return err_new(ERR_FORMAT, "BTF: sections beyond its end");
	ret_btf->types = data + header_len + type_offset;
	ret_btf->strings = (const char *)data + header_len + string_offset;
	/* Then every name that begins inside ends inside. */
	if (!ret_btf->strings_len || ret_btf->strings[ret_btf->strings_len - 1])
		return err_new(ERR_FORMAT, "BTF: strings do not end");
	return NULL;
}

static const char *name_at(const struct btf *btf, uint32_t offset)
{
	return offset < btf->strings_len ? btf->strings + offset : "";
}

/* What follows the 12 bytes of a type; false for a kind that is not known. */
static bool extra_bytes(uint32_t kind, uint32_t members_nr, uint64_t *ret_bytes)
{
	static const uint8_t each[KIND_LAST + 1] = {
		[KIND_STRUCT] = 12,    [KIND_UNION] = 12,   [KIND_ENUM] = 8,
		[KIND_FUNC_PROTO] = 8, [KIND_DATASEC] = 12, [KIND_ENUM64] = 12,
	};
	static const uint8_t once[KIND_LAST + 1] = {
		[KIND_INT] = 4,
		[KIND_ARRAY] = 12,
		[KIND_VAR] = 4,
		[KIND_DECL_TAG] = 4,
	};

	if (!kind || kind > KIND_LAST)
		return false;
	*ret_bytes = (uint64_t)each[kind] * members_nr + once[kind];
	return true;
}

static struct err *walk_enumerators(const struct btf *btf, const uint8_t *at, uint32_t kind,
				    uint32_t nr, bool is_signed,
				    struct err *(*each)(void *, const char *, int64_t),
				    void *context)
{
	for (uint32_t i = 0; i < nr; i++) {
		uint32_t low = load_u32(at + 4, ORDER_LITTLE);
		int64_t value = is_signed ? (int64_t)(int32_t)low : (int64_t)low;
		struct err *err;

		if (kind == KIND_ENUM64)
			value = (int64_t)((uint64_t)load_u32(at + 8, ORDER_LITTLE) << 32 | low);
		err = each(context, name_at(btf, load_u32(at, ORDER_LITTLE)), value);
		if (err)
			return err;
		at += kind == KIND_ENUM64 ? 12 : 8;
	}
	return NULL;
}

struct err *btf_enum(const uint8_t *data, size_t len, const char *name,
		     struct err *(*each)(void *context, const char *name, int64_t value),
		     void *context)
{
	struct btf btf;
	struct err *err = open_btf(data, len, &btf);
	uint64_t at = 0;

	if (err)
		return err;
	while (range_within(at, TYPE_BYTES, btf.types_len)) {
		const uint8_t *type = btf.types + at;
		uint32_t info = load_u32(type + 4, ORDER_LITTLE);
		uint32_t kind = info >> 24 & 0x1f;
		uint32_t members_nr = info & 0xffff;
		uint64_t extra;

		if (!extra_bytes(kind, members_nr, &extra))
			return err_new(ERR_UNSUPPORTED, "BTF: kind %u is not known", kind);
		at += TYPE_BYTES;
		if (!range_within(at, extra, btf.types_len))
			break;
		if ((kind == KIND_ENUM || kind == KIND_ENUM64) &&
		    !strcmp(name_at(&btf, load_u32(type, ORDER_LITTLE)), name))
			return walk_enumerators(&btf, btf.types + at, kind, members_nr, info >> 31,
						each, context);
		at += extra;
	}
	return err_new(ERR_NODATA, "BTF has no enum %s", name);
}
