/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * perf.data as vmtool writes it, which is also what perf reads (tools/perf/util/header.h,
 * tools/lib/perf/include/perf/event.h). All integers are in the byte order of the machine that
 * recorded; we write, and read, little-endian only.
 *
 *	       0  perf header, 104 bytes
 *	     104  vmtool's own table ("super", below), up to 4096
 *	    4096  ids: for each attribute its u64 event ids
 *		  attributes: {perf_event_attr, {u64 offset, u64 size} of its ids}
 *		  bodies of early sections: formats, event names, host, ...
 *		  zeros up to a multiple of 4096
 *	    data  records, one after the other
 *	     end  perf's feature table: {u64 offset, u64 size} per set bit, ascending; the bodies it
 *		  names are the early ones, and those known only at the end follow it
 *
 * perf finds features only behind the data, so a file of perf's whose recording was cut short has
 * none and cannot be read. Here the early bodies and the super that names them are on disk before
 * the first record, and super.data_committed says up to where records are whole: a recording that
 * was killed, or a file that was truncated anywhere, reads up to the last whole record.
 *
 * perf skips the super: nothing in its header points there. A reader recognises our files by the
 * magic at offset 104 and takes anything else for a plain perf.data.
 *
 * Structures are described by the offsets of their fields, to be used with util/base/endian.h.
 */
#ifndef VMTOOL_PERFDATA_FORMAT_H
#define VMTOOL_PERFDATA_FORMAT_H

#include <stdint.h>

/* ---- perf's header --------------------------------------------------------------------------- */

#define PERFDATA_MAGIC UINT64_C(0x32454c4946524550)	    /* "PERFILE2" read little-endian */
#define PERFDATA_MAGIC_SWAPPED UINT64_C(0x50455246494c4532) /* the same of the other byte order */

enum {
	PERFDATA_HEADER_MAGIC = 0,
	PERFDATA_HEADER_SIZE = 8,	/* PERFDATA_HEADER_BYTES, or PERFDATA_PIPE_HEADER_BYTES */
	PERFDATA_HEADER_ATTR_SIZE = 16, /* of one attribute with its ids section */
	PERFDATA_HEADER_ATTRS = 24,	/* section */
	PERFDATA_HEADER_DATA = 40,	/* section; size 0: not closed */
	PERFDATA_HEADER_TYPES = 56,	/* section, unused */
	PERFDATA_HEADER_FEATURES = 72,	/* u64[4], bit n of word n / 64 */
	PERFDATA_HEADER_BYTES = 104,
	PERFDATA_PIPE_HEADER_BYTES = 16, /* magic and size alone: attributes come as records */

	PERFDATA_SECTION_OFFSET = 0,
	PERFDATA_SECTION_SIZE = 8,
	PERFDATA_SECTION_BYTES = 16,

	PERFDATA_FEATURE_BITS = 256,
};

/* Bits of the header's feature set; strings in bodies are {u32 length with padding, bytes}. */
enum perfdata_feature {
	PERFDATA_TRACING_DATA = 1, /* formats of tracepoints, trace.dat's layout 0.6 */
	PERFDATA_BUILD_ID = 2,	   /* of files whose code samples mention: util/record/buildids.h */
	PERFDATA_HOSTNAME = 3,
	PERFDATA_OSRELEASE = 4,
	PERFDATA_VERSION = 5,
	PERFDATA_ARCH = 6,
	PERFDATA_NRCPUS = 7,
	PERFDATA_CPUDESC = 8,
	PERFDATA_CPUID = 9,
	PERFDATA_TOTAL_MEM = 10,
	PERFDATA_CMDLINE = 11,
	PERFDATA_EVENT_DESC = 12, /* {u32 nr, u32 attr size, {attr, u32 ids, string, u64 id[]}} */
	PERFDATA_CPU_TOPOLOGY = 13,
	PERFDATA_NUMA_TOPOLOGY = 14,
	PERFDATA_PMU_MAPPINGS = 16,
	PERFDATA_SAMPLE_TIME = 21, /* {u64 first, u64 last} in ns of the file's clock */
	PERFDATA_CLOCKID = 23,
	PERFDATA_DIR_FORMAT = 24,
	PERFDATA_COMPRESSED = 27, /* {u32 version, type, level, ratio, mmap_len}; type 1: zstd */
	PERFDATA_CLOCK_DATA = 29,
};

