// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * faulty: vmtool itself, in a world where calls on files fail as told by the environment:
 *
 *	FAULTS="WHAT..." faulty dump -c core dump
 *
 *	CALL:N:HOW	the N-th CALL (from 1) on a file that is written to; N+ is it and all after it.
 *			CALL is pwrite, writev, fallocate, fdatasync or close. HOW is an error (EIO,
 *			ENOSPC, EDQUOT, EFBIG, EOPNOTSUPP), `short` (half is written, and no error),
 *			`kill` (half is written, and the process is killed by SIGKILL), `term` (of
 *			fdatasync: it is done, and SIGTERM has come before it returns)
 *	pread:OFFSET+LEN:HOW
 *			reads that touch these bytes of a file fail
 *	alloc:N:HOW	the N-th malloc or calloc of 64 KiB and more, by vmtool itself, finds no memory,
 *			whatever HOW says; N and N+ are as above
 *	thread:N:HOW	the N-th thread takes all memory there is: from then on each of these finds none
 *	count:FILE	the number of calls of each kind, left in FILE at the end
 *
 * The calls are defined here, which keeps the C library's from being linked in; those for memory
 * are led here by the linker (Makefile).
 */
#undef _FORTIFY_SOURCE /* which would call others */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FAULTS_MAX = 16, FDS_MAX = 1024, ALLOC_BYTES_MIN = 64 << 10 };

enum call {
	CALL_PWRITE,
	CALL_WRITEV,
	CALL_FALLOCATE,
	CALL_FDATASYNC,
	CALL_CLOSE,
	CALL_ALLOC,
	CALL_THREAD,
	CALL_PREAD,
	CALLS_NR
};

static const char *const call_names[CALLS_NR] = {
	[CALL_PWRITE] = "pwrite",	[CALL_WRITEV] = "writev", [CALL_FALLOCATE] = "fallocate",
	[CALL_FDATASYNC] = "fdatasync", [CALL_CLOSE] = "close",	  [CALL_ALLOC] = "alloc",
	[CALL_THREAD] = "thread",	[CALL_PREAD] = "pread",
};

enum how { HOW_ERROR, HOW_SHORT, HOW_KILL, HOW_TERM };

struct fault {
	enum call call;
	uint64_t from, to; /* calls, or bytes: exclusive */
	enum how how;
	int error;
};

static struct fault faults[FAULTS_MAX];
static size_t faults_nr;
static uint64_t calls_nr[CALLS_NR];
static bool written[FDS_MAX];
static bool memory_is_gone;
static const char *count_path;

static void bad(const char *what) __attribute__((noreturn));

static void bad(const char *what)
{
	fprintf(stderr, "faulty: FAULTS: %s\n", what);
	_exit(98);
}

static int error_of(const char *name)
{
	static const struct {
		const char *name;
		int error;
	} errors[] = { { "EIO", EIO },	   { "ENOSPC", ENOSPC }, { "EDQUOT", EDQUOT },
		       { "EFBIG", EFBIG }, { "ENOMEM", ENOMEM }, { "EOPNOTSUPP", EOPNOTSUPP } };

	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
		if (strcmp(name, errors[i].name) == 0)
			return errors[i].error;
	bad(name);
}

static void add_fault(char *word)
{
	struct fault *fault = &faults[faults_nr];
	char *place = strchr(word, ':');
	char *how = place ? strchr(place + 1, ':') : NULL;
	char *end;

	if (place && strncmp(word, "count:", 6) == 0) {
		count_path = place + 1;
		return;
	}
	if (!place || !how || faults_nr == FAULTS_MAX)
		bad(word);
	*place++ = *how++ = '\0';
	while (fault->call < CALLS_NR && strcmp(word, call_names[fault->call]) != 0)
		fault->call++;
	if (fault->call == CALLS_NR)
		bad(word);
	fault->from = strtoull(place, &end, 0);
	if (*end == '+')
		fault->to = end[1] ? fault->from + strtoull(end + 1, NULL, 0) : UINT64_MAX;
	else
		fault->to = fault->from + 1;
	if (strcmp(how, "short") == 0)
		fault->how = HOW_SHORT;
	else if (strcmp(how, "kill") == 0)
		fault->how = HOW_KILL;
	else if (strcmp(how, "term") == 0)
		fault->how = HOW_TERM;
	else
		fault->error = error_of(how);
	faults_nr++;
}

static void leave_counts(void)
{
	FILE *out = fopen(count_path, "we");

	for (int i = 0; out && i < CALL_PREAD; i++)
		fprintf(out, "%s %" PRIu64 "\n", call_names[i], calls_nr[i]);
	if (out)
		fclose(out);
}

