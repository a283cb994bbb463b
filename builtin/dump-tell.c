// SPDX-License-Identifier: GPL-2.0-or-later
#include "builtin/dump.h"

#include <stdio_ext.h>
#include <string.h>

#include "util/base/clock.h"
#include "util/base/str.h"
#include "util/cli/utf8.h"
#include "util/image/image.h"
#include "util/sys/signals.h"

#define LOOK_NS (50 * NS_PER_MS)

/* Looking for a signal is a system call: not for each batch of pages, which take a millisecond. */
bool watch_goes_on(struct watch *watch)
{
	uint64_t now_ns = clock_now_ns();

	if (now_ns - watch->looked_at_ns >= LOOK_NS) {
		watch->looked_at_ns = now_ns;
		watch->stop = stop_requested(watch->tool->stop_fd);
	}
	return !watch->stop;
}

struct progress *progress_wanted(const struct tool *tool, const struct dump_args *args)
{
	if (!(args->message_level & MESSAGE_PROGRESS))
		return NULL;
	return progress_new(&(struct progress_config){ .out = tool->err });
}

static void search_tick(void *ctx, uint64_t done, uint64_t total)
{
	if (done < total)
		progress_update(ctx, "search", done, total);
	else
		progress_clear(ctx);
}

struct image_watch search_watch(struct progress *progress)
{
	return (struct image_watch){ .tick = search_tick, .ctx = progress };
}

void tell_warning(const struct tool *tool, const char *text)
{
	guard(str) struct str line = STR_INIT;

	str_printf(&line, "warning: %s", text);
	tool_remark(tool, "dump", line.s);
}

void tell_notes(const struct tool *tool, const struct dump_args *args, const struct notes *notes)
{
	for (size_t i = 0; args->message_level & MESSAGE_COMMON && i < notes->nr; i++)
		tell_warning(tool, notes->line[i]);
}

FILE *report_stream(const struct tool *tool, const struct dump_args *args)
{
	return args->flattened ? tool->err : tool->out;
}

static void tell_line(FILE *out, const struct str *text)
{
	guard(str) struct str safe = STR_INIT;

	str_add(&safe, "  ");
	if (text->len)
		utf8_add_safe(&safe, text->s);
	fprintf(out, "%s\n", safe.s);
}

/* As makedumpfile has it: SUSE's kdump-save looks for OSRELEASE and CRASHTIME among the lines. */
void tell_vmcoreinfo(void *ctx, const struct image *image)
{
	const struct teller *teller = ctx;
	FILE *out = report_stream(teller->tool, teller->args);
	const char *line = image->vmcoreinfo;

	if (!line || !(teller->args->message_level & MESSAGE_DEBUG))
		return;
	fprintf(out, "VMCOREINFO   :\n");
	while (*line) {
		guard(str) struct str text = STR_INIT;
		size_t len = strcspn(line, "\n");

		str_add_bytes(&text, line, len);
		tell_line(out, &text);
		line += len + (line[len] == '\n');
	}
}

bool dump_saves(const struct dump_args *args)
{
	return !args->dry_run && !args->info && !args->verify && !args->map &&
	       !dump_args_inspect(args);
}

/* "part1, part2, and part3" */
static void list_files(const struct operands *operands, struct str *list)
{
	for (int i = 1; i < operands->nr; i++)
		str_printf(list, "%s%s%s", i > 1 ? ", " : "", i + 1 == operands->nr ? "and " : "",
			   operands->item[i]);
}

static void tell_saved(FILE *out, const struct dump_args *args, const struct operands *operands)
{
	guard(str) struct str list = STR_INIT;
	const char *to = args->info_to	   ? args->info_to
			 : args->flattened ? "STDOUT"
					   : operands->item[operands->nr - 1];

	if (args->split)
		list_files(operands, &list);
	else
		str_add(&list, to);
	fprintf(out, "\nThe %s saved to %s.\n",
		args->dmesg	? "dmesg log is"
		: args->info_to ? "vmcoreinfo is"
		: args->split	? "dumpfiles are"
				: "dumpfile is",
		list.s);
}

/* How makedumpfile ends. After --mem-usage it has nothing to add, and JSON is to stay JSON. */
void tell_end(const struct tool *tool, const struct dump_args *args,
	      const struct operands *operands, bool failed)
{
	FILE *out = report_stream(tool, args);

	if (!args->called_makedumpfile || !(args->message_level & MESSAGE_COMMON) || args->json)
		return;
	if (failed) {
		fprintf(out, "makedumpfile Failed.\n");
		return;
	}
	if (args->mem_usage)
		return;
	if (dump_saves(args))
		tell_saved(out, args, operands);
	fprintf(out, "\nmakedumpfile Completed.\n");
}

void tell_or_forget(const struct tool *tool, const struct dump_args *args)
{
	bool failed = ferror(tool->out);

	if (!dump_saves(args) || args->json || (!fflush(tool->out) && !failed))
		return;
	tell_warning(tool, "what there is to say of it cannot be printed");
	__fpurge(tool->out);
	clearerr(tool->out);
}
