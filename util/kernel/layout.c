// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/kernel/layout.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "util/kernel/kallsyms.h"
#include "util/kernel/typefact.h"

static const char *const source_name[LAYOUT_SOURCES_NR] = {
	[LAYOUT_VMCOREINFO] = "VMCOREINFO",
	[LAYOUT_BTF] = "BTF",
	[LAYOUT_KALLSYMS] = "kallsyms",
	[LAYOUT_VMLINUX] = "vmlinux",
};

const char *layout_source_name(enum layout_source source)
{
	return source_name[source];
}

static const char *const symbol_name[SYMBOLS_NR] = {
	[SYMBOL_START_BTF] = "__start_BTF",	      [SYMBOL_STOP_BTF] = "__stop_BTF",
	[SYMBOL_INIT_UTS_NS] = "init_uts_ns",	      [SYMBOL_MEM_SECTION] = "mem_section",
	[SYMBOL_PER_CPU_OFFSET] = "__per_cpu_offset", [SYMBOL_PER_CPU_START] = "__per_cpu_start",
	[SYMBOL_PER_CPU_END] = "__per_cpu_end",	      [SYMBOL_PCPU_UNIT_SIZE] = "pcpu_unit_size",
	[SYMBOL_NR_CPU_IDS] = "nr_cpu_ids",	      [SYMBOL_NODE_DATA] = "node_data",
	[SYMBOL_NR_NODE_IDS] = "nr_node_ids",
};

/* Types of which something is asked anywhere: DWARF is gone through once. */
static const char *const type_name[] = {
	"free_area",   "folio",		"mem_section", "page",
	"pglist_data", "uts_namespace", "zone",	       "compound_dtor_id",
	"pageflags",   "pagetype",	"migratetype",
};

struct layout layout_init(const struct vmcoreinfo *info)
{
	return (struct layout){
		.info = info,
		.btf_why = "it was not looked for",
		.kallsyms_why = "they were not looked for",
	};
}

static void tell_why(struct err *e, char *why)
{
	snprintf(why, LAYOUT_WHY_MAX, "%s", e ? err_message(e) : "");
	err_free(e);
}

/* ERR_NOMEM goes on, the rest becomes a sentence. */
static struct err *settle(struct err *e, char *why)
{
	if (e && err_code(e) == ERR_NOMEM)
		return e;
	tell_why(e, why);
	return NULL;
}

static struct err *open_kallsyms(struct layout *layout, const struct vtop *vtop)
{
	struct kallsyms_wanted wanted[SYMBOLS_NR];
	struct err *e;

	for (size_t i = 0; i < SYMBOLS_NR; i++)
		wanted[i] = (struct kallsyms_wanted){ .name = symbol_name[i] };
	e = kallsyms_find(vtop, layout->info, wanted, SYMBOLS_NR);
	for (size_t i = 0; !e && i < SYMBOLS_NR; i++)
		layout->kallsyms_symbol[i] = wanted[i].found ? wanted[i].vaddr : 0;
	return settle(e, layout->kallsyms_why);
}

static struct err *open_vmlinux(struct layout *layout, struct vmlinux *vmlinux)
{
	struct kallsyms_wanted wanted[SYMBOLS_NR];
	struct err *no_dwarf = NULL;
	struct err *e;

	layout->has_vmlinux = true;
	e = vmlinux_types(vmlinux, type_name, ARRAY_SIZE(type_name), &layout->vmlinux_types,
			  &layout->vmlinux_types_from, &no_dwarf);
	e = settle(e ? e : no_dwarf, layout->vmlinux_types_why);
	if (e)
		return e;
	for (size_t i = 0; i < SYMBOLS_NR; i++)
		wanted[i] = (struct kallsyms_wanted){ .name = symbol_name[i] };
	e = vmlinux_symbols(vmlinux, layout->info, wanted, SYMBOLS_NR);
	for (size_t i = 0; !e && i < SYMBOLS_NR; i++)
		layout->vmlinux_symbol[i] = wanted[i].found ? wanted[i].vaddr : 0;
	return settle(e, layout->vmlinux_symbols_why);
}

/* What they agree on, or one of them alone says. */
static void weigh_symbols(struct layout *layout)
{
	for (size_t i = 0; i < SYMBOLS_NR; i++) {
		uint64_t one = layout->kallsyms_symbol[i];
		uint64_t other = layout->vmlinux_symbol[i];

		layout->symbol[i] = one && other && one != other ? 0 : one ? one : other;
	}
}

static struct err *take_flag_name(void *context, const char *name, int64_t value)
{
	struct layout *layout = context;

	/* Of several names for one bit the first is that of ordinary pages. */
	if (value >= 0 && value < LAYOUT_FLAGS_NR && !strncmp(name, "PG_", 3) &&
	    !layout->flag_name[value][0])
		snprintf(layout->flag_name[value], LAYOUT_FLAG_NAME_MAX, "%s", name + 3);
	return NULL;
}

