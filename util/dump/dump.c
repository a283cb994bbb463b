// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/dump.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "util/base/clock.h"
#include "util/base/str.h"
#include "util/dump/infofile.h"
#include "util/dump/outputs.h"
#include "util/dump/pipeline.h"
#include "util/dump/policy.h"
#include "util/dump/sink.h"
#include "util/dump/toolnote.h"
#include "util/dump/writer.h"
#include "util/image/image.h"
#include "util/kernel/kernel.h"
#include "util/kernel/xen.h"
#include "util/mem/cache.h"
#include "util/sys/cpus.h"

static const char *const phase_name[DUMP_PHASES_NR] = {
	[DUMP_OPENING] = "open",
	[DUMP_PLANNING] = "plan",
	[DUMP_WRITING] = "write",
};

const char *dump_phase_name(enum dump_phase phase)
{
	return phase_name[phase];
}

/* A dump under way. */
struct dump {
	const struct dump_options *options;
	const struct codec *codec; /* NULL: pages are stored raw */
	const struct dump_observer *observer;
	struct dump_report *report;
	struct image *image;
	struct kernel *kernel;
	struct xen *xen; /* NULL: classes are the kernel's, if anybody's */
	struct plan *plan;
	struct outputs outputs;
	struct writer *writer;
	uint8_t note[TOOLNOTE_BYTES];
	uint64_t phase_start_ns;
};

static void begin_phase(struct dump *dump)
{
	dump->phase_start_ns = clock_now_ns();
}

static void end_phase(struct dump *dump, enum dump_phase phase)
{
	dump->report->phase_seconds[phase] +=
		(double)(clock_now_ns() - dump->phase_start_ns) / NS_PER_S;
}

static void make_note(struct dump *dump)
{
	toolnote_make(dump->codec, dump->report, dump->image->order, dump->note);
}

/* What the image lacks already. Of an ELF file the note alone says it. */
static struct err *learn_level_before(struct dump *dump)
{
	struct image *image = dump->image;
	struct toolnote note;
	struct err *e;

	if (image->tool_note) {
		e = toolnote_read(image->tool_note, &note);
		if (e)
			return e;
		image->level |= (note.level_effective | note.level_before) & DUMP_LEVEL_MAX;
	}
	dump->report->level_before = image->level;
	return NULL;
}

enum {
	/* More would only wait for the disk, and cost 2 MiB each. */
	THREADS_DEFAULT_MAX = 16,

	/*
	 * A thread has one page pinned, two where a page lies in two pieces. Whatever holds the
	 * cache's budget, so many pages fit beside it, and no thread is refused.
	 */
	THREADS_USED_MAX = CACHE_RESERVE_PAGES / 2,

	BITMAPS_SILENT_BYTES_MAX = 1 << 30, /* of 16 TiB */
};

static unsigned int threads_nr(const struct dump_options *options)
{
	if (options->threads_nr)
		return MIN(options->threads_nr, (unsigned int)THREADS_USED_MAX);
	return MIN(cpus_usable_nr(), (unsigned int)THREADS_DEFAULT_MAX);
}

/* What of Xen cannot be told is a bigger dump. */
static struct err *open_xen(struct dump *dump)
{
	struct err *e = xen_open(dump->image, &dump->xen);

	if (e && err_code(e) != ERR_NOMEM && err_code(e) != ERR_INTERRUPTED &&
	    !dump->options->strict) {
		notes_add(&dump->report->notes, "-X leaves nothing out: %s", err_message(e));
		err_free(e);
		return NULL;
	}
	return e && err_code(e) != ERR_INTERRUPTED ? err_wrap(e, "-X") : e;
}

/* Who wants it to stop says so by stop_fd here. */
static void tick_opening(void *ctx, uint64_t done, uint64_t total)
{
	const struct dump *dump = ctx;

	dump->observer->tick(dump->observer->ctx, DUMP_OPENING, done, total);
}

static struct err *open_input(struct dump *dump)
{
	const struct dump_options *options = dump->options;
	struct dump_report *report = dump->report;
	struct image_config config = {
		.file = options->file,
		.stop_fd = options->stop_fd,
		.watch = { .tick = tick_opening, .ctx = dump },
	};
	struct err *e;

