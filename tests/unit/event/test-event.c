// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/event/words.h"

/* A tracefs with kmem:mm_page_alloc (1), kmem:mm_page_free (2) and sched:sched_switch (3). */
static int make_tracefs(void)
{
	static const char *const names[] = { "kmem/mm_page_alloc", "kmem/mm_page_free",
					     "sched/sched_switch" };
	char path[] = "/tmp/vmtool-test-event.XXXXXX";
	int root;

	assert_non_null(mkdtemp(path));
	root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(root >= 0);
	assert_int_equal(mkdirat(root, "events", 0700), 0);
	assert_int_equal(mkdirat(root, "events/kmem", 0700), 0);
	assert_int_equal(mkdirat(root, "events/sched", 0700), 0);
	for (size_t i = 0; i < 3; i++) {
		char file[64];
		int fd;

		snprintf(file, sizeof(file), "events/%s", names[i]);
		assert_int_equal(mkdirat(root, file, 0700), 0);
		snprintf(file, sizeof(file), "events/%s/id", names[i]);
		fd = openat(root, file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		assert_int_equal(dprintf(fd, "%zu\n", i + 1), 2);
		close(fd);
		snprintf(file, sizeof(file), "events/%s/format", names[i]);
		fd = openat(root, file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		assert_true(dprintf(fd, "name: x\nID: %zu\nformat:\n", i + 1) > 0);
		close(fd);
	}
	return root;
}

static void remove_tracefs(int root)
{
	char command[64], path[64];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", root);
	len = readlink(path, command + 7, sizeof(command) - 8);
	assert_true(len > 0);
	memcpy(command, "rm -rf ", 7);
	command[7 + len] = '\0';
	assert_int_equal(system(command), 0);
	close(root);
}

static struct event_set finished(const char *words, const struct event_defaults *defaults)
{
	struct event_set set = EVENT_SET_INIT;

	assert_null(event_set_add(&set, words, -1, false));
	assert_null(event_set_finish(&set, defaults));
	return set;
}

static void refused_with(const char *words, int tracefs_fd, const char *part)
{
	guard(event_set) struct event_set set = EVENT_SET_INIT;
	autoerr struct err *err = event_set_add(&set, words, tracefs_fd, false);

	assert_non_null(err);
	assert_int_equal(err_code(err), ERR_USAGE);
	if (!strstr(err_message(err), part))
		fail_msg("'%s' does not say '%s'", err_message(err), part);
}

static void a_glob_is_every_tracepoint_it_fits_once(void **state)
{
	guard(event_set) struct event_set set = EVENT_SET_INIT;
	int tracefs = make_tracefs();

	(void)state;
	assert_null(event_set_add(&set, "kmem:*,kmem:mm_page_free", tracefs, false));
	assert_int_equal(set.nr, 2);
	assert_int_equal(set.event[0].attr.type, PERF_TYPE_TRACEPOINT);
	assert_int_equal(set.event[0].attr.config + set.event[1].attr.config, 1 + 2);
	remove_tracefs(tracefs);
}

static void a_typing_error_gets_the_name_that_was_meant(void **state)
{
	int tracefs = make_tracefs();

	(void)state;
	refused_with("kmem:mm_page_aloc", tracefs, "did you mean 'kmem:mm_page_alloc'");
	refused_with("sched_switch", tracefs, "did you mean 'sched:sched_switch'");
	refused_with("page-fault", tracefs, "did you mean 'page-faults'");
	remove_tracefs(tracefs);
}

static void what_old_kernels_lack_is_passed_over_as_long_as_one_is_there(void **state)
{
	guard(event_set) struct event_set set = EVENT_SET_INIT;
	guard(event_set) struct event_set none = EVENT_SET_INIT;
	autoerr struct err *err = NULL;
	int tracefs = make_tracefs();

	(void)state;
	assert_null(event_set_add(&set, "kmem:kmalloc_node,kmem:mm_page_free", tracefs, true));
	assert_int_equal(set.nr, 1);
	err = event_set_add(&none, "kmem:kmalloc_node", tracefs, true);
	assert_int_equal(err_code(err), ERR_NODATA);
	remove_tracefs(tracefs);
}

static void terms_are_of_one_event(void **state)
{
	const struct event_defaults defaults = { .chain = EVENT_CHAIN_FP };
	guard(event_set) struct event_set set =
		finished("page-faults/call-graph=no,period=7/,cs/max-stack=5/", &defaults);

	(void)state;
	assert_int_equal(set.nr, 2);
	assert_false(set.event[0].attr.sample_type & PERF_SAMPLE_CALLCHAIN);
	assert_int_equal(set.event[0].attr.sample_period, 7);
	assert_true(set.event[1].attr.sample_type & PERF_SAMPLE_CALLCHAIN);
	assert_int_equal(set.event[1].attr.sample_max_stack, 5);
	assert_int_equal(set.event[1].attr.sample_period, 1);
}

static void whoever_tells_of_tasks_tells_of_new_cgroups_too(void **state)
{
	const struct event_defaults with = { .cgroup = true }, without = { .cgroup = false };
	guard(event_set) struct event_set set = finished("cs,page-faults", &with);
	guard(event_set) struct event_set none = finished("cs", &without);

	(void)state;
	assert_null(event_set_add_tracking(&set, false, false));
	assert_true(set.event[1].attr.sample_type & PERF_SAMPLE_CGROUP);
	assert_true(set.event[2].attr.cgroup);
	assert_null(event_set_add_tracking(&none, false, false));
	assert_false(none.event[0].attr.sample_type & PERF_SAMPLE_CGROUP);
	assert_false(none.event[1].attr.cgroup);
}

static void terms_that_are_none_are_named(void **state)
{
	(void)state;
	refused_with("cs/max-stak=5/", -1, "unknown term 'max-stak'");
	refused_with("cs/max-stack=0/", -1, "max-stack");
	refused_with("cs/call-graph=lbr/", -1, "not 'lbr'");
	refused_with("cs/period=5", -1, "end with a '/'");
	refused_with("cs:x", -1, "':u' or ':k'");
}

static void clocks_sample_by_frequency_and_others_take_all(void **state)
{
	const struct event_defaults defaults = { .chain = EVENT_CHAIN_NO };
	guard(event_set) struct event_set set = finished("cpu-clock,page-faults", &defaults);

	(void)state;
	assert_true(set.event[0].attr.freq);
	assert_int_equal(set.event[0].attr.sample_freq, EVENT_FREQ_DEFAULT);
	assert_false(event_is_exact(&set.event[0]));
	assert_false(set.event[1].attr.freq);
	assert_true(event_is_exact(&set.event[1]));
}

static void a_modifier_leaves_the_other_side_out(void **state)
{
	const struct event_defaults defaults = { .chain = EVENT_CHAIN_NO };
	guard(event_set) struct event_set set = finished("faults:u,faults:k", &defaults);

	(void)state;
	assert_true(set.event[0].attr.exclude_kernel && !set.event[0].attr.exclude_user);
	assert_true(set.event[1].attr.exclude_user && !set.event[1].attr.exclude_kernel);
}

static void kernel_chains_alone_overrule_what_was_said(void **state)
{
	const struct event_defaults defaults = { .chain = EVENT_CHAIN_DWARF,
						 .kernel_chains = true };
	guard(event_set) struct event_set set = finished("faults", &defaults);

	(void)state;
	assert_true(set.event[0].attr.exclude_callchain_user);
	assert_false(set.event[0].attr.sample_type & PERF_SAMPLE_STACK_USER);
}

static void a_filter_is_for_tracepoints(void **state)
{
	guard(event_set) struct event_set set = EVENT_SET_INIT;
	autoerr struct err *err = NULL;

	(void)state;
	assert_null(event_set_add(&set, "faults", -1, false));
	err = event_set_filter(&set, "order > 1");
	assert_int_equal(err_code(err), ERR_USAGE);
}

static const struct event *event_called(const struct event_set *set, const char *name)
{
	for (size_t i = 0; i < set->nr; i++)
		if (!strcmp(set->event[i].name, name))
			return &set->event[i];
	fail_msg("there is no %s", name);
	return NULL;
}

static void what_is_said_of_an_event_that_is_there_already_holds(void **state)
{
	guard(event_set) struct event_set set = EVENT_SET_INIT;
	int tracefs = make_tracefs();

	(void)state;
	assert_null(event_set_add(&set, "kmem:*", tracefs, false));
	assert_null(event_set_add(&set, "kmem:mm_page_alloc/call-graph=fp/", tracefs, false));
	assert_null(event_set_filter(&set, "order > 1"));
	assert_int_equal(set.nr, 2);
	assert_string_equal(event_called(&set, "kmem:mm_page_alloc")->filter, "order > 1");
	assert_int_equal(event_called(&set, "kmem:mm_page_alloc")->chain, EVENT_CHAIN_FP);
	assert_null(event_called(&set, "kmem:mm_page_free")->filter);
	assert_null(event_set_filter(&set, "order < 4"));
	assert_string_equal(event_called(&set, "kmem:mm_page_alloc")->filter,
			    "(order > 1) && (order < 4)");
	remove_tracefs(tracefs);
}

static void all_events_identify_their_samples_alike(void **state)
{
	const struct event_defaults defaults = { .chain = EVENT_CHAIN_FP };
	const uint64_t common = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID |
				PERF_SAMPLE_TIME | PERF_SAMPLE_CPU;
	guard(event_set) struct event_set set = finished("cpu-clock,faults", &defaults);

	(void)state;
	assert_null(event_set_add_tracking(&set, true, true));
	assert_int_equal(set.nr, 3);
	assert_true(event_is_tracking(&set.event[2]));
	for (size_t i = 0; i < set.nr; i++) {
		assert_true((set.event[i].attr.sample_type & common) == common);
		assert_true(set.event[i].attr.sample_id_all);
	}
}

/* Which is all that is left of it where memory ran out. */
static void an_event_without_a_name_leaves_the_set_as_it_is(void **state)
{
	guard(event_set) struct event_set set = EVENT_SET_INIT;
	struct event event = { .name = strdup("one") }, nameless = { .name = NULL };
	autofree char *behind = NULL;
	autoerr struct err *err = NULL;

	assert_null(event_set_take(&set, &event));
	behind = malloc(64); /* the set cannot grow where it is */
	err = event_set_take(&set, &nameless);
	assert_non_null(err);
	assert_non_null(behind);
	assert_int_equal(set.nr, 1);
	assert_string_equal(set.event[0].name, "one");
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_glob_is_every_tracepoint_it_fits_once),
		cmocka_unit_test(a_typing_error_gets_the_name_that_was_meant),
		cmocka_unit_test(what_old_kernels_lack_is_passed_over_as_long_as_one_is_there),
		cmocka_unit_test(terms_are_of_one_event),
		cmocka_unit_test(whoever_tells_of_tasks_tells_of_new_cgroups_too),
		cmocka_unit_test(terms_that_are_none_are_named),
		cmocka_unit_test(clocks_sample_by_frequency_and_others_take_all),
		cmocka_unit_test(a_modifier_leaves_the_other_side_out),
		cmocka_unit_test(kernel_chains_alone_overrule_what_was_said),
		cmocka_unit_test(a_filter_is_for_tracepoints),
		cmocka_unit_test(what_is_said_of_an_event_that_is_there_already_holds),
		cmocka_unit_test(all_events_identify_their_samples_alike),
		cmocka_unit_test(an_event_without_a_name_leaves_the_set_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
