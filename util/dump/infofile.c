// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/infofile.h"

#include <fcntl.h>
#include <string.h>

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
	struct err *e = image_open(options->inputs[0], &image_config, notes, &image);

	if (e)
		return e;
	if (!image->vmcoreinfo)
		return err_new(ERR_NODATA, "%s has no VMCOREINFO", options->inputs[0]);
	return sink_put_file(options->output, options->overwrite, options->inputs[0],
			     image->vmcoreinfo, image->vmcoreinfo_size);
}
