// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/report/kernelsyms.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "util/base/checked.h"
#include "util/base/endian.h"
#include "util/base/io.h"
#include "util/report/modules.h"
#include "util/report/stored.h"
#include "util/symbol/kallsyms.h"

enum { LATE_MAX = 1 << 16, BOOT_ID_BYTES_MAX = 256, MODULE_PAGE_BYTES = 4096 };

/* All of this is the thread's until it is joined. */
struct reader {
	pthread_t thread;
	bool started;
	const char *path;
	struct symtab tab;
	uint64_t text;
	struct err *error;
};

/* Code that came while the kernel ran. */
struct late {
	uint64_t start;
	uint64_t end;
	uint32_t name;
};

struct kernel_symbols {
	struct kernel_symbols_config config;
	struct reader reader;

	bool loaded;
	struct symtab tab;
	uint64_t slide;		/* what to take off a recorded address to look it up */
	uint64_t recorded_text; /* 0: not known */
	struct modules modules; /* as recorded */
	bool is_of_recording;	/* the symbols are its own */
	bool same_boot;		/* else: what they say of modules may hold for it */
	bool boot_told;		/* that it does not */

	struct late *late; /* ascending, without overlaps */
	size_t late_nr;
	uint64_t generation;

	struct keyset addresses; /* -> frame */
	struct kernel_frame *frame;
	bool *is_fresh;
	size_t frames_capacity;
};

static void *read_symbols(void *arg)
{
	struct reader *reader = arg;

	reader->error = kallsyms_read(AT_FDCWD, reader->path, &reader->tab, &reader->text);
	return NULL;
}

static void start_reader(struct reader *reader, const char *path)
{
	reader->path = path;
	reader->tab = SYMTAB_INIT;
	reader->started = !pthread_create(&reader->thread, NULL, read_symbols, reader);
}

static void join_reader(struct reader *reader)
{
	if (reader->started)
		pthread_join(reader->thread, NULL);
	else if (reader->path)
		read_symbols(reader);
	reader->started = false;
	reader->path = NULL;
}

void kernel_symbols_free(struct kernel_symbols *ks)
{
	if (!ks)
		return;
	if (ks->reader.started) {
		join_reader(&ks->reader);
		err_free(ks->reader.error);
		symtab_release(&ks->reader.tab);
	}
	symtab_release(&ks->tab);
	modules_release(&ks->modules);
	free(ks->late);
	keyset_release(&ks->addresses);
	free(ks->frame);
	free(ks->is_fresh);
	free(ks);
}

static bool is_stored(const struct kernel_symbols *ks)
{
	return !ks->config.kallsyms &&
	       perfdata_has_section(ks->config.perfdata, PERFDATA_SECTION_KERNEL_SYMBOLS);
}

struct err *kernel_symbols_new(const struct kernel_symbols_config *config,
			       struct kernel_symbols **ret_symbols)
{
	struct kernel_symbols *ks = calloc(1, sizeof(*ks));

	if (!ks)
		return err_nomem();
	ks->config = *config;
	ks->tab = SYMTAB_INIT;
	ks->addresses = keyset_init(1);
	if (!is_stored(ks))
		start_reader(&ks->reader, config->kallsyms ? config->kallsyms : "/proc/kallsyms");
	*ret_symbols = ks;
	return NULL;
}

/* ---- Loading -------------------------------------------------------------------------------- */

static struct err *load_stored(struct kernel_symbols *ks)
{
	autofree char *text = NULL;
	struct err *e;
	size_t len;

	ks->is_of_recording = true;
	e = perfdata_section_read(ks->config.perfdata, PERFDATA_SECTION_KERNEL_SYMBOLS, &text,
				  &len);
	return e ? e : kallsyms_parse_stored(text, len, &ks->tab);
}

