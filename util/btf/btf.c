// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/btf/btf.h"

#include <string.h>

#include "util/base/checked.h"
#include "util/btf/types.h"

enum {
	/* Members looked at for one name; the largest structure of a kernel has some hundred. */
	STEPS_MAX = 1 << 16,
	POINTER_BYTES = 8,
};

struct err *btf_struct(const struct btf *btf, const char *name, uint32_t *ret_type)
{
	return btf_find(btf, btf_is_struct, "struct", name, ret_type);
}

struct err *btf_size(const struct btf *btf, uint32_t number, uint64_t *ret_bytes)
{
	uint64_t factor = 1;

	for (int depth = 0; depth < BTF_DEPTH_MAX; depth++) {
		struct btf_type type;
		struct err *e = btf_resolve(btf, number, &type);

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
			number = load_u32(type.extra, btf_order(btf));
			if (mul_u64(factor, load_u32(type.extra + 8, btf_order(btf)), &factor))
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

static struct btf_member member_of(const struct btf *btf, const struct btf_type *type,
				   const uint8_t *member)
{
	uint32_t offset = load_u32(member + 8, btf_order(btf));

	return (struct btf_member){
		.offset_bits = type->flag ? offset & 0xffffff : offset,
		.bits = type->flag ? offset >> 24 : 0,
		.type = load_u32(member + 4, btf_order(btf)),
	};
}

static struct err *search_members(struct search *search, uint32_t number, uint64_t base_bits,
				  int depth, bool *ret_found)
{
	const struct btf *btf = search->btf;
	struct btf_type type;
	struct err *e = btf_resolve(btf, number, &type);

	*ret_found = false;
	if (e)
		return e;
	if (!btf_is_struct(&type))
		return err_new(ERR_FORMAT, "BTF: type %u is no structure", number);
	for (uint32_t i = 0; i < type.members_nr; i++) {
		const uint8_t *bytes = type.extra + (size_t)i * BTF_MEMBER_BYTES;
		const char *name = btf_name_at(btf, load_u32(bytes, btf_order(btf)));
		struct btf_member member = member_of(btf, &type, bytes);
		struct btf_type inner;

		if (++search->steps > STEPS_MAX || depth > BTF_DEPTH_MAX)
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
		e = btf_resolve(btf, member.type, &inner);
		if (!e && btf_is_struct(&inner))
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
	struct btf_type type;
	struct err *e = btf_resolve(btf, number, &type);

	if (e)
		return e;
	if (type.kind != BTF_KIND_ARRAY)
		return err_new(ERR_FORMAT, "BTF: type %u is no array", number);
	*ret_length = load_u32(type.extra + 8, btf_order(btf));
	return NULL;
}

struct err *btf_each_enumerator(const struct btf *btf, const char *name,
				struct err *(*each)(void *, const char *, int64_t), void *context)
{
	uint32_t number = 0;
	struct btf_type type = { .kind = 0 };
	struct err *e = btf_find(btf, btf_is_enum, "enum", name, &number);

	if (!e)
		e = btf_type(btf, number, &type);
	if (e)
		return e;
	for (uint32_t i = 0; i < type.members_nr; i++) {
		const uint8_t *at =
			type.extra + (size_t)i * (type.kind == BTF_KIND_ENUM64 ? 12 : 8);
		uint32_t low = load_u32(at + 4, btf_order(btf));
		int64_t value = type.flag ? (int64_t)(int32_t)low : (int64_t)low;

		if (type.kind == BTF_KIND_ENUM64)
			value = (int64_t)((uint64_t)load_u32(at + 8, btf_order(btf)) << 32 | low);
		e = each(context, btf_name_at(btf, load_u32(at, btf_order(btf))), value);
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
