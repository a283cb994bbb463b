// SPDX-License-Identifier: GPL-2.0-or-later
/* ELF files as small as a vmlinux can be. DWARF is for tests/cli/t1131, which has a compiler. */
#include "tests/lib/expect.h"

#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/lib/fakebtf.h"
#include "util/kernel/samebuild.h"
#include "util/kernel/vmlinux.h"

#define STEXT UINT64_C(0xffffffff81000000)
#define SHIFT UINT64_C(0x19000000)

enum { SYMBOLS_MAX = 12 };

struct made {
	char path[64];
	int fd;
	Elf *elf;
	struct str names;   /* of sections */
	struct str strings; /* of symbols */
	Elf64_Sym symbol[SYMBOLS_MAX];
	size_t symbols_nr;
	struct vmcoreinfo *info;
	struct vmlinux *vmlinux;
};

static void begin(struct made *made)
{
	GElf_Ehdr header;

	*made = (struct made){ .names = STR_INIT, .strings = STR_INIT, .symbols_nr = 1 };
	strcpy(made->path, "/tmp/vmtool-vmlinux.XXXXXX");
	made->fd = mkstemp(made->path);
	assert_true(made->fd >= 0);
	elf_version(EV_CURRENT);
	made->elf = elf_begin(made->fd, ELF_C_WRITE, NULL);
	assert_non_null(gelf_newehdr(made->elf, ELFCLASS64));
	assert_non_null(gelf_getehdr(made->elf, &header));
	header.e_type = ET_EXEC;
	header.e_machine = EM_X86_64;
	assert_true(gelf_update_ehdr(made->elf, &header));
	str_add_char(&made->names, '\0');
	str_add_char(&made->strings, '\0');
}

/* @bytes must stay until the file is written. Returns the number of the section. */
static size_t add_section(struct made *made, const char *name, uint32_t type, const void *bytes,
			  size_t len, uint32_t link)
{
	Elf_Scn *section = elf_newscn(made->elf);
	Elf_Data *data = elf_newdata(section);
	GElf_Shdr header;

	data->d_buf = (void *)(uintptr_t)bytes;
	data->d_size = len;
	data->d_align = 1;
	data->d_version = EV_CURRENT;
	assert_non_null(gelf_getshdr(section, &header));
	header.sh_name = (uint32_t)made->names.len;
	header.sh_type = type;
	header.sh_link = link;
	header.sh_entsize = type == SHT_SYMTAB ? sizeof(Elf64_Sym) : 0;
	assert_true(gelf_update_shdr(section, &header));
	str_add_bytes(&made->names, name, strlen(name) + 1);
	return elf_ndxscn(section);
}

static void add_banner(struct made *made, const char *text)
{
	add_section(made, ".rodata", SHT_PROGBITS, text, strlen(text), 0);
}

static void add_build_id(struct made *made)
{
	static const uint8_t note[] = { 4, 0, 0,   0,	4,   0, 0,    0,    3,	  0,
					0, 0, 'G', 'N', 'U', 0, 0xde, 0xad, 0xbe, 0xef };

	add_section(made, ".notes", SHT_NOTE, note, sizeof(note), 0);
}

/* A section of a few bytes, linked at @vaddr. */
static uint16_t add_linked_section(struct made *made, const char *name, uint64_t vaddr)
{
	static const uint8_t zeros[0x40];
	size_t section = add_section(made, name, SHT_PROGBITS, zeros, sizeof(zeros), 0);
	GElf_Shdr header;

	assert_non_null(gelf_getshdr(elf_getscn(made->elf, section), &header));
	header.sh_addr = vaddr;
	assert_true(gelf_update_shdr(elf_getscn(made->elf, section), &header));
	return (uint16_t)section;
}

static void add_symbol_of(struct made *made, const char *name, uint64_t value, uint16_t section)
{
	made->symbol[made->symbols_nr++] = (Elf64_Sym){
		.st_name = (uint32_t)made->strings.len,
		.st_info = ELF64_ST_INFO(STB_LOCAL, STT_OBJECT),
		.st_shndx = section,
		.st_value = value,
	};
	str_add_bytes(&made->strings, name, strlen(name) + 1);
}

static void add_symbol(struct made *made, const char *name, uint64_t value)
{
	add_symbol_of(made, name, value, SHN_ABS);
}

