// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/report/selection.h"

#include <stdlib.h>
#include <string.h>

#include "util/report/filter.h"

void selection_words_release(struct selection_words *words)
{
	option_list_release(&words->comm);
	option_list_release(&words->pid);
	option_list_release(&words->tid);
	option_list_release(&words->cpu);
	option_list_release(&words->cgroup);
}

void selection_release(struct selection *selection)
{
	free(selection->pid);
	free(selection->tid);
	free(selection->cpu);
	filter_free(selection->expression);
	*selection = SELECTION_INIT;
}

static struct err *parse_numbers(const char *option, const struct option_list *list,
				 uint64_t **ret_number)
{
	uint64_t *number = calloc(list->nr + 1, sizeof(*number));
	struct err *e = NULL;

	if (!number)
		return err_nomem();
	for (size_t i = 0; i < list->nr && !e; i++) {
		int64_t value;

		e = option_parse_int(list->item[i], 0, INT64_MAX, &value);
		if (!e)
			number[i] = (uint64_t)value;
	}
	if (e) {
		free(number);
		return err_wrap(e, "%s", option);
	}
	*ret_number = number;
	return NULL;
}

struct err *selection_moment(const char *text, struct session *session, bool from_start,
			     uint64_t *ret_ns)
{
	bool relative = *text == '+' || from_start;
	uint64_t first, last;
	char *end;
	double value = strtod(text + (*text == '+'), &end);

	perfdata_time_range(session_perfdata(session), &first, &last);
	/* Not a number fails here too. */
	if (end == text || !(value >= 0 && value <= 1e10))
		return err_new(ERR_USAGE, "'%s' is no time", text);
	if (!strcmp(end, "%") && value <= 100)
		*ret_ns = first + (uint64_t)((double)(last - first) * value / 100);
	else if (*end)
		return err_new(ERR_USAGE, "'%s' is no time", text);
	else
		*ret_ns = (relative ? first : 0) + (uint64_t)(value * 1e9 + 0.5);
	return NULL;
}

static struct err *parse_time(const char *text, struct session *session,
			      struct session_filter *filter)
{
	autofree char *copy = strdup(text);
	struct err *e = NULL;
	char *comma;

	if (!copy)
		return err_nomem();
	comma = strchr(copy, ',');
	if (!comma)
		return err_new(ERR_USAGE, "--time takes two moments, parted by a comma");
	*comma++ = '\0';
	filter->from_ns = 0;
	filter->until_ns = UINT64_MAX;
	if (*copy)
		e = selection_moment(copy, session, false, &filter->from_ns);
	if (!e && *comma)
		e = selection_moment(comma, session, false, &filter->until_ns);
	if (!e && filter->from_ns > filter->until_ns)
		e = err_new(ERR_USAGE, "the second moment is before the first");
	/* 0 stands for no end, and no sample is from that time. */
	filter->until_ns = MAX(filter->until_ns, (uint64_t)1);
	return e ? err_wrap(e, "--time") : NULL;
}

struct err *selection_new(const struct selection_words *words, struct session *session,
			  struct selection *ret_selection)
{
	guard(selection) struct selection selection = SELECTION_INIT;
	struct session_filter *filter = &selection.filter;
	struct err *e;

	e = parse_numbers("--pid", &words->pid, &selection.pid);
	if (!e)
		e = parse_numbers("--tid", &words->tid, &selection.tid);
	if (!e)
		e = parse_numbers("--cpu", &words->cpu, &selection.cpu);
	if (!e && words->time)
		e = parse_time(words->time, session, filter);
	if (!e && words->expression)
		e = filter_new(words->expression, session_perfdata(session), &selection.expression);
	if (e)
		return e;
	filter->comm = words->comm.item;
	filter->comm_nr = words->comm.nr;
	filter->pid = selection.pid;
	filter->pid_nr = words->pid.nr;
	filter->tid = selection.tid;
	filter->tid_nr = words->tid.nr;
	filter->cpu = selection.cpu;
	filter->cpu_nr = words->cpu.nr;
	filter->cgroup = words->cgroup.item;
	filter->cgroup_nr = words->cgroup.nr;
	filter->expression = selection.expression;
	*ret_selection = selection;
	selection = SELECTION_INIT;
	return NULL;
}
