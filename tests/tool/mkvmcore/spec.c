// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tool/mkvmcore/kernel.h"
#include "tests/tool/mkvmcore/spec.h"
#include "util/base/cleanup.h"

enum { WORDS_MAX = 16 };

/* One statement, cut into words. */
struct line {
	unsigned int nr;
	char *word[WORDS_MAX];
	unsigned int words_nr;
	const char *rest; /* what stands behind the second word, uncut */
};

void die(const char *fmt, ...)
{
	va_list args;

	fputs("mkvmcore: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

void *must_alloc(size_t bytes)
{
	void *p = calloc(1, bytes);

	if (!p)
		die("out of memory");
	return p;
}

void *grow(void *at, size_t *capacity, size_t element_bytes)
{
	size_t wider = *capacity ? *capacity * 2 : 16;
	void *p = reallocarray(at, wider, element_bytes);

	if (!p)
		die("out of memory");
	memset((char *)p + *capacity * element_bytes, 0, (wider - *capacity) * element_bytes);
	*capacity = wider;
	return p;
}

bool parse_number(const char *text, uint64_t *ret_value)
{
	static const char suffixes[] = "KMGT";
	bool negative = text[0] == '-';
	uint64_t value;
	char *end;

	if (negative)
		text++;
	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno)
		return false;
	if (*end) {
		const char *suffix = strchr(suffixes, *end);

		if (!suffix || end[1])
			return false;
		value <<= 10 * (suffix - suffixes + 1);
	}
	*ret_value = negative ? -value : value;
	return true;
}

static const char *word(const struct line *line, unsigned int i)
{
	if (i >= line->words_nr)
		die("line %u: %s wants more words", line->nr, line->word[0]);
	return line->word[i];
}

static uint64_t number(const struct line *line, unsigned int i)
{
	uint64_t value;

	if (!parse_number(word(line, i), &value))
		die("line %u: not a number: %s", line->nr, word(line, i));
	return value;
}

static void range(const struct line *line, unsigned int i, uint64_t *ret_first, uint64_t *ret_count)
{
	const char *text = word(line, i);
	const char *plus = strchr(text, '+');
	autofree char *first = plus ? strndup(text, (size_t)(plus - text)) : strdup(text);

	*ret_count = 1;
	if (!first || !parse_number(first, ret_first) ||
	    (plus && !parse_number(plus + 1, ret_count)))
		die("line %u: not a range: %s", line->nr, text);
}

/* The value of "name=value" among the words from @i on; false when it is not there. */
static bool option(const struct line *line, unsigned int i, const char *name, const char **ret_text)
{
	size_t len = strlen(name);

	for (; i < line->words_nr; i++) {
		if (strncmp(line->word[i], name, len) == 0 && line->word[i][len] == '=') {
			*ret_text = line->word[i] + len + 1;
			return true;
		}
	}
	return false;
}

static struct field option_number(const struct line *line, unsigned int i, const char *name)
{
	struct field field = { .given = false };
	const char *text;

	if (!option(line, i, name, &text))
		return field;
	field.given = true;
	if (strcmp(text, "none") != 0 && !parse_number(text, &field.value))
		die("line %u: %s is not a number: %s", line->nr, name, text);
	return field;
}

static void check_options(const struct line *line, unsigned int i, const char *const *names)
{
	for (; i < line->words_nr; i++) {
		const char *equals = strchr(line->word[i], '=');
		bool known = false;

		for (const char *const *name = names; equals && *name && !known; name++)
			known = strlen(*name) == (size_t)(equals - line->word[i]) &&
				strncmp(*name, line->word[i], strlen(*name)) == 0;
		if (!known)
			die("line %u: unknown option: %s", line->nr, line->word[i]);
	}
}

static void copy_name(const struct line *line, char *to, size_t capacity, const char *from)
{
	if (strlen(from) >= capacity)
		die("line %u: too long: %s", line->nr, from);
	strcpy(to, from);
}

static void read_load(struct spec *spec, const struct line *line)
{
	static const char *const names[] = { "vaddr", "filesz", "memsz", NULL };
	struct load *load = list_add(&spec->loads);
	struct field filesz = option_number(line, 2, "filesz");
	struct field memsz = option_number(line, 2, "memsz");

	check_options(line, 2, names);
	range(line, 1, &load->paddr, &load->memsz);
	if (memsz.given)
		load->memsz = memsz.value;
	load->filesz = filesz.given ? filesz.value : load->memsz;
	load->vaddr = option_number(line, 2, "vaddr");
}

static void read_load_many(struct spec *spec, const struct line *line)
{
	uint64_t paddr = number(line, 1), size = number(line, 2);
	uint64_t stride = number(line, 3), count = number(line, 4);

	for (uint64_t i = 0; i < count; i++) {
		struct load *load = list_add(&spec->loads);

		load->paddr = paddr + i * stride;
		load->memsz = load->filesz = size;
	}
}

static void read_text_load(struct spec *spec, const struct line *line)
{
	struct load *load = list_add(&spec->loads);

	(void)line;
	load->is_text = true;
}

static void read_packed(struct spec *spec, const struct line *line)
{
	(void)line;
	spec->packed = true;
}

static void read_fill(struct spec *spec, const struct line *line)
{
	struct fill_rule *fill = list_add(&spec->fills);
	const char *kind = word(line, 2);
	uint64_t byte;

	range(line, 1, &fill->first, &fill->count);
	if (strcmp(kind, "zero") == 0) {
		fill->kind = FILL_ZERO;
	} else if (strcmp(kind, "pfn") == 0) {
		fill->kind = FILL_PFN;
	} else if (strcmp(kind, "random") == 0) {
		fill->kind = FILL_RANDOM;
	} else if (strncmp(kind, "byte=", 5) == 0 && parse_number(kind + 5, &byte)) {
		fill->kind = FILL_BYTE;
		fill->byte = (uint8_t)byte;
	} else {
		die("line %u: unknown content: %s", line->nr, kind);
	}
}

static void read_kernel(struct spec *spec, const struct line *line)
{
	spec->preset = preset_find(word(line, 1));
	if (!spec->preset)
		die("line %u: unknown kernel: %s", line->nr, line->word[1]);
}

static void read_machine(struct spec *spec, const struct line *line)
{
	spec->machine = machine_find(word(line, 1));
	if (!spec->machine)
		die("line %u: unknown machine: %s", line->nr, line->word[1]);
}

static void read_levels(struct spec *spec, const struct line *line)
{
	spec->levels = (unsigned int)number(line, 1);
}

static void read_kernel_at(struct spec *spec, const struct line *line)
{
	spec->kernel_paddr = number(line, 1);
}

static void read_kernel_virt(struct spec *spec, const struct line *line)
{
	spec->kernel_vaddr = number(line, 1);
}

static void read_page_offset(struct spec *spec, const struct line *line)
{
	spec->page_offset = (struct field){ .given = true, .value = number(line, 1) };
}

static void read_vmemmap_base(struct spec *spec, const struct line *line)
{
	spec->vmemmap_base = (struct field){ .given = true, .value = number(line, 1) };
}

static void read_vmemmap(struct spec *spec, const struct line *line)
{
	static const char *const names[] = { "4K", "2M", "1G", "scattered" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(word(line, 1), names[i]) == 0) {
			spec->vmemmap = (enum vmemmap_mapping)i;
			return;
		}
	}
	die("line %u: unknown mapping: %s", line->nr, line->word[1]);
}

