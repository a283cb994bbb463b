// SPDX-License-Identifier: GPL-2.0-or-later
#include "builtin/stat.h"

#include <string.h>

#include "util/stat/command.h"
#include "util/sys/signals.h"

/* What every run would say again is said once. */
static void show_notes(struct stat_job *job)
{
	while (job->notes_told < job->notes.nr)
		tool_remark(job->tool, "stat", job->notes.line[job->notes_told++]);
}

/* Before they are gone, and when new ones are there. */
static struct err *look_at_cgroups(struct stat_job *job)
{
	return job->args->group == GROUP_CGROUP ? cgroup_names_look(&job->cgroups) : NULL;
}

static struct err *show_interval(const struct stat_result *interval, uint64_t time_ns, void *data)
{
	struct stat_job *job = data;
	struct err *err = look_at_cgroups(job);

	return err ? err : stat_show_interval(job->out, &job->style, interval, time_ns);
}

static void tell_of_end(const struct stat_job *job, const struct stat_result *result)
{
	if (result->killed)
		tool_remark(
			job->tool, "stat",
			"the command did not end when it was asked to, and was killed: it cannot "
			"go on when nobody traces it");
	if (result->left_running)
		tool_remark(job->tool, "stat",
			    "the command did not end when it was asked to; it "
			    "goes on, and its counts end here");
}

static struct err *run_once(struct stat_job *job, struct stat_result *result, int *ret_exit_code)
{
	struct err *err = look_at_cgroups(job);

	if (!err)
		err = stat_run(&job->plan, &job->notes, result, ret_exit_code);
	if (!err)
		err = look_at_cgroups(job);
	/* How it would have been counted is nothing to one who mistyped a command. */
	if (err)
		return err;
	show_notes(job);
	tell_of_end(job, result);
	return NULL;
}

/* A run that was cut short before it began is none, and no failure of those before. */
static bool was_cut_before(struct err **err)
{
	if (!*err || err_code(*err) != ERR_INTERRUPTED)
		return false;
	err_free(take_ptr(*err));
	return true;
}

/* Results of all runs of all commands. */
struct results {
	struct stat_result *result;
	size_t nr;
};

static void results_release(struct results *results)
{
	for (size_t i = 0; i < results->nr; i++)
		stat_result_release(&results->result[i]);
	free(results->result);
}
DEFINE_GUARD_INPLACE(results, struct results, results_release)

/* The last run may have been cut short, and says nothing about a whole one. */
static void drop_cut_run(struct stat_job *job, struct results *results)
{
	guard(str) struct str remark = STR_INIT;
	size_t wanted = (size_t)job->args->repeats;

	if (results->nr > 1 && results->result[results->nr - 1].interrupted)
		stat_result_release(&results->result[--results->nr]);
	if (results->nr == wanted)
		return;
	str_printf(&remark, "interrupted: shown are the %zu of %zu runs that were not cut short",
		   results->nr, wanted);
	tool_remark(job->tool, "stat",
		    results->result[0].interrupted ? "interrupted in the first run: shown is what "
						     "there is of it"
						   : remark.s);
}

struct err *stat_job_run_single(struct stat_job *job, int *ret_exit_code)
{
	size_t repeats = (size_t)job->args->repeats;
	guard(results) struct results results = { .result = NULL };
	struct err *err = NULL;

	results.result = calloc(repeats, sizeof(*results.result));
	if (!results.result)
		return err_nomem();
	job->plan.argv = job->operands.nr ? job->operands.item : NULL;
	job->plan.on_interval = show_interval;
	job->plan.data = job;
	while (!err && results.nr < repeats) {
		err = run_once(job, &results.result[results.nr], ret_exit_code);
		results.nr += !err;
		if (stop_requested(job->plan.stop_fd))
			break;
	}
	if (err && !(results.nr && was_cut_before(&err)))
		return err;
	drop_cut_run(job, &results);
	if (results.nr > 1)
		return stat_show_repeats(job->out, &job->style, results.result, results.nr);
	return stat_show(job->out, &job->style, &results.result[0]);
}

