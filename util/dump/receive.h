/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The other end of a flattened stream: what comes is put together in a file as it comes, and the
 * file says of itself that it is incomplete until all of it is on its medium. Whatever ends this,
 * SIGKILL too, what arrived stays and does not pass for a whole dump.
 */
#ifndef VMTOOL_DUMP_RECEIVE_H
#define VMTOOL_DUMP_RECEIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "util/dump/flat.h"
#include "util/dump/verify.h"

/*
 * Put the flattened dump that comes from @fd together in the file @output. A stream that is cut off
 * leaves what arrived, marked incomplete, if there is any of it: see @summary. ERR_INTERRUPTED:
 * @stop_fd (-1: none) has become readable; what arrived stays then too.
 */
must_check struct err *dump_rearrange(int fd, int stop_fd, const char *output, bool overwrite,
				      struct flat_summary *summary);

/* What a file is called until all of it is there: as Debian's and Fedora's kdump scripts do. */
#define RECEIVE_SUFFIX "-incomplete"

struct receive_options {
	int fd;
	int stop_fd; /* -1: none */
	const char *output;
	bool overwrite;

	/* As in struct verify_options. */
	bool (*tick)(void *ctx, uint64_t done, uint64_t total);
	void *ctx;
};

struct receive_report {
	struct flat_summary stream;
	char *path;    /* where what arrived is now; NULL: nowhere */
	bool checked;  /* it is a dump, and `verify` is filled in */
	bool whole;    /* nothing is missing and it is on its medium, whatever it is called */
	bool stopped;  /* all came and is on its medium; its check was stopped */
	bool complete; /* it is one of which nothing is missing, under its own name */
	struct verify_report verify;
};

#define RECEIVE_REPORT_INIT ((struct receive_report){ .verify = VERIFY_REPORT_INIT })

static inline void receive_report_release(struct receive_report *report)
{
	free(report->path);
	verify_report_release(&report->verify);
}
DEFINE_GUARD_INPLACE(receive_report, struct receive_report, receive_report_release)

/*
 * Receive a dump into a file that gets its name, `output`, only when the stream had its end record,
 * all of it is on its medium, the dump does not say of itself that it is incomplete, and each of
 * its page descriptors points at bytes that are there. Until then, and after anything else, the
 * file is called output-incomplete; its mark goes when all of it is on its medium, and comes back
 * when what is there does not hold. (After ERR_INTERRUPTED in that check it has none: `stopped`.)
 * The name appears at once or not at all: a file that had it before stays whole until then, and is
 * refused without `overwrite`.
 *
 * Success is a complete dump. @report, which must be RECEIVE_REPORT_INIT before and is released by
 * the caller, is filled in after an error too.
 */
must_check struct err *dump_receive(const struct receive_options *options,
				    struct receive_report *report);

#endif