static void read_repeat(struct spec *spec, const struct line *line)
{
	range(line, 1, &spec->repeat_first, &spec->repeat_count);
}

static void read_default(struct spec *spec, const struct line *line)
{
	spec->default_none = strcmp(word(line, 1), "none") == 0;
}

static void read_pages(struct spec *spec, const struct line *line)
{
	static const char *const names[] = { "order",	 "flags",    "mapping", "private",
					     "mapcount", "refcount", NULL };
	struct page_rule *rule = list_add(&spec->pages);

	rule->line = line->nr;
	range(line, 1, &rule->first, &rule->count);
	rule->class = page_class_find(word(line, 2));
	if (!rule->class)
		die("line %u: unknown class: %s", line->nr, line->word[2]);
	check_options(line, 3, names);
	rule->order = (unsigned int)option_number(line, 3, "order").value;
	if (rule->order > 18 || rule->count % (1ull << rule->order))
		die("line %u: the count is not a multiple of the order's", line->nr);
	rule->flags = option_number(line, 3, "flags");
	rule->mapping = option_number(line, 3, "mapping");
	rule->private = option_number(line, 3, "private");
	rule->mapcount = option_number(line, 3, "mapcount");
	rule->refcount = option_number(line, 3, "refcount");
}

static void read_flag(struct spec *spec, const struct line *line)
{
	struct flag_rule *rule = list_add(&spec->flags);

	range(line, 1, &rule->first, &rule->count);
	copy_name(line, rule->name, sizeof(rule->name), word(line, 2));
}

