// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/image/image.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "util/base/checked.h"
#include "util/base/io.h"
#include "util/image/flatfile.h"
#include "util/image/flatformat.h"
#include "util/image/format.h"
#include "util/sys/signals.h"

enum {
	PARTS_BUDGET_BYTES = 8 << 20,

	NOTE_HEADER_BYTES = 12,
	NOTE_NAME_BYTES = 12, /* "VMCOREINFO" with its NUL, padded */
};

static const struct image_format *const formats[] = {
	&image_format_elf,
	&image_format_kdump,
	&image_format_lime,
};

/* Size of a regular file or block device; others (a FIFO) cannot be read at random. */
static struct err *size_of(int fd, uint64_t *ret_size)
{
	struct stat st;
	off_t end;

	if (fstat(fd, &st))
		return err_sys(errno, "stat");
	if (S_ISDIR(st.st_mode))
		return err_sys(EISDIR, "read");
	if (S_ISREG(st.st_mode)) {
		*ret_size = (uint64_t)st.st_size;
		return NULL;
	}

	end = lseek(fd, 0, SEEK_END);
	if (end < 0)
		return err_new(ERR_UNSUPPORTED,
			       "cannot seek in it: copy the image to a file first ('vmtool dump "
			       "-R' makes one of a flattened stream)");
	*ret_size = (uint64_t)end;
	return NULL;
}

static struct err *unknown_format(const uint8_t head[IMAGE_PROBE_BYTES])
{
	static const uint8_t zeros[IMAGE_PROBE_BYTES];

	if (flat_header_probe(head, IMAGE_PROBE_BYTES))
		return err_new(ERR_UNSUPPORTED,
			       "a flattened stream of a flattened stream: 'vmtool dump -R' takes "
			       "one off");
	if (!memcmp(head, zeros, sizeof(zeros)))
		return err_new(
			ERR_FORMAT,
			"the file begins with zeros: a dump whose writing was stopped before "
			"its header was there, or no dump at all");
	return err_new(
		ERR_UNSUPPORTED,
		"not a memory image of a known format (an ELF core begins "
		"with 7f 45 4c 46, a kdump-compressed dump with KDUMP, one of LiME with EMiL; "
		"this begins with "
		"%02x %02x %02x %02x)",
		head[0], head[1], head[2], head[3]);
}

bool image_begins(const uint8_t *head, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (formats[i]->probe(head, len))
			return true;
	return flat_header_probe(head, len);
}

struct err *image_check_stop(const struct image *image)
{
	return stop_check(image->stop_fd);
}

static struct err *open_format(struct image *image, struct notes *notes)
{
	uint64_t size = mem_file_size(image->file);
	uint8_t head[IMAGE_PROBE_BYTES] = { 0 };
	size_t len = (size_t)MIN(size, (uint64_t)sizeof(head));
	size_t done = 0;
	struct err *e;

	if (size == 0)
		return err_new(ERR_FORMAT, "the file is empty");

	while (done < len) {
		guard(mem_view) struct mem_view view = MEM_VIEW_INIT;

		e = mem_file_view(image->file, done, len - done, MEM_RANDOM, &view);
		if (e)
			return e;
		memcpy(head + done, view.data, view.len);
		done += view.len;
	}

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		if (!formats[i]->probe(head, len))
			continue;
		if (image->parts_nr > 1 && !formats[i]->takes_parts)
			return err_new(ERR_UNSUPPORTED,
				       "%s: this %s file is an image of its own, not a part of a "
				       "split dump",
				       image->part_path[0], formats[i]->name);
		image->format = formats[i];
		return formats[i]->open(image, notes);
	}
	e = unknown_format(head);
	return image->parts_nr > 1 ? err_wrap(e, "%s", image->part_path[0]) : e;
}

static struct err *is_flattened(int fd, bool *ret_flattened)
{
	uint8_t head[FLAT_SIGNATURE_BYTES];
	size_t len;
	struct err *e = io_pread(fd, head, sizeof(head), 0, &len);

	if (!e)
		*ret_flattened = flat_header_probe(head, len);
	return e;
}

