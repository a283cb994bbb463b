// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/report/tasks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void tasks_release(struct tasks *tasks)
{
	keyset_release(&tasks->tids);
	free(tasks->comm);
	*tasks = tasks_init(tasks->names);
}

void tasks_clear(struct tasks *tasks)
{
	if (tasks->comm)
		memset(tasks->comm, 0, tasks->capacity * sizeof(*tasks->comm));
	memset(tasks->recent, 0, sizeof(tasks->recent));
}

struct err *tasks_set(struct tasks *tasks, uint64_t tid, uint32_t comm)
{
	struct err *e;
	size_t i;

	tasks->recent[tid % TASKS_RECENT_NR].comm = 0;
	e = keyset_add(&tasks->tids, &tid, &i);
	if (e)
		return e;
	if (i >= tasks->capacity) {
		size_t capacity = tasks->tids.capacity;
		uint32_t *grown = reallocarray(tasks->comm, capacity, sizeof(*grown));

		if (!grown)
			return err_nomem();
		memset(grown + tasks->capacity, 0, (capacity - tasks->capacity) * sizeof(*grown));
		tasks->comm = grown;
		tasks->capacity = capacity;
	}
	tasks->comm[i] = comm;
	return NULL;
}

uint32_t tasks_find(const struct tasks *tasks, uint64_t tid)
{
	size_t i;

	return keyset_find(&tasks->tids, &tid, &i) && i < tasks->capacity ? tasks->comm[i] : 0;
}

struct err *tasks_comm(struct tasks *tasks, uint32_t tid, uint32_t *ret_comm)
{
	size_t slot = tid % TASKS_RECENT_NR;
	char text[16] = "swapper";
	struct err *e = NULL;
	uint32_t comm;

	if (tasks->recent[slot].comm && tasks->recent[slot].tid == tid) {
		*ret_comm = tasks->recent[slot].comm;
		return NULL;
	}
	comm = tasks_find(tasks, tid);
	if (!comm) {
		if (tid)
			snprintf(text, sizeof(text), ":%d", (int32_t)tid);
		/* Not for the table: children would have it from there. */
		e = names_add(tasks->names, text, strlen(text), &comm);
	}
	if (e)
		return e;
	tasks->recent[slot].tid = tid;
	tasks->recent[slot].comm = comm;
	*ret_comm = comm;
	return NULL;
}
