// SPDX-License-Identifier: GPL-2.0-or-later
#include "builtin/builtin.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/base/notes.h"
#include "util/cli/human.h"
#include "util/cli/json.h"
#include "util/cli/suggest.h"
#include "util/draw/flame.h"
#include "util/draw/timeline.h"
#include "util/report/diff.h"
#include "util/report/page.h"
#include "util/report/pageshow.h"
#include "util/report/profile.h"
#include "util/report/recover.h"
#include "util/report/samples.h"
#include "util/report/selection.h"
#include "util/report/session.h"
#include "util/report/slab.h"
#include "util/sys/pager.h"

#define DEFAULT_FILE "vmtool.data"

enum view { VIEW_BY_FILE, VIEW_PAGE, VIEW_SLAB, VIEW_PROFILE, VIEW_SAMPLES };
enum form { FORM_TEXT, FORM_JSON, FORM_CSV, FORM_FOLDED, FORM_TREE };
enum weight { WEIGHT_BYTES, WEIGHT_HITS, WEIGHT_LIVE };
enum table { TABLE_CALLER, TABLE_ALLOC };

struct report_args {
	const char *input;
	const char *kallsyms;
	enum view view;
	enum form form;
	enum table table;
	const char *sort;
	const char *by;
	int64_t limit;
	bool live;
	bool leaks;
	bool lifetime;
	bool raw_ip;
	bool pager;
	enum weight weight;
	const char *symbol;
	const char *flamegraph;
	const char *timeline;
	const char *recover;
	bool diff;
	const char *at;
	double percent_limit; /* below 0: not given */
	struct option_list skip;
	struct selection_words select;
};

static struct err *parse_percent(const char *value, void *field)
{
	double *percent = field;
	char *end;

	*percent = strtod(value, &end);
	if (end == value || *end || !(*percent >= 0 && *percent <= 100))
		return err_new(ERR_USAGE, "'%s' is no percentage", value);
	return NULL;
}

static const struct option_choice weight_choice[] = {
	{ "bytes", WEIGHT_BYTES },
	{ "hits", WEIGHT_HITS },
	{ "live", WEIGHT_LIVE },
	{ NULL, 0 },
};

