// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/record/synth.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>

#include "util/base/checked.h"
#include "util/base/cleanup.h"
#include "util/base/endian.h"
#include "util/base/io.h"
#include "util/base/macros.h"
#include "util/base/str.h"
#include "util/record/host.h"
#include "util/sys/cgroups.h"
#include "util/sys/own.h"

enum {
	PATH_BYTES_MAX = PATH_MAX,
	COMM_BYTES = 16,
	MAPS_BYTES_MAX = 64 << 20,
	FLUSH_BYTES = 64 << 10,
};

struct synth {
	struct str records;
	size_t trailer_bytes;
	synth_sink sink;
	void *context;
};

/* With its NUL, padded to 8 bytes. */
static void put_name(struct str *out, const char *name)
{
	size_t len = strlen(name) + 1;

	str_add_bytes(out, name, len);
	for (; len % 8; len++)
		str_add_char(out, 0);
}

/* The size of a record is known when it is complete: its header is filled in last. */
static size_t begin_record(struct synth *synth, uint32_t type, uint16_t misc)
{
	size_t start = synth->records.len;

	str_add_le32(&synth->records, type);
	str_add_le32(&synth->records, misc);
	return start;
}

static struct err *end_record(struct synth *synth, size_t start)
{
	struct err *err;

	for (size_t i = 0; i < synth->trailer_bytes; i++)
		str_add_char(&synth->records, 0);
	err = str_check(&synth->records);
	if (err)
		return err;
	store_u16(synth->records.s + start + 6, (uint16_t)(synth->records.len - start),
		  ORDER_LITTLE);
	if (synth->records.len < FLUSH_BYTES)
		return NULL;
	err = synth->sink(synth->context, synth->records.s, synth->records.len);
	str_clear(&synth->records);
	return err;
}

static struct err *flush(struct synth *synth, struct err *err)
{
	if (!err && synth->records.len)
		err = synth->sink(synth->context, synth->records.s, synth->records.len);
	str_release(&synth->records);
	return err;
}

static struct err *add_kernel_map(struct synth *synth, uint64_t start, uint64_t len,
				  uint64_t offset, const char *name)
{
	size_t record = begin_record(synth, PERF_RECORD_MMAP, PERF_RECORD_MISC_KERNEL);

	str_add_le32(&synth->records, UINT32_MAX);
	str_add_le32(&synth->records, 0);
	str_add_le64(&synth->records, start);
	str_add_le64(&synth->records, len);
	str_add_le64(&synth->records, offset);
	put_name(&synth->records, name);
	return end_record(synth, record);
}

/* Lines "ext4 880640 1 - Live 0xffffffffc0a00000"; the files they came from are not told. */
static struct err *add_modules(struct synth *synth)
{
	autofclose FILE *modules = fopen("/proc/modules", "re");
	char line[4096];
	struct err *err = NULL;

	while (!err && modules && fgets(line, sizeof(line), modules)) {
		char name[256], bracketed[260];
		const char *address = strstr(line, " 0x");
		uint64_t size, start;

		if (sscanf(line, "%255s %" SCNu64, name, &size) != 2 || !address)
			continue;
		start = strtoull(address, NULL, 16);
		/* kptr_restrict hides addresses as zeros. */
		if (!start)
			continue;
		snprintf(bracketed, sizeof(bracketed), "[%s]", name);
		err = add_kernel_map(synth, start, size, 0, bracketed);
	}
	return err;
}

struct err *synth_kernel(size_t trailer_bytes, synth_sink sink, void *context)
{
	struct synth synth = { STR_INIT, trailer_bytes, sink, context };
	uint64_t text = host_kernel_text();
	struct err *err = NULL;

	/*
	 * perf takes the offset for where _text was and moves symbols by the difference. The length
	 * is that of the image; perf corrects it by its own reading of kallsyms.
	 */
	if (text)
		err = add_kernel_map(&synth, text, UINT64_C(0x20000000), text,
				     "[kernel.kallsyms]_text");
	if (!err)
		err = add_modules(&synth);
	return flush(&synth, err);
}

static struct err *add_cgroup(void *context, uint64_t id, const char *path)
{
	struct synth *synth = context;
	size_t record;

	if (strlen(path) >= PATH_BYTES_MAX)
		return NULL;
	record = begin_record(synth, PERF_RECORD_CGROUP, 0);
	str_add_le64(&synth->records, id);
	put_name(&synth->records, path);
	return end_record(synth, record);
}

struct err *synth_cgroups(size_t trailer_bytes, synth_sink sink, void *context)
{
	struct synth synth = { STR_INIT, trailer_bytes, sink, context };
	autofree char *mount = cgroups_mount(CGROUPS_OF_EVENTS);

	return mount ? flush(&synth, cgroups_walk(mount, add_cgroup, &synth)) : NULL;
}

static struct err *put_comm(struct synth *synth, pid_t pid, pid_t tid, const char *comm)
{
	size_t record = begin_record(synth, PERF_RECORD_COMM, 0);

	str_add_le32(&synth->records, (uint32_t)pid);
	str_add_le32(&synth->records, (uint32_t)tid);
	put_name(&synth->records, comm);
	return end_record(synth, record);
}

