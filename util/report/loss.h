/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a recording says of what it lacks, as people and programs read it: the same words under
 * every view.
 */
#ifndef VMTOOL_REPORT_LOSS_H
#define VMTOOL_REPORT_LOSS_H

#include <stdio.h>

#include "util/base/notes.h"
#include "util/base/str.h"
#include "util/cli/json.h"
#include "util/report/session.h"

/* "complete (12 counts agree with the samples)", "at least 5 missing": no line end. */
void loss_text(struct session_loss loss, struct str *out);

/* That as the last line of a report. */
must_check struct err *loss_show_text(struct session_loss loss, FILE *out);

/* Of output that has no place for it, a remark: "the recording is not complete: 5 missing". */
must_check struct err *loss_note(struct session_loss loss, const char *what, struct notes *notes);

/* Members "complete" (true, false, null: not known), "lost", and what there is besides. */
void loss_show_json(struct session_loss loss, struct json *json);

/* What stands behind figures that a single missing event can make wrong; "": they are right. */
const char *loss_mark(struct session_loss loss);

/* The same of plain members of an object, as its member "uncertain": the names of @member. */
void loss_mark_json(struct session_loss loss, const char *const *member, size_t nr,
		    struct json *json);

#endif
