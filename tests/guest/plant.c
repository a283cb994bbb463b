// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The last program of a guest: fill its memory with pages of every class a dump tells apart, write
 * down what the kernel itself says about every page, crash. With a command that is run instead.
 *
 *	plant TRUTH-DISK SCRATCH-DIR DISK-DIR [COMMAND...]
 *
 * TRUTH-DISK is a block device; it receives a tar file: "planted" (class, index and page frame of
 * each planted page), two snapshots of /proc/kpageflags, one of /proc/kpagecount, and text files of
 * /proc. SCRATCH-DIR is on tmpfs, DISK-DIR on a file system with a disk behind it.
 *
 * The truth is worth as much as the time between taking it and the crash is short, so everything is
 * allocated, touched and locked before, the snapshots are written past the page cache, and two
 * snapshots are taken: what differs between them shows how restless the machine is.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "plant.h"

#define PAGE ((size_t)sysconf(_SC_PAGESIZE))
#define PAGES_OF_MIB(mib) (((size_t)(mib) << 20) / PAGE)

static void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("PLANT-FAILED ");
	vprintf(format, args);
	printf(": %s\n", strerror(errno));
	va_end(args);
	exit(1);
}

/* Not every kernel has every knob; what a missing knob breaks, the checker on the host finds. */
static void set_knob(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		printf("PLANT-NOTE %s stays as it is: %s\n", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

static unsigned long read_knob(const char *path)
{
	char text[32] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	return strtoul(text, NULL, 10);
}

/* The number behind @name at the beginning of a line. */
static unsigned long read_number(const char *path, const char *name)
{
	char line[128];
	unsigned long value = 0;
	size_t length = strlen(name);
	FILE *file = fopen(path, "re");

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, name, length) && line[length] == ' ')
			value = strtoul(line + length, NULL, 10);
	fclose(file);
	return value;
}

/* 0: the machine has none. */
static size_t huge_bytes(void)
{
	return read_number("/proc/meminfo", "Hugepagesize:") << 10;
}

