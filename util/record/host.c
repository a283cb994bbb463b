// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/record/host.h"

#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "util/base/checked.h"
#include "util/base/clock.h"
#include "util/base/endian.h"
#include "util/base/io.h"
#include "util/base/macros.h"
#include "util/base/str.h"
#include "util/btf/migratetypes.h"
#include "util/perfdata/format.h"
#include "util/record/buildids.h"
#include "util/record/numa.h"
#include "util/symbol/kallsyms.h"

enum { PROC_BYTES_MAX = 16 << 20 };

static void put_name(struct str *out, const char *name)
{
	str_add_bytes(out, name, strlen(name) + 1);
}

/* A file of tracefs with its length before it; empty when there is none. */
static void put_file(struct str *out, int dir_fd, const char *path, bool short_length)
{
	autofree char *data = NULL;
	autoerr struct err *err = NULL;
	size_t len = 0;

	if (dir_fd >= 0)
		err = io_read_file(dir_fd, path, PROC_BYTES_MAX, &data, &len);
	if (err)
		len = 0;
	if (short_length)
		str_add_le32(out, (uint32_t)len);
	else
		str_add_le64(out, len);
	if (len)
		str_add_bytes(out, data, len);
}

static bool first_of_system(const struct event_set *set, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (set->event[j].system && !strcmp(set->event[j].system, set->event[i].system))
			return false;
	return true;
}

static void put_systems(struct str *out, const struct event_set *set)
{
	uint32_t systems_nr = 0;

	for (size_t i = 0; i < set->nr; i++)
		systems_nr += set->event[i].system && first_of_system(set, i);
	str_add_le32(out, systems_nr);
	for (size_t i = 0; i < set->nr; i++) {
		const char *system = set->event[i].system;
		uint32_t events_nr = 0;

		if (!system || !first_of_system(set, i))
			continue;
		for (size_t j = i; j < set->nr; j++)
			events_nr += set->event[j].system && !strcmp(set->event[j].system, system);
		put_name(out, system);
		str_add_le32(out, events_nr);
		for (size_t j = i; j < set->nr; j++) {
			if (!set->event[j].system || strcmp(set->event[j].system, system))
				continue;
			str_add_le64(out, set->event[j].format_len);
			str_add_bytes(out, set->event[j].format, set->event[j].format_len);
		}
	}
}

/* The layout is that of trace.dat, version 0.6 (tools/perf/util/trace-event-info.c writes it). */
static struct err *tracing_data(struct perfdata_writer *writer, const struct event_set *set,
				int tracefs_fd)
{
	guard(str) struct str body = STR_INIT;
	bool tracepoints = false;
	struct err *err;

	for (size_t i = 0; i < set->nr; i++)
		tracepoints |= set->event[i].system != NULL;
	if (!tracepoints)
		return NULL;

	str_add_bytes(&body, "\x17\x08\x44tracing", 10);
	put_name(&body, "0.6");
	str_add_char(&body, 0); /* little-endian */
	str_add_char(&body, sizeof(long));
	str_add_le32(&body, (uint32_t)sysconf(_SC_PAGESIZE));
	put_name(&body, "header_page");
	put_file(&body, tracefs_fd, "events/header_page", false);
	put_name(&body, "header_event");
	put_file(&body, tracefs_fd, "events/header_event", false);
	str_add_le32(&body, 0); /* formats of ftrace's own records */
	put_systems(&body, set);
	str_add_le32(&body, 0); /* kallsyms */
	put_file(&body, tracefs_fd, "printk_formats", true);
	put_file(&body, tracefs_fd, "saved_cmdlines", false);

	err = str_check(&body);
	return err ? err : perfdata_writer_section(writer, PERFDATA_TRACING_DATA, body.s, body.len);
}

