/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a program asked of its cache, in order. A file of it is fixed-size little-endian records
 * behind a line of text, made and read on one machine: see trace.c.
 */
#ifndef VMTOOL_CACHE_REPLAY_TRACE_H
#define VMTOOL_CACHE_REPLAY_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"
#include "util/mem/file.h"

/* What the caller was after. */
enum access_class {
	ACCESS_LOOKUP, /* page tables, section tables, single structures */
	ACCESS_STRUCT_PAGE,
	ACCESS_DATA,
	ACCESS_CLASSES_NR,
};

enum { ACCESS_KEYS_MAX = 7 };

struct access {
	uint64_t key[ACCESS_KEYS_MAX]; /* any of them will do; key[0] is fetched if none is there */
	uint64_t bytes;		       /* of the entry behind key[0] */
	uint8_t keys_nr;
	uint8_t class;
	uint8_t walk;
	uint8_t pad[5];
};

struct trace {
	struct access *access;
	size_t nr;
	size_t capacity;
};

#define TRACE_INIT ((struct trace){ .nr = 0 })

void trace_release(struct trace *trace);
DEFINE_GUARD_INPLACE(trace, struct trace, trace_release)

must_check struct err *trace_add(struct trace *trace, const struct access *access);
must_check struct err *trace_save(const struct trace *trace, const char *path);
must_check struct err *trace_load(struct trace *trace, const char *path);

/* Dump @vmcore at @level to nowhere and note down every cache_get() of it. */
must_check struct err *trace_record(const char *vmcore, unsigned int level, enum mem_map map,
				    struct trace *trace);

/*
 * Harder cases than today's dumps: a walk through 2 GiB in windows, and between its views lookups
 * of a given pattern in far more pages than fit. The same at every call.
 */
enum mix {
	MIX_SKEWED,   /* 16 MiB of pages, some wanted much more often than others */
	MIX_DRIFTING, /* any of 6 MiB of pages, and the 6 MiB move on slowly */
	MIX_BURSTS,   /* three in four are read 8 times in a row and never again, one is skewed */
	MIXES_NR,
};

must_check struct err *trace_mix(struct trace *trace, enum mix mix);

#endif