static void wait_ms(long ms)
{
	struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

/* --- the list of planted pages ------------------------------------------------------------- */

/*
 * Pages mapped here until the end; their frames are looked up just before the crash. Page k lies at
 * @at + k * @stride pages and has the number @first_index + k * @index_step.
 */
struct planted {
	const char *class;
	char *at;
	size_t pages, stride;
	uint64_t first_index, index_step;
};

struct garden {
	struct planted planted[32];
	size_t planted_nr;
	char *list; /* text: class, index, frame */
	size_t list_bytes, list_max;
	int pagemap_fd;
};

static uint64_t frame_of(const struct garden *garden, const void *at)
{
	uint64_t entry;

	if (pread(garden->pagemap_fd, &entry, sizeof(entry),
		  (uintptr_t)at / PAGE * sizeof(entry)) != sizeof(entry))
		die("pagemap");
	return entry >> 63 ? entry & ((1ull << 55) - 1) : 0;
}

static void list_page(struct garden *garden, const char *class, uint64_t index, uint64_t frame)
{
	if (garden->list_max - garden->list_bytes < 80)
		die("too many planted pages");
	garden->list_bytes += snprintf(garden->list + garden->list_bytes, 80, "%s %llu %llu\n",
				       class, (unsigned long long)index, (unsigned long long)frame);
}

static void list_pages(struct garden *garden, const struct planted *planted)
{
	for (size_t i = 0; i < planted->pages; i++)
		list_page(garden, planted->class, planted->first_index + i * planted->index_step,
			  frame_of(garden, planted->at + i * planted->stride * PAGE));
}

static void fill_pages(char *at, size_t pages, const char *class, uint64_t first_index)
{
	for (size_t i = 0; i < pages; i++)
		plant_fill(at + i * PAGE, PAGE, class, first_index + i);
}

/* Remember pages that stay mapped. They are filled already. */
static void keep(struct garden *garden, struct planted planted)
{
	if (garden->planted_nr == sizeof(garden->planted) / sizeof(garden->planted[0]))
		die("too many kinds of planted pages");
	garden->planted[garden->planted_nr++] = planted;
}

static void keep_pages(struct garden *garden, const char *class, char *at, size_t pages)
{
	keep(garden, (struct planted){ class, at, pages, 1, 0, 1 });
}

static char *map_pages(size_t pages, int flags)
{
	char *at = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	if (at == MAP_FAILED)
		die("mmap of %zu pages", pages);
	return at;
}

/* --- one function per class ------------------------------------------------------------------ */

static void plant_anonymous(struct garden *garden)
{
	size_t pages = PAGES_OF_MIB(24), locked = PAGES_OF_MIB(2), zero = 512;
	char *at = map_pages(pages, 0);

	madvise(at, pages * PAGE, MADV_NOHUGEPAGE);
	fill_pages(at, pages, "anon", 0);
	keep_pages(garden, "anon", at, pages);

	at = map_pages(locked, 0);
	madvise(at, locked * PAGE, MADV_NOHUGEPAGE);
	if (mlock(at, locked * PAGE))
		die("mlock");
	fill_pages(at, locked, "mlock", 0);
	keep_pages(garden, "mlock", at, locked);

	/* Written once and zero again: user pages, and zero pages as well. */
	at = map_pages(zero, 0);
	madvise(at, zero * PAGE, MADV_NOHUGEPAGE);
	memset(at, 1, zero * PAGE);
	memset(at, 0, zero * PAGE);
	keep_pages(garden, "zero", at, zero);
}

/* At least @bytes of memory for huge pages of @huge bytes, not touched yet. */
static char *map_huge(size_t bytes, size_t huge, size_t *ret_pages)
{
	size_t pages = (bytes + huge - 1) / huge * huge / PAGE;
	uintptr_t at = (uintptr_t)map_pages(pages + huge / PAGE, 0);

	at = (at + huge - 1) & ~(huge - 1);
	madvise((void *)at, pages * PAGE, MADV_HUGEPAGE);
	*ret_pages = pages;
	return (char *)at;
}

static void plant_huge(struct garden *garden)
{
	size_t huge = huge_bytes(), pages;
	char *at;

	if (!huge) {
		printf("PLANT-NOTE there are no huge pages here\n");
		return;
	}
	at = map_huge(12 << 20, huge, &pages);
	fill_pages(at, pages, "thp", 0);
	keep_pages(garden, "thp", at, pages);

	/* Two of these stay in the pool without a user. */
	set_knob("/proc/sys/vm/nr_hugepages", "4");
	pages = 2 * huge / PAGE;
	at = map_pages(pages, MAP_HUGETLB);
	fill_pages(at, pages, "hugetlb", 0);
	keep_pages(garden, "hugetlb", at, pages);
}

static void plant_shared(struct garden *garden, const char *scratch)
{
	size_t pages = PAGES_OF_MIB(4);
	char path[256];
	char *at;
	int fd;

	snprintf(path, sizeof(path), "%s/tmpfs-file", scratch);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, pages * PAGE))
		die("%s", path);
	at = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		die("mmap %s", path);
	fill_pages(at, pages, "tmpfs", 0);
	keep_pages(garden, "tmpfs", at, pages);

	at = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		die("mmap of shared memory");
	fill_pages(at, pages, "shmem", 0);
	keep_pages(garden, "shmem", at, pages);
}

static char *map_file(const char *path, size_t pages)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	char *at;

	if (fd < 0)
		die("%s", path);
	at = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		die("mmap %s", path);
	close(fd);
	return at;
}

static void write_file(const char *path, const char *class, size_t pages)
{
	char *page = map_pages(1, 0);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		die("%s", path);
	for (size_t i = 0; i < pages; i++) {
		plant_fill(page, PAGE, class, i);
		if (write(fd, page, PAGE) != (ssize_t)PAGE)
			die("write %s", path);
	}
	if (fsync(fd))
		die("fsync %s", path);
	memset(page, 0, PAGE);
	close(fd);
}

/*
 * ext4 hangs buffer heads on pages it writes (page cache with private data) and none on pages it
 * reads through mpage (fs/ext4/readpage.c), so one file is written and stays, the other is dropped
 * and read back.
 */
static void plant_page_cache(struct garden *garden, const char *disk)
{
	size_t pages = PAGES_OF_MIB(6);
	char path[256];
	unsigned long sum = 0;
	char *at;

	snprintf(path, sizeof(path), "%s/read-back", disk);
	write_file(path, "file", pages);
	sync();
	set_knob("/proc/sys/vm/drop_caches", "1");
	at = map_file(path, pages);
	for (size_t i = 0; i < pages; i++)
		sum += *(volatile char *)(at + i * PAGE);
	keep_pages(garden, "file", at, pages);

	snprintf(path, sizeof(path), "%s/written", disk);
	write_file(path, "private", pages);
	at = map_file(path, pages);
	for (size_t i = 0; i < pages; i++)
		sum += *(volatile char *)(at + i * PAGE);
	keep_pages(garden, "private", at, pages);
	printf("PLANT-NOTE sum of file bytes %lu\n", sum);
}

