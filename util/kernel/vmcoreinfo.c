// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/kernel/vmcoreinfo.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { KEY_MAX = 128 };

const char *const vmcoreinfo_linked[VMCOREINFO_LINKED_NR] = {
	"_stext",
	"init_uts_ns",
	"swapper_pg_dir",
	"init_top_pgt",
	"vmap_area_list",
	"prb",
	"printk_rb_static",
	"clear_seq",
	"kallsyms_names",
	"kallsyms_num_syms",
	"kallsyms_token_table",
	"kallsyms_token_index",
	"kallsyms_offsets",
	"kallsyms_relative_base",
	"node_data",
};

struct line {
	const char *key;
	const char *value;
	size_t number; /* in the text: of two lines with one key the first counts */
};

struct vmcoreinfo {
	char *text;
	struct line *line; /* sorted by key, then by place in the text */
	size_t lines_nr;
};

static int compare_lines(const void *a, const void *b)
{
	const struct line *left = a;
	const struct line *right = b;
	int order = strcmp(left->key, right->key);

	if (order)
		return order;
	return left->number < right->number ? -1 : left->number > right->number;
}

struct err *vmcoreinfo_parse(const char *text, size_t len, struct vmcoreinfo **ret_info)
{
	guard(vmcoreinfo) struct vmcoreinfo *info = calloc(1, sizeof(*info));
	size_t lines_max = 0;
	char *line;
	char *end;

	if (!info)
		return err_nomem();
	info->text = strndup(text, len);
	if (!info->text)
		return err_nomem();

	for (const char *p = info->text; *p; p++)
		lines_max += *p == '\n';
	info->line = calloc(lines_max + 1, sizeof(*info->line));
	if (!info->line)
		return err_nomem();

	for (line = info->text; (end = strchr(line, '\n')); line = end + 1) {
		char *equals;

		*end = '\0';
		equals = strchr(line, '=');
		if (!equals)
			continue;
		*equals = '\0';
		info->line[info->lines_nr] = (struct line){
			.key = line,
			.value = equals + 1,
			.number = info->lines_nr,
		};
		info->lines_nr++;
	}

	qsort(info->line, info->lines_nr, sizeof(*info->line), compare_lines);
	*ret_info = take_ptr(info);
	return NULL;
}

void vmcoreinfo_free(struct vmcoreinfo *info)
{
	if (!info)
		return;
	free(info->line);
	free(info->text);
	free(info);
}

const char *vmcoreinfo_text(const struct vmcoreinfo *info, const char *key)
{
	size_t low = 0;
	size_t high = info->lines_nr;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(info->line[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == info->lines_nr || strcmp(info->line[low].key, key) != 0)
		return NULL;
	return info->line[low].value;
}

static struct err *malformed(const char *key, const char *value)
{
	return err_new(ERR_FORMAT, "VMCOREINFO %s has the absurd value \"%.40s\"", key, value);
}

static struct err *missing(const char *key)
{
	return err_new(ERR_NODATA, "VMCOREINFO has no %s", key);
}

static struct err *get_unsigned(const struct vmcoreinfo *info, const char *key, int base,
				uint64_t *ret_value)
{
	const char *text = vmcoreinfo_text(info, key);
	unsigned long long value;
	char *end;

	if (!text)
		return missing(key);
	if (!isxdigit((unsigned char)text[0]))
		return malformed(key, text);

	errno = 0;
	value = strtoull(text, &end, base);
	if (errno || *end)
		return malformed(key, text);
	*ret_value = value;
	return NULL;
}

struct err *vmcoreinfo_symbol(const struct vmcoreinfo *info, const char *name, uint64_t *ret_vaddr)
{
	char key[KEY_MAX];

	snprintf(key, sizeof(key), "SYMBOL(%s)", name);
	return get_unsigned(info, key, 16, ret_vaddr);
}

struct err *vmcoreinfo_hexadecimal(const struct vmcoreinfo *info, const char *key,
				   uint64_t *ret_value)
{
	return get_unsigned(info, key, 16, ret_value);
}

struct err *vmcoreinfo_unsigned(const struct vmcoreinfo *info, const char *key, uint64_t *ret_value)
{
	return get_unsigned(info, key, 10, ret_value);
}

struct err *vmcoreinfo_number(const struct vmcoreinfo *info, const char *name, int64_t *ret_value)
{
	char key[KEY_MAX];
	const char *text;
	const char *digits;
	bool negative;
	bool hex;
	unsigned long long value;
	char *end;

	snprintf(key, sizeof(key), "NUMBER(%s)", name);
	text = vmcoreinfo_text(info, key);
	if (!text)
		return missing(key);

	negative = text[0] == '-';
	hex = strncmp(text, "0x", 2) == 0;
	digits = text + (hex ? 2 : negative);
	if (!isxdigit((unsigned char)digits[0]))
		return malformed(key, text);

	errno = 0;
	value = strtoull(digits, &end, hex ? 16 : 10);
	/* strtoull() takes a second "0x" too. */
	if (errno || *end || (hex && digits[1] == 'x'))
		return malformed(key, text);
	/*
	 * Addresses printed with %#lx use all 64 bits; a decimal beyond the signed range does not.
	 */
	if (!hex && value > (unsigned long long)INT64_MAX + negative)
		return malformed(key, text);
	*ret_value = (int64_t)(negative ? -value : value);
	return NULL;
}
