// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/record/symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>

#include "util/base/cleanup.h"
#include "util/base/macros.h"
#include "util/base/str.h"
#include "util/perfdata/reader.h"
#include "util/perfdata/writer.h"
#include "util/symbol/kallsyms.h"

enum {
	ADDRESSES_FIRST = 4096,
	ADDRESSES_MAX = 1 << 22, /* a kernel has fewer instructions that call */
	FIELDS_MAX = 16,
};

/* A hash of addresses; 0 marks a free place. */
struct addresses {
	uint64_t *item;
	size_t capacity; /* a power of two */
	size_t nr;
};

static void addresses_release(struct addresses *addresses)
{
	free(addresses->item);
}
DEFINE_GUARD_INPLACE(addresses, struct addresses, addresses_release)

static size_t place_of(const struct addresses *addresses, uint64_t address)
{
	size_t at =
		(size_t)(address * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (addresses->capacity - 1);

	while (addresses->item[at] && addresses->item[at] != address)
		at = (at + 1) & (addresses->capacity - 1);
	return at;
}

static struct err *grow(struct addresses *addresses)
{
	struct addresses grown = {
		.capacity = addresses->capacity ? addresses->capacity * 2 : ADDRESSES_FIRST,
	};

	grown.item = calloc(grown.capacity, sizeof(*grown.item));
	if (!grown.item)
		return err_nomem();
	for (size_t i = 0; i < addresses->capacity; i++)
		if (addresses->item[i]) {
			grown.item[place_of(&grown, addresses->item[i])] = addresses->item[i];
			grown.nr++;
		}
	free(addresses->item);
	*addresses = grown;
	return NULL;
}

/* Of the kernel's half only; what is no function is found out later. */
static struct err *add(struct addresses *addresses, uint64_t address)
{
	size_t at;

	if (!(address >> 63) || sample_chain_is_mark(address) || addresses->nr == ADDRESSES_MAX)
		return NULL;
	if (addresses->nr * 2 >= addresses->capacity) {
		struct err *err = grow(addresses);

		if (err)
			return err;
	}
	at = place_of(addresses, address);
	if (!addresses->item[at]) {
		addresses->item[at] = address;
		addresses->nr++;
	}
	return NULL;
}

/* Fields that are as long as an address. Which of them hold one shows. */
static size_t find_fields(const struct format *format, struct format_field field[FIELDS_MAX])
{
	const char *name;
	size_t nr = 0;

	for (size_t i = 0; nr < FIELDS_MAX && (name = format_field_name(format, i)); i++)
		if (format_field(format, name, &field[nr]) && field[nr].size == 8 &&
		    !field[nr].is_array && !field[nr].is_dynamic)
			nr++;
	return nr;
}

struct event_fields {
	struct format_field field[FIELDS_MAX];
	size_t nr;
};

static struct err *add_sample(struct addresses *addresses, const struct perfdata_entry *entry,
			      const struct event_fields *fields)
{
	struct sample sample;
	struct err *err = sample_decode(&entry->event->layout, entry->bytes, entry->len, &sample);

	if (!err)
		err = add(addresses, sample.ip);
	for (size_t i = 0; i < sample.chain_nr && !err; i++)
		err = add(addresses, sample_chain_at(&sample, i));
	for (size_t i = 0; i < fields->nr && !err; i++) {
		uint64_t value;

		if (format_value(&fields->field[i], sample.raw, sample.raw_len, &value))
			err = add(addresses, value);
	}
	return err;
}

static struct err *collect(struct perfdata *perfdata, struct addresses *addresses)
{
	size_t events_nr = perfdata_events_nr(perfdata);
	autofree struct event_fields *fields = calloc(events_nr + 1, sizeof(*fields));
	struct perfdata_entry entry;
	struct err *err;

	if (!fields)
		return err_nomem();
	for (size_t i = 0; i < events_nr; i++) {
		const struct format *format = perfdata_event(perfdata, i)->format;

		fields[i].nr = format ? find_fields(format, fields[i].field) : 0;
	}
	for (;;) {
		err = perfdata_next(perfdata, &entry);
		if (err || !entry.type)
			return err;
		if (entry.type == PERF_RECORD_SAMPLE && entry.event)
			err = add_sample(addresses, &entry, &fields[entry.event->index]);
		if (err)
			return err;
	}
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* PERFDATA_SECTION_KERNEL_SYMBOLS: each function that has an address among @addresses, once. */
static struct err *describe(const struct symtab *tab, struct addresses *addresses, struct str *out)
{
	const struct symbol *last = NULL;
	size_t nr = 0;

	for (size_t i = 0; i < addresses->capacity; i++)
		if (addresses->item[i])
			addresses->item[nr++] = addresses->item[i];
	if (nr)
		qsort(addresses->item, nr, sizeof(*addresses->item), by_number);
	for (size_t i = 0; i < nr; i++) {
		const struct symbol *symbol = symtab_find(tab, addresses->item[i]);

		if (!symbol || symbol == last)
			continue;
		str_printf(out, "%" PRIx64 " %" PRIx64 " %s %s\n", symbol->start, symbol->end,
			   symbol->module ? symtab_name(tab, symbol->module) : "-",
			   symtab_name(tab, symbol->name));
		last = symbol;
	}
	return str_check(out);
}

struct err *record_add_symbols(const char *path, struct notes *notes)
{
	guard(addresses) struct addresses addresses = { .nr = 0 };
	guard(perfdata) struct perfdata *perfdata = NULL;
	guard(symtab) struct symtab tab = SYMTAB_INIT;
	guard(str) struct str lines = STR_INIT;
	autoclose int fd = -1;
	uint64_t text;
	struct err *err;

	err = kallsyms_read(AT_FDCWD, "/proc/kallsyms", &tab, &text);
	if (err) {
		notes_add(notes, "the kernel's functions are not stored in the file: %s",
			  err_message(err));
		err_free(err);
		return NULL;
	}
	err = perfdata_open(path, NULL, &perfdata);
	if (!err)
		err = collect(perfdata, &addresses);
	if (!err)
		err = describe(&tab, &addresses, &lines);
	if (err)
		return err_wrap(err, "%s", path);

	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return err_sys(errno, "%s", path);
	err = perfdata_append_section(fd, PERFDATA_SECTION_KERNEL_SYMBOLS, lines.s, lines.len);
	if (err) {
		notes_add(notes, "the kernel's functions are not stored in the file: %s",
			  err_message(err));
		err_free(err);
	}
	return NULL;
}
