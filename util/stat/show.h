/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Results as people and programs read them: a table, JSON, CSV. What a source could not see is "-"
 * in a table, null in JSON, empty in CSV.
 */
#ifndef VMTOOL_STAT_SHOW_H
#define VMTOOL_STAT_SHOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "util/base/err.h"
#include "util/stat/cgroup-names.h"
#include "util/stat/run.h"

enum stat_sort {
	SORT_TOTAL,
	SORT_CALLS,
	SORT_ERRORS,
	SORT_BYTES,
	SORT_AVG,
	SORT_P50,
	SORT_P99,
	SORT_MAX,
	SORT_NAME,
};

enum stat_format { FORMAT_TABLE, FORMAT_JSON, FORMAT_CSV };

struct stat_style {
	enum stat_format format;
	char separator; /* of CSV */
	enum stat_sort sort;
	enum stat_group group;
	bool histogram;
	bool errnos;
	const char *title; /* the command, or what else was counted */
	const struct syscall_set *syscalls;
	const struct cgroup_names *cgroups; /* of GROUP_CGROUP */
};

must_check struct err *stat_show(FILE *out, const struct stat_style *style,
				 const struct stat_result *result);

/* One of -I: a line of JSON, or a table without its closing summary; @time_ns since the start. */
must_check struct err *stat_show_interval(FILE *out, const struct stat_style *style,
					  const struct stat_result *result, uint64_t time_ns);

/* Several runs of one command: mean and standard deviation. */
must_check struct err *stat_show_repeats(FILE *out, const struct stat_style *style,
					 const struct stat_result *result, size_t nr);

/* Several commands side by side: a row for each, a column for each call of the set. */
struct stat_variant {
	const char *label;
	struct stat_result *result; /* of each repeat */
	size_t nr;
};
must_check struct err *stat_show_compared(FILE *out, const struct stat_style *style,
					  const struct stat_variant *variant, size_t nr);

#endif
