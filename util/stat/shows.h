/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The forms results are shown in, for show.c. Everyone else goes through show.h.
 */
#ifndef VMTOOL_STAT_SHOWS_H
#define VMTOOL_STAT_SHOWS_H

#include "util/cli/json.h"
#include "util/stat/show.h"

enum { STAT_NAME_WIDTH = 18 /* of a column of names, in tables */ };

struct stat_form {
	struct err *(*one)(FILE *out, const struct stat_style *style,
			   const struct stat_result *result);
	/* @time_ns: since the start. */
	struct err *(*interval)(FILE *out, const struct stat_style *style,
				const struct stat_result *result, uint64_t time_ns);
	/* NULL: each by itself. */
	struct err *(*repeats)(FILE *out, const struct stat_style *style,
			       const struct stat_result *result, size_t nr);
};

extern const struct stat_form stat_form_table;
extern const struct stat_form stat_form_json;
extern const struct stat_form stat_form_csv;

must_check struct err *stat_show_repeats_table(FILE *out, const struct stat_style *style,
					       const struct stat_result *result, size_t nr);

/* Members of an object that was begun. */
must_check struct err *stat_json_result(struct json *json, const struct stat_style *style,
					const struct stat_result *result);

#endif
