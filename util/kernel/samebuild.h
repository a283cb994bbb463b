/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is a vmlinux of the very kernel in an image: not only of the same release, but of the same build?
 * Build ids decide where both are known (BUILD-ID is in VMCOREINFO since 5.9, 0935288c6e00; a
 * vmlinux has one only if it was linked so). Else what is compared is what else differs from build
 * to build: the end of linux_banner, which init_uts_ns has as its version (UTS_VERSION: number,
 * options and time of the build), and how far symbols of VMCOREINFO are from _stext.
 */
#ifndef VMTOOL_KERNEL_SAMEBUILD_H
#define VMTOOL_KERNEL_SAMEBUILD_H

#include "util/base/notes.h"
#include "util/image/image.h"
#include "util/kernel/uts.h"
#include "util/kernel/vmcoreinfo.h"
#include "util/kernel/vmlinux.h"

/* What is known of the kernel in the image; strings are "" where it is not. */
struct samebuild_kernel {
	const char *release;
	const char *version;
	const struct vmcoreinfo *info; /* NULL: none */
};

/*
 * The version of init_uts_ns, which has @release, read as @info says; "" when it cannot be. It is
 * not known yet that @info is right: what is read counts only where it stands behind the release.
 */
void samebuild_read_version(struct image *image, const struct vmcoreinfo *info, const char *release,
			    char version[UTS_FIELD_BYTES]);

/*
 * ERR_MISMATCH: it is of another kernel, or another build of it. ERR_FORMAT: nothing in it says
 * which kernel it is. Where nothing but the release, or not even that, can be compared, a remark
 * says so.
 */
must_check struct err *samebuild_check(const struct vmlinux *vmlinux,
				       const struct samebuild_kernel *kernel, struct notes *notes);

#endif
