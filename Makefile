# SPDX-License-Identifier: Apache-2.0
#
# make                 build everything           make check        all tests
# make demo            the main job, shown        make check-asan   tests, ASan+UBSan
# make check-unit      CUnit tests (T=folder)     make check-tsan   tests, TSan
# make check-fuzz      replay the corpora         make check-valgrind   tests, valgrind
# make fuzz            fuzz targets (clang)       make fuzz-run     FUZZ_SECONDS=10 each
# make lint            all of lint-*, see there   make bench        speed, as ratios
# make install         PREFIX=/usr/local DESTDIR= make uninstall    all of it, gone
# make check-install   install, look, uninstall   make coverage     lines, by gcovr
# make dist            reproducible tarball       make distcheck    build it twice, test
# make check-contracts chaincode, with Go         make clean        make help
# make deps            install what is missing
#
# check and demo install what is missing (Debian; DEPS=no: do not). Variables a
# packager may set: CC AR CFLAGS CPPFLAGS LDFLAGS PREFIX DESTDIR SYSCONFDIR
# LOCALSTATEDIR SYSTEMDUNITDIR PKG_CONFIG NNG_LIBS. V=1 shows the commands.
# Every build flavour has its own folder, so no `make clean` between them.

NAME     := qiao
VERSION  := $(shell cat gateway/VERSION)
B        ?= build/release

PREFIX         ?= /usr/local
BINDIR         ?= $(PREFIX)/bin
SBINDIR        ?= $(PREFIX)/sbin
LIBDIR         ?= $(PREFIX)/lib
LIBEXECDIR     ?= $(PREFIX)/libexec/$(NAME)
ADAPTERDIR     ?= $(LIBEXECDIR)/adapters
INCLUDEDIR     ?= $(PREFIX)/include
DATADIR        ?= $(PREFIX)/share/$(NAME)
MANDIR         ?= $(PREFIX)/share/man
SYSTEMDUNITDIR ?= $(PREFIX)/lib/systemd/system
SYSCONFDIR     ?= /etc
LOCALSTATEDIR  ?= /var
PKG_CONFIG     ?= pkg-config
INSTALL        ?= install

# --- libraries, by pkg-config only; NNG 1.5 in Debian 12 ships no nng.pc -----
PKGS     := libssl libcrypto libsecp256k1 msgpack libconfig jansson sqlite3
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
PKG_LIBS   := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null)
NNG_LIBS ?= -lnng
LIBS     := $(PKG_LIBS) $(NNG_LIBS) -lpthread
# Said when something is compiled, not before: help, clean and deps need none.
need = $(if $(1),,$(error $(PKG_CONFIG) does not find all of: $(2). \
       `make deps` installs what is missing))
need_libs = $(call need,$(PKG_LIBS),$(PKGS))

# --- flags: ours are added, the user's CFLAGS stay the user's ----------------
CFLAGS   ?= -O2 -g
WARN     := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes \
            -Wmissing-prototypes -Wold-style-definition -Wwrite-strings \
            -Wpointer-arith -Wcast-qual -Wformat=2 -Wundef -Wvla \
            -Wimplicit-fallthrough -Wconversion -Wswitch-enum
# a flag is used if this compiler takes it
ccopt    = $(shell printf 'int x;' | $(CC) -Werror $(1) -x c -c -o /dev/null - 2>/dev/null && echo '$(1)')
HARDEN   := $(foreach f,-fstack-protector-strong -fstack-clash-protection \
            -fno-strict-overflow -fcf-protection=full -fzero-call-used-regs=used-gpr \
            -ftrivial-auto-var-init=zero,$(call ccopt,$(f))) -fPIE \
            $(if $(findstring -O0,$(CFLAGS)),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
HARDEN_LD := -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed
REPRO    := -ffile-prefix-map=$(CURDIR)=.
ifdef SAN
HARDEN   := -fno-omit-frame-pointer -fno-sanitize-recover=all -fsanitize=$(SAN)
HARDEN_LD := -fsanitize=$(SAN)
endif
ALL_CPPFLAGS = -I. -I$(B)/gen -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE \
               -DQIAO_VERSION='"$(VERSION)"' $(EXTRA_CPPFLAGS) $(CPPFLAGS)
ALL_CFLAGS   = -std=c11 $(WARN) $(HARDEN) $(REPRO) $(PKG_CFLAGS) $(WERROR) $(CFLAGS)
ALL_LDFLAGS  = $(HARDEN_LD) $(LDFLAGS)

ifneq ($(V),1)
Q := @
say = @printf '  %-7s %s\n' $(1) $(2)
endif

# --- what to build: each folder lists its own sources ------------------------
# LIB_SRC    sources of libqiao.a
# PROGS      programs; NAME_SRC the sources of each, linked with libqiao.a
# TEST_PROGS the same, but built for `make check` and never installed
# FAULT_SRC  sources of LIB_SRC that unit tests take built with -DQIAO_FAULTS
# UNIT_SRC   tests/unit/FOLDER/NAME_test.c, each defining NAME_test_suite
# FUZZ_SRC   tests/fuzz/NAME.c, corpora in tests/fuzz/corpora/NAME/
# PB         FOLDER/NAME of .proto files; what uses them links protobuf-c
# TEST_LIBS  libraries that unit tests and fuzz targets link besides
# CHECKS     further targets that `make check` must reach; they find programs in $(B)
LIB_SRC :=
PROGS :=
TEST_PROGS :=
FAULT_SRC :=
UNIT_SRC :=
FUZZ_SRC :=
PB :=
TEST_LIBS :=
CHECKS :=
all:
include $(sort $(wildcard gateway/*/module.mk adapters/*/module.mk \
          adapters/*/*/module.mk relay/module.mk policies/*/module.mk \
          tests/module.mk tests/*/module.mk tests/*/*/module.mk))

LIB      := $(B)/libqiao.a
UNIT     := $(B)/unit-tests$(if $(T),-$(subst /,-,$(T)))
UNIT_USE := $(filter-out $(UNIT_SKIP),$(if $(T),$(filter tests/unit/$(T)/%,$(UNIT_SRC)),$(UNIT_SRC)))
REPLAYS  := $(FUZZ_SRC:%.c=$(B)/%-replay)
FUZZERS  := $(FUZZ_SRC:%.c=$(B)/%)

all: $(LIB) $(PROGS:%=$(B)/%)

compile = $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
link    = $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter-out Makefile,$^) $(LIBS)

