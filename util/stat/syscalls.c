// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/stat/syscalls.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "util/base/str.h"
#include "util/cli/suggest.h"

#ifdef HAVE_LIBSECCOMP
#include <seccomp.h>
#endif

static const struct syscall_entry *const tables[ABI_NR] = {
	[ABI_NATIVE] = syscalls_native,
	[ABI_IA32] = syscalls_ia32,
	[ABI_X32] = syscalls_x32,
};

static const char *const prefixes[ABI_NR] = { "", "ia32:", "x32:" };

static const char *name_in_headers(enum stat_abi abi, uint32_t nr)
{
	for (const struct syscall_entry *e = tables[abi]; e->name; e++)
		if (e->nr == nr)
			return e->name;
	return NULL;
}

#ifdef HAVE_LIBSECCOMP
static char *name_in_libseccomp(enum stat_abi abi, uint32_t nr)
{
	switch (abi) {
	case ABI_NATIVE:
		return seccomp_syscall_resolve_num_arch(seccomp_arch_native(), (int)nr);
	case ABI_IA32:
		return seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86, (int)nr);
	case ABI_X32:
		return seccomp_syscall_resolve_num_arch(SCMP_ARCH_X32, (int)(nr | 0x40000000));
	default:
		return NULL;
	}
}
#endif

struct syscall_name syscall_name(enum stat_abi abi, uint32_t nr)
{
	struct syscall_name result;
	autofree char *found = NULL;
	const char *name;

#ifdef HAVE_LIBSECCOMP
	found = name_in_libseccomp(abi, nr);
#endif
	/* The headers may be newer than the library. */
	name = found ? found : name_in_headers(abi, nr);
	if (name)
		snprintf(result.text, sizeof(result.text), "%s%s", prefixes[abi], name);
	else
		snprintf(result.text, sizeof(result.text), "%ssyscall_%d", prefixes[abi], (int)nr);
	return result;
}

int syscall_number(const char *name)
{
	for (const struct syscall_entry *e = syscalls_native; e->name; e++)
		if (!strcmp(e->name, name))
			return (int)e->nr;
	return -1;
}

/* ---- What calls move ---- */

struct kind {
	uint8_t what;
	const char *names; /* each between spaces */
};

static const struct kind kinds[] = {
	{ BYTES_RETURNED,
	  " read write pread64 pwrite64 readv writev preadv pwritev preadv2 pwritev2"
	  " sendfile sendfile64 copy_file_range splice tee vmsplice sendto recvfrom"
	  " send recv sendmsg recvmsg getrandom process_vm_readv process_vm_writev"
	  " mq_timedreceive " },
	{ BYTES_MMAP, " mmap mmap2 " },
	{ BYTES_MUNMAP, " munmap " },
	{ BYTES_MADVISE, " madvise " },
	{ BYTES_MREMAP, " mremap " },
	{ BYTES_BRK, " brk " },
	{ WHAT_EXEC, " execve execveat " },
	{ WHAT_RESTORES, " rt_sigreturn sigreturn " },
};

static const struct {
	const char *name;
	const char *members; /* each between spaces */
} groups[] = {
	{ "memory",
	  " brk madvise map_shadow_stack mbind memfd_secret migrate_pages mincore mlock"
	  " mlock2 mlockall mmap mmap2 move_pages mprotect mremap mseal msync munlock munlockall"
	  " munmap pkey_alloc pkey_free pkey_mprotect process_madvise process_mrelease"
	  " remap_file_pages set_mempolicy shmat shmdt userfaultfd " },
	{ "file",
	  " access chdir chmod chown close close_range copy_file_range creat dup dup2 dup3"
	  " faccessat faccessat2 fallocate fchdir fchmod fchmodat fchmodat2 fchown fchownat"
	  " fdatasync fstat fstat64 fstatat64 fstatfs fsync ftruncate ftruncate64 getcwd getdents"
	  " getdents64 lchown link linkat lseek _llseek lstat lstat64 mkdir mkdirat mknod mknodat"
	  " newfstatat open openat openat2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read"
	  " readahead readlink readlinkat readv rename renameat renameat2 rmdir sendfile"
	  " sendfile64 splice stat stat64 statfs statx symlink symlinkat sync sync_file_range"
	  " syncfs tee truncate truncate64 umask unlink unlinkat utime utimensat utimes vmsplice"
	  " write writev " },
	{ "network",
	  " accept accept4 bind connect getpeername getsockname getsockopt listen recv"
	  " recvfrom recvmmsg recvmsg send sendmmsg sendmsg sendto setsockopt shutdown socket"
	  " socketcall socketpair " },
	{ "process",
	  " clone clone3 execve execveat exit exit_group fork kill pidfd_open"
	  " pidfd_send_signal rt_sigqueueinfo rt_tgsigqueueinfo tgkill tkill unshare vfork wait4"
	  " waitid waitpid " },
};

