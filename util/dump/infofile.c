// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/infofile.h"

#include <fcntl.h>
#include <string.h>

#include "util/base/io.h"
#include "util/dump/sink.h"

enum { INFO_BYTES_MAX = 1 << 20 };

/* The value of OSRELEASE in a text of VMCOREINFO, up to the end of its line; NULL: it has none. */
static const char *find_release(const char *text, size_t *ret_len)
{
	static const char key[] = "OSRELEASE=";
	const char *at = strstr(text, key);

	if (!at)
		return NULL;
	at += strlen(key);
	*ret_len = strcspn(at, "\n");
	return at;
}

/* What the image has may be damaged, and is replaced for that; but not by what is of another kernel. */
static struct err *check_release(const char *path, const char *release, size_t len,
				 const struct image *image)
{
	const char *own = NULL;
	size_t own_len = 0;

	if (image->vmcoreinfo)
		own = find_release(image->vmcoreinfo, &own_len);
	if (!own || (own_len == len && memcmp(own, release, len) == 0))
		return NULL;
	return err_new(ERR_MISMATCH, "%s is VMCOREINFO of kernel %.*s, the image is of %.*s", path,
		       (int)len, release, (int)own_len, own);
}

struct err *infofile_use(const char *path, struct image *image)
{
	autofree char *text = NULL;
	const char *release = NULL;
	size_t release_len = 0;
	size_t len;
	struct err *e = io_read_file(AT_FDCWD, path, INFO_BYTES_MAX, &text, &len);

	if (e)
		return err_wrap(e, "VMCOREINFO");
	if (strlen(text) == len)
		release = find_release(text, &release_len);
	if (!release)
		return err_new(ERR_FORMAT, "%s is not the text of VMCOREINFO: no OSRELEASE= in it",
			       path);
	e = check_release(path, release, release_len, image);
	return e ? e : image_add_vmcoreinfo(image, text, len);
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
