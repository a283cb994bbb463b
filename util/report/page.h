/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Analysis of page allocations: kmem:mm_page_alloc and kmem:mm_page_free of a recording, summed up
 * in rows by what the user asks for. Shows nothing itself (pageshow.h).
 *
 * Counting follows perf kmem, so that totals compare: a request that failed counts as a request; a
 * free of a page whose allocation was not seen is a "free-only" request. Unlike there, a block may
 * be freed in parts: it counts as freed with the last of them, its bytes part by part.
 */
#ifndef VMTOOL_REPORT_PAGE_H
#define VMTOOL_REPORT_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"
#include "util/base/keyset.h"
#include "util/report/livemap.h"
#include "util/report/lives.h"
#include "util/report/session.h"

/* What rows can be distinguished by. */
enum page_key {
	PAGE_KEY_PAGE,
	PAGE_KEY_ORDER,
	PAGE_KEY_MTYPE,
	PAGE_KEY_GFP,
	PAGE_KEY_CALLSITE,
	PAGE_KEY_OWNER,
	PAGE_KEY_MODULE,
	PAGE_KEY_COMM,
	PAGE_KEY_PID,
	PAGE_KEY_CGROUP,
	PAGE_KEY_NODE,
	PAGE_KEY_ZONE,
	PAGE_KEYS_NR,

	/* What they can be sorted by besides. */
	PAGE_KEY_BYTES = PAGE_KEYS_NR,
	PAGE_KEY_HIT,
};

/* "callsite", "mtype" for migtype, ...; -1: no such key. */
int page_key_find(const char *name);
const char *page_key_name(enum page_key key);

enum {
	PAGE_ORDERS_MAX = 64, /* an order is below the bits of an address */
	PAGE_MTYPES_MAX = 16,
	PAGE_QUARTERS = LIVES_QUARTERS,
	PAGE_LIFETIMES = LIVES_SLOTS,
};

struct page_config {
	enum page_key key[PAGE_KEYS_NR]; /* each once */
	size_t keys_nr;
	const struct session_filter *filter;
	bool live;	  /* take what is freed off again */
	uint64_t stop_ns; /* look no further than this; 0: to the end */
	bool stacks;	  /* keep whole chains: page_stack() */
	bool timeline;
	const char *symbol; /* only allocations with this call site or owner; NULL: all */
};

struct page_row {
	uint64_t hits;
	uint64_t bytes;
	uint64_t freed_hits;
	uint64_t freed_bytes;
	uint64_t life_ns; /* sum over those freed */
	uint64_t oldest_ns;
	uint64_t live_bytes_at[PAGE_QUARTERS]; /* at the end of each quarter of the recording */
	uint64_t old_live_bytes;	       /* live, and from the first half */
};

struct page_totals {
	uint64_t hits;
	uint64_t bytes;
};

static inline struct page_totals page_totals_minus(struct page_totals a, struct page_totals b)
{
	return (struct page_totals){ .hits = a.hits - b.hits, .bytes = a.bytes - b.bytes };
}

struct page_zone {
	uint32_t node;
	uint64_t first_pfn;
	uint64_t end_pfn;
	uint32_t name; /* session_text() */
};

struct page_moment {
	uint64_t most_bytes; /* live within the slice, so that no peak is missed */
	uint64_t end_bytes;  /* live at its end */
	uint64_t alloc_hits;
	uint64_t free_hits;
};

enum { PAGE_MOMENTS = 512 };

/* An allocation of which a part was freed. */
struct page_block {
	uint64_t left_bytes;
	uint8_t order;
};

struct page_analysis {
	struct session *session; /* borrowed */
	struct page_config config;
	uint32_t page_bytes;

	struct keyset keys; /* config.keys_nr words each -> row */
	struct page_row *row;
	size_t rows_capacity;
	struct livemap live;
	uint64_t live_orders; /* a bit for each order that was ever live; 0: keys are no frames */
	struct page_block *block;
	size_t blocks_nr;
	size_t blocks_capacity;
	struct sites *sites;

	struct page_totals allocs;
	struct page_totals frees;
	struct page_totals unmatched_frees;
	struct page_totals matched; /* allocations that were freed; bytes also of parts of others */
	struct page_totals failures;
	struct page_totals
		replaced; /* allocated again without a free in between: one was not seen */
	struct page_totals without_callsite;
	struct page_totals without_owner;
	uint64_t order_mtype[PAGE_ORDERS_MAX][PAGE_MTYPES_MAX];
	unsigned int order_max;

	uint64_t live_bytes;
	struct lives_peak peak;
	unsigned int quarter;
	uint64_t lifetime[PAGE_LIFETIMES];
	struct page_moment *moment; /* PAGE_MOMENTS of them, with config.timeline */

	struct keyset gfps; /* value -> names */
	uint32_t *gfp_name; /* session_text(): "GFP_KERNEL|__GFP_ZERO" */
	size_t gfps_capacity;
	uint64_t last_gfp;		      /* with gfps.nr > 0: one of them */
	uint32_t mtype_name[PAGE_MTYPES_MAX]; /* 0: the number is all that is known */
	struct page_zone *zone;
	size_t zones_nr;

	/*
	 * Call trees, with config.stacks: a node is its parent's number and a frame's text. Rows'
	 * keys have a node as their last word.
	 */
	struct keyset nodes;
};

#define PAGE_ANALYSIS_INIT ((struct page_analysis){ .session = NULL })

/* Frees that left something of their allocation. */
static inline uint64_t page_part_frees(const struct page_analysis *analysis)
{
	return analysis->frees.hits - analysis->unmatched_frees.hits - analysis->matched.hits;
}

/* Goes through all samples of @session. ERR_NODATA: it has no page events. */
must_check struct err *page_analyse(struct session *session, const struct page_config *config,
				    struct page_analysis *ret_analysis);
void page_analysis_release(struct page_analysis *analysis);
DEFINE_GUARD_INPLACE(page_analysis, struct page_analysis, page_analysis_release)

/* Does a recording have what this needs? */
bool page_events_exist(const struct perfdata *perfdata);

/* The word of a row for one of the keys it was grouped by. */
uint64_t page_row_key(const struct page_analysis *analysis, size_t row, enum page_key key);

/* "MOVABLE", or "3" where its name is not known. The text lives in @buf. */
const char *page_mtype_name(const struct page_analysis *analysis, uint64_t mtype, char buf[16]);

/* The GFP values of rows that are told apart by them, each once, ascending. Free *ret_gfp. */
must_check struct err *page_gfps(const struct page_analysis *analysis, const size_t *row,
				 size_t rows_nr, uint64_t **ret_gfp, size_t *ret_nr);

/* Full names of a GFP value that occurred. */
const char *page_gfp_names(const struct page_analysis *analysis, uint64_t gfp);

/* With config.stacks: the row's chain, outermost first, as numbers of texts; at most @max. */
size_t page_row_stack(const struct page_analysis *analysis, size_t row, uint32_t *frame,
		      size_t max);

#endif