static void take_names(struct layout *layout, const struct btf *btf)
{
	if (!btf)
		return;
	err_free(btf_each_enumerator(btf, "pageflags", take_flag_name, layout));
	btf_migratetypes(btf, &layout->migratetypes);
}

struct err *layout_open(struct layout *layout, const struct vtop *vtop, struct vmlinux *vmlinux)
{
	struct err *e;

	/* They have been used already; here they are put down with the other facts. */
	for (const char *const *name = vtop->arch->numbers; name && *name; name++) {
		int64_t value;

		err_free(layout_number(layout, *name, &value));
	}
	e = open_kallsyms(layout, vtop);
	if (!e && vmlinux)
		e = open_vmlinux(layout, vmlinux);
	if (e)
		return e;
	weigh_symbols(layout);
	if (layout->symbol[SYMBOL_START_BTF] && layout->symbol[SYMBOL_STOP_BTF])
		e = kernel_btf_read(vtop, layout->symbol[SYMBOL_START_BTF],
				    layout->symbol[SYMBOL_STOP_BTF], &layout->btf);
	else
		e = kernel_btf_search(vtop, &layout->btf);
	layout->btf_vaddr = e ? 0 : layout->btf.vaddr;
	take_names(layout, layout->btf.btf);
	take_names(layout, layout->vmlinux_types);
	/* Also when there is no memory for it: it takes some MiB, and is not the only witness. */
	tell_why(e, layout->btf_why);
	return NULL;
}

void layout_forget_types(struct layout *layout)
{
	kernel_btf_release(&layout->btf);
	layout->vmlinux_types = NULL;
}

bool layout_has_types(const struct layout *layout)
{
	return layout->btf.btf || layout->vmlinux_types;
}

/* Numbers of 32 bits are printed as signed and as unsigned ones. */
static bool same_value(int64_t a, int64_t b)
{
	return a == b || (a == (int64_t)(uint32_t)b && b == (int32_t)b) ||
	       (b == (int64_t)(uint32_t)a && a == (int32_t)a);
}

bool layout_fact_value(const struct layout_fact *fact, int64_t *ret_value)
{
	if (fact->malformed || fact->contradicted)
		return false;
	for (size_t i = 0; i < LAYOUT_SOURCES_NR; i++) {
		if (!fact->said[i])
			continue;
		*ret_value = fact->value[i];
		return true;
	}
	return false;
}

/* Put down what a source says; the error of one that does not know is freed. */
static void say(struct layout_fact *fact, enum layout_source source, struct err *e, int64_t value)
{
	fact->said[source] = !e;
	fact->value[source] = value;
	err_free(e);
}

/* A fact asked for twice is kept once. */
static void keep(struct layout *layout, const struct layout_fact *fact)
{
	for (size_t i = 0; i < layout->facts_nr; i++) {
		if (!strcmp(layout->fact[i].key, fact->key)) {
			layout->fact[i] = *fact;
			return;
		}
	}
	if (layout->facts_nr < LAYOUT_FACTS_MAX)
		layout->fact[layout->facts_nr++] = *fact;
}

/* NULL when all that say something say the same. */
static struct err *find_contradiction(const struct layout_fact *fact)
{
	enum layout_source first = LAYOUT_SOURCES_NR;

	for (enum layout_source i = 0; i < LAYOUT_SOURCES_NR; i++) {
		if (!fact->said[i])
			continue;
		if (first == LAYOUT_SOURCES_NR)
			first = i;
		if (!same_value(fact->value[first], fact->value[i]))
			return err_new(ERR_FORMAT,
				       "%s is %" PRId64 " in %s and %" PRId64
				       " in %s: neither is believed",
				       fact->key, fact->value[first], source_name[first],
				       fact->value[i], source_name[i]);
	}
	return NULL;
}

static struct err *nobody_knows(const struct layout *layout, const struct layout_fact *fact)
{
	if (!layout->vmlinux_types)
		return err_new(ERR_NODATA, "neither VMCOREINFO nor the kernel's BTF has %s",
			       fact->key);
	return err_new(ERR_NODATA, "neither VMCOREINFO%s nor vmlinux has %s",
		       layout->btf.btf ? " nor the kernel's BTF" : "", fact->key);
}

/*
 * @said_by_info: what looking in VMCOREINFO gave; its message is the best there is for a fact that
 * nobody knows.
 */
static struct err *weigh(struct layout *layout, struct layout_fact *fact, struct err *said_by_info,
			 int64_t *ret_value)
{
	autoerr struct err *e = said_by_info;
	autoerr struct err *contradiction = NULL;

	fact->said[LAYOUT_VMCOREINFO] = !e;
	fact->malformed = e && err_code(e) != ERR_NODATA;
	contradiction = find_contradiction(fact);
	fact->contradicted = contradiction != NULL;
	keep(layout, fact);
	if (layout_fact_value(fact, ret_value))
		return NULL;
	if (fact->malformed)
		return take_ptr(e);
	if (contradiction)
		return take_ptr(contradiction);
	return layout_has_types(layout) ? nobody_knows(layout, fact) : take_ptr(e);
}

