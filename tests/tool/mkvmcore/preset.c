// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>
#include <string.h>

#include "tests/tool/mkvmcore/kernel.h"
#include "tests/tool/mkvmcore/preset.h"

/* What the two say in the same words, in the order of kernel/vmcore_info.c. */
/* clang-format off */
#define INFO_BEGINNING \
	"BUILD-ID=00112233445566778899aabbccddeeff00112233", \
	"PAGESIZE=4096", \
	"SYMBOL(init_uts_ns)=@uts", \
	"OFFSET(uts_namespace.name)=0", \
	"SYMBOL(node_online_map)=@node_online_map", \
	"SYMBOL(swapper_pg_dir)=@pgd", \
	"SYMBOL(_stext)=@stext"

#define INFO_SECTIONS \
	"SYMBOL(mem_section)=@roots", \
	"LENGTH(mem_section)=@roots_nr", \
	"SIZE(mem_section)=32", \
	"OFFSET(mem_section.section_mem_map)=0", \
	"NUMBER(SECTION_SIZE_BITS)=@section_bits", \
	"NUMBER(MAX_PHYSMEM_BITS)=@physmem_bits", \
	"SIZE(page)=64"

#define INFO_PAGE \
	"SIZE(zone)=1536", \
	"SIZE(free_area)=88", \
	"SIZE(list_head)=16", \
	"SIZE(nodemask_t)=128", \
	"OFFSET(page.flags)=0", \
	"OFFSET(page._refcount)=52", \
	"OFFSET(page.mapping)=24", \
	"OFFSET(page.lru)=8", \
	"OFFSET(page._mapcount)=48", \
	"OFFSET(page.private)=40"

#define INFO_NODES \
	"OFFSET(page.compound_head)=8", \
	"OFFSET(pglist_data.node_zones)=0", \
	"OFFSET(pglist_data.nr_zones)=171552", \
	"OFFSET(pglist_data.node_start_pfn)=171560", \
	"OFFSET(pglist_data.node_spanned_pages)=171576", \
	"OFFSET(pglist_data.node_id)=171584", \
	"OFFSET(zone.free_area)=256", \
	"OFFSET(zone.vm_stat)=1344"

#define INFO_PRINTK \
	"LENGTH(zone.free_area)=11", \
	"SYMBOL(prb)=@prb", \
	"SYMBOL(printk_rb_static)=@unused", \
	"SYMBOL(clear_seq)=@unused", \
	"SIZE(printk_ringbuffer)=88", \
	"OFFSET(printk_ringbuffer.desc_ring)=0", \
	"OFFSET(printk_ringbuffer.text_data_ring)=48", \
	"OFFSET(printk_ringbuffer.fail)=80", \
	"SIZE(prb_desc_ring)=48", \
	"OFFSET(prb_desc_ring.count_bits)=0", \
	"OFFSET(prb_desc_ring.descs)=8", \
	"OFFSET(prb_desc_ring.infos)=16", \
	"OFFSET(prb_desc_ring.head_id)=24", \
	"OFFSET(prb_desc_ring.tail_id)=32", \
	"SIZE(prb_desc)=24", \
	"OFFSET(prb_desc.state_var)=0", \
	"OFFSET(prb_desc.text_blk_lpos)=8", \
	"SIZE(prb_data_blk_lpos)=16", \
	"OFFSET(prb_data_blk_lpos.begin)=0", \
	"OFFSET(prb_data_blk_lpos.next)=8", \
	"SIZE(printk_info)=88", \
	"OFFSET(printk_info.seq)=0", \
	"OFFSET(printk_info.ts_nsec)=8", \
	"OFFSET(printk_info.text_len)=16", \
	"OFFSET(printk_info.caller_id)=20", \
	"OFFSET(printk_info.dev_info)=24", \
	"SIZE(dev_printk_info)=64", \
	"OFFSET(dev_printk_info.subsystem)=0", \
	"LENGTH(printk_info_subsystem)=16", \
	"OFFSET(dev_printk_info.device)=16", \
	"LENGTH(printk_info_device)=48", \
	"SIZE(prb_data_ring)=32", \
	"OFFSET(prb_data_ring.size_bits)=0", \
	"OFFSET(prb_data_ring.data)=8", \
	"OFFSET(prb_data_ring.head_lpos)=16", \
	"OFFSET(prb_data_ring.tail_lpos)=24", \
	"SIZE(atomic_long_t)=8", \
	"OFFSET(atomic_long_t.counter)=0", \
	"SIZE(latched_seq)=24", \
	"OFFSET(latched_seq.val)=8", \
	"LENGTH(free_area.free_list)=5", \
	"NUMBER(NR_FREE_PAGES)=0"

#define INFO_KALLSYMS \
	"SYMBOL(kallsyms_names)=@unused", \
	"SYMBOL(kallsyms_num_syms)=@unused", \
	"SYMBOL(kallsyms_token_table)=@unused", \
	"SYMBOL(kallsyms_token_index)=@unused", \
	"SYMBOL(kallsyms_offsets)=@unused", \
	"SYMBOL(kallsyms_relative_base)=@unused"

/* clang-format on */