static const struct option report_option[] = {
	OPT_GROUP("Input"),
	OPT_STRING('i', "input", struct report_args, input, "<file>",
		   "the recording, '-' for a pipe (default vmtool.data, else perf.data)"),
	OPT_STRING(0, "kallsyms", struct report_args, kallsyms, "<file>",
		   "functions of the kernel that was recorded, a copy of its /proc/kallsyms"),
	OPT_STRING(0, "recover", struct report_args, recover, "<file>",
		   "write what can be read of a recording that was cut short as a whole one"),
	OPT_FLAG(0, "diff", struct report_args, diff,
		 "compare the page allocations of two recordings: <before> <after>"),
	OPT_GROUP("View"),
	OPT_SET(0, "page", struct report_args, view, VIEW_PAGE, "page allocations"),
	OPT_SET(0, "slab", struct report_args, view, VIEW_SLAB,
		"slab objects (kmalloc and caches)"),
	OPT_SET(0, "profile", struct report_args, view, VIEW_PROFILE,
		"where time was spent: by command, file and function"),
	OPT_SET(0, "samples", struct report_args, view, VIEW_SAMPLES,
		"every sample, as perf script prints it"),
	OPT_SET(0, "caller", struct report_args, table, TABLE_CALLER,
		"a row for each call site (default)"),
	OPT_SET(0, "alloc", struct report_args, table, TABLE_ALLOC,
		"a row for each page or object"),
	OPT_STRING(
		's', "sort", struct report_args, sort, "<keys>",
		"sort by, in this order: page, order, migtype, gfp, callsite, owner, bytes, hit, "
		"comm, pid, cgroup, node, zone (default bytes,hit; a key no row has yet becomes a "
		"column); with --slab: ptr, callsite, cache, bytes, hit, pingpong, frag (default "
		"frag,hit,bytes)"),
	OPT_STRING(0, "by", struct report_args, by, "<keys>",
		   "a row for each of these, and no others"),
	OPT_INT('l', "lines", struct report_args, limit, 0, INT64_MAX, "<n>",
		"show only the first <n> rows"),
	OPT_FLAG(0, "live", struct report_args, live, "only what was not freed again"),
	OPT_STRING(0, "at", struct report_args, at, "<moment>",
		   "what was live at a moment: peak, or seconds from the start"),
	OPT_FLAG(0, "leaks", struct report_args, leaks,
		 "what stayed: first what grows all the time, then what is old"),
	OPT_FLAG(0, "lifetime", struct report_args, lifetime,
		 "how long memory lived from allocation to free"),
	OPT_FLAG(0, "raw-ip", struct report_args, raw_ip,
		 "addresses instead of functions (--slab)"),
	OPT_GROUP("Which samples"),
	OPT_STRINGS(0, "comm", struct report_args, select.comm, "<name>", "of tasks of this name"),
	OPT_STRINGS(0, "pid", struct report_args, select.pid, "<pid>", "of this process"),
	OPT_STRINGS(0, "tid", struct report_args, select.tid, "<tid>", "of this thread"),
	OPT_STRINGS(0, "cpu", struct report_args, select.cpu, "<n>", "of this CPU"),
	OPT_STRINGS(0, "cgroup", struct report_args, select.cgroup, "<cgroup>",
		    "of tasks in this cgroup: its path or id"),
	OPT_STRING(0, "symbol", struct report_args, symbol, "<function>",
		   "in this function (--profile); with this call site or owner (--page)"),
	OPT_STRING(0, "time", struct report_args, select.time, "<from>,<to>",
		   "between two moments: seconds of the recording's clock, seconds from its start "
		   "with a '+', or percent"),
	OPT_STRING(0, "filter", struct report_args, select.expression, "<expression>",
		   "for which this holds, over the fields of events: 'order>=3 && comm~\"ba*\"'"),
	OPT_CALLBACK(0, "percent-limit", struct report_args, percent_limit, parse_percent,
		     "<percent>", "leave out rows with a smaller share"),
	OPT_STRINGS(0, "skip", struct report_args, skip, "<glob>",
		    "functions that are no call site either"),
	OPT_GROUP("Output"),
	OPT_SET(0, "json", struct report_args, form, FORM_JSON, "print one JSON object"),
	OPT_SET(0, "csv", struct report_args, form, FORM_CSV, "print the rows as CSV"),
	OPT_FLAG(0, "pager", struct report_args, pager,
		 "show text on a terminal through $VMTOOL_PAGER or $PAGER (default)"),
	OPT_SET('g', "call-graph", struct report_args, form, FORM_TREE, "print the call tree"),
	OPT_SET(0, "folded", struct report_args, form, FORM_FOLDED,
		"print each call stack on a line, with its weight"),
	OPT_STRING(0, "flamegraph", struct report_args, flamegraph, "<file>",
		   "write a flame graph (SVG, with search and zoom inside)"),
	OPT_STRING(0, "timeline", struct report_args, timeline, "<file>",
		   "write memory and rates over time (SVG, --page)"),
	OPT_CHOICE(0, "weight", struct report_args, weight, weight_choice, "<what>",
		   "of stacks: bytes (default), hits or live bytes (--page)"),
};

static const struct option_table report_options = {
	.invocation = "vmtool report",
	.synopsis = "[options]\n--diff [options] <before> <after>",
	.about = "Show what a recording of `vmtool record`, `perf record` or `perf kmem record` "
		 "holds: "
		 "who allocated the pages, what is still there, and whether anything is missing.",
	.option = report_option,
	.option_nr = ARRAY_SIZE(report_option),
	.operands_max = 2,
};

static void report_args_release(struct report_args *args)
{
	option_list_release(&args->skip);
	selection_words_release(&args->select);
}

DEFINE_GUARD_INPLACE(report_args, struct report_args, report_args_release)

/* ---- Words of the command line ----------------------------------------------------------------- */

static const char *const key_words[] = {
	"page", "order", "migtype", "gfp",    "callsite", "owner", "bytes",
	"hit",	"comm",	 "pid",	    "cgroup", "node",	  "zone",
};

static const char *const slab_key_words[] = { "ptr", "callsite", "cache", "bytes",
					      "hit", "pingpong", "frag" };

