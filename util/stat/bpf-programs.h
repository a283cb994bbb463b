/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The programs of bpf/stat.bpf.c, set up for a request, loaded and attached. They count nothing
 * before their `enabled` is set. Some kernels cannot do all that others can: what works is found by
 * trying.
 */
#ifndef VMTOOL_STAT_BPF_PROGRAMS_H
#define VMTOOL_STAT_BPF_PROGRAMS_H

#include "util/stat/source.h"

#include "config.h"

#ifdef HAVE_BPF

/* Made by bpftool; needs the types above. */
#include "util/stat/bpf/stat.skel.h"

/*
 * How many CPUs there may be, a negative errno where that cannot be found out. libbpf writes
 * nothing to the terminal from then on.
 */
int bpf_programs_cpus(void);

/*
 * After bpf_programs_cpus(). *ret_by_events: programs of calls are attached to events, which take
 * long to close. The skeleton is the caller's to destroy. ERR_SYS: the kernel's answer, as by
 * source.h's open().
 */
must_check struct err *bpf_programs_load(const struct stat_request *request,
					 struct stat_bpf **ret_skel, bool *ret_by_events);

#endif

#endif