__attribute__((constructor)) static void read_faults(void)
{
	static char *volatile kept; /* count_path points into it; a leak checker sees it here */
	const char *asked = getenv("FAULTS");
	char *text;
	char *save = NULL;

	if (!asked)
		return;
	text = kept = strdup(asked);
	if (!text)
		abort();
	for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save))
		add_fault(word);
	if (count_path)
		atexit(leave_counts);
}

/* The fault that meets [from, to) of @call, NULL: none. */
static const struct fault *fault_at(enum call call, uint64_t from, uint64_t to)
{
	for (size_t i = 0; i < faults_nr; i++)
		if (faults[i].call == call && from < faults[i].to && faults[i].from < to)
			return &faults[i];
	return NULL;
}

/* The same for the next call of this kind. */
static const struct fault *next_fault(enum call call)
{
	uint64_t n = __atomic_add_fetch(&calls_nr[call], 1, __ATOMIC_RELAXED);

	return fault_at(call, n, n + 1);
}

static int fail(const struct fault *fault)
{
	if (fault->how == HOW_KILL)
		kill(getpid(), SIGKILL);
	errno = fault->error;
	return -1;
}

ssize_t pwrite(int fd, const void *buf, size_t len, off_t offset)
{
	const struct fault *fault = next_fault(CALL_PWRITE);

	if (fd >= 0 && fd < FDS_MAX)
		written[fd] = true;
	if (fault && fault->how == HOW_SHORT)
		len = (len + 1) / 2;
	else if (fault && fault->how == HOW_KILL)
		syscall(SYS_pwrite64, fd, buf, len / 2, offset);
	if (fault && fault->how != HOW_SHORT)
		return fail(fault);
	return syscall(SYS_pwrite64, fd, buf, len, offset);
}

ssize_t writev(int fd, const struct iovec *iov, int iov_nr)
{
	const struct fault *fault = next_fault(CALL_WRITEV);

	if (!fault)
		return syscall(SYS_writev, fd, iov, iov_nr);
	if (fault->how == HOW_ERROR)
		return fail(fault);
	if (fault->how == HOW_SHORT)
		return syscall(SYS_write, fd, iov->iov_base, (iov->iov_len + 1) / 2);
	syscall(SYS_write, fd, iov->iov_base, iov->iov_len / 2);
	return fail(fault);
}

int fallocate(int fd, int mode, off_t offset, off_t len)
{
	const struct fault *fault = next_fault(CALL_FALLOCATE);

	return fault ? fail(fault) : (int)syscall(SYS_fallocate, fd, mode, offset, len);
}

/* vmtool knows of a signal when its eventfd has become readable (util/sys/signals.h). */
static void send_term(void)
{
	struct pollfd wait[32];
	nfds_t nr = 0;

	for (int fd = 3; fd < 64 && nr < 32; fd++) {
		char path[32];
		char target[32] = "";

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		if (readlink(path, target, sizeof(target) - 1) > 0 &&
		    strcmp(target, "anon_inode:[eventfd]") == 0)
			wait[nr++] = (struct pollfd){ .fd = fd, .events = POLLIN };
	}
	kill(getpid(), SIGTERM);
	poll(wait, nr, -1);
}

int fdatasync(int fd)
{
	const struct fault *fault = next_fault(CALL_FDATASYNC);

	if (fault && fault->how == HOW_TERM)
		send_term();
	else if (fault)
		return fail(fault);
	return (int)syscall(SYS_fdatasync, fd);
}

int close(int fd)
{
	bool counts = fd >= 0 && fd < FDS_MAX && written[fd];
	const struct fault *fault = counts ? next_fault(CALL_CLOSE) : NULL;
	int result;

	if (fault && fault->how == HOW_KILL)
		return fail(fault);
	if (counts)
		written[fd] = false;
	result = (int)syscall(SYS_close, fd);
	return fault ? fail(fault) : result;
}

ssize_t pread(int fd, void *buf, size_t len, off_t offset)
{
	const struct fault *fault = fault_at(CALL_PREAD, (uint64_t)offset, (uint64_t)offset + len);

	return fault ? fail(fault) : syscall(SYS_pread64, fd, buf, len, offset);
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t nr, size_t size);
void *__wrap_calloc(size_t nr, size_t size);

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
			  void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
			  void *arg);

static bool finds_memory(size_t size)
{
	if (size < ALLOC_BYTES_MIN)
		return true;
	return !next_fault(CALL_ALLOC) && !__atomic_load_n(&memory_is_gone, __ATOMIC_RELAXED);
}

void *__wrap_malloc(size_t size)
{
	return finds_memory(size) ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t nr, size_t size)
{
	return finds_memory(nr * size) ? __real_calloc(nr, size) : NULL;
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
			  void *arg)
{
	if (next_fault(CALL_THREAD))
		__atomic_store_n(&memory_is_gone, true, __ATOMIC_RELAXED);
	return __real_pthread_create(thread, attr, run, arg);
}
