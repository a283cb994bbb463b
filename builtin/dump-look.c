// SPDX-License-Identifier: GPL-2.0-or-later
#include "builtin/dump.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "util/dump/info.h"
#include "util/dump/inspect.h"
#include "util/dump/show-info.h"
#include "util/dump/verify.h"
#include "util/image/image.h"
#include "util/sys/cpus.h"

static struct err *parse_pfn(const char *text, uint64_t *ret_pfn)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	char *end;

	/* Not by itself: a number with a 0 in front would be octal. */
	errno = 0;
	*ret_pfn = strtoull(text, &end, hex ? 16 : 10);
	if (errno || *end || !isdigit((unsigned char)*text))
		return err_new(ERR_USAGE, "--explain: '%s' is no page frame number", text);
	return NULL;
}

/* --show-layout, --explain, --list-free */
struct err *dump_look_inside(struct tool *tool, const struct dump_args *args,
			     const struct operands *operands)
{
	guard(notes) struct notes notes = NOTES_INIT;
	struct inspect_options options = {
		.inputs = (const char *const *)operands->item,
		.inputs_nr = (size_t)operands->nr,
		.vmcoreinfo = args->info_from,
		.vmlinux = args->vmlinux,
		.file = { .map = args->non_mmap ? MEM_MAP_NEVER : MEM_MAP_WHERE_CHEAPER },
		.json = args->json,
		.stop_fd = tool->stop_fd,
	};
	struct progress *progress;
	uint64_t pfn = 0;
	struct err *e = args->explain ? parse_pfn(args->explain, &pfn) : NULL;

	if (e)
		return e;
	progress = progress_wanted(tool, args);
	options.watch = search_watch(progress);
	if (args->show_layout)
		e = inspect_layout(&options, tool->out, &notes);
	else if (args->explain)
		e = inspect_page(&options, pfn, tool->out, &notes);
	else
		e = inspect_free(&options, tool->out, &notes);
	progress_free(progress);
	tell_notes(tool, args, &notes);
	return e;
}

/* --info */
struct err *dump_look_info(const struct tool *tool, const struct dump_args *args,
			   const struct operands *operands)
{
	guard(notes) struct notes notes = NOTES_INIT;
	guard(image) struct image *image = NULL;
	struct image_config config = {
		.file = { .map = MEM_MAP_NEVER },
		.stop_fd = tool->stop_fd,
	};
	struct last_words words;
	struct dump_info found;
	struct err *e = image_open_parts((const char *const *)operands->item, (size_t)operands->nr,
					 &config, &notes, &image);

	if (!e)
		e = dump_info_read(image, &found);
	if (e)
		return e;
	last_words_read(image, &words);
	tell_notes(tool, args, &notes);
	if (args->json)
		dump_info_show_json(tool->out, &found, &words);
	else
		dump_info_show_text(tool->out, &found, &words);
	return NULL;
}

enum { VERIFY_THREADS_MAX = 16 };

static bool verify_tick(void *ctx, uint64_t done, uint64_t total)
{
	struct watch *watch = ctx;

	progress_update(watch->progress, "verify", done, total);
	return watch_goes_on(watch);
}

static struct err *verdict(const struct verify_report *report, const char *path, int *ret_exit_code)
{
	switch (report->verdict) {
	case VERIFY_GOOD:
		return NULL;
	case VERIFY_INCOMPLETE:
		*ret_exit_code = EXIT_INCOMPLETE;
		if (report->good_nr == report->pages_nr)
			return err_new(ERR_NODATA,
				       "%s is incomplete: what is there, %" PRIu64
				       " pages, can be read",
				       path, report->good_nr);
		return err_new(ERR_NODATA,
			       "%s is incomplete: %" PRIu64 " of %" PRIu64
			       " pages can be read from it",
			       path, report->good_nr, report->pages_nr);
	case VERIFY_DAMAGED:
		break;
	}
	return err_new(ERR_FORMAT, "%s is damaged: %" PRIu64 " of %" PRIu64 " pages; %s", path,
		       report->damaged_nr, report->pages_nr,
		       report->damage.nr ? report->damage.line[0] : "");
}

/* --verify */
struct err *dump_look_verify(struct tool *tool, const struct dump_args *args,
			     const struct operands *operands, int *ret_exit_code)
{
	guard(verify_report) struct verify_report report = VERIFY_REPORT_INIT;
	struct watch watch = { .tool = tool };
	struct verify_options options = {
		.inputs = (const char *const *)operands->item,
		.inputs_nr = (size_t)operands->nr,
		.threads_nr =
			MIN(args->threads_nr ? (unsigned int)args->threads_nr : cpus_usable_nr(),
			    (unsigned int)VERIFY_THREADS_MAX),
		.tick = verify_tick,
		.ctx = &watch,
		.stop_fd = tool->stop_fd,
	};
	struct err *e;

	watch.progress = progress_wanted(tool, args);
	e = dump_verify(&options, &report);
	progress_free(watch.progress);
	if (e)
		return e;
	tell_notes(tool, args, &report.notes);
	if (args->json)
		verify_show_json(tool->out, &report);
	else
		verify_show_text(tool->out, &report);
	return verdict(&report, operands->item[0], ret_exit_code);
}
