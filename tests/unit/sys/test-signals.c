// SPDX-License-Identifier: GPL-2.0-or-later
/* Each case runs in a child of its own, which tells by its exit code or by how it died. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/base/clock.h"
#include "util/sys/signals.h"

enum {
	PATIENCE_MS = 100000,
	AT_ONCE_NS = 400000000, /* less than what "again" is another time after */
	TRIES = 50,
};

static bool readable(int fd, int timeout_ms)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	return poll(&pollfd, 1, timeout_ms) == 1;
}

static void expect(bool holds, int line)
{
	if (!holds)
		_exit(line & 0x7f ? line & 0x7f : 1);
}
#define EXPECT(holds) expect(holds, __LINE__)

static int run_child(void (*child)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		alarm(PATIENCE_MS / 1000);
		child();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void stop_once(void)
{
	static const int each[] = { SIGINT, SIGTERM, SIGHUP };

	for (size_t i = 0; i < ARRAY_SIZE(each); i++) {
		struct signals signals = SIGNALS_INIT;

		EXPECT(!signals_start(&signals, false));
		EXPECT(!stop_requested(signals.stop_fd));
		kill(getpid(), each[i]);
		EXPECT(readable(signals.stop_fd, PATIENCE_MS));
		EXPECT(stop_requested(signals.stop_fd));
		EXPECT(stop_requested(signals.stop_fd));
		signals_stop(&signals);
		EXPECT(signals.stop_fd == -1);
	}
}

static void the_first_signal_makes_the_fd_readable_for_good(void **state)
{
	(void)state;
	assert_int_equal(run_child(stop_once), 0);
}

/* As in a process whose thread does not come round to it. */
static void wait_with_one_pending(void)
{
	int stop_fd = eventfd(0, EFD_CLOEXEC);
	sigset_t blocked;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	EXPECT(!stop_was_sent(stop_fd));
	kill(getpid(), SIGTERM);
	EXPECT(!stop_requested(stop_fd));
	EXPECT(stop_was_sent(stop_fd));
	EXPECT(!stop_was_sent(-1));
}

static void a_signal_that_nobody_has_taken_was_sent(void **state)
{
	(void)state;
	assert_int_equal(run_child(wait_with_one_pending), 0);
}

static void a_signal_that_was_told_was_sent(void **state)
{
	int stop_fd = eventfd(1, EFD_CLOEXEC);

	(void)state;
	assert_true(stop_was_sent(stop_fd));
	close(stop_fd);
}

static void stop_twice(void)
{
	struct signals signals = SIGNALS_INIT;

	EXPECT(!signals_start(&signals, false));
	kill(getpid(), SIGTERM);
	EXPECT(readable(signals.stop_fd, PATIENCE_MS));
	kill(getpid(), SIGINT);
	pause();
}

static void the_second_signal_kills(void **state)
{
	int status = run_child(stop_twice);

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGINT);
}

static void stop_as_timeout_does(void)
{
	struct signals signals = SIGNALS_INIT;

	EXPECT(!signals_start(&signals, false));
	kill(getpid(), SIGTERM);
	EXPECT(readable(signals.stop_fd, PATIENCE_MS));
	kill(getpid(), SIGTERM);
	signals_stop(&signals);
}

/* Once more where a machine with other things to do did not let it be right after. */
static void the_same_signal_right_after_it_is_the_first_one_again(void **state)
{
	int status = -1;

	(void)state;
	for (int i = 0; i < TRIES; i++) {
		uint64_t before = clock_now_ns();

		status = run_child(stop_as_timeout_does);
		if (clock_now_ns() - before < AT_ONCE_NS)
			break;
	}
	assert_int_equal(status, 0);
}

/* As the kernel sends it for a terminal; it lets us pretend so only to ourselves. */
static void press_ctrl_c(void)
{
	siginfo_t info = { .si_signo = SIGINT, .si_code = SI_KERNEL };

	EXPECT(!syscall(SYS_rt_sigqueueinfo, getpid(), SIGINT, &info));
}

static void press_ctrl_c_twice(void)
{
	struct signals signals = SIGNALS_INIT;

	EXPECT(!signals_start(&signals, false));
	press_ctrl_c();
	EXPECT(readable(signals.stop_fd, PATIENCE_MS));
	press_ctrl_c();
	pause();
}

static void ctrl_c_pressed_again_kills_at_once(void **state)
{
	int status = run_child(press_ctrl_c_twice);

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGINT);
}

static void stop_again_and_again(void)
{
	struct signals signals = SIGNALS_INIT;

	EXPECT(!signals_start(&signals, false));
	for (;;) {
		kill(getpid(), SIGTERM);
		usleep(50000);
	}
}

static void the_same_signal_later_kills(void **state)
{
	int status = run_child(stop_again_and_again);

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
}

static void ignore_hangup(void)
{
	struct signals signals = SIGNALS_INIT;

	signal(SIGHUP, SIG_IGN);
	EXPECT(!signals_start(&signals, false));
	kill(getpid(), SIGHUP);
	EXPECT(!readable(signals.stop_fd, 100));
	kill(getpid(), SIGINT);
	EXPECT(readable(signals.stop_fd, PATIENCE_MS));
}

static void a_signal_ignored_from_the_start_stays_ignored(void **state)
{
	(void)state;
	assert_int_equal(run_child(ignore_hangup), 0);
}

static void ignore_all(void)
{
	struct signals signals = SIGNALS_INIT;

	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	EXPECT(!signals_start(&signals, true));
	kill(getpid(), SIGHUP);
	EXPECT(!readable(signals.stop_fd, 100));
	kill(getpid(), SIGINT);
	EXPECT(readable(signals.stop_fd, PATIENCE_MS));
}

static void an_interrupt_that_was_ignored_counts_if_asked_for(void **state)
{
	(void)state;
	assert_int_equal(run_child(ignore_all), 0);
}

static void die_after_stop(void)
{
	struct signals signals = SIGNALS_INIT;
	sigset_t mask;

	EXPECT(!signals_start(&signals, false));
	signals_stop(&signals);
	signals_stop(&signals);
	sigprocmask(SIG_SETMASK, NULL, &mask);
	EXPECT(!sigismember(&mask, SIGINT) && !sigismember(&mask, SIGHUP));
	raise(SIGTERM);
}

static void once_stopped_signals_kill_as_before(void **state)
{
	int status = run_child(die_after_stop);

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
}

static void no_fd_asks_nobody_to_stop(void **state)
{
	(void)state;
	assert_false(stop_requested(-1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_signal_makes_the_fd_readable_for_good),
		cmocka_unit_test(a_signal_that_nobody_has_taken_was_sent),
		cmocka_unit_test(a_signal_that_was_told_was_sent),
		cmocka_unit_test(the_second_signal_kills),
		cmocka_unit_test(the_same_signal_right_after_it_is_the_first_one_again),
		cmocka_unit_test(ctrl_c_pressed_again_kills_at_once),
		cmocka_unit_test(the_same_signal_later_kills),
		cmocka_unit_test(a_signal_ignored_from_the_start_stays_ignored),
		cmocka_unit_test(an_interrupt_that_was_ignored_counts_if_asked_for),
		cmocka_unit_test(once_stopped_signals_kill_as_before),
		cmocka_unit_test(no_fd_asks_nobody_to_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
