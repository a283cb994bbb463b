// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mkseed: makes BTF, or tables of kallsyms, from a few lines of text. Seeds for fuzzers are made
 * with it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/fakebtf.h"
#include "tests/lib/kallsymstables.h"
#include "util/base/macros.h"

static const char usage[] = "usage: mkseed btf|kallsyms SPEC FILE\n"
			    "\n"
			    "A line of SPEC, for btf: `be` before all others, or a type, which are "
			    "numbered from 1 on:\n"
			    "	int NAME BYTES, array TYPE LENGTH, typedef NAME TYPE, const TYPE,\n"
			    "	struct|union NAME BYTES MEMBER:TYPE:OFFSET-BITS[:BITS]..., "
			    "enum|enum64 NAME NAME=VALUE...,\n"
			    "	kind NUMBER NAME MEMBERS WORD... for a kind that came later, and "
			    "`layout [ONCE EACH]...`:\n"
			    "how long types of each kind are, and of those that came later;\n"
			    "with - for no name. For kallsyms: `base NUMBER`, or OFFSET NAME, the "
			    "name with its type in front.\n"
			    "Empty lines and those that begin with # are nothing.\n";

enum { WORDS_MAX = 64 };

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "mkseed: %s\n", what);
	exit(2);
}

/* The words of a line; they stay in it. */
static size_t split(char *line, char **word)
{
	size_t nr = 0;

	for (char *rest = line, *next; (next = strsep(&rest, " \t\n"));)
		if (*next && nr < WORDS_MAX)
			word[nr++] = next;
	return nr && word[0][0] != '#' ? nr : 0;
}

static uint32_t number(const char *text)
{
	return (uint32_t)strtoul(text, NULL, 0);
}

static const char *name_of(char *word)
{
	return strcmp(word, "-") ? word : NULL;
}

static void add_structure(struct fakebtf *btf, enum fakebtf_kind kind, char **word, size_t nr)
{
	struct fakebtf_member member[WORDS_MAX];

	for (size_t i = 3; i < nr; i++) {
		char *rest = word[i];
		char *name = strsep(&rest, ":");

		member[i - 3] = (struct fakebtf_member){ .name = name_of(name) };
		if (!rest ||
		    sscanf(rest, "%" SCNi32 ":%" SCNi32 ":%" SCNi32, (int32_t *)&member[i - 3].type,
			   (int32_t *)&member[i - 3].offset_bits,
			   (int32_t *)&member[i - 3].bits) < 2)
			die(word[i]);
	}
	fakebtf_struct(btf, kind, name_of(word[1]), number(word[2]), member, nr - 3);
}

static void add_enum(struct fakebtf *btf, enum fakebtf_kind kind, char **word, size_t nr)
{
	struct fakebtf_value value[WORDS_MAX];

	for (size_t i = 2; i < nr; i++) {
		char *rest = word[i];

		value[i - 2].name = strsep(&rest, "=");
		value[i - 2].value = rest ? strtoll(rest, NULL, 0) : 0;
	}
	fakebtf_enum(btf, kind, name_of(word[1]), value, nr - 2);
}

static void add_kind(struct fakebtf *btf, char **word, size_t nr)
{
	fakebtf_type(btf, (enum fakebtf_kind)number(word[1]), name_of(word[2]), number(word[3]), 0);
	for (size_t i = 4; i < nr; i++)
		fakebtf_word(btf, number(word[i]));
}

static void add_layout(struct fakebtf *btf, char **word, size_t nr)
{
	fakebtf_layouts(btf);
	for (size_t i = 1; i + 1 < nr; i += 2)
		fakebtf_layout(btf, (uint8_t)number(word[i]), (uint8_t)number(word[i + 1]));
}