/* The rest of the first line that begins with @key and a colon. */
static void cpuinfo_value(const char *text, const char *key, struct str *out)
{
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, strlen(key)))
			continue;
		line += strcspn(line, ":\n");
		if (*line != ':')
			return;
		line += 1 + strspn(line + 1, " \t");
		str_add_bytes(out, line, strcspn(line, "\n"));
		return;
	}
}

static struct err *cpu_description(struct perfdata_writer *writer)
{
	guard(str) struct str model = STR_INIT;
	autofree char *text = NULL;
	autoerr struct err *failed = NULL;
	size_t len;

	failed = io_read_file(-1, "/proc/cpuinfo", PROC_BYTES_MAX, &text, &len);
	if (failed)
		return NULL;
	cpuinfo_value(text, "model name", &model);
	if (!model.len)
		return NULL;
	return perfdata_writer_string(writer, PERFDATA_CPUDESC, model.s);
}

static struct err *command_line_section(struct perfdata_writer *writer, const char *command_line)
{
	guard(str) struct str body = STR_INIT;
	size_t len = strlen(command_line) + 1;
	size_t padded = align_up_u64(len, 64);
	struct err *err;

	/* {u32 number of strings, strings}: ours is one. */
	str_add_le32(&body, 1);
	str_add_le32(&body, (uint32_t)padded);
	str_add_bytes(&body, command_line, len);
	for (; len < padded; len++)
		str_add_char(&body, 0);
	err = str_check(&body);
	return err ? err : perfdata_writer_section(writer, PERFDATA_CMDLINE, body.s, body.len);
}

static struct err *describe_host(struct perfdata_writer *writer, const char *version,
				 const char *command_line)
{
	uint64_t memory_kib =
		(uint64_t)sysconf(_SC_PHYS_PAGES) * ((uint64_t)sysconf(_SC_PAGESIZE) / 1024);
	struct utsname uts;
	uint8_t bytes[8];
	struct err *err;

	if (uname(&uts))
		memset(&uts, 0, sizeof(uts));
	err = perfdata_writer_string(writer, PERFDATA_HOSTNAME, uts.nodename);
	if (!err)
		err = perfdata_writer_string(writer, PERFDATA_OSRELEASE, uts.release);
	if (!err)
		err = perfdata_writer_string(writer, PERFDATA_VERSION, version);
	if (!err)
		err = perfdata_writer_string(writer, PERFDATA_ARCH, uts.machine);
	if (err)
		return err;
	store_u32(bytes, (uint32_t)sysconf(_SC_NPROCESSORS_CONF), ORDER_LITTLE);
	store_u32(bytes + 4, (uint32_t)sysconf(_SC_NPROCESSORS_ONLN), ORDER_LITTLE);
	err = perfdata_writer_section(writer, PERFDATA_NRCPUS, bytes, sizeof(bytes));
	if (err)
		return err;
	store_u64(bytes, memory_kib, ORDER_LITTLE);
	err = perfdata_writer_section(writer, PERFDATA_TOTAL_MEM, bytes, sizeof(bytes));
	if (!err)
		err = cpu_description(writer);
	return err ? err : command_line_section(writer, command_line);
}

uint64_t host_kernel_text(void)
{
	uint64_t text = 0;

	err_free(kallsyms_text(AT_FDCWD, "/proc/kallsyms", &text));
	return text;
}

static struct err *host_section(struct perfdata_writer *writer, const char *only)
{
	guard(str) struct str lines = STR_INIT;
	struct build_id build_id = build_id_of_notes("/sys/kernel/notes");
	autofree char *boot_id = NULL;
	uint64_t text = host_kernel_text();
	struct utsname uts;
	struct err *err;
	size_t len;

