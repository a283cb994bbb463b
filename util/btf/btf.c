// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/btf/btf.h"

#include <stdlib.h>
#include <string.h>

#include "util/base/checked.h"
#include "util/btf/format.h"

enum {
	HEADER_MAX = 256,
	HEADER_WITH_LAYOUT = 32, /* 7.1 */
	LAYOUT_BYTES = 4,
	TYPE_BYTES = 12,
	MEMBER_BYTES = 12,

	/* Typedefs of typedefs, structures in structures: kernels have less than ten. */
	DEPTH_MAX = 32,
	/* Members looked at for one name; the largest structure of a kernel has some hundred. */
	STEPS_MAX = 1 << 16,
	POINTER_BYTES = 8,
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

/* One type, taken apart. */
struct type {
	const uint8_t *extra; /* what follows its 12 bytes, and was checked to be there */
	const char *name;
	uint32_t kind;
	uint32_t members_nr;
	bool flag;
	uint32_t size_or_type;
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

static const char *name_at(const struct btf *btf, uint32_t offset)
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
	[BTF_KIND_STRUCT] = { .each = MEMBER_BYTES },
	[BTF_KIND_UNION] = { .each = MEMBER_BYTES },
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
static struct type type_at(const struct btf *btf, uint32_t at)
{
	const uint8_t *bytes = btf->types + at;
	uint32_t info = load_u32(bytes + 4, btf->order);

