// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/btf/fromdwarf.h"

#include "config.h"

#ifndef HAVE_LIBDW

struct err *btf_from_dwarf(int fd, const char *const *names, size_t names_nr, uint8_t **ret_bytes,
			   size_t *ret_len)
{
	(void)fd, (void)names, (void)names_nr, (void)ret_bytes, (void)ret_len;
	return err_new(ERR_UNSUPPORTED, "this vmtool was built without libdw, which reads DWARF");
}

#else

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <string.h>

#include "util/base/macros.h"
#include "util/base/str.h"
#include "util/btf/btf.h"
#include "util/btf/format.h"

enum {
	/* With the flag of a structure, offsets have 24 bits and the size of a bit field 8. */
	OFFSET_BITS_MAX = 0xffffff,

	/*
	 * Anonymous structures in anonymous structures, typedefs of typedefs: kernels have three.
	 */
	DEPTH_MAX = 16,
	/*
	 * Members of one structure, anonymous ones and theirs among them: kernels have some forty.
	 */
	STEPS_MAX = 4096,
	NAME_BYTES_MAX = 128,

	/* Different definitions of the names that are asked for, different lengths of arrays. */
	DEFINITIONS_MAX = 1024,
	LENGTHS_MAX = 4096,

	/* Of all that is asked for; that of Debian's 6.1 and 6.12 has 5 KiB. */
	BTF_BYTES_MAX = 256 << 10,
};

struct definition {
	size_t at; /* in `types` */
	size_t len;
};

struct maker {
	const char *const *names;
	size_t names_nr;
	struct str types;
	struct str strings;
	uint32_t types_nr;

	/* Array types by their length. */
	struct length {
		uint32_t length;
		uint32_t type;
	} length[LENGTHS_MAX];
	size_t lengths_nr;

	/* One definition stands in each unit that includes its header. */
	struct definition definition[DEFINITIONS_MAX];
	size_t definitions_nr;

	struct str one; /* the members or enumerators of the type at hand */
	uint32_t members_nr;
	uint32_t steps;
};

/* Where @name stands among the strings; they are few. */
static uint32_t string_at(struct maker *maker, const char *name)
{
	size_t len = strlen(name) + 1;
	const char *found;

	if (len == 1)
		return 0;
	found = memmem(maker->strings.s, maker->strings.len, name, len);
	while (found && found[-1])
		found = memmem(found + 1,
			       maker->strings.len - (size_t)(found + 1 - maker->strings.s), name,
			       len);
	if (found)
		return (uint32_t)(found - maker->strings.s);
	str_add_bytes(&maker->strings, name, len);
	return (uint32_t)(maker->strings.len - len);
}

static void add_type(struct str *out, uint32_t name, uint32_t kind, uint32_t nr, uint32_t size)
{
	str_add_le32(out, name);
	str_add_le32(out, kind << BTF_KIND_SHIFT | nr | UINT32_C(1) << BTF_FLAG_SHIFT);
	str_add_le32(out, size);
}

static bool get_number(Dwarf_Die *die, unsigned int name, uint64_t *ret_value)
{
	Dwarf_Attribute attribute;
	Dwarf_Word value;

	if (!dwarf_attr(die, name, &attribute) || dwarf_formudata(&attribute, &value))
		return false;
	*ret_value = value;
	return true;
}

/* NULL also for one that is too long to be asked for. */
static const char *get_name(Dwarf_Die *die)
{
	const char *name = dwarf_diename(die);

	return name && strnlen(name, NAME_BYTES_MAX) == NAME_BYTES_MAX ? NULL : name;
}

/* The entry behind @die among its siblings. One that stands before it would lead in circles. */
static bool get_sibling(Dwarf_Die *die)
{
	Dwarf_Die next;

	if (dwarf_siblingof(die, &next) || dwarf_dieoffset(&next) <= dwarf_dieoffset(die))
		return false;
	*die = next;
	return true;
}

/* The BTF type of arrays as long as the first dimension of @array; 0 when it has no length. */
static uint32_t array_type(struct maker *maker, Dwarf_Die *array)
{
	Dwarf_Die range;
	uint64_t length;
	bool more = !dwarf_child(array, &range);

	while (more && dwarf_tag(&range) != DW_TAG_subrange_type)
		more = get_sibling(&range);
	if (!more)
		return 0;
	if (!get_number(&range, DW_AT_count, &length)) {
		if (!get_number(&range, DW_AT_upper_bound, &length))
			return 0;
		length++;
	}
	for (size_t i = 0; i < maker->lengths_nr; i++)
		if (maker->length[i].length == length)
			return maker->length[i].type;
	if (length > UINT32_MAX || maker->lengths_nr == LENGTHS_MAX)
		return 0;

	str_add_le32(&maker->types, 0);
	str_add_le32(&maker->types, (uint32_t)BTF_KIND_ARRAY << BTF_KIND_SHIFT);
	for (int i = 0; i < 3; i++)
		str_add_le32(&maker->types, 0);
	str_add_le32(&maker->types, (uint32_t)length);
	maker->length[maker->lengths_nr++] =
		(struct length){ .length = (uint32_t)length, .type = ++maker->types_nr };
	return maker->types_nr;
}

