// SPDX-License-Identifier: GPL-2.0-or-later
#include "builtin/report.h"

#include <errno.h>

#include "util/cli/shellword.h"
#include "util/draw/html.h"
#include "util/report/htmlhead.h"

/* What the page shows, all of it analysed before the first byte is written. */
struct content {
	bool has_pages, has_slab, has_profile;
	struct page_analysis pages;
	struct page_view page_view;
	struct slab_analysis slab;
	struct slab_view slab_view;
	struct profile profile;
	struct profile_view profile_view;
	struct flame flame; /* of pages; a profile has its own */
};

static void content_release(struct content *content)
{
	page_analysis_release(&content->pages);
	slab_analysis_release(&content->slab);
	profile_release(&content->profile);
	flame_release(&content->flame);
}

DEFINE_GUARD_INPLACE(content, struct content, content_release)

static struct err *take_pages(const struct report_args *args, struct session *session,
			      const struct session_filter *filter, struct content *content)
{
	struct page_config config;
	struct err *e;

	e = report_page_setup(args, session, filter, &config, &content->page_view);
	if (e)
		return e;
	config.timeline = true;
	e = page_analyse(session, &config, &content->pages);
	if (!e)
		e = session_rewind(session);
	return e ? e : report_page_flame(args, session, config, &content->flame);
}

static struct err *take_slab(const struct report_args *args, struct session *session,
			     const struct session_filter *filter, struct content *content)
{
	struct report_args words = *args;
	struct slab_config config;
	struct err *e;

	/* Keys are those of the view that stands first. */
	if (content->has_pages)
		words.sort = NULL;
	e = report_slab_setup(&words, session, filter, &config, &content->slab_view);
	return e ? e : slab_analyse(session, &config, &content->slab);
}

static struct err *take(const struct report_args *args, struct session *session,
			const struct session_filter *filter, struct content *content)
{
	struct err *e = NULL;

	if (content->has_pages)
		e = take_pages(args, session, filter, content);
	if (!e && content->has_pages && content->has_slab)
		e = session_rewind(session);
	if (!e && content->has_slab)
		e = take_slab(args, session, filter, content);
	if (!e && content->has_profile)
		e = report_profile_analyse(args, session, filter, &content->profile,
					   &content->profile_view);
	return e;
}

static void add_word(struct str *out, const char *option, const char *word)
{
	if (!word)
		return;
	str_printf(out, " %s ", option);
	shellword_add(out, word);
}

static void add_words(struct str *out, const char *option, const struct option_list *list)
{
	for (size_t i = 0; i < list->nr; i++)
		add_word(out, option, list->item[i]);
}

/* Whoever is given the page did not see the command line. */
static struct err *put_choice(const struct report_args *args, FILE *out)
{
	const struct selection_words *select = &args->select;
	guard(str) struct str text = STR_INIT;
	struct err *e;

	add_words(&text, "--comm", &select->comm);
	add_words(&text, "--pid", &select->pid);
	add_words(&text, "--tid", &select->tid);
	add_words(&text, "--cpu", &select->cpu);
	add_words(&text, "--cgroup", &select->cgroup);
	add_word(&text, "--symbol", args->symbol);
	add_word(&text, "--time", select->time);
	add_word(&text, "--filter", select->expression);
	add_word(&text, "--at", args->at);
	e = str_check(&text);
	if (!e && text.len) {
		str_add(&text, ": only what these choose is shown.");
		e = str_check(&text);
		if (!e)
			html_note(out, text.s + 1);
	}
	return e;
}

static struct err *put_sections(const struct content *content, FILE *out)
{
	struct err *e = NULL;

	if (content->has_pages) {
		html_section(out, "pages", "Pages");
		e = page_html(&content->pages, &content->page_view, out);
	}
	if (!e && content->has_slab) {
		html_section(out, "slab", "Slab objects");
		e = slab_html(&content->slab, &content->slab_view, out);
	}
	if (!e && content->has_profile) {
		html_section(out, "profile", "Profile");
		html_place_flame(out);
		e = profile_html(&content->profile, &content->profile_view, out);
	}
	return e;
}

static struct err *put(const struct report_args *args, struct session *session, const char *path,
		       const struct content *content, FILE *out)
{
	struct timeline_slice slice[PAGE_MOMENTS];
	struct timeline timeline;
	struct err *e;

	html_begin(out, content->has_profile ? "Where time was spent"
			: content->has_pages && content->has_slab
				? "Pages and slab objects allocated"
			: content->has_pages ? "Page allocations"
					     : "Slab objects");
	e = html_head(session, path, out);
	if (!e)
		e = put_choice(args, out);
	if (!e && content->has_pages && content->has_slab) {
		html_link(out, "pages", "Pages");
		html_link(out, "slab", "Slab objects");
	}
	if (!e)
		e = put_sections(content, out);
	if (e)
		return e;
	if (content->has_profile)
		return html_end(out, &content->profile.flame, "events", NULL);
	if (!content->has_pages)
		return html_end(out, NULL, NULL, NULL);
	timeline = page_timeline(&content->pages, slice);
	return html_end(out, &content->flame, report_page_unit(args), &timeline);
}

struct err *report_html(const struct report_args *args, struct session *session,
			const struct session_filter *filter, const char *path, enum view view)
{
	struct perfdata *perfdata = session_perfdata(session);
	guard(content) struct content content = {
		.has_pages = view == VIEW_PAGE,
		/* Functions (--symbol) choose among pages alone. */
		.has_slab = view == VIEW_SLAB || (args->view == VIEW_BY_FILE && !args->symbol &&
						  slab_events_exist(perfdata)),
		.has_profile = view == VIEW_PROFILE,
		.flame = FLAME_INIT,
	};
	struct err *e;
	FILE *out;

	e = take(args, session, filter, &content);
	if (e)
		return e;
	out = fopen(args->html, "we");
	if (!out)
		return err_sys(errno, "open %s", args->html);
	e = put(args, session, path, &content, out);
	return report_close_picture(out, args->html, e);
}