static void read_section(struct spec *spec, const struct line *line)
{
	static const char *const names[] = { "low", NULL };
	struct section_rule *rule = list_add(&spec->sections);

	check_options(line, 2, names);
	rule->nr = number(line, 1);
	rule->low = option_number(line, 2, "low").value;
}

static void read_entry(struct spec *spec, const struct line *line)
{
	struct entry_rule *rule = list_add(&spec->entries);

	rule->level = (unsigned int)number(line, 1);
	rule->vaddr = number(line, 2);
	rule->self = strcmp(word(line, 3), "self") == 0;
	if (!rule->self)
		rule->value = number(line, 3);
}

static void read_cpus(struct spec *spec, const struct line *line)
{
	spec->cpus_nr = (unsigned int)number(line, 1);
}

static void read_note(struct spec *spec, const struct line *line)
{
	struct note_rule *note = list_add(&spec->notes);

	copy_name(line, note->name, sizeof(note->name), word(line, 1));
	note->type = (uint32_t)number(line, 2);
	note->size = (uint32_t)number(line, 3);
}

static void read_vmcoreinfo(struct spec *spec, const struct line *line)
{
	const char *verb = word(line, 1);
	struct info_rule *rule;

	if (strcmp(verb, "none") == 0) {
		spec->no_vmcoreinfo = true;
		return;
	}
	rule = list_add(&spec->infos);
	if (strcmp(verb, "set") == 0) {
		rule->kind = INFO_SET;
		rule->key = strdup(word(line, 2));
		rule->value = strdup(line->words_nr > 3 ? line->word[3] : "");
	} else if (strcmp(verb, "del") == 0) {
		rule->kind = INFO_DEL;
		rule->key = strdup(word(line, 2));
	} else if (strcmp(verb, "text") == 0) {
		rule->kind = INFO_TEXT;
		rule->key = strdup(line->rest);
	} else {
		die("line %u: vmcoreinfo what: %s", line->nr, verb);
	}
}

static void read_shdrs_first(struct spec *spec, const struct line *line)
{
	spec->shdrs_first = (unsigned int)number(line, 1);
}

static void read_xnum(struct spec *spec, const struct line *line)
{
	(void)line;
	spec->xnum = true;
}

static void read_ehdr(struct spec *spec, const struct line *line)
{
	struct override *override = list_add(&spec->ehdrs);

	copy_name(line, override->name, sizeof(override->name), word(line, 1));
	override->value = number(line, 2);
}

static void read_phdr(struct spec *spec, const struct line *line)
{
	struct override *override = list_add(&spec->phdrs);

	override->index = (unsigned int)number(line, 1);
	copy_name(line, override->name, sizeof(override->name), word(line, 2));
	override->value = number(line, 3);
}

