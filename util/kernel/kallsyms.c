// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/kernel/kallsyms.h"

#include <assert.h>
#include <string.h>

enum {
	TOKENS_NR = 256,
	TOKEN_TABLE_MAX = 0x10000 + 512,
	NAME_MAX_BYTES = 512, /* KSYM_NAME_LEN (b8a94bfb3395, 6.1), 128 before */
	CHUNK_BYTES = 65536,
	OFFSET_BYTES = 4,
	ADDRESS_BYTES = 8,

	/* Debug kernels have some 300,000, in 5 MiB. */
	SYMBOLS_MAX = 4 << 20,
	NAMES_BYTES_MAX = 64 << 20,

	/* One symbol of one name proves little. */
	ANCHORS_MIN = 2,
};

enum encoding { ABSOLUTE, BASE_RELATIVE, ABSOLUTE_PERCPU, PLACE_RELATIVE, ENCODINGS_NR };

/* Symbols that VMCOREINFO gives on every kernel that tells where its kallsyms are. */
static const char *const anchor_name[] = { "_stext", "init_uts_ns", "swapper_pg_dir" };

enum { SOUGHT_MAX = KALLSYMS_WANTED_MAX + ARRAY_SIZE(anchor_name) };

struct sought {
	const char *name;
	size_t len;
	uint32_t index;
	unsigned int nr; /* how many there are */
};

struct tables {
	const struct vtop *vtop;
	uint64_t names;
	uint64_t symbols_nr;
	uint64_t offsets; /* of kallsyms_offsets, or of kallsyms_addresses */
	uint64_t relative_base;
	bool has_offsets;
	bool has_base;
	char *token_table;
	const char *token[TOKENS_NR];
	size_t token_len[TOKENS_NR];
};

/* The stream of compressed names. */
struct names {
	const struct tables *tables;
	uint64_t at;
	size_t used;
	size_t len;
	uint8_t chunk[CHUNK_BYTES];
};

/* A name as it is stored. */
struct name {
	uint8_t token[NAME_MAX_BYTES];
	size_t tokens_nr;
	size_t len; /* expanded, with its type in front */
};

static struct err *read_u32(const struct vtop *vtop, uint64_t vaddr, uint32_t *ret_value)
{
	uint8_t bytes[4];
	struct err *e = vtop_read(vtop, vaddr, bytes, sizeof(bytes));

	if (!e)
		*ret_value = load_u32(bytes, vtop->order);
	return e;
}

static struct err *read_u64(const struct vtop *vtop, uint64_t vaddr, uint64_t *ret_value)
{
	uint8_t bytes[8];
	struct err *e = vtop_read(vtop, vaddr, bytes, sizeof(bytes));

	if (!e)
		*ret_value = load_u64(bytes, vtop->order);
	return e;
}

static struct err *load_tokens(struct tables *t, uint64_t table, uint64_t index)
{
	uint8_t bytes[TOKENS_NR * 2];
	size_t last = 0;
	struct err *e = vtop_read(t->vtop, index, bytes, sizeof(bytes));

	if (e)
		return err_wrap(e, "kallsyms_token_index");
	t->token_table = calloc(1, TOKEN_TABLE_MAX + 1);
	if (!t->token_table)
		return err_nomem();
	for (size_t i = 0; i < TOKENS_NR; i++) {
		size_t offset = load_u16(bytes + 2 * i, t->vtop->order);

		last = MAX(last, offset);
		t->token[i] = t->token_table + offset;
	}
	/* The last token is a few bytes; what follows the table is read along and not used. */
	e = vtop_read(t->vtop, table, t->token_table, last + 64);
	for (size_t i = 0; i < TOKENS_NR; i++)
		t->token_len[i] = strlen(t->token[i]);
	return err_wrap(e, "kallsyms_token_table");
}

static struct err *load_tables(struct tables *t, const struct vmcoreinfo *info)
{
	uint64_t table, index, symbols_nr, base;
	uint32_t nr;
	struct err *e = vmcoreinfo_symbol(info, "kallsyms_names", &t->names);

	if (!e)
		e = vmcoreinfo_symbol(info, "kallsyms_num_syms", &symbols_nr);
	if (!e)
		e = vmcoreinfo_symbol(info, "kallsyms_token_table", &table);
	if (!e)
		e = vmcoreinfo_symbol(info, "kallsyms_token_index", &index);
	if (e)
		return e;
	e = vmcoreinfo_symbol(info, "kallsyms_offsets", &t->offsets);
	t->has_offsets = !e;
	if (e) {
		err_free(e);
		e = vmcoreinfo_symbol(info, "kallsyms_addresses", &t->offsets);
	}
	if (!e)
		e = read_u32(t->vtop, symbols_nr, &nr);
	if (e)
		return e;
	if (!nr || nr > SYMBOLS_MAX)
		return err_new(ERR_FORMAT, "kallsyms_num_syms has the absurd value %u", nr);
	t->symbols_nr = nr;