/* The kernel's release where it was recorded; NULL: not known. */
static char *recorded_release(struct kernel_symbols *ks)
{
	char *release = NULL;
	struct err *e;

	e = perfdata_line(ks->config.perfdata, PERFDATA_SECTION_HOST, "release", &release);
	err_free(e);
	if (release)
		return release;
	e = perfdata_string(ks->config.perfdata, PERFDATA_OSRELEASE, &release);
	if (e)
		release = NULL;
	err_free(e);
	return release;
}

static struct err *recorded_text_address(struct kernel_symbols *ks)
{
	autofree char *text = NULL;
	struct err *e;

	if (ks->recorded_text)
		return NULL;
	e = perfdata_line(ks->config.perfdata, PERFDATA_SECTION_HOST, "text", &text);
	if (!e && text)
		ks->recorded_text = strtoull(text, NULL, 16);
	return e;
}

/*
 * Modules lie where they were recorded only in the same boot. Recordings of perf do not tell which
 * it was: then the place of the kernel itself must do, which is another in each boot (KASLR).
 */
static struct err *compare_boots(struct kernel_symbols *ks)
{
	autofree char *recorded = NULL;
	autofree char *running = NULL;
	struct err *e;
	size_t len;

	ks->same_boot = !ks->slide;
	if (ks->config.kallsyms)
		return NULL;
	e = perfdata_line(ks->config.perfdata, PERFDATA_SECTION_HOST, "boot_id", &recorded);
	if (e || !recorded)
		return e;
	e = io_read_file(-1, "/proc/sys/kernel/random/boot_id", BOOT_ID_BYTES_MAX, &running, &len);
	if (!e)
		ks->same_boot &= strlen(recorded) == strcspn(running, "\n") &&
				 !strncmp(recorded, running, strlen(recorded));
	err_free(e);
	return NULL;
}

/* A kernel of the same release lies the same way but for where it was put (KASLR). */
static struct err *load_running(struct kernel_symbols *ks)
{
	autofree char *release = recorded_release(ks);
	struct build_id running = build_id_of_notes("/sys/kernel/notes"), recorded;
	const char *kallsyms = ks->config.kallsyms;
	struct utsname uts;
	uint64_t text;
	struct err *e;

	e = recorded_text_address(ks);
	if (!e)
		e = stored_kernel_build(ks->config.perfdata, &recorded);
	if (e)
		return e;
	if (!kallsyms && build_id_differs(&recorded, &running)) {
		notes_add(
			ks->config.notes,
			"recorded on another build of the kernel than this one: its functions are "
			"not known (--kallsyms FILE names a copy of that machine's "
			"/proc/kallsyms)");
		return NULL;
	}
	if (!kallsyms && release && !uname(&uts) && strcmp(release, uts.release) != 0) {
		notes_add(
			ks->config.notes,
			"recorded on kernel %s, this is %s: functions of the kernel are not known "
			"(--kallsyms FILE names a copy of that machine's /proc/kallsyms)",
			release, uts.release);
		return NULL;
	}
	join_reader(&ks->reader);
	ks->tab = ks->reader.tab;
	ks->reader.tab = SYMTAB_INIT;
	text = ks->reader.text;
	e = ks->reader.error;
	ks->reader.error = NULL;
	if (e && !kallsyms) {
		notes_add(ks->config.notes, "functions of the kernel are not known: %s",
			  err_message(e));
		err_free(e);
		return NULL;
	}
	if (e)
		return e;
	if (ks->recorded_text && text)
		ks->slide = ks->recorded_text - text;
	return compare_boots(ks);
}

/* ---- Code that comes and goes --------------------------------------------------------------- */

