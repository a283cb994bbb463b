// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/perf_event.h>

#include "tests/lib/opened.h"
#include "util/base/macros.h"
#include "util/perfdata/format.h"
#include "util/report/page.h"

/* The functions of the kernel below; a chain is made of their addresses. */
static const char kallsyms[] = "ffffffff81000000 T _text\n"
			       "ffffffff81000100 T __alloc_frozen_pages_noprof\n"
			       "ffffffff81000200 T folio_alloc_noprof\n"
			       "ffffffff81000300 T filemap_alloc_folio_noprof\n"
			       "ffffffff81000400 T __filemap_get_folio\n"
			       "ffffffff81000500 t ext4_da_write_begin\n"
			       "ffffffff81000600 t do_anonymous_page\n"
			       "ffffffff81000700 T handle_mm_fault\n"
			       "ffffffff81000800 T exc_page_fault\n"
			       "ffffffff81000900 T asm_exc_page_fault\n"
			       "ffffffff81000a00 T end\n"
			       "ffffffffc0001000 t nic_rx\t[nic]\n"
			       "ffffffffc0001100 t nic_end\t[nic]\n";

#define FUNCTION(n) (UINT64_C(0xffffffff81000010) + (n)*0x100)

static const uint64_t write_chain[] = { FUNCTION(1), FUNCTION(2), FUNCTION(3), FUNCTION(4),
					FUNCTION(5) };
static const uint64_t fault_chain[] = { FUNCTION(1), FUNCTION(2), FUNCTION(6),
					FUNCTION(7), FUNCTION(8), FUNCTION(9) };

enum { KERNEL = 0xcc0 };

static const struct session_filter everything = { .comm_nr = 0 };

static void analyse(struct opened *opened, const struct page_config *config,
		    struct page_analysis *ret)
{
	assert_null(page_analyse(opened->session, config, ret));
}

static const char *text(const struct page_analysis *pa, size_t row, enum page_key key)
{
	return session_text(pa->session, (uint32_t)page_row_key(pa, row, key));
}

static void sites_and_owners_are_outside_the_allocator(void **state)
{
	struct page_config config = {
		.key = { PAGE_KEY_CALLSITE, PAGE_KEY_OWNER },
		.keys_nr = 2,
		.filter = &everything,
	};
	guard(page_analysis) struct page_analysis pa = PAGE_ANALYSIS_INIT;
	struct recording recording = { .len = 0 };
	struct opened opened;

	recording_comm(&recording, 0, 7, 7, "writer");
	recording_alloc(&recording, 10, 7, 0, 100, 2, 1, KERNEL, write_chain, 5);
	recording_alloc(&recording, 20, 7, 0, 200, 0, 1, KERNEL, fault_chain, 6);
	opened_init(&recording, kallsyms, &opened);
	analyse(&opened, &config, &pa);

	assert_int_equal(pa.keys.nr, 2);
	assert_string_equal(text(&pa, 0, PAGE_KEY_CALLSITE), "filemap_alloc_folio_noprof");
	assert_string_equal(text(&pa, 0, PAGE_KEY_OWNER), "ext4_da_write_begin");
	assert_string_equal(text(&pa, 1, PAGE_KEY_CALLSITE), "do_anonymous_page");
	assert_string_equal(text(&pa, 1, PAGE_KEY_OWNER), "page fault (anonymous) of writer");
	assert_int_equal(pa.row[0].bytes, 4 * 4096);
	assert_int_equal(pa.without_callsite.hits, 0);
	assert_int_equal(pa.without_owner.hits, 0);
	opened_release(&opened);
	(void)state;
}