static void plant_merged(struct garden *garden)
{
	size_t pages = 256;
	char *at = map_pages(pages, 0);
	int tries;

	madvise(at, pages * PAGE, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < pages; i++)
		plant_fill(at + i * PAGE, PAGE, "ksm", 0);
	if (madvise(at, pages * PAGE, MADV_MERGEABLE))
		die("madvise MADV_MERGEABLE");
	set_knob("/sys/kernel/mm/ksm/pages_to_scan", "20000");
	set_knob("/sys/kernel/mm/ksm/sleep_millisecs", "20");
	set_knob("/sys/kernel/mm/ksm/run", "1");
	for (tries = 0; tries < 200; tries++) {
		if (read_knob("/sys/kernel/mm/ksm/pages_sharing") >= pages - 2)
			break;
		wait_ms(20);
	}
	set_knob("/sys/kernel/mm/ksm/run", "0");
	printf("PLANT-NOTE %lu of %zu pages share a KSM page\n",
	       read_knob("/sys/kernel/mm/ksm/pages_sharing"), pages);
	/* All of them are page 0. */
	keep(garden, (struct planted){ "ksm", at, pages, 1, 0, 0 });
}

/* Kernel memory with content of ours; none of it may ever be left out of a dump. */
static void plant_kernel(struct garden *garden)
{
	/* The buffer may not look like a planted page itself, hence the odd offset. */
	char *buffer = map_pages(3, 0), *page = buffer + 1000;
	size_t slabs = 64, pipes = 128, vmalloc = 256;
	union bpf_attr attr;
	int queue, ends[2], fd;
	char *at;

	set_knob("/proc/sys/kernel/msgmax", "100000");
	set_knob("/proc/sys/kernel/msgmnb", "10000000");
	queue = msgget(IPC_PRIVATE, 0600);
	if (queue < 0)
		die("msgget");
	for (size_t i = 0; i < slabs; i++) {
		/* The kernel takes the leading long as the type of the message. */
		size_t bytes = PAGE - PLANT_SLAB_OFFSET;

		*(long *)page = 1;
		plant_fill(page + sizeof(long), bytes, "slab", i);
		if (msgsnd(queue, page, bytes, IPC_NOWAIT))
			die("msgsnd");
		list_page(garden, "slab", i, 0);
	}

	if (pipe2(ends, O_CLOEXEC) || fcntl(ends[1], F_SETPIPE_SZ, pipes * PAGE) < 0)
		die("pipe");
	for (size_t i = 0; i < pipes; i++) {
		plant_fill(page, PAGE, "pipe", i);
		if (write(ends[1], page, PAGE) != (ssize_t)PAGE)
			die("write to pipe");
		list_page(garden, "pipe", i, 0);
	}

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = PAGE;
	attr.max_entries = vmalloc;
	attr.map_flags = BPF_F_MMAPABLE;
	/* Memory of BPF maps counts as locked memory up to 5.10. */
	setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY });
	fd = syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
	if (fd < 0)
		die("BPF map");
	at = mmap(NULL, vmalloc * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		die("mmap of BPF map");
	fill_pages(at, vmalloc, "vmalloc", 0);
	keep_pages(garden, "vmalloc", at, vmalloc);
	memset(buffer, 0, 3 * PAGE);
}

/* Slab pages as a used machine has them: directory entries and inodes. */
static void plant_names(const char *scratch)
{
	char path[256];

	for (int i = 0; i < 3000; i++) {
		int fd;

		snprintf(path, sizeof(path), "%s/name-%d-of-an-empty-file", scratch, i);
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		if (fd >= 0)
			close(fd);
	}
}

/*
 * Memory that is given back. Every other page of one range is released, the whole of the other; the
 * frames are listed while they can still be looked up.
 */
static void plant_freed(struct garden *garden)
{
	size_t pages = PAGES_OF_MIB(16), whole_pages = PAGES_OF_MIB(24);
	char *fragments = map_pages(pages, 0), *whole = map_pages(whole_pages, 0);

	madvise(fragments, pages * PAGE, MADV_NOHUGEPAGE);
	madvise(whole, whole_pages * PAGE, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < pages; i++)
		plant_fill(fragments + i * PAGE, PAGE, i % 2 ? "hold" : "frag", i);
	fill_pages(whole, whole_pages, "free", 0);
	for (size_t i = 0; i < pages; i += 2)
		list_page(garden, "frag", i, frame_of(garden, fragments + i * PAGE));
	for (size_t i = 0; i < whole_pages; i++)
		list_page(garden, "free", i, frame_of(garden, whole + i * PAGE));
	keep(garden, (struct planted){ "hold", fragments + PAGE, pages / 2, 2, 1, 2 });

	/* What is given back last stays in the lists of the cpu; both kinds should get out. */
	for (size_t i = 0; i < pages; i += 2)
		madvise(fragments + i * PAGE, PAGE, MADV_DONTNEED);
	munmap(whole, whole_pages * PAGE);
}

