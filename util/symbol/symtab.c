// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/symbol/symtab.h"

#include <stdlib.h>
#include <string.h>

#include "util/base/checked.h"
#include "util/base/macros.h"

enum { SYMBOL_PAGE_BYTES = 4096 };

void symtab_release(struct symtab *tab)
{
	free(tab->symbol);
	free(tab->names);
	*tab = SYMTAB_INIT;
}

static struct err *add_name(struct symtab *tab, const char *name, size_t len, uint32_t *ret_name)
{
	size_t need = tab->names_len + len + 1 + (tab->names_len == 0);

	if (need > UINT32_MAX)
		return err_new(ERR_FORMAT, "more than 4 GiB of symbol names");
	if (need > tab->names_capacity) {
		size_t capacity = tab->names_capacity ? tab->names_capacity : 4096;
		char *grown;

		while (capacity < need)
			capacity += capacity / 2;
		grown = realloc(tab->names, capacity);
		if (!grown)
			return err_nomem();
		tab->names = grown;
		tab->names_capacity = capacity;
	}
	if (!tab->names_len)
		tab->names[tab->names_len++] = '\0';
	*ret_name = (uint32_t)tab->names_len;
	memcpy(tab->names + tab->names_len, name, len);
	tab->names[tab->names_len + len] = '\0';
	tab->names_len += len + 1;
	return NULL;
}

struct err *symtab_add(struct symtab *tab, uint64_t start, uint64_t end,
		       enum symbol_binding binding, uint32_t module, const char *name, size_t len)
{
	uint32_t name_at;
	struct err *e;

	if (tab->nr == tab->capacity) {
		size_t capacity = tab->capacity ? tab->capacity + tab->capacity / 2 : 256;
		struct symbol *grown = reallocarray(tab->symbol, capacity, sizeof(*grown));

		if (!grown)
			return err_nomem();
		tab->symbol = grown;
		tab->capacity = capacity;
	}
	e = add_name(tab, name, len, &name_at);
	if (e)
		return e;
	tab->symbol[tab->nr++] = (struct symbol){
		.start = start,
		.end = end > start ? end : start,
		.name = name_at,
		.module = module,
		.binding = (uint8_t)binding,
		.open_ended = end <= start,
	};
	return NULL;
}

struct err *symtab_module(struct symtab *tab, const char *name, size_t len, uint32_t *ret_module)
{
	/* kallsyms lists the symbols of a module together. */
	uint32_t last = tab->nr ? tab->symbol[tab->nr - 1].module : 0;

	if (last && !strncmp(tab->names + last, name, len) && !tab->names[last + len]) {
		*ret_module = last;
		return NULL;
	}
	return add_name(tab, name, len, ret_module);
}

static size_t underscores(const char *name)
{
	return strspn(name, "_");
}

/*
 * Which of two names of one address to show, the rules of tools/perf/util/symbol.c: one with a
 * size, no weak one, a global one, fewer leading underscores, the longer one.
 */
static bool is_better(const struct symtab *tab, const struct symbol *a, const struct symbol *b)
{
	const char *name_a = symtab_name(tab, a->name);
	const char *name_b = symtab_name(tab, b->name);
	size_t len_a = strlen(name_a), len_b = strlen(name_b);

	if (a->open_ended != b->open_ended)
		return b->open_ended;
	/* All but the last of those without a size become empty there, and so lose. */
	if (a->open_ended)
		return a->name > b->name;
	if ((a->binding == SYMBOL_WEAK) != (b->binding == SYMBOL_WEAK))
		return b->binding == SYMBOL_WEAK;
	if ((a->binding == SYMBOL_GLOBAL) != (b->binding == SYMBOL_GLOBAL))
		return a->binding == SYMBOL_GLOBAL;
	if (underscores(name_a) != underscores(name_b))
		return underscores(name_a) < underscores(name_b);
	if (len_a != len_b)
		return len_a > len_b;
	return a->name < b->name;
}

static int compare(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

/*
 * Where one that says nothing of its size ends: behind the kernel and each module there is a gap.
 */
static uint64_t open_end(const struct symtab *tab, const struct symbol *symbol,
			 const struct symbol *next)
{
	/* As perf has it (tools/perf/util/symbol.c, symbols__fixup_end). */
	uint64_t page_end = align_up_u64(symbol->start + SYMBOL_PAGE_BYTES, SYMBOL_PAGE_BYTES);

	if (!strcmp(symtab_name(tab, symbol->module), symtab_name(tab, next->module)))
		return next->start;
	return MIN(next->start, page_end);
}

void symtab_finish(struct symtab *tab, uint64_t last_bytes)
{
	size_t kept = 0;
	bool sorted = true;

	for (size_t i = 1; i < tab->nr && sorted; i++)
		sorted = compare(&tab->symbol[i - 1], &tab->symbol[i]) <= 0;
	if (!sorted)
		qsort(tab->symbol, tab->nr, sizeof(*tab->symbol), compare);

	for (size_t i = 0; i < tab->nr; i++) {
		struct symbol *last = kept ? &tab->symbol[kept - 1] : NULL;

		if (!last || last->start != tab->symbol[i].start)
			tab->symbol[kept++] = tab->symbol[i];
		else if (is_better(tab, &tab->symbol[i], last))
			*last = tab->symbol[i];
	}
	tab->nr = kept;
	for (size_t i = 0; i < kept; i++) {
		struct symbol *symbol = &tab->symbol[i];

		if (!symbol->open_ended)
			continue;
		symbol->end = i + 1 < kept ? open_end(tab, symbol, symbol + 1)
					   : symbol->start + last_bytes;
	}
}

/* The number of those that begin before @address. */
static size_t before(const struct symtab *tab, uint64_t address)
{
	size_t low = 0, high = tab->nr;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (tab->symbol[middle].start < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct symbol *symtab_next(const struct symtab *tab, uint64_t address)
{
	size_t i = before(tab, address);

	return i < tab->nr ? &tab->symbol[i] : NULL;
}

const struct symbol *symtab_find(const struct symtab *tab, uint64_t address)
{
	size_t i = before(tab, address);

	if (i < tab->nr && tab->symbol[i].start == address)
		return &tab->symbol[i];
	return i && address < tab->symbol[i - 1].end ? &tab->symbol[i - 1] : NULL;
}