static struct err *unknown_key(const char *option, const char *word, const char *const *words,
			       size_t words_nr)
{
	struct suggest near = suggest_init(word);
	guard(str) struct str text = STR_INIT;

	for (size_t i = 0; i < words_nr; i++)
		suggest_offer(&near, words[i]);
	str_printf(&text, "unknown key '%s' of %s", word, option);
	suggest_phrase(&near, "", &text);
	return err_new(ERR_USAGE, "%s", text.s);
}

/* "order,hit" -> numbers of keys, each once. */
static struct err *parse_keys(const char *option, const char *words, bool slab, int *key,
			      size_t max, size_t *ret_nr)
{
	autofree char *copy = strdup(words);
	char *rest = copy, *word;
	size_t nr = 0;

	if (!copy)
		return err_nomem();
	while ((word = strsep(&rest, ","))) {
		int found = slab ? slab_key_find(word) : page_key_find(word);
		bool twice = false;

		if (found < 0 && slab)
			return unknown_key(option, word, slab_key_words,
					   ARRAY_SIZE(slab_key_words));
		if (found < 0)
			return unknown_key(option, word, key_words, ARRAY_SIZE(key_words));
		for (size_t i = 0; i < nr; i++)
			twice |= key[i] == found;
		if (!twice && nr < max)
			key[nr++] = found;
	}
	*ret_nr = nr;
	return NULL;
}

static void add_key(struct page_config *config, enum page_key key)
{
	for (size_t i = 0; i < config->keys_nr; i++)
		if (config->key[i] == key)
			return;
	config->key[config->keys_nr++] = key;
}

static struct err *choose_keys(const struct report_args *args, struct page_config *config,
			       struct page_view *view)
{
	static const enum page_key columns[] = { PAGE_KEY_ORDER, PAGE_KEY_MTYPE, PAGE_KEY_GFP,
						 PAGE_KEY_CALLSITE, PAGE_KEY_OWNER };
	int by[PAGE_SORT_MAX];
	size_t by_nr = 0;
	struct err *e;

	e = parse_keys("-s", args->sort ? args->sort : "bytes,hit", false, view->sort,
		       PAGE_SORT_MAX, &view->sort_nr);
	if (!e && args->by)
		e = parse_keys("--by", args->by, false, by, PAGE_SORT_MAX, &by_nr);
	if (e)
		return e;
	if (args->by) {
		for (size_t i = 0; i < by_nr; i++) {
			if (by[i] >= PAGE_KEYS_NR)
				return err_new(ERR_USAGE, "--by: rows cannot be told apart by '%s'",
					       page_key_name((enum page_key)by[i]));
			add_key(config, (enum page_key)by[i]);
		}
	} else {
		if (args->table == TABLE_ALLOC)
			add_key(config, PAGE_KEY_PAGE);
		for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
			add_key(config, columns[i]);
	}
	for (size_t i = 0; i < view->sort_nr; i++)
		if (view->sort[i] < PAGE_KEYS_NR)
			add_key(config, (enum page_key)view->sort[i]);
	return NULL;
}

/* ---- The page view ----------------------------------------------------------------------------- */

static void json_loss(struct json *json, struct session_loss loss)
{
	if (loss.state == COMPLETENESS_UNKNOWN)
		json_null(json, "complete");
	else
		json_bool(json, "complete", loss.state == COMPLETENESS_COMPLETE);
	if (loss.state == COMPLETENESS_UNKNOWN)
		json_null(json, "lost");
	else
		json_u64(json, "lost", loss.lost);
	if (loss.lost_at_least)
		json_bool(json, "lost_at_least", true);
	if (loss.cut_bytes)
		json_u64(json, "cut_bytes", loss.cut_bytes);
}

static void text_loss(FILE *out, struct session_loss loss)
{
	switch (loss.state) {
	case COMPLETENESS_COMPLETE:
		fprintf(out, "\nRecording: complete (%" PRIu64 " counts agree with the samples)\n",
			loss.checked_counts);
		return;
	case COMPLETENESS_LOST:
		fprintf(out, "\nRecording: ");
		if (loss.lost || !loss.cut_bytes)
			fprintf(out, "%s%" PRIu64 " missing", loss.lost_at_least ? "at least " : "",
				loss.lost);
		if (loss.cut_bytes)
			fprintf(out, "%s%" PRIu64 " bytes of it were cut off",
				loss.lost ? ", and " : "", loss.cut_bytes);
		fputc('\n', out);
		return;
	case COMPLETENESS_UNKNOWN:
		fprintf(out, "\nRecording: whether it is complete is not known\n");
		return;
	}
}