/* Its type, looked through typedefs and qualifiers, which may lead in circles. */
static bool get_type(Dwarf_Die *die, Dwarf_Die *ret_type)
{
	Dwarf_Die type = *die;

	for (int depth = 0; depth < DEPTH_MAX; depth++) {
		Dwarf_Attribute attribute;

		if (!dwarf_attr(&type, DW_AT_type, &attribute) ||
		    !dwarf_formref_die(&attribute, &type))
			return false;
		switch (dwarf_tag(&type)) {
		case DW_TAG_typedef:
		case DW_TAG_const_type:
		case DW_TAG_volatile_type:
		case DW_TAG_restrict_type:
		case DW_TAG_atomic_type:
			break;
		default:
			*ret_type = type;
			return true;
		}
	}
	return false;
}

/* False where the offset is no constant. Members of unions have none. */
static bool get_offset(Dwarf_Die *member, uint64_t *ret_bits)
{
	uint64_t bytes;

	*ret_bits = 0;
	if (dwarf_hasattr(member, DW_AT_data_bit_offset))
		return get_number(member, DW_AT_data_bit_offset, ret_bits);
	if (!dwarf_hasattr(member, DW_AT_data_member_location))
		return true;
	if (!get_number(member, DW_AT_data_member_location, &bytes) || bytes > OFFSET_BITS_MAX)
		return false;
	*ret_bits = bytes * 8;
	return true;
}

static bool is_structure(Dwarf_Die *type)
{
	int tag = dwarf_tag(type);

	return tag == DW_TAG_structure_type || tag == DW_TAG_union_type;
}

static void add_members(struct maker *maker, Dwarf_Die *structure, uint64_t base_bits, int depth)
{
	Dwarf_Die member;
	bool more = !dwarf_child(structure, &member);

	for (; more && ++maker->steps < STEPS_MAX; more = get_sibling(&member)) {
		const char *name = get_name(&member);
		uint64_t offset, bits = 0;
		Dwarf_Die type;

		if (dwarf_tag(&member) != DW_TAG_member || !get_type(&member, &type) ||
		    !get_offset(&member, &offset))
			continue;
		offset += base_bits;
		get_number(&member, DW_AT_bit_size, &bits);
		if (offset > OFFSET_BITS_MAX || bits > UINT8_MAX)
			continue;
		if (!dwarf_diename(&member) && is_structure(&type) && depth < DEPTH_MAX)
			add_members(maker, &type, offset, depth + 1);
		if (!name)
			continue;
		str_add_le32(&maker->one, string_at(maker, name));
		str_add_le32(&maker->one,
			     dwarf_tag(&type) == DW_TAG_array_type ? array_type(maker, &type) : 0);
		str_add_le32(&maker->one, (uint32_t)(bits << 24 | offset));
		maker->members_nr++;
	}
}

/* A value of a fixed size is an unsigned one (gcc); libdw would extend its sign. */
static bool get_value(Dwarf_Die *enumerator, int64_t *ret_value)
{
	Dwarf_Attribute attribute;
	Dwarf_Sword value = 0;
	Dwarf_Word number = 0;
	int status;

	if (!dwarf_attr(enumerator, DW_AT_const_value, &attribute))
		return false;
	switch (dwarf_whatform(&attribute)) {
	case DW_FORM_sdata:
	case DW_FORM_implicit_const:
		status = dwarf_formsdata(&attribute, &value);
		break;
	default:
		status = dwarf_formudata(&attribute, &number);
		value = (Dwarf_Sword)number;
		break;
	}
	*ret_value = value;
	return !status;
}

static void add_enumerators(struct maker *maker, Dwarf_Die *type)
{
	Dwarf_Die child;
	bool more = !dwarf_child(type, &child);

	for (; more && ++maker->steps < STEPS_MAX; more = get_sibling(&child)) {
		const char *name = get_name(&child);
		int64_t value;

		if (dwarf_tag(&child) != DW_TAG_enumerator || !name || !get_value(&child, &value))
			continue;
		str_add_le32(&maker->one, string_at(maker, name));
		str_add_le64(&maker->one, (uint64_t)value);
		maker->members_nr++;
	}
}

static bool is_wanted(const struct maker *maker, const char *name)
{
	for (size_t i = 0; name && i < maker->names_nr; i++)
		if (!strcmp(maker->names[i], name))
			return true;
	return false;
}

