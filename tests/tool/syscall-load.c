// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes known numbers of system calls, for tests of what counts them. Each argument is a task; they
 * are done one after the other:
 *
 *	calls=N		N getppid()
 *	errors=N	N close(-1): EBADF; N openat() of what is not there: ENOENT
 *	bytes=N		N write() of 4096 bytes into a pipe, N read() of them
 *	memory=N	N times: mmap 3 pages anonymous, 2 of a file, 4 as a stack; mremap the first to
 *			5; madvise them; munmap all; brk up by 7 pages and back
 *	kept=N		N times: mmap 3 pages, mremap them elsewhere but keep them, munmap both
 *	threads=TxN	T threads, each N getppid()
 *	forks=TxN	T threads, each N times fork, a child with one getuid(), wait4
 *	vforks=N	N times vfork, a child that only exits, wait4
 *	clones=N	N times clone3, a child with one getuid(), wait4
 *	execs=N		fork, a child that execs this program N times over, each with one getpgrp()
 *	killed=N	N children that block in pause() and are killed there
 *	broken=SxN	N children that block in pause() and N in epoll_wait(), ended by signal S
 *	interrupted=N	N epoll_pwait() and N rt_sigsuspend() that a signal with a handler breaks off
 *	ia32-memory=N	N times, by int 0x80: mmap 3 pages as the first one of i386, 2 by mmap2; munmap
 *	ia32=N		N times int 0x80 with 64, getppid of the 32-bit table
 *	x32=N		N calls of number 110 | bit 30, getppid of x32 (ENOSYS where that is left out)
 *	unknown=N	N calls of number 4000
 *	sleeps=N	N nanosleep() of 1 ms and N/9 of 10 ms; prints what p50 and p99 of all are
 *	touch=N		N pages of fresh memory are written to
 *	vectors=N	N readv() of 1024 vectors, for whose 16 KiB the kernel takes pages of order 2
 *	cost=NxM	N times M getppid(): prints ns of one, in the fastest of the N
 *	map-cost=NxM	the same of mmap() and munmap() of a page
 *	fork-cost=NxM	the same of fork, exit and wait4
 *	block		pause() until a signal ends it
 *	wait		read() a byte from standard input
 *	die=SIG		kills itself
 *	exit=CODE
 *	self-exec=N	what execs= begins
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "util/base/macros.h"

enum { THREADS_MAX = 64, SLEEPS_MAX = 10000, LOOK_NS = 500000 };
enum { KEEP_MAPPED = 4 }; /* MREMAP_DONTUNMAP: since 5.7, and headers may be older */

struct size {
	long threads;
	long nr;
};

static void must(int holds, const char *what)
{
	if (!holds) {
		perror(what);
		exit(1);
	}
}

static void make_calls(long nr)
{
	for (long i = 0; i < nr; i++)
		syscall(SYS_getppid);
}

static void make_errors(long nr)
{
	for (long i = 0; i < nr; i++) {
		syscall(SYS_close, -1);
		syscall(SYS_openat, AT_FDCWD, "/no/such/file", O_RDONLY);
	}
}

static void move_bytes(long nr)
{
	static char buf[4096];
	int fd[2];

	must(!pipe(fd), "pipe");
	for (long i = 0; i < nr; i++) {
		must(syscall(SYS_write, fd[1], buf, sizeof(buf)) == sizeof(buf), "write");
		must(syscall(SYS_read, fd[0], buf, sizeof(buf)) == sizeof(buf), "read");
	}
	close(fd[0]);
	close(fd[1]);
}