static void finish(struct made *made)
{
	GElf_Ehdr header;
	size_t strings =
		add_section(made, ".strtab", SHT_STRTAB, made->strings.s, made->strings.len, 0);

	if (made->symbols_nr > 1)
		add_section(made, ".symtab", SHT_SYMTAB, made->symbol,
			    made->symbols_nr * sizeof(Elf64_Sym), (uint32_t)strings);
	strings = add_section(made, ".shstrtab", SHT_STRTAB, NULL, 0, 0);
	elf_getdata(elf_getscn(made->elf, strings), NULL)->d_buf = made->names.s;
	elf_getdata(elf_getscn(made->elf, strings), NULL)->d_size = made->names.len;
	assert_non_null(gelf_getehdr(made->elf, &header));
	header.e_shstrndx = (uint16_t)strings;
	assert_true(gelf_update_ehdr(made->elf, &header));
	assert_true(elf_update(made->elf, ELF_C_WRITE) > 0);
	elf_end(made->elf);
	close(made->fd);
}

static void open_with(struct made *made, const char *info)
{
	expect_ok(vmlinux_open(made->path, &made->vmlinux));
	expect_ok(vmcoreinfo_parse(info, strlen(info), &made->info));
}

static void release(struct made *made)
{
	vmlinux_close(made->vmlinux);
	vmcoreinfo_free(made->info);
	str_release(&made->names);
	str_release(&made->strings);
	unlink(made->path);
}

static struct err *check(const struct made *made, const char *release, const char *version,
			 struct notes *notes)
{
	return samebuild_check(made->vmlinux,
			       &(struct samebuild_kernel){ release, version, made->info }, notes);
}

static void another_kernel_is_a_mismatch(void **state)
{
	struct made made;

	(void)state;
	begin(&made);
	add_banner(&made, "Linux version %s (format) Linux version 6.1.0-own (x) #1");
	add_build_id(&made);
	finish(&made);
	open_with(&made, "BUILD-ID=deadbeef\n");
	expect_ok(check(&made, "6.1.0-own", "", NULL));
	/* Whatever else there is: the build id decides. */
	expect_ok(check(&made, "6.1.0-own", "#2", NULL));
	expect_err(check(&made, "6.1.0-other", "", NULL), ERR_MISMATCH,
		   "is kernel 6.1.0-own, the image is of 6.1.0-other");
	vmcoreinfo_free(made.info);
	expect_ok(vmcoreinfo_parse("BUILD-ID=deadbee0\n", 18, &made.info));
	expect_err(check(&made, "6.1.0-own", "#1", NULL), ERR_MISMATCH,
		   "another build of the kernel: its build id is deadbeef, that of the image "
		   "deadbee0");
	release(&made);
}

static void the_kernel_writes_zeros_behind_a_short_build_id(void **state)
{
	static const char same[] = "BUILD-ID=deadbeef00000000000000000000000000000000\n";
	static const char other[] = "BUILD-ID=deadbeef00000000000000000000000000000001\n";
	static const char none[] = "BUILD-ID=0000000000000000000000000000000000000000\n";
	guard(notes) struct notes notes = NOTES_INIT;
	struct made made;

	(void)state;
	begin(&made);
	add_banner(&made, "Linux version 6.1.0-own (x) #1\n");
	add_build_id(&made);
	finish(&made);
	open_with(&made, same);
	expect_ok(check(&made, "6.1.0-own", "", &notes));
	assert_int_equal(notes.nr, 0);
	vmcoreinfo_free(made.info);
	expect_ok(vmcoreinfo_parse(other, sizeof(other) - 1, &made.info));
	expect_err(check(&made, "6.1.0-own", "", NULL), ERR_MISMATCH, "its build id is deadbeef");
	/* It found none: the version tells. */
	vmcoreinfo_free(made.info);
	expect_ok(vmcoreinfo_parse(none, sizeof(none) - 1, &made.info));
	expect_ok(check(&made, "6.1.0-own", "#1", &notes));
	assert_int_equal(notes.nr, 0);
	expect_err(check(&made, "6.1.0-own", "#2", NULL), ERR_MISMATCH, "the image is of \"#2\"");
	release(&made);
}

/* A debug file of its own has no .rodata. */
static void the_build_id_alone_is_enough(void **state)
{
	struct made made;

	(void)state;
	begin(&made);
	add_build_id(&made);
	finish(&made);
	open_with(&made, "BUILD-ID=deadbeef\n");
	expect_ok(check(&made, "6.1.0-own", "", NULL));
	vmcoreinfo_free(made.info);
	made.info = NULL;
	expect_err(check(&made, "6.1.0-own", "#1 SMP", NULL), ERR_FORMAT,
		   "does not say which kernel it is");
	release(&made);
}

/* Of a sparse file it takes no disk to claim so: 1 TiB would be minutes. */
static void a_banner_is_looked_for_no_further_than_a_kernel_is_long(void **state)
{
	static const char banner[] = "Linux version 6.1.0-own (x) #1\n";
	enum { BEHIND = (1 << 30) + (2 << 20) };
	struct made made;
	int fd;

	(void)state;
	begin(&made);
	finish(&made);
	fd = open(made.path, O_WRONLY | O_CLOEXEC);
	assert_true(pwrite(fd, banner, sizeof(banner), BEHIND) == (ssize_t)sizeof(banner));
	close(fd);
	expect_err(vmlinux_open(made.path, &made.vmlinux), ERR_FORMAT, "no banner in it");
	release(&made);
}

