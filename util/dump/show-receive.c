// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/show-receive.h"

#include <inttypes.h>

#include "util/cli/human.h"
#include "util/cli/json.h"

void receive_show_text(FILE *out, const struct receive_report *report)
{
	fprintf(out, "received %s: complete, %s pages in %s", report->path,
		human_count(report->verify.pages_nr).text, human_size(report->stream.bytes).text);
	if (report->verify.lost_nr)
		fprintf(out, ", %s could not be read when it was made",
			human_count(report->verify.lost_nr).text);
	fprintf(out, "\n");
}

void receive_show_json(FILE *out, const struct receive_report *report)
{
	const struct verify_report *verify = &report->verify;
	struct json json = json_init(out);

	json_object(&json, NULL);
	json_string(&json, "file", report->path);
	json_bool(&json, "complete", report->complete);
	json_bool(&json, "end_record", report->stream.complete);
	json_u64(&json, "records", report->stream.records_nr);
	json_u64(&json, "bytes", report->stream.bytes);
	if (report->checked) {
		json_object(&json, "pages");
		json_u64(&json, "in_dump", verify->pages_nr);
		json_u64(&json, "good", verify->good_nr);
		json_u64(&json, "lost", verify->lost_nr);
		json_u64(&json, "damaged", verify->damaged_nr);
		json_end(&json);
	} else {
		json_null(&json, "pages");
	}
	json_end(&json);
}
