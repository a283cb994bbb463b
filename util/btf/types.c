// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/btf/types.h"

#include <stdlib.h>
#include <string.h>

#include "util/base/checked.h"

enum {
	HEADER_MAX = 256,
	HEADER_WITH_LAYOUT = 32, /* 7.1 */
	LAYOUT_BYTES = 4,
	TYPE_BYTES = 12,
};

struct btf {
	enum byte_order order;
	const uint8_t *types;
	uint32_t types_len;
	const char *strings;
	uint32_t strings_len;
	const uint8_t *layout; /* by kind: what follows a type; NULL: not told */
	uint32_t layout_nr;
	uint32_t *at; /* offset of type n + 1 */
	uint32_t nr;

	/* Types that are looked for by name: a tenth of all. */
	struct named *named;
	uint32_t named_nr;
};

struct named {
	uint32_t hash;
	uint32_t number;
};

bool btf_probe(const uint8_t *bytes, struct btf_extent *ret_extent)
{
	enum byte_order order = bytes[0] == (BTF_MAGIC & 0xff) ? ORDER_LITTLE : ORDER_BIG;
	uint32_t header_len = load_u32(bytes + 4, order);
	uint64_t types_end = (uint64_t)load_u32(bytes + 8, order) + load_u32(bytes + 12, order);
	uint64_t strings_end = (uint64_t)load_u32(bytes + 16, order) + load_u32(bytes + 20, order);

	if (load_u16(bytes, order) != BTF_MAGIC || bytes[2] != BTF_VERSION ||
	    header_len < BTF_HEADER_MIN || header_len > HEADER_MAX)
		return false;
	ret_extent->order = order;
	ret_extent->len = (size_t)(header_len + MAX(types_end, strings_end));
	return true;
}

/* A header that is long enough says where the lengths of the kinds are: two of bytes, and flags. */
static struct err *open_layout(struct btf *btf, const uint8_t *bytes, size_t len)
{
	uint32_t header_len = load_u32(bytes + 4, btf->order);
	uint64_t layout;
	uint32_t layout_len;

	if (header_len < HEADER_WITH_LAYOUT || len < HEADER_WITH_LAYOUT)
		return NULL;
	layout = (uint64_t)header_len + load_u32(bytes + 24, btf->order);
	layout_len = load_u32(bytes + 28, btf->order);
	if (!range_within(layout, layout_len, len))
		return err_new(ERR_FORMAT, "BTF: sections beyond its end");
	btf->layout = bytes + layout;
	btf->layout_nr = layout_len / LAYOUT_BYTES;
	return NULL;
}

static struct err *open_sections(struct btf *btf, const uint8_t *bytes, size_t len)
{
	struct btf_extent extent;
	uint64_t types;
	uint64_t strings;

	if (len < BTF_HEADER_MIN || !btf_probe(bytes, &extent))
		return err_new(ERR_FORMAT, "not BTF");
	btf->order = extent.order;
	types = (uint64_t)load_u32(bytes + 4, btf->order) + load_u32(bytes + 8, btf->order);
	strings = (uint64_t)load_u32(bytes + 4, btf->order) + load_u32(bytes + 16, btf->order);
	btf->types_len = load_u32(bytes + 12, btf->order);
	btf->strings_len = load_u32(bytes + 20, btf->order);
	if (!range_within(types, btf->types_len, len) ||
	    !range_within(strings, btf->strings_len, len))
		return err_new(ERR_FORMAT, "BTF: sections beyond its end");
	btf->types = bytes + types;
	btf->strings = (const char *)bytes + strings;
	/* Then every name that begins inside ends inside. */
	if (!btf->strings_len || btf->strings[0] || btf->strings[btf->strings_len - 1])
		return err_new(ERR_FORMAT, "BTF: strings do not end");
	return open_layout(btf, bytes, len);
}

enum byte_order btf_order(const struct btf *btf)
{
	return btf->order;
}

const char *btf_name_at(const struct btf *btf, uint32_t offset)
{
	return offset < btf->strings_len ? btf->strings + offset : "";
}

