// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/verify.h"

#include "util/base/checked.h"
#include "util/dump/verify-kdump.h"
#include "util/image/kdumpheader.h"

enum { READ_BYTES = 1 << 20 /* of memory, between two ticks */ };

static const char *const verdict_name[] = {
	[VERIFY_GOOD] = "good",
	[VERIFY_INCOMPLETE] = "incomplete",
	[VERIFY_DAMAGED] = "damaged",
};

const char *verify_verdict_name(enum verify_verdict verdict)
{
	return verdict_name[verdict];
}

void verify_report_release(struct verify_report *report)
{
	notes_release(&report->damage);
	notes_release(&report->notes);
}

void verify_add_damage(struct verify_report *report, uint64_t pfn, const struct err *why)
{
	report->damaged_nr++;
	notes_add(&report->damage, "page frame %#llx: %s", (unsigned long long)pfn,
		  err_message(why));
}

/* Memory is stored as it is: its place in the file is all there is to say, unless it is read. */
static struct err *verify_memory(const struct verify_options *options, struct image *image,
				 struct verify_report *report)
{
	uint64_t page_size = report->info.page_size;
	uint64_t total = report->info.stored_pages * page_size;
	uint64_t done = 0;

	for (size_t i = 0; i < image->memmap.nr; i++) {
		const struct memmap_range *range = &image->memmap.range[i];
		uint64_t ticked = 0;

		report->pages_nr += div_round_up_u64(range->file_size, page_size);
		for (uint64_t at = 0; !options->places_only && at < range->file_size;) {
			guard(mem_view) struct mem_view view = MEM_VIEW_INIT;
			size_t len = (size_t)MIN(range->file_size - at, page_size);
			struct err *e = mem_view(image->source, range->paddr + at, len,
						 MEM_SEQUENTIAL, &view);

			if (e && err_code(e) == ERR_NOMEM)
				return e;
			if (e) {
				verify_add_damage(report, (range->paddr + at) / page_size, e);
				err_free(e);
			}
			at += e ? len : view.len;
			if (at - ticked < READ_BYTES)
				continue;
			ticked = at;
			if (!options->tick(options->ctx, done + at, total))
				return err_new(ERR_INTERRUPTED, "interrupted");
		}
		done += range->file_size;
	}
	report->raw_nr = report->good_nr = report->pages_nr - report->damaged_nr;
	return NULL;
}

static enum verify_verdict verdict_of(const struct verify_report *report)
{
	const struct dump_info *info = &report->info;

	if (report->damaged_nr)
		return VERIFY_DAMAGED;
	/*
	 * Whoever made the dump may have known of so many: others did not get as far as the file.
	 */
	if (report->lost_nr > (info->has_tool_note ? info->tool_note.unreadable : 0))
		return VERIFY_INCOMPLETE;
	return info->incomplete || info->truncated_bytes ? VERIFY_INCOMPLETE : VERIFY_GOOD;
}

struct err *dump_verify(const struct verify_options *options, struct verify_report *report)
{
	guard(image) struct image *image = NULL;
	struct image_config config = {
		.file = { .map = MEM_MAP_NEVER },
		.stop_fd = options->stop_fd,
	};
	uint8_t signature[KDUMP_SIGNATURE_BYTES];
	struct err *e;

	e = image_open_parts(options->inputs, options->inputs_nr, &config, &report->notes, &image);
	if (!e)
		e = dump_info_read(image, &report->info);
	if (!e)
		e = mem_file_read(image->file, 0, signature, sizeof(signature), MEM_RANDOM);
	if (e)
		return e;
	if (kdump_header_probe(signature, sizeof(signature)))
		e = verify_kdump(options, image, report);
	else
		e = verify_memory(options, image, report);
	if (e)
		return e;
	report->verdict = verdict_of(report);
	return NULL;
}
