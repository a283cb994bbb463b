# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sources are found by wildcard, libraries by scripts/probe. Everything made goes below $(BUILD).
# `make help` lists what can be asked for.

VERSION := 0.1.0

BUILD := build
CC := cc
CLANG := clang
CFLAGS := -O2 -g
LDFLAGS :=

prefix := /usr/local
bindir = $(prefix)/bin
libexecdir = $(prefix)/libexec
sysconfdir = $(if $(filter /usr,$(prefix)),,$(prefix))/etc
mandir = $(prefix)/share/man
docdir = $(prefix)/share/doc/vmtool
bashcompdir = $(prefix)/share/bash-completion/completions
zshcompdir = $(prefix)/share/zsh/site-functions
fishcompdir = $(prefix)/share/fish/vendor_completions.d
dracutdir = $(prefix)/lib/dracut/modules.d

# A static build keeps its own objects, so that the two never take turns rebuilding each other.
O := $(BUILD)$(if $(STATIC),/static)

# In the order of the overview. A program for a capture kernel needs only some: what a command alone
# uses stays out with it.
all-commands := dump record report stat config bugreport
COMMANDS := $(all-commands)

FUZZ_SECONDS := 60

# ---- How things are compiled ------------------------------------------------------------------

std := -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -I. -I$(O)
warnings := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
	$(if $(WERROR),-Werror)
sanitize := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all \
	-fno-omit-frame-pointer)

# Goals that need no compiler must also work where there is none.
no-config-goals := help clean check demo doc deb
ifneq ($(filter-out $(no-config-goals),$(or $(MAKECMDGOALS),all)),)
include $(O)/config.mk
endif

all-cflags = $(std) $(warnings) $(probed-cflags) $(sanitize) $(CFLAGS)
all-ldflags = $(probed-ldflags) $(sanitize) $(LDFLAGS)
libs = $(probed-libs) -lm -lpthread

ifdef V
say = @true
else
say = $(if $(findstring s,$(firstword -$(MAKEFLAGS))),@true,@printf '  %-7s %s\n')
.SILENT:
endif

# ---- What there is ----------------------------------------------------------------------------

