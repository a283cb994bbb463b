// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "util/base/macros.h"
#include "util/report/callsite.h"
#include "util/report/gfp.h"

static void expect(const char *const *name, size_t nr, enum frame_kind kind)
{
	for (size_t i = 0; i < nr; i++)
		if (frame_kind(name[i], NULL) != kind)
			fail_msg("%s is of kind %d, expected %d", name[i],
				 (int)frame_kind(name[i], NULL), (int)kind);
}

static void names_are_compared_without_decoration(void **state)
{
	static const char *const pairs[][2] = {
		{ "__alloc_frozen_pages_noprof", "alloc_frozen_pages" },
		{ "alloc_pages_current.isra.0", "alloc_pages_current" },
		{ "___slab_alloc.cold", "slab_alloc" },
		{ "get_page_from_freelist.constprop.0.isra.3", "get_page_from_freelist" },
		{ "_noprof", "noprof" },
		{ "__", "" },
	};
	char out[64];

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		frame_plain_name(pairs[i][0], out, sizeof(out));
		assert_string_equal(out, pairs[i][1]);
	}
	(void)state;
}

/* Names the allocator has had from 4.x to 6.18, as recordings and kernel trees show them. */
static void the_page_allocator_is_known_in_all_its_names(void **state)
{
	static const char *const names[] = {
		"__alloc_pages_nodemask",
		"alloc_pages_current",
		"alloc_pages_vma",
		"alloc_page_interleave",
		"__get_free_pages",
		"get_zeroed_page",
		"alloc_pages_exact",
		"__alloc_pages",
		"__alloc_pages_slowpath.constprop.0",
		"get_page_from_freelist",
		"__folio_alloc",
		"folio_alloc",
		"vma_alloc_folio",
		"alloc_pages",
		"__alloc_pages_bulk",
		"alloc_pages_bulk_array_mempolicy",
		"__alloc_pages_noprof",
		"folio_alloc_noprof",
		"alloc_pages_mpol_noprof",
		"vma_alloc_folio_noprof",
		"__alloc_frozen_pages_noprof",
		"alloc_frozen_pages_noprof",
		"alloc_pages_mpol",
		"get_free_pages_noprof",
		"folio_alloc_mpol_noprof",
		"alloc_pages_bulk_noprof",
		"alloc_pages_exact_noprof",
		"alloc_pages_nolock_noprof",
	};

	expect(names, ARRAY_SIZE(names), FRAME_PAGE_ALLOC);
	(void)state;
}

static void helpers_are_no_owners(void **state)
{
	static const char *const names[] = {
		"new_slab",
		"allocate_slab",
		"___slab_alloc",
		"kmem_cache_alloc",
		"kmem_cache_alloc_noprof",
		"__kmalloc_node_track_caller",
		"kmem_cache_alloc_lru",
		"cache_grow_begin",
		"cache_alloc_refill",
		"__vmalloc_node_range_noprof",
		"vm_area_alloc_pages",
		"__vmalloc_area_node",
		"__page_cache_alloc",
		"pagecache_get_page",
		"filemap_alloc_folio_noprof",
		"__filemap_get_folio",
		"grab_cache_page_write_begin",
		"page_cache_ra_unbounded",
		"pte_alloc_one",
		"__pmd_alloc",
		"__pud_alloc",
		"xas_alloc",
		"refill_objects",
		"__pcs_replace_empty_main",
		"shmem_alloc_folio",
		"shmem_getpage_gfp.isra.0", /* 5.10 */
		"shmem_get_folio_gfp.isra.0",
		"skb_page_frag_refill",
		"__alloc_skb",
		"__napi_alloc_skb",
		"alloc_skb_with_frags",
		"bio_alloc_bioset",
		"tlb_next_batch",
		"__tlb_remove_page_size",
	};

	expect(names, ARRAY_SIZE(names), FRAME_HELPER);
	(void)state;
}

static void those_who_want_memory_are_left_alone(void **state)
{
	static const char *const names[] = {
		"ext4_da_write_begin",	   "copy_page_range",	    "pipe_write",
		"alloc_pipe_info",	   "btrfs_file_write_iter", "dup_task_struct",
		"shmem_write_begin",	   "zap_pte_range",	    "tcp_sendmsg_locked",
		"alloc_thread_stack_node", "unix_stream_sendmsg",   "ext4_mpage_readpages",
	};

	expect(names, ARRAY_SIZE(names), FRAME_OTHER);
	(void)state;
}

static void a_user_can_pass_over_more(void **state)
{
	static const char *const pattern[] = { "my_pool_*" };
	struct callsite_skip skip = { .pattern = pattern, .nr = 1 };

	assert_int_equal(frame_kind("my_pool_get", &skip), FRAME_PAGE_ALLOC);
	assert_int_equal(frame_kind("my_pool_get", NULL), FRAME_OTHER);
	(void)state;
}

static void no_two_flags_share_letters(void **state)
{
	const char *a, *b;

	for (size_t i = 0; gfp_pair(i, &a); i++)
		for (size_t j = 0; j < i; j++) {
			assert_string_not_equal(gfp_pair(i, &a), gfp_pair(j, &b));
			assert_string_not_equal(a, b);
		}
	(void)state;
}

static void letters_keep_what_they_do_not_know(void **state)
{
	guard(str) struct str out = STR_INIT;

	gfp_letters("GFP_NOFS|__GFP_NOFAIL|__GFP_NEW_ONE|0x8000000", &out);
	assert_string_equal(out.s, "NF|NFL|__GFP_NEW_ONE|0x8000000");
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_compared_without_decoration),
		cmocka_unit_test(the_page_allocator_is_known_in_all_its_names),
		cmocka_unit_test(helpers_are_no_owners),
		cmocka_unit_test(those_who_want_memory_are_left_alone),
		cmocka_unit_test(a_user_can_pass_over_more),
		cmocka_unit_test(no_two_flags_share_letters),
		cmocka_unit_test(letters_keep_what_they_do_not_know),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
