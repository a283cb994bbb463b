// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "util/base/io.h"

enum {
	ZEROS_BYTES = 1 << 16,

	/* So much is left to the kernel before it is told to begin writing back. */
	WRITEBACK_BYTES = 8 << 20,
};

struct file_sink {
	struct sink sink;
	int fd;
	char *path;
	bool regular;
	uint64_t run_start; /* bytes written one behind the other, and not on their way yet */
	uint64_t run_end;
};

/*
 * The medium works while the next pages are compressed, and sync at the end has less to wait for. A
 * hint: whatever comes of it, sync will say.
 */
static void start_writeback(struct file_sink *file, uint64_t offset, uint64_t len)
{
	if (offset != file->run_end)
		file->run_start = offset;
	file->run_end = offset + len;
	if (!file->regular || file->run_end - file->run_start < WRITEBACK_BYTES)
		return;
	(void)sync_file_range(file->fd, (off_t)file->run_start,
			      (off_t)(file->run_end - file->run_start), SYNC_FILE_RANGE_WRITE);
	file->run_start = file->run_end;
}

static struct err *file_pwrite(struct sink *sink, const void *buf, size_t len, uint64_t offset,
			       size_t *ret_written)
{
	struct file_sink *file = (struct file_sink *)sink;

	*ret_written = 0;
	while (*ret_written < len) {
		ssize_t n = pwrite(file->fd, (const char *)buf + *ret_written, len - *ret_written,
				   (off_t)(offset + *ret_written));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(errno, "write %s at offset %llu", file->path,
				       (unsigned long long)(offset + *ret_written));
		if (n == 0)
			return err_sys(ENOSPC, "write %s at offset %llu", file->path,
				       (unsigned long long)(offset + *ret_written));
		*ret_written += (size_t)n;
	}
	start_writeback(file, offset, len);
	return NULL;
}

static struct err *file_pread(struct sink *sink, void *buf, size_t len, uint64_t offset)
{
	struct file_sink *file = (struct file_sink *)sink;
	size_t done;
	struct err *e = io_pread(file->fd, buf, len, offset, &done);

	if (e)
		return err_wrap(e, "read back %s", file->path);
	memset((char *)buf + done, 0, len - done);
	return NULL;
}

static struct err *write_zeros(struct file_sink *file, uint64_t offset, uint64_t len)
{
	autofree uint8_t *zeros = calloc(1, ZEROS_BYTES);

	if (!zeros)
		return err_nomem();
	while (len) {
		size_t n = (size_t)MIN(len, (uint64_t)ZEROS_BYTES);
		size_t written;
		struct err *e = file_pwrite(&file->sink, zeros, n, offset, &written);

		if (e)
			return e;
		offset += n;
		len -= n;
	}
	return NULL;
}

static struct err *file_put_zeros(struct sink *sink, uint64_t offset, uint64_t len)
{
	struct file_sink *file = (struct file_sink *)sink;

	/* A device keeps what was on it before. */
	return file->regular ? NULL : write_zeros(file, offset, len);
}

static struct err *file_reserve(struct sink *sink, uint64_t offset, uint64_t len)
{
	struct file_sink *file = (struct file_sink *)sink;

	if (!len)
		return NULL;
	if (!file->regular)
		return write_zeros(file, offset, len);

	do {
		if (!fallocate(file->fd, 0, (off_t)offset, (off_t)len))
			return NULL;
	} while (errno == EINTR);
	/* NFS before 4.2, CIFS, vfat: there only what is written has its space. */
	if (errno == EOPNOTSUPP || errno == ENOSYS)
		return write_zeros(file, offset, len);
	return err_sys(errno, "take %llu bytes for %s", (unsigned long long)len, file->path);
}

static struct err *file_sync(struct sink *sink)
{
	struct file_sink *file = (struct file_sink *)sink;

	/* /dev/null and the like cannot be synced, and need not. */
	if (fdatasync(file->fd) && errno != EINVAL && errno != EROFS)
		return err_sys(errno, "write back %s", file->path);
	return NULL;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Unless something else has taken its name meanwhile. */
static void remove_file(const struct file_sink *file)
{
	struct stat ours;
	struct stat named;

	if (!fstat(file->fd, &ours) && !lstat(file->path, &named) && same_file(&ours, &named))
		unlink(file->path);
}

static struct err *file_close(struct sink *sink, enum sink_end end)
{
	struct file_sink *file = (struct file_sink *)sink;
	struct err *e = NULL;

