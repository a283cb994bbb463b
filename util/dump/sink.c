// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/base/io.h"

enum { ZEROS_BYTES = 1 << 16 };

struct file_sink {
	struct sink sink;
	int fd;
	char *path;
	bool regular;
};

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

static struct err *file_reserve(struct sink *sink, uint64_t offset, uint64_t len)
{
	struct file_sink *file = (struct file_sink *)sink;

	if (!len)
		return NULL;
	/* A device keeps what was on it before. */
	if (!file->regular)
		return write_zeros(file, offset, len);

	if (!fallocate(file->fd, 0, (off_t)offset, (off_t)len))
		return NULL;
	if (errno == EOPNOTSUPP || errno == ENOSYS) {
		/* Without space taken, at least the length: nothing may point past the end. */
		if (!ftruncate(file->fd, (off_t)(offset + len)))
			return NULL;
	}
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

static struct err *file_close(struct sink *sink, enum sink_end end)
{
	struct file_sink *file = (struct file_sink *)sink;
	struct err *e = NULL;

	if (end == SINK_DISCARD && file->regular)
		unlink(file->path);
	if (close(file->fd) && errno != EINTR)
		e = err_sys(errno, "close %s", file->path);
	free(file->path);
	free(file);
	return e;
}

static const struct sink_ops file_ops = {
	.pwrite = file_pwrite,
	.pread = file_pread,
	.reserve = file_reserve,
	.sync = file_sync,
	.close = file_close,
};

/* What is there already, if anything, and may we write to it? */
static struct err *check_existing(const char *path, const struct stat *st,
				  const struct sink_file_config *config)
{
	switch (st->st_mode & S_IFMT) {
	case S_IFREG:
		if ((uint64_t)st->st_dev == config->input_device &&
		    (uint64_t)st->st_ino == config->input_inode)
			return err_new(ERR_USAGE, "%s is the image itself: name another output",
				       path);
		if (!config->overwrite)
			return err_sys(EEXIST, "%s (-f overwrites it)", path);
		return NULL;
	case S_IFBLK:
	case S_IFCHR:
		return NULL;
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

static struct err *open_fd(const char *path, const struct sink_file_config *config, int *ret_fd)
{
	struct stat st;
	int fd;

	if (lstat(path, &st) == 0) {
		struct err *e = check_existing(path, &st, config);

		if (e)
			return e;
		fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	} else if (errno == ENOENT) {
		fd = open(path, O_RDWR | O_CLOEXEC | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	} else {
		return err_sys(errno, "cannot write %s", path);
	}
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

	/* What was looked at by name need not be what was opened. */
	e = check_existing(path, &st,
			   &(struct sink_file_config){
				   .overwrite = true,
				   .input_device = config->input_device,
				   .input_inode = config->input_inode,
			   });
	if (e)
		return e;
	if (S_ISREG(st.st_mode)) {
		if (ftruncate(fd, 0) || fchmod(fd, 0600))
			return err_sys(errno, "cannot overwrite %s", path);
	} else if (lseek(fd, 0, SEEK_SET) < 0) {
		return err_new(ERR_UNSUPPORTED,
			       "%s cannot seek, and this format is not written in order: name a "
			       "file or a block device",
			       path);
	}

	file->sink.ops = &file_ops;
	file->regular = S_ISREG(st.st_mode);
	file->path = take_ptr(own_path);
	file->fd = take_fd(&fd);
	*ret_sink = &take_ptr(file)->sink;
	return NULL;
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

static struct err *null_reserve(struct sink *sink, uint64_t offset, uint64_t len)
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
	.reserve = null_reserve,
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
