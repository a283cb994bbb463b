// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/stat/show.h"

#include <errno.h>

#include "util/stat/shows.h"

static const struct stat_form *form_of(const struct stat_style *style)
{
	static const struct stat_form *const forms[] = {
		[FORMAT_TABLE] = &stat_form_table,
		[FORMAT_JSON] = &stat_form_json,
		[FORMAT_CSV] = &stat_form_csv,
	};

	return forms[style->format];
}

struct err *stat_show(FILE *out, const struct stat_style *style, const struct stat_result *result)
{
	return form_of(style)->one(out, style, result);
}

struct err *stat_show_interval(FILE *out, const struct stat_style *style,
			       const struct stat_result *result, uint64_t time_ns)
{
	struct err *err = form_of(style)->interval(out, style, result, time_ns);

	/* Somebody watches, or has gone. */
	if (fflush(out) && errno == EPIPE && !err)
		err = err_sys(errno, "show an interval");
	return err;
}

struct err *stat_show_repeats(FILE *out, const struct stat_style *style,
			      const struct stat_result *result, size_t nr)
{
	const struct stat_form *form = form_of(style);
	struct err *err = NULL;

	if (form->repeats)
		return form->repeats(out, style, result, nr);
	for (size_t i = 0; !err && i < nr; i++)
		err = form->one(out, style, &result[i]);
	return err;
}