	config.file.walkers_nr = threads_nr(options);
	if (options->parts_nr)
		e = image_open_parts(options->parts, options->parts_nr, &config, &report->notes,
				     &dump->image);
	else
		e = image_open(options->input, &config, &report->notes, &dump->image);
	if (e)
		return e;
	report->input_bytes = image_file_bytes(dump->image);
	report->truncated_bytes = dump->image->truncated_bytes;
	report->input_incomplete = dump->image->incomplete;

	if (options->vmcoreinfo)
		e = infofile_use(options->vmcoreinfo, dump->image, &report->notes);
	if (!e && dump->observer->opened.tell)
		dump->observer->opened.tell(dump->observer->opened.ctx, dump->image);
	if (!e)
		e = kernel_new_with(dump->image, options->vmlinux, &report->notes, &dump->kernel);
	if (e)
		return e;
	if (options->xen)
		e = open_xen(dump);
	if (e)
		return e;
	snprintf(report->release, sizeof(report->release), "%s", kernel_release(dump->kernel));
	report->page_size = dump->kernel->page_size;
	e = learn_level_before(dump);
	if (e)
		return e;
	/* It takes its place; what it says of the pages follows. */
	make_note(dump);
	return image_add_note(dump->image, dump->note, sizeof(dump->note));
}

/* Parts that are put together stay packed as they were. */
static void choose_codec(struct dump *dump)
{
	dump->codec = dump->options->codec;
	if (!dump->codec && dump->options->keep_all && dump->image->codec)
		dump->codec = codec_find(dump->image->codec);
}

/* Free pages are those of Xen's heap. What domain 0 has in its memory is its own business. */
static void choose_xen_level(struct dump_report *report)
{
	report->level_effective = (report->level & DUMP_LEVEL_ZERO) | DUMP_LEVEL_FREE;
	if (report->level & ~report->level_effective)
		notes_add(&report->notes,
			  "page cache and user pages of domain 0 cannot be told, dump level %u "
			  "becomes %u",
			  report->level, report->level_effective);
}

/* What is left of the level when page classes cannot be told: zero pages need no kernel. */
static struct err *choose_level(struct dump *dump, unsigned int level)
{
	const struct err *why_not = dump->kernel->why_not;
	struct dump_report *report = dump->report;

	report->level = level;
	if (dump->xen) {
		choose_xen_level(report);
		return NULL;
	}
	report->level_effective = why_not ? level & DUMP_LEVEL_ZERO : level;
	if (!why_not)
		return NULL;
	if (dump->options->strict)
		return err_new(err_code(why_not), "page classes cannot be told: %s",
			       err_message(why_not));
	if (report->level_effective != level)
		notes_add(&report->notes,
			  "page classes cannot be told, dump level %u becomes %u: %s", level,
			  report->level_effective, err_message(why_not));
	else
		notes_add(&report->notes, "page classes cannot be told: %s", err_message(why_not));
	return NULL;
}

/* A high address, or memory that is not there, costs room all the same. */
static void remark_on_bitmaps(struct dump *dump)
{
	uint64_t bytes = plan_end_pfn(dump->plan) / 4;

	if (dump->options->format->compresses && bytes > BITMAPS_SILENT_BYTES_MAX &&
	    bytes > dump->report->input_bytes)
		notes_add(&dump->report->notes,
			  "memory reaches to address %#llx: the bitmaps of the dump take %llu MiB",
			  (unsigned long long)memmap_end(&dump->image->memmap),
			  (unsigned long long)(bytes >> 20));
}

static struct err *open_writer(struct dump *dump)
{
	struct writer_config config = {
		.sink = dump->outputs.sink,
		.sinks_nr = dump->outputs.nr,
		.image = dump->image,
		.kernel = dump->kernel,
		.max_mapnr = plan_end_pfn(dump->plan),
		.level = dump->report->level_effective | dump->image->level,
		.codec = dump->codec,
		.note = dump->note,
		.note_bytes = sizeof(dump->note),
	};

