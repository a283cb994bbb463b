// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/sys/pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* NULL: none is wanted. */
static const char *pager_command(void)
{
	const char *command = getenv("VMTOOL_PAGER");

	if (!command)
		command = getenv("PAGER");
	if (!command)
		command = "less";
	return *command && strcmp(command, "cat") != 0 ? command : NULL;
}

static void run_pager(const char *command, int in)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (dup2(in, STDIN_FILENO) < 0)
		_exit(127);
	setenv("LESS", "FRX", 0);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

struct pager pager_start(FILE *out)
{
	struct pager pager = { .out = out, .old_fd = -1 };
	const char *command = pager_command();
	int ends[2];

	if (!command || !isatty(fileno(out)) || pipe2(ends, O_CLOEXEC))
		return PAGER_NONE;
	fflush(out);
	pager.old_fd = fcntl(fileno(out), F_DUPFD_CLOEXEC, 3);
	pager.pid = pager.old_fd < 0 ? -1 : fork();
	if (!pager.pid)
		run_pager(command, ends[0]);
	if (pager.pid < 0 || dup2(ends[1], fileno(out)) < 0) {
		if (pager.old_fd >= 0)
			close(pager.old_fd);
		pager = PAGER_NONE;
	}
	close(ends[0]);
	close(ends[1]);
	if (pager.out)
		pager.old_action = signal(SIGPIPE, SIG_IGN);
	return pager;
}

void pager_finish(struct pager *pager)
{
	if (!pager->out)
		return;
	fflush(pager->out);
	/* Who quits before the end has seen enough: that nobody reads the rest is no failure. */
	__fpurge(pager->out);
	clearerr(pager->out);
	dup2(pager->old_fd, fileno(pager->out));
	close(pager->old_fd);
	signal(SIGPIPE, pager->old_action);
	while (waitpid(pager->pid, NULL, 0) < 0 && errno == EINTR)
		;
	*pager = PAGER_NONE;
}