static struct err *add_comm(struct synth *synth, pid_t pid, pid_t tid)
{
	autofree char *path = NULL;
	autofree char *comm = NULL;
	autoerr struct err *failed = NULL;
	size_t len;

	if (asprintf(&path, "/proc/%d/task/%d/comm", (int)pid, (int)tid) < 0) {
		path = NULL;
		return err_nomem();
	}
	failed = io_read_file(-1, path, 256, &comm, &len);
	if (failed || !len)
		return NULL;
	len = MIN(strcspn(comm, "\n"), (size_t)COMM_BYTES - 1);
	comm[len] = '\0';
	return put_comm(synth, pid, tid, comm);
}

/* "start-end perms offset major:minor inode   path" */
static struct err *add_mapping(struct synth *synth, pid_t pid, char *line)
{
	uint64_t start, end, offset, inode;
	unsigned int major, minor;
	const char *path;
	char perms[5];
	int at = 0;
	size_t record;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64 " %n", &start,
		   &end, perms, &offset, &major, &minor, &inode, &at) != 7 ||
	    perms[2] != 'x' || end <= start)
		return NULL;
	path = line[at] ? line + at : "//anon";
	if (strlen(path) >= PATH_BYTES_MAX)
		return NULL;

	record = begin_record(synth, PERF_RECORD_MMAP2, PERF_RECORD_MISC_USER);
	str_add_le32(&synth->records, (uint32_t)pid);
	str_add_le32(&synth->records, (uint32_t)pid);
	str_add_le64(&synth->records, start);
	str_add_le64(&synth->records, end - start);
	str_add_le64(&synth->records, offset);
	str_add_le32(&synth->records, major);
	str_add_le32(&synth->records, minor);
	str_add_le64(&synth->records, inode);
	str_add_le64(&synth->records, 0); /* generation of the inode: not in /proc */
	str_add_le32(&synth->records, (perms[0] == 'r' ? PROT_READ : 0) |
					      (perms[1] == 'w' ? PROT_WRITE : 0) | PROT_EXEC);
	str_add_le32(&synth->records, perms[3] == 's' ? MAP_SHARED : MAP_PRIVATE);
	put_name(&synth->records, path);
	return end_record(synth, record);
}

static struct err *add_mappings(struct synth *synth, pid_t pid)
{
	autofree char *path = NULL;
	autofree char *maps = NULL;
	autoerr struct err *failed = NULL;
	struct err *err = NULL;
	char *rest = NULL;
	size_t len;

	if (asprintf(&path, "/proc/%d/maps", (int)pid) < 0) {
		path = NULL;
		return err_nomem();
	}
	failed = io_read_file(-1, path, MAPS_BYTES_MAX, &maps, &len);
	if (failed)
		return NULL;
	for (char *line = strtok_r(maps, "\n", &rest); line && !err;
	     line = strtok_r(NULL, "\n", &rest))
		err = add_mapping(synth, pid, line);
	return err;
}

static struct err *add_process(struct synth *synth, pid_t pid, bool mappings)
{
	autofree char *path = NULL;
	struct err *err = NULL;
	struct dirent *entry;
	DIR *tasks;

	if (asprintf(&path, "/proc/%d/task", (int)pid) < 0) {
		path = NULL;
		return err_nomem();
	}
	tasks = opendir(path);
	if (!tasks)
		return NULL;
	while (!err && (entry = readdir(tasks)))
		if (isdigit((unsigned char)entry->d_name[0]))
			err = add_comm(synth, pid, (pid_t)atoi(entry->d_name));
	closedir(tasks);
	if (!err && mappings)
		err = add_mappings(synth, pid);
	return err;
}

static struct err *add_all(struct synth *synth, bool mappings)
{
	DIR *proc = opendir("/proc");
	struct err *err = NULL;
	struct dirent *entry;

	/*
	 * All tasks outside of our PID namespace have this number in records, as the idle ones
	 * have.
	 */
	if (!own_threads_have_traced_numbers())
		err = put_comm(synth, 0, 0, "[outside]");
	while (proc && !err && (entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]))
			err = add_process(synth, (pid_t)atoi(entry->d_name), mappings);
	if (proc)
		closedir(proc);
	return err;
}

/* /proc/TID leads to any thread's process; its status names the process. */
static pid_t process_of(pid_t tid)
{
	autofree char *path = NULL;
	autofree char *status = NULL;
	autoerr struct err *failed = NULL;
	const char *line;
	size_t len;

	if (asprintf(&path, "/proc/%d/status", (int)tid) < 0) {
		path = NULL;
		return tid;
	}
	failed = io_read_file(-1, path, 1 << 16, &status, &len);
	line = failed ? NULL : strstr(status, "\nTgid:");
	return line ? (pid_t)atoi(line + 6) : tid;
}

struct err *synth_tasks(const pid_t *tid, size_t tid_nr, bool mappings, size_t trailer_bytes,
			synth_sink sink, void *context)
{
	struct synth synth = { STR_INIT, trailer_bytes, sink, context };
	struct err *err = NULL;
	pid_t last = 0;

	if (!tid)
		return flush(&synth, add_all(&synth, mappings));
	for (size_t i = 0; i < tid_nr && !err; i++) {
		pid_t pid = process_of(tid[i]);

		if (pid != last)
			err = add_process(&synth, pid, mappings);
		last = pid;
	}
	return flush(&synth, err);
}
