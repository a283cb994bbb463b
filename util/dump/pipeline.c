// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/pipeline.h"

#include <string.h>

#include "util/base/pool.h"
#include "util/dump/pagereader.h"

enum {
	/*
	 * What a thread works on at a time: as much as the cache reads at a time, or two threads
	 * would meet at each read, one of them waiting.
	 */
	BATCH_BYTES = 1 << 20,
	BATCH_PAGES_MAX = BATCH_BYTES / 4096,
};

/* Pages that travel together. */
struct batch {
	struct pool_job job; /* first: a job is a batch */
	size_t nr;
	struct writer_page page[BATCH_PAGES_MAX];
	struct err *failure;	/* the pages after it were not looked at */
	struct err *unreadable; /* why the first unreadable page is */
	uint64_t unreadable_pfn;
	uint8_t out[BATCH_BYTES]; /* what the pages become, one behind the other */
};

/* A thread's own memory. */
struct bench {
	struct codec_context *context;
	struct page_reader reader;
};

struct run {
	const struct pipeline *pipeline;
	struct dump_report *report;
	struct pool *pool;
	struct bench *bench; /* one a thread */
	unsigned int threads_nr;
	struct batch **batch;
	size_t batches_nr;
	size_t batches_used_nr; /* of these, how many have been in use */
	size_t batch_pages_nr;	/* that fit */
	struct batch *filling;	/* NULL: none */
	uint64_t done_nr;	/* pages */
	uint64_t total_nr;
};

static bool is_zero(const uint8_t *page, size_t len)
{
	return !page[0] && memcmp(page, page + 1, len - 1) == 0;
}

/* How many page frames from @page on follow each other. */
static size_t run_pages_nr(const struct writer_page *page, size_t pages_nr)
{
	size_t nr = 1;

	while (nr < pages_nr && page[nr].pfn == page[0].pfn + nr)
		nr++;
	return nr;
}

/* What the bytes @in become, at @out; as much room as a page takes is there. */
static void make_page(const struct pipeline *pipeline, struct bench *bench, const uint8_t *in,
		      uint8_t *out, struct writer_page *page)
{
	size_t page_size = (size_t)pipeline->kernel->page_size;
	size_t len = 0;

	if (is_zero(in, page_size)) {
		page->state = PAGE_STATE_ZERO;
		if (pipeline->writer->ops->zeros_inline) {
			page->len = (uint32_t)page_size;
			memset(out, 0, page_size);
		}
		return;
	}

	/* Worth it only when smaller: readers take a page of full size as raw. */
	if (pipeline->codec)
		len = pipeline->codec->compress(bench->context, in, page_size, out, page_size - 1);
	page->state = len ? PAGE_STATE_COMPRESSED : PAGE_STATE_RAW;
	page->len = (uint32_t)(len ? len : page_size);
	if (!len)
		memcpy(out, in, page_size);
}

/* Runs in any thread. */
static void work(void *ctx, unsigned int worker, struct pool_job *job)
{
	const struct run *run = ctx;
	struct batch *batch = (struct batch *)job;
	struct bench *bench = &run->bench[worker];
	uint8_t *out = batch->out;
	size_t run_end = 0;

	for (size_t i = 0; i < batch->nr; i++) {
		struct writer_page *page = &batch->page[i];
		const uint8_t *data;
		struct err *e;

		if (i == run_end)
			run_end += run_pages_nr(page, batch->nr - i);
		e = page_reader_get(&bench->reader, page->pfn, run_end - i, &data);
		if (!e) {
			make_page(run->pipeline, bench, data, out, page);
			out += page->len;
			continue;
		}
		if (err_code(e) == ERR_NOMEM) {
			batch->failure = e;
			break;
		}
		page->state = err_code(e) == ERR_NODATA ? PAGE_STATE_GONE : PAGE_STATE_UNREADABLE;
		if (batch->unreadable) {
			err_free(e);
		} else {
			batch->unreadable = e;
			batch->unreadable_pfn = page->pfn;
		}
	}
	page_reader_let_go(&bench->reader);
}

static void list_unreadable(struct dump_report *report, uint64_t pfn)
{
	struct dump_pfns *last = &report->unreadable_at[report->unreadable_at_nr];

	report->unreadable++;
	if (report->unreadable_at_nr && last[-1].first + last[-1].count == pfn)
		last[-1].count++;
	else if (report->unreadable_at_nr < DUMP_UNREADABLE_MAX)
		report->unreadable_at[report->unreadable_at_nr++] =
			(struct dump_pfns){ .first = pfn, .count = 1 };
}

