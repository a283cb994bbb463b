// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/infofile.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "util/base/io.h"
#include "util/dump/sink.h"

enum { INFO_BYTES_MAX = 1 << 20 };

struct err *infofile_use(const char *path, struct image *image)
{
	autofree char *text = NULL;
	size_t len;
	struct err *e = io_read_file(AT_FDCWD, path, INFO_BYTES_MAX, &text, &len);

	if (e)
		return err_wrap(e, "VMCOREINFO");
	if (strlen(text) != len || !strstr(text, "OSRELEASE="))
		return err_new(ERR_FORMAT, "%s is not the text of VMCOREINFO: no OSRELEASE= in it",
			       path);
	return image_add_vmcoreinfo(image, text, len);
}

struct err *infofile_write(const struct dmesg_options *options, struct notes *notes)
{
	guard(image) struct image *image = NULL;
	struct image_config image_config = { .file = options->file };
	struct sink_file_config config = { .overwrite = options->overwrite };
	struct err *closing;
	struct sink *sink;
	struct stat st;
	size_t written;
	struct err *e;

	e = image_open(options->input, &image_config, notes, &image);
	if (e)
		return e;
	if (!image->vmcoreinfo)
		return err_new(ERR_NODATA, "%s has no VMCOREINFO", options->input);
	if (!stat(options->input, &st))
		config.input = &st;
	e = sink_open_file(options->output, &config, &sink);
	if (e)
		return e;
	e = sink->ops->pwrite(sink, image->vmcoreinfo, image->vmcoreinfo_size, 0, &written);
	if (!e)
		e = sink->ops->sync(sink);
	closing = sink->ops->close(sink, e ? SINK_DISCARD : SINK_COMPLETE);
	if (!e)
		return closing;
	err_free(closing);
	return e;
}
