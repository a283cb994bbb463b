// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/sys/own.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum {
	READER_NICE = -20,
	IN_INTERRUPT = 0x08 | 0x10, /* TRACE_FLAG_HARDIRQ, TRACE_FLAG_SOFTIRQ (trace_events.h) */
};

/* Of its own: since gcc 13 all of an enum are as wide as its widest needs. */
enum { PID_NS_INIT_INO = 0xeffffffc }; /* include/linux/proc_ns.h PROC_PID_INIT_INO */

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

struct err *own_threads_find(struct own_threads *ret_own)
{
	DIR *tasks = opendir("/proc/self/task");
	struct own_threads own = { .nr = 0 };
	struct dirent *entry;

	if (!tasks)
		return err_sys(errno, "list our own threads in /proc/self/task");
	while ((entry = readdir(tasks)) && own.nr < OWN_THREADS_MAX)
		if (isdigit((unsigned char)entry->d_name[0]))
			own.tid[own.nr++] = (uint32_t)strtoul(entry->d_name, NULL, 10);
	closedir(tasks);
	qsort(own.tid, own.nr, sizeof(own.tid[0]), by_number);
	*ret_own = own;
	return NULL;
}

void own_threads_hurry(const struct own_threads *own)
{
	for (size_t i = 0; i < own->nr; i++)
		setpriority(PRIO_PROCESS, own->tid[i], READER_NICE);
}

bool own_threads_have_traced_numbers(void)
{
	struct stat stat_buf;

	return !stat("/proc/self/ns/pid", &stat_buf) && stat_buf.st_ino == PID_NS_INIT_INO;
}

/* Threads made in a row have numbers in a row: two comparisons suffice for them. */
void own_threads_filter(const struct own_threads *own, struct str *out)
{
	str_add(out, "((");
	for (size_t i = 0; i < own->nr;) {
		size_t end = i + 1;

		while (end < own->nr && own->tid[end] == own->tid[i] + (end - i))
			end++;
		str_add(out, i ? " && " : "");
		if (end - i > 2) {
			str_printf(out, "(common_pid < %u || common_pid > %u)", own->tid[i],
				   own->tid[end - 1]);
			i = end;
		} else {
			str_printf(out, "common_pid != %u", own->tid[i++]);
		}
	}
	str_printf(out, ") || common_flags & %u)", IN_INTERRUPT);
}
