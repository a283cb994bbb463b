// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/inspect.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "util/base/str.h"
#include "util/cli/json.h"
#include "util/cli/table.h"
#include "util/cli/utf8.h"
#include "util/dump/infofile.h"
#include "util/dump/policy.h"
#include "util/kernel/explain.h"
#include "util/kernel/freelist.h"
#include "util/sys/signals.h"

struct err *inspect_open(const struct inspect_options *options, struct notes *notes,
			 struct image **ret_image, struct kernel **ret_kernel)
{
	struct image_config config = {
		.file = options->file,
		.stop_fd = options->stop_fd,
		.watch = options->watch,
	};
	struct err *e =
		image_open_parts(options->inputs, options->inputs_nr, &config, notes, ret_image);

	if (!e && options->vmcoreinfo)
		e = infofile_use(options->vmcoreinfo, *ret_image, notes);
	return e ? e : kernel_new_with(*ret_image, options->vmlinux, notes, ret_kernel);
}

/* Why page classes cannot be told, as an error of the command's. */
static struct err *need_classes(const struct kernel *kernel)
{
	if (!kernel->why_not)
		return NULL;
	return err_new(err_code(kernel->why_not), "page classes cannot be told: %s",
		       err_message(kernel->why_not));
}

static struct err *finish(FILE *out)
{
	return fflush(out) ? err_sys(errno, "write to the output") : NULL;
}

/* ---- --show-layout --------------------------------------------------------------------------- */

/* Addresses and masks are read in hexadecimal, all else in decimal. */
static void value_text(const struct layout_fact *fact, int64_t value, struct str *out)
{
	if (!strncmp(fact->key, "SYMBOL(", 7))
		str_printf(out, "%#" PRIx64, (uint64_t)value);
	else
		str_printf(out, "%" PRId64, value);
}

static void add_fact(struct table *table, const struct layout_fact *fact)
{
	guard(str) struct str value = STR_INIT;
	guard(str) struct str sources = STR_INIT;
	int64_t used;

	if (layout_fact_value(fact, &used))
		value_text(fact, used, &value);
	else
		str_add(&value, fact->contradicted ? "not used" : "not known");
	for (size_t i = 0; i < LAYOUT_SOURCES_NR; i++) {
		if (!fact->said[i])
			continue;
		str_printf(&sources, "%s%s", sources.len ? ", " : "",
			   layout_source_name((enum layout_source)i));
		if (fact->contradicted) {
			str_add_char(&sources, ' ');
			value_text(fact, fact->value[i], &sources);
		}
	}
	if (fact->malformed)
		str_add(&sources, "VMCOREINFO has no number");
	table_add(table, fact->key);
	table_add(table, value.s);
	table_add(table, sources.len ? sources.s : NULL);
}

/* Only where one was given. */
static void vmlinux_text(const struct layout *layout, FILE *out)
{
	const char *why = layout->vmlinux_types_why;

	if (!layout->has_vmlinux)
		return;
	if (layout->vmlinux_types_from)
		fprintf(out, "vmlinux types from its %s", layout->vmlinux_types_from);
	else
		fprintf(out, "vmlinux no types");
	fprintf(out, "%s%s%s; ", why[0] ? " (" : "", why, why[0] ? ")" : "");
	if (layout->vmlinux_symbols_why[0])
		fprintf(out, "no symbols: %s\n", layout->vmlinux_symbols_why);
	else
		fprintf(out, "symbols from its symbol table\n");
}

static void vmlinux_json(const struct layout *layout, struct json *json)
{
	const char *types = layout->vmlinux_types_why;
	const char *symbols = layout->vmlinux_symbols_why;

	if (!layout->has_vmlinux) {
		json_null(json, "vmlinux");
		return;
	}
	json_object(json, "vmlinux");
	json_string(json, "types", layout->vmlinux_types_from);
	json_string(json, "why_not_dwarf", types[0] ? types : NULL);
	json_bool(json, "symbols", !symbols[0]);
	json_string(json, "why_no_symbols", symbols[0] ? symbols : NULL);
	json_end(json);
}

static struct err *layout_text(const struct kernel *kernel, FILE *out)
{
	guard(table) struct table table = table_init(3);
	const struct layout *layout = &kernel->layout;
	struct err *e;

	fprintf(out, "kernel ");
	utf8_put_safe(out, kernel_release(kernel)[0] ? kernel_release(kernel) : "not known");
	fprintf(out, "\nkallsyms %s\n",
		layout->kallsyms_why[0] ? layout->kallsyms_why : "found in the image");
	fprintf(out, "BTF %s\n", layout->btf_why[0] ? layout->btf_why : "found in the image");
	vmlinux_text(layout, out);
	table_add(&table, "FACT");
	table_add(&table, "VALUE");
	table_add(&table, "FROM");
	for (size_t i = 0; i < layout->facts_nr; i++)
		add_fact(&table, &layout->fact[i]);
	e = table_print(&table, out);
	if (!e && kernel->why_not)
		fprintf(out, "page classes cannot be told: %s\n", err_message(kernel->why_not));
	return e;
}

