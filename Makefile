# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sources are found by wildcard, libraries by scripts/probe. Everything made goes below $(BUILD).
# `make help` lists what can be asked for.

VERSION := 0.1.0

BUILD := build
CC := cc
CFLAGS := -O2 -g
LDFLAGS :=

prefix := /usr/local
bindir = $(prefix)/bin
libexecdir = $(prefix)/libexec
mandir = $(prefix)/share/man

# A static build keeps its own objects, so that the two never take turns rebuilding each other.
O := $(BUILD)$(if $(STATIC),/static)

JOBS := $(shell nproc 2>/dev/null || echo 2)

# ---- How things are compiled ------------------------------------------------------------------

std := -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -I. -I$(O)
warnings := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
	$(if $(WERROR),-Werror)
sanitize := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all \
	-fno-omit-frame-pointer)

# Goals that need no compiler must also work where there is none.
no-config-goals := help clean check demo setup
ifneq ($(filter-out $(no-config-goals),$(or $(MAKECMDGOALS),all)),)
include $(O)/config.mk
endif

all-cflags = $(std) $(warnings) $(probed-cflags) $(sanitize) $(CFLAGS)
all-ldflags = $(probed-ldflags) $(sanitize) $(LDFLAGS)
libs = $(probed-libs) -lpthread

ifdef V
say = @true
else
say = @printf '  %-7s %s\n'
.SILENT:
endif

# ---- What there is ----------------------------------------------------------------------------

util-sources := $(wildcard util/*/*.c util/*/*/*.c)
builtin-sources := $(wildcard builtin/*.c)
test-lib-sources := $(wildcard tests/lib/*.c)
unit-sources := $(wildcard tests/unit/*/test-*.c)
tool-sources := $(wildcard tests/tool/*.c)
folder-tool-sources := $(wildcard tests/tool/*/*.c)
fuzz-sources := $(wildcard tests/fuzz/fuzz-*.c)

util-objects := $(util-sources:%.c=$(O)/obj/%.o)
builtin-objects := $(builtin-sources:%.c=$(O)/obj/%.o)
test-lib-objects := $(test-lib-sources:%.c=$(O)/obj/%.o)
unit-tests := $(unit-sources:%.c=$(O)/%)
tools := $(tool-sources:%.c=$(O)/%)
folder-tools := $(patsubst %/,$(O)/%,$(sort $(dir $(folder-tool-sources))))
fuzzers := $(fuzz-sources:%.c=$(O)/%)
cli-tests := $(wildcard tests/cli/t[0-9]*.sh)

vmtool := $(if $(wildcard builtin/vmtool.c),$(O)/vmtool)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.PHONY: all FORCE
FORCE:

all: $(O)/libvmtool.a $(vmtool)
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
	SANITIZE='$(SANITIZE)' VERSION='$(VERSION)' EXEC_DIR='$(libexecdir)/vmtool' \
	MAN_DIR='$(mandir)'
left-out = $(foreach v,$(sort $(filter-out NO_COLOR NO_PROXY,$(filter NO_%,$(.VARIABLES)))),\
	$(v)=$($(v)))
# Headers that come or go with a package make the probe run again.
library-headers = $(wildcard $(addprefix /usr/include/,zlib.h libdeflate.h))

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
$(O)/folder-tools.list: FORCE
	$(call write-if-changed,$(folder-tool-sources))

$(O)/obj/%.o: %.c $(O)/compile.flags | $(O)/config.h
	$(say) CC $<
	mkdir -p $(@D)
	$(CC) $(all-cflags) -MMD -MP -c -o $@ $<

$(O)/libvmtool.a: $(util-objects) $(O)/libvmtool.list
$(O)/libvmtest.a: $(test-lib-objects) $(O)/libvmtest.list
$(O)/lib%.a:
	$(say) AR $@
	rm -f $@
	ar rcs $@ $(filter %.o,$^)

$(O)/vmtool: $(builtin-objects) $(O)/libvmtool.a $(O)/vmtool.list $(O)/link.flags
	$(say) LD $@
	$(CC) $(all-ldflags) -o $@ $(builtin-objects) $(O)/libvmtool.a $(libs)

# Unit tests and test tools: one program per file, linked with libvmtool.a and with the helpers
# in tests/lib. A program that needs more says so below:
#	$(O)/tests/tool/read-pages: program-libs := -lkdumpfile
$(unit-tests) $(tools): $(O)/%: $(O)/obj/%.o $(O)/libvmtest.a $(O)/libvmtool.a $(O)/link.flags
	$(say) LD $@
	mkdir -p $(@D)
	$(CC) $(all-ldflags) -o $@ $< $(O)/libvmtest.a $(O)/libvmtool.a $(program-libs) $(libs)

$(unit-tests): program-libs := -lcmocka

# A test tool that is a folder is made of all files in it.
$(foreach t,$(folder-tools),$(eval $t: \
	$(patsubst %.c,$(O)/obj/%.o,$(filter $(t:$(O)/%=%)/%,$(folder-tool-sources)))))
$(folder-tools): $(O)/libvmtool.a $(O)/folder-tools.list $(O)/link.flags
	$(say) LD $@
	mkdir -p $(@D)
	$(CC) $(all-ldflags) -o $@ $(filter %.o,$^) $(O)/libvmtool.a $(libs)

objects := $(util-objects) $(builtin-objects) $(test-lib-objects) \
	$(unit-sources:%.c=$(O)/obj/%.o) $(tool-sources:%.c=$(O)/obj/%.o) \
	$(folder-tool-sources:%.c=$(O)/obj/%.o)
.SECONDARY: $(objects)
-include $(objects:.o=.d)

# ---- Checking ---------------------------------------------------------------------------------

.PHONY: tests check-fast clean
tests: $(unit-tests) $(tools) $(folder-tools)

check-fast: all tests
	BUILD_DIR=$(abspath $(O)) VMTOOL=$(abspath $(O)/vmtool) \
		tests/run check-fast$(if $(SANITIZE),-asan) 60 2 $(unit-tests) $(cli-tests)

clean:
	rm -rf $(BUILD)
