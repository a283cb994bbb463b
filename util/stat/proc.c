// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/stat/proc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/base/cleanup.h"
#include "util/base/err.h"
#include "util/base/io.h"

enum {
	MAPS_MAX_BYTES = 64 << 20,
	SMALL_MAX_BYTES = 65536,
	COMM_SIZE = 16,
	/* Fields of stat, counted from 1. */
	STAT_MINFLT = 10,
	STAT_CMINFLT,
	STAT_MAJFLT,
	STAT_CMAJFLT,
	STAT_UTIME,
	STAT_STIME,
	STAT_CUTIME,
	STAT_CSTIME,
	STAT_START_BRK = 47,
};

/* A file of a task as text, the caller's to free; NULL: there is none. */
static char *read_text(pid_t tid, bool thread, const char *name, size_t max_bytes)
{
	char *text = NULL;
	autoerr struct err *err = NULL;
	char path[96];
	size_t len;

	if (thread)
		snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", (int)tid, (int)tid, name);
	else
		snprintf(path, sizeof(path), "/proc/%d/%s", (int)tid, name);
	err = io_read_file(-1, path, max_bytes, &text, &len);
	return err ? NULL : text;
}

/* What stands behind "\nkey:"; NULL: there is no such line. */
static const char *value_of(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, key, len) && line[len] == ':')
			return line + len + 1;
	}
	return NULL;
}

static uint64_t number_of(const char *text, const char *key)
{
	const char *value = value_of(text, key);

	return value ? strtoull(value, NULL, 10) : 0;
}

pid_t proc_id(pid_t tid, const char *key)
{
	autofree char *text = read_text(tid, false, "status", SMALL_MAX_BYTES);
	const char *value = text ? value_of(text, key) : NULL;

	return value ? (pid_t)strtol(value, NULL, 10) : -1;
}

bool proc_has_ended(pid_t tid)
{
	autofree char *text = read_text(tid, false, "status", SMALL_MAX_BYTES);
	const char *state = text ? value_of(text, "State") : NULL;

	if (!state)
		return true;
	state += strspn(state, "\t ");
	return *state == 'Z' || *state == 'X';
}

bool proc_has_signal(pid_t tid, const char *key, int sig)
{
	autofree char *text = read_text(tid, false, "status", SMALL_MAX_BYTES);
	const char *value = text ? value_of(text, key) : NULL;

	return value && strtoull(value, NULL, 16) >> (sig - 1) & 1;
}

bool proc_comm(pid_t tid, char ret_comm[16])
{
	autofree char *text = read_text(tid, false, "comm", SMALL_MAX_BYTES);

	if (!text || !*text)
		return false;
	snprintf(ret_comm, COMM_SIZE, "%.*s", (int)strcspn(text, "\n"), text);
	return true;
}

/* Where field @field of stat begins; the second one may hold anything up to the last ')'. */
static const char *stat_field(const char *text, int field)
{
	const char *at = strrchr(text, ')');

	for (int i = 2; at && i < field; i++)
		at = strchr(at + 1, ' ');
	return at;
}

static uint64_t stat_number(const char *text, int field)
{
	const char *at = stat_field(text, field);

	return at ? strtoull(at, NULL, 10) : 0;
}

uint64_t proc_brk(pid_t tid)
{
	autofree char *maps = read_text(tid, false, "maps", MAPS_MAX_BYTES);
	autofree char *stat = NULL;
	const char *heap = maps ? strstr(maps, "[heap]") : NULL;

	if (heap) {
		while (heap > maps && heap[-1] != '\n')
			heap--;
		heap = strchr(heap, '-');
		return heap ? strtoull(heap + 1, NULL, 16) : 0;
	}
	stat = read_text(tid, false, "stat", SMALL_MAX_BYTES);
	return stat ? stat_number(stat, STAT_START_BRK) : 0;
}

bool proc_usage(pid_t id, bool thread, struct proc_usage *ret_usage)
{
	autofree char *stat = read_text(id, thread, "stat", SMALL_MAX_BYTES);
	autofree char *status = read_text(id, thread, "status", SMALL_MAX_BYTES);
	autofree char *io = read_text(id, thread, "io", SMALL_MAX_BYTES);
	uint64_t tick_ns = 1000000000 / (uint64_t)sysconf(_SC_CLK_TCK);
	struct proc_usage usage = { .switches_known = thread, .io_known = io && *io };

	/* What has ended and was not waited for yet has no memory. */
	if (!stat || !status || !value_of(status, "VmHWM"))
		return false;
	usage.user_ns = tick_ns * stat_number(stat, STAT_UTIME);
	usage.system_ns = tick_ns * stat_number(stat, STAT_STIME);
	usage.minor_faults = stat_number(stat, STAT_MINFLT);
	usage.major_faults = stat_number(stat, STAT_MAJFLT);
	if (!thread) {
		usage.user_ns += tick_ns * stat_number(stat, STAT_CUTIME);
		usage.system_ns += tick_ns * stat_number(stat, STAT_CSTIME);
		usage.minor_faults += stat_number(stat, STAT_CMINFLT);
		usage.major_faults += stat_number(stat, STAT_CMAJFLT);
	}
	usage.peak_rss_bytes = 1024 * number_of(status, "VmHWM");
	usage.voluntary_switches = number_of(status, "voluntary_ctxt_switches");
	usage.involuntary_switches = number_of(status, "nonvoluntary_ctxt_switches");
	if (usage.io_known) {
		usage.read_bytes = number_of(io, "read_bytes");
		usage.written_bytes = number_of(io, "write_bytes");
	}
	*ret_usage = usage;
	return true;
}
