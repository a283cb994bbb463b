/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recordings made by hand for tests: a perf.data file with the two page events of a small kernel,
 * whose every sample is known. Nothing of vmtool's writer or reader is used.
 */
#ifndef VMTOOL_TESTS_LIB_RECORDING_H
#define VMTOOL_TESTS_LIB_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	RECORDING_ALLOC_ID = 1001, /* of samples of kmem:mm_page_alloc */
	RECORDING_FREE_ID = 1002,
	RECORDING_ALLOC_CONFIG = 501, /* what the format files say */
	RECORDING_FREE_CONFIG = 502,
	RECORDING_KMALLOC_ID = 1003, /* with recording.slab */
	RECORDING_KFREE_ID = 1004,
	RECORDING_KMALLOC_CONFIG = 503,
	RECORDING_KFREE_CONFIG = 504,
};

struct recording {
	uint8_t *bytes; /* of the records */
	size_t len;
	size_t capacity;
	bool slab; /* has the two slab events, too */
	/* As another kernel has "unsigned long pfn;\toffset:8;\tsize:8;", and as long; or NULL. */
	const char *frame_field;
};

void recording_release(struct recording *recording);

/* Any bytes; a record of @type with @body. */
void recording_add_bytes(struct recording *recording, const void *bytes, size_t len);
void recording_add(struct recording *recording, uint32_t type, uint16_t misc, const void *body,
		   size_t len);

/* With the trailer all records of the kernel's have here. */
void recording_comm(struct recording *recording, uint64_t time_ns, uint32_t pid, uint32_t tid,
		    const char *comm);
void recording_fork(struct recording *recording, uint64_t time_ns, uint32_t parent, uint32_t child);
void recording_map(struct recording *recording, uint64_t time_ns, uint32_t pid, uint64_t start,
		   uint64_t len, const char *path);
void recording_lost(struct recording *recording, uint64_t time_ns, uint64_t lost);

void recording_alloc(struct recording *recording, uint64_t time_ns, uint32_t tid, uint32_t cpu,
		     uint64_t pfn, uint32_t order, int32_t migratetype, uint64_t gfp,
		     const uint64_t *chain, size_t chain_nr);
void recording_free(struct recording *recording, uint64_t time_ns, uint32_t tid, uint32_t cpu,
		    uint64_t pfn, uint32_t order);

/* These set recording.slab. */
void recording_kmalloc(struct recording *recording, uint64_t time_ns, uint32_t cpu,
		       uint64_t call_site, uint64_t ptr, uint64_t requested, uint64_t allocated);
void recording_kfree(struct recording *recording, uint64_t time_ns, uint32_t cpu, uint64_t ptr);

/* A whole file around the records; *ret_len bytes to free(). */
uint8_t *recording_file(const struct recording *recording, size_t *ret_len);

/* As `perf record -o -` writes it. */
uint8_t *recording_pipe(const struct recording *recording, size_t *ret_len);

#endif