static void add_type(struct fakebtf *btf, char **word, size_t nr)
{
	if (!strcmp(word[0], "be"))
		btf->order = ORDER_BIG;
	else if (!strcmp(word[0], "int") && nr == 3)
		fakebtf_int(btf, word[1], number(word[2]));
	else if (!strcmp(word[0], "array") && nr == 3)
		fakebtf_array(btf, number(word[1]), number(word[2]));
	else if (!strcmp(word[0], "typedef") && nr == 3)
		fakebtf_type(btf, FAKEBTF_TYPEDEF, word[1], 0, number(word[2]));
	else if (!strcmp(word[0], "const") && nr == 2)
		fakebtf_type(btf, FAKEBTF_CONST, NULL, 0, number(word[1]));
	else if (!strcmp(word[0], "struct") && nr >= 3)
		add_structure(btf, FAKEBTF_STRUCT, word, nr);
	else if (!strcmp(word[0], "union") && nr >= 3)
		add_structure(btf, FAKEBTF_UNION, word, nr);
	else if (!strcmp(word[0], "enum") && nr >= 2)
		add_enum(btf, FAKEBTF_ENUM, word, nr);
	else if (!strcmp(word[0], "enum64") && nr >= 2)
		add_enum(btf, FAKEBTF_ENUM64, word, nr);
	else if (!strcmp(word[0], "kind") && nr >= 4)
		add_kind(btf, word, nr);
	else if (!strcmp(word[0], "layout"))
		add_layout(btf, word, nr);
	else
		die(word[0]);
}

static uint8_t *make_btf(FILE *in, size_t *ret_len)
{
	struct fakebtf btf;
	char line[1024];
	char *word[WORDS_MAX];
	uint8_t *bytes;

	fakebtf_init(&btf, ORDER_LITTLE);
	while (fgets(line, sizeof(line), in)) {
		size_t nr = split(line, word);

		if (nr)
			add_type(&btf, word, nr);
	}
	bytes = fakebtf_bytes(&btf, ret_len);
	fakebtf_release(&btf);
	return bytes;
}

/* Token n stands for the character n. */
static uint8_t *make_kallsyms(FILE *in, size_t *ret_len)
{
	uint8_t *bytes = calloc(1, KALLSYMSTABLES_BYTES);
	size_t at = KALLSYMSTABLES_NAMES;
	uint32_t symbols_nr = 0;
	char line[1024];
	char *word[WORDS_MAX];

	if (!bytes)
		die("no memory");
	for (unsigned int i = 0; i < 256; i++) {
		store_u16(bytes + KALLSYMSTABLES_INDEX + (size_t)2 * i, (uint16_t)(2 * i),
			  ORDER_LITTLE);
		bytes[KALLSYMSTABLES_TOKENS + 2 * i] = (uint8_t)i;
	}
	while (fgets(line, sizeof(line), in)) {
		size_t len;

		if (split(line, word) != 2)
			continue;
		if (!strcmp(word[0], "base")) {
			store_u64(bytes + KALLSYMSTABLES_BASE, strtoull(word[1], NULL, 0),
				  ORDER_LITTLE);
			continue;
		}
		len = strlen(word[1]);
		if (symbols_nr == KALLSYMSTABLES_SYMBOLS_MAX || len > 127 ||
		    at + 1 + len > KALLSYMSTABLES_BYTES)
			die("too many symbols");
		store_u32(bytes + KALLSYMSTABLES_OFFSETS + 4 * (size_t)symbols_nr++,
			  number(word[0]), ORDER_LITTLE);
		bytes[at++] = (uint8_t)len;
		memcpy(bytes + at, word[1], len);
		at += len;
	}
	store_u32(bytes + KALLSYMSTABLES_NUMBER, symbols_nr, ORDER_LITTLE);
	*ret_len = at;
	return bytes;
}

int main(int argc, char **argv)
{
	FILE *in = argc == 4 ? fopen(argv[2], "r") : NULL;
	FILE *out = argc == 4 ? fopen(argv[3], "w") : NULL;
	uint8_t *bytes;
	size_t len;

	if (!in || !out) {
		fputs(usage, stderr);
		return 2;
	}
	bytes = strcmp(argv[1], "btf") ? make_kallsyms(in, &len) : make_btf(in, &len);
	if (fwrite(bytes, 1, len, out) != len || fclose(out))
		die(argv[3]);
	fclose(in);
	free(bytes);
	return 0;
}
