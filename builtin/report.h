/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of `vmtool report` share: the words of its command line. Each view has a file of
 * its own, report.c parses and chooses, report-check.c knows which options go together.
 */
#ifndef VMTOOL_BUILTIN_REPORT_H
#define VMTOOL_BUILTIN_REPORT_H

#include "builtin/builtin.h"
#include "util/base/notes.h"
#include "util/draw/flame.h"
#include "util/report/page.h"
#include "util/report/pagepicture.h"
#include "util/report/pageshow.h"
#include "util/report/profile.h"
#include "util/report/selection.h"
#include "util/report/session.h"
#include "util/report/slab.h"
#include "util/sys/pager.h"

enum view { VIEW_BY_FILE, VIEW_PAGE, VIEW_SLAB, VIEW_PROFILE, VIEW_SAMPLES };
enum form { FORM_TEXT, FORM_JSON, FORM_CSV, FORM_FOLDED, FORM_TREE };
enum table { TABLE_CALLER, TABLE_ALLOC };

struct report_args {
	const char *input;
	const char *kallsyms;
	enum view view;
	enum form form;
	enum table table;
	/* What was given of each, as bits 1 << VIEW_PAGE and so on. */
	unsigned int views;
	unsigned int forms;
	unsigned int tables;
	/*
	 * What the configuration says: it counts where it can, what was typed must. NULL: nothing.
	 */
	const struct report_args *configured;
	const char *sort;
	const char *by;
	int64_t limit;
	bool live;
	bool leaks;
	bool lifetime;
	bool raw_ip;
	bool pager;
	enum page_weight weight;
	const char *symbol;
	const char *flamegraph;
	const char *timeline;
	const char *html;
	const char *recover;
	bool diff;
	const char *at;
	double percent_limit; /* below 0: not given */
	struct option_list skip;
	struct selection_words select;
};

/* ---- report-check.c: ERR_USAGE names what does not go together ------------------------------- */

/* Settles view, form and table: one of each that was typed, else that of the configuration. */
must_check struct err *report_choose(struct report_args *args,
				     const struct report_args *configured);
must_check struct err *report_check_form(const struct report_args *args);
must_check struct err *report_check_pictures(const struct report_args *args);
must_check struct err *report_check_diff(const struct report_args *args);
must_check struct err *report_check_recover(const struct report_args *args);

/* Is the picture to be written over @input? */
must_check struct err *report_check_output(const struct report_args *args, const char *input);

/*
 * An option that another view takes is a mistake worth a word, not one to pass over; one of the
 * configuration waits for that view.
 */
must_check struct err *report_check_view(const struct report_args *args, enum view view);

/* ---- report-keys.c: "order,hit" -------------------------------------------------------------- */

/* Numbers of keys, each once; @option is what messages call it. */
must_check struct err *report_parse_keys(const char *option, const char *words, bool slab, int *key,
					 size_t max, size_t *ret_nr);

/* Of -s, else @by_default; that of the configuration may be for the other view. */
must_check struct err *report_sort_keys(const struct report_args *args, const char *by_default,
					bool slab, int *key, size_t max, size_t *ret_nr);

/* What rows of pages are told apart by (@config) and sorted by (@view). */
must_check struct err *report_choose_keys(const struct report_args *args,
					  struct page_config *config, struct page_view *view);

must_check struct err *report_choose_slab_keys(const struct report_args *args,
					       struct slab_config *config, struct slab_view *view);

/* ---- report-picture.c ------------------------------------------------------------------------ */

/* Does it take call stacks to do what was asked for? */
bool report_wants_stacks(const struct report_args *args);
must_check struct err *report_stacks(struct tool *tool, const struct report_args *args,
				     struct session *session, const struct flame *flame,
				     const char *title, const char *unit);

/* Whoever is given a picture is to see that it does not show all there was. */
must_check struct err *report_title(const struct session *session, const char *title,
				    struct str *out);

/*
 * Closes @out; an error of writing shows there at the latest. @e: what went wrong before, or NULL.
 */
must_check struct err *report_close_picture(FILE *out, const char *path, struct err *e);

/* ---- The views, each in a file of its name --------------------------------------------------- */

must_check struct err *report_page(struct tool *tool, const struct report_args *args,
				   struct session *session, const struct session_filter *filter);
must_check struct err *report_slab(struct tool *tool, const struct report_args *args,
				   struct session *session, const struct session_filter *filter);
must_check struct err *report_profile(struct tool *tool, const struct report_args *args,
				      struct session *session, const struct session_filter *filter);

/* @path: the two of them. */
must_check struct err *report_diff(struct tool *tool, const struct report_args *args, char **path,
				   struct notes *notes);

/* All that was recorded, as one page; what --page and the like choose, else all there is. */
must_check struct err *report_html(const struct report_args *args, struct session *session,
				   const struct session_filter *filter, const char *path,
				   enum view view);

/* Steps of the views that pages of HTML take too, from the words of the command line. */
must_check struct err *report_page_setup(const struct report_args *args, struct session *session,
					 const struct session_filter *filter,
					 struct page_config *ret_config,
					 struct page_view *ret_view);
must_check struct err *report_page_flame(const struct report_args *args, struct session *session,
					 struct page_config config, struct flame *flame);
const char *report_page_unit(const struct report_args *args);
must_check struct err *report_slab_setup(const struct report_args *args, struct session *session,
					 const struct session_filter *filter,
					 struct slab_config *ret_config,
					 struct slab_view *ret_view);
must_check struct err *report_profile_analyse(const struct report_args *args,
					      struct session *session,
					      const struct session_filter *filter,
					      struct profile *ret_profile,
					      struct profile_view *ret_view);

/* The moment of --at, for which the peak must be found first. (report-page.c) */
must_check struct err *report_page_moment(const struct report_args *args, struct session *session,
					  const struct page_config *config, uint64_t *ret_ns);

/* For what people read; pictures write their files and say nothing. (report.c) */
struct pager report_start_pager(struct tool *tool, const struct report_args *args);

#endif