static void a_module_is_the_innermost_up_to_what_was_interrupted(void **state)
{
	enum { NOBODY = 4 };
	static const uint64_t nic = UINT64_C(0xffffffffc0001010);
	static const uint64_t chain[][3] = {
		{ FUNCTION(1), FUNCTION(4), nic },
		{ FUNCTION(1), nic, FUNCTION(9) },
		{ FUNCTION(1), FUNCTION(5), FUNCTION(7) },
		{ FUNCTION(1), FUNCTION(9), nic },
	};
	static const char *const module[] = { "[nic]", "[nic]", "[kernel]", "[kernel]", "" };
	struct page_config config = { .key = { PAGE_KEY_PAGE, PAGE_KEY_MODULE },
				      .keys_nr = 2,
				      .filter = &everything };
	guard(page_analysis) struct page_analysis pa = PAGE_ANALYSIS_INIT;
	struct recording recording = { .len = 0 };
	struct opened opened;

	for (size_t i = 0; i <= NOBODY; i++)
		recording_alloc(&recording, 10 + i, 7, 0, 100 + i, 0, 1, KERNEL,
				i < NOBODY ? chain[i] : NULL, i < NOBODY ? 3 : 0);
	opened_init(&recording, kallsyms, &opened);
	analyse(&opened, &config, &pa);
	for (size_t i = 0; i <= NOBODY; i++)
		assert_string_equal(text(&pa, i, PAGE_KEY_MODULE), module[i]);
	opened_release(&opened);
	(void)state;
}

static void a_fault_names_the_file_whose_code_touched_the_memory(void **state)
{
	/* The same fault from a library, from a file nobody knows, and without user frames. */
	static const uint64_t chain[][8] = {
		{ FUNCTION(1), FUNCTION(6), FUNCTION(7), FUNCTION(9), PERF_CONTEXT_USER, 0x7010 },
		{ FUNCTION(1), FUNCTION(6), FUNCTION(7), FUNCTION(9), PERF_CONTEXT_USER, 0x9010 },
		{ FUNCTION(1), FUNCTION(6), FUNCTION(7), FUNCTION(9) },
	};
	static const char *const owner[] = { "page fault (anonymous) of task in lib.so",
					     "page fault (anonymous) of task" };
	struct page_config config = { .key = { PAGE_KEY_OWNER },
				      .keys_nr = 1,
				      .filter = &everything };
	guard(page_analysis) struct page_analysis pa = PAGE_ANALYSIS_INIT;
	struct recording recording = { .len = 0 };
	struct opened opened;

	recording_comm(&recording, 0, 7, 7, "task");
	recording_map(&recording, 1, 7, 0x7000, 0x1000, "/usr/lib/lib.so");
	for (size_t i = 0; i < 3; i++)
		recording_alloc(&recording, 10 + i, 7, 0, 100 + i, 0, 1, KERNEL, chain[i],
				i < 2 ? 6 : 4);
	opened_init(&recording, kallsyms, &opened);
	analyse(&opened, &config, &pa);
	assert_int_equal(pa.keys.nr, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(text(&pa, i, PAGE_KEY_OWNER), owner[i]);
		assert_int_equal(pa.row[i].hits, i + 1);
	}
	assert_int_equal(pa.without_owner.hits, 0);
	opened_release(&opened);
	(void)state;
}

static struct recording some_life(void)
{
	struct recording r = { .len = 0 };

	recording_alloc(&r, 1000, 7, 0, 1, 0, 0, KERNEL, write_chain, 5);
	recording_alloc(&r, 2000, 7, 0, 2, 3, 1, KERNEL | 0x100, write_chain, 5);
	recording_alloc(&r, 3000, 8, 0, 3, 0, 1, KERNEL, fault_chain, 6);
	recording_free(&r, 4000, 7, 1, 2, 3);
	recording_free(&r, 5000, 7, 1, 77, 1);					   /* never seen */
	recording_alloc(&r, 6000, 7, 0, UINT64_MAX, 9, 1, KERNEL, write_chain, 5); /* failed */
	recording_alloc(&r, 9000, 8, 0, 4, 0, 1, KERNEL, fault_chain, 6);
	return r;
}

