// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/kernel/makeinfo.h"

#include <inttypes.h>
#include <string.h>

#include "util/kernel/typefact.h"
#include "util/kernel/vmcoreinfo.h"
#include "util/kernel/vtop.h"

/* Types the keys below are about. */
static const char *const type_name[] = {
	"uts_namespace",     "mem_section",    "page",
	"pglist_data",	     "zone",	       "free_area",
	"list_head",	     "folio",	       "vmap_area",
	"printk_ringbuffer", "prb_desc_ring",  "prb_desc",
	"prb_data_blk_lpos", "printk_info",    "dev_printk_info",
	"prb_data_ring",     "latched_seq",    "pageflags",
	"pagetype",	     "zone_stat_item", "compound_dtor_id",
};

/*
 * A key, what it is asked of types as if it is something else, and the key that kernels write in
 * its place which have both.
 */
static const struct {
	const char *key;
	const char *asked;
	const char *unless;
} type_key[] = {
	{ "OFFSET(uts_namespace.name)", NULL, NULL },
	{ "SIZE(mem_section)", NULL, NULL },
	{ "OFFSET(mem_section.section_mem_map)", NULL, NULL },
	{ "SIZE(page)", NULL, NULL },
	{ "SIZE(pglist_data)", NULL, NULL },
	{ "SIZE(zone)", NULL, NULL },
	{ "SIZE(free_area)", NULL, NULL },
	{ "SIZE(list_head)", NULL, NULL },
	{ "OFFSET(page.flags)", NULL, NULL },
	{ "OFFSET(page._refcount)", NULL, NULL },
	{ "OFFSET(page.mapping)", NULL, NULL },
	{ "OFFSET(page.lru)", NULL, NULL },
	{ "OFFSET(page._mapcount)", NULL, NULL },
	{ "OFFSET(page.private)", NULL, NULL },
	{ "OFFSET(page.compound_dtor)", NULL, NULL },
	{ "OFFSET(page.compound_order)", NULL, NULL },
	{ "OFFSET(page.compound_head)", NULL, NULL },
	{ "OFFSET(page.compound_info)", NULL, NULL },
	/* struct folio had them before struct page lost its own (6.3, 1c5509be58f6). */
	{ "OFFSET(folio._folio_dtor)", NULL, "OFFSET(page.compound_dtor)" },
	{ "OFFSET(folio._folio_order)", NULL, "OFFSET(page.compound_order)" },
	{ "OFFSET(pglist_data.node_zones)", NULL, NULL },
	{ "OFFSET(pglist_data.nr_zones)", NULL, NULL },
	{ "OFFSET(pglist_data.node_start_pfn)", NULL, NULL },
	{ "OFFSET(pglist_data.node_spanned_pages)", NULL, NULL },
	{ "OFFSET(pglist_data.node_id)", NULL, NULL },
	{ "OFFSET(zone.free_area)", NULL, NULL },
	{ "OFFSET(zone.vm_stat)", NULL, NULL },
	{ "OFFSET(zone.spanned_pages)", NULL, NULL },
	{ "OFFSET(free_area.free_list)", NULL, NULL },
	{ "OFFSET(list_head.next)", NULL, NULL },
	{ "OFFSET(list_head.prev)", NULL, NULL },
	{ "OFFSET(vmap_area.va_start)", NULL, NULL },
	{ "OFFSET(vmap_area.list)", NULL, NULL },
	{ "LENGTH(zone.free_area)", NULL, NULL },
	{ "SIZE(printk_ringbuffer)", NULL, NULL },
	{ "OFFSET(printk_ringbuffer.desc_ring)", NULL, NULL },
	{ "OFFSET(printk_ringbuffer.text_data_ring)", NULL, NULL },
	{ "OFFSET(printk_ringbuffer.fail)", NULL, NULL },
	{ "SIZE(prb_desc_ring)", NULL, NULL },
	{ "OFFSET(prb_desc_ring.count_bits)", NULL, NULL },
	{ "OFFSET(prb_desc_ring.descs)", NULL, NULL },
	{ "OFFSET(prb_desc_ring.infos)", NULL, NULL },
	{ "OFFSET(prb_desc_ring.head_id)", NULL, NULL },
	{ "OFFSET(prb_desc_ring.tail_id)", NULL, NULL },
	{ "SIZE(prb_desc)", NULL, NULL },
	{ "OFFSET(prb_desc.state_var)", NULL, NULL },
	{ "OFFSET(prb_desc.text_blk_lpos)", NULL, NULL },
	{ "SIZE(prb_data_blk_lpos)", NULL, NULL },
	{ "OFFSET(prb_data_blk_lpos.begin)", NULL, NULL },
	{ "OFFSET(prb_data_blk_lpos.next)", NULL, NULL },
	{ "SIZE(printk_info)", NULL, NULL },
	{ "OFFSET(printk_info.seq)", NULL, NULL },
	{ "OFFSET(printk_info.ts_nsec)", NULL, NULL },
	{ "OFFSET(printk_info.text_len)", NULL, NULL },
	{ "OFFSET(printk_info.caller_id)", NULL, NULL },
	{ "OFFSET(printk_info.dev_info)", NULL, NULL },
	{ "SIZE(dev_printk_info)", NULL, NULL },
	{ "OFFSET(dev_printk_info.subsystem)", NULL, NULL },
	{ "LENGTH(printk_info_subsystem)", "LENGTH(dev_printk_info.subsystem)", NULL },
	{ "OFFSET(dev_printk_info.device)", NULL, NULL },
	{ "LENGTH(printk_info_device)", "LENGTH(dev_printk_info.device)", NULL },
	{ "SIZE(prb_data_ring)", NULL, NULL },
	{ "OFFSET(prb_data_ring.size_bits)", NULL, NULL },
	{ "OFFSET(prb_data_ring.data)", NULL, NULL },
	{ "OFFSET(prb_data_ring.head_lpos)", NULL, NULL },
	{ "OFFSET(prb_data_ring.tail_lpos)", NULL, NULL },
	{ "SIZE(latched_seq)", NULL, NULL },
	{ "OFFSET(latched_seq.val)", NULL, NULL },
	{ "LENGTH(free_area.free_list)", NULL, NULL },
};