	e = vmcoreinfo_symbol(info, "kallsyms_relative_base", &base);
	t->has_base = !e;
	err_free(e);
	e = t->has_base ? read_u64(t->vtop, base, &t->relative_base) : NULL;
	return e ? e : load_tokens(t, table, index);
}

static struct err *next_chunk(struct names *names)
{
	uint64_t at = names->at;
	size_t len = CHUNK_BYTES - (size_t)(at % CHUNK_BYTES);
	struct err *e;

	if (at - names->tables->names > NAMES_BYTES_MAX)
		return err_new(ERR_FORMAT, "kallsyms_names do not end");
	e = vtop_read(names->tables->vtop, at, names->chunk, len);
	if (e)
		return err_wrap(e, "kallsyms_names");
	names->at += len;
	names->len = len;
	names->used = 0;
	return NULL;
}

static inline struct err *next_byte(struct names *names, uint8_t *ret_byte)
{
	struct err *e = names->used == names->len ? next_chunk(names) : NULL;

	if (e)
		return e;
	*ret_byte = names->chunk[names->used++];
	return NULL;
}

/*
 * The next name. Lengths from 128 on take two bytes since 6.1 (73bbb94466fd); before, the byte is
 * the length.
 */
static struct err *next_name(struct names *names, bool long_lengths, struct name *name)
{
	uint8_t byte;
	struct err *e = next_byte(names, &byte);

	if (e)
		return e;
	name->tokens_nr = byte;
	name->len = 0;
	if (long_lengths && byte & 0x80) {
		e = next_byte(names, &byte);
		if (e)
			return e;
		name->tokens_nr = (name->tokens_nr & 0x7f) | (size_t)byte << 7;
	}
	if (name->tokens_nr > NAME_MAX_BYTES)
		return err_new(ERR_FORMAT, "a kallsyms name does not end");
	for (size_t i = 0; i < name->tokens_nr; i++) {
		e = next_byte(names, &name->token[i]);
		if (e)
			return e;
		name->len += names->tables->token_len[name->token[i]];
	}
	if (name->len > NAME_MAX_BYTES)
		return err_new(ERR_FORMAT, "a kallsyms name does not end");
	return NULL;
}

/* The text of a name behind its type; its length is known to be that of @text and one more. */
static bool is_named(const struct tables *tables, const struct name *name, const char *text)
{
	size_t at = 0; /* of the name's text, the type included */

	for (size_t i = 0; i < name->tokens_nr; i++) {
		const char *token = tables->token[name->token[i]];
		size_t len = tables->token_len[name->token[i]];
		size_t skip = at || !len ? 0 : 1;

		if (memcmp(token + skip, text + at - (at ? 1 : 0), len - skip) != 0)
			return false;
		at += len;
	}
	return true;
}

/* Few names are as long as one that is sought: only these are looked into. */
static struct err *find_names(const struct tables *tables, bool long_lengths, struct sought *sought,
			      size_t nr)
{
	struct names names = { .tables = tables, .at = tables->names };
	bool sought_len[NAME_MAX_BYTES + 1] = { false };
	struct name name;

	for (size_t i = 0; i < nr; i++) {
		sought[i].nr = 0;
		sought_len[sought[i].len + 1] = true;
	}
	for (uint32_t index = 0; index < tables->symbols_nr; index++) {
		struct err *e = next_name(&names, long_lengths, &name);

		if (e)
			return e;
		for (size_t i = 0; sought_len[name.len] && i < nr; i++) {
			if (sought[i].len + 1 != name.len ||
			    !is_named(tables, &name, sought[i].name))
				continue;
			sought[i].index = index;
			sought[i].nr++;
		}
	}
	return NULL;
}

static bool encoding_possible(const struct tables *tables, enum encoding encoding)
{
	switch (encoding) {
	case ABSOLUTE:
		return !tables->has_offsets;
	case BASE_RELATIVE:
	case ABSOLUTE_PERCPU:
		return tables->has_offsets && tables->has_base;
	case PLACE_RELATIVE:
		return tables->has_offsets && !tables->has_base;
	case ENCODINGS_NR:
		break;
	}
	return false;
}