/* ---- records --------------------------------------------------------------------------------- */

/* Every record: u32 type, u16 misc, u16 size (with this header). The kernel's types are in
 * <linux/perf_event.h>; these are perf's own. */
enum perfdata_record {
	PERFDATA_RECORD_HEADER_BYTES = 8,
	PERFDATA_RECORD_BYTES_MAX = 0xffff,

	PERFDATA_RECORD_USER_START = 64,
	PERFDATA_RECORD_ATTR = 64,
	PERFDATA_RECORD_TRACING_DATA =
		66, /* u32 size; that many bytes, up to a multiple of 8, follow */
	PERFDATA_RECORD_BUILD_ID = 67,
	PERFDATA_RECORD_FINISHED_ROUND = 68,
	PERFDATA_RECORD_ID_INDEX = 69,
	PERFDATA_RECORD_AUXTRACE = 71, /* u64 size; that many bytes follow the record */
	PERFDATA_RECORD_THREAD_MAP = 73,
	PERFDATA_RECORD_CPU_MAP = 74,
	PERFDATA_RECORD_EVENT_UPDATE = 78, /* u64 type, u64 event id, body by type */
	PERFDATA_RECORD_TIME_CONV = 79,
	PERFDATA_RECORD_FEATURE = 80, /* u64 feature bit, its body */
	/*
	 * zstd. Records of perf's continue one stream over the file; ours hold whole frames of
	 * whole records each, and a skippable frame that pads them to 8 bytes.
	 */
	PERFDATA_RECORD_COMPRESSED = 81,
	PERFDATA_RECORD_FINISHED_INIT = 82,
	PERFDATA_RECORD_COMPRESSED2 = 83, /* u64 data size, data, padding */
};

/*
 * Pieces of our sections in a pipe are updates of a type of our own; perf's switch over the types
 * it knows (perf_event__process_event_update()) has always let others pass, while it refuses
 * features and records that it does not know:
 *
 *	u64 PERFDATA_UPDATE_PIECE, u64 0, u32 section type, u32 length, bytes, zeros up to 8
 *
 * Pieces of the same section follow each other; those of PERFDATA_SECTION_PROOF and then
 * PERFDATA_SECTION_RUN come last.
 */
#define PERFDATA_UPDATE_PIECE UINT64_C(0x01006c6f6f746d76) /* "vmtool\0\1" read little-endian */

enum {
	PERFDATA_UPDATE_TYPE = 8, /* from the start of the record */
	PERFDATA_UPDATE_SECTION = 24,
	PERFDATA_UPDATE_LEN = 28,
	PERFDATA_UPDATE_BYTES = 32,
};

/* ---- the super ------------------------------------------------------------------------------- */

#define PERFDATA_SUPER_MAGIC "vmtool\0\1" /* 8 bytes; the last one is the version */

enum {
	PERFDATA_SUPER_OFFSET = PERFDATA_HEADER_BYTES,
	PERFDATA_SUPER_END = 4096,

	/* From PERFDATA_SUPER_OFFSET on: */
	PERFDATA_SUPER_MAGIC_BYTES = 8,
	PERFDATA_SUPER_STATE = 8,	    /* u32, enum perfdata_state */
	PERFDATA_SUPER_SECTIONS_NR = 12,    /* u32; written after the entries it counts */
	PERFDATA_SUPER_DATA_OFFSET = 16,    /* u64, as in perf's header */
	PERFDATA_SUPER_DATA_COMMITTED = 24, /* u64: so many bytes of data are whole records */
	PERFDATA_SUPER_SECTIONS = 32,	    /* entries: */

