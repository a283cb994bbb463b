// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/info.h"

#include <stdio.h>

#include "util/base/bitmap.h"
#include "util/base/checked.h"
#include "util/dump/policy.h"
#include "util/image/kdumpheader.h"
#include "util/image/machine.h"
#include "util/kernel/kernel.h"
#include "util/kernel/vmcoreinfo.h"

enum {
	STEP_BITS = 1 << 15,
	STEPS_UNASKED = 64, /* without a look for who wants us to stop */
	PAGE_BYTES_DEFAULT = 4096,
};

static void read_vmcoreinfo(const struct vmcoreinfo *info, struct dump_info *ret_info)
{
	const char *release = vmcoreinfo_text(info, "OSRELEASE");
	const char *time = vmcoreinfo_text(info, "CRASHTIME");
	const char *build_id = vmcoreinfo_text(info, "BUILD-ID");

	if (build_id)
		snprintf(ret_info->build_id, sizeof(ret_info->build_id), "%s", build_id);
	if (release)
		snprintf(ret_info->release, sizeof(ret_info->release), "%s", release);
	if (time && !ret_info->crash_time)
		ret_info->crash_time = strtoll(time, NULL, 10);
	if (!ret_info->page_size) {
		struct err *e = vmcoreinfo_unsigned(info, "PAGESIZE", &ret_info->page_size);

		if (e)
			ret_info->page_size = 0;
		err_free(e);
	}
}

static struct err *read_identity(const struct image *image, struct dump_info *info)
{
	guard(vmcoreinfo) struct vmcoreinfo *vmcoreinfo = NULL;
	struct err *e;

	uts_copy(image->uts, UTS_NODE, info->host);
	uts_copy(image->uts, UTS_RELEASE, info->release);
	uts_copy(image->uts, UTS_VERSION, info->version);
	uts_copy(image->uts, UTS_MACHINE, info->machine);
	info->cpus_nr = image->cpus_nr;
	if (!info->machine[0] && machine_uname(image->machine))
		snprintf(info->machine, sizeof(info->machine), "%s", machine_uname(image->machine));
	info->crash_time = image->time;
	info->page_size = image->page_size;
	if (image->vmcoreinfo) {
		e = vmcoreinfo_parse(image->vmcoreinfo, image->vmcoreinfo_size, &vmcoreinfo);
		if (e)
			return e;
		read_vmcoreinfo(vmcoreinfo, info);
	}
	if (!is_pow2_u64(info->page_size))
		info->page_size = PAGE_BYTES_DEFAULT;
	return NULL;
}

static struct err *count_stored(struct image *image, uint64_t first, uint64_t end, uint64_t *sum)
{
	uint8_t bits[STEP_BITS / 8];

	first &= ~UINT64_C(7);
	for (uint64_t pfn = first; pfn < end; pfn += STEP_BITS) {
		uint64_t nr = MIN(end - pfn, (uint64_t)STEP_BITS);
		struct err *e = pfn / STEP_BITS % STEPS_UNASKED ? NULL : image_check_stop(image);

		if (!e)
			e = image_stored(image, pfn, nr, bits);
		if (e)
			return e;
		*sum += bitmap_count(bits, (size_t)nr);
	}
	return NULL;
}

static struct err *count_pages(struct image *image, struct dump_info *info)
{
	const struct memmap *map = &image->memmap;
	struct err *e;

	info->end_pfn = div_round_up_u64(memmap_end(map), info->page_size);
	for (size_t i = 0; i < map->nr; i++) {
		info->memory_pages += map->range[i].size / info->page_size;
		info->stored_pages += map->range[i].file_size / info->page_size;
	}
	if (!image_has_gaps(image))
		return NULL;
	info->stored_pages = 0;
	e = count_stored(image, 0, info->end_pfn, &info->stored_pages);
	info->stored_pages -= MIN(info->stored_pages, image->pages_elsewhere_nr);
	return e;
}

static struct err *read_kdump(struct image *image, struct dump_info *info)
{
	struct kdump_header header;
	uint8_t signature[KDUMP_SIGNATURE_BYTES];
	struct err *e = mem_file_read(image->file, 0, signature, sizeof(signature), MEM_RANDOM);

	if (e || !kdump_header_probe(signature, sizeof(signature)))
		return e;
	e = kdump_header_read(image->file, NULL, &header);
	if (e)
		return e;
	info->level_known = header.level_known;
	info->level = header.level;
	info->codec = kdump_flag_codec(
		header.status & ~(uint32_t)(KDUMP_STATUS_INCOMPLETE | KDUMP_STATUS_NO_VMEMMAP));
	return NULL;
}

struct err *dump_info_read(struct image *image, struct dump_info *ret_info)
{
	struct dump_info info = {
		.format = image_format_name(image),
		.files_nr = image->parts_nr,
		.file_bytes = image_file_bytes(image),
		.incomplete = image->incomplete,
		.truncated_bytes = image->truncated_bytes,
	};
	struct err *e = read_identity(image, &info);

	if (!e)
		e = count_pages(image, &info);
	if (!e)
		e = read_kdump(image, &info);
	if (!e && image->tool_note) {
		e = toolnote_read(image->tool_note, &info.tool_note);
		info.has_tool_note = !e;
	}
	if (e)
		return e;
	if (info.has_tool_note) {
		info.level_known = true;
		info.level |= (info.tool_note.level_effective | info.tool_note.level_before) &
			      DUMP_LEVEL_MAX;
	}
	*ret_info = info;
	return NULL;
}