static void without_build_ids_the_version_tells_builds_apart(void **state)
{
	guard(notes) struct notes notes = NOTES_INIT;
	char longest[] = "#1 SMP and so on, for as long as its field is, then it is cut off";
	struct made made;

	(void)state;
	begin(&made);
	add_banner(&made,
		   "Linux version 6.1.0-own (me@here) (gcc) #1 SMP and so on, for as long as "
		   "its field is, then it is cut off on monday\n and more");
	finish(&made);
	open_with(&made, "BUILD-ID=deadbeef\n");
	longest[64] = '\0';
	expect_ok(check(&made, "6.1.0-own", longest, &notes));
	assert_int_equal(notes.nr, 0);
	expect_err(check(&made, "6.1.0-own", "#1 SMP and so on", NULL), ERR_MISMATCH,
		   "another build of the kernel: it is \"#1 SMP and so on, for");
	expect_err(check(&made, "6.1.0-own", "#2 SMP", NULL), ERR_MISMATCH,
		   "the image is of \"#2 SMP\"");
	/* Not known: it is believed, and said. */
	expect_ok(check(&made, "6.1.0-own", "", &notes));
	assert_int_equal(notes.nr, 1);
	assert_non_null(strstr(notes.line[0],
			       "nothing proves that it is of this build of the kernel, "
			       "only the release is the same: it has no build id"));
	expect_ok(check(&made, "", "", &notes));
	assert_null(strstr(notes.line[1], "only the release"));
	release(&made);
}

static void without_build_ids_symbols_tell_builds_apart(void **state)
{
	static const char same[] = "SYMBOL(_stext)=ffffffff9a000000\n"
				   "SYMBOL(init_uts_ns)=ffffffff9a001000\n"
				   "SYMBOL(prb)=ffffffff9a002000\n"
				   "SYMBOL(clear_seq)=ffffffff9a003000\n";
	static const char other[] = "SYMBOL(_stext)=ffffffff9a000000\n"
				    "SYMBOL(init_uts_ns)=ffffffff9a001040\n"
				    "SYMBOL(prb)=ffffffff9a002000\n"
				    "SYMBOL(clear_seq)=ffffffff9a003040\n";
	guard(notes) struct notes notes = NOTES_INIT;
	struct made made;

	(void)state;
	begin(&made);
	add_symbol(&made, "_stext", STEXT);
	add_symbol(&made, "init_uts_ns", STEXT + 0x1000);
	add_symbol(&made, "prb", STEXT + 0x2000);
	add_symbol(&made, "clear_seq", STEXT + 0x3000);
	add_build_id(&made);
	finish(&made);
	open_with(&made, same);
	expect_ok(check(&made, "6.1.0-own", "", &notes));
	assert_int_equal(notes.nr, 0);
	vmcoreinfo_free(made.info);
	expect_ok(vmcoreinfo_parse(other, sizeof(other) - 1, &made.info));
	expect_err(
		check(&made, "6.1.0-own", "", NULL), ERR_MISMATCH,
		"init_uts_ns and 1 more of its symbols are not where VMCOREINFO has them, 1 are");
	release(&made);
}

static void types_are_those_of_btf_where_there_is_no_dwarf(void **state)
{
	static const char *const names[] = { "page" };
	struct fakebtf_member member = { "mapping", 0, 192, 0 };
	struct fakebtf fake;
	const struct btf *btf;
	const char *from;
	struct err *why_not;
	struct made made;
	uint8_t *bytes;
	uint32_t type;
	size_t len;

	(void)state;
	fakebtf_init(&fake, ORDER_LITTLE);
	fakebtf_struct(&fake, FAKEBTF_STRUCT, "page", 64, &member, 1);
	bytes = fakebtf_bytes(&fake, &len);
	begin(&made);
	add_build_id(&made);
	add_section(&made, ".BTF", SHT_PROGBITS, bytes, len, 0);
	finish(&made);
	open_with(&made, "");
	expect_ok(vmlinux_types(made.vmlinux, names, 1, &btf, &from, &why_not));
	assert_string_equal(from, "BTF");
	assert_non_null(why_not);
	expect_ok(btf_struct(btf, "page", &type));
	err_free(why_not);
	release(&made);
	fakebtf_release(&fake);
	free(bytes);

	begin(&made);
	add_build_id(&made);
	finish(&made);
	open_with(&made, "");
	expect_err(vmlinux_types(made.vmlinux, names, 1, &btf, &from, &why_not), ERR_NODATA,
		   "BTF in it");
	release(&made);
}