	PERFDATA_SUPER_ENTRY_TYPE = 0,	 /* u32 */
	PERFDATA_SUPER_ENTRY_FLAGS = 4,	 /* u32, 0 */
	PERFDATA_SUPER_ENTRY_OFFSET = 8, /* u64, from the start of the file */
	PERFDATA_SUPER_ENTRY_SIZE = 16,	 /* u64 */
	PERFDATA_SUPER_ENTRY_BYTES = 24,

	PERFDATA_SUPER_ENTRIES_MAX =
		(PERFDATA_SUPER_END - PERFDATA_SUPER_OFFSET - PERFDATA_SUPER_SECTIONS) /
		PERFDATA_SUPER_ENTRY_BYTES,
};

enum perfdata_state {
	PERFDATA_RECORDING = 0, /* or killed while it was */
	PERFDATA_CLOSED = 1,	/* perf's header and feature table are complete too */
};

/*
 * Types of super entries. Below 256 they are feature bits: the body perf's feature table will name.
 * Ours are text where text will do: lines of "key value\n" or of fields parted by one space, names
 * (which may hold spaces) last.
 */
enum perfdata_section {
	/*
	 * Lines: "boot_id 01234567-...", "kernel_build_id <hex>", "release 6.1.0-18-amd64",
	 * "text <hex address of _text>", "page_bytes 4096", "cpus 2", "started_ns <realtime>
	 * <file's clock>", "only tasks" or "only cpus" where not all was recorded, but what some
	 * of these did. A key that could not be had is not there.
	 */
	PERFDATA_SECTION_HOST = 256,

	/* Migrate types, from the kernel's BTF: "<number> <enumerator without MIGRATE_>" */
	PERFDATA_SECTION_MIGRATETYPES = 257,

	/* Memory zones: "<node> <first pfn> <end pfn, exclusive> <name>" */
	PERFDATA_SECTION_ZONES = 258,

	/*
	 * What each file descriptor counted, written at the end. A line per event id:
	 *
	 *	<id> <cpu or -1> <tid or -1> <count> <samples> <lost> <excluded> <state> <event name>
	 *
	 * count: what read() of the descriptor said; samples: of this id in the file; lost: of
	 * PERF_FORMAT_LOST, or count - samples where the kernel lacks it; excluded: samples of
	 * vmtool's own threads that were dropped on purpose. Numbers that are not known are "-".
	 * What is missing is count - samples - excluded, also where that is more than lost.
	 * state: "exact": count == samples + lost + excluded was checked and held;
	 * "derived": no PERF_FORMAT_LOST, lost was computed; "differs": it was checked and did not
	 * hold, the kernel kept some back; "tracking": no samples, lost are records of tasks and
	 * mappings; "unknown": nothing can be said (clocks, periods other than 1, overwritten
	 * rings).
	 */
	PERFDATA_SECTION_PROOF = 259,

	/*
	 * Kernel symbols that samples use: "<start hex> <end hex, exclusive> <module or -> <name>",
	 * ascending by start.
	 */
	PERFDATA_SECTION_KERNEL_SYMBOLS = 260,

	/*
	 * User symbols that samples use, by file: a line "dso <build-id or -> <path as in the
	 * records of mappings>", then its symbols, "<start hex> <end hex, exclusive> <name>",
	 * ascending, without overlaps. Addresses are offsets in the file (address - start of the
	 * mapping + its file offset); for "/tmp/perf-PID.map", which stands for anonymous memory of
	 * that process, they are the mapped ones. Names are as the file has them, mangled. One path
	 * is there once for each build-id. A dso without symbols is there for its build-id.
	 */
	PERFDATA_SECTION_USER_SYMBOLS = 261,

	/* How the recording went, lines: "wall_ns", "cpu_ns" (vmtool's own), "wakeups",
	 * "events", "bytes", "lost" (or "lost -"), "reason <why it ended>". */
	PERFDATA_SECTION_RUN = 262,
};

#endif