static void a_failure_is_told_by_each_kernel_in_its_way(void **state)
{
	static const struct {
		const char *frame_field;
		uint64_t no_page;
	} kernels[] = {
		{ NULL, UINT64_MAX },
		{ "unsigned long pfn;\toffset:8;\tsize:4;", UINT64_MAX }, /* of 32 bits */
		{ "struct page *page;\toffset:8;\tsize:8;", 0 },	  /* before 4.1 */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++) {
		struct page_config config = { .key = { PAGE_KEY_ORDER },
					      .keys_nr = 1,
					      .filter = &everything };
		guard(page_analysis) struct page_analysis pa = PAGE_ANALYSIS_INIT;
		struct recording r = { .frame_field = kernels[i].frame_field };
		struct opened opened;

		recording_alloc(&r, 10, 7, 0, kernels[i].no_page, 0, 0, KERNEL, NULL, 0);
		recording_alloc(&r, 20, 7, 0, 4096, 0, 0, KERNEL, NULL, 0);
		recording_alloc(&r, 30, 7, 0, kernels[i].no_page, 0, 0, KERNEL, NULL, 0);
		opened_init(&r, kallsyms, &opened);
		analyse(&opened, &config, &pa);
		assert_int_equal(pa.failures.hits, 2);
		assert_int_equal(pa.replaced.hits, 0);
		assert_int_equal(pa.live_bytes, 4096);
		opened_release(&opened);
	}
}

static void totals_count_as_perf_kmem_does(void **state)
{
	struct page_config config = { .key = { PAGE_KEY_ORDER },
				      .keys_nr = 1,
				      .filter = &everything };
	guard(page_analysis) struct page_analysis pa = PAGE_ANALYSIS_INIT;
	struct recording recording = some_life();
	struct opened opened;

	opened_init(&recording, kallsyms, &opened);
	analyse(&opened, &config, &pa);
	assert_int_equal(pa.allocs.hits, 5);
	assert_int_equal(pa.allocs.bytes, (1 + 8 + 1 + 512 + 1) * 4096);
	assert_int_equal(pa.frees.hits, 2);
	assert_int_equal(pa.unmatched_frees.hits, 1);
	assert_int_equal(pa.unmatched_frees.bytes, 2 * 4096);
	assert_int_equal(pa.failures.hits, 1);
	assert_int_equal(pa.order_mtype[0][1], 2);
	assert_int_equal(pa.order_mtype[3][1], 1);
	assert_int_equal(pa.peak.bytes, 10 * 4096);
	assert_int_equal(pa.peak.at_ns, 3000);
	assert_int_equal(pa.live_bytes, 3 * 4096);
	assert_int_equal(pa.lifetime[10], 1); /* 2000 ns */
	opened_release(&opened);
	(void)state;
}

static void what_is_freed_is_not_live(void **state)
{
	struct page_config config = {
		.key = { PAGE_KEY_ORDER }, .keys_nr = 1, .filter = &everything, .live = true
	};
	guard(page_analysis) struct page_analysis pa = PAGE_ANALYSIS_INIT;
	struct recording recording = some_life();
	struct opened opened;

	opened_init(&recording, kallsyms, &opened);
	analyse(&opened, &config, &pa);
	assert_int_equal(pa.order_mtype[3][1], 0);
	for (size_t i = 0; i < pa.keys.nr; i++)
		if (page_row_key(&pa, i, PAGE_KEY_ORDER) == 3)
			assert_int_equal(pa.row[i].bytes, pa.row[i].freed_bytes);
	opened_release(&opened);
	(void)state;
}

static void a_moment_shows_what_was_live_then(void **state)
{
	struct page_config config = { .key = { PAGE_KEY_ORDER },
				      .keys_nr = 1,
				      .filter = &everything,
				      .live = true,
				      .stop_ns = 3500 };
	guard(page_analysis) struct page_analysis pa = PAGE_ANALYSIS_INIT;
	struct recording recording = some_life();
	struct opened opened;

	opened_init(&recording, kallsyms, &opened);
	analyse(&opened, &config, &pa);
	assert_int_equal(pa.live_bytes, 10 * 4096);
	opened_release(&opened);
	(void)state;
}

