/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where time (or whatever an event counts) was spent: samples by command, shared object and
 * function, weighted by their periods, as `perf report` shows them.
 */
#ifndef VMTOOL_REPORT_PROFILE_H
#define VMTOOL_REPORT_PROFILE_H

#include <stdio.h>

#include "util/cli/json.h"
#include "util/draw/flame.h"
#include "util/report/session.h"

struct profile_config {
	const struct session_filter *filter;
	const char *symbol; /* only samples in this function; NULL: all */
	bool tracepoints;   /* also events that are no profile */
	bool stacks;	    /* fill profile.flame */
};

enum profile_word { /* of a row's key */
		    PROFILE_EVENT,
		    PROFILE_COMM,
		    PROFILE_DSO,
		    PROFILE_FUNCTION,
		    PROFILE_KERNEL,
		    PROFILE_WORDS_NR,
};

struct profile_row {
	uint64_t samples;
	uint64_t weight;
};

struct profile {
	struct session *session; /* borrowed */
	struct keyset keys;	 /* PROFILE_WORDS_NR words */
	struct profile_row *row;
	size_t rows_capacity;
	uint64_t *samples; /* by event */
	uint64_t *weight;
	size_t events_nr;
	struct flame flame;
};

void profile_release(struct profile *profile);
DEFINE_GUARD_INPLACE(profile, struct profile, profile_release)

must_check struct err *profile_analyse(struct session *session, const struct profile_config *config,
				       struct profile *ret_profile);

struct profile_view {
	size_t limit; /* rows of each event; 0: all */
	double percent_limit;
};

must_check struct err *profile_show_text(const struct profile *profile,
					 const struct profile_view *view, FILE *out);
must_check struct err *profile_show_json(const struct profile *profile,
					 const struct profile_view *view, struct json *json);
must_check struct err *profile_show_csv(const struct profile *profile,
					const struct profile_view *view, FILE *out);

/* Figures and rows of each event as part of a page (util/draw/html.h). */
must_check struct err *profile_html(const struct profile *profile, const struct profile_view *view,
				    FILE *out);

#endif
