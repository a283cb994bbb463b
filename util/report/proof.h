/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The proof of completeness a recording of vmtool holds: what each descriptor counted, against what
 * is there (PERFDATA_SECTION_PROOF).
 */
#ifndef VMTOOL_REPORT_PROOF_H
#define VMTOOL_REPORT_PROOF_H

#include "util/report/session.h"

/* Left as it was when the recording holds none. */
must_check struct err *proof_read(struct perfdata *perfdata, struct session_loss *ret_proof);

#endif
