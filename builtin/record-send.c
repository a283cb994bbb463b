// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "builtin/record.h"
#include "util/base/notes.h"
#include "util/perfdata/send.h"
#include "util/perfdata/unpack.h"
#include "util/sys/signals.h"

void record_pipe_release(struct record_pipe *pipe)
{
	if (pipe->out_fd >= 0)
		close(pipe->out_fd);
	if (pipe->file_fd >= 0)
		close(pipe->file_fd);
	*pipe = RECORD_PIPE_INIT;
}

struct err *record_pipe_open(struct record_pipe *ret_pipe)
{
	guard(record_pipe) struct record_pipe pipe = RECORD_PIPE_INIT;
	int flags = fcntl(STDOUT_FILENO, F_GETFL);
	struct err *err;

	if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY)
		return err_new(ERR_USAGE, "-o -: standard output is closed");
	if (isatty(STDOUT_FILENO))
		return err_new(
			ERR_USAGE,
			"-o -: standard output is a terminal; send it to a file or a program");
	pipe.out_fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (pipe.out_fd < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		return err_sys(errno, "-o -: standard output");
	err = unpack_nameless_file(&pipe.file_fd);
	if (err)
		return err;
	*ret_pipe = pipe;
	pipe = RECORD_PIPE_INIT;
	return NULL;
}

struct err *record_pipe_send(const struct record_pipe *pipe, int stop_fd)
{
	/*
	 * The terminal's Ctrl-C is sent to the command and to us at once, and that the command has
	 * ended may be seen first.
	 */
	const bool stopped_before = stop_was_sent(stop_fd);
	guard(perfdata) struct perfdata *perfdata = NULL;
	guard(notes) struct notes notes = NOTES_INIT;
	struct err *err =
		perfdata_open_fd(pipe->file_fd, "temporary file of -o -", &notes, &perfdata);

	if (!err)
		err = perfdata_send(perfdata, pipe->out_fd, stopped_before ? -1 : stop_fd);
	return err_wrap(err, "send the recording");
}