/* Newer kernels signal whoever owned the page, even when the error is a made up one. */
static void survive(int signal)
{
	(void)signal;
}

static void poison(struct garden *garden, char *at, uint64_t index)
{
	uint64_t frame = frame_of(garden, at);

	if (madvise(at, PAGE, MADV_HWPOISON))
		die("madvise MADV_HWPOISON");
	list_page(garden, "poison", index, frame);
}

/* Pages hit by memory errors: plain anonymous ones, one of a huge page, one of the page cache. */
static void plant_poison(struct garden *garden, const char *disk)
{
	size_t pages = 8, huge_pages, huge_page = huge_bytes();
	char *at = map_pages(pages + 1, 0), *huge, *file;
	char path[256];

	signal(SIGBUS, survive);
	madvise(at, (pages + 1) * PAGE, MADV_NOHUGEPAGE);
	fill_pages(at, pages + 1, "poison", 0);
	if (madvise(at + pages * PAGE, PAGE, MADV_HWPOISON)) {
		printf("PLANT-NOTE no poisoned pages: %s\n", strerror(errno));
		return;
	}
	for (size_t i = 0; i < pages; i++)
		poison(garden, at + i * PAGE, i);

	if (huge_page) {
		huge = map_huge(1, huge_page, &huge_pages);
		fill_pages(huge, huge_pages, "split", 0);
		keep_pages(garden, "split", huge, 5);
		poison(garden, huge + 5 * PAGE, pages);
	}

	snprintf(path, sizeof(path), "%s/poisoned", disk);
	write_file(path, "bad-file", 4);
	file = map_file(path, 4);
	if (!memchr(file + 2 * PAGE, 'V', PAGE))
		die("%s", path);
	poison(garden, file + 2 * PAGE, pages + 1);
	signal(SIGBUS, SIG_DFL);
}

/* The host has asked for memory before we came; the driver hands it out as soon as it is loaded. */
static void plant_balloon(void)
{
	unsigned long before = 0, now;
	int tries;

	if (system("insmod /modules/late-virtio_balloon.ko"))
		printf("PLANT-NOTE the balloon driver did not load\n");
	for (tries = 0; tries < 100; tries++) {
		now = read_number("/proc/vmstat", "balloon_inflate");
		if (now && now == before)
			break;
		before = now;
		wait_ms(50);
	}
	printf("PLANT-NOTE balloon holds %lu pages\n", before);
}

/* --- the truth ----------------------------------------------------------------------------- */

struct archive {
	char *at;
	size_t bytes, max;
	size_t header; /* of the file being written */
};

static void archive_begin(struct archive *archive, const char *name)
{
	char *header = archive->at + archive->bytes;

	/* Memory is fresh and therefore zero. Layout: POSIX ustar. */
	archive->header = archive->bytes;
	snprintf(header, 100, "%s", name);
	memcpy(header + 100, "0000644", 8);
	memcpy(header + 108, "0000000", 8);
	memcpy(header + 116, "0000000", 8);
	memcpy(header + 136, "00000000000", 12);
	memset(header + 148, ' ', 8);
	header[156] = '0';
	memcpy(header + 257, "ustar\00000", 8);
	archive->bytes += 512;
}

static void archive_end(struct archive *archive)
{
	char *header = archive->at + archive->header;
	size_t bytes = archive->bytes - archive->header - 512;
	unsigned int sum = 0;

	snprintf(header + 124, 12, "%011zo", bytes);
	for (size_t i = 0; i < 512; i++)
		sum += (unsigned char)header[i];
	snprintf(header + 148, 8, "%06o", sum);
	archive->bytes = (archive->bytes + 511) & ~511ul;
}

static void archive_file(struct archive *archive, const char *name, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = 0;

	archive_begin(archive, name);
	while (fd >= 0) {
		size_t room = archive->max - archive->bytes - 4096;

		/* /proc/kpageflags takes multiples of 8 only. */
		got = read(fd, archive->at + archive->bytes, room < 65536 ? room & ~7ul : 65536);
		if (got <= 0)
			break;
		archive->bytes += got;
	}
	if (fd < 0 || got < 0)
		die("%s", path);
	close(fd);
	archive_end(archive);
}