/* What follows the 12 bytes of a type: once, and for each of its members. */
struct extra {
	uint8_t once;
	uint8_t each;
};

static const struct extra known_extra[BTF_KIND_LAST + 1] = {
	[BTF_KIND_INT] = { .once = 4 },
	[BTF_KIND_ARRAY] = { .once = 12 },
	[BTF_KIND_STRUCT] = { .each = BTF_MEMBER_BYTES },
	[BTF_KIND_UNION] = { .each = BTF_MEMBER_BYTES },
	[BTF_KIND_ENUM] = { .each = 8 },
	[BTF_KIND_FUNC_PROTO] = { .each = 8 },
	[BTF_KIND_VAR] = { .once = 4 },
	[BTF_KIND_DATASEC] = { .each = 12 },
	[BTF_KIND_DECL_TAG] = { .once = 4 },
	[BTF_KIND_ENUM64] = { .each = 12 },
};

static struct extra told_extra(const struct btf *btf, uint32_t kind)
{
	const uint8_t *told = btf->layout + (size_t)kind * LAYOUT_BYTES;

	return (struct extra){ .once = told[0], .each = told[1] };
}

/* False for a kind that neither we know nor the BTF itself. */
static bool extra_bytes(const struct btf *btf, uint32_t kind, uint32_t members_nr,
			uint64_t *ret_bytes)
{
	struct extra extra;

	if (!kind || (kind > BTF_KIND_LAST && kind >= btf->layout_nr))
		return false;
	extra = kind > BTF_KIND_LAST ? told_extra(btf, kind) : known_extra[kind];
	*ret_bytes = (uint64_t)extra.each * members_nr + extra.once;
	return true;
}

/* A kind that is not what it was when this was written would be misread. */
static struct err *check_layout(const struct btf *btf)
{
	for (uint32_t kind = 1; kind < MIN(btf->layout_nr, (uint32_t)BTF_KIND_LAST + 1); kind++) {
		struct extra told = told_extra(btf, kind);

		if (told.once != known_extra[kind].once || told.each != known_extra[kind].each)
			return err_new(ERR_UNSUPPORTED, "BTF: types of kind %u are laid out anew",
				       kind);
	}
	return NULL;
}

/*
 * The bits between count and kind have been free so far: a count or kind that uses them is not
 * lost.
 */
static struct btf_type type_at(const struct btf *btf, uint32_t at)
{
	const uint8_t *bytes = btf->types + at;
	uint32_t info = load_u32(bytes + 4, btf->order);

	return (struct btf_type){
		.extra = bytes + TYPE_BYTES,
		.name = btf_name_at(btf, load_u32(bytes, btf->order)),
		.kind = info >> BTF_KIND_SHIFT & 0x7f,
		.members_nr = info & 0xffffff,
		.flag = info >> BTF_FLAG_SHIFT,
		.size_or_type = load_u32(bytes + 8, btf->order),
	};
}

/* FNV-1a */
static uint32_t hash_name(const char *name)
{
	uint32_t hash = 2166136261;

	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * 16777619;
	return hash;
}

static struct err *add_named(struct btf *btf, const struct btf_type *type)
{
	if ((!btf_is_struct(type) && !btf_is_enum(type)) || !*type->name)
		return NULL;
	/* Room for twice as many at each power of two. */
	if (!(btf->named_nr & (btf->named_nr - 1))) {
		uint32_t room = btf->named_nr ? btf->named_nr * 2 : 1;
		struct named *grown = reallocarray(btf->named, room, sizeof(*grown));

		if (!grown)
			return err_nomem();
		btf->named = grown;
	}
	btf->named[btf->named_nr++] =
		(struct named){ .hash = hash_name(type->name), .number = btf->nr };
	return NULL;
}

/* Where each type begins: they are of different lengths, and refer to each other by number. */
static struct err *index_types(struct btf *btf)
{
	uint32_t at = 0;

