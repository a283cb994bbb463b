// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/stat/tasks.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "util/base/cleanup.h"
#include "util/stat/proc.h"

enum { READS_MAX = 16 };

static void guard_dir_(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

struct seen {
	pid_t *tid;
	size_t nr;
	size_t visited; /* of them, without an error */
};

static void seen_release(struct seen *seen)
{
	free(seen->tid);
}
DEFINE_GUARD_INPLACE(seen, struct seen, seen_release)

/* A thread that ended before it could be visited is as one that ended before it was listed. */
static bool is_gone(pid_t tid, struct err *err)
{
	return err_errno(err) == ESRCH || proc_has_ended(tid);
}

/* Visits those not seen before; *ret_new says how many. */
static struct err *read_threads(pid_t pid, struct seen *seen,
				struct err *(*visit)(pid_t tid, void *data), void *data,
				size_t *ret_new)
{
	guard(dir) DIR *dir = NULL;
	struct dirent *entry;
	char path[64];
	size_t before = seen->nr;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	if (!dir)
		return err_sys(errno == ENOENT ? ESRCH : errno, "process %d", (int)pid);
	while ((entry = readdir(dir))) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
		struct err *err;
		size_t i = 0;
		pid_t *grown;

		while (i < before && seen->tid[i] != tid)
			i++;
		if (tid <= 0 || i < before)
			continue;
		grown = reallocarray(seen->tid, seen->nr + 1, sizeof(*grown));
		if (!grown)
			return err_nomem();
		seen->tid = grown;
		seen->tid[seen->nr++] = tid;
		err = visit(tid, data);
		if (err && !is_gone(tid, err))
			return err;
		seen->visited += !err;
		err_free(err);
	}
	*ret_new = seen->nr - before;
	return NULL;
}

static struct err *each_thread(pid_t pid, struct err *(*visit)(pid_t tid, void *data), void *data)
{
	guard(seen) struct seen seen = { .nr = 0 };
	pid_t leader = proc_id(pid, "Tgid");

	/* /proc has threads as well; a process of several would be met by each. */
	if (leader > 0 && leader != pid)
		return err_new(ERR_USAGE, "%d is a thread of process %d (-t is for threads)",
			       (int)pid, (int)leader);
	for (int reads = 0; reads < READS_MAX; reads++) {
		size_t new_nr = 0;
		struct err *err = read_threads(pid, &seen, visit, data, &new_nr);

		if (err)
			return err;
		if (!new_nr)
			break;
	}
	return seen.visited ? NULL : err_sys(ESRCH, "process %d", (int)pid);
}

static struct err *one_thread(pid_t tid, struct err *(*visit)(pid_t tid, void *data), void *data)
{
	struct err *err = visit(tid, data);

	if (!err || !is_gone(tid, err))
		return err;
	err_free(err);
	return err_sys(ESRCH, "thread %d", (int)tid);
}

struct err *tasks_each(const pid_t *id, size_t id_nr, bool processes,
		       struct err *(*visit)(pid_t tid, void *data), void *data)
{
	struct err *err = NULL;

	for (size_t i = 0; !err && i < id_nr; i++) {
		if (processes)
			err = each_thread(id[i], visit, data);
		else
			err = one_thread(id[i], visit, data);
	}
	return err;
}
