// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/symbol/kallsyms.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum {
	BUFFER_BYTES = 1 << 16,
	LAST_BYTES = 4096, /* the last symbol of a kernel says nothing of its size */
};

/* Of a lower-case hex digit, plus one; 0: it is none. */
static const uint8_t digit_plus_one[256] = {
	['0'] = 1,  ['1'] = 2,	['2'] = 3,  ['3'] = 4,	['4'] = 5,  ['5'] = 6,
	['6'] = 7,  ['7'] = 8,	['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
	['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};

/* Hex digits at @at; NULL: there are none, or more than fit. */
static const char *parse_hex(const char *at, const char *end, uint64_t *ret_value)
{
	const char *start = at;
	uint64_t value = 0;
	unsigned int digit;

	/* A kernel has two million of them in the way of its report. */
	for (; at < end && at - start < 17; at++) {
		digit = digit_plus_one[(unsigned char)*at];
		if (!digit)
			break;
		value = value << 4 | (digit - 1);
	}
	if (at == start || at - start > 16)
		return NULL;
	*ret_value = value;
	return at;
}

struct line {
	uint64_t address;
	char type;
	const char *name;
	size_t name_len;
	const char *module; /* NULL: the kernel itself */
	size_t module_len;
};

static bool parse_line(const char *at, const char *end, struct line *ret)
{
	const char *tab;

	at = parse_hex(at, end, &ret->address);
	if (!at || end - at < 4 || at[0] != ' ' || at[2] != ' ')
		return false;
	ret->type = at[1];
	ret->name = at + 3;
	tab = memchr(ret->name, '\t', (size_t)(end - ret->name));
	ret->name_len = (size_t)((tab ? tab : end) - ret->name);
	ret->module = NULL;
	if (tab && end - tab > 3 && tab[1] == '[' && end[-1] == ']') {
		ret->module = tab + 2;
		ret->module_len = (size_t)(end - 1 - ret->module);
	}
	return true;
}

static bool is_wanted(const struct line *line)
{
	switch (toupper((unsigned char)line->type)) {
	case 'T':
	case 'W':
	case 'D':
	case 'B':
		return line->name_len && line->name[0] != '$';
	default:
		return false;
	}
}

static enum symbol_binding binding_of(char type)
{
	if (type == 'W' || type == 'w')
		return SYMBOL_WEAK;
	return isupper((unsigned char)type) ? SYMBOL_GLOBAL : SYMBOL_LOCAL;
}

static bool is_named(const struct line *line, const char *name)
{
	return !line->module && line->name_len == strlen(name) &&
	       !memcmp(line->name, name, line->name_len);
}

/* What is done with a line; *ret_stop: no more is wanted. */
typedef struct err *line_fn(void *ctx, const struct line *line, bool *ret_stop);

static struct err *each_line(int dir_fd, const char *path, line_fn *fn, void *ctx)
{
	autoclose int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	autofree char *buf = malloc(BUFFER_BYTES);
	size_t held = 0;
	bool stop = false;

	if (fd < 0)
		return err_sys(errno, "%s", path);
	if (!buf)
		return err_nomem();
	while (!stop) {
		ssize_t len = read(fd, buf + held, BUFFER_BYTES - held);
		char *at = buf, *end, *newline;

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return err_sys(errno, "%s", path);
		if (!len)
			return NULL;
		end = buf + held + len;
		while (!stop && (newline = memchr(at, '\n', (size_t)(end - at)))) {
			struct line line;
			struct err *e;

			if (parse_line(at, newline, &line)) {
				e = fn(ctx, &line, &stop);
				if (e)
					return e;
			}
			at = newline + 1;
		}
		held = (size_t)(end - at);
		if (held == BUFFER_BYTES)
			return err_new(ERR_FORMAT, "%s: a line of %d bytes", path, BUFFER_BYTES);
		memmove(buf, at, held);
	}
	return NULL;
}

struct reading {
	struct symtab tab;
	uint64_t text;
	uint64_t stext;
};

static struct err *read_line(void *ctx, const struct line *line, bool *ret_stop)
{
	struct reading *reading = ctx;
	uint32_t module = 0;
	struct err *e;

	(void)ret_stop;
	if (is_named(line, "_text"))
		reading->text = line->address;
	if (is_named(line, "_stext"))
		reading->stext = line->address;
	if (!is_wanted(line) || !line->address)
		return NULL;
	if (line->module) {
		e = symtab_module(&reading->tab, line->module, line->module_len, &module);
		if (e)
			return e;
	}
	return symtab_add(&reading->tab, line->address, 0, binding_of(line->type), module,
			  line->name, line->name_len);
}

struct err *kallsyms_read(int dir_fd, const char *path, struct symtab *ret_tab, uint64_t *ret_text)
{
	struct reading reading = { .tab = SYMTAB_INIT };
	struct err *e;

	e = each_line(dir_fd, path, read_line, &reading);
	if (!e && !reading.tab.nr)
		e = err_new(ERR_NODATA, "%s hides its addresses (kernel.kptr_restrict)", path);
	if (e) {
		symtab_release(&reading.tab);
		return e;
	}
	symtab_finish(&reading.tab, LAST_BYTES);
	*ret_tab = reading.tab;
	*ret_text = reading.text ? reading.text : reading.stext;
	return NULL;
}

static struct err *text_line(void *ctx, const struct line *line, bool *ret_stop)
{
	uint64_t *text = ctx;

	if (is_named(line, "_text") || (is_named(line, "_stext") && !*text))
		*text = line->address;
	/* kallsyms is sorted: what comes behind _stext is not in front of it. */
	*ret_stop = is_named(line, "_stext");
	return NULL;
}

struct err *kallsyms_text(int dir_fd, const char *path, uint64_t *ret_text)
{
	*ret_text = 0;
	return each_line(dir_fd, path, text_line, ret_text);
}

struct err *kallsyms_parse_stored(const char *text, size_t len, struct symtab *ret_tab)
{
	guard(symtab) struct symtab tab = SYMTAB_INIT;
	const char *end = text + len;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *line_end = newline ? newline : end, *at = text, *space;
		uint64_t first, last;
		uint32_t module = 0;
		struct err *e = NULL;

		text = line_end + 1;
		at = parse_hex(at, line_end, &first);
		if (!at || at == line_end || *at++ != ' ')
			continue;
		at = parse_hex(at, line_end, &last);
		if (!at || at == line_end || *at++ != ' ')
			continue;
		space = memchr(at, ' ', (size_t)(line_end - at));
		if (!space || space + 1 == line_end)
			continue;
		if (space - at != 1 || *at != '-')
			e = symtab_module(&tab, at, (size_t)(space - at), &module);
		if (!e)
			e = symtab_add(&tab, first, last, SYMBOL_GLOBAL, module, space + 1,
				       (size_t)(line_end - space - 1));
		if (e)
			return e;
	}
	symtab_finish(&tab, LAST_BYTES);
	*ret_tab = tab;
	tab = SYMTAB_INIT;
	return NULL;
}
