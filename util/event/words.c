// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/event/words.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/io.h"
#include "util/base/macros.h"
#include "util/base/str.h"
#include "util/cli/options.h"
#include "util/cli/suggest.h"
#include "util/event/format.h"
#include "util/sys/tracefs.h"

struct software {
	const char *name;
	uint64_t config;
	bool clock; /* sampled by time */
};

static const struct software software[] = {
	{ "cpu-clock", PERF_COUNT_SW_CPU_CLOCK, true },
	{ "task-clock", PERF_COUNT_SW_TASK_CLOCK, true },
	{ "page-faults", PERF_COUNT_SW_PAGE_FAULTS, false },
	{ "faults", PERF_COUNT_SW_PAGE_FAULTS, false },
	{ "minor-faults", PERF_COUNT_SW_PAGE_FAULTS_MIN, false },
	{ "major-faults", PERF_COUNT_SW_PAGE_FAULTS_MAJ, false },
	{ "context-switches", PERF_COUNT_SW_CONTEXT_SWITCHES, false },
	{ "cs", PERF_COUNT_SW_CONTEXT_SWITCHES, false },
	{ "cpu-migrations", PERF_COUNT_SW_CPU_MIGRATIONS, false },
	{ "migrations", PERF_COUNT_SW_CPU_MIGRATIONS, false },
	{ "alignment-faults", PERF_COUNT_SW_ALIGNMENT_FAULTS, false },
	{ "emulation-faults", PERF_COUNT_SW_EMULATION_FAULTS, false },
	{ "cgroup-switches", PERF_COUNT_SW_CGROUP_SWITCHES, false },
};

static struct err *parse_number(const char *term, const char *text, uint64_t min, uint64_t max,
				uint64_t *ret)
{
	int64_t value;
	struct err *err = option_parse_int(text, (int64_t)min, (int64_t)max, &value);

	if (err)
		return err_wrap(err, "%s", term);
	*ret = (uint64_t)value;
	return NULL;
}

static struct err *parse_term(const char *term, struct event *event)
{
	static const struct {
		const char *name;
		enum event_chain chain;
	} chains[] = {
		{ "no", EVENT_CHAIN_NO },
		{ "kernel", EVENT_CHAIN_KERNEL },
		{ "fp", EVENT_CHAIN_FP },
		{ "dwarf", EVENT_CHAIN_DWARF },
	};
	const char *value = strchr(term, '=');
	size_t len = value ? (size_t)(value - term) : strlen(term);
	struct err *err;
	uint64_t number = 0;

#define IS(name_) (value && len == strlen(name_) && !strncmp(term, name_, len))
	value = value ? value + 1 : NULL;
	if (IS("call-graph")) {
		for (size_t i = 0; i < ARRAY_SIZE(chains); i++)
			if (!strcmp(value, chains[i].name)) {
				event->chain = chains[i].chain;
				return NULL;
			}
		return err_new(ERR_USAGE, "call-graph is 'no', 'kernel', 'fp' or 'dwarf', not '%s'",
			       value);
	}
	if (IS("stack-size")) {
		err = parse_number("stack-size", value, 8, EVENT_STACK_BYTES_MAX, &number);
		if (!err)
			event->stack_bytes = (uint32_t)(number + 7) & ~UINT32_C(7);
		return err;
	}
	if (IS("max-stack")) {
		err = parse_number("max-stack", value, 1, UINT16_MAX, &number);
		if (!err)
			event->max_stack = (uint32_t)number;
		return err;
	}
	if (IS("period"))
		return parse_number("period", value, 1, INT64_MAX, &event->period);
	if (IS("freq"))
		return parse_number("freq", value, 1, INT32_MAX, &event->freq);
#undef IS
	return err_new(ERR_USAGE,
		       "unknown term '%.*s' (call-graph, stack-size, max-stack, period, freq)",
		       (int)len, term);
}

/* @word loses its "/term,.../" part. */
static struct err *parse_terms(char *word, struct event *event)
{
	char *terms = strchr(word, '/');
	char *rest = NULL;
	size_t len;