/* ---- Stacks and pictures ---------------------------------------------------------------------- */

/* Closes @out; an error of writing shows there at the latest. */
static struct err *close_picture(FILE *out, const char *path, struct err *e)
{
	bool failed = ferror(out);

	failed |= fclose(out) != 0;
	if (!e && failed)
		e = err_sys(errno, "write");
	return err_wrap(e, "%s", path);
}

static struct err *show_stacks(struct tool *tool, const struct report_args *args,
			       const struct flame *flame, const char *title, const char *unit)
{
	struct err *e;
	FILE *out;

	if (args->form == FORM_FOLDED)
		return flame_folded(flame, tool->out);
	if (args->form == FORM_TREE)
		return flame_tree(flame, args->percent_limit >= 0 ? args->percent_limit : 0.5,
				  tool->out);
	out = fopen(args->flamegraph, "we");
	if (!out)
		return err_sys(errno, "open %s", args->flamegraph);
	e = flame_svg(flame, title, unit, out);
	return close_picture(out, args->flamegraph, e);
}

static bool wants_stacks(const struct report_args *args)
{
	return args->form == FORM_FOLDED || args->form == FORM_TREE || args->flamegraph;
}

static struct err *page_stacks(struct tool *tool, const struct report_args *args,
			       struct session *session, struct page_config config)
{
	guard(page_analysis) struct page_analysis pa = PAGE_ANALYSIS_INIT;
	guard(flame) struct flame flame = FLAME_INIT;
	enum { FRAMES_MAX = 1024 };
	uint32_t number[FRAMES_MAX];
	const char *frame[FRAMES_MAX + 1];
	struct err *e;

	config.stacks = true;
	config.key[0] = PAGE_KEY_COMM;
	config.keys_nr = 1;
	e = page_analyse(session, &config, &pa);
	if (e)
		return e;
	for (size_t i = 0; i < pa.keys.nr; i++) {
		const struct page_row *row = &pa.row[i];
		size_t nr = page_row_stack(&pa, i, number, FRAMES_MAX);
		uint64_t weight = args->weight == WEIGHT_HITS ? row->hits : row->bytes;

		if (args->weight == WEIGHT_LIVE || config.live)
			weight = row->bytes - row->freed_bytes;
		frame[0] = session_text(session, (uint32_t)page_row_key(&pa, i, PAGE_KEY_COMM));
		for (size_t j = 0; j < nr; j++)
			frame[j + 1] = session_text(session, number[j]);
		e = weight ? flame_add(&flame, frame, nr + 1, weight) : NULL;
		if (e)
			return e;
	}
	return show_stacks(tool, args, &flame,
			   args->weight == WEIGHT_LIVE || config.live ? "Memory that was not freed"
								      : "Page allocations",
			   args->weight == WEIGHT_HITS ? "requests" : "bytes");
}

static struct err *page_timeline(const struct report_args *args, struct session *session,
				 struct page_config config)
{
	guard(page_analysis) struct page_analysis pa = PAGE_ANALYSIS_INIT;
	struct timeline_slice slice[PAGE_MOMENTS];
	struct human most;
	struct err *e;
	FILE *out;

	config.timeline = true;
	config.key[0] = PAGE_KEY_ORDER;
	config.keys_nr = 1;
	e = page_analyse(session, &config, &pa);
	if (e)
		return e;
	for (size_t i = 0; i < PAGE_MOMENTS; i++)
		slice[i] = (struct timeline_slice){
			.level = pa.moment[i].live_bytes,
			.up = pa.moment[i].alloc_hits,
			.down = pa.moment[i].free_hits,
		};
	most = human_size(pa.peak_bytes);
	out = fopen(args->timeline, "we");
	if (!out)
		return err_sys(errno, "open %s", args->timeline);
	timeline_svg(&(struct timeline){ .title = "Page allocations over time",
					 .level_name = "memory allocated since the start",
					 .up_name = "allocations",
					 .down_name = "frees",
					 .slice = slice,
					 .slices_nr = PAGE_MOMENTS,
					 .span_ns = pa.last_ns - pa.first_ns,
					 .level_max = most.text },
		     out);
	return close_picture(out, args->timeline, NULL);
}