static void a_timeline_misses_no_peak_and_no_free(void **state)
{
	struct page_config config = {
		.key = { PAGE_KEY_ORDER }, .keys_nr = 1, .filter = &everything, .timeline = true
	};
	guard(page_analysis) struct page_analysis pa = PAGE_ANALYSIS_INIT;
	struct recording recording = { .len = 0 };
	uint64_t most = 0, frees = 0;
	struct opened opened;

	/* Slices are of about 2000 ns: the first holds both the peak and its end. */
	recording_alloc(&recording, 1000, 7, 0, 8, 3, 0, KERNEL, write_chain, 5);
	recording_free(&recording, 1010, 7, 0, 8, 3);
	recording_free(&recording, 1020, 7, 0, 77, 1); /* never seen */
	recording_alloc(&recording, 500000, 7, 0, 16, 2, 0, KERNEL, write_chain, 5);
	recording_free(&recording, 600000, 7, 0, 16, 2);
	recording_alloc(&recording, 1001000, 7, 0, 1, 0, 0, KERNEL, write_chain, 5);
	opened_init(&recording, kallsyms, &opened);
	analyse(&opened, &config, &pa);
	for (size_t i = 0; i < PAGE_MOMENTS; i++) {
		most = MAX(most, pa.moment[i].most_bytes);
		frees += pa.moment[i].free_hits;
	}
	assert_int_equal(pa.moment[0].most_bytes, 8 * 4096);
	assert_int_equal(pa.moment[1].most_bytes, 0);
	assert_int_equal(pa.moment[280].most_bytes, 4 * 4096);
	assert_int_equal(pa.moment[306].most_bytes, 4 * 4096); /* until it was freed in there */
	assert_int_equal(pa.moment[307].most_bytes, 0);
	assert_int_equal(most, pa.peak.bytes);
	assert_int_equal(frees, pa.frees.hits);
	opened_release(&opened);
	(void)state;
}

static void a_filter_takes_the_frees_of_its_pages(void **state)
{
	static const uint64_t pid[] = { 7 };
	struct session_filter filter = { .pid = pid, .pid_nr = 1 };
	struct page_config config = { .key = { PAGE_KEY_PID }, .keys_nr = 1, .filter = &filter };
	guard(page_analysis) struct page_analysis pa = PAGE_ANALYSIS_INIT;
	struct recording recording = some_life();
	struct opened opened;

	recording_free(&recording, 9500, 8, 0, 1, 0); /* by somebody else */
	recording_free(&recording, 9600, 8, 0, 3, 0); /* not his page */
	opened_init(&recording, kallsyms, &opened);
	analyse(&opened, &config, &pa);
	assert_int_equal(pa.allocs.hits, 3);
	assert_int_equal(pa.frees.hits, 3);
	assert_int_equal(pa.unmatched_frees.hits, 1);
	assert_int_equal(pa.live_bytes, 0);
	opened_release(&opened);
	(void)state;
}

static void a_lost_free_does_not_leave_a_page_with_two_owners(void **state)
{
	struct page_config config = { .key = { PAGE_KEY_OWNER },
				      .keys_nr = 1,
				      .filter = &everything };
	guard(page_analysis) struct page_analysis pa = PAGE_ANALYSIS_INIT;
	struct recording recording = { .len = 0 };
	struct opened opened;

	recording_alloc(&recording, 10, 7, 0, 1, 0, 0, KERNEL, write_chain, 5);
	recording_alloc(&recording, 20, 8, 0, 1, 0, 0, KERNEL, fault_chain, 6);
	recording_free(&recording, 30, 8, 0, 1, 0);
	opened_init(&recording, kallsyms, &opened);
	analyse(&opened, &config, &pa);
	assert_int_equal(pa.replaced.hits, 1);
	assert_int_equal(pa.row[0].old_live_bytes, 0);
	assert_int_equal(pa.live_bytes, 0);
	assert_int_equal(pa.frees.hits, 1);
	assert_int_equal(pa.unmatched_frees.hits, 0);
	opened_release(&opened);
	(void)state;
}