static void map_memory(long nr)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int fd = open("/proc/self/exe", O_RDONLY);
	uintptr_t top = (uintptr_t)syscall(SYS_brk, 0);

	must(fd >= 0, "open");
	/* Lengths are rounded up by the kernel, and so are the counts. */
	for (long i = 0; i < nr; i++) {
		char *anon = mmap(NULL, 3 * page - 100, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		char *file = mmap(NULL, 2 * page, PROT_READ, MAP_PRIVATE, fd, 0);
		char *stack = mmap(NULL, 4 * page, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

		must(anon != MAP_FAILED && file != MAP_FAILED && stack != MAP_FAILED, "mmap");
		anon = mremap(anon, 3 * page, 5 * page, MREMAP_MAYMOVE);
		must(anon != MAP_FAILED, "mremap");
		madvise(anon, 5 * page, MADV_DONTNEED);
		munmap(anon, 5 * page);
		munmap(file, 2 * page);
		munmap(stack, 4 * page);
		syscall(SYS_brk, top + 7 * page);
		syscall(SYS_brk, top);
	}
	close(fd);
}

static void keep_mapped(long nr)
{
	size_t bytes = 3 * (size_t)sysconf(_SC_PAGESIZE);

	for (long i = 0; i < nr; i++) {
		void *old = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		void *new;

		must(old != MAP_FAILED, "mmap");
		new = (void *)syscall(SYS_mremap, old, bytes, bytes, MREMAP_MAYMOVE | KEEP_MAPPED,
				      0);
		must(new != MAP_FAILED, "mremap");
		munmap(old, bytes);
		munmap(new, bytes);
	}
}

static void *thread_calls(void *size)
{
	make_calls(((struct size *)size)->nr);
	return NULL;
}

static void run_child(pid_t pid)
{
	if (!pid) {
		syscall(SYS_getuid);
		syscall(SYS_exit_group, 0);
	}
	must(pid > 0, "fork");
	must(syscall(SYS_wait4, pid, NULL, 0, NULL) == pid, "wait4");
}

static void *thread_forks(void *size)
{
	for (long i = 0; i < ((struct size *)size)->nr; i++)
		run_child((pid_t)syscall(SYS_fork));
	return NULL;
}

static void run_threads(struct size size, void *(*run)(void *))
{
	pthread_t thread[THREADS_MAX];

	must(size.threads <= THREADS_MAX, "threads");
	for (long i = 0; i < size.threads; i++)
		must(!pthread_create(&thread[i], NULL, run, &size), "pthread_create");
	for (long i = 0; i < size.threads; i++)
		pthread_join(thread[i], NULL);
}

static void make_vforks(long nr)
{
	/* The child runs in our frame: what it may change lives outside of registers. */
	for (volatile long i = 0; i < nr; i++) {
		volatile pid_t pid = vfork(); /* NOLINT: the call to be counted */

		if (!pid)
			_exit(0);
		must(pid > 0, "vfork");
		must(syscall(SYS_wait4, pid, NULL, 0, NULL) == pid, "wait4");
	}
}

static void make_clones(long nr)
{
	for (long i = 0; i < nr; i++) {
		struct clone_args args = { .exit_signal = SIGCHLD };

		run_child((pid_t)syscall(SYS_clone3, &args, sizeof(args)));
	}
}

static void exec_self(long nr)
{
	char arg[32];

	syscall(SYS_getpgrp);
	if (nr <= 1)
		syscall(SYS_exit_group, 0);
	snprintf(arg, sizeof(arg), "self-exec=%ld", nr - 1);
	execl("/proc/self/exe", "syscall-load", arg, (char *)NULL);
	must(0, "exec");
}

static void make_execs(long nr)
{
	char arg[32];
	pid_t pid = fork();

	snprintf(arg, sizeof(arg), "self-exec=%ld", nr);
	if (!pid) {
		execl("/proc/self/exe", "syscall-load", arg, (char *)NULL);
		_exit(1);
	}
	must(waitpid(pid, NULL, 0) == pid, "waitpid");
}

static void block_in_pause(int fd)
{
	(void)fd;
	syscall(SYS_pause);
}

static void block_in_epoll(int fd)
{
	struct epoll_event event;

	syscall(SYS_epoll_wait, fd, &event, 1, -1);
}

/*
 * Until the child sleeps, which it does in the call to be broken off and nowhere else. How often
 * that has to be looked at is chance: it takes calls that tests leave out when they compare,
 * pread64() and futex().
 */
static void wait_until_blocked(pid_t pid)
{
	const struct timespec moment = { .tv_nsec = LOOK_NS };
	const char *name_end = NULL;
	char path[32], stat[256];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY);
	must(fd >= 0, path);
	while (!name_end || strncmp(name_end, ") S", 3) != 0) {
		uint32_t word = 0;
		ssize_t len;

		syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &moment, NULL, 0);
		len = pread(fd, stat, sizeof(stat) - 1, 0);
		must(len > 0, path);
		stat[len] = '\0';
		name_end = strrchr(stat, ')');
	}
	close(fd);
}

