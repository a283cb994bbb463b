// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/image/image.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "util/base/checked.h"
#include "util/base/io.h"
#include "util/image/format.h"

static const struct image_format *const formats[] = {
	&image_format_elf,
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
			       "cannot seek in it: copy the image to a file first");
	*ret_size = (uint64_t)end;
	return NULL;
}

static struct err *open_format(struct image *image, struct notes *notes)
{
	uint64_t size = mem_file_size(image->file);
	uint8_t head[IMAGE_PROBE_BYTES] = { 0 };
	size_t len = (size_t)MIN(size, (uint64_t)sizeof(head));
	size_t done = 0;

	if (size == 0)
		return err_new(ERR_FORMAT, "the file is empty");

	while (done < len) {
		guard(mem_view) struct mem_view view = MEM_VIEW_INIT;
		struct err *e = mem_file_view(image->file, done, len - done, MEM_RANDOM, &view);

		if (e)
			return e;
		memcpy(head + done, view.data, view.len);
		done += view.len;
	}

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		if (!formats[i]->probe(head, len))
			continue;
		image->format = formats[i];
		return formats[i]->open(image, notes);
	}
	return err_new(ERR_UNSUPPORTED,
		       "not a memory image of a known format (an ELF core begins "
		       "with 7f 45 4c 46; this begins with %02x %02x %02x %02x)",
		       head[0], head[1], head[2], head[3]);
}

struct err *image_open(const char *path, const struct image_config *config, struct notes *notes,
		       struct image **ret_image)
{
	guard(image) struct image *image = NULL;
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	uint64_t size = 0;
	struct err *e;

	if (fd < 0)
		return err_sys(errno, "cannot open %s", path);
	e = size_of(fd, &size);
	if (e)
		return err_wrap(e, "%s", path);

	image = calloc(1, sizeof(*image));
	if (!image)
		return err_nomem();
	e = mem_file_new(take_fd(&fd), size, &config->file, &image->file);
	if (e)
		return err_wrap(e, "%s", path);

	e = open_format(image, notes);
	if (e)
		return err_wrap(e, "%s", path);

	*ret_image = take_ptr(image);
	return NULL;
}

void image_close(struct image *image)
{
	if (!image)
		return;
	if (image->format)
		image->format->close(image);
	memmap_release(&image->memmap);
	mem_file_free(image->file);
	free(image->vmcoreinfo);
	free(image);
}

struct err *image_read_notes(struct image *image, uint64_t offset, void *buf, size_t len)
{
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
		e = mem_file_read(image->file, range->file_offset + offset, out, n, MEM_RANDOM);
		if (e)
			return err_wrap(e, "notes");
		out += n;
		len -= n;
		offset = 0;
	}
	return NULL;
}