/* What is left of 8 pages at 8 after each free of a part, and 0 once all are gone. */
static void a_block_that_is_freed_in_parts_is_live_until_the_last(void **state)
{
	static const struct {
		uint64_t pfn;
		uint32_t order;
		uint64_t live_pages;
	} parts[] = { { 11, 0, 7 }, { 8, 0, 6 }, { 12, 2, 2 }, { 9, 0, 1 }, { 10, 0, 0 } };
	struct page_config config = {
		.key = { PAGE_KEY_OWNER }, .keys_nr = 1, .filter = &everything, .live = true
	};

	for (size_t nr = 1; nr <= 5; nr++) {
		guard(page_analysis) struct page_analysis pa = PAGE_ANALYSIS_INIT;
		struct recording recording = { .len = 0 };
		struct opened opened;

		recording_alloc(&recording, 10, 7, 0, 8, 3, 1, KERNEL, write_chain, 5);
		recording_alloc(&recording, 11, 7, 0, 16, 0, 1, KERNEL, write_chain, 5);
		for (size_t i = 0; i < nr; i++)
			recording_free(&recording, 20 + i, 8, 0, parts[i].pfn, parts[i].order);
		/* Of a block that was never seen. */
		recording_free(&recording, 30, 8, 0, 24, 0);
		opened_init(&recording, kallsyms, &opened);
		analyse(&opened, &config, &pa);
		assert_int_equal(pa.live_bytes, (parts[nr - 1].live_pages + 1) * 4096);
		assert_int_equal(pa.row[0].bytes - pa.row[0].freed_bytes, pa.live_bytes);
		assert_int_equal(pa.row[0].freed_hits, nr == 5);
		assert_int_equal(pa.order_mtype[3][1], nr < 5);
		assert_int_equal(pa.matched.hits, nr == 5);
		assert_int_equal(pa.matched.bytes, (8 - parts[nr - 1].live_pages) * 4096);
		assert_int_equal(pa.unmatched_frees.hits, 1);
		assert_int_equal(page_part_frees(&pa), nr < 5 ? nr : 4);
		opened_release(&opened);
	}
	(void)state;
}

/*
 * 4 pages at 8, whose free was lost; one of them was allocated before that, another one after it.
 */
static void what_is_younger_than_the_rest_of_a_block_stays_live(void **state)
{
	struct page_config config = {
		.key = { PAGE_KEY_PID }, .keys_nr = 1, .filter = &everything, .live = true
	};
	guard(page_analysis) struct page_analysis pa = PAGE_ANALYSIS_INIT;
	struct recording recording = { .len = 0 };
	struct opened opened;

	recording_alloc(&recording, 10, 5, 0, 9, 0, 1, KERNEL, write_chain, 5);
	recording_alloc(&recording, 20, 6, 0, 8, 2, 1, KERNEL, write_chain, 5);
	recording_alloc(&recording, 30, 7, 0, 10, 1, 1, KERNEL, write_chain, 5);
	recording_free(&recording, 40, 8, 0, 8, 0);
	opened_init(&recording, kallsyms, &opened);
	analyse(&opened, &config, &pa);
	for (size_t i = 0; i < pa.keys.nr; i++) {
		uint64_t live = pa.row[i].bytes - pa.row[i].freed_bytes;

		assert_int_equal(live / 4096, page_row_key(&pa, i, PAGE_KEY_PID) - 5);
	}
	assert_int_equal(pa.live_bytes, 3 * 4096);
	assert_int_equal(pa.replaced.bytes, 3 * 4096);
	assert_int_equal(pa.allocs.bytes - pa.matched.bytes - pa.replaced.bytes, pa.live_bytes);
	opened_release(&opened);
	(void)state;
}

static void gfp_names_come_from_the_events_format(void **state)
{
	struct page_config config = { .key = { PAGE_KEY_GFP },
				      .keys_nr = 1,
				      .filter = &everything };
	guard(page_analysis) struct page_analysis pa = PAGE_ANALYSIS_INIT;
	struct recording recording = some_life();
	struct opened opened;

	opened_init(&recording, kallsyms, &opened);
	analyse(&opened, &config, &pa);
	assert_string_equal(page_gfp_names(&pa, KERNEL | 0x100), "GFP_KERNEL|__GFP_ZERO");
	opened_release(&opened);
	(void)state;
}

