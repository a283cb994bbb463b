// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/tool/cache-replay/trace.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { WINDOWS_NR = 1024, VIEWS_PER_WINDOW = 64, VIEWS_PER_LOOKUP = 4, BURST = 8 };

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

/* Between 0 and 1. */
static double next_random(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (double)(*seed >> 11) / (double)(UINT64_C(1) << 53);
}

/* Half of them are in the first sixteenth of @pages_nr. */
static uint64_t skewed_page(uint64_t *seed, uint64_t pages_nr)
{
	double x = next_random(seed);

	return (uint64_t)(x * x * x * x * (double)pages_nr);
}

static uint64_t mix_page(enum mix mix, uint64_t lookup, uint64_t *seed, int *ret_times)
{
	*ret_times = 1;
	switch (mix) {
	case MIX_DRIFTING:
		return lookup / 4 + (uint64_t)(next_random(seed) * 1500);
	case MIX_BURSTS:
		if (lookup % 4 == 0)
			return skewed_page(seed, 2048);
		*ret_times = BURST;
		return 100000 + lookup;
	default:
		return skewed_page(seed, 4096);
	}
}

static struct err *mix_lookup(struct trace *trace, enum mix mix, uint64_t lookup, uint64_t *seed)
{
	const uint64_t start = UINT64_C(1) << 40;
	struct err *e = NULL;
	int times;
	const struct access access = {
		.key = { start + mix_page(mix, lookup, seed, &times) * 4096 },
		.keys_nr = 1,
		.bytes = 4096,
		.class = ACCESS_LOOKUP,
	};

	while (!e && times--)
		e = trace_add(trace, &access);
	return e;
}

struct err *trace_mix(struct trace *trace, enum mix mix)
{
	const uint64_t window_bytes = 2 << 20;
	uint64_t seed = 1;

	for (uint64_t view = 0; view < WINDOWS_NR * VIEWS_PER_WINDOW; view++) {
		const struct access access = {
			.key = { view / VIEWS_PER_WINDOW * window_bytes },
			.keys_nr = 1,
			.bytes = window_bytes,
			.class = ACCESS_DATA,
			.walk = true,
		};
		struct err *e = trace_add(trace, &access);

		if (!e && view % VIEWS_PER_LOOKUP == 0)
			e = mix_lookup(trace, mix, view / VIEWS_PER_LOOKUP, &seed);
		if (e)
			return e;
	}
	return NULL;
}