	return (struct type){
		.extra = bytes + TYPE_BYTES,
		.name = name_at(btf, load_u32(bytes, btf->order)),
		.kind = info >> BTF_KIND_SHIFT & 0x7f,
		.members_nr = info & 0xffffff,
		.flag = info >> BTF_FLAG_SHIFT,
		.size_or_type = load_u32(bytes + 8, btf->order),
	};
}

static bool is_struct(const struct type *type)
{
	return type->kind == BTF_KIND_STRUCT || type->kind == BTF_KIND_UNION;
}

static bool is_enum(const struct type *type)
{
	return type->kind == BTF_KIND_ENUM || type->kind == BTF_KIND_ENUM64;
}

/* FNV-1a */
static uint32_t hash_name(const char *name)
{
	uint32_t hash = 2166136261;

	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * 16777619;
	return hash;
}

static struct err *add_named(struct btf *btf, const struct type *type)
{
	if ((!is_struct(type) && !is_enum(type)) || !*type->name)
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
		struct type type;
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

static struct err *get_type(const struct btf *btf, uint32_t number, struct type *ret_type)
{
	if (!number || number > btf->nr)
		return err_new(ERR_FORMAT, "BTF: there is no type %u", number);
	*ret_type = type_at(btf, btf->at[number - 1]);
	return NULL;
}

/* The type behind typedefs and qualifiers. */
static struct err *resolve(const struct btf *btf, uint32_t number, struct type *ret_type)
{
	for (int depth = 0; depth < DEPTH_MAX; depth++) {
		struct err *e = get_type(btf, number, ret_type);

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

static bool same_type(const struct btf *btf, const struct type *a, const struct type *b)
{
	uint64_t a_extra = 0;
	uint64_t b_extra = 0;

	return a->kind == b->kind && a->size_or_type == b->size_or_type &&
	       extra_bytes(btf, a->kind, a->members_nr, &a_extra) &&
	       extra_bytes(btf, b->kind, b->members_nr, &b_extra) && a_extra == b_extra &&
	       !memcmp(a->extra, b->extra, a_extra);
}

/* The one type of this name of which @is says yes. */
static struct err *find(const struct btf *btf, bool (*is)(const struct type *), const char *what,
			const char *name, uint32_t *ret_number)
{
	uint32_t hash = hash_name(name);
	uint32_t found = 0;
	struct type first = { .kind = 0 };

	for (uint32_t i = 0; i < btf->named_nr; i++) {
		struct type type;

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

struct err *btf_struct(const struct btf *btf, const char *name, uint32_t *ret_type)
{
	return find(btf, is_struct, "struct", name, ret_type);
}

struct err *btf_size(const struct btf *btf, uint32_t number, uint64_t *ret_bytes)
{
	uint64_t factor = 1;

	for (int depth = 0; depth < DEPTH_MAX; depth++) {
		struct type type;
		struct err *e = resolve(btf, number, &type);

		if (e)
			return e;
		switch (type.kind) {
		case BTF_KIND_PTR:
			type.size_or_type = POINTER_BYTES;
			break;
		case BTF_KIND_INT:
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64:
		case BTF_KIND_FLOAT:
			break;
		case BTF_KIND_ARRAY:
			number = load_u32(type.extra, btf->order);
			if (mul_u64(factor, load_u32(type.extra + 8, btf->order), &factor))
				continue;
			return err_new(ERR_FORMAT, "BTF: an array is too large");
		default:
			return err_new(ERR_FORMAT, "BTF: type %u has no size", number);
		}
		if (!mul_u64(factor, type.size_or_type, ret_bytes))
			return err_new(ERR_FORMAT, "BTF: an array is too large");
		return NULL;
	}
	return err_new(ERR_FORMAT, "BTF: arrays in a circle");
}

/* A search for one member name. */
struct search {
	const struct btf *btf;
	const char *name;
	size_t name_len;
	unsigned int steps;
	struct btf_member *found;
};

static struct btf_member member_of(const struct btf *btf, const struct type *type,
				   const uint8_t *member)
{
	uint32_t offset = load_u32(member + 8, btf->order);

	return (struct btf_member){
		.offset_bits = type->flag ? offset & 0xffffff : offset,
		.bits = type->flag ? offset >> 24 : 0,
		.type = load_u32(member + 4, btf->order),
	};
}

static struct err *search_members(struct search *search, uint32_t number, uint64_t base_bits,
				  int depth, bool *ret_found)
{
	const struct btf *btf = search->btf;
	struct type type;
	struct err *e = resolve(btf, number, &type);

	*ret_found = false;
	if (e)
		return e;
	if (!is_struct(&type))
		return err_new(ERR_FORMAT, "BTF: type %u is no structure", number);
	for (uint32_t i = 0; i < type.members_nr; i++) {
		const uint8_t *bytes = type.extra + (size_t)i * MEMBER_BYTES;
		const char *name = name_at(btf, load_u32(bytes, btf->order));
		struct btf_member member = member_of(btf, &type, bytes);
		struct type inner;

		if (++search->steps > STEPS_MAX || depth > DEPTH_MAX)
			return err_new(ERR_FORMAT, "BTF: structures without end");
		member.offset_bits += base_bits;
		if (!strncmp(name, search->name, search->name_len) && !name[search->name_len]) {
			*search->found = member;
			*ret_found = true;
			return NULL;
		}
		/* Only structures without a name of their own hand their members on. */
		if (*name)
			continue;
		e = resolve(btf, member.type, &inner);
		if (!e && is_struct(&inner))
			e = search_members(search, member.type, member.offset_bits, depth + 1,
					   ret_found);
		if (e || *ret_found)
			return e;
	}
	return NULL;
}

struct err *btf_member(const struct btf *btf, uint32_t number, const char *path,
		       struct btf_member *ret_member)
{
	struct btf_member member = { .type = number };

	for (const char *name = path; *name;) {
		size_t len = strcspn(name, ".");
		struct search search = {
			.btf = btf, .name = name, .name_len = len, .found = &member
		};
		bool found;
		struct err *e = search_members(&search, member.type, member.offset_bits, 0, &found);

		if (e)
			return e;
		if (!found || !len)
			return err_new(ERR_NODATA, "BTF has no member %s", path);
		name += len + (name[len] == '.');
	}
	*ret_member = member;
	return NULL;
}

struct err *btf_array_length(const struct btf *btf, uint32_t number, uint64_t *ret_length)
{
	struct type type;
	struct err *e = resolve(btf, number, &type);

	if (e)
		return e;
	if (type.kind != BTF_KIND_ARRAY)
		return err_new(ERR_FORMAT, "BTF: type %u is no array", number);
	*ret_length = load_u32(type.extra + 8, btf->order);
	return NULL;
}

struct err *btf_each_enumerator(const struct btf *btf, const char *name,
				struct err *(*each)(void *, const char *, int64_t), void *context)
{
	uint32_t number = 0;
	struct type type = { .kind = 0 };
	struct err *e = find(btf, is_enum, "enum", name, &number);

	if (!e)
		e = get_type(btf, number, &type);
	if (e)
		return e;
	for (uint32_t i = 0; i < type.members_nr; i++) {
		const uint8_t *at =
			type.extra + (size_t)i * (type.kind == BTF_KIND_ENUM64 ? 12 : 8);
		uint32_t low = load_u32(at + 4, btf->order);
		int64_t value = type.flag ? (int64_t)(int32_t)low : (int64_t)low;

		if (type.kind == BTF_KIND_ENUM64)
			value = (int64_t)((uint64_t)load_u32(at + 8, btf->order) << 32 | low);
		e = each(context, name_at(btf, load_u32(at, btf->order)), value);
		if (e)
			return e;
	}
	return NULL;
}

struct wanted {
	const char *name;
	int64_t value;
	unsigned int seen;
};

static struct err *take_wanted(void *context, const char *name, int64_t value)
{
	struct wanted *wanted = context;

	if (!strcmp(name, wanted->name)) {
		wanted->value = value;
		wanted->seen++;
	}
	return NULL;
}

struct err *btf_enumerator(const struct btf *btf, const char *name, const char *enumerator,
			   int64_t *ret_value)
{
	struct wanted wanted = { .name = enumerator };
	struct err *e = btf_each_enumerator(btf, name, take_wanted, &wanted);

	if (e)
		return e;
	if (!wanted.seen)
		return err_new(ERR_NODATA, "BTF enum %s has no %s", name, enumerator);
	if (wanted.seen > 1)
		return err_new(ERR_FORMAT, "BTF enum %s has %s twice", name, enumerator);
	*ret_value = wanted.value;
	return NULL;
}