# Generated code is not ours: made in the build folder, its warnings unheard. Its
# macros warn where we use them, of a cast that cannot be meant otherwise.
PB_H     := $(PB:%=$(B)/gen/%.pb-c.h)
PROTOC_C ?= protoc-c
$(B)/gen/%.pb-c.c $(B)/gen/%.pb-c.h: %.proto Makefile
	@mkdir -p $(B)/gen
	$(call need,$(shell command -v $(PROTOC_C)),$(PROTOC_C))$(call say,PROTOC,$<)
	$(Q)$(PROTOC_C) --c_out=$(B)/gen $<
	$(Q)sed -i 's/(char \*)protobuf_c/(char *)(uintptr_t)protobuf_c/g' $(B)/gen/$*.pb-c.h
$(B)/gen/%.o: $(B)/gen/%.c Makefile | $(PB_H)
	$(call need,$(FABRIC_LIBS),$(FABRIC_PKGS))$(call say,CC,$<)
	$(Q)$(compile) -w

$(B)/%.o: %.c Makefile | $(PB_H)
	@mkdir -p $(@D)
	$(need_libs)$(call say,CC,$<)
	$(Q)$(compile)

$(LIB): $(LIB_SRC:%.c=$(B)/%.o) $(PB:%=$(B)/gen/%.pb-c.o)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcsD $@ $^

define program
$(B)/$(1): $$($(1)_SRC:%.c=$(B)/%.o) $(LIB)
	$$(call say,LD,$$@)
	$$(Q)$$(link) $$($(1)_LIBS)
endef
$(foreach p,$(PROGS) $(TEST_PROGS),$(eval $(call program,$(p))))

# The list of suites comes from the file names: a test file cannot be forgotten.
$(UNIT).list.c: $(UNIT_USE) Makefile
	@mkdir -p $(@D)
	$(Q){ echo '#include "tests/unit/suite.h"'; \
	for t in $(basename $(notdir $(UNIT_USE))); do \
	  echo "extern const struct test_suite $${t}_suite;"; done; \
	echo 'extern const struct test_suite *const test_suites[];'; \
	echo 'const struct test_suite *const test_suites[] = {'; \
	for t in $(basename $(notdir $(UNIT_USE))); do echo "	&$${t}_suite,"; done; \
	echo '	0'; echo '};'; } > $@

# Unit tests see the hooks that make the n-th allocation or write fail; the
# objects that hold them stand before the library and win over its own.
UNIT_OBJ := $(UNIT_USE:%.c=$(B)/%.o) $(B)/tests/unit/main.o \
            $(FAULT_SRC:%.c=$(B)/faults/%.o)
$(UNIT_OBJ): EXTRA_CPPFLAGS += -DQIAO_FAULTS
$(B)/faults/%.o: %.c Makefile | $(PB_H)
	@mkdir -p $(@D)
	$(call say,CC,"$< (faults)")
	$(Q)$(compile)

$(UNIT): $(UNIT_OBJ) $(UNIT).list.c $(LIB)
	$(call say,LD,$@)
	$(Q)$(link) $(ALL_CPPFLAGS) $(TEST_LIBS) -lcunit

$(B)/%-replay: $(B)/%.o $(B)/tests/fuzz/replay.o $(LIB)
	$(call say,LD,$@)
	$(Q)$(link) $(TEST_LIBS)

