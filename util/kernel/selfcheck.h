/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules for struct pages, held against what is known of a kernel without them. Facts may agree
 * and be wrong all the same: VMCOREINFO was damaged and there is no BTF, or a later kernel means
 * something else by the same name.
 */
#ifndef VMTOOL_KERNEL_SELFCHECK_H
#define VMTOOL_KERNEL_SELFCHECK_H

#include "util/kernel/kernel.h"

/* Does mem_section lead to struct pages? The error says why not. */
must_check struct err *selfcheck_sections(const struct kernel *kernel);

/*
 * Are the pages in which the kernel's own data has been read kept? ERR_FORMAT: a dump would leave
 * one of them out.
 */
must_check struct err *selfcheck_rules(struct kernel *kernel);

#endif
