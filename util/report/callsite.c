// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/report/callsite.h"

#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "util/base/macros.h"

/*
 * Plain names, a '*' at the end for any rest. The first entry that fits decides.
 *
 * Where the names come from: mm/page_alloc.c and mm/mempolicy.c (alloc_pages_nodemask to 5.12,
 * alloc_pages to 6.13, alloc_frozen_pages since; vma_alloc_folio since 5.18; _noprof since 6.10),
 * mm/slub.c and mm/slab.c (sheaves since 6.18), mm/vmalloc.c, mm/filemap.c and mm/readahead.c
 * (page_cache_alloc to 5.15, folios since), mm/shmem.c, net/core/skbuff.c and sock.c, block/bio.c,
 * mm/mmu_gather.c, mm/memory.c, mm/huge_memory.c, arch/x86/mm.
 */
static const struct {
	enum frame_kind kind;
	const char *names;
} patterns[] = {
	{ FRAME_TRACE, "traceiter_* perf_trace_* trace_event_raw_event_* bpf_trace_run* "
		       "perf_tp_event perf_swevent_event trace_mm_page_alloc" },

	{ FRAME_PAGE_ALLOC,
	  "alloc_pages alloc_pages_nodemask alloc_pages_node alloc_pages_current alloc_pages_vma "
	  "alloc_pages_mpol alloc_pages_bulk* alloc_pages_exact alloc_pages_exact_nid "
	  "alloc_pages_slowpath alloc_pages_direct_compact alloc_pages_direct_reclaim "
	  "alloc_pages_may_oom alloc_pages_cpuset_fallback alloc_pages_high_priority "
	  "alloc_pages_preferred_many alloc_pages_nolock alloc_pages_internal alloc_pages_policy "
	  "alloc_frozen_pages* alloc_page_interleave alloc_page_vma alloc_page make_alloc_exact "
	  "try_alloc_pages get_page_from_freelist rmqueue rmqueue_* prep_new_page post_alloc_hook "
	  "get_free_pages get_free_page get_zeroed_page folio_alloc folio_alloc_mpol "
	  "folio_alloc_node vma_alloc_folio vma_alloc_zeroed_movable_folio "
	  "alloc_zeroed_user_highpage alloc_zeroed_user_highpage_movable alloc_contig_pages "
	  "alloc_contig_range alloc_contig_frozen_*" },

	/* slab */
	{ FRAME_HELPER,
	  "new_slab allocate_slab alloc_slab_page slab_alloc slab_alloc_node slab_alloc_* "
	  "kmem_cache_alloc* kmem_cache_zalloc kmem_cache_prefill_sheaf kmem_cache_refill_sheaf "
	  "kmalloc* kzalloc* kcalloc kvmalloc* kvzalloc kvrealloc* krealloc* kmem_alloc* "
	  "kmem_zalloc* kmem_getpages kmem_freepages cache_alloc_refill cache_grow "
	  "cache_grow_begin "
	  "cache_alloc_node cache_alloc fallback_alloc alternate_node_alloc do_slab_alloc "
	  "do_kmalloc do_kmalloc_node do_krealloc kmemdup* kstrdup* kstrndup "
	  "refill_sheaf refill_objects refill_objects_node "
	  "get_from_any_partial get_from_partial alloc_full_sheaf alloc_empty_sheaf alloc_sheaf "
	  "alloc_from_new_slab alloc_single_from_new_slab "
	  "pcs_replace_empty_main pcs_replace_full_main prefill_sheaf_pfmemalloc barn_* "
	  "alloc_slab_obj_exts alloc_slab_obj_* account_slab memcg_alloc_slab_* "
	  "memcg_slab_post_alloc_hook slab_post_alloc_hook memcg_alloc_page_obj_cgroups "
	  "alloc_tagging_slab_alloc_hook prepare_slab_obj_exts_hook mempool_alloc* mempool_kmalloc "
	  "mempool_init* mempool_create* depot_alloc_stack stack_depot_save*" },

	/* vmalloc and per-CPU memory */
	{ FRAME_HELPER,
	  "vmalloc* vzalloc* vm_area_alloc_pages vmap_pages_range* vmap_range_noflush vmap "
	  "alloc_vmap_area get_vm_area_node pcpu_alloc* pcpu_populate_chunk pcpu_create_chunk "
	  "alloc_percpu* percpu_counter_init* pcpu_balance_* alloc_large_system_hash" },

	/* page cache */
	{ FRAME_HELPER,
	  "page_cache_alloc filemap_alloc_folio* filemap_get_folio* pagecache_get_page "
	  "grab_cache_page* find_or_create_page find_get_or_create* read_cache_page* "
	  "read_cache_folio* read_mapping_* do_read_cache_page do_read_cache_folio "
	  "add_to_page_cache* filemap_add_folio page_cache_ra_unbounded page_cache_ra_order "
	  "ra_alloc_folio do_page_cache_ra do_page_cache_readahead page_cache_sync_ra "
	  "page_cache_async_ra page_cache_sync_readahead page_cache_async_readahead "
	  "ondemand_readahead force_page_cache_readahead force_page_cache_ra ra_submit "
	  "filemap_get_pages filemap_read filemap_create_folio filemap_readahead "
	  "generic_file_buffered_read generic_file_read_iter filemap_splice_read "
	  "write_begin_get_folio xas_alloc xas_nomem xas_create* xas_store xas_expand "
	  "xas_split_alloc "
	  "xas_try_split xa_store* xa_alloc* xa_insert* xa_cmpxchg* "
	  "radix_tree_node_alloc radix_tree_insert "
	  "radix_tree_extend radix_tree_create radix_tree_preload* idr_get_free idr_alloc* "
	  "mas_alloc_nodes mas_preallocate mas_store_gfp mas_nomem mas_dup_build mas_dup_alloc "
	  "mt_dup mtree_dup mt_alloc_one mt_alloc_bulk vma_iter_prealloc "
	  "iomap_get_folio iomap_write_begin block_write_begin create_empty_buffers "
	  "folio_create_empty_buffers create_page_buffers folio_alloc_buffers alloc_page_buffers "
	  "alloc_buffer_head getblk* bread_gfp bread bdev_getblk sb_bread* grow_dev_page "
	  "grow_dev_folio grow_buffers" },

	/* page cache of tmpfs and of what else keeps its memory there (System V, DMA buffers) */
	{ FRAME_HELPER, "shmem_alloc_folio shmem_alloc_hugefolio shmem_alloc_and_add_folio "
			"shmem_alloc_and_acct_folio shmem_alloc_and_acct_page shmem_alloc_page "
			"shmem_alloc_hugepage "
			"shmem_get_folio shmem_get_folio_gfp shmem_getpage shmem_getpage_gfp "
			"shmem_read_folio_gfp shmem_read_mapping_page_gfp shmem_swapin*" },

	/* socket buffers */
	{ FRAME_HELPER,
	  "skb_page_frag_refill sk_page_frag_refill page_frag_refill page_frag_alloc* "
	  "page_frag_cache_refill page_pool_alloc* page_pool_dev_alloc* alloc_skb* "
	  "sock_alloc_send_* sock_wmalloc napi_alloc_* netdev_alloc_* build_skb* napi_build_skb "
	  "slab_build_skb kmalloc_reserve skb_clone skb_copy skb_copy_expand pskb_copy* "
	  "pskb_expand_head" },

	/* block requests */
	{ FRAME_HELPER, "bio_alloc* bio_kmalloc bvec_alloc" },

	/* page tables, and what is kept of them until other processors forgot it */
	{ FRAME_HELPER,
	  "tlb_next_batch tlb_remove_page* tlb_remove_folio_pages* tlb_remove_table* "
	  "pte_alloc pte_alloc_one pte_alloc_kernel pmd_alloc pmd_alloc_one pud_alloc "
	  "pud_alloc_one p4d_alloc p4d_alloc_one pgd_alloc pgd_get pagetable_alloc* "
	  "pmd_populate pte_offset_* get_pgd user_pgd_alloc preallocate_pmds alloc_pgtable_page" },

	{ FRAME_FAULT_ENTRY, "asm_exc_page_fault asm_sysvec_kvm_asyncpf page_fault "
			     "async_page_fault el0_sync el0_da el0_ia el1_abort" },
	{ FRAME_FAULT_ANON, "do_anonymous_page alloc_anon_folio do_huge_pmd_anonymous_page "
			    "vma_alloc_anon_folio_pmd do_swap_page alloc_swap_folio" },
	{ FRAME_FAULT_COW,
	  "do_wp_page wp_page_copy do_huge_pmd_wp_page do_huge_pmd_wp_page_fallback do_cow_fault" },
	{ FRAME_FAULT_FILE, "do_fault do_read_fault do_shared_fault do_fault_around "
			    "filemap_fault filemap_map_pages shmem_fault do_sync_mmap_readahead "
			    "do_async_mmap_readahead do_set_pmd" },
	{ FRAME_FAULT,
	  "handle_mm_fault handle_pte_fault do_pte_missing finish_fault folio_prealloc "
	  "alloc_charge_folio "
	  "do_user_addr_fault exc_page_fault do_page_fault do_kern_addr_fault do_mem_abort "
	  "faultin_page faultin_page_range get_user_pages* get_user_pages_remote "
	  "pin_user_pages* populate_vma_page_range mm_populate gup_longterm_locked "
	  "internal_get_user_pages_fast gup_fast_fallback fixup_user_fault get_dump_page "
	  "create_huge_pmd wp_huge_pmd hugetlb_fault hugetlb_no_page async_page_fault" },
};