/* Index of the first piece of late code that ends behind @address. */
static size_t find_late(const struct kernel_symbols *ks, uint64_t address)
{
	size_t low = 0, high = ks->late_nr;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ks->late[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void forget_frames(struct kernel_symbols *ks, uint64_t start, uint64_t end)
{
	ks->generation++;
	for (size_t i = 0; i < ks->addresses.nr; i++) {
		uint64_t address = *keyset_key(&ks->addresses, i);

		if (address >= start && address < end)
			ks->is_fresh[i] = false;
	}
}

static void remove_late(struct kernel_symbols *ks, uint64_t start, uint64_t end)
{
	size_t first = find_late(ks, start), behind = first;

	while (behind < ks->late_nr && ks->late[behind].start < end)
		behind++;
	if (first < behind)
		memmove(ks->late + first, ks->late + behind,
			(ks->late_nr - behind) * sizeof(*ks->late));
	ks->late_nr -= behind - first;
}

static struct err *add_late(struct kernel_symbols *ks, const struct late *late)
{
	size_t at = find_late(ks, late->start);
	struct late *grown;

	if (ks->late_nr == LATE_MAX)
		return NULL;
	grown = reallocarray(ks->late, ks->late_nr + 1, sizeof(*grown));
	if (!grown)
		return err_nomem();
	ks->late = grown;
	memmove(grown + at + 1, grown + at, (ks->late_nr - at) * sizeof(*grown));
	grown[at] = *late;
	ks->late_nr++;
	return NULL;
}

/* u64 address, u32 length, u16 type, u16 flags, name */
struct err *kernel_symbols_take_ksymbol(struct kernel_symbols *ks,
					const struct perfdata_entry *entry)
{
	const char *name = (const char *)entry->bytes + 24;
	struct late late;
	struct err *e;

	if (entry->len <= 24)
		return NULL;
	late.start = load_u64(entry->bytes + 8, ORDER_LITTLE);
	if (!add_u64(late.start, load_u32(entry->bytes + 16, ORDER_LITTLE), &late.end) ||
	    late.start == late.end)
		return NULL;
	e = names_add(ks->config.names, name, strnlen(name, entry->len - 24), &late.name);
	if (e)
		return e;
	forget_frames(ks, late.start, late.end);
	remove_late(ks, late.start, late.end);
	if (load_u16(entry->bytes + 22, ORDER_LITTLE) & PERF_RECORD_KSYMBOL_FLAGS_UNREGISTER)
		return NULL;
	return add_late(ks, &late);
}

/* pgoff of the kernel's own mapping is where _text was. */
struct err *kernel_symbols_take_map(struct kernel_symbols *ks, const struct perfdata_entry *entry,
				    size_t name_at)
{
	static const char prefix[] = "[kernel.kallsyms]";
	const char *name = (const char *)entry->bytes + name_at;

	if (entry->len < name_at + sizeof(prefix) ||
	    load_u32(entry->bytes + 8, ORDER_LITTLE) != UINT32_MAX ||
	    memcmp(name, prefix, sizeof(prefix) - 1))
		return modules_take(&ks->modules, entry, name_at);
	ks->recorded_text = load_u64(entry->bytes + 32, ORDER_LITTLE);
	return NULL;
}

uint64_t kernel_symbols_generation(const struct kernel_symbols *ks)
{
	return ks->generation;
}

void kernel_symbols_rewind(struct kernel_symbols *ks)
{
	if (ks->late_nr)
		forget_frames(ks, 0, UINT64_MAX);
	ks->late_nr = 0;
}

/* ---- Frames ---------------------------------------------------------------------------------- */

static struct err *module_name(struct kernel_symbols *ks, const char *module, uint32_t *ret_number)
{
	guard(str) struct str bracketed = STR_INIT;
	struct err *e;

	str_printf(&bracketed, "[%s]", module);
	e = str_check(&bracketed);
	return e ? e : names_add(ks->config.names, bracketed.s, bracketed.len, ret_number);
}

static void tell_of_other_boot(struct kernel_symbols *ks)
{
	if (ks->boot_told)
		return;
	ks->boot_told = true;
	notes_add(ks->config.notes,
		  "recorded in another boot of this kernel, which had its modules elsewhere: their "
		  "functions are not known");
}

/* Does it begin where it was recorded? Its first function lies in its first page. */
static bool is_still_there(const struct kernel_symbols *ks, const struct module *module)
{
	const struct symbol *first = symtab_next(&ks->tab, module->start);

	return first && first->start - module->start < MODULE_PAGE_BYTES && first->module &&
	       !strcmp(symtab_name(&ks->tab, first->module), module->name);
}

/*
 * The function around a recorded address. @module: the one that was there, NULL: none that is
 * known of. The kernel itself moves as a whole, modules do not move with it.
 */
static const struct symbol *find_function(struct kernel_symbols *ks, uint64_t address,
					  const struct module *module)
{
	const struct symbol *symbol = symtab_find(&ks->tab, module ? address : address - ks->slide);

	if (ks->is_of_recording)
		return symbol;
	if (!ks->same_boot && (module || (symbol && symbol->module))) {
		tell_of_other_boot(ks);
		return NULL;
	}
	/* Another may have taken its place. */
	return module && !is_still_there(ks, module) ? NULL : symbol;
}

static struct err *look_up(struct kernel_symbols *ks, uint64_t address, struct kernel_frame *frame)
{
	const struct module *module = modules_find(&ks->modules, address);
	size_t late = find_late(ks, address);
	const struct symbol *symbol;
	const char *name;
	char text[24];
	struct err *e;

	*frame = (struct kernel_frame){ .kind = FRAME_OTHER };
	if (late < ks->late_nr && ks->late[late].start <= address) {
		frame->known = true;
		frame->name = frame->module = ks->late[late].name;
		frame->offset = (uint32_t)(address - ks->late[late].start);
		return NULL;
	}
	symbol = find_function(ks, address, module);
	if (!symbol) {
		int len = snprintf(text, sizeof(text), "0x%" PRIx64, address);

		e = names_add(ks->config.names, text, (size_t)len, &frame->name);
		return e || !module ? e : module_name(ks, module->name, &frame->module);
	}
	name = symtab_name(&ks->tab, symbol->name);
	frame->known = true;
	frame->offset = (uint32_t)(address - ks->slide - symbol->start);
	frame->kind = (uint8_t)frame_kind(name, &ks->config.skip);
	e = names_add(ks->config.names, name, strlen(name), &frame->name);
	if (!e && symbol->module)
		e = module_name(ks, symtab_name(&ks->tab, symbol->module), &frame->module);
	return e;
}

static struct err *make_room(struct kernel_symbols *ks)
{
	size_t capacity = ks->addresses.capacity;
	struct kernel_frame *frame = reallocarray(ks->frame, capacity, sizeof(*frame));
	bool *is_fresh;

	if (!frame)
		return err_nomem();
	ks->frame = frame;
	is_fresh = reallocarray(ks->is_fresh, capacity, sizeof(*is_fresh));
	if (!is_fresh)
		return err_nomem();
	memset(is_fresh + ks->frames_capacity, 0, capacity - ks->frames_capacity);
	ks->is_fresh = is_fresh;
	ks->frames_capacity = capacity;
	return NULL;
}

struct err *kernel_symbols_frame(struct kernel_symbols *ks, uint64_t address,
				 const struct kernel_frame **ret_frame)
{
	struct err *e = NULL;
	size_t i;

	if (!ks->loaded) {
		ks->loaded = true;
		e = is_stored(ks) ? load_stored(ks) : load_running(ks);
	}
	if (!e)
		e = keyset_add(&ks->addresses, &address, &i);
	if (!e && i >= ks->frames_capacity)
		e = make_room(ks);
	if (!e && !ks->is_fresh[i]) {
		e = look_up(ks, address, &ks->frame[i]);
		ks->is_fresh[i] = !e;
	}
	if (!e)
		*ret_frame = &ks->frame[i];
	return e;
}