static struct err *show_page(struct tool *tool, const struct report_args *args,
			     const struct page_analysis *pa, const struct page_view *view)
{
	struct session_loss loss = session_loss(pa->session);
	struct json json = json_init(tool->out);
	struct err *e;

	switch (args->form) {
	case FORM_CSV:
		return page_show_csv(pa, view, tool->out);
	case FORM_JSON:
		json_object(&json, NULL);
		json_loss(&json, loss);
		e = page_show_json(pa, view, &json);
		if (!e)
			json_end(&json);
		return e;
	default:
		e = page_show_text(pa, view, tool->out);
		if (!e)
			text_loss(tool->out, loss);
		return e;
	}
	return NULL;
}

/* The moment of --at, for which the peak must be found first. */
static struct err *find_moment(const struct report_args *args, struct session *session,
			       const struct page_config *config, uint64_t *ret_ns)
{
	guard(page_analysis) struct page_analysis pa = PAGE_ANALYSIS_INIT;
	struct err *e;

	if (strcmp(args->at, "peak") != 0) {
		e = selection_moment(args->at, session, true, ret_ns);
		return e ? err_wrap(e, "--at") : NULL;
	}
	e = page_analyse(session, config, &pa);
	if (e)
		return e;
	*ret_ns = pa.peak_ns;
	return session_rewind(session);
}

static struct err *report_page(struct tool *tool, const struct report_args *args,
			       struct session *session, const struct session_filter *filter)
{
	guard(page_analysis) struct page_analysis pa = PAGE_ANALYSIS_INIT;
	struct page_config config = { .filter = filter,
				      .symbol = args->symbol,
				      .live = args->live || args->leaks || args->at };
	struct page_view view = {
		.limit = (size_t)args->limit,
		.leaks = args->leaks,
		.lifetime = args->lifetime,
		.rows = true,
		.percent_limit = MAX(args->percent_limit, 0),
	};
	struct err *e;

	e = choose_keys(args, &config, &view);
	if (!e && args->at)
		e = find_moment(args, session, &config, &config.stop_ns);
	if (!e && args->timeline)
		return page_timeline(args, session, config);
	if (!e && wants_stacks(args))
		return page_stacks(tool, args, session, config);
	if (!e)
		e = page_analyse(session, &config, &pa);
	return e ? e : show_page(tool, args, &pa, &view);
}

/* ---- The slab view ----------------------------------------------------------------------------- */

static struct err *find_slab_moment(const struct report_args *args, struct session *session,
				    const struct slab_config *config, uint64_t *ret_ns)
{
	guard(slab_analysis) struct slab_analysis sa = SLAB_ANALYSIS_INIT;
	struct err *e;

	if (strcmp(args->at, "peak") != 0) {
		e = selection_moment(args->at, session, true, ret_ns);
		return e ? err_wrap(e, "--at") : NULL;
	}
	e = slab_analyse(session, config, &sa);
	if (e)
		return e;
	*ret_ns = sa.peak_ns;
	return session_rewind(session);
}

static struct err *report_slab(struct tool *tool, const struct report_args *args,
			       struct session *session, const struct session_filter *filter)
{
	guard(slab_analysis) struct slab_analysis sa = SLAB_ANALYSIS_INIT;
	struct slab_config config = {
		.filter = filter,
		.by_pointer = args->table == TABLE_ALLOC,
		.live = args->live || args->leaks || args->at,
	};
	struct slab_view view = {
		.limit = (size_t)args->limit,
		.raw_ip = args->raw_ip,
		.leaks = args->leaks,
		.lifetime = args->lifetime,
	};
	struct json json = json_init(tool->out);
	struct err *e;