# --- tests -------------------------------------------------------------------
# A fresh machine may have make and nothing else: install first, then start make
# again so that pkg-config and the compiler are asked when they are there.
again = $(MAKE) --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))
ready = $(if $(filter no,$(DEPS)),true,sh tests/deps.sh deps)

deps:
	$(Q)sh tests/deps.sh deps
deps-dev:
	$(Q)sh tests/deps.sh deps deps-dev

check:
	$(Q)$(ready)
	+$(Q)$(again) check-all

# One after the other even with -j: scenarios measure time, and CUnit's summary
# comes last.
check-all: all check-fuzz $(CHECKS) check-unit
ifneq ($(filter check-all,$(MAKECMDGOALS)),)
before := check-fuzz
$(foreach c,$(CHECKS),$(eval $(c): | $(before))$(eval before := $(c)))
endif
$(CHECKS): $(PROGS:%=$(B)/%) $(TEST_PROGS:%=$(B)/%)
check-unit: $(UNIT) $(TEST_PROGS:%=$(B)/%) | $(before)
	$(UNIT)

check-fuzz: $(REPLAYS)
	$(Q)set -e; for t in $(REPLAYS); do n=$$(basename $$t -replay); \
	  $$t tests/fuzz/corpora/$$n/*; done

# A sanitiser's malloc aborts on a size it finds silly; ours must see the NULL.
check-asan: export ASAN_OPTIONS=allocator_may_return_null=1:detect_stack_use_after_return=1
check-asan: export UBSAN_OPTIONS=print_stacktrace=1
check-asan:
	$(Q)$(ready)
	+$(Q)$(again) check-all B=build/asan SAN=address,undefined CFLAGS='-O1 -g'
check-tsan: export TSAN_OPTIONS=allocator_may_return_null=1:suppressions=tests/lint/tsan.supp
# gcc 12's TSan cannot place its shadow under the address randomisation of newer
# kernels; without it, where that may be switched off, it always can
check-tsan:
	$(Q)$(ready)
	+$(Q)$$(setarch -R true 2>/dev/null && echo setarch -R) $(again) check-all B=build/tsan SAN=thread CFLAGS='-O1 -g'
# Memory set to zero by the compiler would hide what valgrind looks for, and its
# checked memmove it takes for memcpy. The spawner sets limits, which valgrind
# does not allow. Takes a quarter of an hour; T=folder as for check-unit.
check-valgrind:
	+$(Q)$(again) valgrind-run B=build/valgrind UNIT_SKIP=tests/unit/daemon/spawner_test.c \
	  CFLAGS='-O1 -g -ftrivial-auto-var-init=uninitialized -U_FORTIFY_SOURCE'
valgrind-run: $(UNIT) $(TEST_PROGS:%=$(B)/%)
	valgrind -q --error-exitcode=7 --leak-check=full --child-silent-after-fork=yes \
	  --suppressions=tests/lint/valgrind.supp $(UNIT)

CLANG ?= $(shell command -v clang || command -v clang-14 || echo clang)
FUZZ_SECONDS ?= 10
fuzz:
	+$(Q)$(again) fuzzers B=build/fuzz CC='$(CLANG)' CFLAGS='-O1 -g' \
	  SAN=address,undefined,fuzzer-no-link
fuzz-run: fuzz
	$(Q)sh tests/fuzz/run.sh $(FUZZ_SECONDS) $(FUZZ_SRC:%.c=build/fuzz/%)
fuzzers: $(FUZZERS)
$(FUZZERS): $(B)/%: $(B)/%.o $(LIB)
	$(call say,LD,$@)
	$(Q)$(link) $(TEST_LIBS) -fsanitize=address,undefined,fuzzer

coverage:
	+$(Q)$(again) check-all B=build/cov CFLAGS='-O0 -g --coverage' LDFLAGS=--coverage
	gcovr --txt-metric branch --exclude tests/ build/cov

# --- the job, shown and measured ---------------------------------------------
demo:
	$(Q)$(ready)
	+$(Q)$(again) all
	$(call run_script,tests/demo/demo.sh,demo)
bench:
	$(Q)$(ready)
	+$(Q)$(again) all $(TEST_PROGS:%=$(B)/%)
	$(call run_script,tests/bench/bench.sh,benchmark)
run_script = $(Q)if [ -e $(1) ]; then B=$(B) KEEP='$(KEEP)' $(1); else \
  echo 'there is no $(2) yet ($(1) does not exist)'; exit 1; fi

help:
	@sed -n '/^#$$/,/^$$/s/^# \{0,1\}//p' Makefile
clean:
	rm -rf build

include gateway/install.mk tests/lint/lint.mk

.PHONY: all check check-all check-unit check-fuzz check-asan check-tsan deps \
  deps-dev check-valgrind valgrind-run fuzz fuzzers fuzz-run coverage demo bench help \
  clean $(CHECKS)
.DELETE_ON_ERROR:
.SECONDARY:
-include $(shell find $(B) -name '*.d' 2>/dev/null)
