// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/stat/source.h"

#include <string.h>

#include "config.h"
#include "util/base/str.h"
#include "util/stat/sources.h"

const struct stat_source_ops *const stat_sources[] = {
#ifdef HAVE_BPF
	&stat_source_bpf,
#endif
	&stat_source_perf,
	&stat_source_ptrace,
	NULL,
};

const struct stat_source_ops *stat_source_find(const char *name)
{
	for (const struct stat_source_ops *const *ops = stat_sources; *ops; ops++)
		if (!strcmp((*ops)->name, name))
			return *ops;
	return NULL;
}

unsigned int stat_request_sees(const struct stat_request *request, unsigned int sees)
{
	static const char *const space[] = { "mmap", "munmap", "mremap", "brk" };
	bool all = sees & SEES_BYTES;

	for (size_t i = 0; i < ARRAY_SIZE(space); i++)
		all = all && syscall_set_has(&request->syscalls, space[i]);
	if (all)
		sees |= SEES_SPACE;
	if (sees & SEES_BYTES && syscall_set_has(&request->syscalls, "mmap"))
		sees |= SEES_MAPPINGS;
	else
		sees &= ~(unsigned int)SEES_MAPPINGS_PEAK;
	return sees;
}

struct err *stat_source_open(const struct stat_request *request, const char *forced,
			     struct notes *notes, struct stat_source **ret_source)
{
	guard(str) struct str tried = STR_INIT;

	for (const struct stat_source_ops *const *ops = stat_sources; *ops; ops++) {
		autoerr struct err *err = NULL;

		if (forced && strcmp((*ops)->name, forced) != 0)
			continue;
		err = (*ops)->open(request, notes, ret_source);
		if (!err)
			return NULL;
		if (forced || err_code(err) == ERR_NOMEM)
			return err_wrap(take_ptr(err), "source %s", (*ops)->name);
		str_printf(&tried, "%s%s: %s", tried.len ? "; " : "", (*ops)->name,
			   err_message(err));
		if (ops[1])
			notes_add(notes, "source %s is not to be had: %s", (*ops)->name,
				  err_message(err));
	}
	return err_new(ERR_UNSUPPORTED, "there is no way to count here (%s)", tried.s);
}

void stat_source_close(struct stat_source *source)
{
	if (source)
		source->ops->close(source);
}