static void count_page(struct run *run, const struct writer_page *page)
{
	struct dump_report *report = run->report;

	switch (page->state) {
	case PAGE_STATE_ZERO:
		report->zero_pages++;
		report->dropped_zero += report->level_effective & 1;
		return;
	case PAGE_STATE_GONE:
		report->truncated_bytes += run->pipeline->kernel->page_size;
		list_unreadable(report, page->pfn);
		return;
	case PAGE_STATE_UNREADABLE:
		list_unreadable(report, page->pfn);
		return;
	case PAGE_STATE_RAW:
	case PAGE_STATE_COMPRESSED:
		return;
	}
}

static void forget_errors(struct batch *batch)
{
	err_free(batch->failure);
	err_free(batch->unreadable);
	batch->failure = NULL;
	batch->unreadable = NULL;
}

static struct err *write_batch(struct run *run, struct batch *batch)
{
	const struct dump_observer *observer = run->pipeline->observer;
	struct writer *writer = run->pipeline->writer;
	uint64_t page_size = run->pipeline->kernel->page_size;
	struct err *e;

	if (batch->failure)
		return take_ptr(batch->failure);
	if (batch->unreadable && !run->report->unreadable)
		notes_add(&run->report->notes, "page frame %#llx cannot be read: %s",
			  (unsigned long long)batch->unreadable_pfn,
			  err_message(batch->unreadable));

	for (size_t i = 0; i < batch->nr; i++)
		count_page(run, &batch->page[i]);
	e = writer->ops->add(writer, batch->page, batch->nr, batch->out);
	if (e)
		return e;
	run->done_nr += batch->nr;
	if (!observer->tick(observer->ctx, DUMP_WRITING, run->done_nr * page_size,
			    run->total_nr * page_size))
		return err_new(ERR_INTERRUPTED, "interrupted");
	return NULL;
}

/* The oldest batch under way goes to the writer; *ret_batch is NULL when there was none. */
static struct err *retire(struct run *run, struct batch **ret_batch)
{
	struct batch *batch = (struct batch *)pool_retire(run->pool);
	struct err *e = NULL;

	if (batch) {
		e = write_batch(run, batch);
		forget_errors(batch);
	}
	*ret_batch = batch;
	return e;
}

/* Where there is no memory for one more, those in use have to do. */
static struct batch *new_batch(struct run *run)
{
	struct batch **batch = &run->batch[run->batches_used_nr];

	if (run->batches_used_nr == run->batches_nr)
		return NULL;
	if (!*batch)
		*batch = calloc(1, sizeof(**batch));
	if (*batch)
		run->batches_used_nr++;
	else
		run->batches_nr = run->batches_used_nr;
	return *batch;
}

/* An empty batch to fill, after the oldest one has been written if all are under way. */
static struct err *next_batch(struct run *run)
{
	struct batch *batch = new_batch(run);

	if (!batch) {
		struct err *e = retire(run, &batch);

		if (e)
			return e;
	}
	batch->nr = 0;
	run->filling = batch;
	return NULL;
}

static void submit(struct run *run)
{
	if (run->filling)
		pool_submit(run->pool, &run->filling->job);
	run->filling = NULL;
}

static struct err *add_page(struct run *run, uint64_t pfn, uint64_t index)
{
	if (!run->filling) {
		struct err *e = next_batch(run);

		if (e)
			return e;
	}
	run->filling->page[run->filling->nr++] = (struct writer_page){ .pfn = pfn, .index = index };
	if (run->filling->nr == run->batch_pages_nr)
		submit(run);
	return NULL;
}

/* The pages of one range that are of groups [first, end). */
static struct err *add_groups(struct run *run, const struct plan_range *range,
			      enum plan_group first, enum plan_group end)
{
	uint64_t index = range->kept_before;

	for (uint64_t n = 0; n < range->pfns_nr; n++) {
		enum plan_group group = plan_group_at(range->groups, n);

		if (group >= first && group < end) {
			struct err *e = add_page(run, range->first + n, index);

			if (e)
				return e;
		}
		index += group < GROUPS_NR;
	}
	return NULL;
}

static struct err *add_groups_of_all(struct run *run, enum plan_group first, enum plan_group end)
{
	struct plan *plan = run->pipeline->plan;

