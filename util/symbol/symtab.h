/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of address ranges: one table for a kernel or for one file. Filled, finished once, then
 * looked up. Of several names for one address it keeps the one perf would show.
 *
 * Looking up does not change it: a finished table may be shared by threads.
 */
#ifndef VMTOOL_SYMBOL_SYMTAB_H
#define VMTOOL_SYMBOL_SYMTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"

enum symbol_binding { SYMBOL_LOCAL, SYMBOL_GLOBAL, SYMBOL_WEAK };

struct symbol {
	uint64_t start;
	uint64_t end;	 /* exclusive */
	uint32_t name;	 /* symtab_name() */
	uint32_t module; /* likewise; 0: none */
	uint8_t binding;
	bool open_ended; /* said nothing of its size: reaches up to the next one of its module */
};

struct symtab {
	struct symbol *symbol; /* ascending by start once finished, without equal starts */
	size_t nr;
	size_t capacity;
	char *names; /* one after the other; offset 0 is "" */
	size_t names_len;
	size_t names_capacity;
};

#define SYMTAB_INIT ((struct symtab){ .nr = 0 })

void symtab_release(struct symtab *tab);
DEFINE_GUARD_INPLACE(symtab, struct symtab, symtab_release)

/* @end 0: the symbol reaches up to the next one. @name need not end with a NUL; it is copied. */
must_check struct err *symtab_add(struct symtab *tab, uint64_t start, uint64_t end,
				  enum symbol_binding binding, uint32_t module, const char *name,
				  size_t len);

/* A name for struct symbol.module; the same number for the same name as the time before. */
must_check struct err *symtab_module(struct symtab *tab, const char *name, size_t len,
				     uint32_t *ret_module);

/* Sort, settle aliases, close open ends. @last_bytes: what an open end at the very end gets. */
void symtab_finish(struct symtab *tab, uint64_t last_bytes);

/* The first that begins at @address or behind it; NULL: none does. */
const struct symbol *symtab_next(const struct symtab *tab, uint64_t address);

/* NULL: no symbol covers @address. */
const struct symbol *symtab_find(const struct symtab *tab, uint64_t address);

static inline const char *symtab_name(const struct symtab *tab, uint32_t name)
{
	return tab->names + name;
}

#endif
