/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Analysis of slab objects: kmem:kmalloc, kmem_cache_alloc, kfree, kmem_cache_free and the _node
 * events of kernels before 6.1, summed up by call site (and cache, where the event names it), by
 * object or by what else was asked for. Counts as perf kmem does, but for frees, for an object is
 * freed once, and allocations that failed, which are requests that got nothing.
 */
#ifndef VMTOOL_REPORT_SLAB_H
#define VMTOOL_REPORT_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "util/base/cleanup.h"
#include "util/base/keyset.h"
#include "util/cli/json.h"
#include "util/report/livemap.h"
#include "util/report/lives.h"
#include "util/report/session.h"

enum slab_key {
	/* What rows can be told apart by. */
	SLAB_KEY_PTR,
	SLAB_KEY_CALLSITE,
	SLAB_KEY_CACHE,
	SLAB_KEY_COMM,
	SLAB_KEY_PID,
	SLAB_KEY_CGROUP,
	SLAB_KEYS_NR,

	/* What they can be sorted by besides. */
	SLAB_KEY_BYTES = SLAB_KEYS_NR,
	SLAB_KEY_HIT,
	SLAB_KEY_PINGPONG,
	SLAB_KEY_FRAG,
};

int slab_key_find(const char *name); /* -1: no such key */

enum { SLAB_SORT_MAX = 10 };

struct slab_config {
	const struct session_filter *filter;
	enum slab_key key[SLAB_KEYS_NR]; /* each once, at least one */
	size_t keys_nr;
	bool live;	  /* only what was not freed again */
	uint64_t stop_ns; /* look no further than this; 0: to the end */
};

struct slab_view {
	int sort[SLAB_SORT_MAX]; /* enum slab_key */
	size_t sort_nr;
	size_t limit; /* rows; 0: all */
	bool raw_ip;  /* addresses instead of functions */
	bool leaks;   /* by how likely a row leaks: growing, old, large */
	bool lifetime;
};

struct slab_row {
	uint64_t hits;
	uint64_t requested;
	uint64_t allocated;
	uint64_t live_hits; /* without those that failed */
	uint64_t freed;	    /* bytes, as allocated */
	uint64_t freed_requested;
	uint64_t pingpongs;			/* freed on another CPU than it was allocated on */
	uint64_t live_bytes_at[LIVES_QUARTERS]; /* at the end of each quarter of the recording */
	uint64_t old_live_bytes;		/* live, and from the first half */
};

struct slab_analysis {
	struct session *session; /* borrowed */
	struct slab_config config;
	struct keyset keys; /* config.keys_nr words each -> row */
	struct slab_row *row;
	size_t rows_capacity;
	struct livemap live;
	uint64_t requested;
	uint64_t allocated;
	uint64_t freed;
	uint64_t hits;
	uint64_t failed_hits; /* of hits; they have no bytes */
	uint64_t free_hits;
	uint64_t free_only_hits;
	uint64_t unseen_free_hits; /* allocated again without a free in between */
	uint64_t unseen_freed;	   /* bytes */
	uint64_t cross;		   /* allocations from a node that is not the CPU's */
	uint64_t live_bytes;
	struct lives_peak peak;
	unsigned int quarter;
	uint64_t lifetime[LIVES_SLOTS];
	uint16_t *cpu_node; /* of the recording machine; node + 1, 0: not known */
	size_t cpus_nr;	    /* 0: the recording does not tell, and `cross` is not known */
};

#define SLAB_ANALYSIS_INIT ((struct slab_analysis){ .session = NULL })

bool slab_events_exist(const struct perfdata *perfdata);

must_check struct err *slab_analyse(struct session *session, const struct slab_config *config,
				    struct slab_analysis *ret_analysis);
/* The word of a row for one of the keys it was grouped by; 0: by another. */
uint64_t slab_row_key(const struct slab_analysis *analysis, size_t row, enum slab_key key);
bool slab_has_key(const struct slab_analysis *analysis, enum slab_key key);

void slab_analysis_release(struct slab_analysis *analysis);
DEFINE_GUARD_INPLACE(slab_analysis, struct slab_analysis, slab_analysis_release)

must_check struct err *slab_show_text(const struct slab_analysis *analysis,
				      const struct slab_view *view, FILE *out);
must_check struct err *slab_show_json(const struct slab_analysis *analysis,
				      const struct slab_view *view, struct json *json);
must_check struct err *slab_show_csv(const struct slab_analysis *analysis,
				     const struct slab_view *view, FILE *out);

/* Figures and rows as part of a page (util/draw/html.h). */
must_check struct err *slab_html(const struct slab_analysis *analysis, const struct slab_view *view,
				 FILE *out);

#endif