# These folders, and some libraries, are for these commands alone.
no-folders := $(if $(filter record report stat bugreport,$(COMMANDS)),,event perfdata record report stat)
util-sources := $(filter-out %.bpf.c $(no-folders:%=util/%/%),$(wildcard util/*/*.c util/*/*/*.c))
no-commands := $(filter-out $(COMMANDS),$(all-commands))
ifneq ($(filter-out $(all-commands),$(COMMANDS)),)
$(error COMMANDS: there is no command '$(filter-out $(all-commands),$(COMMANDS))'; there are: $(all-commands))
endif
builtin-sources := $(filter-out $(no-commands:%=builtin/%.c) $(wildcard $(no-commands:%=builtin/%-*.c)), \
	$(wildcard builtin/*.c))
test-lib-sources := $(wildcard tests/lib/*.c)
unit-sources := $(wildcard tests/unit/*/test-*.c)
witness-sources := $(wildcard tests/tool/kdump-*.c)
tool-sources := $(filter-out $(witness-sources),$(wildcard tests/tool/*.c))
folder-tool-sources := $(wildcard tests/tool/*/*.c)
fuzz-sources := $(wildcard tests/fuzz/fuzz-*.c)

util-objects := $(util-sources:%.c=$(O)/obj/%.o)
builtin-objects := $(builtin-sources:%.c=$(O)/obj/%.o)
test-lib-objects := $(test-lib-sources:%.c=$(O)/obj/%.o)
unit-tests := $(unit-sources:%.c=$(O)/%)
tools := $(tool-sources:%.c=$(O)/%)
witnesses := $(witness-sources:%.c=$(O)/%)
folder-tools := $(patsubst %/,$(O)/%,$(sort $(dir $(folder-tool-sources))))
fuzzers := $(fuzz-sources:%.c=$(O)/%)
fuzz-seeds := $(addprefix $(O)/,$(basename $(wildcard tests/fuzz/seeds/*/*.txt tests/fuzz/seeds/*/*.hex))) \
	$(O)/tests/fuzz/base.vmcore
cli-tests := $(wildcard tests/cli/t[0-9]*.sh)
# Commands have their pages in section 1, guides in 7. What is left out takes its pages with it.
guides-of-dump := levels kdump
guides-of-report := reading
guides := $(foreach command,$(COMMANDS),$(guides-of-$(command)))
contents := $(patsubst %,COMMAND(%),$(COMMANDS) help version) $(patsubst %,LEFT_OUT(%),$(no-commands)) \
	$(patsubst %,GUIDE(%),$(guides))
man-pages-1 := $(patsubst %,$(O)/man/man1/%.1,vmtool $(patsubst %,vmtool-%,$(COMMANDS) help version))
man-pages-7 := $(guides:%=$(O)/man/man7/vmtool-%.7)
man-texts := $(patsubst %,$(O)/doc/vmtool/%.txt,$(basename $(notdir $(man-pages-1) $(man-pages-7))))

vmtool := $(if $(wildcard builtin/vmtool.c),$(O)/vmtool)
# What saves crashes is no use without what dumps.
external := $(if $(vmtool),$(if $(filter dump,$(COMMANDS)),$(O)/libexec/vmtool/vmtool-kdump))

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.PHONY: all FORCE
FORCE:

all: $(O)/libvmtool.a $(vmtool) $(external)
ifdef STATIC
ifneq ($(vmtool),)
	size=$$(stat -c %s $(vmtool)) && echo "$(vmtool): static, $$((size / 1024)) KiB" \
		"($$(strip -o $(O)/stripped $(vmtool) && stat -c %s $(O)/stripped | \
		awk '{ print int($$1 / 1024) }') KiB stripped)"; rm -f $(O)/stripped
endif
endif

# ---- Configuration ----------------------------------------------------------------------------

# A file that changes only when its text does: things that depend on it follow flags and lists.
define write-if-changed
mkdir -p $(@D)
printf '%s\n' '$(1)' | cmp -s - $@ || printf '%s\n' '$(1)' >$@
endef

probe-environment = CC='$(CC)' CFLAGS='$(CFLAGS)' LDFLAGS='$(LDFLAGS)' STATIC='$(STATIC)' \
	SANITIZE='$(SANITIZE)' VERSION='$(VERSION)' NO_EVENTS='$(no-folders)' EXEC_DIR='$(libexecdir)/vmtool' \
	MAN_DIR='$(mandir)' DOC_DIR='$(docdir)' CONFIG_DIR='$(sysconfdir)/vmtool'
left-out = $(foreach v,$(sort $(filter-out NO_COLOR NO_PROXY,$(filter NO_%,$(.VARIABLES)))),\
	$(v)=$($(v)))
# Headers that come or go with a package make the probe run again.
library-headers = $(wildcard $(addprefix /usr/include/,zlib.h libdeflate.h lzo/lzo1x.h snappy-c.h zstd.h lzma.h \
	traceevent/event-parse.h libelf.h libunwind.h elfutils/libdw.h libiberty/demangle.h bpf/libbpf.h seccomp.h) /usr/sbin/bpftool)

$(O)/config.inputs: FORCE
	$(call write-if-changed,$(subst ','\'',$(probe-environment) $(left-out) $(library-headers)))

$(O)/config.mk $(O)/config.h &: scripts/probe $(O)/config.inputs
	$(say) PROBE $(O)/config.mk
	$(probe-environment) scripts/probe $(O)
	touch $(O)/config.mk

# ---- Compiling and linking --------------------------------------------------------------------

$(O)/compile.flags: FORCE
	$(call write-if-changed,$(subst ','\'',$(CC) $(all-cflags)))
$(O)/link.flags: FORCE
	$(call write-if-changed,$(subst ','\'',$(CC) $(all-ldflags) $(libs)))
$(O)/libvmtool.list: FORCE
	$(call write-if-changed,$(util-objects))
$(O)/libvmtest.list: FORCE
	$(call write-if-changed,$(test-lib-objects))
$(O)/vmtool.list: FORCE
	$(call write-if-changed,$(builtin-objects))
$(O)/commands.inc: FORCE
	$(call write-if-changed,$(contents))
$(O)/folder-tools.list: FORCE
	$(call write-if-changed,$(folder-tool-sources))

$(O)/obj/%.o: %.c $(O)/compile.flags | $(O)/config.h
	$(say) CC $<
	mkdir -p $(@D)
	$(CC) $(all-cflags) -MMD -MP -c -o $@ $<

$(O)/obj/builtin/vmtool.o: $(O)/commands.inc

# System calls by name, one list for each way into the kernel, from its headers.
$(O)/util/stat/syscalls-%.inc: Makefile $(O)/compile.flags
	mkdir -p $(@D)
	printf '#include <asm/%s>\n' '$(unistd-$*)' | $(CC) -E -dM -x c - | \
		sed -n 's/^#define __NR_\([a-z_][a-z0-9_]*\) .*/S(\1)/p' | \
		grep -v -e '(syscalls)' -e '(arch_specific_syscall)' | LC_ALL=C sort >$@
# A text as a C string: util/draw/html-css.inc of util/draw/html.css.
define as-string
	mkdir -p $(@D)
	sed 's/[\\"]/\\&/g; s/^/"/; s/$$/\\n"/' $< >$@
endef
$(O)/%-css.inc: %.css
	$(as-string)
$(O)/%-js.inc: %.js
	$(as-string)
$(O)/obj/util/draw/html.o: $(O)/util/draw/html-css.inc $(O)/util/draw/html-js.inc
unistd-native := unistd.h
unistd-ia32 := unistd_32.h
unistd-x32 := unistd_x32.h
syscall-lists := $(patsubst %,$(O)/util/stat/syscalls-%.inc,native \
	$(if $(wildcard /usr/include/asm/unistd_32.h /usr/include/*/asm/unistd_32.h),ia32 x32))
$(patsubst %,$(O)/obj/util/stat/syscalls-%.o,native ia32 x32): | $(syscall-lists)

# The BPF programs of stat and the C that loads them. They declare what they use of the kernel.
$(O)/util/stat/bpf/stat.bpf.o: util/stat/bpf/stat.bpf.c $(wildcard util/stat/bpf/*.h) Makefile
	$(say) BPF $<
	mkdir -p $(@D)
	$(CLANG) -target bpf -mcpu=v2 -D__TARGET_ARCH_$(bpf-arch) -g -O2 -Wall -I. -c -o $@ $<
$(O)/util/stat/bpf/stat.skel.h: $(O)/util/stat/bpf/stat.bpf.o
	$(bpftool) gen skeleton $< name stat_bpf >$@
ifdef have-bpf
$(patsubst %,$(O)/obj/util/stat/%.o,source-bpf bpf-programs): $(O)/util/stat/bpf/stat.skel.h
endif

$(O)/libvmtool.a: $(util-objects) $(O)/libvmtool.list
$(O)/libvmtest.a: $(test-lib-objects) $(O)/libvmtest.list
$(O)/lib%.a:
	$(say) AR $@
	rm -f $@
	ar rcs $@ $(filter %.o,$^)

$(O)/vmtool: $(builtin-objects) $(O)/libvmtool.a $(O)/vmtool.list $(O)/link.flags
	$(say) LD $@
	$(CC) $(all-ldflags) -o $@ $(builtin-objects) $(O)/libvmtool.a $(libs)

# Commands that are programs of their own, where a vmtool that runs from here finds them.
$(external):
	mkdir -p $(@D)
	ln -sfn $(abspath scripts/kdump) $(@D)/kdump
	ln -sf kdump/vmtool-kdump $@

# Unit tests and test tools: one program per file, linked with libvmtool.a and with the helpers
# in tests/lib.
$(unit-tests) $(tools): $(O)/%: $(O)/obj/%.o $(O)/libvmtest.a $(O)/libvmtool.a $(O)/link.flags
	$(say) LD $@
	mkdir -p $(@D)
	$(CC) $(all-ldflags) -o $@ $< $(O)/libvmtest.a $(O)/libvmtool.a $(program-libs) $(libs)

$(unit-tests): program-libs := -lcmocka
$(O)/tests/unit/dump/test-kdump $(O)/tests/unit/dump/test-plan: program-libs += -Wl,--wrap=malloc

# These are to make the calls they were told to make, with the threads they have, and a sanitizer
# has calls and a thread of its own.
exact-tools := $(O)/tests/tool/syscall-load $(O)/tests/tool/two-threads
$(exact-tools) $(exact-tools:$(O)/%=$(O)/obj/%.o): sanitize :=

# This one is vmtool, with calls of the C library replaced.
$(O)/tests/tool/faulty: $(builtin-objects)
$(O)/tests/tool/faulty: program-libs := $(builtin-objects) $(O)/libvmtool.a \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=pthread_create

# Readers of dumps that must not believe what vmtool believes: nothing of ours is linked in.
$(witnesses): $(O)/%: $(O)/obj/%.o $(O)/link.flags
	$(say) LD $@
	mkdir -p $(@D)
	$(CC) $(all-ldflags) -o $@ $< $(program-libs) -lz
$(O)/tests/tool/kdump-read: program-libs := -lkdumpfile

# A test tool that is a folder is made of all files in it.
$(foreach t,$(folder-tools),$(eval $t: \
	$(patsubst %.c,$(O)/obj/%.o,$(filter $(t:$(O)/%=%)/%,$(folder-tool-sources)))))
$(folder-tools): $(O)/libvmtool.a $(O)/folder-tools.list $(O)/link.flags
	$(say) LD $@
	mkdir -p $(@D)
	$(CC) $(all-ldflags) -o $@ $(filter %.o,$^) $(O)/libvmtool.a $(program-libs) $(libs)
# It records the calls of these two.
$(O)/tests/tool/cache-replay: program-libs := -Wl,--wrap=cache_get,--wrap=pagescan_walk

objects := $(util-objects) $(builtin-objects) $(test-lib-objects) \
	$(unit-sources:%.c=$(O)/obj/%.o) $(tool-sources:%.c=$(O)/obj/%.o) \
	$(witness-sources:%.c=$(O)/obj/%.o) $(folder-tool-sources:%.c=$(O)/obj/%.o) \
	$(fuzz-sources:%.c=$(O)/obj/%.o)
.SECONDARY: $(objects)
-include $(objects:.o=.d)

# Fuzzers are built by clang in a build folder of their own, where every object is instrumented.
$(fuzzers): $(O)/%: $(O)/obj/%.o $(O)/libvmtest.a $(O)/libvmtool.a $(O)/link.flags
	$(say) LD $@
	mkdir -p $(@D)
	$(CC) $(all-ldflags) -fsanitize=fuzzer -o $@ $< $(O)/libvmtest.a $(O)/libvmtool.a $(libs)

# What they start from is made from text.
mkvmcore := $(O)/tests/tool/mkvmcore
$(O)/tests/fuzz/seeds/image/%: tests/fuzz/seeds/image/%.txt $(mkvmcore)
	mkdir -p $(@D)
	$(mkvmcore) $< $@
$(O)/tests/fuzz/seeds/vmcoreinfo/%: tests/fuzz/seeds/vmcoreinfo/%.txt $(mkvmcore)
	mkdir -p $(@D)
	$(mkvmcore) -i $< $(@D)-$(@F).vmcore >$@
	rm $(@D)-$(@F).vmcore
$(O)/tests/fuzz/seeds/kdump/%: tests/fuzz/seeds/kdump/%.txt $(O)/tests/tool/mkkdump
	mkdir -p $(@D)
	$(O)/tests/tool/mkkdump $< $@
$(O)/tests/fuzz/seeds/btf/%: tests/fuzz/seeds/btf/%.txt $(O)/tests/tool/mkseed
	mkdir -p $(@D)
	$(O)/tests/tool/mkseed btf $< $@
$(O)/tests/fuzz/seeds/kallsyms/%: tests/fuzz/seeds/kallsyms/%.txt $(O)/tests/tool/mkseed
	mkdir -p $(@D)
	$(O)/tests/tool/mkseed kallsyms $< $@
$(O)/tests/fuzz/seeds/vmlinux/%: tests/fuzz/seeds/vmlinux/%.txt
	mkdir -p $(@D)
	$(CC) -g -O0 -fno-pie -nostdlib -static -Wl,-e,0 -o $@ -x c $<
# Bytes in hexadecimal; '#' begins a remark.
$(O)/tests/fuzz/seeds/%: tests/fuzz/seeds/%.hex
	mkdir -p $(@D)
	perl -ne 's/#.*//; s/\s//g; print pack("H*", $$_)' $< >$@
$(O)/tests/fuzz/base.vmcore: tests/fuzz/base.txt $(mkvmcore)
	mkdir -p $(@D)
	$(mkvmcore) $< $@

.PHONY: tests fuzzers
tests: $(unit-tests) $(tools) $(witnesses) $(folder-tools)
fuzzers: $(fuzzers) $(fuzz-seeds)

# ---- Checking ---------------------------------------------------------------------------------

# Each part leaves its counts in $(RESULTS); tests/check runs parts and adds them up.
RESULTS ?= $(abspath $(BUILD))/results
export RESULTS
test-environment = BUILD_DIR=$(abspath $(O)) VMTOOL=$(abspath $(O)/vmtool)

.PHONY: check check-large check-fast check-asan check-tsan check-long check-kills check-valgrind check-full-disk check-slow check-guest check-guest-record check-guest-stat check-kernels check-arch check-xen check-fuzz check-fuzz-run check-crash check-kdump-tools check-kdump check-chroot lint tidy

check:
	scripts/setup --check >/dev/null || scripts/setup
	+MAKE='$(MAKE)' tests/check $(RESULTS) lint check-fast check-slow check-guest \
		'check-fuzz FUZZ_SECONDS=5'

# Up to so many tests run once more when they failed, and are named at the end if they then hold.
AGAIN ?= 3

# A limit is for what hangs: on a machine with other things to do a script takes ten times as long.
check-fast: all tests
	$(test-environment) AGAIN=$(AGAIN) tests/run $(or $(PART),check-fast 300) 2 $(unit-tests) $(cli-tests)

# Freed memory that is still in use, leaks, and undefined behaviour in everything check-fast runs.
check-asan:
	+$(MAKE) --no-print-directory BUILD=$(BUILD)/asan SANITIZE=address,undefined \
		PART='check-asan 300' check-fast

# Data that two threads touch without saying who goes first.
check-tsan:
	+$(MAKE) --no-print-directory BUILD=$(BUILD)/tsan SANITIZE=thread PART='check-tsan 1800' check-fast

# For a night, or before a release.
check-long: all tests
	+MAKE='$(MAKE)' tests/check $(RESULTS) check-tsan check-kills check-valgrind check-full-disk 'check-fuzz FUZZ_SECONDS=600'

# kill -9 at any moment.
check-kills: all tests
	$(test-environment) tests/run check-kills 3600 1 tests/long/kills.sh

# A file system of every size, which needs root.
check-full-disk: all tests
	$(test-environment) tests/run check-full-disk 3600 1 tests/long/full-disk.sh

check-valgrind: all tests
	$(test-environment) tests/run check-valgrind 3600 1 tests/long/valgrind.sh

# perf stat takes half a minute to open and close a counter of every call.
check-slow: all tests
	$(test-environment) AGAIN=$(AGAIN) tests/run check-slow 300 2 $(wildcard tests/slow/*.sh)

check-guest: all tests
	+$(MAKE) --no-print-directory STATIC=1 all
	$(test-environment) STATIC_VMTOOL=$(abspath $(BUILD)/static/vmtool) \
		tests/run check-guest 3600 1 tests/guest/run

# A dump of so many TiB that numbers of page frames take more than 32 bits: a minute or more, and
# 2 GiB of /dev/shm.
check-large: all tests
	$(test-environment) DUMP_LARGE_TIB=17 tests/run check-large 1200 1 tests/slow/dump-large.sh

# vmtool stat on the kernels of four releases, which have to be had from as many archives.
check-guest-stat: all tests
	+$(MAKE) --no-print-directory STATIC=1 all
	$(test-environment) STATIC_VMTOOL=$(abspath $(BUILD)/static/vmtool) \
		tests/run check-guest-stat 1200 1 tests/guest/stat

check-guest-record: all tests
	+$(MAKE) --no-print-directory STATIC=1 all
	$(test-environment) STATIC_VMTOOL=$(abspath $(BUILD)/static/vmtool) \
		VMTOOL=$(abspath $(BUILD)/vmtool) \
		tests/run check-guest-record 1200 1 tests/guest/record

check-kernels: all tests
	+$(MAKE) --no-print-directory STATIC=1 all
	$(test-environment) STATIC_VMTOOL=$(abspath $(BUILD)/static/vmtool) \
		KERNELS_TABLE=$(abspath Documentation/kernels.md) \
		tests/run check-kernels 14400 1 tests/guest/check-kernels

# Machines of other architectures, under emulators and with compilers that are installed when
# missing.
check-arch: all tests
	$(test-environment) VMTOOL=$(abspath $(BUILD)/vmtool) \
		ARCH_TABLE=$(abspath Documentation/kernels.md) \
		tests/run check-arch 14400 1 tests/guest/check-arch

# A Xen host with domains.
check-xen: all
	$(test-environment) VMTOOL=$(abspath $(BUILD)/vmtool) \
		tests/run check-xen 1800 1 tests/guest/check-xen

check-crash: all tests
	+$(MAKE) --no-print-directory STATIC=1 all
	$(test-environment) STATIC_VMTOOL=$(abspath $(BUILD)/static/vmtool) tests/guest/check-crash

# Debian's kdump-config with vmtool in the place of makedumpfile.
check-kdump-tools: all tests
	+$(MAKE) --no-print-directory STATIC=1 all
	$(test-environment) STATIC_VMTOOL=$(abspath $(BUILD)/static/vmtool) \
		tests/run check-kdump-tools 1200 1 tests/guest/check-kdump-tools

# Captures by the initramfs images of `vmtool kdump`: of dracut and of initramfs-tools, to disk and
# to ssh.
check-kdump: all tests
	+$(MAKE) --no-print-directory STATIC=1 all
	$(test-environment) STATIC_VMTOOL=$(abspath $(BUILD)/static/vmtool) \
		tests/run check-kdump 3600 1 tests/guest/check-kdump-tools tests/guest/check-kdump-initrd

# The first commands of a stranger, on Debian 12 and 13 with nothing installed.
check-chroot:
	BUILD_DIR=$(abspath $(BUILD)) tests/run check-chroot 14400 1 tests/long/chroot

check-fuzz:
	+$(MAKE) --no-print-directory BUILD=$(BUILD)/fuzz CC=$(CLANG) \
		SANITIZE=fuzzer-no-link,address,undefined FUZZ_SECONDS=$(FUZZ_SECONDS) check-fuzz-run

check-fuzz-run: fuzzers
	$(test-environment) FUZZ_SECONDS=$(FUZZ_SECONDS) TEST_RUNNER=tests/fuzz/run-one \
		tests/run check-fuzz $$(($(FUZZ_SECONDS) + 60)) 2 $(fuzzers)

lint: all
	CC='$(CC)' MAKE='$(MAKE)' $(test-environment) tests/run lint 1800 1 scripts/lint

# What clang-tidy said about a file stands until the file, a header of it (through its object), or
# the rules change.
tidy-sources := $(util-sources) $(builtin-sources) $(test-lib-sources) $(tool-sources) \
	$(witness-sources) $(folder-tool-sources)
tidy: $(tidy-sources:%.c=$(O)/lint/%.tidy)
$(O)/lint/%.tidy: %.c $(O)/obj/%.o .clang-tidy
	$(say) TIDY $<
	mkdir -p $(@D)
	clang-tidy --quiet $< -- $(std) -Xclang -analyzer-config -Xclang ipa=none \
		>$@.log 2>&1 || { grep -E '(error|warning): ' $@.log; echo "(more in $@.log)"; exit 1; }
	mv $@.log $@

# ---- Documents, installing --------------------------------------------------------------------

.PHONY: doc install install-doc uninstall deb demo clean help

# The texts are what `vmtool help` shows where there is no man; to make them takes one.
made-texts = $(if $(shell command -v man 2>/dev/null),$(man-texts))
doc: $(man-pages-1) $(man-pages-7) $(if $(filter doc,$(MAKECMDGOALS)),$(made-texts))
	$(if $(made-texts),true,echo 'doc: no man, so no manual pages as text')
define make-man-page
$(say) MAN $@
mkdir -p $(@D)
asciidoctor -b manpage --failure-level WARN -a reproducible -a manmanual='vmtool manual' \
	-a mansource='vmtool $(VERSION)' -o $@ $<
endef
$(man-pages-1): $(O)/man/man1/%.1: Documentation/%.adoc Makefile
	$(make-man-page)
$(man-pages-7): $(O)/man/man7/%.7: Documentation/%.7.adoc Makefile
	$(make-man-page)
define make-man-text
$(say) TEXT $@
mkdir -p $(@D)
LC_ALL=C MANWIDTH=80 MANOPT= man -l $< >$@
endef
$(O)/doc/vmtool/%.txt: $(O)/man/man1/%.1
	$(make-man-text)
$(O)/doc/vmtool/%.txt: $(O)/man/man7/%.7
	$(make-man-text)

install: all
	install -D -m 755 $(O)/vmtool $(DESTDIR)$(bindir)/vmtool
	install -D -m 644 scripts/completion/vmtool.bash $(DESTDIR)$(bashcompdir)/vmtool
	install -D -m 644 scripts/completion/_vmtool $(DESTDIR)$(zshcompdir)/_vmtool
	install -D -m 644 scripts/completion/vmtool.fish $(DESTDIR)$(fishcompdir)/vmtool.fish
	$(if $(external),$(install-kdump))
	if command -v asciidoctor >/dev/null; then \
		$(MAKE) --no-print-directory doc && $(MAKE) --no-print-directory install-doc; \
	else \
		echo 'install: no asciidoctor, so no manual pages'; \
	fi

define install-kdump
install -D -m 755 scripts/kdump/vmtool-kdump $(DESTDIR)$(libexecdir)/vmtool/vmtool-kdump
install -d $(DESTDIR)$(libexecdir)/vmtool/kdump/initramfs-tools $(DESTDIR)$(dracutdir)/99vmtool
install -m 755 scripts/kdump/save $(DESTDIR)$(libexecdir)/vmtool/kdump
install -D -m 644 scripts/kdump/kdump.conf $(DESTDIR)$(docdir)/kdump.conf
install -m 755 scripts/kdump/initramfs-tools/hook scripts/kdump/initramfs-tools/premount \
	$(DESTDIR)$(libexecdir)/vmtool/kdump/initramfs-tools
install -m 755 scripts/kdump/dracut/99vmtool/*.sh scripts/kdump/save $(DESTDIR)$(dracutdir)/99vmtool
endef

# Of what `make doc` has made.
install-doc:
	install -d $(DESTDIR)$(mandir)/man1 $(DESTDIR)$(docdir)
	install -m 644 $(man-pages-1) $(DESTDIR)$(mandir)/man1
	$(if $(man-pages-7),install -D -m 644 -t $(DESTDIR)$(mandir)/man7 $(man-pages-7))
	$(if $(made-texts),install -m 644 $(made-texts) $(DESTDIR)$(docdir))

# What the same `make install` would put there.
uninstall:
	rm -rf $(O)/uninstall
	$(MAKE) -s --no-print-directory DESTDIR=$(abspath $(O))/uninstall install
	cd $(O)/uninstall && find . -type f | while read -r file; do rm -f "$(DESTDIR)/$$file"; done && \
		find . -depth -type d -path '*vmtool*' | while read -r folder; do \
			rmdir "$(DESTDIR)/$$folder" 2>/dev/null || true; \
		done
	rm -rf $(O)/uninstall

deb:
	rm -rf $(BUILD)/deb
	scripts/make-deb $(BUILD)/deb $(VERSION)

# Who typed no -j has typed the first command of a stranger: each CPU gets a job.
all-cpus = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))
demo:
	scripts/setup --demo --check >/dev/null || scripts/setup --demo || echo 'demo: going on with what is there'
	+$(MAKE) --no-print-directory $(all-cpus) all
	+$(MAKE) --no-print-directory $(all-cpus) STATIC=1 all
	$(test-environment) STATIC_VMTOOL=$(abspath $(BUILD)/static/vmtool) scripts/demo

clean:
	rm -rf $(BUILD)

define help-text
make               build $(BUILD)/vmtool
make demo          crash a small guest, dump it, print the report; installs what it needs first
make install       DESTDIR=, prefix=$(prefix); make uninstall takes it away again
make doc           manual pages, below $(BUILD)/man, and as text, below $(BUILD)/doc
make deb           a Debian package, below $(BUILD)/deb
make clean         remove $(BUILD)

To check a change:
make check-fast    unit tests and command tests: no root, no guest, about a minute
make lint          layering, headers, format, cppcheck, clang-tidy, shellcheck, manual pages
make check         lint, check-fast, check-slow, check-guest, each fuzzer for 5 s; installs what it needs first
make check-asan    check-fast under the address and undefined-behaviour sanitizers; CI runs it and make check
make check-slow    command tests of several seconds: make, a terabyte, perf stat, all formats
make check-guest   real kernels crash in QEMU, vmtool dumps them, the dumps are verified
make check-fuzz    each fuzzer for FUZZ_SECONDS ($(FUZZ_SECONDS))

For a night, or before a release:
make check-long    thread sanitizer, 100 times kill -9, full disks, valgrind on each command, each fuzzer for 10 minutes
make check-tsan, check-kills, check-full-disk, check-valgrind   the parts of check-long, one by one
make check-large   a dump of 17 TiB, made up
make check-guest-record vmtool record on kernels 5.10, 6.1, 6.12 and the newest
make check-guest-stat   vmtool stat on kernels 5.10, 6.1, 6.12 and the newest
make check-kernels every kernel there is a guest for, an hour or two; makes Documentation/kernels.md
make check-arch    dumps of machines that are no PC, from QEMU; their table in Documentation/kernels.md
make check-xen     a Xen host with domains crashes in QEMU, vmtool dumps it with -X
make check-crash   a dump opens in crash(8); fetches the kernel's debug package
make check-kdump   vmtool saves crashes in initramfs images of dracut and initramfs-tools; needs root
make check-kdump-tools   Debian's kdump-config saves a crash with vmtool as makedumpfile
make check-chroot  make demo and make check on Debian 12 and 13 with nothing but git and make; needs root

Behind any of these:
COMMANDS=dump      only these commands (and help, version): smaller with STATIC=1
STATIC=1           one static binary for a capture initramfs: $(BUILD)/static/vmtool
CC= CFLAGS= LDFLAGS= BUILD=   as usual
WERROR=1           warnings are errors
NO_LIBDEFLATE=1    leave a library out though it is installed (same for every optional one)
V=1                show the commands
endef
help:
	$(info $(help-text))true
