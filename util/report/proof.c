// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/report/proof.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/checked.h"

/* Lines "<id> <cpu> <tid> <count> <samples> <lost> <excluded> <state> <event name>". */
static void read_line(struct session_loss *proof, const char *line)
{
	char count[24], samples[24], lost[24], excluded[24], state[16];
	uint64_t missing = 0, counted, there;

	if (sscanf(line, "%*s %*s %*s %23s %23s %23s %23s %15s", count, samples, lost, excluded,
		   state) != 5)
		return;
	if (!strcmp(state, "tracking"))
		return;
	if (strcmp(lost, "-") != 0)
		missing = strtoull(lost, NULL, 10);
	if (!strcmp(state, "differs")) {
		counted = strtoull(count, NULL, 10);
		/* More samples than events: a count that is wrong tells of none that is missing. */
		if (!add_u64(strtoull(samples, NULL, 10), strtoull(excluded, NULL, 10), &there) ||
		    counted < there) {
			proof->state = COMPLETENESS_UNKNOWN;
			return;
		}
		missing = counted - there;
	}
	proof->lost += missing;
	if (!strcmp(state, "unknown"))
		proof->state = COMPLETENESS_UNKNOWN;
	else
		proof->checked_counts++;
}

struct err *proof_read(struct perfdata *perfdata, struct session_loss *ret_proof)
{
	struct session_loss proof = { .state = COMPLETENESS_COMPLETE };
	autofree char *text = NULL;
	struct err *e;
	char *line, *rest;
	size_t len;

	if (!perfdata_is_ours(perfdata) || !perfdata_has_section(perfdata, PERFDATA_SECTION_PROOF))
		return NULL;
	e = perfdata_section_read(perfdata, PERFDATA_SECTION_PROOF, &text, &len);
	if (e)
		return e;
	rest = text;
	while ((line = strsep(&rest, "\n")))
		if (*line)
			read_line(&proof, line);
	if (!proof.checked_counts)
		proof.state = COMPLETENESS_UNKNOWN;
	*ret_proof = proof;
	return NULL;
}
