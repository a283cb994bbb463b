// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/stat/usage.h"

#include "util/stat/proc.h"

enum { BLOCK_BYTES = 512 };

static uint64_t time_ns(const struct timeval *time)
{
	return (uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_usec * 1000;
}

struct stat_resources usage_of_command(const struct workload *workload)
{
	const struct rusage *usage = &workload->usage;

	return (struct stat_resources){
		.known = true,
		.user_ns = time_ns(&usage->ru_utime),
		.system_ns = time_ns(&usage->ru_stime),
		.max_rss_bytes = (uint64_t)usage->ru_maxrss * 1024,
		.minor_faults = (uint64_t)usage->ru_minflt,
		.major_faults = (uint64_t)usage->ru_majflt,
		.switches_known = true,
		.voluntary_switches = (uint64_t)usage->ru_nvcsw,
		.involuntary_switches = (uint64_t)usage->ru_nivcsw,
		.blocks_known = true,
		.blocks_in = (uint64_t)usage->ru_inblock,
		.blocks_out = (uint64_t)usage->ru_oublock,
	};
}

struct stat_resources usage_of_tasks(const struct stat_request *request)
{
	bool threads = request->scope == SCOPE_THREADS;
	struct stat_resources sum = {
		.known = threads || request->scope == SCOPE_PROCESSES,
		.switches_known = true,
		.blocks_known = true,
	};

	for (size_t i = 0; sum.known && i < request->id_nr; i++) {
		struct proc_usage one;

		if (!proc_usage(request->id[i], threads, &one))
			return (struct stat_resources){ .known = false };
		sum.user_ns += one.user_ns;
		sum.system_ns += one.system_ns;
		sum.max_rss_bytes = MAX(sum.max_rss_bytes, one.peak_rss_bytes);
		sum.minor_faults += one.minor_faults;
		sum.major_faults += one.major_faults;
		sum.switches_known &= one.switches_known;
		sum.voluntary_switches += one.voluntary_switches;
		sum.involuntary_switches += one.involuntary_switches;
		sum.blocks_known &= one.io_known;
		sum.blocks_in += one.read_bytes / BLOCK_BYTES;
		sum.blocks_out += one.written_bytes / BLOCK_BYTES;
	}
	return sum;
}

struct stat_resources usage_between(const struct stat_resources *before,
				    const struct stat_resources *after)
{
	return (struct stat_resources){
		.known = before->known && after->known,
		.user_ns = after->user_ns - before->user_ns,
		.system_ns = after->system_ns - before->system_ns,
		.max_rss_bytes = after->max_rss_bytes,
		.minor_faults = after->minor_faults - before->minor_faults,
		.major_faults = after->major_faults - before->major_faults,
		.switches_known = before->switches_known && after->switches_known,
		.voluntary_switches = after->voluntary_switches - before->voluntary_switches,
		.involuntary_switches = after->involuntary_switches - before->involuntary_switches,
		.blocks_known = before->blocks_known && after->blocks_known,
		.blocks_in = after->blocks_in - before->blocks_in,
		.blocks_out = after->blocks_out - before->blocks_out,
	};
}