	if (!terms)
		return NULL;
	*terms++ = '\0';
	len = strlen(terms);
	if (!len || terms[len - 1] != '/')
		return err_new(ERR_USAGE, "event '%s': its terms end with a '/'", word);
	terms[len - 1] = '\0';
	for (char *term = strtok_r(terms, ",", &rest); term; term = strtok_r(NULL, ",", &rest)) {
		struct err *err = parse_term(term, event);

		if (err)
			return err_wrap(err, "event '%s'", word);
	}
	return NULL;
}

static struct err *add_software(struct event_set *set, const char *word, const struct event *said,
				bool *ret_found)
{
	const char *colon = strchr(word, ':');
	size_t len = colon ? (size_t)(colon - word) : strlen(word);

	*ret_found = false;
	for (size_t i = 0; i < ARRAY_SIZE(software); i++) {
		struct event event = *said;

		if (strlen(software[i].name) != len || strncmp(software[i].name, word, len))
			continue;
		*ret_found = true;
		if (colon && strcmp(colon, ":u") && strcmp(colon, ":k"))
			return err_new(ERR_USAGE, "event '%s': ':u' or ':k' may follow the name",
				       word);
		event.name = strdup(word);
		event.attr.type = PERF_TYPE_SOFTWARE;
		event.attr.config = software[i].config;
		event.attr.exclude_kernel = colon && colon[1] == 'u';
		event.attr.exclude_user = colon && colon[1] == 'k';
		if (software[i].clock && !event.freq && !event.period)
			event.attr.freq = 1;
		return event_set_take(set, &event);
	}
	return NULL;
}

static struct err *read_tracepoint(int tracefs_fd, const char *system, const char *name,
				   struct event *event)
{
	autofree char *id = NULL;
	autofree char *path = NULL;
	autofree char *format_path = NULL;
	struct err *err;
	int64_t number;
	size_t len;

	if (asprintf(&path, "events/%s/%s/id", system, name) < 0 ||
	    asprintf(&format_path, "events/%s/%s/format", system, name) < 0)
		return err_nomem();
	err = io_read_file(tracefs_fd, path, 64, &id, &len);
	if (!err)
		err = io_read_file(tracefs_fd, format_path, FORMAT_TEXT_MAX, &event->format,
				   &event->format_len);
	if (err)
		return err_wrap(err, "tracepoint %s:%s", system, name);
	if (len && id[len - 1] == '\n')
		id[len - 1] = '\0';
	err = option_parse_int(id, 0, INT32_MAX, &number);
	if (err)
		return err_wrap(err, "tracepoint %s:%s: id", system, name);
	event->attr.type = PERF_TYPE_TRACEPOINT;
	event->attr.config = (uint64_t)number;
	event->system = strdup(system);
	if (!event->system || asprintf(&event->name, "%s:%s", system, name) < 0) {
		event->name = NULL;
		return err_nomem();
	}
	return NULL;
}

/* What is said of an event that is there already takes the place of what was said first. */
static void name_again(struct event *event, const struct event *said, size_t named)
{
	event->named = named;
	if (said->chain)
		event->chain = said->chain;
	if (said->stack_bytes)
		event->stack_bytes = said->stack_bytes;
	if (said->max_stack)
		event->max_stack = said->max_stack;
	if (said->period || said->freq) {
		event->period = said->period;
		event->freq = said->freq;
	}
}

static struct err *add_tracepoint(struct event_set *set, int tracefs_fd, const char *system,
				  const char *name, const struct event *said)
{
	struct event event = *said;
	struct err *err = read_tracepoint(tracefs_fd, system, name, &event);

	if (err) {
		event_release(&event);
		return err;
	}
	/* A glob and a name may both have meant it. */
	for (size_t i = 0; i < set->nr; i++)
		if (set->event[i].attr.type == PERF_TYPE_TRACEPOINT &&
		    set->event[i].attr.config == event.attr.config) {
			event_release(&event);
			name_again(&set->event[i], said, set->calls_nr);
			return NULL;
		}
	return event_set_take(set, &event);
}

/* Adds what matches, or, with @all_names, only lists every name there is. */
static struct err *add_matching(struct event_set *set, int tracefs_fd, const char *system_glob,
				const char *name_glob, const struct event *said,
				struct str *all_names)
{
	guard(name_list) struct name_list systems = NAME_LIST_INIT;
	struct err *err = dir_names(tracefs_fd, "events", true, &systems);

