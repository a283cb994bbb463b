// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/infofile.h"

#include <fcntl.h>
#include <string.h>

#include "util/base/io.h"
#include "util/dump/sink.h"
#include "util/kernel/kernel.h"
#include "util/kernel/makeinfo.h"

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

/*
 * What the image has may be damaged, and is replaced for that; but not by what is of another
 * kernel. Where both name a release the memory tells which one is right.
 */
static struct err *check_release(const char *path, const char *text, size_t text_len,
				 struct image *image, struct notes *notes)
{
	autoerr struct err *why = NULL;
	const char *own = NULL;
	size_t own_len = 0;
	size_t len = 0;
	const char *release = strlen(text) == text_len ? find_release(text, &len) : NULL;

	if (!release)
		return err_new(ERR_FORMAT, "%s is not the text of VMCOREINFO: no OSRELEASE= in it",
			       path);
	if (image->vmcoreinfo)
		own = find_release(image->vmcoreinfo, &own_len);
	if (!own || (own_len == len && memcmp(own, release, len) == 0))
		return NULL;
	why = kernel_prove_vmcoreinfo(image, text, text_len, notes);
	if (why && err_code(why) == ERR_NOMEM)
		return take_ptr(why);
	if (why)
		return err_new(ERR_MISMATCH,
			       "%s is VMCOREINFO of kernel %.*s, the image is of %.*s, and its "
			       "memory says nothing else: %s",
			       path, (int)len, release, (int)own_len, own, err_message(why));
	notes_add(
		notes,
		"the image's own VMCOREINFO says release %.*s; %s is believed, for its memory says "
		"%.*s too",
		(int)own_len, own, path, (int)len, release);
	return NULL;
}

struct err *infofile_use(const char *path, struct image *image, struct notes *notes)
{
	autofree char *text = NULL;
	size_t len;
	struct err *e = io_read_file(AT_FDCWD, path, INFO_BYTES_MAX, &text, &len);

	if (e)
		return err_wrap(e, "VMCOREINFO");
	e = check_release(path, text, len, image, notes);
	return e ? e : image_add_vmcoreinfo(image, text, len);
}

struct err *infofile_write(const struct dmesg_options *options, struct notes *notes)
{
	guard(image) struct image *image = NULL;
	struct image_config image_config = { .file = options->file, .stop_fd = options->stop_fd };
	struct err *e = image_open(options->inputs[0], &image_config, notes, &image);

	if (e)
		return e;
	if (!image->vmcoreinfo)
		return err_new(ERR_NODATA, "%s has no VMCOREINFO", options->inputs[0]);
	return sink_put_file(options->output, options->overwrite, options->inputs[0],
			     image->vmcoreinfo, image->vmcoreinfo_size);
}

struct err *infofile_make(const char *vmlinux_path, const char *output, bool overwrite,
			  struct notes *notes)
{
	guard(vmlinux) struct vmlinux *vmlinux = NULL;
	guard(str) struct str text = STR_INIT;
	struct err *e = vmlinux_open(vmlinux_path, &vmlinux);

	if (!e)
		e = makeinfo(vmlinux, &text, notes);
	return e ? e : sink_put_file(output, overwrite, vmlinux_path, text.s, text.len);
}
