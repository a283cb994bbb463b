// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cache-replay: records what a dump asks of its cache, and plays that to several replacement
 * policies. Documentation/cache.md tells how it was used to choose vmtool's.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tool/cache-replay/policy.h"
#include "tests/tool/cache-replay/trace.h"
#include "util/base/macros.h"

static const char usage[] = "usage: cache-replay record VMCORE LEVEL [mmap|read] TRACE\n"
			    "       cache-replay play TRACE [BUDGET_KIB]...\n";

static const struct policy *const policies[] = {
	&policy_fifo, &policy_clock, &policy_lru, &policy_2q, &policy_arc, &policy_vmtool,
};

static const char *const class_name[ACCESS_CLASSES_NR] = {
	[ACCESS_LOOKUP] = "lookup",
	[ACCESS_STRUCT_PAGE] = "struct page",
	[ACCESS_DATA] = "data",
};

static const char *const mix_name[MIXES_NR] = {
	[MIX_SKEWED] = "skewed",
	[MIX_DRIFTING] = "drifting",
	[MIX_BURSTS] = "bursts",
};

/* A key of the trace and what became of it. Never removed: at most a few per access. */
struct item {
	struct replace_node node; /* first */
	struct item *hash_next;
	uint64_t key;
	enum access_class class; /* of who fetched it first */
	bool resident;
};

enum { BUCKETS_BITS = 16 };

struct replay {
	const struct policy *policy;
	void *state;
	struct item **bucket;
	uint64_t used_bytes;
	uint64_t hits;
	uint64_t misses[ACCESS_CLASSES_NR];
	uint64_t again[ACCESS_CLASSES_NR]; /* misses on what had been there before */
	uint64_t evictions[ACCESS_CLASSES_NR];
	uint64_t fetched_bytes;
};

static struct item *item_find(const struct replay *replay, uint64_t key)
{
	struct item *item =
		replay->bucket[key * UINT64_C(0x9e3779b97f4a7c15) >> (64 - BUCKETS_BITS)];

	while (item && item->key != key)
		item = item->hash_next;
	return item;
}

static struct err *item_make(struct replay *replay, uint64_t key, struct item **ret_item)
{
	struct item **bucket =
		&replay->bucket[key * UINT64_C(0x9e3779b97f4a7c15) >> (64 - BUCKETS_BITS)];
	struct item *item = calloc(1, sizeof(*item));

	if (!item)
		return err_nomem();
	item->key = key;
	item->hash_next = *bucket;
	*bucket = item;
	*ret_item = item;
	return NULL;
}

static struct err *fetch(struct replay *replay, uint64_t budget_bytes, const struct access *access)
{
	struct item *item = item_find(replay, access->key[0]);

	if (item) {
		replay->again[access->class]++;
	} else {
		struct err *e = item_make(replay, access->key[0], &item);

		if (e)
			return e;
		item->class = access->class;
	}
	replay->misses[access->class]++;
	replay->fetched_bytes += access->bytes;

	replay->policy->miss(replay->state, &item->node, access->key[0], access->bytes,
			     access->walk);
	while (replay->used_bytes + access->bytes > budget_bytes) {
		struct item *victim =
			(struct item *)replay->policy->victim(replay->state, &item->node);

		if (!victim)
			return err_new(ERR_UNSUPPORTED, "%" PRIu64 " bytes do not fit the budget",
				       access->bytes);
		replay->policy->evict(replay->state, &victim->node);
		victim->resident = false;
		replay->used_bytes -= victim->node.bytes;
		replay->evictions[victim->class]++;
	}
	replay->policy->insert(replay->state, &item->node);
	item->resident = true;
	replay->used_bytes += access->bytes;
	return NULL;
}

static struct err *play_one(struct replay *replay, uint64_t budget_bytes,
			    const struct access *access)
{
	for (size_t i = 0; i < access->keys_nr; i++) {
		struct item *item = item_find(replay, access->key[i]);

		if (!item || !item->resident)
			continue;
		replay->policy->touch(replay->state, &item->node, access->walk);
		replay->hits++;
		return NULL;
	}
	return fetch(replay, budget_bytes, access);
}

