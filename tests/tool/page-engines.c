// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * page-engines: what compressors make of the pages of a dump, one page at a time, and how long it
 * takes them. vmtool's own are used as vmtool uses them (util/codec), zlib and LZO's usual variant
 * as makedumpfile does. ISA-L, which vmtool does not use, takes part where its header was there
 * when this was built and its library can be loaded.
 */
#include <dlfcn.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "config.h"
#include "util/codec/codec.h"
#include "util/image/image.h"

#ifdef HAVE_LZO
#include <lzo/lzo1x.h>
#endif
#if __has_include(<isa-l.h>)
#include <isa-l.h>
#define HAVE_ISAL 1
#endif

static const char usage[] =
	"usage: page-engines DUMP [PASSES]\n"
	"\n"
	"Compress each page of DUMP that is not all zeros. Prints CSV: the "
	"processor time of the\n"
	"fastest of PASSES (4), the bytes (a page that gets no smaller counts as "
	"it is), and a sum\n"
	"of what came out.\n";

enum { PAGE_BYTES = 4096, PAGES_MAX = 1 << 20, OUT_BYTES = 2 * PAGE_BYTES };

struct pages {
	uint8_t *byte;
	size_t nr;
	size_t room; /* in pages */
};

/* A way to compress. Contexts are the engine's own business. */
struct engine {
	const char *name;
	const char *codec; /* of util/codec; NULL: the functions below */
	int level;
	void *(*open)(int level); /* NULL: it cannot be had here */
	size_t (*compress)(void *context, const uint8_t *page, uint8_t *out); /* 0: it grew */
	void (*close)(void *context);
};

/* ---- makedumpfile's ---- */

static void *no_context(int level)
{
	int *kept = malloc(sizeof(level));

	if (kept)
		*kept = level;
	return kept;
}

static size_t zlib_compress(void *context, const uint8_t *page, uint8_t *out)
{
	uLongf made = OUT_BYTES;

	return compress2(out, &made, page, PAGE_BYTES, *(int *)context) == Z_OK ? made : 0;
}

#ifdef HAVE_LZO
static void *lzo_open(int level)
{
	(void)level;
	return lzo_init() == LZO_E_OK ? malloc(LZO1X_1_MEM_COMPRESS) : NULL;
}

static size_t lzo_compress(void *context, const uint8_t *page, uint8_t *out)
{
	lzo_uint made = OUT_BYTES;

	return lzo1x_1_compress(page, PAGE_BYTES, out, &made, context) == LZO_E_OK ? made : 0;
}
#endif

/* ---- a library vmtool does not use ---- */

#ifdef HAVE_ISAL
struct isal {
	void *library;
	__typeof__(&isal_deflate_stateless_init) init;
	__typeof__(&isal_deflate_stateless) deflate;
	struct isal_zstream stream;
	uint8_t level_buf[ISAL_DEF_LVL1_DEFAULT];
	int level;
};

static void isal_close(void *context)
{
	struct isal *isal = context;

	dlclose(isal->library);
	free(isal);
}

static void *isal_open(int level)
{
	void *library = dlopen("libisal.so.2", RTLD_NOW);
	struct isal *isal = library ? calloc(1, sizeof(*isal)) : NULL;

	if (!isal)
		return NULL;
	isal->library = library;
	isal->level = level;
	*(void **)&isal->init = dlsym(library, "isal_deflate_stateless_init");
	*(void **)&isal->deflate = dlsym(library, "isal_deflate_stateless");
	if (isal->init && isal->deflate)
		return isal;
	isal_close(isal);
	return NULL;
}

static size_t isal_compress(void *context, const uint8_t *page, uint8_t *out)
{
	struct isal *isal = context;
	struct isal_zstream *stream = &isal->stream;

	isal->init(stream);
	stream->level = (uint32_t)isal->level;
	stream->level_buf = isal->level_buf;
	stream->level_buf_size = sizeof(isal->level_buf);
	stream->gzip_flag = IGZIP_ZLIB;
	stream->end_of_stream = 1;
	stream->next_in = (uint8_t *)page;
	stream->avail_in = PAGE_BYTES;
	stream->next_out = out;
	stream->avail_out = OUT_BYTES;
	return isal->deflate(stream) == COMP_OK ? stream->total_out : 0;
}
#endif

static const struct engine engines[] = {
	{ .name = "zlib, as makedumpfile uses it",
	  .level = 1,
	  .open = no_context,
	  .compress = zlib_compress,
	  .close = free },
	{ .name = "vmtool -c", .codec = "zlib", .level = 1 },
	{ .name = "zlib",
	  .level = 6,
	  .open = no_context,
	  .compress = zlib_compress,
	  .close = free },
#ifdef HAVE_ISAL
	{ .name = "ISA-L",
	  .level = 1,
	  .open = isal_open,
	  .compress = isal_compress,
	  .close = isal_close },
	{ .name = "ISA-L",
	  .level = 0,
	  .open = isal_open,
	  .compress = isal_compress,
	  .close = isal_close },
#endif
	{ .name = "vmtool -z", .codec = "zstd", .level = 1 },
	{ .name = "vmtool -l", .codec = "lzo", .level = 1 },
#ifdef HAVE_LZO
	{ .name = "LZO1X-1, as makedumpfile uses it",
	  .level = 1,
	  .open = lzo_open,
	  .compress = lzo_compress,
	  .close = free },
#endif
	{ .name = "vmtool -p", .codec = "snappy", .level = 1 },
};