/* What was planted stays while the command runs. */
static void run_command(char **command)
{
	pid_t pid;
	int error = posix_spawnp(&pid, command[0], NULL, NULL, command, environ);

	if (error) {
		errno = error;
		die("%s", command[0]);
	}
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Returns if there is a @command to run. */
static void tell_truth_and_crash(struct garden *garden, struct archive *archive,
				 const char *disk_path, char **command)
{
	static const char *const texts[] = { "zoneinfo", "meminfo", "iomem",  "vmstat",
					     "slabinfo", "cmdline", "version" };
	int disk = open(disk_path, O_WRONLY | O_DIRECT | O_CLOEXEC);
	int trigger = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);

	if (disk < 0 || trigger < 0)
		die("%s or /proc/sysrq-trigger", disk_path);
	sync();
	wait_ms(1500);

	for (size_t i = 0; i < garden->planted_nr; i++)
		list_pages(garden, &garden->planted[i]);
	archive_begin(archive, "planted");
	memcpy(archive->at + archive->bytes, garden->list, garden->list_bytes);
	archive->bytes += garden->list_bytes;
	archive_end(archive);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/%s", texts[i]);
		archive_file(archive, texts[i], path);
	}
	printf("PLANT-CRASHING\n");
	fflush(stdout);
	wait_ms(200);
	archive_file(archive, "buddyinfo", "/proc/buddyinfo");
	archive_file(archive, "kpagecount", "/proc/kpagecount");
	archive_file(archive, "kpageflags-before", "/proc/kpageflags");
	archive_file(archive, "kpageflags", "/proc/kpageflags");
	archive->bytes = (archive->bytes + 1024 + PAGE - 1) & ~(PAGE - 1ul);
	if (pwrite(disk, archive->at, archive->bytes, 0) != (ssize_t)archive->bytes)
		die("write %s", disk_path);
	if (*command)
		run_command(command);
	else if (write(trigger, "c", 1) != 1)
		die("sysrq");
}

/* Page frames up to the end of memory, holes among them: hot-added memory lies above 4 GiB. */
static size_t end_pfn(void)
{
	FILE *map = fopen("/proc/iomem", "r");
	unsigned long end = 0;
	char line[256];

	if (!map)
		die("/proc/iomem");
	while (fgets(line, sizeof(line), map)) {
		unsigned long last;

		if (strstr(line, ": System RAM") && sscanf(line, "%*x-%lx", &last) == 1)
			end = last / PAGE + 1 > end ? last / PAGE + 1 : end;
	}
	fclose(map);
	return end;
}

int main(int argc, char **argv)
{
	struct garden garden = { .list_max = 2 << 20 };
	/* Three files of 8 bytes a page frame, and some text. */
	struct archive archive = { .max = 24 * end_pfn() + (6 << 20) };

	if (argc < 4) {
		fprintf(stderr, "usage: plant TRUTH-DISK SCRATCH-DIR DISK-DIR [COMMAND...]\n");
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	garden.pagemap_fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (garden.pagemap_fd < 0)
		die("/proc/self/pagemap");
	garden.list = map_pages(garden.list_max / PAGE, MAP_POPULATE | MAP_LOCKED);
	archive.at = map_pages((archive.max + PAGE - 1) / PAGE, MAP_POPULATE | MAP_LOCKED);

	/* Nothing but us may move pages. */
	set_knob("/proc/sys/kernel/sysrq", "1");
	set_knob("/proc/sys/kernel/numa_balancing", "0");
	set_knob("/proc/sys/vm/compaction_proactiveness", "0");
	/*
	 * On larger machines lists of free pages per processor take in all that is given back here.
	 */
	set_knob("/proc/sys/vm/percpu_pagelist_high_fraction", "1000");
	set_knob("/proc/sys/vm/stat_interval", "3600"); /* this worker also empties per-cpu lists */
	set_knob("/sys/kernel/mm/transparent_hugepage/enabled", "madvise");
	set_knob("/sys/kernel/mm/transparent_hugepage/khugepaged/defrag", "0");

	plant_huge(&garden);
	plant_page_cache(&garden, argv[3]);
	plant_anonymous(&garden);
	plant_shared(&garden, argv[2]);
	plant_kernel(&garden);
	plant_names(argv[2]);
	plant_merged(&garden);
	plant_poison(&garden, argv[3]);
	plant_balloon();
	plant_freed(&garden);
	tell_truth_and_crash(&garden, &archive, argv[1], argv + 4);
	if (argc == 4)
		die("the crash did not come");
	return 0;
}