	if (end == SINK_DISCARD && file->regular)
		remove_file(file);
	if (close(file->fd) && errno != EINTR)
		e = err_sys(errno, "close %s", file->path);
	free(file->path);
	free(file);
	return e;
}

static const struct sink_ops file_ops = {
	.pwrite = file_pwrite,
	.pread = file_pread,
	.put_zeros = file_put_zeros,
	.reserve = file_reserve,
	.sync = file_sync,
	.close = file_close,
};

/* Nodes of one device may be many. */
static bool is_input(const struct stat *st, const struct stat *input)
{
	if (!input || (st->st_mode & S_IFMT) != (input->st_mode & S_IFMT))
		return false;
	if (S_ISBLK(st->st_mode) || S_ISCHR(st->st_mode))
		return st->st_rdev == input->st_rdev;
	return same_file(st, input);
}

/* /dev/null, and its like: zero and full (Documentation/admin-guide/devices.txt in the kernel). */
static bool keeps_nothing(const struct stat *st)
{
	unsigned int number = minor(st->st_rdev);

	return major(st->st_rdev) == 1 && (number == 3 || number == 5 || number == 7);
}

/* May we write to what is there already? */
static struct err *check_existing(const char *path, const struct stat *st,
				  const struct sink_file_config *config)
{
	if (is_input(st, config->input))
		return err_new(ERR_USAGE, "%s is the image itself: name another output", path);

	switch (st->st_mode & S_IFMT) {
	case S_IFREG:
		return config->overwrite ? NULL : err_sys(EEXIST, "%s (-f overwrites it)", path);
	case S_IFBLK:
		if (config->no_device)
			return err_new(ERR_UNSUPPORTED,
				       "%s is a block device, and what a stream leaves out would "
				       "stay what it was there: name a file",
				       path);
		if (config->overwrite)
			return NULL;
		return err_sys(EEXIST, "%s is a block device (-f overwrites what is on it)", path);
	case S_IFCHR:
		if (keeps_nothing(st))
			return NULL;
		return err_new(ERR_UNSUPPORTED,
			       "%s is a character device: name a file or a block device", path);
	case S_IFLNK:
		return err_new(ERR_UNSUPPORTED, "%s is a symbolic link: name the file it leads to",
			       path);
	case S_IFDIR:
		return err_sys(EISDIR, "%s", path);
	default:
		return err_new(ERR_UNSUPPORTED,
			       "%s is a FIFO or socket, and this format is not written in order: "
			       "name a file or a block device",
			       path);
	}
}

static struct err *open_existing(const char *path, const struct sink_file_config *config,
				 const struct stat *named, int *ret_fd)
{
	/* Without O_CREAT, O_EXCL keeps away from block devices in use (open(2)). */
	int exclusive = S_ISBLK(named->st_mode) ? O_EXCL : 0;
	autoclose int fd = -1;
	struct stat st;
	struct err *e;

	e = check_existing(path, named, config);
	if (e)
		return e;
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | exclusive);
	if (fd < 0)
		return err_sys(errno, "cannot write %s", path);

	/* What was looked at by name need not be what was opened. */
	if (fstat(fd, &st))
		return err_sys(errno, "%s", path);
	e = check_existing(path, &st, config);
	if (e)
		return e;
	if (S_ISREG(st.st_mode) && (ftruncate(fd, 0) || fchmod(fd, 0600)))
		return err_sys(errno, "cannot overwrite %s", path);
	*ret_fd = take_fd(&fd);
	return NULL;
}

static struct err *open_fd(const char *path, const struct sink_file_config *config, int *ret_fd)
{
	struct stat st;
	int fd;

	if (lstat(path, &st) == 0)
		return open_existing(path, config, &st, ret_fd);
	if (errno != ENOENT)
		return err_sys(errno, "cannot write %s", path);

	fd = open(path, O_RDWR | O_CLOEXEC | O_CREAT | O_EXCL, 0600);
	if (fd < 0)
		return err_sys(errno, "cannot write %s", path);
	*ret_fd = fd;
	return NULL;
}

struct err *sink_open_file(const char *path, const struct sink_file_config *config,
			   struct sink **ret_sink)
{
	autofree struct file_sink *file = calloc(1, sizeof(*file));
	autofree char *own_path = strdup(path);
	autoclose int fd = -1;
	struct stat st;
	struct err *e;

	if (!file || !own_path)
		return err_nomem();
	e = open_fd(path, config, &fd);
	if (e)
		return e;
	if (fstat(fd, &st))
		return err_sys(errno, "%s", path);

	file->sink.ops = &file_ops;
	file->regular = S_ISREG(st.st_mode);
	file->path = take_ptr(own_path);
	file->fd = take_fd(&fd);
	*ret_sink = &take_ptr(file)->sink;
	return NULL;
}

struct err *sink_put_file(const char *path, bool overwrite, const char *input, const void *bytes,
			  size_t len)
{
	struct sink_file_config config = { .overwrite = overwrite };
	struct err *closing;
	struct sink *sink;
	struct stat st;
	size_t written;
	struct err *e;

	if (!stat(input, &st))
		config.input = &st;
	e = sink_open_file(path, &config, &sink);
	if (e)
		return e;
	e = sink->ops->pwrite(sink, bytes, len, 0, &written);
	if (!e)
		e = sink->ops->sync(sink);
	closing = sink->ops->close(sink, e ? SINK_DISCARD : SINK_COMPLETE);
	if (!e)
		return closing;
	err_free(closing);
	return e;
}

static struct err *null_pwrite(struct sink *sink, const void *buf, size_t len, uint64_t offset,
			       size_t *ret_written)
{
	(void)sink;
	(void)buf;
	(void)offset;
	*ret_written = len;
	return NULL;
}

static struct err *null_pread(struct sink *sink, void *buf, size_t len, uint64_t offset)
{
	(void)sink;
	(void)offset;
	memset(buf, 0, len);
	return NULL;
}

static struct err *null_space(struct sink *sink, uint64_t offset, uint64_t len)
{
	(void)sink;
	(void)offset;
	(void)len;
	return NULL;
}

static struct err *null_sync(struct sink *sink)
{
	(void)sink;
	return NULL;
}

static struct err *null_close(struct sink *sink, enum sink_end end)
{
	(void)end;
	free(sink);
	return NULL;
}

static const struct sink_ops null_ops = {
	.pwrite = null_pwrite,
	.pread = null_pread,
	.put_zeros = null_space,
	.reserve = null_space,
	.sync = null_sync,
	.close = null_close,
};

struct err *sink_open_null(struct sink **ret_sink)
{
	struct sink *sink = calloc(1, sizeof(*sink));

	if (!sink)
		return err_nomem();
	sink->ops = &null_ops;
	*ret_sink = sink;
	return NULL;
}