static bool in_list(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = strstr(list, name); at; at = strstr(at + 1, name))
		if (at[-1] == ' ' && at[len] == ' ')
			return true;
	return false;
}

static uint8_t what_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (in_list(kinds[i].names, name))
			return kinds[i].what;
	return BYTES_NONE;
}

static void add(struct syscall_set *set, enum stat_abi abi, const struct syscall_entry *e)
{
	uint8_t what = what_of(e->name);

	if (e->nr >= SYSCALL_MAX)
		return;
	/* What i386 has had as mmap since before mmap2. */
	if (abi == ABI_IA32 && !strcmp(e->name, "mmap"))
		what = BYTES_OLD_MMAP;
	set->what[abi][e->nr] = WHAT_COUNTED | what;
}

void syscall_set_init(struct syscall_set *set)
{
	memset(set, 0, sizeof(*set));
	for (int abi = 0; abi < ABI_NR; abi++)
		for (const struct syscall_entry *e = tables[abi]; e->name; e++)
			if (e->nr < SYSCALL_MAX && what_of(e->name) == WHAT_EXEC)
				set->what[abi][e->nr] |= WHAT_EXEC;
}

void syscall_set_all(struct syscall_set *set)
{
	memset(set->what, WHAT_COUNTED, sizeof(set->what));
	set->unknown = true;
	for (int abi = 0; abi < ABI_NR; abi++)
		for (const struct syscall_entry *e = tables[abi]; e->name; e++)
			add(set, abi, e);
}

/* The ABI that @word begins with, which is taken off it; ABI_NR: none. */
static enum stat_abi take_prefix(const char **word)
{
	for (int abi = ABI_NATIVE + 1; abi < ABI_NR; abi++) {
		size_t len = strlen(prefixes[abi]);

		if (!strncmp(*word, prefixes[abi], len)) {
			*word += len;
			return (enum stat_abi)abi;
		}
	}
	return ABI_NR;
}

bool syscall_word_has_abi(const char *word)
{
	return take_prefix(&word) != ABI_NR;
}

struct err *syscall_set_add(struct syscall_set *set, const char *whole)
{
	const char *word = whole, *list = NULL;
	enum stat_abi only = take_prefix(&word);
	struct suggest near = suggest_init(word);
	guard(str) struct str hint = STR_INIT;
	bool found = false;

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		if (!strcmp(groups[i].name, word))
			list = groups[i].members;
		suggest_offer(&near, groups[i].name);
	}
	for (enum stat_abi abi = ABI_NATIVE; abi < ABI_NR; abi++) {
		for (const struct syscall_entry *e = tables[abi]; e->name; e++) {
			if (only != ABI_NR && abi != only)
				continue;
			if (abi == ABI_NATIVE || abi == only)
				suggest_offer(&near, e->name);
			if (list ? !in_list(list, e->name) : fnmatch(word, e->name, 0))
				continue;
			add(set, abi, e);
			found = true;
		}
	}
	if (found)
		return NULL;
	suggest_phrase(&near, only == ABI_NR ? "" : prefixes[only], &hint);
	return err_new(ERR_USAGE, "there is no system call '%s'%s", whole, hint.s);
}

bool syscall_set_has(const struct syscall_set *set, const char *name)
{
	int nr = syscall_number(name);

	return nr >= 0 && nr < SYSCALL_MAX && set->what[ABI_NATIVE][nr] & WHAT_COUNTED;
}

bool syscall_set_is_empty(const struct syscall_set *set)
{
	for (int abi = 0; abi < ABI_NR; abi++)
		for (uint32_t nr = 0; nr < SYSCALL_MAX; nr++)
			if (set->what[abi][nr] & WHAT_COUNTED)
				return false;
	return !set->unknown;
}

void syscall_set_each(const struct syscall_set *set, void (*visit)(uint32_t nr, void *data),
		      void *data)
{
	for (uint32_t nr = 0; nr < SYSCALL_MAX; nr++)
		if (set->what[ABI_NATIVE][nr] & WHAT_COUNTED)
			visit(nr, data);
}

const char *errno_symbol(unsigned int error)
{
	/* What the kernel says to itself: the call is begun again or becomes EINTR. */
	switch (error) {
	case 512:
		return "ERESTARTSYS";
	case 513:
		return "ERESTARTNOINTR";
	case 514:
		return "ERESTARTNOHAND";
	case 516:
		return "ERESTART_RESTARTBLOCK";
	default:
		break;
	}
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 32)
	return strerrorname_np((int)error);
#else
	return NULL;
#endif
}
