// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/kernel/typefact.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "util/base/macros.h"

enum { KEY_MAX = 64 };

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
	{ "NR_FREE_PAGES", "zone_stat_item", "NR_FREE_PAGES", AS_IT_IS },
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
	{ "PAGE_UNACCEPTED_MAPCOUNT_VALUE", "pagetype", "PGTY_unaccepted", AS_TYPE_BYTE },
	{ "PAGE_HUGETLB_MAPCOUNT_VALUE", "pagetype", "PGTY_hugetlb", AS_TYPE_BYTE },
	{ "PAGE_HUGETLB_MAPCOUNT_VALUE", "pagetype", "PG_hugetlb", AS_TYPE_BIT },
	{ "PAGE_SLAB_MAPCOUNT_VALUE", "pagetype", "PGTY_slab", AS_TYPE_BYTE },
	{ "PAGE_SLAB_MAPCOUNT_VALUE", "pagetype", "PG_slab", AS_TYPE_BIT },
};

/* "OFFSET(zone.free_area)" is taken apart: what, "zone", "free_area" or "". */
struct key {
	char what[16];
	char type[KEY_MAX];
	char member[KEY_MAX];
};

static bool split_key(const char *text, struct key *ret_key)
{
	*ret_key = (struct key){ .what = "" };
	return sscanf(text, "%15[A-Z](%63[^).].%63[^)])", ret_key->what, ret_key->type,
		      ret_key->member) >= 2;
}

struct err *typefact_unsigned(const struct btf *btf, const char *text, uint64_t *ret_value)
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

struct err *typefact_number(const struct btf *btf, const char *name, int64_t *ret_value)
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
