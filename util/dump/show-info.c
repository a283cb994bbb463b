// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/show-info.h"

#include <inttypes.h>
#include <time.h>

#include "util/cli/human.h"
#include "util/cli/json.h"
#include "util/cli/utf8.h"

enum { DAMAGE_SHOWN_MAX = 8 };

/* What the file says, which may be anything. */
static void show_said(FILE *out, const char *text)
{
	utf8_put_safe(out, text[0] ? text : "not said");
}

/* "2026-11-21 12:00:00 UTC"; false: there is none. */
static bool crash_time_text(const struct dump_info *info, char *text, size_t len)
{
	time_t time = (time_t)info->crash_time;
	struct tm tm;

	return info->crash_time && gmtime_r(&time, &tm) &&
	       strftime(text, len, "%Y-%m-%d %H:%M:%S UTC", &tm);
}

static const char *state(const struct dump_info *info)
{
	if (info->truncated_bytes)
		return "no: the file is cut off";
	return info->incomplete ? "no" : "yes";
}

static void show_pages(FILE *out, const char *label, uint64_t pages, const struct dump_info *info)
{
	fprintf(out, "%-14s %s (%s pages)\n", label, human_size(pages * info->page_size).text,
		human_count(pages).text);
}

static void show_tool_note(FILE *out, const struct toolnote *note)
{
	const struct plan_counts *counts = &note->counts;

	fprintf(out, "%-14s vmtool ", "written by");
	show_said(out, note->version);
	fprintf(out, ", codec ");
	show_said(out, note->codec);
	fprintf(out, "\n");
	fprintf(out, "%-14s %s filled with zeros, %s unreadable\n", "of the pages",
		human_count(note->zero_pages).text, human_count(note->unreadable).text);
	fprintf(out, "%-14s %14s %14s\n", "class", "pages", "left out");
	for (size_t i = 0; i < PAGE_CLASSES_NR; i++) {
		if (counts->class[i])
			fprintf(out, "  %-12s %14s %14s\n", page_class_name((enum page_class)i),
				human_count(counts->class[i]).text,
				human_count(counts->dropped[i]).text);
	}
}

/* A line of the file where it says something. */
static void show_text(FILE *out, const char *label, const char *text)
{
	if (!text[0])
		return;
	fprintf(out, "%-14s ", label);
	utf8_put_safe(out, text);
	fprintf(out, "\n");
}

/* As --dump-dmesg has it. */
static void show_line(FILE *out, const char *label, const struct last_line *line)
{
	guard(str) struct str text = STR_INIT;

	if (!line->text[0])
		return;
	printk_format_time(&text, line->ts_nsec);
	str_add(&text, line->text);
	show_text(out, label, text.s);
}

/* What the kernel itself says is worth more than what stands in a header. */
static const char *known(const char *of_kernel, const char *of_header)
{
	return of_kernel[0] ? of_kernel : of_header;
}

static void show_kernel(FILE *out, const struct dump_info *info, const struct last_words *words)
{
	char time[64];

	show_text(out, "host", known(words->host, info->host));
	fprintf(out, "%-14s ", "kernel");
	show_said(out, info->release);
	fprintf(out, ", ");
	show_said(out, info->machine);
	fprintf(out, "\n");
	show_text(out, "version", known(words->version, info->version));
	show_text(out, "build id", info->build_id);
	if (info->cpus_nr)
		fprintf(out, "%-14s %u\n", "CPUs", info->cpus_nr);
	fprintf(out, "%-14s %s", "crashed",
		crash_time_text(info, time, sizeof(time)) ? time : "not said");
	if (words->uptime_ns)
		fprintf(out, ", up %s", human_duration(words->uptime_ns).text);
	fprintf(out, "\n");
	show_line(out, "last oops", &words->oops);
	show_line(out, "  at", &words->where);
	show_line(out, "panic", &words->panic);
}

void dump_info_show_text(FILE *out, const struct dump_info *info, const struct last_words *words)
{
	fprintf(out, "%-14s %s", "format", info->format);
	if (info->files_nr > 1)
		fprintf(out, ", %" PRIu64 " files", info->files_nr);
	fprintf(out, ", %s\n", human_size(info->file_bytes).text);
	show_kernel(out, info, words);
	show_pages(out, "memory", info->memory_pages, info);
	show_pages(out, "in the dump", info->stored_pages, info);
	if (info->level_known)
		fprintf(out, "%-14s %" PRIu64 "\n", "level", info->level);
	fprintf(out, "%-14s %s\n", "compression", info->codec ? info->codec : "none");
	fprintf(out, "%-14s %s\n", "complete", state(info));
	if (info->has_tool_note)
		show_tool_note(out, &info->tool_note);
}

static void json_tool_note(struct json *json, const struct toolnote *note)
{
	json_object(json, "vmtool");
	json_string(json, "version", note->version);
	json_string(json, "codec", note->codec);
	json_u64(json, "level", note->level);
	json_u64(json, "level_effective", note->level_effective);
	json_u64(json, "level_before", note->level_before);
	json_u64(json, "zero", note->zero_pages);
	json_u64(json, "zero_left_out", note->zero_left_out);
	json_u64(json, "hwpoison_left_out", note->counts.dropped_poisoned);
	json_u64(json, "missing", note->counts.missing);
	json_u64(json, "unreadable", note->unreadable);
	json_u64(json, "struct_pages_unreadable", note->struct_pages_unreadable);
	json_array(json, "classes");
	for (size_t i = 0; i < PAGE_CLASSES_NR; i++) {
		json_object(json, NULL);
		json_string(json, "class", page_class_name((enum page_class)i));
		json_u64(json, "pages", note->counts.class[i]);
		json_u64(json, "left_out", note->counts.dropped[i]);
		json_end(json);
	}
	json_end(json);
	json_end(json);
}

