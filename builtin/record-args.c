// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "builtin/record.h"
#include "util/base/macros.h"

static struct err *add_word(struct words *words, const char *text, bool is_filter)
{
	if (words->nr == RECORD_WORDS_MAX)
		return err_new(ERR_USAGE, "given more than %d times", RECORD_WORDS_MAX);
	if (is_filter && !words->nr)
		return err_new(ERR_USAGE, "no event (-e) before it");
	words->item[words->nr].is_filter = is_filter;
	words->item[words->nr++].text = text;
	return NULL;
}

static struct err *parse_event(const char *value, void *field)
{
	return add_word(field, value, false);
}

static struct err *parse_filter(const char *value, void *field)
{
	return add_word(field, value, true);
}

/* "fp", "dwarf[,<bytes>]", "kernel", "no" */
static struct err *parse_call_graph(const char *value, void *field)
{
	struct call_graph *graph = field;
	const char *comma = strchr(value, ',');
	struct err *err;
	int64_t bytes;

	if (!strcmp(value, "fp"))
		graph->chain = EVENT_CHAIN_FP;
	else if (!strcmp(value, "no"))
		graph->chain = EVENT_CHAIN_NO;
	else if (!strcmp(value, "kernel"))
		graph->chain = EVENT_CHAIN_KERNEL;
	else if (!strncmp(value, "dwarf", 5) && (!value[5] || comma == value + 5))
		graph->chain = EVENT_CHAIN_DWARF;
	else
		return err_new(ERR_USAGE, "expects fp, dwarf[,<bytes>], kernel or no");
	if (!comma)
		return NULL;
	err = option_parse_int(comma + 1, 8, EVENT_STACK_BYTES_MAX, &bytes);
	if (err)
		return err;
	graph->stack_bytes = (uint32_t)(bytes + 7) & ~UINT32_C(7);
	return NULL;
}

static uint64_t pow2_up(uint64_t value)
{
	uint64_t pow2 = 1;

	while (pow2 < value)
		pow2 *= 2;
	return pow2;
}

/* A number of pages, as perf's -m, or a size with its unit. */
static struct err *parse_ring(const char *value, void *field)
{
	uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t *bytes = field;
	bool pages = value[0] && !value[strspn(value, "0123456789")];
	struct err *err = option_parse_size(value, UINT64_C(1) << 32, bytes);

	if (err)
		return err;
	if (pages)
		*bytes *= page_bytes;
	if (!*bytes || *bytes > UINT64_C(1) << 32)
		return err_new(ERR_USAGE, "expects at least a page and at most 4G");
	*bytes = pow2_up(MAX(*bytes, page_bytes));
	return NULL;
}

static struct err *parse_max_size(const char *value, void *field)
{
	uint64_t *bytes = field;
	struct err *err = option_parse_size(value, INT64_MAX, bytes);

	if (!err && !*bytes)
		err = err_new(ERR_USAGE, "expects more than nothing");
	return err;
}

/* "signal", "<n>s|m|h", or a size with its unit */
static struct err *parse_switch(const char *value, void *field)
{
	static const struct {
		char unit;
		uint64_t ms;
	} units[] = { { 's', 1000 }, { 'm', 60000 }, { 'h', 3600000 } };
	struct switch_at *at = field;
	size_t digits = strspn(value, "0123456789");
	struct err *err;

