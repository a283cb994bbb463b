// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/mem/file.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "util/base/checked.h"
#include "util/base/io.h"

enum { PAGE_BYTES = 4096, CHUNK_BYTES = 64 * 1024 };

struct mem_file {
	int fd;
	uint64_t size;
	_Atomic uint64_t reads;
	_Atomic uint64_t read_bytes;
};

struct err *mem_file_new(int fd, uint64_t size, const struct mem_file_config *config,
			 struct mem_file **ret_file)
{
	autoclose int owned_fd = fd;
	struct mem_file *file = calloc(1, sizeof(*file));

	(void)config;
	if (!file)
		return err_nomem();
	file->fd = take_fd(&owned_fd);
	file->size = size;
	*ret_file = file;
	return NULL;
}

void mem_file_free(struct mem_file *file)
{
	if (!file)
		return;
	close(file->fd);
	free(file);
}

uint64_t mem_file_size(const struct mem_file *file)
{
	return file->size;
}

struct err *mem_file_view(struct mem_file *file, uint64_t offset, size_t len_max,
			  enum mem_access access, struct mem_view *ret_view)
{
	uint64_t chunk_bytes = access == MEM_SEQUENTIAL ? CHUNK_BYTES : PAGE_BYTES;
	autofree uint8_t *buf = NULL;
	struct err *e;
	size_t len;

	if (offset >= file->size)
		return err_new(ERR_NODATA, "offset %#llx is past the end of the file",
			       (unsigned long long)offset);

	len = MIN(len_max, file->size - offset);
	len = MIN(len, chunk_bytes - offset % chunk_bytes);
	buf = malloc(len);
	if (!buf)
		return err_nomem();
	e = io_pread(file->fd, buf, len, offset, &len);
	if (e)
		return e;
	if (!len)
		return err_new(ERR_NODATA, "the file ends before offset %#llx",
			       (unsigned long long)offset);
	file->reads++;
	file->read_bytes += len;

	ret_view->data = buf;
	ret_view->len = len;
	ret_view->entry = (struct cache_entry *)take_ptr(buf);
	return NULL;
}

void mem_file_stats(struct mem_file *file, struct mem_file_stats *ret_stats)
{
	*ret_stats = (struct mem_file_stats){
		.misses = file->reads,
		.reads = file->reads,
		.read_bytes = file->read_bytes,
	};
}