static void symbols_are_where_the_kernel_ran(void **state)
{
	struct kallsyms_wanted wanted[] = {
		{ .name = "init_uts_ns" }, { .name = "__per_cpu_start" }, { .name = "twice" },
		{ .name = "alias" },	   { .name = "nowhere" },	  { .name = "_start" }
	};
	uint16_t percpu, head;
	struct made made;

	(void)state;
	begin(&made);
	add_build_id(&made);
	percpu = add_linked_section(&made, ".data..percpu", 0);
	head = add_linked_section(&made, ".head.text", STEXT - 0x1000);
	add_symbol(&made, "_stext", STEXT);
	add_symbol(&made, "init_uts_ns", STEXT + 0x1000);
	add_symbol_of(&made, "__per_cpu_start", 0x40, percpu);
	add_symbol_of(&made, "_start", STEXT - 0x1000, head);
	add_symbol(&made, "twice", STEXT + 1);
	add_symbol(&made, "twice", STEXT + 2);
	add_symbol(&made, "alias", STEXT + 3);
	add_symbol(&made, "alias", STEXT + 3);
	finish(&made);
	open_with(&made, "SYMBOL(_stext)=ffffffff9a000000\nKERNELOFFSET=19000000\n");
	expect_ok(vmlinux_symbols(made.vmlinux, made.info, wanted, ARRAY_SIZE(wanted)));
	assert_true(wanted[0].found && wanted[0].vaddr == STEXT + 0x1000 + SHIFT);
	assert_true(wanted[1].found && wanted[1].vaddr == 0x40);
	assert_false(wanted[2].found);
	assert_true(wanted[3].found && wanted[3].vaddr == STEXT + 3 + SHIFT);
	assert_false(wanted[4].found);
	assert_true(wanted[5].found && wanted[5].vaddr == STEXT - 0x1000 + SHIFT);
	vmcoreinfo_free(made.info);

	expect_ok(vmcoreinfo_parse("SYMBOL(_stext)=ffffffff9a000000\nKERNELOFFSET=1a000000\n", 54,
				   &made.info));
	expect_err(vmlinux_symbols(made.vmlinux, made.info, wanted, ARRAY_SIZE(wanted)), ERR_FORMAT,
		   "KERNELOFFSET=1a000000");
	release(&made);
}

/* Let the symbol table have @nr symbols, all but none of them in a hole of the file. */
static void enlarge_symbol_table(const struct made *made, uint64_t nr)
{
	int fd = open(made->path, O_RDWR | O_CLOEXEC);
	Elf64_Ehdr header;
	Elf64_Shdr section;

	assert_true(pread(fd, &header, sizeof(header), 0) == (ssize_t)sizeof(header));
	for (unsigned int i = 0; i < header.e_shnum; i++) {
		off_t at = (off_t)(header.e_shoff + i * sizeof(section));

		assert_true(pread(fd, &section, sizeof(section), at) == (ssize_t)sizeof(section));
		if (section.sh_type != SHT_SYMTAB)
			continue;
		section.sh_offset = 1 << 20;
		section.sh_size = nr * sizeof(Elf64_Sym);
		assert_true(pwrite(fd, &section, sizeof(section), at) == (ssize_t)sizeof(section));
		assert_int_equal(ftruncate(fd, (off_t)(section.sh_offset + section.sh_size)), 0);
	}
	close(fd);
}

static void more_symbols_than_any_kernel_has_are_not_looked_through(void **state)
{
	struct vmlinux_symbol wanted = { .name = "_stext" };
	struct made made;

	(void)state;
	begin(&made);
	add_banner(&made, "Linux version 6.1.0-own (x) #1\n");
	add_symbol(&made, "_stext", STEXT);
	finish(&made);
	enlarge_symbol_table(&made, (16 << 20) + 1);
	open_with(&made, "");
	expect_err(vmlinux_linked(made.vmlinux, &wanted, 1), ERR_FORMAT,
		   "more symbols than any kernel");
	release(&made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_kernel_is_a_mismatch),
		cmocka_unit_test(the_kernel_writes_zeros_behind_a_short_build_id),
		cmocka_unit_test(the_build_id_alone_is_enough),
		cmocka_unit_test(a_banner_is_looked_for_no_further_than_a_kernel_is_long),
		cmocka_unit_test(without_build_ids_the_version_tells_builds_apart),
		cmocka_unit_test(without_build_ids_symbols_tell_builds_apart),
		cmocka_unit_test(types_are_those_of_btf_where_there_is_no_dwarf),
		cmocka_unit_test(symbols_are_where_the_kernel_ran),
		cmocka_unit_test(more_symbols_than_any_kernel_has_are_not_looked_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