	if (err)
		return err_wrap(err, "list tracepoints");
	for (size_t i = 0; i < systems.nr; i++) {
		guard(name_list) struct name_list names = NAME_LIST_INIT;
		autofree char *path = NULL;

		/* ftrace's own records are no tracepoints. */
		if (!strcmp(systems.name[i], "ftrace") ||
		    (fnmatch(system_glob, systems.name[i], 0) && !all_names))
			continue;
		if (asprintf(&path, "events/%s", systems.name[i]) < 0) {
			path = NULL;
			return err_nomem();
		}
		err = dir_names(tracefs_fd, path, true, &names);
		if (err)
			return err_wrap(err, "list tracepoints");
		for (size_t j = 0; j < names.nr; j++) {
			if (all_names) {
				str_printf(all_names, "%s:%s", systems.name[i], names.name[j]);
				str_add_char(all_names, '\0');
				continue;
			}
			if (fnmatch(name_glob, names.name[j], 0))
				continue;
			err = add_tracepoint(set, tracefs_fd, systems.name[i], names.name[j], said);
			if (err)
				return err;
		}
	}
	return NULL;
}

static struct err *unknown_event(const char *word, int tracefs_fd)
{
	guard(str) struct str names = STR_INIT;
	guard(str) struct str hint = STR_INIT;
	struct suggest near = suggest_init(word);

	for (size_t i = 0; i < ARRAY_SIZE(software); i++)
		suggest_offer(&near, software[i].name);
	if (tracefs_fd >= 0) {
		struct event_set none = EVENT_SET_INIT;
		struct event nothing = { .name = NULL };
		autoerr struct err *err =
			add_matching(&none, tracefs_fd, "*", "*", &nothing, &names);

		/* Without a list there are fewer suggestions. */
		for (size_t at = 0; !err && !names.failed && at < names.len;
		     at += strlen(names.s + at) + 1) {
			const char *name = strchr(names.s + at, ':') + 1;

			/* Somebody who left the system out means the name. */
			if (!strcmp(name, word))
				return err_new(ERR_USAGE, "unknown event '%s'; did you mean '%s'?",
					       word, names.s + at);
			suggest_offer(&near, names.s + at);
		}
	}
	suggest_phrase(&near, "", &hint);
	return err_new(ERR_USAGE, "unknown event '%s'%s", word, hint.s);
}

static struct err *add_word(struct event_set *set, char *word, int tracefs_fd, bool optional)
{
	struct event said = { .name = NULL };
	size_t nr_before = set->nr;
	struct err *err;
	char *colon;
	bool found;

	err = parse_terms(word, &said);
	if (err)
		return err;
	err = add_software(set, word, &said, &found);
	if (err || found)
		return err;

	colon = strchr(word, ':');
	if (!colon || colon == word || !colon[1] || strchr(word, '\''))
		return unknown_event(word, tracefs_fd);
	if (tracefs_fd < 0)
		return err_new(ERR_NODATA, "tracepoint %s: there is no tracefs", word);
	*colon = '\0';
	err = add_matching(set, tracefs_fd, word, colon + 1, &said, NULL);
	*colon = ':';
	if (err)
		return err;
	/* Named twice, it was there before. */
	for (size_t i = 0; i < nr_before && set->nr == nr_before; i++)
		if (!fnmatch(word, set->event[i].name, 0))
			return NULL;
	if (set->nr == nr_before && !optional)
		return unknown_event(word, tracefs_fd);
	return NULL;
}

/* The end of the first event: a comma outside of slashes, or the end. */
static char *word_end(char *word)
{
	bool inside = false;

	for (; *word && (inside || *word != ','); word++)
		inside ^= *word == '/';
	return word;
}

struct err *event_set_add(struct event_set *set, const char *words, int tracefs_fd, bool optional)
{
	autofree char *copy = strdup(words);
	char *word = copy;

	if (!copy)
		return err_nomem();
	if (!*word)
		return err_new(ERR_USAGE, "an event has a name");
	set->calls_nr++;
	while (*word) {
		char *end = word_end(word);
		bool last = !*end;
		struct err *err;

		*end = '\0';
		if (*word) {
			err = add_word(set, word, tracefs_fd, optional);
			if (err)
				return err;
		}
		word = last ? end : end + 1;
	}
	if (!set->nr)
		return err_new(ERR_NODATA, "this kernel has none of the events %s", words);
	return NULL;
}