	e = parse_keys("-s",
		       args->sort    ? args->sort
		       : config.live ? "bytes"
				     : "frag,hit,bytes",
		       true, view.sort, SLAB_SORT_MAX, &view.sort_nr);
	if (!e && args->at)
		e = find_slab_moment(args, session, &config, &config.stop_ns);
	if (!e)
		e = slab_analyse(session, &config, &sa);
	if (e)
		return e;
	switch (args->form) {
	case FORM_CSV:
		return slab_show_csv(&sa, &view, tool->out);
	case FORM_JSON:
		json_object(&json, NULL);
		json_loss(&json, session_loss(session));
		e = slab_show_json(&sa, &view, &json);
		if (!e)
			json_end(&json);
		return e;
	default:
		e = slab_show_text(&sa, &view, tool->out);
		if (!e)
			text_loss(tool->out, session_loss(session));
		return e;
	}
	return NULL;
}

/* ---- The profile view --------------------------------------------------------------------------- */

static bool is_profile(const struct perfdata *perfdata)
{
	for (size_t i = 0; i < perfdata_events_nr(perfdata); i++) {
		const struct perf_event_attr *attr = &perfdata_event(perfdata, i)->attr;
		/* Has no samples: it is there for the records of tasks and mappings. */
		bool is_dummy =
			attr->type == PERF_TYPE_SOFTWARE && attr->config == PERF_COUNT_SW_DUMMY;

		if (attr->type != PERF_TYPE_TRACEPOINT && !is_dummy)
			return true;
	}
	return false;
}

static struct err *report_profile(struct tool *tool, const struct report_args *args,
				  struct session *session, const struct session_filter *filter)
{
	struct profile_config config = {
		.filter = filter,
		.symbol = args->symbol,
		.tracepoints = !is_profile(session_perfdata(session)),
		.stacks = wants_stacks(args),
	};
	struct profile_view view = {
		.limit = (size_t)args->limit,
		.percent_limit = MAX(args->percent_limit, 0),
	};
	guard(profile) struct profile profile = { .session = NULL };
	struct json json = json_init(tool->out);
	struct err *e;

	e = profile_analyse(session, &config, &profile);
	if (e)
		return e;
	if (wants_stacks(args))
		return show_stacks(tool, args, &profile.flame, "Where time was spent", "events");
	switch (args->form) {
	case FORM_CSV:
		return profile_show_csv(&profile, &view, tool->out);
	case FORM_JSON:
		json_object(&json, NULL);
		json_loss(&json, session_loss(session));
		e = profile_show_json(&profile, &view, &json);
		if (!e)
			json_end(&json);
		return e;
	default:
		e = profile_show_text(&profile, &view, tool->out);
		if (!e)
			text_loss(tool->out, session_loss(session));
		return e;
	}
}

/* ---- The command ------------------------------------------------------------------------------- */

static const char *input_of(const struct report_args *args)
{
	if (args->input)
		return args->input;
	return access(DEFAULT_FILE, F_OK) && !access("perf.data", F_OK) ? "perf.data"
									: DEFAULT_FILE;
}

static struct err *recover_recording(struct tool *tool, const struct report_args *args,
				     struct session *session)
{
	struct perfdata *perfdata = session_perfdata(session);
	struct recovered recovered;
	struct err *e = recover(perfdata, args->recover, &recovered);

	if (e)
		return e;
	fprintf(tool->out, "%s: %" PRIu64 " records, %" PRIu64 " samples", args->recover,
		recovered.records, recovered.samples);
	if (perfdata_missing_bytes(perfdata))
		fprintf(tool->out, "; %" PRIu64 " bytes could not be read",
			perfdata_missing_bytes(perfdata));
	fputc('\n', tool->out);
	return NULL;
}

/* For what people read; pictures write their files and say nothing. */
static struct pager start_pager(struct tool *tool, const struct report_args *args)
{
	bool is_text = (args->form == FORM_TEXT || args->form == FORM_TREE) && !args->flamegraph &&
		       !args->timeline;

	return args->pager && is_text ? pager_start(tool->out) : PAGER_NONE;
}

static enum view view_of(const struct report_args *args, struct session *session)
{
	struct perfdata *perfdata = session_perfdata(session);

