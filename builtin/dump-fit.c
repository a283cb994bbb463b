// SPDX-License-Identifier: GPL-2.0-or-later
#include "builtin/dump.h"

#include <string.h>

/* What there is to do: a dump, or one of the others. */
enum thing {
	THING_DUMP,
	THING_REARRANGE,
	THING_RECEIVE,
	THING_DMESG,
	THING_INFO_TO,
	THING_INFO,
	THING_VERIFY,
	THING_MAP,
	THING_LAYOUT,
	THING_EXPLAIN,
	THING_FREE,
	THING_MEM_USAGE,
	THINGS_NR,
};

static const char *const thing_name[THINGS_NR] = {
	[THING_REARRANGE] = "-R",
	[THING_RECEIVE] = "--receive",
	[THING_DMESG] = "--dump-dmesg",
	[THING_INFO_TO] = "-g",
	[THING_INFO] = "--info",
	[THING_VERIFY] = "--verify",
	[THING_MAP] = "--map",
	[THING_LAYOUT] = "--show-layout",
	[THING_EXPLAIN] = "--explain",
	[THING_FREE] = "--list-free",
	[THING_MEM_USAGE] = "--mem-usage",
};

static bool is_asked(const struct dump_args *args, enum thing thing)
{
	switch (thing) {
	case THING_REARRANGE:
		return args->rearrange;
	case THING_RECEIVE:
		return args->receive;
	case THING_DMESG:
		return args->dmesg || args->partial_dmesg;
	case THING_INFO_TO:
		return args->info_to;
	case THING_INFO:
		return args->info;
	case THING_VERIFY:
		return args->verify;
	case THING_MAP:
		return args->map;
	case THING_LAYOUT:
		return args->show_layout;
	case THING_EXPLAIN:
		return args->explain;
	case THING_FREE:
		return args->list_free;
	case THING_MEM_USAGE:
		return args->mem_usage;
	case THING_DUMP:
	case THINGS_NR:
		break;
	}
	return false;
}

static enum thing asked_thing(const struct dump_args *args)
{
	for (int thing = THING_DUMP + 1; thing < THINGS_NR; thing++)
		if (is_asked(args, (enum thing)thing))
			return (enum thing)thing;
	return THING_DUMP;
}

#define BIT(thing) (1u << THING_##thing)

enum {
	STREAMS = BIT(REARRANGE) | BIT(RECEIVE),
	LOOKS = BIT(LAYOUT) | BIT(EXPLAIN) | BIT(FREE),
	ALL_BUT_DUMP = (1u << THINGS_NR) - 1 - BIT(DUMP),
};

#define WISH(option, field, things)                                                                \
	{                                                                                          \
		.name = (option), .offset = offsetof(struct dump_args, field),                     \
		.size = sizeof(((struct dump_args *)0)->field), .vain_for = (things)               \
	}

/*
 * What an option wishes is in vain for these. (What contradicts them, and not only has no effect,
 * is for dump_args_check() to say.)
 */
static const struct wish {
	const char *name; /* NULL: of a compression */
	size_t offset;
	size_t size;
	unsigned int vain_for;
} wishes[] = {
	WISH("-d", levels, ALL_BUT_DUMP),
	WISH(NULL, compression, ALL_BUT_DUMP),
	WISH("-E", elf, BIT(DMESG) | BIT(MEM_USAGE)),
	WISH("-F", flattened, BIT(MEM_USAGE)),
	WISH("--split", split, BIT(MEM_USAGE)),
	WISH("--reassemble", reassemble, BIT(MEM_USAGE)),
	WISH("--strict", strict, ALL_BUT_DUMP),
	WISH("-L", bytes_max, ALL_BUT_DUMP & ~STREAMS),
	WISH("-f", force, BIT(INFO) | BIT(VERIFY) | LOOKS | BIT(MEM_USAGE)),
	WISH("--json", json, BIT(REARRANGE) | BIT(INFO_TO)),
	WISH("--show-stats", show_stats, ALL_BUT_DUMP),
	WISH("--non-mmap", non_mmap, STREAMS | BIT(INFO_TO) | BIT(INFO) | BIT(VERIFY)),
	WISH("--no-cache", no_cache, ALL_BUT_DUMP & ~BIT(MEM_USAGE)),
	WISH("--num-threads", threads_nr, ALL_BUT_DUMP & ~(BIT(VERIFY) | BIT(MEM_USAGE))),
	WISH("--cyclic-buffer", buffer_kib, ALL_BUT_DUMP),
	WISH("--work-dir", work_dir, ALL_BUT_DUMP),
	WISH("-b", block_order, ALL_BUT_DUMP),
};

static bool is_given(const struct dump_args *args, const struct wish *wish)
{
	static const struct dump_args defaults = DUMP_ARGS_DEFAULT;

	return memcmp((const char *)args + wish->offset, (const char *)&defaults + wish->offset,
		      wish->size) != 0;
}

static const char *wish_name(const struct dump_args *args, const struct wish *wish)
{
	if (wish->name)
		return wish->name;
	switch (args->compression) {
	case COMPRESS_ZLIB:
		return "-c";
	case COMPRESS_LZO:
		return "-l";
	case COMPRESS_SNAPPY:
		return "-p";
	case COMPRESS_ZSTD:
		return "-z";
	case COMPRESS_NONE:
		break;
	}
	return "compression";
}

struct err *dump_fit_check(const struct dump_args *args)
{
	enum thing asked = asked_thing(args);

	for (int other = (int)asked + 1; asked && other < THINGS_NR; other++)
		if (is_asked(args, (enum thing)other))
			return err_new(ERR_USAGE, "%s and %s exclude each other", thing_name[asked],
				       thing_name[other]);
	if (!dump_args_reads_kernel(args) && (args->info_from || (args->vmlinux && !args->info_to)))
		return err_new(ERR_USAGE, "%s looks at no kernel: %s does not go with it",
			       thing_name[asked], args->info_from ? "-i" : "-x");
	/* Scripts hand makedumpfile all options they know, whatever it is to do. */
	for (size_t i = 0; !args->called_makedumpfile && i < ARRAY_SIZE(wishes); i++)
		if (wishes[i].vain_for >> asked & 1 && is_given(args, &wishes[i]))
			return err_new(ERR_USAGE, "%s has no effect with %s",
				       wish_name(args, &wishes[i]), thing_name[asked]);
	return NULL;
}

void dump_fit_config(struct dump_args *args, const struct dump_args *typed)
{
	enum thing asked = asked_thing(typed);

	for (size_t i = 0; i < ARRAY_SIZE(wishes); i++)
		if (wishes[i].vain_for >> asked & 1)
			memcpy((char *)args + wishes[i].offset,
			       (const char *)typed + wishes[i].offset, wishes[i].size);
}
