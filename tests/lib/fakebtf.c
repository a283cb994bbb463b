// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/fakebtf.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_BYTES = 24, HEADER_WITH_LAYOUT = 32 };

void fakebtf_init(struct fakebtf *btf, enum byte_order order)
{
	*btf = (struct fakebtf){
		.order = order, .types = STR_INIT, .strings = STR_INIT, .layout = STR_INIT
	};
	str_add_char(&btf->strings, '\0');
}

void fakebtf_release(struct fakebtf *btf)
{
	str_release(&btf->types);
	str_release(&btf->strings);
	str_release(&btf->layout);
}

void fakebtf_word(struct fakebtf *btf, uint32_t word)
{
	uint8_t bytes[4];

	store_u32(bytes, word, btf->order);
	str_add_bytes(&btf->types, bytes, sizeof(bytes));
}

static void add_name(struct fakebtf *btf, const char *name)
{
	if (!name || !*name) {
		fakebtf_word(btf, 0);
		return;
	}
	fakebtf_word(btf, (uint32_t)btf->strings.len);
	str_add_bytes(&btf->strings, name, strlen(name) + 1);
}

uint32_t fakebtf_type(struct fakebtf *btf, enum fakebtf_kind kind, const char *name,
		      uint32_t members_nr, uint32_t size_or_type)
{
	add_name(btf, name);
	fakebtf_word(btf, (uint32_t)kind << 24 | members_nr);
	fakebtf_word(btf, size_or_type);
	return ++btf->nr;
}

void fakebtf_layout(struct fakebtf *btf, uint8_t once, uint8_t each)
{
	uint8_t entry[4] = { once, each };

	str_add_bytes(&btf->layout, entry, sizeof(entry));
}

void fakebtf_layouts(struct fakebtf *btf)
{
	static const uint8_t extra[][2] = {
		{ 0, 0 }, { 4, 0 },  { 0, 0 }, { 12, 0 }, { 0, 12 }, { 0, 12 }, { 0, 8 },
		{ 0, 0 }, { 0, 0 },  { 0, 0 }, { 0, 0 },  { 0, 0 },  { 0, 0 },	{ 0, 8 },
		{ 4, 0 }, { 0, 12 }, { 0, 0 }, { 4, 0 },  { 0, 0 },  { 0, 12 },
	};

	for (size_t kind = 0; kind < sizeof(extra) / sizeof(extra[0]); kind++)
		fakebtf_layout(btf, extra[kind][0], extra[kind][1]);
}

uint32_t fakebtf_int(struct fakebtf *btf, const char *name, uint32_t bytes)
{
	uint32_t type = fakebtf_type(btf, FAKEBTF_INT, name, 0, bytes);

	fakebtf_word(btf, bytes * 8);
	return type;
}

uint32_t fakebtf_array(struct fakebtf *btf, uint32_t element, uint32_t length)
{
	uint32_t type = fakebtf_type(btf, FAKEBTF_ARRAY, NULL, 0, 0);

	fakebtf_word(btf, element);
	fakebtf_word(btf, 1);
	fakebtf_word(btf, length);
	return type;
}

uint32_t fakebtf_struct(struct fakebtf *btf, enum fakebtf_kind kind, const char *name,
			uint32_t bytes, const struct fakebtf_member *member, size_t nr)
{
	uint32_t flag = 0;
	uint32_t type;

	for (size_t i = 0; i < nr; i++)
		flag |= member[i].bits ? UINT32_C(1) << 31 : 0;
	type = fakebtf_type(btf, kind, name, (uint32_t)nr | flag, bytes);
	for (size_t i = 0; i < nr; i++) {
		add_name(btf, member[i].name);
		fakebtf_word(btf, member[i].type);
		fakebtf_word(btf, member[i].bits << 24 | member[i].offset_bits);
	}
	return type;
}

uint32_t fakebtf_enum(struct fakebtf *btf, enum fakebtf_kind kind, const char *name,
		      const struct fakebtf_value *value, size_t nr)
{
	uint32_t flag = 0;
	uint32_t type;

	for (size_t i = 0; i < nr; i++)
		flag |= value[i].value < 0 ? UINT32_C(1) << 31 : 0;
	type = fakebtf_type(btf, kind, name, (uint32_t)nr | flag, kind == FAKEBTF_ENUM ? 4 : 8);
	for (size_t i = 0; i < nr; i++) {
		add_name(btf, value[i].name);
		fakebtf_word(btf, (uint32_t)value[i].value);
		if (kind == FAKEBTF_ENUM64)
			fakebtf_word(btf, (uint32_t)((uint64_t)value[i].value >> 32));
	}
	return type;
}

uint8_t *fakebtf_bytes(const struct fakebtf *btf, size_t *ret_len)
{
	size_t header_len = btf->layout.len ? HEADER_WITH_LAYOUT : HEADER_BYTES;
	size_t strings_at = btf->types.len + btf->layout.len;
	size_t len = header_len + strings_at + btf->strings.len;
	uint8_t *bytes = calloc(1, len);

	assert(bytes && !btf->types.failed && !btf->strings.failed && !btf->layout.failed);
	store_u16(bytes, 0xeb9f, btf->order);
	bytes[2] = 1;
	store_u32(bytes + 4, (uint32_t)header_len, btf->order);
	store_u32(bytes + 12, (uint32_t)btf->types.len, btf->order);
	store_u32(bytes + 16, (uint32_t)strings_at, btf->order);
	store_u32(bytes + 20, (uint32_t)btf->strings.len, btf->order);
	memcpy(bytes + header_len, btf->types.s, btf->types.len);
	if (btf->layout.len) {
		store_u32(bytes + 24, (uint32_t)btf->types.len, btf->order);
		store_u32(bytes + 28, (uint32_t)btf->layout.len, btf->order);
		memcpy(bytes + header_len + btf->types.len, btf->layout.s, btf->layout.len);
	}
	memcpy(bytes + header_len + strings_at, btf->strings.s, btf->strings.len);
	*ret_len = len;
	return bytes;
}