static struct err *address_of(const struct tables *tables, enum encoding encoding, uint32_t index,
			      uint64_t *ret_vaddr)
{
	uint64_t place = tables->offsets + (uint64_t)index * OFFSET_BYTES;
	uint32_t offset;
	struct err *e;

	if (encoding == ABSOLUTE)
		return read_u64(tables->vtop, tables->offsets + (uint64_t)index * ADDRESS_BYTES,
				ret_vaddr);
	e = read_u32(tables->vtop, place, &offset);
	if (e)
		return e;
	if (encoding == PLACE_RELATIVE)
		*ret_vaddr = place + (uint64_t)(int64_t)(int32_t)offset;
	else if (encoding == BASE_RELATIVE)
		*ret_vaddr = tables->relative_base + offset;
	else if ((int32_t)offset >= 0)
		*ret_vaddr = offset;
	else
		*ret_vaddr = tables->relative_base - 1 - (uint64_t)(int64_t)(int32_t)offset;
	return NULL;
}

/* How many anchors come out as VMCOREINFO has them; 0 when one does not. */
static unsigned int anchors_right(const struct tables *tables, const struct vmcoreinfo *info,
				  enum encoding encoding, const struct sought *anchor)
{
	unsigned int right = 0;

	for (size_t i = 0; i < ARRAY_SIZE(anchor_name); i++) {
		uint64_t expected = 0;
		uint64_t vaddr = 0;
		struct err *e = vmcoreinfo_symbol(info, anchor[i].name, &expected);

		if (e || anchor[i].nr != 1) {
			err_free(e);
			continue;
		}
		e = address_of(tables, encoding, anchor[i].index, &vaddr);
		if (e || vaddr != expected) {
			err_free(e);
			return 0;
		}
		right++;
	}
	return right;
}

/*
 * *@ret_right: of how many symbols kallsyms and VMCOREINFO say the same, also when that is too few.
 */
static struct err *find_with(const struct tables *tables, const struct vmcoreinfo *info,
			     bool long_lengths, struct sought *sought, size_t nr,
			     enum encoding *ret_encoding, unsigned int *ret_right)
{
	const struct sought *anchor = sought + nr - ARRAY_SIZE(anchor_name);
	struct err *e = find_names(tables, long_lengths, sought, nr);

	*ret_right = 0;
	if (e)
		return e;
	for (enum encoding encoding = 0; encoding < ENCODINGS_NR; encoding++) {
		unsigned int right;

		if (!encoding_possible(tables, encoding))
			continue;
		right = anchors_right(tables, info, encoding, anchor);
		*ret_right = MAX(*ret_right, right);
		if (right < ANCHORS_MIN)
			continue;
		*ret_encoding = encoding;
		return NULL;
	}
	if (*ret_right)
		return err_new(
			ERR_FORMAT,
			"of the symbols in VMCOREINFO kallsyms have one, too few to be believed "
			"(a kernel built without CONFIG_KALLSYMS_ALL?)");
	return err_new(ERR_FORMAT, "kallsyms do not agree with VMCOREINFO");
}

static struct err *find(struct tables *tables, const struct vmcoreinfo *info,
			struct kallsyms_wanted *wanted, size_t nr)
{
	struct sought sought[SOUGHT_MAX];
	size_t sought_nr = 0;
	enum encoding encoding;
	unsigned int right;
	struct err *e = load_tables(tables, info);

	if (e)
		return e;
	for (size_t i = 0; i < nr; i++)
		sought[sought_nr++] = (struct sought){ .name = wanted[i].name };
	for (size_t i = 0; i < ARRAY_SIZE(anchor_name); i++)
		sought[sought_nr++] = (struct sought){ .name = anchor_name[i] };
	for (size_t i = 0; i < sought_nr; i++)
		sought[i].len = strlen(sought[i].name);

	e = find_with(tables, info, true, sought, sought_nr, &encoding, &right);
	if (e && err_code(e) != ERR_NOMEM && !right) {
		err_free(e);
		e = find_with(tables, info, false, sought, sought_nr, &encoding, &right);
	}
	for (size_t i = 0; !e && i < nr; i++) {
		if (sought[i].nr != 1)
			continue;
		e = address_of(tables, encoding, sought[i].index, &wanted[i].vaddr);
		wanted[i].found = !e;
	}
	return e;
}

struct err *kallsyms_find(const struct vtop *vtop, const struct vmcoreinfo *info,
			  struct kallsyms_wanted *wanted, size_t nr)
{
	struct tables tables = { .vtop = vtop };
	struct err *e;

	for (size_t i = 0; i < nr; i++)
		wanted[i].found = false;
	assert(nr <= KALLSYMS_WANTED_MAX);
	e = find(&tables, info, wanted, nr);
	free(tables.token_table);
	return e;
}
