# SPDX-License-Identifier: Apache-2.0
#
# make                 build everything           make check        all tests
# make demo            the main job, shown        make check-asan   tests, ASan+UBSan
# make check-unit      CUnit tests (T=folder)     make check-tsan   tests, TSan
# make fuzz            fuzz targets (clang)       make check-fuzz   replay corpora
# make lint            format, layers, words      make bench        speed, as ratios
# make install         PREFIX=/usr/local DESTDIR= make dist         reproducible tarball
#
# Variables a packager may set: CC AR CFLAGS CPPFLAGS LDFLAGS PREFIX DESTDIR
# SYSCONFDIR LOCALSTATEDIR SYSTEMDUNITDIR PKG_CONFIG. V=1 shows commands.
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
MANDIR         ?= $(PREFIX)/share/man
SYSCONFDIR     ?= /etc
LOCALSTATEDIR  ?= /var
PKG_CONFIG     ?= pkg-config
INSTALL        ?= install

# --- dependencies, by pkg-config only; NNG 1.5 in Debian 12 ships no nng.pc --
PKGS     := libcrypto libsecp256k1 msgpack libconfig jansson sqlite3
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
PKG_LIBS   := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null)
NNG_LIBS ?= -lnng
LIBS     := $(PKG_LIBS) $(NNG_LIBS) -lpthread

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
ALL_CPPFLAGS = -I. -Igateway/include -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE \
               -DQIAO_VERSION='"$(VERSION)"' $(EXTRA_CPPFLAGS) $(CPPFLAGS)
ALL_CFLAGS   = -std=c11 $(WARN) $(HARDEN) $(REPRO) $(PKG_CFLAGS) $(WERROR) $(CFLAGS)
ALL_LDFLAGS  = $(HARDEN_LD) $(LDFLAGS)

ifneq ($(V),1)
Q := @
say = @printf '  %-7s %s\n' $(1) $(2)
endif

# --- what to build: each folder lists its own sources ------------------------
# LIB_SRC   sources of libqiao.a
# PROGS     programs; NAME_SRC the sources of each, linked with libqiao.a
# FAULT_SRC sources of LIB_SRC that unit tests take built with -DQIAO_FAULTS
# UNIT_SRC  tests/unit/FOLDER/NAME_test.c, each defining NAME_test_suite
# FUZZ_SRC  tests/fuzz/NAME.c, corpora in tests/fuzz/corpora/NAME/
LIB_SRC :=
PROGS :=
FAULT_SRC :=
UNIT_SRC :=
FUZZ_SRC :=
all:
include $(sort $(wildcard gateway/*/module.mk adapters/*/module.mk \
          adapters/*/*/module.mk relay/module.mk policies/*/module.mk tests/module.mk))

LIB      := $(B)/libqiao.a
UNIT     := $(B)/unit-tests$(if $(T),-$(subst /,-,$(T)))
UNIT_USE := $(if $(T),$(filter tests/unit/$(T)/%,$(UNIT_SRC)),$(UNIT_SRC))
REPLAYS  := $(FUZZ_SRC:%.c=$(B)/%-replay)
FUZZERS  := $(FUZZ_SRC:%.c=$(B)/%)

all: $(PROGS:%=$(B)/%)

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(LIB): $(LIB_SRC:%.c=$(B)/%.o)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcsD $@ $^

define program
$(B)/$(1): $$($(1)_SRC:%.c=$(B)/%.o) $(LIB)
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(ALL_CFLAGS) $$(ALL_LDFLAGS) -o $$@ $$^ $$(LIBS) $$($(1)_LIBS)
endef
$(foreach p,$(PROGS),$(eval $(call program,$(p))))

# The list of suites comes from the file names: a test file cannot be forgotten.
$(UNIT).list.c: $(UNIT_USE) Makefile
	@mkdir -p $(@D)
	$(Q){ echo '#include "tests/unit/suite.h"'; \
	for t in $(basename $(notdir $(UNIT_USE))); do \
	  echo "extern const struct test_suite $${t}_suite;"; done; \
	echo 'const struct test_suite *const test_suites[] = {'; \
	for t in $(basename $(notdir $(UNIT_USE))); do echo "	&$${t}_suite,"; done; \
	echo '	0'; echo '};'; } > $@

# Unit tests see the hooks that make the n-th allocation or write fail; the
# objects that hold them stand before the library and win over its own.
UNIT_OBJ := $(UNIT_USE:%.c=$(B)/%.o) $(B)/tests/unit/main.o \
            $(FAULT_SRC:%.c=$(B)/faults/%.o)
$(UNIT_OBJ): EXTRA_CPPFLAGS += -DQIAO_FAULTS
$(B)/faults/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,"$< (faults)")
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(UNIT): $(UNIT_OBJ) $(UNIT).list.c $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) -lcunit

$(B)/%-replay: $(B)/%.o $(B)/tests/fuzz/replay.o $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# --- tests -------------------------------------------------------------------
check: check-fuzz check-unit

check-unit: $(UNIT)
	$(UNIT)

check-fuzz: $(REPLAYS)
	$(Q)set -e; for t in $(REPLAYS); do n=$$(basename $$t -replay); \
	  $$t tests/fuzz/corpora/$$n/*; done

.PHONY: all check check-unit check-fuzz
.DELETE_ON_ERROR:
-include $(shell find $(B) -name '*.d' 2>/dev/null)
