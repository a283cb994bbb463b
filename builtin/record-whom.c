// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "builtin/record.h"
#include "util/sys/cgroups.h"

enum { TASKS_MAX = 65536 };

void record_tasks_release(struct record_tasks *tasks)
{
	free(tasks->tid);
}

static struct err *add_task(struct record_tasks *tasks, pid_t tid)
{
	pid_t *grown;

	if (tasks->nr == TASKS_MAX)
		return err_new(ERR_USAGE, "more than %d threads", TASKS_MAX);
	grown = realloc(tasks->tid, (tasks->nr + 1) * sizeof(*grown));
	if (!grown)
		return err_nomem();
	tasks->tid = grown;
	tasks->tid[tasks->nr++] = tid;
	return NULL;
}

static struct err *add_threads_of(struct record_tasks *tasks, pid_t pid)
{
	autofree char *path = NULL;
	struct err *err = NULL;
	struct dirent *entry;
	DIR *dir;

	if (asprintf(&path, "/proc/%d/task", (int)pid) < 0) {
		path = NULL;
		return err_nomem();
	}
	dir = opendir(path);
	if (!dir)
		return err_new(ERR_NODATA, "there is no process %d", (int)pid);
	while (!err && (entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]))
			err = add_task(tasks, (pid_t)atoi(entry->d_name));
	closedir(dir);
	return err;
}

/* "12,34": each thread, or each thread of each process. */
static struct err *parse_tasks(const char *option, const char *list, bool processes,
			       struct record_tasks *tasks)
{
	autofree char *copy = strdup(list);
	char *rest = NULL;

	if (!copy)
		return err_nomem();
	for (char *word = strtok_r(copy, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		struct err *err;
		int64_t number;

		err = option_parse_int(word, 1, INT32_MAX, &number);
		if (err)
			return err_wrap(err, "%s", option);
		if (processes) {
			err = add_threads_of(tasks, (pid_t)number);
		} else {
			err = kill((pid_t)number, 0) && errno == ESRCH
				      ? err_new(ERR_NODATA, "there is no thread %d", (int)number)
				      : add_task(tasks, (pid_t)number);
		}
		if (err)
			return err;
	}
	if (!tasks->nr)
		return err_new(ERR_USAGE, "%s expects numbers", option);
	return NULL;
}

struct err *record_choose_cpus(const struct record_args *args, struct cpus *ret_cpus)
{
	guard(cpus) struct cpus online = CPUS_INIT;
	guard(cpus) struct cpus cpus = CPUS_INIT;
	struct err *err = cpus_online(&online);
	size_t known = 0;

	if (!err && args->cpus)
		err = err_wrap(cpus_parse(args->cpus, &cpus), "-C");
	if (err)
		return err;
	/* Both ascend. */
	for (size_t i = 0; i < cpus.nr; i++) {
		while (known < online.nr && online.cpu[known] < cpus.cpu[i])
			known++;
		if (known == online.nr || online.cpu[known] != cpus.cpu[i])
			return err_new(ERR_NODATA, "-C: CPU %d is not online", cpus.cpu[i]);
	}
	*ret_cpus = args->cpus ? cpus : online;
	*(args->cpus ? &cpus : &online) = CPUS_INIT;
	return NULL;
}

struct err *record_choose_whom(const struct record_args *args, const struct workload *workload,
			       struct record_tasks *tasks, struct record_config *config)
{
	bool system_wide = args->all || args->cpus || args->cgroup || !args->words.nr ||
			   (!workload->pid && !args->pids && !args->tids);
	struct err *err = NULL;

	if (args->cpus && (long)config->cpus->nr < sysconf(_SC_NPROCESSORS_ONLN))
		config->only = "cpus";
	if (!system_wide || args->cgroup || args->pids || args->tids)
		config->only = "tasks";
	if (args->cgroup)
		return cgroup_open(args->cgroup, CGROUPS_OF_EVENTS, &config->cgroup_fd);
	if (args->pids)
		err = parse_tasks("-p", args->pids, true, tasks);
	else if (args->tids)
		err = parse_tasks("-t", args->tids, false, tasks);
	else if (!system_wide)
		err = add_task(tasks, workload->pid);
	if (tasks->nr) {
		config->tid = tasks->tid;
		config->tid_nr = tasks->nr;
		config->inherit = !args->tids;
	}
	return err;
}
