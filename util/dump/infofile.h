/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VMCOREINFO as text in a file of its own: -g writes it, -i reads it.
 */
#ifndef VMTOOL_DUMP_INFOFILE_H
#define VMTOOL_DUMP_INFOFILE_H

#include "util/dump/dmesg.h"
#include "util/image/image.h"

/*
 * @image has the text of the file at @path for its VMCOREINFO from now on. ERR_MISMATCH: what it
 * has names another release, and so does its memory, or nothing.
 */
must_check struct err *infofile_use(const char *path, struct image *image, struct notes *notes);

/* Write the VMCOREINFO of the image that is options->inputs[0] to options->output. */
must_check struct err *infofile_write(const struct dmesg_options *options, struct notes *notes);

/* Write what can be made of a vmlinux alone (util/kernel/makeinfo.h) to @output. */
must_check struct err *infofile_make(const char *vmlinux_path, const char *output, bool overwrite,
				     struct notes *notes);

#endif
