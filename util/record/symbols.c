// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/record/symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/cleanup.h"
#include "util/base/endian.h"
#include "util/base/macros.h"
#include "util/base/str.h"
#include "util/perfdata/format.h"
#include "util/record/buildids.h"
#include "util/record/host.h"
#include "util/record/usersyms.h"
#include "util/symbol/kallsyms.h"

const uint32_t record_symbol_sections[] = {
	PERFDATA_SECTION_KERNEL_SYMBOLS,
	PERFDATA_SECTION_USER_SYMBOLS,
	PERFDATA_BUILD_ID,
};
const size_t record_symbol_sections_nr = ARRAY_SIZE(record_symbol_sections);

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* All kernel addresses, ascending; some more than once. */
static struct err *merge(const struct addresses *const *addresses, size_t nr, uint64_t **ret_all,
			 size_t *ret_nr)
{
	size_t all_nr = 0;
	uint64_t *all;

	for (size_t i = 0; i < nr; i++)
		all_nr += addresses[i]->kernel.nr;
	all = reallocarray(NULL, all_nr + 1, sizeof(*all));
	if (!all)
		return err_nomem();
	all_nr = 0;
	for (size_t i = 0; i < nr; i++) {
		const struct keyset *set = &addresses[i]->kernel;

		if (set->nr)
			memcpy(all + all_nr, set->key, set->nr * sizeof(*all));
		all_nr += set->nr;
	}
	qsort(all, all_nr, sizeof(*all), by_number);
	*ret_all = all;
	*ret_nr = all_nr;
	return NULL;
}

/* Each function that has one of the addresses, once; modules they are in get their build-ids. */
static struct err *describe(const struct symtab *tab, const uint64_t *address, size_t nr,
			    struct str *lines, struct str *build_ids)
{
	const struct symbol *last = NULL;
	uint32_t module = 0;

	for (size_t i = 0; i < nr; i++) {
		const struct symbol *symbol = symtab_find(tab, address[i]);

		if (!symbol || symbol == last)
			continue;
		str_printf(lines, "%" PRIx64 " %" PRIx64 " %s %s\n", symbol->start, symbol->end,
			   symbol->module ? symtab_name(tab, symbol->module) : "-",
			   symtab_name(tab, symbol->name));
		/*
		 * A module's functions lie together, but for those that are dropped after its
		 * start.
		 */
		if (symbol->module && symbol->module != module)
			build_ids_add_module(build_ids, symtab_name(tab, symbol->module));
		module = symbol->module ? symbol->module : module;
		last = symbol;
	}
	return str_check(lines);
}

static struct err *add_kernel(struct perfdata_writer *writer,
			      const struct addresses *const *addresses, size_t nr,
			      struct str *build_ids, struct notes *notes)
{
	autofree uint64_t *all = NULL;
	size_t all_nr = 0;
	guard(symtab) struct symtab tab = SYMTAB_INIT;
	guard(str) struct str lines = STR_INIT;
	struct err *err;
	uint64_t text;

	if (!addresses[0]->plan || !addresses[0]->plan->kernel)
		return NULL;
	err = merge(addresses, nr, &all, &all_nr);
	if (err)
		return err;
	err = kallsyms_read(AT_FDCWD, "/proc/kallsyms", &tab, &text);
	if (err) {
		notes_add(notes, "the kernel's functions are not stored in the file: %s",
			  err_message(err));
		err_free(err);
		return NULL;
	}
	build_ids_add_kernel(build_ids);
	err = describe(&tab, all, all_nr, &lines, build_ids);
	return err ? err
		   : perfdata_writer_section(writer, PERFDATA_SECTION_KERNEL_SYMBOLS, lines.s,
					     lines.len);
}

struct err *record_symbols(struct perfdata_writer *writer, const struct addresses *const *addresses,
			   size_t nr, struct notes *notes)
{
	guard(str) struct str build_ids = STR_INIT;
	guard(str) struct str user = STR_INIT;
	struct err *err;

	for (size_t i = 0; i < nr; i++)
		if (addresses[i]->incomplete) {
			notes_add(notes, "not all functions' names are stored in the file: samples "
					 "mention too many");
			break;
		}
	err = add_kernel(writer, addresses, nr, &build_ids, notes);
	if (!err)
		err = user_symbols(addresses, nr, &user, &build_ids);
	if (!err && user.len)
		err = perfdata_writer_section(writer, PERFDATA_SECTION_USER_SYMBOLS, user.s,
					      user.len);
	if (!err)
		err = str_check(&build_ids);
	if (!err && build_ids.len)
		err = perfdata_writer_section(writer, PERFDATA_BUILD_ID, build_ids.s,
					      build_ids.len);
	return err;
}
