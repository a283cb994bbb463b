/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which samples the user asked for, from the words of the command line to a session_filter.
 */
#ifndef VMTOOL_REPORT_SELECTION_H
#define VMTOOL_REPORT_SELECTION_H

#include "util/cli/options.h"
#include "util/report/session.h"

struct selection_words {
	struct option_list comm;
	struct option_list pid;
	struct option_list tid;
	struct option_list cpu;
	struct option_list cgroup;
	const char *time;	/* "<from>,<to>"; NULL: all */
	const char *expression; /* of filter.h; NULL: none */
};

void selection_words_release(struct selection_words *words);
DEFINE_GUARD_INPLACE(selection_words, struct selection_words, selection_words_release)

struct selection {
	struct session_filter filter; /* borrows from the rest */
	uint64_t *pid;
	uint64_t *tid;
	uint64_t *cpu;
	struct filter *expression;
};

#define SELECTION_INIT ((struct selection){ .pid = NULL })

/* @words and @session must outlive it. ERR_USAGE names the option. */
must_check struct err *selection_new(const struct selection_words *words, struct session *session,
				     struct selection *ret_selection);
void selection_release(struct selection *selection);
DEFINE_GUARD_INPLACE(selection, struct selection, selection_release)

/*
 * "12.5" seconds of the recording's clock, "+1.5" from its start (so too without the '+' where
 * @from_start), "30%" of it. ERR_USAGE: it is none of these.
 */
must_check struct err *selection_moment(const char *text, struct session *session, bool from_start,
					uint64_t *ret_ns);

#endif