static void replay_release(struct replay *replay)
{
	for (size_t i = 0; replay->bucket && i < (size_t)1 << BUCKETS_BITS; i++) {
		struct item *item;

		while ((item = replay->bucket[i])) {
			replay->bucket[i] = item->hash_next;
			free(item);
		}
	}
	free(replay->bucket);
	if (replay->state)
		replay->policy->close(replay->state);
}
DEFINE_GUARD_INPLACE(replay, struct replay, replay_release)

static void show(const struct replay *replay, const struct trace *trace)
{
	printf("  %-8s %8.4f", replay->policy->name,
	       100.0 * (double)replay->hits / (double)trace->nr);
	for (int class = 0; class < ACCESS_CLASSES_NR; class ++)
		printf(" %8" PRIu64 " %7" PRIu64 " %8" PRIu64, replay->misses[class],
		       replay->again[class], replay->evictions[class]);
	printf(" %8.1f\n", (double)replay->fetched_bytes / (1 << 20));
}

static struct err *play(const struct trace *trace, uint64_t budget_bytes)
{
	printf("budget %" PRIu64 " KiB\n  %-8s %8s", budget_bytes / 1024, "policy", "hits %");
	for (int class = 0; class < ACCESS_CLASSES_NR; class ++)
		printf(" %8.8s %7s %8s", class_name[class], "again", "evicted");
	printf(" %8s\n", "MiB");

	for (size_t p = 0; p < ARRAY_SIZE(policies); p++) {
		guard(replay) struct replay replay = { .policy = policies[p] };
		struct err *e;

		replay.bucket = calloc((size_t)1 << BUCKETS_BITS, sizeof(struct item *));
		if (!replay.bucket)
			return err_nomem();
		e = replay.policy->open(budget_bytes, &replay.state);
		for (size_t i = 0; !e && i < trace->nr; i++)
			e = play_one(&replay, budget_bytes, &trace->access[i]);
		if (e)
			return e;
		show(&replay, trace);
	}
	return NULL;
}

static struct err *play_all(const char *path, int budgets_nr, char **budgets)
{
	static char *standard[] = { "8192", "16384" };
	guard(trace) struct trace trace = TRACE_INIT;
	struct err *e = trace_load(&trace, path);

	if (!budgets_nr) {
		budgets = standard;
		budgets_nr = ARRAY_SIZE(standard);
	}
	printf("%s: %zu requests\n", path, trace.nr);
	for (int i = 0; !e && i < budgets_nr; i++)
		e = play(&trace, strtoull(budgets[i], NULL, 0) * 1024);
	return e;
}

static struct err *record(const char *vmcore, const char *level, const char *how, const char *path)
{
	guard(trace) struct trace trace = TRACE_INIT;
	struct err *e =
		trace_record(vmcore, (unsigned int)strtoul(level, NULL, 0),
			     strcmp(how, "read") == 0 ? MEM_MAP_NEVER : MEM_MAP_ALWAYS, &trace);

	return e ? e : trace_save(&trace, path);
}

static struct err *make_mix(const char *name, const char *path)
{
	guard(trace) struct trace trace = TRACE_INIT;
	enum mix mix = 0;
	struct err *e;

	while (mix < MIXES_NR && strcmp(name, mix_name[mix]) != 0)
		mix++;
	if (mix == MIXES_NR)
		return err_new(ERR_USAGE, "there is no mix '%s'", name);

	e = trace_mix(&trace, mix);
	return e ? e : trace_save(&trace, path);
}

int main(int argc, char **argv)
{
	autoerr struct err *e = NULL;

	if (argc >= 3 && strcmp(argv[1], "play") == 0) {
		e = play_all(argv[2], argc - 3, argv + 3);
	} else if (argc == 4 && strcmp(argv[1], "mix") == 0) {
		e = make_mix(argv[2], argv[3]);
	} else if ((argc == 5 || argc == 6) && strcmp(argv[1], "record") == 0) {
		e = record(argv[2], argv[3], argc == 6 ? argv[4] : "mmap", argv[argc - 1]);
	} else {
		fputs(usage, stderr);
		return 129;
	}
	if (e) {
		fprintf(stderr, "cache-replay: %s\n", err_message(e));
		return 1;
	}
	return 0;
}
