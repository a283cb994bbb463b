// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/base/cleanup.h"
#include "util/stat/tasks.h"

struct other {
	int fd;
	pid_t tid; /* set by the thread */
};

static void *until_end(void *data)
{
	struct other *other = data;
	char byte;

	other->tid = gettid();
	(void)!read(other->fd, &byte, 1);
	return NULL;
}

struct visits {
	size_t leaders, threads;
	int failed; /* of a thread */
	int leader_failed;
};

static struct err *visit(pid_t tid, void *data)
{
	struct visits *visits = data;
	bool leader = tid == getpid();
	int failed = leader ? visits->leader_failed : visits->failed;

	++*(leader ? &visits->leaders : &visits->threads);
	return failed ? err_sys(failed, "visit") : NULL;
}

/* A sanitizer may have one of its own. */
static size_t threads_now(void)
{
	DIR *dir = opendir("/proc/self/task");
	struct dirent *entry;
	size_t nr = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		nr += entry->d_name[0] != '.';
	closedir(dir);
	return nr;
}

/* A thread that was joined is there for a moment more. */
static void wait_until_gone(pid_t tid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%d", (int)tid);
	while (!access(path, F_OK))
		usleep(100);
}

/* Of this process, and one more thread: the error of the visit. */
static int visited(struct visits *visits)
{
	const pid_t id = getpid();
	struct other other;
	pthread_t thread;
	int fd[2];
	autoerr struct err *err = NULL;

	assert_int_equal(pipe(fd), 0);
	other.fd = fd[0];
	assert_int_equal(pthread_create(&thread, NULL, until_end, &other), 0);
	err = tasks_each(&id, 1, true, visit, visits);
	close(fd[1]);
	pthread_join(thread, NULL);
	wait_until_gone(other.tid);
	close(fd[0]);
	return err ? err_errno(err) : 0;
}

static void each_thread_is_visited_once(void **state)
{
	struct visits visits = { .failed = 0 };

	(void)state;
	assert_int_equal(visited(&visits), 0);
	assert_int_equal(visits.leaders, 1);
	assert_int_equal(visits.threads, threads_now());
}

static void one_that_has_ended_meanwhile_is_left_out(void **state)
{
	struct visits visits = { .failed = ESRCH };

	(void)state;
	assert_int_equal(visited(&visits), 0);
	assert_int_equal(visits.threads, threads_now());
}

static void one_that_refuses_is_an_error(void **state)
{
	struct visits visits = { .failed = EPERM };

	(void)state;
	assert_int_equal(visited(&visits), EPERM);
}

static void the_first_one_may_have_ended_before_the_others(void **state)
{
	struct visits visits = { .leader_failed = ESRCH };

	(void)state;
	assert_int_equal(visited(&visits), 0);
	assert_int_equal(visits.threads, threads_now());
}

static void a_process_is_gone_when_all_have_ended(void **state)
{
	struct visits visits = { .leader_failed = ESRCH, .failed = ESRCH };

	(void)state;
	assert_int_equal(visited(&visits), ESRCH);
}

/* A child that has ended, and was not waited for yet: the error of the visit. */
static int visited_ended(bool processes)
{
	struct visits visits = { .failed = EPERM }; /* as ptrace says of it */
	const pid_t id = fork();
	autoerr struct err *err = NULL;
	siginfo_t info;

	if (!id)
		_exit(0);
	assert_true(id > 0);
	assert_int_equal(waitid(P_PID, (id_t)id, &info, WEXITED | WNOWAIT), 0);
	err = tasks_each(&id, 1, processes, visit, &visits);
	assert_int_equal(waitpid(id, NULL, 0), id);
	return err ? err_errno(err) : 0;
}

static void so_is_one_nobody_waited_for(void **state)
{
	(void)state;
	assert_int_equal(visited_ended(true), ESRCH);
	assert_int_equal(visited_ended(false), ESRCH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_thread_is_visited_once),
		cmocka_unit_test(one_that_has_ended_meanwhile_is_left_out),
		cmocka_unit_test(one_that_refuses_is_an_error),
		cmocka_unit_test(the_first_one_may_have_ended_before_the_others),
		cmocka_unit_test(a_process_is_gone_when_all_have_ended),
		cmocka_unit_test(so_is_one_nobody_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
