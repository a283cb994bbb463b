// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/sys/settings.h"

#include <fcntl.h>
#include <string.h>

#include "util/base/io.h"
#include "util/base/str.h"

enum { LINE_MAX_BYTES = 256 };

const struct setting settings[] = {
	{ "kernel.perf_event_paranoid", "proc/sys/kernel/perf_event_paranoid" },
	{ "kernel.perf_event_mlock_kb", "proc/sys/kernel/perf_event_mlock_kb" },
	{ "kernel.kptr_restrict", "proc/sys/kernel/kptr_restrict" },
	{ "kernel.unprivileged_bpf_disabled", "proc/sys/kernel/unprivileged_bpf_disabled" },
	{ "kernel.yama.ptrace_scope", "proc/sys/kernel/yama/ptrace_scope" },
	{ "/sys/kernel/security/lockdown", "sys/kernel/security/lockdown" },
	{ "/sys/kernel/kexec_crash_loaded", "sys/kernel/kexec_crash_loaded" },
	{ "/sys/kernel/kexec_crash_size", "sys/kernel/kexec_crash_size" },
	{ .name = NULL },
};

/* The word in brackets, if there is one, takes the place of the line. */
static void keep_chosen(char *line)
{
	char *begin = strchr(line, '[');
	char *end = begin ? strchr(begin, ']') : NULL;

	if (!end)
		return;
	*end = '\0';
	memmove(line, begin + 1, strlen(begin + 1) + 1);
}

struct err *setting_read(int root_fd, const struct setting *setting, char **ret_line)
{
	guard(str) struct str path = STR_INIT;
	autofree char *line = NULL;
	struct err *err;
	size_t len;

	str_printf(&path, "%s%s", root_fd == AT_FDCWD ? "/" : "", setting->path);
	err = str_check(&path);
	if (!err)
		err = io_read_file(root_fd, path.s, LINE_MAX_BYTES, &line, &len);
	if (err)
		return err_wrap(err, "%s", setting->name);
	len -= len && line[len - 1] == '\n';
	line[len] = '\0';
	if (strlen(line) != len || strchr(line, '\n'))
		return err_new(ERR_FORMAT, "%s: it is no line", setting->name);
	keep_chosen(line);
	*ret_line = take_ptr(line);
	return NULL;
}