static void fact_json(struct json *json, const struct layout_fact *fact)
{
	static const char *const source_key[LAYOUT_SOURCES_NR] = { "vmcoreinfo", "btf", "kallsyms",
								   "vmlinux" };
	int64_t value = 0;
	bool known = layout_fact_value(fact, &value);

	json_object(json, NULL);
	json_string(json, "key", fact->key);
	json_i64_if(json, "value", known, value);
	json_bool(json, "contradicted", fact->contradicted);
	json_bool(json, "malformed", fact->malformed);
	for (size_t i = 0; i < LAYOUT_SOURCES_NR; i++) {
		json_i64_if(json, source_key[i], fact->said[i], fact->value[i]);
	}
	json_end(json);
}

static void layout_json(const struct kernel *kernel, const struct notes *notes, FILE *out)
{
	const struct layout *layout = &kernel->layout;
	struct json json = json_init(out);

	json_object(&json, NULL);
	json_string(&json, "kernel", kernel_release(kernel)[0] ? kernel_release(kernel) : NULL);
	json_bool(&json, "kallsyms", !layout->kallsyms_why[0]);
	json_string(&json, "kallsyms_why_not",
		    layout->kallsyms_why[0] ? layout->kallsyms_why : NULL);
	json_bool(&json, "btf", !layout->btf_why[0]);
	json_string(&json, "btf_why_not", layout->btf_why[0] ? layout->btf_why : NULL);
	vmlinux_json(layout, &json);
	json_string(&json, "why_not", kernel->why_not ? err_message(kernel->why_not) : NULL);
	json_array(&json, "facts");
	for (size_t i = 0; i < layout->facts_nr; i++)
		fact_json(&json, &layout->fact[i]);
	json_end(&json);
	json_array(&json, "warnings");
	for (size_t i = 0; notes && i < notes->nr; i++)
		json_string(&json, NULL, notes->line[i]);
	json_end(&json);
	json_end(&json);
}

struct err *inspect_layout(const struct inspect_options *options, FILE *out, struct notes *notes)
{
	guard(image) struct image *image = NULL;
	guard(kernel) struct kernel *kernel = NULL;
	struct err *e = inspect_open(options, notes, &image, &kernel);

	if (!e && !kernel->info)
		e = err_new(ERR_NODATA, "%s: the image has no VMCOREINFO note", options->inputs[0]);
	if (e)
		return e;
	if (options->json)
		layout_json(kernel, notes, out);
	else
		e = layout_text(kernel, out);
	return e ? e : finish(out);
}

/* ---- --explain ------------------------------------------------------------------------------- */

/* The levels that leave the page out, as a sum of those that do each by itself. */
static unsigned int dropping_levels(const struct explained *explained)
{
	unsigned int levels = 0;

	for (unsigned int bit = 1; bit <= DUMP_LEVEL_MAX; bit <<= 1)
		levels |= policy_drops(bit, explained->class) ? bit : 0;
	return levels;
}

static void page_text(const struct explained *explained, FILE *out)
{
	unsigned int levels = dropping_levels(explained);

	fprintf(out, "page frame %#" PRIx64 ", struct page at %#" PRIx64 "\n", explained->pfn,
		explained->vaddr);
	for (size_t i = 0; i < explained->members_nr; i++) {
		const struct explained_member *member = &explained->member[i];

		fprintf(out, "  %-14s %#" PRIx64 "%s%s\n", member->name, member->value,
			member->meaning[0] ? "  " : "", member->meaning);
	}
	if (explained->first != explained->pfn)
		fprintf(out, "part of what begins at page frame %#" PRIx64 "\n", explained->first);
	fprintf(out, "class %s: %s\n", page_class_name(explained->class), explained->why);
	if (explained->poisoned)
		fprintf(out, "left out at every level: PG_hwpoison\n");
	else if (policy_drops(0, explained->class))
		fprintf(out, "left out at every level\n");
	else if (!levels)
		fprintf(out, "kept at every level\n");
	else
		fprintf(out, "left out at levels with any of %u\n", levels);
	if (explained->presence == EXPLAINED_LEFT_OUT)
		fprintf(out, "not in this image: it was left out of it\n");
	else if (explained->presence == EXPLAINED_NO_MEMORY)
		fprintf(out, "not in this image, nor in any dump of it: no memory there\n");
}

