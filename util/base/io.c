// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/base/cleanup.h"
#include "util/base/macros.h"

enum { READ_BYTES = 4096 }; /* of a file whose size nobody knows, at first */

struct err *io_pread(int fd, void *buf, size_t len, uint64_t offset, size_t *ret_len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(fd, (char *)buf + done, len - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(errno, "read at offset %#llx",
				       (unsigned long long)(offset + done));
		if (n == 0)
			break;
		done += (size_t)n;
	}
	*ret_len = done;
	return NULL;
}

struct err *io_pread_full(int fd, void *buf, size_t len, uint64_t offset)
{
	size_t done;
	struct err *e = io_pread(fd, buf, len, offset, &done);

	if (e)
		return e;
	if (done != len)
		return err_new(ERR_NODATA, "short read: %zu of %zu bytes at offset %#llx", done,
			       len, (unsigned long long)offset);
	return NULL;
}

struct err *io_pwrite_full(int fd, const void *buf, size_t len, uint64_t offset)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n =
			pwrite(fd, (const char *)buf + done, len - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(errno, "write at offset %#llx",
				       (unsigned long long)(offset + done));
		done += (size_t)n;
	}
	return NULL;
}

struct err *io_write_full(int fd, const void *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = write(fd, (const char *)buf + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(errno, "write");
		done += (size_t)n;
	}
	return NULL;
}

static bool may_keep_waiting(int fd)
{
	struct stat st;

	return fstat(fd, &st) || !S_ISREG(st.st_mode);
}

struct err *io_write_stoppable(int fd, const void *buf, size_t len, int stop_fd, size_t *ret_done)
{
	/* What a pipe takes at once when poll(2) finds it writable: pipe(7). */
	const size_t piece_max = may_keep_waiting(fd) ? PIPE_BUF : len;

	*ret_done = 0;
	while (*ret_done < len) {
		struct pollfd wait[] = {
			{ .fd = fd, .events = POLLOUT },
			{ .fd = stop_fd, .events = POLLIN },
		};
		ssize_t n;

		if (poll(wait, ARRAY_SIZE(wait), -1) < 0) {
			if (errno == EINTR)
				continue;
			return err_sys(errno, "wait for the reader");
		}
		if (wait[1].revents)
			return err_new(ERR_INTERRUPTED, "interrupted");
		n = write(fd, (const char *)buf + *ret_done, MIN(len - *ret_done, piece_max));
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return err_sys(errno, "write");
		if (n > 0)
			*ret_done += (size_t)n;
	}
	return NULL;
}

struct err *io_read_file(int dir_fd, const char *path, size_t limit, char **ret_data,
			 size_t *ret_len)
{
	autoclose int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	autofree char *data = NULL;
	size_t capacity = 0;
	size_t len = 0;

	if (fd < 0)
		return err_sys(errno, "open %s", path);

	for (;;) {
		ssize_t n;

		if (len + 1 >= capacity) {
			size_t more = capacity ? 2 * capacity : READ_BYTES;
			char *grown = realloc(data, more);

			if (!grown)
				return err_nomem();
			data = grown;
			capacity = more;
		}

		n = read(fd, data + len, capacity - 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(errno, "read %s", path);
		if (n == 0)
			break;
		len += (size_t)n;
		if (len > limit)
			return err_new(ERR_FORMAT, "%s is longer than %zu bytes", path, limit);
	}

	data[len] = '\0';
	*ret_data = take_ptr(data);
	*ret_len = len;
	return NULL;
}
