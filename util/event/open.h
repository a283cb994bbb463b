/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * perf_event_open(2) and the calls on its descriptors, with errors that say what would help.
 * What a kernel lacks is found by trying, never by its version.
 */
#ifndef VMTOOL_EVENT_OPEN_H
#define VMTOOL_EVENT_OPEN_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/base/err.h"

#ifndef PERF_FORMAT_LOST_BIT
#define PERF_FORMAT_LOST_BIT (UINT64_C(1) << 4) /* PERF_FORMAT_LOST, since 6.0 */
#endif

struct event_features {
	bool lost;     /* PERF_FORMAT_LOST: 6.0 */
	bool build_id; /* attr.build_id: 5.12 */
	bool cgroup;   /* PERF_SAMPLE_CGROUP: 5.7 */
	bool ksymbol;  /* attr.ksymbol: 5.1 */
};

/* What this kernel can do; nothing is when not even a dummy event opens. */
struct event_features event_features(void);

/*
 * @pid -1: all processes, on @cpu. @cgroup_fd >= 0: of that cgroup, on @cpu. *ret_fd is the
 * caller's to close. ERR_SYS; EACCES and EPERM tell which sysctl or capability is in the way. A
 * thread that is gone is ESRCH.
 */
must_check struct err *event_open(const struct perf_event_attr *attr, const char *name, pid_t pid,
				  int cpu, int cgroup_fd, int *ret_fd);

must_check struct err *event_enable(int fd);
must_check struct err *event_disable(int fd);
must_check struct err *event_id(int fd, uint64_t *ret_id);

/* ERR_USAGE when the kernel does not accept it; the message says so of @shown. */
must_check struct err *event_set_kernel_filter(int fd, const char *name, const char *filter,
					       const char *shown);

/* Records of @fd go to the ring of @ring_fd. */
must_check struct err *event_redirect(int fd, int ring_fd);

struct event_count {
	uint64_t value;
	uint64_t lost; /* only with PERF_FORMAT_LOST in @read_format */
};

/* @read_format of the event: PERF_FORMAT_ID, with or without PERF_FORMAT_LOST. */
must_check struct err *event_read(int fd, uint64_t read_format, struct event_count *ret_count);

#endif