	make_note(dump);
	remark_on_bitmaps(dump);
	if (dump->image->erased_size && !dump->options->format->compresses)
		notes_add(&dump->report->notes,
			  "the list of what was erased in this dump has no place in the format");
	return dump->options->format->open(&config, &dump->writer);
}

/* Go through all ranges once: count, and write the bitmaps. */
static struct err *make_plan(struct dump *dump)
{
	const struct dump_observer *observer = dump->observer;
	uint64_t range_bytes = PLAN_RANGE_PFNS * dump->kernel->page_size;
	uint64_t ranges_nr = plan_ranges_nr(dump->plan);
	struct err *e;

	for (uint64_t i = 0; i < ranges_nr; i++) {
		struct plan_range range;
		const uint8_t *ram;
		const uint8_t *keep;

		if (!observer->tick(observer->ctx, DUMP_PLANNING, i * range_bytes,
				    ranges_nr * range_bytes))
			return err_new(ERR_INTERRUPTED, "interrupted");
		e = plan_range(dump->plan, i, &range);
		if (e)
			return e;
		plan_bitmaps(dump->plan, &range, &ram, &keep);
		e = dump->writer->ops->put_bitmaps(dump->writer, range.first, range.pfns_nr, ram,
						   keep);
		if (e)
			return e;
	}
	if (plan_unreadable_nr(dump->plan)) {
		const char *why = plan_unreadable_why(dump->plan);

		notes_add(&dump->report->notes,
			  "%llu page frames have no struct page that can be read: they are kept"
			  "%s%s%s",
			  (unsigned long long)plan_unreadable_nr(dump->plan), *why ? " (" : "", why,
			  *why ? ")" : "");
	}
	if (plan_torn_nr(dump->plan))
		notes_add(&dump->report->notes,
			  "%llu free blocks have pages inside that are in use (page.private is not "
			  "their order, or the crash came while they were taken apart): they are "
			  "judged page by page",
			  (unsigned long long)plan_torn_nr(dump->plan));
	return NULL;
}

enum { UNREADABLE_NAMED_MAX = 8 };

/* The first of them has been named with the reason. */
static void tell_unreadable(struct dump_report *report)
{
	guard(str) struct str list = STR_INIT;

	if (report->unreadable < 2)
		return;
	for (size_t i = 0; i < MIN(report->unreadable_at_nr, (size_t)UNREADABLE_NAMED_MAX); i++) {
		const struct dump_pfns *at = &report->unreadable_at[i];

		str_printf(&list, "%s%#llx", i ? ", " : "", (unsigned long long)at->first);
		if (at->count > 1)
			str_printf(&list, "-%#llx",
				   (unsigned long long)(at->first + at->count - 1));
	}
	if (report->unreadable_at_nr > UNREADABLE_NAMED_MAX)
		str_printf(&list, ", ...");
	notes_add(&report->notes, "%llu pages cannot be read and are lost, page frames %s",
		  (unsigned long long)report->unreadable, list.s);
}

static struct err *write_pages(struct dump *dump)
{
	struct dump_report *report = dump->report;
	struct writer *writer = dump->writer;
	struct pipeline pipeline = {
		.image = dump->image,
		.kernel = dump->kernel,
		.plan = dump->plan,
		.writer = writer,
		.codec = dump->codec,
		.threads_nr = threads_nr(dump->options),
		.observer = dump->observer,
	};
	struct err *failure;
	struct err *e;

	e = writer->ops->begin_pages(writer, plan_counts(dump->plan)->kept);
	if (e)
		return e;
	report->output_usable = true;

	/* Whatever stops the pages, what has been made of them so far goes into the file. */
	failure = pipeline_run(&pipeline, report);
	tell_unreadable(report);
	report->counts = *plan_counts(dump->plan);
	report->struct_pages_unreadable = plan_unreadable_nr(dump->plan);
	make_note(dump);
	e = writer->ops->finish(writer,
				!failure && !report->input_incomplete && !report->truncated_bytes);
	if (failure)
		err_free(e);
	return failure ? failure : e;
}