static bool is_live(int fd)
{
	struct stat kcore;
	struct stat st;

	return !stat("/proc/kcore", &kcore) && !fstat(fd, &st) && st.st_dev == kcore.st_dev &&
	       st.st_ino == kcore.st_ino;
}

static struct err *open_part(struct image *image, const char *path,
			     const struct mem_file_config *config, struct notes *notes)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct mem_file_config part_config = *config;
	uint64_t size = 0;
	bool flattened = false;
	bool complete = true;
	struct err *e;

	if (fd < 0)
		return err_sys(errno, "cannot open %s", path);
	part_config.read_alone = is_live(fd);
	image->live |= part_config.read_alone;
	e = size_of(fd, &size);
	if (!e)
		e = is_flattened(fd, &flattened);
	if (!e)
		e = flattened ? flat_file_open(take_fd(&fd), size, &part_config, image->stop_fd,
					       notes, &image->part[image->parts_nr], &complete)
			      : mem_file_new(take_fd(&fd), size, &part_config,
					     &image->part[image->parts_nr]);
	if (!complete)
		image->incomplete = true;
	if (e)
		return err_wrap(e, "%s", path);
	image->part_path[image->parts_nr++] = path;
	return NULL;
}

static struct err *open_parts(const char *const *paths, size_t nr,
			      const struct image_config *config, struct notes *notes,
			      struct image **ret_image)
{
	guard(image) struct image *image = calloc(1, sizeof(*image));
	struct mem_file_config part_config = config->file;
	struct err *e = NULL;

	if (!image)
		return err_nomem();
	image->stop_fd = config->stop_fd;
	image->watch = config->watch;
	if (nr > IMAGE_PARTS_MAX)
		return err_new(ERR_UNSUPPORTED, "a dump in more than %d files", IMAGE_PARTS_MAX);
	image->part = calloc(nr, sizeof(struct mem_file *));
	image->part_path = calloc(nr, sizeof(char *));
	if (!image->part || !image->part_path)
		return err_nomem();
	if (nr > 1)
		part_config.budget_bytes = PARTS_BUDGET_BYTES / nr;

	for (size_t i = 0; !e && i < nr; i++)
		e = open_part(image, paths[i], &part_config, notes);
	if (e)
		return e;
	image->file = image->part[0];
	e = open_format(image, notes);
	if (e && image->incomplete)
		e = err_wrap(e, "cut off, and what is there is no image");
	if (e)
		return nr == 1 ? err_wrap(e, "%s", paths[0]) : e;

	free(image->part_path);
	image->part_path = NULL;
	*ret_image = take_ptr(image);
	return NULL;
}

struct err *image_open_parts(const char *const *paths, size_t nr, const struct image_config *config,
			     struct notes *notes, struct image **ret_image)
{
	struct err *e = open_parts(paths, nr, config, notes, ret_image);

	if (!e || err_code(e) != ERR_INTERRUPTED)
		return e;
	/* That has nothing to do with the file, or with where in it we were. */
	err_free(e);
	return err_new(ERR_INTERRUPTED, "interrupted");
}

struct err *image_open(const char *path, const struct image_config *config, struct notes *notes,
		       struct image **ret_image)
{
	return image_open_parts(&path, 1, config, notes, ret_image);
}

void image_close(struct image *image)
{
	if (!image)
		return;
	if (image->format)
		image->format->close(image);
	memmap_release(&image->memmap);
	for (size_t i = 0; i < image->parts_nr; i++)
		mem_file_free(image->part[i]);
	for (size_t i = 0; i < image->note_ranges_nr; i++)
		free(image->note_range[i].made);
	free(image->part);
	free(image->part_path);
	free(image->vmcoreinfo);
	free(image->xen_info);
	free(image->tool_note);
	free(image);
}

const char *image_format_name(const struct image *image)
{
	return image->format->name;
}