	if (!strcmp(value, "signal")) {
		at->signal = true;
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (digits && digits < 10 && value[digits] == units[i].unit && !value[digits + 1]) {
			at->ms = strtoull(value, NULL, 10) * units[i].ms;
			return at->ms ? NULL : err_new(ERR_USAGE, "expects more than no time");
		}
	err = option_parse_size(value, INT64_MAX, &at->bytes);
	if (err || !at->bytes || !value[digits]) {
		err_free(err);
		return err_new(ERR_USAGE, "expects signal, a time (30s, 5m, 1h) or a size (100M)");
	}
	return NULL;
}

static const struct option options[] = {
	OPT_GROUP("What to record (default: --page)"),
	OPT_FLAG(0, "page", struct record_args, page,
		 "pages allocated and freed, with kernel call chains of allocations"),
	OPT_FLAG(0, "slab", struct record_args, slab, "slab objects allocated and freed"),
	OPT_CALLBACK('e', "event", struct record_args, words, parse_event, "<event>",
		     "a tracepoint (globs: 'kmem:*'), a software event, cpu-clock or task-clock; "
		     "<event>/call-graph=no,max-stack=8/ for this one only"),
	OPT_CALLBACK(0, "filter", struct record_args, words, parse_filter, "<filter>",
		     "only occurrences of the event before it for which this holds: 'order >= 3'"),
	OPT_INT('F', "freq", struct record_args, freq, 1, 1000000, "<hz>",
		"samples per second of clocks and software events (clocks: 4000)"),
	OPT_INT('c', "count", struct record_args, period, 1, INT64_MAX, "<n>",
		"a sample every <n> events (others: 1)"),
	OPT_GROUP("Of whom (default: with -e the command; else everyone while it runs)"),
	OPT_FLAG('a', "all-cpus", struct record_args, all, "everyone"),
	OPT_STRING('p', "pid", struct record_args, pids, "<pids>",
		   "these processes, and what they start"),
	OPT_STRING('t', "tid", struct record_args, tids, "<tids>", "these threads alone"),
	OPT_STRING('C', "cpu", struct record_args, cpus, "<list>",
		   "everyone, on these CPUs: 0-3,8"),
	OPT_STRING('G', "cgroup", struct record_args, cgroup, "<name>",
		   "everyone in this cgroup: its directory, or its path below the cgroup mount"),
	OPT_FLAG(0, "include-self", struct record_args, include_self,
		 "vmtool's own events too, which are left out otherwise"),
	OPT_GROUP("Call chains"),
	OPT_FLAG('g', NULL, struct record_args, graph, "of kernel and user, by frame pointers"),
	OPT_CALLBACK(0, "call-graph", struct record_args, call_graph, parse_call_graph, "<how>",
		     "fp, dwarf[,<bytes of stack>], kernel or no"),
	OPT_FLAG(0, "kernel-callchains", struct record_args, kernel_chains,
		 "no user frames, whatever else is said"),
	OPT_INT(0, "max-stack", struct record_args, max_stack, 1, UINT16_MAX, "<n>",
		"at most <n> frames"),
	OPT_GROUP("Output"),
	OPT_STRING('o', "output", struct record_args, output, "<file>",
		   "write to <file> (default: vmtool.data); one that is there becomes <file>.old; "
		   "-: send it to standard output at the end"),
	OPT_CALLBACK('m', "mmap-pages", struct record_args, ring_bytes, parse_ring, "<size>",
		     "of the ring of each CPU: pages, or bytes with a unit (default: from memory "
		     "and events)"),
	OPT_INT('D', "delay", struct record_args, delay_ms, 0, INT32_MAX, "<ms>",
		"begin so long after the command"),
	OPT_CALLBACK(0, "max-size", struct record_args, max_bytes, parse_max_size, "<size>",
		     "end when the files together have this size"),
	OPT_CALLBACK(0, "switch-output", struct record_args, switch_at, parse_switch, "<when>",
		     "go on in a new file at a size (100M), after a time (30s) or at SIGUSR2 "
		     "(signal); the others are <file>.<time>"),
	OPT_FLAG(0, "overwrite", struct record_args, overwrite,
		 "flight recorder: keep the newest events in memory, write them at SIGUSR2 and at "
		 "the end"),
	OPT_FLAG('z', "compress", struct record_args, compress, "compress with zstd"),
	OPT_INT(0, "compression-level", struct record_args, zstd_level, 1, 22, "<n>",
		"of zstd (default: 1)"),
	OPT_FLAG(0, "no-mmap-output", struct record_args, no_mmap_output,
		 "write() instead of mapped output, for comparison"),
	OPT_INT(0, "readers", struct record_args, readers, 1, 63, "<n>",
		"threads that read the rings (default: one for 4 CPUs)"),
	OPT_FLAG(0, "require-complete", struct record_args, require_complete,
		 "exit with 3 unless every event is in the file"),
	OPT_FLAG('q', "quiet", struct record_args, quiet, "no line at the end"),
	OPT_HIDDEN_FLAG(0, "test-no-lost", struct record_args, test_no_lost,
			"as before Linux 6.0: no PERF_FORMAT_LOST"),
	OPT_HIDDEN_FLAG(0, "test-no-build-id", struct record_args, test_no_build_id,
			"as before Linux 5.12: no build ids in mappings"),
	OPT_HIDDEN_FLAG(0, "test-no-populate", struct record_args, test_no_populate,
			"as before Linux 5.14: no MADV_POPULATE_WRITE"),
	OPT_HIDDEN_FLAG(0, "test-no-btf", struct record_args, test_no_btf,
			"as without CONFIG_DEBUG_INFO_BTF"),
	OPT_HIDDEN_FLAG(0, "test-no-cgroup", struct record_args, test_no_cgroup,
			"as before Linux 5.7: samples do not tell of cgroups"),
};

const struct option_table record_options = {
	.invocation = "vmtool record",
	.synopsis = "[options] [--] [<command> [<arguments>]]",
	.about = "Records who allocates pages and slab objects, or any other event of the kernel, "
		 "while a command runs or until it is stopped, into a file that vmtool report and "
		 "perf read. Leaves out its own events, and proves whether the rest is complete.",
	.option = options,
	.option_nr = ARRAY_SIZE(options),
	.operands_max = OPTIONS_ANY,
	.stop_at_operand = true,
};

bool record_goes_to_stdout(const struct record_args *args)
{
	return args->output && !strcmp(args->output, "-");
}

struct err *record_check_args(const struct record_args *args, const struct operands *command)
{
	int whom = !!args->pids + !!args->tids + !!args->cgroup;

	if (whom > 1)
		return err_new(ERR_USAGE, "-p, -t and -G exclude each other");
	if ((args->pids || args->tids) && args->all)
		return err_new(ERR_USAGE, "-a is everyone, -p and -t are not");
	if (args->overwrite && (args->compress || args->switch_at.bytes || args->switch_at.ms))
		return err_new(ERR_USAGE, "--overwrite writes at SIGUSR2 and at the end; -z and "
					  "--switch-output have no part in it");
	if (args->delay_ms && !command->nr)
		return err_new(ERR_USAGE, "--delay is counted from the start of a command");
	if (args->cgroup && !*args->cgroup)
		return err_new(ERR_USAGE, "-G: a cgroup has a name; / is the first of them");
	if (args->output && !*args->output)
		return err_new(ERR_USAGE, "-o: a file has a name");
	if (record_goes_to_stdout(args) && (args->overwrite || args->switch_at.bytes ||
					    args->switch_at.ms || args->switch_at.signal))
		return err_new(ERR_USAGE, "-o - is one recording; --switch-output and --overwrite "
					  "make several files");
	if (args->require_complete && args->overwrite)
		return err_new(ERR_USAGE, "--overwrite loses old events by design, so it cannot be "
					  "complete");
	return NULL;
}
