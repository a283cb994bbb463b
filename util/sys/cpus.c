// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/sys/cpus.h"

#include <ctype.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/bitmap.h"
#include "util/base/io.h"

static const char *parse_cpu(const char *text, long *ret_cpu)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return NULL;
	*ret_cpu = strtol(text, &end, 10);
	return *ret_cpu < CPUS_MAX ? end : NULL;
}

static struct err *take_set(const uint8_t *set, struct cpus *ret_cpus)
{
	struct cpus cpus = CPUS_INIT;

	cpus.cpu = malloc(bitmap_count(set, CPUS_MAX) * sizeof(*cpus.cpu));
	if (!cpus.cpu)
		return err_nomem();
	for (size_t i = bitmap_next_set(set, CPUS_MAX, 0); i < CPUS_MAX;
	     i = bitmap_next_set(set, CPUS_MAX, i + 1))
		cpus.cpu[cpus.nr++] = (int)i;
	*ret_cpus = cpus;
	return NULL;
}

struct err *cpus_parse(const char *text, struct cpus *ret_cpus)
{
	uint8_t set[CPUS_MAX / 8] = { 0 };
	const char *at = text;

	for (;;) {
		long first, last;

		at = parse_cpu(at, &first);
		last = first;
		if (at && *at == '-')
			at = parse_cpu(at + 1, &last);
		if (!at || last < first)
			return err_new(ERR_USAGE, "'%s' is no list of CPUs like 0-3,8", text);
		bitmap_set_range(set, (size_t)first, (size_t)(last - first) + 1);
		if (*at != ',')
			break;
		at++;
	}
	if (*at && !(*at == '\n' && !at[1]))
		return err_new(ERR_USAGE, "'%s' is no list of CPUs like 0-3,8", text);

	return take_set(set, ret_cpus);
}

struct err *cpus_of_stat(const char *text, struct cpus *ret_cpus)
{
	uint8_t set[CPUS_MAX / 8] = { 0 };

	for (const char *line = text; line; line = strchr(line, '\n')) {
		long cpu;

		line += *line == '\n';
		if (!strncmp(line, "cpu", 3) && parse_cpu(line + 3, &cpu))
			bitmap_set_range(set, (size_t)cpu, 1);
	}
	if (!bitmap_count(set, CPUS_MAX))
		return err_new(ERR_NODATA, "/proc/stat names no CPU");
	return take_set(set, ret_cpus);
}

struct err *cpus_online(struct cpus *ret_cpus)
{
	autofree char *text = NULL;
	struct err *err;
	size_t len;

	err = io_read_file(-1, "/sys/devices/system/cpu/online", 1 << 16, &text, &len);
	if (!err)
		return err_wrap(cpus_parse(text, ret_cpus), "which CPUs are online");
	if (err_errno(err) != ENOENT)
		return err_wrap(err, "which CPUs are online");
	err_free(err);
	err = io_read_file(-1, "/proc/stat", 16 << 20, &text, &len);
	if (err && err_errno(err) == ENOENT) {
		err_free(err);
		return err_new(ERR_NODATA, "which CPUs are online: neither /sys nor /proc is "
					   "mounted (as root: mount -t proc none /proc)");
	}
	if (!err)
		err = cpus_of_stat(text, ret_cpus);
	return err_wrap(err, "which CPUs are online");
}

void cpus_release(struct cpus *cpus)
{
	free(cpus->cpu);
	*cpus = CPUS_INIT;
}

unsigned int cpus_usable_nr(void)
{
	cpu_set_t set;

	/* Fails on machines with more than 1024 processors, where 1024 threads are enough. */
	if (sched_getaffinity(0, sizeof(set), &set))
		return 1;
	return (unsigned int)CPU_COUNT(&set);
}