/* In what was read of the notes at @offset, other names for VMCOREINFO notes that are no more. */
static void rename_replaced(const struct image *image, uint64_t offset, uint8_t *bytes, size_t len)
{
	static const char name[sizeof("VMCOREINFO")] = "REPLACED";

	for (size_t i = 0; i < image->vmcoreinfo_names_nr; i++) {
		uint64_t at = image->vmcoreinfo_name[i];
		uint64_t first = MAX(at, offset);
		uint64_t end = MIN(at + strlen("VMCOREINFO"), offset + len);

		if (first < end)
			memcpy(bytes + (first - offset), name + (first - at),
			       (size_t)(end - first));
	}
}

struct err *image_read_notes(struct image *image, uint64_t offset, void *buf, size_t len)
{
	uint64_t whole_offset = offset;
	size_t whole_len = len;
	uint8_t *out = buf;

	if (!range_within(offset, len, image->notes_size))
		return err_new(ERR_NODATA, "%zu bytes at offset %#llx are beyond the notes", len,
			       (unsigned long long)offset);

	for (size_t i = 0; i < image->note_ranges_nr && len; i++) {
		const struct image_note_range *range = &image->note_range[i];
		struct err *e;
		size_t n;

		if (offset >= range->size) {
			offset -= range->size;
			continue;
		}
		n = (size_t)MIN((uint64_t)len, range->size - offset);
		if (range->made) {
			memcpy(out, range->made + offset, n);
		} else {
			e = mem_file_read(image->file, range->file_offset + offset, out, n,
					  MEM_RANDOM);
			if (e)
				return err_wrap(e, "notes");
		}
		out += n;
		len -= n;
		offset = 0;
	}
	if (image->vmcoreinfo_replaced)
		rename_replaced(image, whole_offset, buf, whole_len);
	return NULL;
}

struct err *image_add_note(struct image *image, const uint8_t *note, size_t size)
{
	autofree uint8_t *copy = malloc(size);

	if (!copy)
		return err_nomem();
	if (image->note_ranges_nr == IMAGE_NOTE_RANGES_MAX)
		return err_new(ERR_UNSUPPORTED, "more than %d note segments",
			       IMAGE_NOTE_RANGES_MAX);
	memcpy(copy, note, size);
	image->note_range[image->note_ranges_nr++] = (struct image_note_range){
		.size = size,
		.made = take_ptr(copy),
	};
	image->notes_size += size;
	return NULL;
}

struct err *image_add_vmcoreinfo(struct image *image, const char *text, size_t len)
{
	size_t at = NOTE_HEADER_BYTES + NOTE_NAME_BYTES;
	size_t size = at + (size_t)align_up_u64(len, 4);
	autofree char *copy = calloc(1, len + 1);
	autofree uint8_t *note = calloc(1, size);
	struct err *e;

	if (!copy || !note)
		return err_nomem();
	store_u32(note, sizeof("VMCOREINFO"), image->order);
	store_u32(note + 4, (uint32_t)len, image->order);
	memcpy(note + NOTE_HEADER_BYTES, "VMCOREINFO", sizeof("VMCOREINFO"));
	memcpy(note + at, text, len);
	memcpy(copy, text, len);

	e = image_add_note(image, note, size);
	if (e)
		return e;
	image->vmcoreinfo_replaced = true;
	free(image->vmcoreinfo);
	image->vmcoreinfo = take_ptr(copy);
	image->vmcoreinfo_size = len;
	image->vmcoreinfo_offset = image->notes_size - size + at;
	return NULL;
}

bool image_has_gaps(const struct image *image)
{
	return image->format && image->format->stored;
}

struct err *image_stored(struct image *image, uint64_t first, uint64_t nr, uint8_t *bits)
{
	return image->format->stored(image, first, nr, bits);
}

uint64_t image_file_bytes(const struct image *image)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < image->parts_nr; i++)
		bytes += mem_file_size(image->part[i]);
	return bytes;
}

void image_stats(const struct image *image, struct mem_file_stats *ret_stats)
{
	*ret_stats = (struct mem_file_stats){ .hits = 0 };
	for (size_t i = 0; i < image->parts_nr; i++) {
		struct mem_file_stats stats;

		mem_file_stats(image->part[i], &stats);
		mem_file_stats_add(ret_stats, &stats);
	}
}
