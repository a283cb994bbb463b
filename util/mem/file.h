/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes of a file through the cache: small pieces as read buffers, long walks in large reads or as
 * mapped windows that are used in place. Where mapping does not work (the file system or the kernel
 * says no) windows are read instead, and the caller never sees the difference.
 *
 * Knows nothing of what the bytes mean. Several threads may use one mem_file.
 */
#ifndef VMTOOL_MEM_FILE_H
#define VMTOOL_MEM_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"
#include "util/mem/source.h"

struct mem_file;

enum mem_map {
	/*
	 * Where a page read costs more than a page mapped: /proc/vmcore. Files of file systems are
	 * read, which was measured to be cheaper (Documentation/cache.md) and cannot end in SIGBUS.
	 */
	MEM_MAP_WHERE_CHEAPER,
	MEM_MAP_NEVER,
	MEM_MAP_ALWAYS,
};

struct mem_file_config {
	enum mem_map map;
	size_t budget_bytes; /* ceiling for buffers and mapped windows together; 0: 5, 6 or 8 MiB */
	unsigned int walkers_nr; /* threads that walk at the same time; 0: one */
	bool no_cache; /* each view reads its page anew: what the cache is measured against */

	/*
	 * No two reads at a time. The kernel reads /proc/kcore through one page that belongs to the
	 * open file: reads of two threads get parts of each other's pages (fs/proc/kcore.c,
	 * private_data; seen with 6.1).
	 */
	bool read_alone;
};

/*
 * Counters since opening; a snapshot, exact when no other thread is in a call.
 * hits + misses is the number of views asked for.
 */
struct mem_file_stats {
	uint64_t hits;
	uint64_t misses;
	uint64_t maps; /* mmap calls that succeeded */
	uint64_t unmaps;
	uint64_t map_failures; /* windows read because they could not be mapped */
	uint64_t reads;	       /* pread calls */
	uint64_t read_bytes;
	uint64_t mapped_bytes;
	uint64_t evictions;
};

/* Takes ownership of @fd, also on error. @size is the file's length in bytes. */
must_check struct err *mem_file_new(int fd, uint64_t size, const struct mem_file_config *config,
				    struct mem_file **ret_file);

/* Where the bytes come from when they are not a file as it stands. */
struct mem_backing;

struct mem_backing_ops {
	/*
	 * Copy @len bytes at @offset, all of them below the size that was said; *ret_len may be
	 * less, but not 0. Called by several threads at once.
	 */
	struct err *(*read)(struct mem_backing *backing, void *buf, size_t len, uint64_t offset,
			    size_t *ret_len);
	/* As mem_file_lacks(); NULL: nothing is lacking. */
	bool (*lacks)(struct mem_backing *backing, uint64_t offset, uint64_t len);
	void (*close)(struct mem_backing *backing);
};

struct mem_backing {
	const struct mem_backing_ops *ops;
};

/* Takes ownership of @backing, also on error. Nothing of it is mapped, whatever @config says. */
must_check struct err *mem_file_new_over(struct mem_backing *backing, uint64_t size,
					 const struct mem_file_config *config,
					 struct mem_file **ret_file);

/* All views must have been released. */
void mem_file_free(struct mem_file *file);
DEFINE_GUARD(mem_file, struct mem_file *, mem_file_free)

uint64_t mem_file_size(const struct mem_file *file);

/*
 * Were some of these bytes cut off? Zeros are read in the place of those in the file. Of a plain
 * file nobody knows, and the answer is no.
 */
bool mem_file_lacks(const struct mem_file *file, uint64_t offset, uint64_t len);

/*
 * Pin the bytes at file offset @offset: at least one, at most @len_max. ERR_NODATA at or past the
 * end of the file.
 */
must_check struct err *mem_file_view(struct mem_file *file, uint64_t offset, size_t len_max,
				     enum mem_access access, struct mem_view *ret_view);

/* Copy exactly @len bytes; ERR_NODATA when the file ends before. */
must_check struct err *mem_file_read(struct mem_file *file, uint64_t offset, void *buf, size_t len,
				     enum mem_access access);

/*
 * The offset from @offset on, at most @end, where the file may have other bytes than zeros: what is
 * before it is a hole. Both are in the file. Where the file system does not tell, @offset.
 */
uint64_t mem_file_next_data(const struct mem_file *file, uint64_t offset, uint64_t end);

void mem_file_stats(struct mem_file *file, struct mem_file_stats *ret_stats);

void mem_file_stats_add(struct mem_file_stats *sum, const struct mem_file_stats *stats);

#endif