static void json_info(struct json *json, const struct dump_info *info)
{
	json_string(json, "format", info->format);
	json_u64(json, "files", info->files_nr);
	json_u64(json, "bytes", info->file_bytes);
	json_string(json, "kernel", info->release[0] ? info->release : NULL);
	json_string(json, "machine", info->machine[0] ? info->machine : NULL);
	json_string(json, "build_id", info->build_id[0] ? info->build_id : NULL);
	json_u64_if(json, "cpus", info->cpus_nr != 0, info->cpus_nr);
	json_i64_if(json, "crash_time", info->crash_time != 0, info->crash_time);
	json_u64(json, "page_size", info->page_size);
	json_u64(json, "end_pfn", info->end_pfn);
	json_u64(json, "memory_pages", info->memory_pages);
	json_u64(json, "stored_pages", info->stored_pages);
	json_u64_if(json, "level", info->level_known, info->level);
	json_string(json, "compression", info->codec);
	json_bool(json, "complete", !info->incomplete && !info->truncated_bytes);
	json_u64(json, "truncated_bytes", info->truncated_bytes);
	if (info->has_tool_note)
		json_tool_note(json, &info->tool_note);
	else
		json_null(json, "vmtool");
}

static void json_line(struct json *json, const char *key, const struct last_line *line)
{
	if (!line->text[0]) {
		json_null(json, key);
		return;
	}
	json_object(json, key);
	json_u64(json, "time_ns", line->ts_nsec);
	json_string(json, "text", line->text);
	json_end(json);
}

void dump_info_show_json(FILE *out, const struct dump_info *info, const struct last_words *words)
{
	const char *host = known(words->host, info->host);
	const char *version = known(words->version, info->version);
	struct json json = json_init(out);

	json_object(&json, NULL);
	json_info(&json, info);
	json_string(&json, "host", host[0] ? host : NULL);
	json_string(&json, "version", version[0] ? version : NULL);
	json_u64_if(&json, "uptime_ns", words->uptime_ns != 0, words->uptime_ns);
	json_line(&json, "oops", &words->oops);
	json_line(&json, "oops_at", &words->where);
	json_line(&json, "panic", &words->panic);
	json_end(&json);
}

void verify_show_text(FILE *out, const struct verify_report *report)
{
	fprintf(out, "%s: kernel ", report->info.format);
	show_said(out, report->info.release);
	fprintf(out, ", %s pages: %s good, %s lost", human_count(report->pages_nr).text,
		human_count(report->good_nr).text, human_count(report->lost_nr).text);
	if (report->cut_off_nr)
		fprintf(out, ", %s cut off", human_count(report->cut_off_nr).text);
	fprintf(out, ", %s damaged\n", human_count(report->damaged_nr).text);
	fprintf(out, "of the good ones %s raw", human_count(report->raw_nr).text);
	for (size_t i = 0; codec_at(i); i++) {
		if (report->packed_nr[i])
			fprintf(out, ", %s %s", human_count(report->packed_nr[i]).text,
				codec_at(i)->name);
	}
	if (report->places_known)
		fprintf(out, ", %s share another's bytes; %s belong to no page",
			human_count(report->shared_nr).text, human_size(report->unused_bytes).text);
	fprintf(out, "\n");
	for (size_t i = 0; i < MIN(report->damage.nr, (size_t)DAMAGE_SHOWN_MAX); i++)
		fprintf(out, "%s\n", report->damage.line[i]);
	if (report->damage.nr > DAMAGE_SHOWN_MAX)
		fprintf(out, "... (--json has more)\n");
	fprintf(out, "%s\n", verify_verdict_name(report->verdict));
}

static void json_lines(struct json *json, const char *key, const struct notes *notes)
{
	json_array(json, key);
	for (size_t i = 0; i < notes->nr; i++)
		json_string(json, NULL, notes->line[i]);
	json_end(json);
}

void verify_show_json(FILE *out, const struct verify_report *report)
{
	struct json json = json_init(out);

	json_object(&json, NULL);
	json_string(&json, "verdict", verify_verdict_name(report->verdict));
	json_object(&json, "pages");
	json_u64(&json, "in_dump", report->pages_nr);
	json_u64(&json, "good", report->good_nr);
	json_u64(&json, "lost", report->lost_nr);
	json_u64(&json, "cut_off", report->cut_off_nr);
	json_u64(&json, "damaged", report->damaged_nr);
	json_u64(&json, "raw", report->raw_nr);
	for (size_t i = 0; codec_at(i); i++)
		json_u64(&json, codec_at(i)->name, report->packed_nr[i]);
	json_u64_if(&json, "shared", report->places_known, report->shared_nr);
	json_end(&json);
	json_u64_if(&json, "unused_bytes", report->places_known, report->unused_bytes);
	json_lines(&json, "damage", &report->damage);
	json_lines(&json, "warnings", &report->notes);
	json_object(&json, "info");
	json_info(&json, &report->info);
	json_end(&json);
	json_end(&json);
}
