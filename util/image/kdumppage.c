// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/image/kdumppage.h"

#include <pthread.h>
#include <string.h>

#include "util/base/checked.h"
#include "util/codec/codec.h"

/* What a thread needs to unpack a page. */
struct bench {
	struct bench *next;
	struct codec_reader *reader[CODECS_MAX]; /* by the codec's index; opened when needed */
	bool opened[CODECS_MAX];
	uint8_t packed[]; /* page_size bytes */
};

struct kdump_pages {
	struct mem_file *file;
	uint64_t page_size;
	pthread_mutex_t lock; /* protects idle */
	struct bench *idle;
};

struct err *kdump_descs_read(struct mem_file *file, uint64_t offset, size_t nr,
			     enum mem_access access, uint8_t *bytes)
{
	struct err *e = mem_file_read(file, offset, bytes, nr * KDUMP_DESC_BYTES, access);

	if (e)
		return e;
	for (size_t at = 0; at < nr * KDUMP_DESC_BYTES; at += KDUMP_DESC_BYTES)
		if (mem_file_lacks(file, offset + at, KDUMP_DESC_BYTES))
			memset(bytes + at, 0, KDUMP_DESC_BYTES);
	return NULL;
}

struct err *kdump_pages_new(struct mem_file *file, uint64_t page_size,
			    struct kdump_pages **ret_pages)
{
	struct kdump_pages *pages = calloc(1, sizeof(*pages));

	if (!pages)
		return err_nomem();
	pages->file = file;
	pages->page_size = page_size;
	pthread_mutex_init(&pages->lock, NULL);
	*ret_pages = pages;
	return NULL;
}

static void bench_free(struct bench *bench)
{
	for (size_t i = 0; i < CODECS_MAX; i++) {
		if (bench->opened[i])
			codec_at(i)->reader_close(bench->reader[i]);
	}
	free(bench);
}

void kdump_pages_free(struct kdump_pages *pages)
{
	if (!pages)
		return;
	while (pages->idle) {
		struct bench *bench = pages->idle;

		pages->idle = bench->next;
		bench_free(bench);
	}
	pthread_mutex_destroy(&pages->lock);
	free(pages);
}

static struct bench *bench_take(struct kdump_pages *pages)
{
	struct bench *bench;

	pthread_mutex_lock(&pages->lock);
	bench = pages->idle;
	if (bench)
		pages->idle = bench->next;
	pthread_mutex_unlock(&pages->lock);
	return bench ? bench : calloc(1, sizeof(*bench) + (size_t)pages->page_size);
}

static void bench_put(struct kdump_pages *pages, struct bench *bench)
{
	pthread_mutex_lock(&pages->lock);
	bench->next = pages->idle;
	pages->idle = bench;
	pthread_mutex_unlock(&pages->lock);
}

/* The codec's place in the list; CODECS_MAX when it is not in. */
static size_t codec_index(const char *name)
{
	const struct codec *found = codec_find(name);

	for (size_t i = 0; found && i < CODECS_MAX; i++) {
		if (codec_at(i) == found)
			return i;
	}
	return CODECS_MAX;
}

struct err *kdump_desc_check(const struct kdump_pages *pages, const struct kdump_desc *desc)
{
	uint64_t file_size = mem_file_size(pages->file);
	const char *codec = kdump_flag_codec(desc->flags);

	if (!desc->offset)
		return err_new(ERR_NODATA, "the page was lost when the dump was made");
	if (desc->flags && !codec)
		return err_new(ERR_FORMAT, "page descriptor with unknown flags %#x", desc->flags);
	if (!desc->size || desc->size > pages->page_size ||
	    (!desc->flags && desc->size != pages->page_size))
		return err_new(ERR_FORMAT, "page descriptor with an absurd size of %u bytes",
			       desc->size);
	if (!range_within(desc->offset, desc->size, file_size) ||
	    mem_file_lacks(pages->file, desc->offset, desc->size))
		return err_new(ERR_NODATA,
			       "the file ends before the page (%u bytes at offset %llu)",
			       desc->size, (unsigned long long)desc->offset);
	if (codec && codec_index(codec) == CODECS_MAX)
		return err_new(ERR_UNSUPPORTED,
			       "the page is packed with %s, which this vmtool was built without",
			       codec);
	return NULL;
}

static struct err *unpack(const struct kdump_pages *pages, struct bench *bench,
			  const struct kdump_desc *desc, void *page)
{
	size_t index = codec_index(kdump_flag_codec(desc->flags));
	const struct codec *codec = codec_at(index);

	if (!bench->opened[index]) {
		struct err *e = codec->reader_open(&bench->reader[index]);

		if (e)
			return e;
		bench->opened[index] = true;
	}
	if (codec->decompress(bench->reader[index], bench->packed, desc->size, page,
			      (size_t)pages->page_size))
		return NULL;
	return err_new(ERR_FORMAT, "%u bytes at offset %llu are not a page packed with %s",
		       desc->size, (unsigned long long)desc->offset, codec->name);
}

struct err *kdump_page_read(struct kdump_pages *pages, const struct kdump_desc *desc,
			    enum mem_access access, void *page)
{
	struct err *e = kdump_desc_check(pages, desc);
	struct bench *bench;

	if (e)
		return e;
	if (!desc->flags)
		return mem_file_read(pages->file, desc->offset, page, desc->size, access);

	bench = bench_take(pages);
	if (!bench)
		return err_nomem();
	e = mem_file_read(pages->file, desc->offset, bench->packed, desc->size, access);
	if (!e)
		e = unpack(pages, bench, desc, page);
	bench_put(pages, bench);
	return e;
}