static void read_patch(struct spec *spec, const struct line *line)
{
	struct patch *patch = list_add(&spec->patches);
	const char *hex = word(line, 2);
	size_t digits_nr = strlen(hex);

	patch->line = line->nr;
	copy_name(line, patch->where, sizeof(patch->where), word(line, 1));
	if (digits_nr % 2 || strspn(hex, "0123456789abcdefABCDEF") != digits_nr)
		die("line %u: not bytes in hex: %s", line->nr, hex);
	patch->len = digits_nr / 2;
	patch->bytes = must_alloc(patch->len + 1);
	for (size_t i = 0; i < patch->len; i++) {
		char pair[3] = { hex[2 * i], hex[2 * i + 1], 0 };

		patch->bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
}

static void read_patch_number(struct spec *spec, const struct line *line)
{
	struct patch *patch = list_add(&spec->patches);
	uint64_t value = number(line, 2);

	patch->line = line->nr;
	copy_name(line, patch->where, sizeof(patch->where), word(line, 1));
	patch->is_number = true;
	patch->len = (size_t)atoi(line->word[0] + strlen("patch")) / 8;
	patch->bytes = must_alloc(patch->len);
	for (size_t i = 0; i < patch->len; i++)
		patch->bytes[i] = (uint8_t)(value >> (8 * i));
}

static void read_truncate(struct spec *spec, const struct line *line)
{
	spec->truncate_line = line->nr;
	copy_name(line, spec->truncate, sizeof(spec->truncate), word(line, 1));
}

static const struct statement {
	const char *name;
	void (*read)(struct spec *spec, const struct line *line);
} statements[] = {
	{ "load", read_load },
	{ "load-many", read_load_many },
	{ "text-load", read_text_load },
	{ "packed", read_packed },
	{ "fill", read_fill },
	{ "kernel", read_kernel },
	{ "machine", read_machine },
	{ "levels", read_levels },
	{ "kernel-at", read_kernel_at },
	{ "kernel-virt", read_kernel_virt },
	{ "page-offset", read_page_offset },
	{ "vmemmap-base", read_vmemmap_base },
	{ "vmemmap", read_vmemmap },
	{ "repeat", read_repeat },
	{ "default", read_default },
	{ "pages", read_pages },
	{ "flag", read_flag },
	{ "section", read_section },
	{ "entry", read_entry },
	{ "cpus", read_cpus },
	{ "note", read_note },
	{ "vmcoreinfo", read_vmcoreinfo },
	{ "shdrs-first", read_shdrs_first },
	{ "xnum", read_xnum },
	{ "ehdr", read_ehdr },
	{ "phdr", read_phdr },
	{ "patch", read_patch },
	{ "patch16", read_patch_number },
	{ "patch32", read_patch_number },
	{ "patch64", read_patch_number },
	{ "truncate", read_truncate },
};

static void read_statement(struct spec *spec, const struct line *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(statements); i++) {
		if (strcmp(statements[i].name, line->word[0]) == 0) {
			statements[i].read(spec, line);
			return;
		}
	}
	die("line %u: unknown statement: %s", line->nr, line->word[0]);
}

/* Where the words behind the second one begin. */
static const char *skip_words(const char *text, unsigned int nr)
{
	while (nr--) {
		text += strspn(text, " \t");
		text += strcspn(text, " \t");
	}
	return text + strspn(text, " \t");
}

/* What follows from the machine. */
static void apply_defaults(struct spec *spec)
{
	const struct machine *machine = spec->machine;

	if (!spec->levels)
		spec->levels = machine->levels_min;
	if (spec->levels < machine->levels_min || spec->levels > machine->levels_max)
		die("levels of %s are %u to %u", machine->name, machine->levels_min,
		    machine->levels_max);
	if (!spec->kernel_vaddr)
		spec->kernel_vaddr = machine->kernel_vaddr;
}

void spec_read(FILE *in, struct spec *spec)
{
	autofree char *text = NULL;
	size_t capacity = 0;
	ssize_t len;

	*spec = (struct spec){
		.machine = machine_find("x86_64"),
		.kernel_paddr = 16 << 20,
		.vmemmap = VMEMMAP_2M,
		.cpus_nr = 1,
	};
	for (unsigned int nr = 1; (len = getline(&text, &capacity, in)) >= 0; nr++) {
		struct line line = { .nr = nr };
		autofree char *whole = NULL;
		char *at = text, *next;

		text[strcspn(text, "#\n")] = 0;
		whole = strdup(text);
		if (!whole)
			die("out of memory");
		line.rest = skip_words(whole, 2);
		while ((next = strtok_r(at, " \t", &at))) {
			if (line.words_nr == WORDS_MAX)
				die("line %u: too many words", nr);
			line.word[line.words_nr++] = next;
		}
		if (line.words_nr)
			read_statement(spec, &line);
	}
	apply_defaults(spec);
}

void spec_release(struct spec *spec)
{
	for (size_t i = 0; i < spec->infos.nr; i++) {
		free(spec->infos.at[i].key);
		free(spec->infos.at[i].value);
	}
	for (size_t i = 0; i < spec->patches.nr; i++)
		free(spec->patches.at[i].bytes);
	free(spec->loads.at);
	free(spec->fills.at);
	free(spec->pages.at);
	free(spec->flags.at);
	free(spec->sections.at);
	free(spec->entries.at);
	free(spec->infos.at);
	free(spec->notes.at);
	free(spec->ehdrs.at);
	free(spec->phdrs.at);
	free(spec->patches.at);
}