/* "label: command"; without a label the command is its own. */
static struct err *split_label(char *text, const char **ret_label, struct stat_command *ret_command)
{
	char *colon = strstr(text, ": ");

	*ret_label = text;
	if (!colon)
		return stat_command_split(text, ret_command);
	*colon = '\0';
	return stat_command_split(colon + 2, ret_command);
}

struct comparison {
	struct stat_variant *variant;
	struct stat_command *command;
	size_t nr;
};

static void comparison_release(struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->nr; i++) {
		struct stat_variant *variant = &comparison->variant[i];

		for (size_t j = 0; variant->result && j < variant->nr; j++)
			stat_result_release(&variant->result[j]);
		free(variant->result);
		stat_command_release(&comparison->command[i]);
	}
	free(comparison->variant);
	free(comparison->command);
}
DEFINE_GUARD_INPLACE(comparison, struct comparison, comparison_release)

/*
 * Taken in turns, so that a machine that gets slower does so for all of them. The exit code is the
 * worst there was so far.
 */
static struct err *run_turn(struct stat_job *job, struct comparison *c, int *ret_exit_code,
			    bool *ret_cut)
{
	int worst = c->variant[0].nr ? *ret_exit_code : 0;

	for (size_t i = 0; i < c->nr && !*ret_cut; i++) {
		struct stat_variant *variant = &c->variant[i];
		struct err *err;

		*ret_cut = stop_requested(job->plan.stop_fd);
		if (*ret_cut)
			break;
		job->plan.argv = c->command[i].argv;
		err = run_once(job, &variant->result[variant->nr], ret_exit_code);
		*ret_cut = was_cut_before(&err);
		if (*ret_cut)
			break;
		if (err)
			return err_wrap(err, "%s", variant->label);
		*ret_cut = variant->result[variant->nr++].interrupted;
		*ret_exit_code = worst = MAX(worst, *ret_exit_code);
	}
	return NULL;
}

/* Variants are compared by runs of whole turns, of which there are @turns. */
static struct err *drop_cut_turn(struct stat_job *job, struct comparison *c, size_t turns)
{
	guard(str) struct str remark = STR_INIT;

	for (size_t i = 0; i < c->nr; i++)
		while (c->variant[i].nr > turns)
			stat_result_release(&c->variant[i].result[--c->variant[i].nr]);
	if (!turns)
		return err_new(ERR_INTERRUPTED, "interrupted before each command had run once");
	if (turns == (size_t)job->args->repeats)
		return NULL;
	str_printf(&remark, "interrupted: shown are the %zu of %d turns that were not cut short",
		   turns, (int)job->args->repeats);
	tool_remark(job->tool, "stat", remark.s);
	return str_check(&remark);
}

struct err *stat_job_run_compared(struct stat_job *job, int *ret_exit_code)
{
	size_t repeats = (size_t)job->args->repeats;
	guard(comparison) struct comparison c = { .nr = 0 };
	struct err *err = NULL;
	size_t turns = 0;
	bool cut = false;

	c.variant = calloc((size_t)job->operands.nr, sizeof(*c.variant));
	c.command = calloc((size_t)job->operands.nr, sizeof(*c.command));
	if (!c.variant || !c.command)
		return err_nomem();
	for (; !err && c.nr < (size_t)job->operands.nr; c.nr++) {
		err = split_label(job->operands.item[c.nr], &c.variant[c.nr].label,
				  &c.command[c.nr]);
		if (err)
			return err;
		c.variant[c.nr].result = calloc(repeats, sizeof(struct stat_result));
		if (!c.variant[c.nr].result)
			return err_nomem();
	}

	for (; !err && turns < repeats && !stop_requested(job->plan.stop_fd); turns += !cut)
		err = run_turn(job, &c, ret_exit_code, &cut);
	if (!err)
		err = drop_cut_turn(job, &c, turns);
	if (err)
		return err;
	return stat_show_compared(job->out, &job->style, c.variant, c.nr);
}
