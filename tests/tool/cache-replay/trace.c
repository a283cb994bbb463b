// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/tool/cache-replay/trace.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char magic[16] = "cache trace 1\n";

void trace_release(struct trace *trace)
{
	free(trace->access);
	*trace = TRACE_INIT;
}

struct err *trace_add(struct trace *trace, const struct access *access)
{
	if (trace->nr == trace->capacity) {
		size_t capacity = trace->capacity ? trace->capacity * 2 : 4096;
		struct access *grown = reallocarray(trace->access, capacity, sizeof(*grown));

		if (!grown)
			return err_nomem();
		trace->access = grown;
		trace->capacity = capacity;
	}
	trace->access[trace->nr++] = *access;
	return NULL;
}

struct err *trace_save(const struct trace *trace, const char *path)
{
	autofclose FILE *file = fopen(path, "we");

	if (!file)
		return err_sys(errno, "open %s", path);
	fwrite(magic, sizeof(magic), 1, file);
	fwrite(trace->access, sizeof(*trace->access), trace->nr, file);
	if (fflush(file) || ferror(file))
		return err_sys(errno, "write %s", path);
	return NULL;
}

struct err *trace_load(struct trace *trace, const char *path)
{
	autofclose FILE *file = fopen(path, "re");
	char head[sizeof(magic)] = { 0 };
	struct access access;

	if (!file)
		return err_sys(errno, "open %s", path);
	if (fread(head, sizeof(head), 1, file) != 1 || memcmp(head, magic, sizeof(magic)) != 0)
		return err_new(ERR_FORMAT, "%s is not a cache trace", path);

	while (fread(&access, sizeof(access), 1, file) == 1) {
		struct err *e;

		if (!access.keys_nr || access.keys_nr > ACCESS_KEYS_MAX ||
		    access.class >= ACCESS_CLASSES_NR)
			return err_new(ERR_FORMAT, "%s: broken record %zu", path, trace->nr);
		e = trace_add(trace, &access);
		if (e)
			return e;
	}
	return NULL;
}