static void end_blocked(int sig, void (*block)(int fd))
{
	int fd = epoll_create1(EPOLL_CLOEXEC);
	pid_t pid = fork();

	if (!pid) {
		/* No core, whatever the system does with them. */
		prctl(PR_SET_DUMPABLE, 0);
		block(fd);
		_exit(1);
	}
	wait_until_blocked(pid);
	kill(pid, sig);
	must(waitpid(pid, NULL, 0) == pid, "waitpid");
	close(fd);
}

static void kill_blocked(long nr)
{
	for (long i = 0; i < nr; i++)
		end_blocked(SIGKILL, block_in_pause);
}

static void break_off(struct size size)
{
	for (long i = 0; i < size.nr; i++) {
		end_blocked((int)size.threads, block_in_pause);
		end_blocked((int)size.threads, block_in_epoll);
	}
}

static void on_alarm(int sig)
{
	(void)sig;
}

/* The signal is let through by the call alone, so that none comes too early. */
static void interrupt(long nr)
{
	const struct itimerval soon = { .it_value.tv_usec = 1000 };
	struct sigaction action = { .sa_handler = on_alarm };
	int fd = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event;
	sigset_t alarm_only, none;

	sigemptyset(&none);
	sigemptyset(&alarm_only);
	sigaddset(&alarm_only, SIGALRM);
	sigprocmask(SIG_BLOCK, &alarm_only, NULL);
	sigaction(SIGALRM, &action, NULL);
	for (long i = 0; i < nr; i++) {
		setitimer(ITIMER_REAL, &soon, NULL);
		must(epoll_pwait(fd, &event, 1, -1, &none) == -1 && errno == EINTR, "epoll_pwait");
		setitimer(ITIMER_REAL, &soon, NULL);
		must(sigsuspend(&none) == -1 && errno == EINTR, "sigsuspend");
	}
	close(fd);
}