void frame_plain_name(const char *function, char *out, size_t size)
{
	static const char noprof[] = "_noprof";
	size_t len;

	function += strspn(function, "_");
	len = strcspn(function, ".");
	if (len >= sizeof(noprof) - 1 &&
	    !strncmp(function + len - (sizeof(noprof) - 1), noprof, sizeof(noprof) - 1))
		len -= sizeof(noprof) - 1;
	snprintf(out, size, "%.*s", (int)len, function);
}

/* Is @name one of the blank-separated @words, which may end in '*'? */
static bool is_listed(const char *words, const char *name)
{
	size_t name_len = strlen(name);

	while (*words) {
		size_t len = strcspn(words, " ");
		bool any_rest = len && words[len - 1] == '*';

		if (any_rest ? name_len >= len - 1 && !memcmp(words, name, len - 1)
			     : name_len == len && !memcmp(words, name, len))
			return true;
		words += len + strspn(words + len, " ");
	}
	return false;
}

enum frame_kind frame_kind(const char *function, const struct callsite_skip *skip)
{
	char name[128];

	for (size_t i = 0; skip && i < skip->nr; i++)
		if (!fnmatch(skip->pattern[i], function, 0))
			return FRAME_PAGE_ALLOC;
	frame_plain_name(function, name, sizeof(name));
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		if (is_listed(patterns[i].names, name))
			return patterns[i].kind;
	return FRAME_OTHER;
}