static const char *const number_name[] = {
	"NR_FREE_PAGES",
	"PG_lru",
	"PG_private",
	"PG_swapcache",
	"PG_swapbacked",
	"PG_slab",
	"PAGE_SLAB_MAPCOUNT_VALUE",
	"PG_hwpoison",
	"PG_head_mask",
	"PAGE_BUDDY_MAPCOUNT_VALUE",
	"HUGETLB_PAGE_DTOR",
	"PAGE_HUGETLB_MAPCOUNT_VALUE",
	"PAGE_OFFLINE_MAPCOUNT_VALUE",
	"PAGE_UNACCEPTED_MAPCOUNT_VALUE",
};

static struct err *add_identity(const struct vmlinux *vmlinux, struct str *text)
{
	const struct arch *arch = arch_find(vmlinux_machine(vmlinux));
	const struct build_id *id = vmlinux_build_id(vmlinux);

	if (!vmlinux_release(vmlinux)[0])
		return err_new(ERR_NODATA, "%s does not say which kernel it is: no banner in it",
			       vmlinux_path(vmlinux));
	str_printf(text, "OSRELEASE=%s\n", vmlinux_release(vmlinux));
	if (id->len) {
		str_add(text, "BUILD-ID=");
		build_id_print(id, text);
		str_add_char(text, '\n');
	}
	if (arch && arch->page_size)
		str_printf(text, "PAGESIZE=%" PRIu64 "\n", arch->page_size);
	return NULL;
}

/* Those that are there; *ret_nr: how many. */
static struct err *add_symbols(const struct vmlinux *vmlinux, struct str *text, size_t *ret_nr)
{
	struct vmlinux_symbol wanted[VMCOREINFO_LINKED_NR];
	struct err *e;

	*ret_nr = 0;
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		wanted[i] = (struct vmlinux_symbol){ .name = vmcoreinfo_linked[i] };
	e = vmlinux_linked(vmlinux, wanted, ARRAY_SIZE(wanted));
	if (e)
		return e;
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		if (!wanted[i].found)
			continue;
		str_printf(text, "SYMBOL(%s)=%" PRIx64 "\n", wanted[i].name, wanted[i].value);
		++*ret_nr;
	}
	return NULL;
}

static bool has_key(const struct btf *btf, const char *key, uint64_t *ret_value)
{
	struct err *e = typefact_unsigned(btf, key, ret_value);
	bool found = !e;

	err_free(e);
	return found;
}

static void add_types(const struct btf *btf, struct str *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(type_key); i++) {
		const char *asked = type_key[i].asked ? type_key[i].asked : type_key[i].key;
		uint64_t value = 0;

		if (type_key[i].unless && has_key(btf, type_key[i].unless, &value))
			continue;
		if (has_key(btf, asked, &value))
			str_printf(text, "%s=%" PRIu64 "\n", type_key[i].key, value);
	}
	for (size_t i = 0; i < ARRAY_SIZE(number_name); i++) {
		int64_t value = 0;
		struct err *e = typefact_number(btf, number_name[i], &value);

		if (!e)
			str_printf(text, "NUMBER(%s)=%" PRId64 "\n", number_name[i], value);
		err_free(e);
	}
}

struct err *makeinfo(struct vmlinux *vmlinux, struct str *text, struct notes *notes)
{
	autoerr struct err *no_symbols = NULL;
	autoerr struct err *no_types = NULL;
	autoerr struct err *no_dwarf = NULL;
	const struct btf *btf = NULL;
	const char *from;
	size_t symbols_nr;
	struct err *e = add_identity(vmlinux, text);

	if (e)
		return e;
	no_symbols = add_symbols(vmlinux, text, &symbols_nr);
	no_types = vmlinux_types(vmlinux, type_name, ARRAY_SIZE(type_name), &btf, &from, &no_dwarf);
	if (no_types && (no_symbols || !symbols_nr))
		return err_new(ERR_NODATA, "%s: no VMCOREINFO can be made of it: %s, and %s",
			       vmlinux_path(vmlinux), err_message(no_types),
			       no_symbols ? err_message(no_symbols) : "none of its symbols");
	if (no_types)
		notes_add(notes, "%s: no sizes, offsets and numbers: %s", vmlinux_path(vmlinux),
			  err_message(no_types));
	else
		add_types(btf, text);
	if (no_symbols)
		notes_add(notes, "%s: no addresses of symbols: %s", vmlinux_path(vmlinux),
			  err_message(no_symbols));
	notes_add(notes,
		  "what is known only of a kernel that runs (phys_base, KERNELOFFSET) is not in "
		  "what is made of a vmlinux");
	return str_check(text);
}