	btf->at = calloc(btf->types_len / TYPE_BYTES + 1, sizeof(*btf->at));
	if (!btf->at)
		return err_nomem();
	while (at < btf->types_len) {
		struct btf_type type;
		uint64_t extra;
		struct err *e;

		if (!range_within(at, TYPE_BYTES, btf->types_len))
			return err_new(ERR_FORMAT, "BTF: type %u is cut off", btf->nr + 1);
		type = type_at(btf, at);
		if (!extra_bytes(btf, type.kind, type.members_nr, &extra))
			return err_new(ERR_UNSUPPORTED, "BTF: type %u is of kind %u, not known",
				       btf->nr + 1, type.kind);
		if (!range_within(at + TYPE_BYTES, extra, btf->types_len))
			return err_new(ERR_FORMAT, "BTF: type %u is cut off", btf->nr + 1);
		btf->at[btf->nr++] = at;
		e = add_named(btf, &type);
		if (e)
			return e;
		at += TYPE_BYTES + (uint32_t)extra;
	}
	return NULL;
}

struct err *btf_new(const uint8_t *bytes, size_t len, struct btf **ret_btf)
{
	guard(btf) struct btf *btf = calloc(1, sizeof(*btf));
	struct err *e;

	if (!btf)
		return err_nomem();
	e = open_sections(btf, bytes, len);
	if (!e)
		e = check_layout(btf);
	if (!e && btf->types)
		e = index_types(btf);
	if (e)
		return e;
	*ret_btf = take_ptr(btf);
	return NULL;
}

void btf_free(struct btf *btf)
{
	if (!btf)
		return;
	free(btf->at);
	free(btf->named);
	free(btf);
}

struct err *btf_type(const struct btf *btf, uint32_t number, struct btf_type *ret_type)
{
	if (!number || number > btf->nr)
		return err_new(ERR_FORMAT, "BTF: there is no type %u", number);
	*ret_type = type_at(btf, btf->at[number - 1]);
	return NULL;
}

struct err *btf_resolve(const struct btf *btf, uint32_t number, struct btf_type *ret_type)
{
	for (int depth = 0; depth < BTF_DEPTH_MAX; depth++) {
		struct err *e = btf_type(btf, number, ret_type);

		if (e)
			return e;
		switch (ret_type->kind) {
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_CONST:
		case BTF_KIND_RESTRICT:
		case BTF_KIND_TYPE_TAG:
			number = ret_type->size_or_type;
			break;
		default:
			return NULL;
		}
	}
	return err_new(ERR_FORMAT, "BTF: type %u leads in a circle", number);
}

static bool same_type(const struct btf *btf, const struct btf_type *a, const struct btf_type *b)
{
	uint64_t a_extra = 0;
	uint64_t b_extra = 0;

	return a->kind == b->kind && a->size_or_type == b->size_or_type &&
	       extra_bytes(btf, a->kind, a->members_nr, &a_extra) &&
	       extra_bytes(btf, b->kind, b->members_nr, &b_extra) && a_extra == b_extra &&
	       !memcmp(a->extra, b->extra, a_extra);
}

struct err *btf_find(const struct btf *btf, bool (*is)(const struct btf_type *), const char *what,
		     const char *name, uint32_t *ret_number)
{
	uint32_t hash = hash_name(name);
	uint32_t found = 0;
	struct btf_type first = { .kind = 0 };

	for (uint32_t i = 0; i < btf->named_nr; i++) {
		struct btf_type type;

		if (btf->named[i].hash != hash)
			continue;
		type = type_at(btf, btf->at[btf->named[i].number - 1]);
		if (!is(&type) || strcmp(type.name, name) != 0)
			continue;
		if (found && !same_type(btf, &first, &type))
			return err_new(ERR_FORMAT, "BTF has two different %s %s", what, name);
		if (!found)
			first = type;
		found = found ? found : btf->named[i].number;
	}
	if (!found)
		return err_new(ERR_NODATA, "BTF has no %s %s", what, name);
	*ret_number = found;
	return NULL;
}