/* The types a source describes; NULL where it describes none. */
static const struct btf *types_of(const struct layout *layout, enum layout_source source)
{
	switch (source) {
	case LAYOUT_BTF:
		return layout->btf.btf;
	case LAYOUT_VMLINUX:
		return layout->vmlinux_types;
	default:
		return NULL;
	}
}

struct err *layout_unsigned(struct layout *layout, const char *key, uint64_t *ret_value)
{
	struct layout_fact fact = { .key = "" };
	uint64_t value = 0;
	int64_t weighed = 0;
	struct err *said = vmcoreinfo_unsigned(layout->info, key, &value);
	struct err *e;

	snprintf(fact.key, sizeof(fact.key), "%s", key);
	fact.value[LAYOUT_VMCOREINFO] = (int64_t)value;
	for (enum layout_source i = 0; i < LAYOUT_SOURCES_NR; i++) {
		if (!types_of(layout, i))
			continue;
		value = 0;
		e = typefact_unsigned(types_of(layout, i), key, &value);
		say(&fact, i, e, (int64_t)value);
	}
	e = weigh(layout, &fact, said, &weighed);
	if (!e)
		*ret_value = (uint64_t)weighed;
	return e;
}

struct err *layout_number(struct layout *layout, const char *name, int64_t *ret_value)
{
	struct layout_fact fact = { .key = "" };
	int64_t value = 0;
	struct err *said = vmcoreinfo_number(layout->info, name, &value);

	snprintf(fact.key, sizeof(fact.key), "NUMBER(%s)", name);
	fact.value[LAYOUT_VMCOREINFO] = value;
	for (enum layout_source i = 0; i < LAYOUT_SOURCES_NR; i++) {
		struct err *e;

		if (!types_of(layout, i))
			continue;
		value = 0;
		e = typefact_number(types_of(layout, i), name, &value);
		say(&fact, i, e, value);
	}
	return weigh(layout, &fact, said, ret_value);
}

/* SYMBOL(@name), which others have at the addresses given; 0: they do not know. */
static struct err *weigh_symbol(struct layout *layout, const char *name, uint64_t kallsyms_vaddr,
				uint64_t vmlinux_vaddr, uint64_t *ret_vaddr)
{
	struct layout_fact fact = { .key = "" };
	uint64_t value = 0;
	int64_t weighed = 0;
	struct err *said = vmcoreinfo_symbol(layout->info, name, &value);
	struct err *e;

	snprintf(fact.key, sizeof(fact.key), "SYMBOL(%s)", name);
	fact.value[LAYOUT_VMCOREINFO] = (int64_t)value;
	fact.said[LAYOUT_KALLSYMS] = kallsyms_vaddr != 0;
	fact.value[LAYOUT_KALLSYMS] = (int64_t)kallsyms_vaddr;
	fact.said[LAYOUT_VMLINUX] = vmlinux_vaddr != 0;
	fact.value[LAYOUT_VMLINUX] = (int64_t)vmlinux_vaddr;
	e = weigh(layout, &fact, said, &weighed);
	if (!e)
		*ret_vaddr = (uint64_t)weighed;
	return e;
}

struct err *layout_init_uts_ns(struct layout *layout, uint64_t *ret_vaddr)
{
	return weigh_symbol(layout, "init_uts_ns", layout->kallsyms_symbol[SYMBOL_INIT_UTS_NS],
			    layout->vmlinux_symbol[SYMBOL_INIT_UTS_NS], ret_vaddr);
}

/* The pointer at @vaddr; 0 when there is none, or it cannot be read. */
static struct err *read_pointer(const struct vtop *vtop, uint64_t vaddr, uint64_t *ret_pointer)
{
	uint8_t bytes[8];
	struct err *e;

	*ret_pointer = 0;
	if (!vaddr)
		return NULL;
	e = vtop_read(vtop, vaddr, bytes, sizeof(bytes));
	if (e && err_code(e) == ERR_NOMEM)
		return e;
	if (!e)
		*ret_pointer = load_u64(bytes, vtop->order);
	err_free(e);
	return NULL;
}

struct err *layout_mem_section(struct layout *layout, const struct vtop *vtop, uint64_t *ret_vaddr)
{
	uint64_t by_kallsyms;
	uint64_t by_vmlinux;
	struct err *e;

	e = read_pointer(vtop, layout->kallsyms_symbol[SYMBOL_MEM_SECTION], &by_kallsyms);
	if (!e)
		e = read_pointer(vtop, layout->vmlinux_symbol[SYMBOL_MEM_SECTION], &by_vmlinux);
	return e ? e : weigh_symbol(layout, "mem_section", by_kallsyms, by_vmlinux, ret_vaddr);
}