	if (args->view != VIEW_BY_FILE)
		return args->view;
	if (!page_events_exist(perfdata) && slab_events_exist(perfdata))
		return VIEW_SLAB;
	return page_events_exist(perfdata) ? VIEW_PAGE : VIEW_PROFILE;
}

/* An option that another view takes is a mistake worth a word, not one to pass over. */
static struct err *check_view(const struct report_args *args, enum view view)
{
	const struct {
		const char *option;
		bool given;
		bool page, slab, profile, samples; /* who takes it */
	} options[] = {
		{ "--sort", args->sort, true, true, false, false },
		{ "--by", args->by, true, false, false, false },
		{ "--live", args->live, true, true, false, false },
		{ "--leaks", args->leaks, true, true, false, false },
		{ "--lifetime", args->lifetime, true, true, false, false },
		{ "--at", args->at, true, true, false, false },
		{ "--timeline", args->timeline, true, false, false, false },
		{ "--raw-ip", args->raw_ip, false, true, false, false },
		{ "--symbol", args->symbol, true, false, true, false },
		{ "--alloc", args->table == TABLE_ALLOC, true, true, false, false },
		{ "--flamegraph", args->flamegraph, true, false, true, false },
		{ "--folded", args->form == FORM_FOLDED, true, false, true, false },
		{ "--call-graph", args->form == FORM_TREE, true, false, true, false },
		{ "--json", args->form == FORM_JSON, true, true, true, false },
		{ "--csv", args->form == FORM_CSV, true, true, true, false },
		{ "--percent-limit", args->percent_limit >= 0, true, false, true, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		bool taken = view == VIEW_SLAB	    ? options[i].slab
			     : view == VIEW_PROFILE ? options[i].profile
			     : view == VIEW_SAMPLES ? options[i].samples
						    : options[i].page;

		if (options[i].given && !taken)
			return err_new(ERR_USAGE, "%s does not go with the %s", options[i].option,
				       view == VIEW_SLAB      ? "slab view"
				       : view == VIEW_PROFILE ? "profile view"
				       : view == VIEW_SAMPLES ? "list of samples"
							      : "page view");
	}
	return NULL;
}

static struct err *report(struct tool *tool, const struct report_args *args, struct notes *notes)
{
	struct session_config config = {
		.path = input_of(args),
		.kallsyms = args->kallsyms,
		.skip = { .pattern = args->skip.item, .nr = args->skip.nr },
	};
	guard(session) struct session *session = NULL;
	guard(selection) struct selection selection = SELECTION_INIT;
	const struct session_filter *filter = &selection.filter;
	guard(pager) struct pager pager = PAGER_NONE;
	enum view view;
	struct err *e;

	e = session_open(&config, notes, &session);
	if (!e)
		e = selection_new(&args->select, session, &selection);
	if (e)
		return e;
	if (args->recover)
		return recover_recording(tool, args, session);
	view = view_of(args, session);
	e = check_view(args, view);
	if (e)
		return e;
	pager = start_pager(tool, args);
	switch (view) {
	case VIEW_SAMPLES:
		return samples_show(session, filter, tool->out);
	case VIEW_PROFILE:
		return report_profile(tool, args, session, filter);
	case VIEW_SLAB:
		return report_slab(tool, args, session, filter);
	default:
		return report_page(tool, args, session, filter);
	}
}

/* ---- Two recordings ---------------------------------------------------------------------------- */

static struct err *choose_diff_keys(const struct report_args *args, struct page_config *config)
{
	struct page_view view = { .limit = 0 };
	struct report_args wanted = *args;

	/* Most of what differs between two runs is in these two; flags and orders follow. */
	if (!wanted.by)
		wanted.by = "callsite,owner";
	return choose_keys(&wanted, config, &view);
}

/* One of the two, analysed; @session and @selection stay with the caller, who shows it. */
struct side {
	struct session *session;
	struct selection selection;
	struct page_analysis analysis;
};

static void side_release(struct side *side)
{
	page_analysis_release(&side->analysis);
	selection_release(&side->selection);
	session_close(side->session);
}

DEFINE_GUARD_INPLACE(side, struct side, side_release)

static struct err *analyse_side(const struct report_args *args, const char *path,
				struct page_config config, struct notes *notes, struct side *side)
{
	struct session_config session = {
		.path = path,
		.kallsyms = args->kallsyms,
		.skip = { .pattern = args->skip.item, .nr = args->skip.nr },
	};
	struct err *e;

