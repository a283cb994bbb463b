// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/event/open.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/base/cleanup.h"
#include "util/base/io.h"

enum {
	CAP_PERFMON_NR = 38,	      /* CAP_PERFMON, since 5.8 */
	USER_NS_INIT_INO = 0xeffffffd /* include/linux/proc_ns.h PROC_USER_INIT_INO */
};

static int perf_event_open(const struct perf_event_attr *attr, pid_t pid, int cpu,
			   unsigned long flags)
{
	return (int)syscall(SYS_perf_event_open, attr, pid, cpu, -1, flags | PERF_FLAG_FD_CLOEXEC);
}

static bool opens(const struct perf_event_attr *attr)
{
	int fd = perf_event_open(attr, 0, -1, 0);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

struct event_features event_features(void)
{
	struct perf_event_attr dummy = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(dummy),
		.config = PERF_COUNT_SW_DUMMY,
		.disabled = 1,
		.exclude_kernel = 1,
	};
	struct perf_event_attr lost = dummy, build_id = dummy, cgroup = dummy, ksymbol = dummy;

	lost.read_format = PERF_FORMAT_ID | PERF_FORMAT_LOST_BIT;
	build_id.mmap = build_id.mmap2 = build_id.build_id = 1;
	cgroup.sample_period = 1;
	cgroup.sample_type = PERF_SAMPLE_CGROUP;
	ksymbol.ksymbol = 1;
	return (struct event_features){
		.lost = opens(&lost),
		.build_id = opens(&build_id),
		.cgroup = opens(&cgroup),
		.ksymbol = opens(&ksymbol),
	};
}

static int paranoid(void)
{
	autofree char *text = NULL;
	autoerr struct err *err = NULL;
	size_t len;

	err = io_read_file(-1, "/proc/sys/kernel/perf_event_paranoid", 64, &text, &len);
	return err ? 2 : atoi(text);
}

/* Nothing but the kernel itself is in the way of somebody with this capability. */
static bool has_perfmon(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	uint64_t effective;
	struct stat ns;

	/* Those of a user namespace are no capabilities to events of the kernel. */
	if (!stat("/proc/self/ns/user", &ns) && ns.st_ino != (ino_t)USER_NS_INIT_INO)
		return false;
	if (syscall(SYS_capget, &header, data))
		return false;
	effective = (uint64_t)data[1].effective << 32 | data[0].effective;
	return effective & (UINT64_C(1) << CAP_PERFMON_NR | UINT64_C(1) << CAP_SYS_ADMIN);
}

static struct err *open_error(int errnum, const struct perf_event_attr *attr, const char *name,
			      pid_t pid, int cpu)
{
	switch (errnum) {
	case EACCES:
	case EPERM:
		/* As irq_vectors:irq_work_exit, whose samples would cause more of them. */
		if (attr->type == PERF_TYPE_TRACEPOINT && has_perfmon())
			return err_sys(errnum, "event %s: the kernel lets nobody record it", name);
		if (pid == -1)
			return err_sys(errnum,
				       "event %s of the whole system needs root, CAP_PERFMON, or "
				       "kernel.perf_event_paranoid at %d or below (it is %d)",
				       name, attr->type == PERF_TYPE_TRACEPOINT ? -1 : 0,
				       paranoid());
		/*
		 * Since 4.6 the kernel's part needs more than the user's (perf_event_paranoid 2).
		 */
		if (attr->type == PERF_TYPE_SOFTWARE && !attr->exclude_kernel)
			return err_sys(
				errnum,
				"event %s of process %d, with the kernel's part, needs "
				"CAP_PERFMON or kernel.perf_event_paranoid at 1 or below (it is "
				"%d); %s:u does not",
				name, (int)pid, paranoid(), name);
		return err_sys(errnum,
			       "event %s of process %d needs its owner, CAP_PERFMON, or "
			       "kernel.perf_event_paranoid at %d or below (it is %d)",
			       name, (int)pid, attr->type == PERF_TYPE_TRACEPOINT ? -1 : 1,
			       paranoid());
	case EMFILE:
		return err_sys(
			errnum,
			"event %s: more descriptors than 'ulimit -n' allows; record fewer events",
			name);
	case ENODEV:
		return err_sys(errnum, "event %s: CPU %d is not online", name, cpu);
	case ENOSYS:
		return err_sys(errnum, "event %s: this kernel has no perf events", name);
	default:
		return err_sys(errnum, "open event %s", name);
	}
}

/* As many as we are allowed, once they do not suffice. */
static bool raise_fd_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == limit.rlim_max)
		return false;
	limit.rlim_cur = limit.rlim_max;
	return !setrlimit(RLIMIT_NOFILE, &limit);
}

struct err *event_open(const struct perf_event_attr *attr, const char *name, pid_t pid, int cpu,
		       int cgroup_fd, int *ret_fd)
{
	unsigned long flags = cgroup_fd >= 0 ? PERF_FLAG_PID_CGROUP : 0;
	pid_t target = cgroup_fd >= 0 ? cgroup_fd : pid;
	int fd = perf_event_open(attr, target, cpu, flags);

	if (fd < 0 && errno == EMFILE && raise_fd_limit())
		fd = perf_event_open(attr, target, cpu, flags);
	if (fd < 0)
		return open_error(errno, attr, name, pid, cpu);
	*ret_fd = fd;
	return NULL;
}

static struct err *call(int fd, unsigned long request, unsigned long arg, const char *what)
{
	if (ioctl(fd, request, arg))
		return err_sys(errno, "%s an event", what);
	return NULL;
}

struct err *event_enable(int fd)
{
	return call(fd, PERF_EVENT_IOC_ENABLE, 0, "enable");
}

struct err *event_disable(int fd)
{
	return call(fd, PERF_EVENT_IOC_DISABLE, 0, "disable");
}

struct err *event_id(int fd, uint64_t *ret_id)
{
	if (ioctl(fd, PERF_EVENT_IOC_ID, ret_id))
		return err_sys(errno, "ask for the id of an event");
	return NULL;
}

struct err *event_set_kernel_filter(int fd, const char *name, const char *filter, const char *shown)
{
	if (!ioctl(fd, PERF_EVENT_IOC_SET_FILTER, filter))
		return NULL;
	if (errno == EINVAL)
		return err_new(
			ERR_USAGE,
			"event %s: the kernel does not accept the filter '%s' (fields are in "
			"the tracepoint's format file)",
			name, shown);
	return err_sys(errno, "event %s: filter '%s'", name, shown);
}

struct err *event_redirect(int fd, int ring_fd)
{
	return call(fd, PERF_EVENT_IOC_SET_OUTPUT, (unsigned long)ring_fd, "redirect");
}

struct err *event_read(int fd, uint64_t read_format, struct event_count *ret_count)
{
	uint64_t values[3] = { 0 }; /* value, id, lost */
	size_t want = (read_format & PERF_FORMAT_LOST_BIT ? 3 : 2) * sizeof(values[0]);
	ssize_t n;

	do {
		n = read(fd, values, want);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(errno, "read the count of an event");
	if ((size_t)n != want)
		return err_new(ERR_FORMAT, "count of an event: %zd bytes instead of %zu", n, want);
	*ret_count = (struct event_count){ .value = values[0], .lost = values[2] };
	return NULL;
}