	err = io_read_file(-1, "/proc/sys/kernel/random/boot_id", 256, &boot_id, &len);
	if (!err)
		str_printf(&lines, "boot_id %.*s\n", (int)strcspn(boot_id, "\n"), boot_id);
	err_free(err);
	if (build_id.len) {
		str_add(&lines, "kernel_build_id ");
		build_id_print(&build_id, &lines);
		str_add_char(&lines, '\n');
	}
	if (!uname(&uts))
		str_printf(&lines, "release %s\nmachine %s\n", uts.release, uts.machine);
	if (text)
		str_printf(&lines, "text %" PRIx64 "\n", text);
	str_printf(&lines, "page_bytes %ld\n", sysconf(_SC_PAGESIZE));
	str_printf(&lines, "cpus %ld\n", sysconf(_SC_NPROCESSORS_CONF));
	/*
	 * The file's clock is the kernel's sched_clock, which runs with CLOCK_MONOTONIC or near it.
	 */
	str_printf(&lines, "started_ns %" PRIu64 " %" PRIu64 "\n", clock_ns(CLOCK_REALTIME),
		   clock_now_ns());
	if (only)
		str_printf(&lines, "only %s\n", only);
	err = str_check(&lines);
	return err ? err
		   : perfdata_writer_section(writer, PERFDATA_SECTION_HOST, lines.s, lines.len);
}

static struct err *nodes(struct perfdata_writer *writer)
{
	guard(str) struct str body = STR_INIT;
	struct err *err = numa_topology("/sys/devices/system/node", &body);

	if (err || !body.len)
		return err;
	return perfdata_writer_section(writer, PERFDATA_NUMA_TOPOLOGY, body.s, body.len);
}

static struct err *migratetypes(struct perfdata_writer *writer, bool no_btf, struct notes *notes)
{
	guard(str) struct str lines = STR_INIT;
	struct err *err =
		no_btf ? err_new(ERR_NODATA, "none, for a test") : btf_running_migratetypes(&lines);

	if (err && err_code(err) == ERR_NOMEM)
		return err;
	if (err) {
		notes_add(notes,
			  "migrate types will be shown as numbers: no names for them in the "
			  "kernel's BTF (%s)",
			  err_message(err));
		err_free(err);
		return NULL;
	}
	err = str_check(&lines);
	return err ? err
		   : perfdata_writer_section(writer, PERFDATA_SECTION_MIGRATETYPES, lines.s,
					     lines.len);
}

/* "Node 0, zone  Normal" ... "spanned  123" ... "start_pfn:  456" */
static void add_zones(const char *text, struct str *lines)
{
	unsigned long long spanned = 0, start;
	char zone[64] = "";
	int node = 0;

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		char name[64];
		int number;

		if (sscanf(line, "Node %d, zone %63s", &number, name) == 2) {
			node = number;
			memcpy(zone, name, sizeof(zone));
			spanned = 0;
		} else if (sscanf(line, " spanned %llu", &spanned) == 1) {
			continue;
		} else if (sscanf(line, " start_pfn: %llu", &start) == 1 && *zone && spanned) {
			str_printf(lines, "%d %llu %llu %s\n", node, start, start + spanned, zone);
		}
	}
}

static struct err *zones(struct perfdata_writer *writer)
{
	guard(str) struct str lines = STR_INIT;
	autofree char *text = NULL;
	autoerr struct err *failed = NULL;
	struct err *err;
	size_t len;

	failed = io_read_file(-1, "/proc/zoneinfo", PROC_BYTES_MAX, &text, &len);
	if (failed)
		return NULL;
	add_zones(text, &lines);
	err = str_check(&lines);
	return err ? err
		   : perfdata_writer_section(writer, PERFDATA_SECTION_ZONES, lines.s, lines.len);
}

struct err *host_sections(struct perfdata_writer *writer, const struct record_config *config,
			  struct notes *notes)
{
	struct err *err = tracing_data(writer, config->events, config->tracefs_fd);

	if (!err)
		err = describe_host(writer, config->version, config->command_line);
	if (!err)
		err = host_section(writer, config->only);
	if (!err)
		err = nodes(writer);
	if (!err)
		err = migratetypes(writer, config->no_btf, notes);
	if (!err)
		err = zones(writer);
	return err;
}