	e = session_open(&session, notes, &side->session);
	if (!e)
		e = selection_new(&args->select, side->session, &side->selection);
	config.filter = &side->selection.filter;
	if (!e && args->at)
		e = find_moment(args, side->session, &config, &config.stop_ns);
	if (!e)
		e = page_analyse(side->session, &config, &side->analysis);
	return e ? err_wrap(e, "%s", path) : NULL;
}

static struct err *report_diff(struct tool *tool, const struct report_args *args, char **path,
			       struct notes *notes)
{
	struct page_config config = { .symbol = args->symbol, .live = args->live || args->at };
	guard(side) struct side before = { .session = NULL };
	guard(side) struct side after = { .session = NULL };
	guard(diff) struct diff diff = DIFF_INIT;
	struct json json = json_init(tool->out);
	guard(pager) struct pager pager = PAGER_NONE;
	size_t limit = (size_t)args->limit;
	struct err *e;

	e = choose_diff_keys(args, &config);
	if (!e)
		e = analyse_side(args, path[0], config, notes, &before);
	if (!e)
		e = analyse_side(args, path[1], config, notes, &after);
	if (!e)
		e = diff_new(&before.analysis, &after.analysis, &diff);
	if (e)
		return e;
	pager = start_pager(tool, args);
	switch (args->form) {
	case FORM_CSV:
		return diff_show_csv(&diff, limit, tool->out);
	case FORM_JSON:
		json_object(&json, NULL);
		e = diff_show_json(&diff, limit, &json);
		if (!e)
			json_end(&json);
		return e;
	default:
		return diff_show_text(&diff, limit, tool->out);
	}
}

static struct err *check_diff(const struct report_args *args)
{
	const struct {
		const char *option;
		bool given;
	} options[] = {
		{ "another view", args->view != VIEW_BY_FILE && args->view != VIEW_PAGE },
		{ "-i", args->input },
		{ "--recover", args->recover },
		{ "--leaks", args->leaks },
		{ "--lifetime", args->lifetime },
		{ "--raw-ip", args->raw_ip },
		{ "--timeline", args->timeline },
		{ "--flamegraph", args->flamegraph },
		{ "--folded", args->form == FORM_FOLDED },
		{ "--call-graph", args->form == FORM_TREE },
		{ "--percent-limit", args->percent_limit >= 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].given)
			return err_new(ERR_USAGE, "%s does not go with --diff", options[i].option);
	return NULL;
}

static struct err *check_pictures(const struct report_args *args)
{
	if (args->flamegraph && args->timeline)
		return err_new(ERR_USAGE, "--flamegraph and --timeline: one at a time");
	if ((args->flamegraph || args->timeline) && args->form != FORM_TEXT)
		return err_new(ERR_USAGE, "%s prints nothing: no other form goes with it",
			       args->flamegraph ? "--flamegraph" : "--timeline");
	return NULL;
}

static struct err *run_report(struct tool *tool, int argc, char **argv, int *ret_exit_code)
{
	guard(report_args) struct report_args args = { .pager = true, .percent_limit = -1 };
	guard(notes) struct notes notes = NOTES_INIT;
	struct operands operands;
	struct err *e;

	(void)ret_exit_code;
	e = options_parse(&report_options, argc, argv, &args, &operands);
	if (!e && operands.nr != (args.diff ? 2 : 0))
		e = err_new(ERR_USAGE, args.diff ? "--diff takes two recordings: <before> <after>"
						 : "a recording is named with -i");
	if (!e)
		e = check_pictures(&args);
	if (!e && args.diff)
		e = check_diff(&args);
	if (!e)
		e = args.diff ? report_diff(tool, &args, operands.item, &notes)
			      : report(tool, &args, &notes);
	for (size_t i = 0; i < notes.nr; i++)
		tool_remark(tool, "report", notes.line[i]);
	return e;
}

const struct command cmd_report = {
	.name = "report",
	.summary = "show who allocated memory, from a recording",
	.options = &report_options,
	.configurable = true,
	.run = run_report,
};