/*
 * Page frames are numbers of up to 52 bits, in pages of 4 KiB or more. What is above can only be an
 * address of the kernel's, from a register or a stack.
 */
enum { PFN_BITS = 52 };

struct asked {
	bool is_address;
	uint64_t address;
	uint64_t paddr;
	uint64_t pfn;
};

static void page_json(const struct explained *explained, const struct asked *asked, FILE *out)
{
	struct json json = json_init(out);

	json_object(&json, NULL);
	json_u64_if(&json, "address", asked->is_address, asked->address);
	json_u64_if(&json, "physical_address", asked->is_address, asked->paddr);
	json_u64(&json, "pfn", explained->pfn);
	json_u64(&json, "struct_page", explained->vaddr);
	json_object(&json, "members");
	for (size_t i = 0; i < explained->members_nr; i++)
		json_u64(&json, explained->member[i].name, explained->member[i].value);
	json_end(&json);
	json_u64(&json, "first_pfn", explained->first);
	json_string(&json, "class", page_class_name(explained->class));
	json_string(&json, "rule", explained->why);
	json_bool(&json, "hwpoison", explained->poisoned);
	json_u64(&json, "left_out_by_levels", dropping_levels(explained));
	json_bool(&json, "memory", explained->presence != EXPLAINED_NO_MEMORY);
	json_bool(&json, "in_image", explained->presence == EXPLAINED_STORED);
	json_end(&json);
}

static struct err *find_asked(const struct kernel *kernel, uint64_t number, struct asked *ret_asked)
{
	struct asked asked = { .is_address = number >> PFN_BITS, .address = number, .pfn = number };
	uint64_t run;
	struct err *e = NULL;

	if (asked.is_address) {
		e = vtop_translate(&kernel->vtop, number, &asked.paddr, &run);
		asked.pfn = asked.paddr >> kernel->page_shift;
	}
	if (!e)
		*ret_asked = asked;
	return e;
}

struct err *inspect_page(const struct inspect_options *options, uint64_t number, FILE *out,
			 struct notes *notes)
{
	guard(image) struct image *image = NULL;
	guard(kernel) struct kernel *kernel = NULL;
	struct explained explained;
	struct asked asked;
	struct err *e = inspect_open(options, notes, &image, &kernel);

	if (!e)
		e = need_classes(kernel);
	if (!e)
		e = find_asked(kernel, number, &asked);
	if (!e)
		e = explain_page(kernel, asked.pfn, &explained);
	if (e)
		return e;
	if (options->json) {
		page_json(&explained, &asked, out);
	} else {
		if (asked.is_address)
			fprintf(out, "address %#" PRIx64 ", physical %#" PRIx64 "\n", asked.address,
				asked.paddr);
		page_text(&explained, out);
	}
	return finish(out);
}

/* ---- --list-free ----------------------------------------------------------------------------- */

struct free_listing {
	const struct inspect_options *options;
	const struct migratetypes *types;
	FILE *out;
	struct json json;
};

static struct err *list_block(void *ctx, const struct free_block *block)
{
	struct free_listing *listing = ctx;
	const char *name = migratetype_name(listing->types, block->migrate_type);

	if (stop_requested(listing->options->stop_fd))
		return err_new(ERR_INTERRUPTED, "interrupted");
	if (!listing->options->json) {
		fprintf(listing->out, "order: %u migrate_type: %u pfn: %" PRIu64 "%s%s\n",
			block->order, block->migrate_type, block->pfn, name ? " " : "",
			name ? name : "");
		return NULL;
	}
	json_object(&listing->json, NULL);
	json_u64(&listing->json, "node", block->node);
	json_u64(&listing->json, "zone", block->zone);
	json_u64(&listing->json, "order", block->order);
	json_u64(&listing->json, "migrate_type", block->migrate_type);
	json_string(&listing->json, "migrate_type_name", name);
	json_u64(&listing->json, "pfn", block->pfn);
	json_end(&listing->json);
	return NULL;
}

struct err *inspect_free(const struct inspect_options *options, FILE *out, struct notes *notes)
{
	guard(image) struct image *image = NULL;
	guard(kernel) struct kernel *kernel = NULL;
	struct free_listing listing = { .options = options, .out = out, .json = json_init(out) };
	struct freelist_summary summary;
	struct err *e = inspect_open(options, notes, &image, &kernel);

	if (!e)
		e = need_classes(kernel);
	if (e)
		return e;
	listing.types = &kernel->layout.migratetypes;
	if (options->json)
		json_array(&listing.json, NULL);
	e = freelist_walk(kernel, list_block, &listing, &summary);
	if (options->json)
		json_end(&listing.json);
	if (e)
		return e;
	freelist_remark(&summary, notes);
	return finish(out);
}
