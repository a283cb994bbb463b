/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A dumped kernel, as far as a filter needs it: who it is, how its virtual addresses translate and
 * what its struct pages mean. Everything comes from the image itself.
 */
#ifndef VMTOOL_KERNEL_KERNEL_H
#define VMTOOL_KERNEL_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/notes.h"
#include "util/image/image.h"
#include "util/kernel/layout.h"
#include "util/kernel/memsection.h"
#include "util/kernel/pageclass.h"
#include "util/kernel/uts.h"
#include "util/kernel/vmcoreinfo.h"
#include "util/kernel/vtop.h"

struct kernel {
	struct image *image;	 /* borrowed; must outlive the kernel */
	struct vmcoreinfo *info; /* NULL when the image has none */
	uint64_t page_size;
	unsigned int page_shift;

	/* sysname, nodename, release, version, machine, domainname; empty where not known. */
	char uts[UTS_BYTES];
	int64_t crash_time; /* seconds since the epoch; 0 when not known */

	/* What is known of its structures, and from where. BTF itself is let go of. */
	struct layout layout;

	struct vtop vtop; /* valid when `translates` */
	bool translates;  /* the page tables were tried and are right */

	/* Valid when page classes can be told: why_not is NULL. */
	struct memsections sections;
	struct page_rules rules;
	struct err *why_not; /* why they cannot; NULL when they can */
};

/*
 * Learn what the image says about its kernel. A kernel that can be named but not understood is not
 * an error: `why_not` then says what is missing. Rules that are off are remarks in @notes.
 */
must_check struct err *kernel_new(struct image *image, struct notes *notes,
				  struct kernel **ret_kernel);

/*
 * The same, with the kernel's vmlinux at @vmlinux (NULL: none) as one more source of types and
 * symbols. ERR_MISMATCH: it is of another kernel.
 */
must_check struct err *kernel_new_with(struct image *image, const char *vmlinux,
				       struct notes *notes, struct kernel **ret_kernel);

/*
 * Is @text, which ends with a NUL, VMCOREINFO of the kernel in this memory: does init_uts_ns,
 * translated with it, say the release it names? The error says why not. What the image does not say
 * of its machine is known after success.
 */
must_check struct err *kernel_prove_vmcoreinfo(struct image *image, const char *text, size_t len,
					       struct notes *notes);

void kernel_free(struct kernel *kernel);
DEFINE_GUARD(kernel, struct kernel *, kernel_free)

/* uname -r, "" when not known. Owned by @kernel. */
const char *kernel_release(const struct kernel *kernel);

#endif
