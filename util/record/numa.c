// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/record/numa.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/checked.h"
#include "util/base/io.h"
#include "util/sys/tracefs.h"

enum {
	TEXT_BYTES_MAX = 1 << 16,
	STRING_ALIGN = 64, /* tools/perf/util/header.c NAME_ALIGN */
};

/* NULL: there is none, or no memory for it. */
static char *read_text(const char *nodes, const char *node, const char *name)
{
	autofree char *path = NULL;
	autoerr struct err *failed = NULL;
	char *text = NULL;
	size_t len;

	if (asprintf(&path, "%s/%s/%s", nodes, node, name) < 0) {
		path = NULL;
		return NULL;
	}
	failed = io_read_file(AT_FDCWD, path, TEXT_BYTES_MAX, &text, &len);
	return failed ? NULL : text;
}

/* "Node 0 MemTotal:  2030200 kB" */
static uint64_t kib_of(const char *meminfo, const char *key)
{
	const char *at = meminfo ? strstr(meminfo, key) : NULL;

	return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

/* False: what is called so is no node, or cannot be read. */
static bool add_node(const char *nodes, const char *name, struct str *out)
{
	autofree char *cpus = read_text(nodes, name, "cpulist");
	autofree char *meminfo = read_text(nodes, name, "meminfo");
	size_t len, padded;
	char *end;
	unsigned long number = strtoul(name + strlen("node"), &end, 10);

	if (!cpus || end == name + strlen("node") || *end)
		return false;
	len = strcspn(cpus, "\n");
	padded = align_up_u64(len + 1, STRING_ALIGN);
	str_add_le32(out, (uint32_t)number);
	str_add_le64(out, kib_of(meminfo, " MemTotal:"));
	str_add_le64(out, kib_of(meminfo, " MemFree:"));
	str_add_le32(out, (uint32_t)padded);
	str_add_bytes(out, cpus, len);
	for (; len < padded; len++)
		str_add_char(out, 0);
	return true;
}

struct err *numa_topology(const char *nodes, struct str *out)
{
	guard(name_list) struct name_list names = NAME_LIST_INIT;
	guard(str) struct str body = STR_INIT;
	struct err *err = dir_names(AT_FDCWD, nodes, true, &names);
	uint32_t nr = 0;

	if (err && err_code(err) == ERR_NOMEM)
		return err;
	err_free(err);
	for (size_t i = 0; i < names.nr; i++)
		if (!strncmp(names.name[i], "node", strlen("node")))
			nr += add_node(nodes, names.name[i], &body);
	err = str_check(&body);
	if (err || !nr)
		return err;
	str_add_le32(out, nr);
	str_add_bytes(out, body.s, body.len);
	return str_check(out);
}