static void fill_report(struct dump *dump)
{
	struct dump_report *report = dump->report;

	if (dump->plan) {
		report->counts = *plan_counts(dump->plan);
		report->end_pfn = plan_end_pfn(dump->plan);
		report->struct_pages_fetched = plan_fetched_nr(dump->plan);
		report->struct_pages_unreadable = plan_unreadable_nr(dump->plan);
	}
	if (dump->writer) {
		struct writer_totals totals = dump->writer->ops->totals(dump->writer);

		report->pages_written = totals.pages_nr;
		report->output_bytes = totals.bytes;
	}
	if (dump->image)
		image_stats(dump->image, &report->file);
}

/* A dump of @level, from the opened image to the closed output. */
static struct err *dump_level(struct dump *dump, unsigned int level)
{
	struct err *e;

	begin_phase(dump);
	choose_codec(dump);
	e = choose_level(dump, level);
	if (!e)
		e = plan_new(dump->image, dump->kernel, dump->report->level_effective, &dump->plan);
	if (!e && dump->xen)
		plan_use_xen(dump->plan, dump->xen);
	if (!e && dump->options->keep_all)
		plan_keep_all(dump->plan);
	if (!e && dump->image->live)
		plan_hold(dump->plan, SIZE_MAX);
	if (!e)
		e = outputs_open(dump->options, &dump->outputs);
	if (!e)
		e = open_writer(dump);
	end_phase(dump, DUMP_OPENING);
	if (e)
		return e;

	begin_phase(dump);
	e = make_plan(dump);
	end_phase(dump, DUMP_PLANNING);
	if (e)
		return e;

	begin_phase(dump);
	e = write_pages(dump);
	end_phase(dump, DUMP_WRITING);
	return e;
}

static struct err *close_level(struct dump *dump, enum sink_end end)
{
	writer_free(dump->writer);
	plan_free(dump->plan);
	dump->writer = NULL;
	dump->plan = NULL;
	return outputs_close(&dump->outputs, end);
}

static bool is_no_space(const struct err *e)
{
	int errnum = err_errno(e);

	return errnum == ENOSPC || errnum == EFBIG || errnum == EDQUOT;
}

/* Level after level, until one of them fits or none is left: that one stays as far as it got. */
static struct err *dump_levels(struct dump *dump)
{
	const struct dump_options *options = dump->options;
	struct dump_report *report = dump->report;
	struct dump_report before = *report;

	for (unsigned int i = 0;; i++) {
		struct err *e = dump_level(dump, options->level[i]);
		struct notes notes;

		if (!e || !is_no_space(e) || options->flattened || i + 1 == options->levels_nr)
			return e;
		notes_add(&report->notes, "no space for level %u, trying level %u: %s",
			  options->level[i], options->level[i + 1], err_message(e));
		err_free(e);
		err_free(close_level(dump, SINK_DISCARD));
		notes = report->notes;
		*report = before;
		report->notes = notes;
	}
}

/* A stream that did not say from the start that something is missing says so by having no end. */
static bool lacks_mark(const struct dump *dump)
{
	return dump->options->flattened && !dump->image->incomplete &&
	       !dump->image->truncated_bytes && dump->report->truncated_bytes;
}

struct err *dump_run(const struct dump_options *options, const struct dump_observer *observer,
		     struct dump_report *report)
{
	struct dump dump = { .options = options, .observer = observer, .report = report };
	struct err *closing;
	struct err *e;

	begin_phase(&dump);
	e = open_input(&dump);
	end_phase(&dump, DUMP_OPENING);
	if (!e)
		e = dump_levels(&dump);
	fill_report(&dump);
	closing = close_level(&dump, !report->output_usable   ? SINK_DISCARD
				     : e || lacks_mark(&dump) ? SINK_INCOMPLETE
							      : SINK_COMPLETE);
	if (e)
		err_free(closing);
	else
		e = closing;
	report->stream_bytes = dump.outputs.stream_bytes;
	xen_free(dump.xen);
	kernel_free(dump.kernel);
	image_close(dump.image);

	report->complete = !e && !report->truncated_bytes && !report->input_incomplete;
	return e;
}