static const char *const info_6_1[] = {
	"OSRELEASE=@release",
	INFO_BEGINNING,
	"SYMBOL(vmap_area_list)=@unused",
	INFO_SECTIONS,
	"SIZE(pglist_data)=174208",
	INFO_PAGE,
	"OFFSET(page.compound_dtor)=16",
	"OFFSET(page.compound_order)=17",
	INFO_NODES,
	"OFFSET(zone.spanned_pages)=144",
	"OFFSET(free_area.free_list)=0",
	"OFFSET(list_head.next)=0",
	"OFFSET(list_head.prev)=8",
	"OFFSET(vmap_area.va_start)=0",
	"OFFSET(vmap_area.list)=40",
	INFO_PRINTK,
	"NUMBER(PG_lru)=4",
	"NUMBER(PG_private)=13",
	"NUMBER(PG_swapcache)=10",
	"NUMBER(PG_swapbacked)=19",
	"NUMBER(PG_slab)=9",
	"NUMBER(PG_hwpoison)=23",
	"NUMBER(PG_head_mask)=65536",
	"NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-129",
	"NUMBER(HUGETLB_PAGE_DTOR)=2",
	"NUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)=-257",
	INFO_KALLSYMS,
	NULL,
};

static const char *const info_6_12[] = {
	"OSRELEASE=@release",
	INFO_BEGINNING,
	"NUMBER(VMALLOC_START)=@vmalloc",
	"SYMBOL(vmemmap)=@vmemmap",
	INFO_SECTIONS,
	"SIZE(pglist_data)=174464",
	INFO_PAGE,
	INFO_NODES,
	"OFFSET(zone.spanned_pages)=160",
	"OFFSET(free_area.free_list)=0",
	"OFFSET(list_head.next)=0",
	"OFFSET(list_head.prev)=8",
	INFO_PRINTK,
	"NUMBER(PG_lru)=5",
	"NUMBER(PG_private)=14",
	"NUMBER(PG_swapcache)=10",
	"NUMBER(PG_swapbacked)=17",
	"NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)=-184549376",
	"NUMBER(PG_hwpoison)=20",
	"NUMBER(PG_head_mask)=64",
	"NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-268435456",
	"NUMBER(PAGE_HUGETLB_MAPCOUNT_VALUE)=-201326592",
	"NUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)=-251658240",
	INFO_KALLSYMS,
	NULL,
};

/*
 * enum pageflags of 6.1: PG_uncached and PG_hwpoison are configured in. Swap cache is owner_priv_1.
 */
static const struct page_flag flags_6_1[] = {
	{ "locked", 0 },	{ "referenced", 1 },
	{ "uptodate", 2 },	{ "dirty", 3 },
	{ "lru", 4 },		{ "active", 5 },
	{ "workingset", 6 },	{ "waiters", 7 },
	{ "error", 8 },		{ "slab", 9 },
	{ "owner_priv_1", 10 }, { "arch_1", 11 },
	{ "reserved", 12 },	{ "private", 13 },
	{ "private_2", 14 },	{ "writeback", 15 },
	{ "head", 16 },		{ "mappedtodisk", 17 },
	{ "reclaim", 18 },	{ "swapbacked", 19 },
	{ "unevictable", 20 },	{ "mlocked", 21 },
	{ "uncached", 22 },	{ "hwpoison", 23 },
	{ "swapcache", 10 },	{ NULL, 0 },
};

/* enum pageflags of 6.12. Swap cache is owner_priv_1. */
static const struct page_flag flags_6_12[] = {
	{ "locked", 0 },
	{ "writeback", 1 },
	{ "referenced", 2 },
	{ "uptodate", 3 },
	{ "dirty", 4 },
	{ "lru", 5 },
	{ "head", 6 },
	{ "waiters", 7 },
	{ "active", 8 },
	{ "workingset", 9 },
	{ "owner_priv_1", 10 },
	{ "owner_2", 11 },
	{ "arch_1", 12 },
	{ "reserved", 13 },
	{ "private", 14 },
	{ "private_2", 15 },
	{ "reclaim", 16 },
	{ "swapbacked", 17 },
	{ "unevictable", 18 },
	{ "mlocked", 19 },
	{ "hwpoison", 20 },
	{ "swapcache", 10 },
	{ NULL, 0 },
};

static const struct preset presets[] = {
	{
		.name = "6.1",
		.osrelease = "6.1.0-56-",
		.info = info_6_1,
		.flags = flags_6_1,
		.type = {
			[TYPE_BUDDY] = -129,
			[TYPE_OFFLINE] = -257,
			[TYPE_TABLE] = -513,
			[TYPE_GUARD] = -1025,
		},
	},
	{
		.name = "6.12",
		.osrelease = "6.12.107+deb13-",
		.info = info_6_12,
		.flags = flags_6_12,
		.order_in_flags = true,
		/* Since 4ffca5a96678 the type is the top byte; these are what VMCOREINFO prints. */
		.type = {
			[TYPE_BUDDY] = -0x10000000,
			[TYPE_OFFLINE] = -0x0f000000,
			[TYPE_TABLE] = -0x0e000000,
			[TYPE_GUARD] = -0x0d000000,
			[TYPE_HUGETLB] = -0x0c000000,
			[TYPE_SLAB] = -0x0b000000,
			[TYPE_ZSMALLOC] = -0x0a000000,
			[TYPE_UNACCEPTED] = -0x09000000,
		},
	},
};

const struct preset *preset_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(presets); i++)
		if (strcmp(presets[i].name, name) == 0)
			return &presets[i];
	return NULL;
}
