// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/stat/close-later.h"

#include <sys/wait.h>
#include <unistd.h>

void close_later(void)
{
	pid_t pid = fork();

	if (!pid) {
		/* Readers of our output must not wait for this one. */
		for (int fd = 0; fd <= STDERR_FILENO; fd++)
			close(fd);
		/* A second fork, so that nobody has to reap it. */
		if (!fork()) {
			setsid();
			(void)!chdir("/");
		}
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}