static void losses_are_known_from_the_recording(void **state)
{
	struct page_config config = { .key = { PAGE_KEY_ORDER },
				      .keys_nr = 1,
				      .filter = &everything };

	for (int lost = 0; lost < 2; lost++) {
		guard(page_analysis) struct page_analysis pa = PAGE_ANALYSIS_INIT;
		struct recording recording = some_life();
		struct session_loss loss;
		struct opened opened;

		if (lost)
			recording_lost(&recording, 9900, 42);
		opened_init(&recording, kallsyms, &opened);
		analyse(&opened, &config, &pa);
		loss = session_loss(opened.session);
		assert_int_equal(loss.state, lost ? COMPLETENESS_LOST : COMPLETENESS_UNKNOWN);
		assert_int_equal(loss.lost, lost ? 42 : 0);
		assert_true(!lost || loss.lost_at_least);
		opened_release(&opened);
	}
	(void)state;
}

/* A proof cannot know what became of the bytes after the recording. */
static void samples_that_cannot_be_decoded_are_missing(void **state)
{
	static const uint64_t unknown_id[8] = { 4711 }, cut_short[1] = { RECORDING_ALLOC_ID };
	struct page_config config = { .key = { PAGE_KEY_ORDER },
				      .keys_nr = 1,
				      .filter = &everything };
	guard(page_analysis) struct page_analysis pa = PAGE_ANALYSIS_INIT;
	struct recording recording = some_life();
	struct session_loss loss;
	struct opened opened;

	recording_add(&recording, PERF_RECORD_SAMPLE, 0, unknown_id, sizeof(unknown_id));
	recording_add(&recording, PERF_RECORD_SAMPLE, 0, cut_short, sizeof(cut_short));
	opened_init(&recording, kallsyms, &opened);
	analyse(&opened, &config, &pa);
	loss = session_loss(opened.session);
	assert_int_equal(loss.state, COMPLETENESS_LOST);
	assert_int_equal(loss.lost, 2);
	assert_true(loss.lost_at_least);
	opened_release(&opened);
	(void)state;
}

static void a_recording_of_perf_tells_whether_it_is_of_some_tasks(void **state)
{
	static const struct {
		uint64_t nr, tid;
		bool of_tasks;
	} maps[] = { { 1, UINT64_MAX, false }, { 1, 77, true }, { 0, 77, false } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
		const uint64_t body[] = { maps[i].nr, maps[i].tid, 0, 0 };
		struct recording r = { .len = 0 };
		struct opened opened;

		recording_add(&r, PERFDATA_RECORD_THREAD_MAP, 0, body, sizeof(body));
		recording_free(&r, 10, 7, 0, 1, 0);
		opened_init(&r, kallsyms, &opened);
		assert_int_equal(perfdata_is_of_tasks(session_perfdata(opened.session)),
				 maps[i].of_tasks);
		opened_release(&opened);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sites_and_owners_are_outside_the_allocator),
		cmocka_unit_test(a_module_is_the_innermost_up_to_what_was_interrupted),
		cmocka_unit_test(a_fault_names_the_file_whose_code_touched_the_memory),
		cmocka_unit_test(a_recording_of_perf_tells_whether_it_is_of_some_tasks),
		cmocka_unit_test(a_failure_is_told_by_each_kernel_in_its_way),
		cmocka_unit_test(totals_count_as_perf_kmem_does),
		cmocka_unit_test(what_is_freed_is_not_live),
		cmocka_unit_test(a_moment_shows_what_was_live_then),
		cmocka_unit_test(a_timeline_misses_no_peak_and_no_free),
		cmocka_unit_test(a_filter_takes_the_frees_of_its_pages),
		cmocka_unit_test(a_lost_free_does_not_leave_a_page_with_two_owners),
		cmocka_unit_test(a_block_that_is_freed_in_parts_is_live_until_the_last),
		cmocka_unit_test(what_is_younger_than_the_rest_of_a_block_stays_live),
		cmocka_unit_test(gfp_names_come_from_the_events_format),
		cmocka_unit_test(losses_are_known_from_the_recording),
		cmocka_unit_test(samples_that_cannot_be_decoded_are_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
