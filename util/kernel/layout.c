// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/kernel/layout.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "util/kernel/kallsyms.h"

static const char *const source_name[LAYOUT_SOURCES_NR] = {
	[LAYOUT_VMCOREINFO] = "VMCOREINFO",
	[LAYOUT_BTF] = "BTF",
	[LAYOUT_KALLSYMS] = "kallsyms",
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

/* How a NUMBER() of VMCOREINFO follows from an enumerator. */
enum derivation {
	AS_IT_IS,
	AS_MASK,      /* bit number to mask */
	AS_TYPE_BIT,  /* the page type is this bit, cleared: 6.11 (8db00ad56461) */
	AS_TYPE_BYTE, /* the page type is this number in the top byte: 6.12 (4ffca5a96678) */
};

static const struct number_rule {
	const char *number;
	const char *enum_name;
	const char *enumerator;
	enum derivation derivation;
} number_rules[] = {
	{ "PG_lru", "pageflags", "PG_lru", AS_IT_IS },
	{ "PG_private", "pageflags", "PG_private", AS_IT_IS },
	{ "PG_swapcache", "pageflags", "PG_swapcache", AS_IT_IS },
	{ "PG_swapbacked", "pageflags", "PG_swapbacked", AS_IT_IS },
	{ "PG_slab", "pageflags", "PG_slab", AS_IT_IS },
	{ "PG_hwpoison", "pageflags", "PG_hwpoison", AS_IT_IS },
	{ "PG_hugetlb", "pageflags", "PG_hugetlb", AS_IT_IS },
	{ "PG_head_mask", "pageflags", "PG_head", AS_MASK },
	{ "HUGETLB_PAGE_DTOR", "compound_dtor_id", "HUGETLB_PAGE_DTOR", AS_IT_IS },
	{ "PAGE_BUDDY_MAPCOUNT_VALUE", "pagetype", "PGTY_buddy", AS_TYPE_BYTE },
	{ "PAGE_BUDDY_MAPCOUNT_VALUE", "pagetype", "PG_buddy", AS_TYPE_BIT },
	{ "PAGE_OFFLINE_MAPCOUNT_VALUE", "pagetype", "PGTY_offline", AS_TYPE_BYTE },
	{ "PAGE_OFFLINE_MAPCOUNT_VALUE", "pagetype", "PG_offline", AS_TYPE_BIT },
	{ "PAGE_HUGETLB_MAPCOUNT_VALUE", "pagetype", "PGTY_hugetlb", AS_TYPE_BYTE },
	{ "PAGE_HUGETLB_MAPCOUNT_VALUE", "pagetype", "PG_hugetlb", AS_TYPE_BIT },
	{ "PAGE_SLAB_MAPCOUNT_VALUE", "pagetype", "PGTY_slab", AS_TYPE_BYTE },
	{ "PAGE_SLAB_MAPCOUNT_VALUE", "pagetype", "PG_slab", AS_TYPE_BIT },
};

struct layout layout_init(const struct vmcoreinfo *info)
{
	return (struct layout){
		.info = info,
		.btf_why = "it was not looked for",
		.kallsyms_why = "they were not looked for",
	};
}

/* ERR_NOMEM goes on, the rest becomes a sentence. */
static struct err *settle(struct err *e, char *why)
{
	if (e && err_code(e) == ERR_NOMEM)
		return e;
	snprintf(why, LAYOUT_WHY_MAX, "%s", e ? err_message(e) : "");
	err_free(e);
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
		layout->symbol[i] = wanted[i].found ? wanted[i].vaddr : 0;
	return settle(e, layout->kallsyms_why);
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

struct err *layout_open(struct layout *layout, const struct vtop *vtop)
{
	struct err *e;

	/* They have been used already; here they are put down with the other facts. */
	for (const char *const *name = vtop->arch->numbers; name && *name; name++) {
		int64_t value;

		err_free(layout_number(layout, *name, &value));
	}
	e = open_kallsyms(layout, vtop);
	if (e)
		return e;
	if (layout->symbol[SYMBOL_START_BTF] && layout->symbol[SYMBOL_STOP_BTF])
		e = kernel_btf_read(vtop, layout->symbol[SYMBOL_START_BTF],
				    layout->symbol[SYMBOL_STOP_BTF], &layout->btf);
	else
		e = kernel_btf_search(vtop, &layout->btf);
	layout->btf_vaddr = e ? 0 : layout->btf.vaddr;
	if (!e)
		err_free(btf_each_enumerator(layout->btf.btf, "pageflags", take_flag_name, layout));
	return settle(e, layout->btf_why);
}

void layout_forget_btf(struct layout *layout)
{
	kernel_btf_release(&layout->btf);
}

/* ---- What each source says -------------------------------------------------------------------- */

/* "OFFSET(zone.free_area)" is taken apart: what, "zone", "free_area" or "". */
struct key {
	char what[16];
	char type[LAYOUT_KEY_MAX];
	char member[LAYOUT_KEY_MAX];
};

static bool split_key(const char *text, struct key *ret_key)
{
	*ret_key = (struct key){ .what = "" };
	return sscanf(text, "%15[A-Z](%63[^).].%63[^)])", ret_key->what, ret_key->type,
		      ret_key->member) >= 2;
}

static struct err *btf_says_unsigned(const struct btf *btf, const char *text, uint64_t *ret_value)
{
	struct btf_member member;
	struct key key;
	uint32_t type;
	struct err *e;

	if (!split_key(text, &key))
		return err_new(ERR_NODATA, "BTF has nothing like %s", text);
	e = btf_struct(btf, key.type, &type);
	if (!e && !strcmp(key.what, "SIZE"))
		return btf_size(btf, type, ret_value);
	if (!e)
		e = btf_member(btf, type, key.member, &member);
	if (e)
		return e;
	if (!strcmp(key.what, "LENGTH"))
		return btf_array_length(btf, member.type, ret_value);
	if (member.bits || member.offset_bits % 8)
		return err_new(ERR_FORMAT, "BTF: %s is a bit field", text);
	*ret_value = member.offset_bits / 8;
	return NULL;
}

/* A page type that is two things at once is neither. */
struct type_count {
	int64_t value;
	unsigned int nr;
};

static struct err *count_value(void *context, const char *name, int64_t value)
{
	struct type_count *count = context;

	(void)name;
	count->nr += count->value == value;
	return NULL;
}

static struct err *derive(const struct btf *btf, const struct number_rule *rule, int64_t value,
			  int64_t *ret_value)
{
	struct type_count count = { .value = value };
	struct err *e;

	switch (rule->derivation) {
	case AS_IT_IS:
		*ret_value = value;
		return NULL;
	case AS_MASK:
		if (value < 0 || value > 62)
			return err_new(ERR_FORMAT, "BTF: %s is %" PRId64, rule->enumerator, value);
		*ret_value = INT64_C(1) << value;
		return NULL;
	case AS_TYPE_BIT:
	case AS_TYPE_BYTE:
		break;
	}
	e = btf_each_enumerator(btf, rule->enum_name, count_value, &count);
	if (e)
		return e;
	if (count.nr != 1)
		return err_new(ERR_FORMAT, "BTF: %s is not the only page type %" PRId64,
			       rule->enumerator, value);
	*ret_value = rule->derivation == AS_TYPE_BIT ? (int32_t) ~(uint32_t)value
						     : (int32_t)((uint32_t)value << 24);
	return NULL;
}

static struct err *btf_says_number(const struct btf *btf, const char *name, int64_t *ret_value)
{
	for (size_t i = 0; i < ARRAY_SIZE(number_rules); i++) {
		const struct number_rule *rule = &number_rules[i];
		int64_t value;
		struct err *e;

		if (strcmp(rule->number, name) != 0)
			continue;
		e = btf_enumerator(btf, rule->enum_name, rule->enumerator, &value);
		if (!e)
			return derive(btf, rule, value, ret_value);
		if (err_code(e) != ERR_NODATA)
			return e;
		err_free(e);
	}
	return err_new(ERR_NODATA, "BTF has no %s", name);
}

/* ---- Weighing them ---------------------------------------------------------------------------- */

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

/*
 * @said_by_info: what looking in VMCOREINFO gave; its message is the best there is for a fact that
 * nobody knows.
 */
static struct err *weigh(struct layout *layout, struct layout_fact *fact, struct err *said_by_info,
			 int64_t *ret_value)
{
	autoerr struct err *e = said_by_info;
	enum layout_source other = fact->said[LAYOUT_BTF] ? LAYOUT_BTF : LAYOUT_KALLSYMS;

	fact->malformed = e && err_code(e) != ERR_NODATA;
	fact->contradicted = !e && fact->said[other] &&
			     !same_value(fact->value[LAYOUT_VMCOREINFO], fact->value[other]);
	keep(layout, fact);
	if (layout_fact_value(fact, ret_value))
		return NULL;
	if (fact->contradicted)
		return err_new(ERR_FORMAT,
			       "%s is %" PRId64 " in VMCOREINFO and %" PRId64
			       " in %s: neither is believed",
			       fact->key, fact->value[LAYOUT_VMCOREINFO], fact->value[other],
			       source_name[other]);
	if (!fact->malformed && layout->btf.btf)
		return err_new(ERR_NODATA, "neither VMCOREINFO nor the kernel's BTF has %s",
			       fact->key);
	return take_ptr(e);
}

struct err *layout_unsigned(struct layout *layout, const char *key, uint64_t *ret_value)
{
	struct layout_fact fact = { .key = "" };
	uint64_t value = 0;
	int64_t weighed = 0;
	struct err *said = vmcoreinfo_unsigned(layout->info, key, &value);
	struct err *e;

	snprintf(fact.key, sizeof(fact.key), "%s", key);
	fact.said[LAYOUT_VMCOREINFO] = !said;
	fact.value[LAYOUT_VMCOREINFO] = (int64_t)value;
	if (layout->btf.btf) {
		value = 0;
		e = btf_says_unsigned(layout->btf.btf, key, &value);
		say(&fact, LAYOUT_BTF, e, (int64_t)value);
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
	fact.said[LAYOUT_VMCOREINFO] = !said;
	fact.value[LAYOUT_VMCOREINFO] = value;
	if (layout->btf.btf) {
		struct err *e;

		value = 0;
		e = btf_says_number(layout->btf.btf, name, &value);
		say(&fact, LAYOUT_BTF, e, value);
	}
	return weigh(layout, &fact, said, ret_value);
}

/* SYMBOL(@name), which kallsyms (0: not known) have at @kallsyms_vaddr. */
static struct err *weigh_symbol(struct layout *layout, const char *name, uint64_t kallsyms_vaddr,
				uint64_t *ret_vaddr)
{
	struct layout_fact fact = { .key = "" };
	uint64_t value = 0;
	int64_t weighed = 0;
	struct err *said = vmcoreinfo_symbol(layout->info, name, &value);
	struct err *e;

	snprintf(fact.key, sizeof(fact.key), "SYMBOL(%s)", name);
	fact.said[LAYOUT_VMCOREINFO] = !said;
	fact.value[LAYOUT_VMCOREINFO] = (int64_t)value;
	fact.said[LAYOUT_KALLSYMS] = kallsyms_vaddr != 0;
	fact.value[LAYOUT_KALLSYMS] = (int64_t)kallsyms_vaddr;
	e = weigh(layout, &fact, said, &weighed);
	if (!e)
		*ret_vaddr = (uint64_t)weighed;
	return e;
}

struct err *layout_init_uts_ns(struct layout *layout, uint64_t *ret_vaddr)
{
	return weigh_symbol(layout, "init_uts_ns", layout->symbol[SYMBOL_INIT_UTS_NS], ret_vaddr);
}

struct err *layout_mem_section(struct layout *layout, const struct vtop *vtop, uint64_t *ret_vaddr)
{
	uint64_t roots = 0;

	if (layout->symbol[SYMBOL_MEM_SECTION]) {
		uint8_t bytes[8];
		struct err *e =
			vtop_read(vtop, layout->symbol[SYMBOL_MEM_SECTION], bytes, sizeof(bytes));

		if (e && err_code(e) == ERR_NOMEM)
			return e;
		if (!e)
			roots = load_u64(bytes, vtop->order);
		err_free(e);
	}
	return weigh_symbol(layout, "mem_section", roots, ret_vaddr);
}