#ifdef __x86_64__
static long by_int80(long number, unsigned long a, unsigned long b, unsigned long c,
		     unsigned long d, unsigned long e)
{
	long ret = number;

	__asm__ volatile("int $0x80"
			 : "+a"(ret)
			 : "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
			 : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

static void make_ia32(long nr)
{
	for (long i = 0; i < nr; i++)
		by_int80(64, 0, 0, 0, 0, 0);
}

static void map_ia32(long nr)
{
	enum { OLD_MMAP = 90, MUNMAP = 91, MMAP2 = 192 };
	unsigned long page = (unsigned long)sysconf(_SC_PAGESIZE);
	/* Where 32 bits reach. */
	uint32_t *args = mmap(NULL, page, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	must(args != MAP_FAILED, "mmap");
	for (long i = 0; i < nr; i++) {
		const uint32_t wanted[] = { 0,		(uint32_t)(3 * page),
					    PROT_READ,	MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK,
					    UINT32_MAX, 0 };
		long at;

		memcpy(args, wanted, sizeof(wanted));
		at = by_int80(OLD_MMAP, (unsigned long)args, 0, 0, 0, 0);
		must(!by_int80(MUNMAP, (unsigned long)at, 3 * page, 0, 0, 0), "munmap");
		at = by_int80(MMAP2, 0, 2 * page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
			      UINT32_MAX);
		must(!by_int80(MUNMAP, (unsigned long)at, 2 * page, 0, 0, 0), "munmap");
	}
	munmap(args, page);
}
#else
static void make_ia32(long nr)
{
	(void)nr;
}

static void map_ia32(long nr)
{
	(void)nr;
}
#endif

static void make_numbered(long number, long nr)
{
	for (long i = 0; i < nr; i++)
		syscall(number);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int compare_times(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void sleep_often(long nr)
{
	static uint64_t took[SLEEPS_MAX];
	long total = 0;

	must(nr + nr / 9 <= SLEEPS_MAX, "sleeps");
	for (long i = 0; i < nr; i++) {
		for (int slow = 0; slow <= (i % 9 == 8); slow++) {
			struct timespec time = { .tv_nsec = slow ? 10000000 : 1000000 };
			uint64_t begin = now_ns();

			syscall(SYS_nanosleep, &time, NULL);
			took[total++] = now_ns() - begin;
		}
	}
	qsort(took, (size_t)total, sizeof(*took), compare_times);
	printf("p50 %llu p99 %llu\n", (unsigned long long)took[(total * 50 + 99) / 100 - 1],
	       (unsigned long long)took[(total * 99 + 99) / 100 - 1]);
	fflush(stdout);
}

static void touch_pages(long nr)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *memory = mmap(NULL, (size_t)nr * page, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(memory != MAP_FAILED, "mmap");
	madvise(memory, (size_t)nr * page, MADV_NOHUGEPAGE);
	for (long i = 0; i < nr; i++)
		memory[(size_t)i * page] = 1;
	munmap(memory, (size_t)nr * page);
}

static void read_vectors(long nr)
{
	static struct iovec vector[IOV_MAX];
	int fd = open("/dev/null", O_RDONLY);

	must(fd >= 0, "open");
	for (long i = 0; i < nr; i++)
		must(!syscall(SYS_readv, fd, vector, IOV_MAX), "readv");
	close(fd);
}

static void one_call(void)
{
	syscall(SYS_getppid);
}

static void one_mapping(void)
{
	munmap(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 4096);
}

static void one_fork(void)
{
	run_child((pid_t)syscall(SYS_fork));
}

/* The fastest burst is the one that nothing else on the machine came between. */
static void print_cost(const char *name, struct size size, void (*once)(void))
{
	uint64_t best = UINT64_MAX;

	for (long i = 0; i < size.threads; i++) {
		uint64_t begin = now_ns(), took;

		for (long j = 0; j < size.nr; j++)
			once();
		took = now_ns() - begin;
		best = MIN(best, took);
	}
	printf("%s %.1f\n", name, (double)best / (double)size.nr);
	fflush(stdout);
}

static void run(const char *name, size_t len, struct size size)
{
	static const struct {
		const char *name;
		void (*run)(long nr);
	} tasks[] = {
		{ "calls", make_calls },     { "errors", make_errors },
		{ "bytes", move_bytes },     { "memory", map_memory },
		{ "vforks", make_vforks },   { "clones", make_clones },
		{ "execs", make_execs },     { "killed", kill_blocked },
		{ "ia32", make_ia32 },	     { "sleeps", sleep_often },
		{ "touch", touch_pages },    { "self-exec", exec_self },
		{ "vectors", read_vectors }, { "interrupted", interrupt },
		{ "ia32-memory", map_ia32 }, { "kept", keep_mapped },
	};

	for (size_t i = 0; i < ARRAY_SIZE(tasks); i++) {
		if (strlen(tasks[i].name) == len && !strncmp(tasks[i].name, name, len)) {
			tasks[i].run(size.nr);
			return;
		}
	}
	if (!strncmp(name, "threads=", 8))
		run_threads(size, thread_calls);
	else if (!strncmp(name, "forks=", 6))
		run_threads(size, thread_forks);
	else if (!strncmp(name, "broken=", 7))
		break_off(size);
	else if (!strncmp(name, "cost=", 5))
		print_cost("call", size, one_call);
	else if (!strncmp(name, "map-cost=", 9))
		print_cost("map", size, one_mapping);
	else if (!strncmp(name, "fork-cost=", 10))
		print_cost("fork", size, one_fork);
	else if (!strncmp(name, "x32=", 4))
		make_numbered(110 | 0x40000000, size.nr);
	else if (!strncmp(name, "unknown=", 8))
		make_numbered(4000, size.nr);
	else if (!strcmp(name, "wait"))
		must(syscall(SYS_read, STDIN_FILENO, (char[1]){ 0 }, 1) >= 0, "read");
	else if (!strcmp(name, "block"))
		syscall(SYS_pause);
	else if (!strncmp(name, "die=", 4))
		kill(getpid(), (int)size.nr);
	else if (!strncmp(name, "exit=", 5))
		exit((int)size.nr);
	else
		must(0, name);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		size_t len = strcspn(argv[i], "=");
		struct size size = { .threads = 1 };

		if (argv[i][len]) {
			char *end;

			size.nr = strtol(argv[i] + len + 1, &end, 10);
			if (*end == 'x') {
				size.threads = size.nr;
				size.nr = strtol(end + 1, NULL, 10);
			}
		}
		run(argv[i], len, size);
	}
	return 0;
}