/* An engine at work: one of the table, or a codec of vmtool's. */
struct work {
	const struct engine *engine;
	const struct codec *codec;
	void *context;
	uint8_t out[OUT_BYTES];
};

/* False: it cannot be had here. */
static bool work_begin(struct work *work, const struct engine *engine)
{
	autoerr struct err *err = NULL;
	struct codec_context *context = NULL;

	*work = (struct work){ .engine = engine };
	if (!engine->codec) {
		work->context = engine->open(engine->level);
		return work->context != NULL;
	}
	work->codec = codec_find(engine->codec);
	if (!work->codec)
		return false;
	err = work->codec->open(PAGE_BYTES, &context);
	work->context = context;
	return !err;
}

static void work_end(struct work *work)
{
	if (work->codec)
		work->codec->close(work->context);
	else
		work->engine->close(work->context);
}

static size_t work_on(struct work *work, const uint8_t *page)
{
	size_t made = work->codec ? work->codec->compress(work->context, page, PAGE_BYTES,
							  work->out, PAGE_BYTES - 1)
				  : work->engine->compress(work->context, page, work->out);

	return made && made < PAGE_BYTES ? made : 0;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* FNV-1a of what came out for each page; their sum is the same in whatever order they came. */
static uint64_t sum_of_output(struct work *work, const struct pages *pages, bool backwards)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < pages->nr; i++) {
		size_t at = backwards ? pages->nr - 1 - i : i;
		size_t made = work_on(work, pages->byte + at * PAGE_BYTES);
		uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ at;

		for (size_t j = 0; j < made; j++)
			hash = (hash ^ work->out[j]) * UINT64_C(0x100000001b3);
		sum += hash;
	}
	return sum;
}

static void measure(const struct engine *engine, const struct pages *pages, int passes)
{
	uint64_t forwards, backwards, bytes = 0;
	double least = 0;
	struct work work;

	if (!work_begin(&work, engine))
		return;
	for (int pass = 0; pass < passes; pass++) {
		double start = now();

		bytes = 0;
		for (size_t i = 0; i < pages->nr; i++) {
			size_t made = work_on(&work, pages->byte + i * PAGE_BYTES);

			bytes += made ? made : PAGE_BYTES;
		}
		if (!pass || now() - start < least)
			least = now() - start;
	}
	forwards = sum_of_output(&work, pages, false);
	backwards = sum_of_output(&work, pages, true);
	printf("\"%s%s%s%s\",%d,%.3f,%" PRIu64 ",%016" PRIx64 "%s\n", engine->name,
	       work.codec ? " (" : "", work.codec ? work.codec->engine : "", work.codec ? ")" : "",
	       engine->level, least, bytes, forwards, forwards == backwards ? "" : "-by-order");
	work_end(&work);
}

static bool all_zero(const uint8_t *page)
{
	return !page[0] && memcmp(page, page + 1, PAGE_BYTES - 1) == 0;
}

static struct err *add_page(struct pages *pages, struct mem_source *source, uint64_t paddr)
{
	uint8_t page[PAGE_BYTES];
	struct err *err = mem_read(source, paddr, page, PAGE_BYTES, MEM_SEQUENTIAL);
	uint8_t *grown;

	if (err && err_code(err) == ERR_NODATA) {
		err_free(err);
		return NULL;
	}
	if (err || all_zero(page))
		return err;
	if (pages->nr == PAGES_MAX)
		return err_new(ERR_USAGE, "that is more than %d pages: dump less (-d 31)",
			       PAGES_MAX);
	if (pages->nr == pages->room) {
		pages->room = pages->room ? pages->room * 2 : 1024;
		grown = realloc(pages->byte, pages->room * PAGE_BYTES);
		if (!grown)
			return err_nomem();
		pages->byte = grown;
	}
	memcpy(pages->byte + pages->nr++ * PAGE_BYTES, page, PAGE_BYTES);
	return NULL;
}

static struct err *read_pages(const char *path, struct pages *pages)
{
	const struct image_config config = { .stop_fd = -1 };
	guard(image) struct image *image = NULL;
	struct err *err = image_open(path, &config, NULL, &image);

	for (size_t i = 0; !err && i < image->memmap.nr; i++) {
		const struct memmap_range *range = &image->memmap.range[i];

		for (uint64_t at = 0; !err && at + PAGE_BYTES <= range->size; at += PAGE_BYTES)
			err = add_page(pages, image->source, range->paddr + at);
	}
	return err ? err_wrap(err, "%s", path) : NULL;
}

int main(int argc, char **argv)
{
	int passes = argc == 3 ? atoi(argv[2]) : 4;
	struct pages pages = { .nr = 0 };
	autofree uint8_t *bytes = NULL;
	autoerr struct err *err = NULL;

	if ((argc != 2 && argc != 3) || passes < 1) {
		fputs(usage, stderr);
		return 129;
	}
	/* compress2() allocates for each page; in makedumpfile nothing goes back to the kernel. */
	mallopt(M_TRIM_THRESHOLD, 64 << 20);
	err = read_pages(argv[1], &pages);
	bytes = pages.byte;
	if (err) {
		fprintf(stderr, "page-engines: %s\n", err_message(err));
		return 1;
	}
	printf("# %zu pages\n", pages.nr);
	for (size_t i = 0; i < ARRAY_SIZE(engines); i++)
		measure(&engines[i], &pages, passes);
	return 0;
}