	for (uint64_t i = 0; i < plan_ranges_nr(plan); i++) {
		struct plan_range range;
		uint64_t pages_nr = 0;
		struct err *e;

		for (int group = first; group < (int)end; group++)
			pages_nr += plan_group_nr(plan, i, (enum plan_group)group);
		if (!pages_nr)
			continue;
		e = plan_range(plan, i, &range);
		if (!e)
			e = add_groups(run, &range, first, end);
		if (e)
			return e;
	}
	return NULL;
}

/*
 * Group by group, most valuable first, unless the format wants another order. Where the plan is too
 * large to be held in memory a range is planned again each time, so there the kernel's groups go as
 * one, behind what readers begin with, which is in few ranges, and all others as another.
 */
static struct err *add_all(struct run *run)
{
	struct err *e = NULL;

	if (run->pipeline->writer->ops->address_order) {
		e = add_groups_of_all(run, GROUP_KEYS, GROUPS_NR);
	} else if (plan_is_held(run->pipeline->plan)) {
		for (int group = 0; !e && group < GROUPS_NR; group++)
			e = add_groups_of_all(run, (enum plan_group)group,
					      (enum plan_group)(group + 1));
	} else {
		e = add_groups_of_all(run, GROUP_KEYS, GROUP_VITAL);
		if (!e)
			e = add_groups_of_all(run, GROUP_VITAL, GROUP_CACHE_PRIVATE);
		if (!e)
			e = add_groups_of_all(run, GROUP_CACHE_PRIVATE, GROUPS_NR);
	}
	submit(run);
	return e;
}

static struct err *set_up_bench(const struct pipeline *pipeline, struct bench *bench)
{
	size_t page_size = (size_t)pipeline->kernel->page_size;
	struct err *e = page_reader_init(&bench->reader, pipeline->image, pipeline->kernel);

	if (e)
		return e;
	return pipeline->codec ? pipeline->codec->open(page_size, &bench->context) : NULL;
}

/* As many as are wanted, or as there is memory for. */
static struct err *set_up_benches(struct run *run)
{
	unsigned int wanted_nr = run->pipeline->threads_nr;

	run->bench = calloc(wanted_nr, sizeof(*run->bench));
	if (!run->bench)
		return err_nomem();
	while (run->threads_nr < wanted_nr) {
		struct err *e = set_up_bench(run->pipeline, &run->bench[run->threads_nr]);

		if (e && !run->threads_nr)
			return e;
		if (e) {
			err_free(e);
			break;
		}
		run->threads_nr++;
	}
	return NULL;
}

/* One for each thread, and some ahead, so that none has to wait for the one that writes. */
static size_t batches_for(unsigned int threads_nr)
{
	return threads_nr == 1 ? 1 : (threads_nr * 3 + 1) / 2;
}

static struct err *set_up(struct run *run)
{
	const struct pipeline *pipeline = run->pipeline;
	struct pool_config config = { .work = work, .ctx = run };
	struct err *e;

	run->total_nr = plan_counts(pipeline->plan)->kept;
	run->batch_pages_nr = BATCH_BYTES / (size_t)pipeline->kernel->page_size;
	run->batch = calloc(batches_for(pipeline->threads_nr), sizeof(*run->batch));
	if (!run->batch)
		return err_nomem();
	/* The one that is needed comes before threads, which take what memory there is. */
	run->batch[0] = calloc(1, sizeof(*run->batch[0]));
	if (!run->batch[0])
		return err_nomem();
	e = set_up_benches(run);
	if (e)
		return e;
	run->batches_nr = batches_for(run->threads_nr);
	config.threads_nr = run->threads_nr;
	return pool_new(&config, &run->pool);
}

static void tear_down(struct run *run)
{
	pool_free(run->pool);
	for (size_t i = 0; i < run->batches_used_nr; i++) {
		forget_errors(run->batch[i]);
		free(run->batch[i]);
	}
	if (run->batch && !run->batches_used_nr)
		free(run->batch[0]);
	for (unsigned int i = 0; run->bench && i < run->pipeline->threads_nr; i++) {
		page_reader_release(&run->bench[i].reader);
		if (run->pipeline->codec)
			run->pipeline->codec->close(run->bench[i].context);
	}
	free(run->batch);
	free(run->bench);
}

struct err *pipeline_run(const struct pipeline *pipeline, struct dump_report *report)
{
	struct run run = { .pipeline = pipeline, .report = report };
	struct batch *batch;
	struct err *e = set_up(&run);

	if (!e)
		e = add_all(&run);
	/* After a failure the rest is dropped. */
	do {
		batch = NULL;
		if (!e)
			e = retire(&run, &batch);
	} while (batch);
	tear_down(&run);
	return e;
}