/* What is in `one` becomes a type, unless there is the same already. */
static void take(struct maker *maker, Dwarf_Die *type, uint32_t kind)
{
	guard(str) struct str whole = STR_INIT;
	int size = dwarf_bytesize(type);

	add_type(&whole, string_at(maker, dwarf_diename(type)), kind, maker->members_nr,
		 (uint32_t)MAX(size, 0));
	str_add_bytes(&whole, maker->one.s, maker->one.len);
	for (size_t i = 0; i < maker->definitions_nr; i++) {
		const struct definition *old = &maker->definition[i];

		if (old->len == whole.len && !memcmp(maker->types.s + old->at, whole.s, old->len))
			return;
	}
	if (maker->definitions_nr == DEFINITIONS_MAX)
		return;
	maker->definition[maker->definitions_nr++] =
		(struct definition){ .at = maker->types.len, .len = whole.len };
	str_add_bytes(&maker->types, whole.s, whole.len);
	maker->types_nr++;
	maker->types.failed |= whole.failed;
}

static void look_at(struct maker *maker, Dwarf_Die *type)
{
	int tag = dwarf_tag(type);

	if (tag != DW_TAG_structure_type && tag != DW_TAG_union_type &&
	    tag != DW_TAG_enumeration_type)
		return;
	if (!is_wanted(maker, dwarf_diename(type)) || dwarf_hasattr(type, DW_AT_declaration))
		return;
	str_clear(&maker->one);
	maker->members_nr = 0;
	maker->steps = 0;
	if (tag == DW_TAG_enumeration_type)
		add_enumerators(maker, type);
	else
		add_members(maker, type, 0, 0);
	take(maker, type,
	     tag == DW_TAG_enumeration_type ? BTF_KIND_ENUM64
	     : tag == DW_TAG_union_type	    ? BTF_KIND_UNION
					    : BTF_KIND_STRUCT);
}

static bool is_too_much(const struct maker *maker)
{
	return maker->definitions_nr == DEFINITIONS_MAX ||
	       maker->types.len + maker->strings.len > BTF_BYTES_MAX;
}

static struct err *look_at_all(struct maker *maker, Dwarf *dwarf)
{
	Dwarf_CU *unit = NULL;
	Dwarf_Die top;
	int status;

	while (!(status = dwarf_get_units(dwarf, unit, &unit, NULL, NULL, &top, NULL))) {
		Dwarf_Die child;
		bool more = !dwarf_child(&top, &child);

		for (; more && !is_too_much(maker); more = get_sibling(&child))
			look_at(maker, &child);
	}
	if (status < 0)
		return err_new(ERR_FORMAT, "DWARF: %s", dwarf_errmsg(-1));
	if (is_too_much(maker))
		return err_new(ERR_FORMAT, "DWARF: more types of the names that are asked for than "
					   "any kernel has");
	return NULL;
}

static struct err *write_out(const struct maker *maker, uint8_t **ret_bytes, size_t *ret_len)
{
	guard(str) struct str out = STR_INIT;
	struct err *e = str_check(&maker->types);

	if (!e)
		e = str_check(&maker->strings);
	if (!e)
		e = str_check(&maker->one);
	if (e)
		return e;
	if (!maker->definitions_nr)
		return err_new(ERR_NODATA, "DWARF has none of the types that are asked for");
	str_add_le32(&out, BTF_VERSION << 16 | BTF_MAGIC); /* no flags */
	str_add_le32(&out, BTF_HEADER_MIN);
	str_add_le32(&out, 0);
	str_add_le32(&out, (uint32_t)maker->types.len);
	str_add_le32(&out, (uint32_t)maker->types.len);
	str_add_le32(&out, (uint32_t)maker->strings.len);
	str_add_bytes(&out, maker->types.s, maker->types.len);
	str_add_bytes(&out, maker->strings.s, maker->strings.len);
	e = str_check(&out);
	if (e)
		return e;
	*ret_len = out.len;
	*ret_bytes = (uint8_t *)str_take(&out);
	return NULL;
}

struct err *btf_from_dwarf(int fd, const char *const *names, size_t names_nr, uint8_t **ret_bytes,
			   size_t *ret_len)
{
	Dwarf *dwarf = dwarf_begin(fd, DWARF_C_READ);
	struct maker *maker;
	struct err *e;

	if (!dwarf)
		return err_new(ERR_NODATA, "no DWARF in it");
	maker = calloc(1, sizeof(*maker));
	if (!maker) {
		dwarf_end(dwarf);
		return err_nomem();
	}
	*maker = (struct maker){
		.names = names,
		.names_nr = names_nr,
		.types = STR_INIT,
		.strings = STR_INIT,
		.one = STR_INIT,
	};
	str_add_char(&maker->strings, '\0');
	e = look_at_all(maker, dwarf);
	if (!e)
		e = write_out(maker, ret_bytes, ret_len);
	str_release(&maker->types);
	str_release(&maker->strings);
	str_release(&maker->one);
	free(maker);
	dwarf_end(dwarf);
	return e;
}

#endif
