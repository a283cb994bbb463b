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

#define FIELD(field)                                                                               \
	.offset = offsetof(struct dump_args, field), .size = sizeof(((struct dump_args *)0)->field)

/* A field that does not have its default was given. */
struct given {
	const char *name; /* of its option; NULL: of a compression */
	size_t offset;
	size_t size;
};

static const struct given things[THINGS_NR] = {
	[THING_REARRANGE] = { "-R", FIELD(rearrange) },
	[THING_RECEIVE] = { "--receive", FIELD(receive) },
	[THING_DMESG] = { "--dump-dmesg", FIELD(dmesg) },
	[THING_INFO_TO] = { "-g", FIELD(info_to) },
	[THING_INFO] = { "--info", FIELD(info) },
	[THING_VERIFY] = { "--verify", FIELD(verify) },
	[THING_MAP] = { "--map", FIELD(map) },
	[THING_LAYOUT] = { "--show-layout", FIELD(show_layout) },
	[THING_EXPLAIN] = { "--explain", FIELD(explain) },
	[THING_FREE] = { "--list-free", FIELD(list_free) },
	[THING_MEM_USAGE] = { "--mem-usage", FIELD(mem_usage) },
};

#define BIT(thing) (1u << THING_##thing)

enum {
	STREAMS = BIT(REARRANGE) | BIT(RECEIVE),
	LOOKS = BIT(LAYOUT) | BIT(EXPLAIN) | BIT(FREE),
	ALL_BUT_DUMP = (1u << THINGS_NR) - 1 - BIT(DUMP),
};

/*
 * What an option wishes is in vain for these. (What contradicts them, and not only has no effect,
 * is for dump_args_check() to say.)
 */
static const struct wish {
	struct given given;
	unsigned int vain_for;
} wishes[] = {
	{ { "-d", FIELD(levels) }, ALL_BUT_DUMP },
	{ { NULL, FIELD(compression) }, ALL_BUT_DUMP },
	{ { "-E", FIELD(elf) }, BIT(DMESG) | BIT(MEM_USAGE) },
	{ { "-F", FIELD(flattened) }, BIT(MEM_USAGE) },
	{ { "--split", FIELD(split) }, BIT(MEM_USAGE) },
	{ { "--reassemble", FIELD(reassemble) }, BIT(MEM_USAGE) },
	{ { "--strict", FIELD(strict) }, ALL_BUT_DUMP },
	{ { "-L", FIELD(bytes_max) }, ALL_BUT_DUMP & ~STREAMS },
	{ { "-f", FIELD(force) }, BIT(INFO) | BIT(VERIFY) | LOOKS | BIT(MEM_USAGE) },
	{ { "--json", FIELD(json) }, BIT(REARRANGE) | BIT(INFO_TO) },
	{ { "--show-stats", FIELD(show_stats) }, ALL_BUT_DUMP },
	{ { "--non-mmap", FIELD(non_mmap) }, STREAMS | BIT(INFO_TO) | BIT(INFO) | BIT(VERIFY) },
	{ { "--no-cache", FIELD(no_cache) }, ALL_BUT_DUMP & ~BIT(MEM_USAGE) },
	{ { "--num-threads", FIELD(threads_nr) }, ALL_BUT_DUMP & ~(BIT(VERIFY) | BIT(MEM_USAGE)) },
	{ { "--cyclic-buffer", FIELD(buffer_kib) }, ALL_BUT_DUMP },
	{ { "--splitblock-size", FIELD(splitblock_kib) }, ALL_BUT_DUMP },
	{ { "--work-dir", FIELD(work_dir) }, ALL_BUT_DUMP },
	{ { "-b", FIELD(block_order) }, ALL_BUT_DUMP },
};

static bool is_given(const struct dump_args *args, const struct given *given)
{
	static const struct dump_args defaults = DUMP_ARGS_DEFAULT;

	return memcmp((const char *)args + given->offset, (const char *)&defaults + given->offset,
		      given->size) != 0;
}

static size_t asked_thing(const struct dump_args *args)
{
	size_t thing = THING_DUMP + 1;

	while (thing < THINGS_NR && !is_given(args, &things[thing]))
		thing++;
	return thing < THINGS_NR ? thing : THING_DUMP;
}

static const char *wish_name(const struct dump_args *args, const struct wish *wish)
{
	if (wish->given.name)
		return wish->given.name;
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
	size_t asked = asked_thing(args);
	const char *name = things[asked].name;

	for (size_t other = asked + 1; asked && other < THINGS_NR; other++)
		if (is_given(args, &things[other]))
			return err_new(ERR_USAGE, "%s and %s exclude each other", name,
				       things[other].name);
	if (!dump_args_reads_kernel(args) && (args->info_from || (args->vmlinux && !args->info_to)))
		return err_new(ERR_USAGE, "%s looks at no kernel: %s does not go with it", name,
			       args->info_from ? "-i" : "-x");
	/* Scripts hand makedumpfile all options they know, whatever it is to do. */
	for (size_t i = 0; !args->called_makedumpfile && i < ARRAY_SIZE(wishes); i++)
		if (wishes[i].vain_for >> asked & 1 && is_given(args, &wishes[i].given))
			return err_new(ERR_USAGE, "%s has no effect with %s",
				       wish_name(args, &wishes[i]), name);
	return NULL;
}

void dump_fit_config(struct dump_args *args, const struct dump_args *typed)
{
	size_t asked = asked_thing(typed);

	for (size_t i = 0; i < ARRAY_SIZE(wishes); i++) {
		size_t offset = wishes[i].given.offset;

		if (wishes[i].vain_for >> asked & 1)
			memcpy((char *)args + offset, (const char *)typed + offset,
			       wishes[i].given.size);
	}
}
