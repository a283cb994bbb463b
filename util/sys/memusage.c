// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/sys/memusage.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "util/base/cleanup.h"
#include "util/base/io.h"

enum { STATUS_MAX_BYTES = 64 << 10 };

static struct err *find_kib(const char *status, const char *name, uint64_t *ret_bytes)
{
	const char *line = strstr(status, name);
	unsigned long long kib;

	if (!line || sscanf(line + strlen(name), " %llu kB", &kib) != 1)
		return err_new(ERR_FORMAT, "/proc/self/status has no %s", name);
	*ret_bytes = kib << 10;
	return NULL;
}

struct err *memusage_read(struct memusage *ret_usage)
{
	autofree char *status = NULL;
	struct memusage usage;
	size_t len;
	struct err *e;

	e = io_read_file(AT_FDCWD, "/proc/self/status", STATUS_MAX_BYTES, &status, &len);
	if (!e)
		e = find_kib(status, "\nVmHWM:", &usage.peak_resident_bytes);
	if (!e)
		e = find_kib(status, "\nVmPTE:", &usage.page_table_bytes);
	if (e)
		return e;
	*ret_usage = usage;
	return NULL;
}
