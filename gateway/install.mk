# SPDX-License-Identifier: Apache-2.0
#
# What is installed is one list of lines "mode source destination", so that
# uninstall takes away exactly what install put down.

# what adapter authors link: the SDK and the leaves below it
SDK_SRC  := $(filter adapters/sdk/% gateway/base/% gateway/codec/% gateway/crypto/%,$(LIB_SRC))
SDK      := $(if $(filter adapters/sdk/%,$(SDK_SRC)),$(B)/libqiao-sdk.a)
$(B)/libqiao-sdk.a: $(SDK_SRC:%.c=$(B)/%.o)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcsD $@ $^

# files that name installed paths are written anew, PREFIX may have changed
G        := $(B)/install
UNITS    := $(if $(filter qiaod,$(PROGS)),$(wildcard configs/systemd/*.service))
fill     = sed -e 's|@VERSION@|$(VERSION)|g' -e 's|@PREFIX@|$(PREFIX)|g' \
           -e 's|@SBINDIR@|$(SBINDIR)|g' -e 's|@SYSCONFDIR@|$(SYSCONFDIR)|g' -e 's|@LIBDIR@|$(LIBDIR)|g' \
           -e 's|@INCLUDEDIR@|$(INCLUDEDIR)|g' -e 's|@ADAPTERDIR@|$(ADAPTERDIR)|g'
$(G)/%.service: configs/systemd/%.service always
	@mkdir -p $(@D)
	$(Q)$(fill) $< > $@
$(G)/qiao-sdk.pc: adapters/sdk/qiao-sdk.pc.in always
	@mkdir -p $(@D)
	$(Q)$(fill) $< > $@
# in the tree a header is named from the top, installed it is <qiao/...>
$(G)/qiao/%.h: gateway/include/qiao/%.h
	@mkdir -p $(@D)
	$(Q)sed 's|^#include "gateway/include/\(qiao/.*\)"|#include <\1>|' $< > $@

HEADERS  := $(notdir $(wildcard gateway/include/qiao/*.h))
PAGES_   := $(wildcard docs/man/*.[1-8])
EXAMPLES := $(sort $(shell find configs policies/library -type f \
            ! -path 'configs/systemd/*' ! -name '*.mk' 2>/dev/null))
place    = $(if $(filter qiaod,$(1)),$(SBINDIR),$(if $(filter qiao-adapter-%,$(1)),$(ADAPTERDIR),$(BINDIR)))

define nl


endef
INSTALLS = $(foreach p,$(PROGS),0755 $(B)/$(p) $(call place,$(p))/$(p)$(nl)) \
  $(foreach h,$(HEADERS),0644 $(G)/qiao/$(h) $(INCLUDEDIR)/qiao/$(h)$(nl)) \
  $(if $(SDK),0644 $(SDK) $(LIBDIR)/libqiao-sdk.a$(nl)0644 $(G)/qiao-sdk.pc $(LIBDIR)/pkgconfig/qiao-sdk.pc$(nl)) \
  $(foreach m,$(PAGES_),0644 $(m) $(MANDIR)/man$(subst .,,$(suffix $(m)))/$(notdir $(m))$(nl)) \
  $(foreach u,$(UNITS),0644 $(G)/$(notdir $(u)) $(SYSTEMDUNITDIR)/$(notdir $(u))$(nl)) \
  $(foreach e,$(EXAMPLES),$(if $(filter %.sh,$(e)),0755,0644) $(e) $(DATADIR)/$(e)$(nl))

INSTALL_NEEDS := $(PROGS:%=$(B)/%) $(SDK) $(if $(SDK),$(G)/qiao-sdk.pc) \
  $(HEADERS:%=$(G)/qiao/%) $(patsubst configs/systemd/%,$(G)/%,$(UNITS))

$(G)/list: always
	@mkdir -p $(@D)
	$(file >$@,$(INSTALLS))@:
install: $(INSTALL_NEEDS) $(G)/list
	$(Q)while read -r mode from to; do [ -n "$$to" ] || continue; \
	  $(INSTALL) -d "$(DESTDIR)$${to%/*}" && \
	  $(INSTALL) -m "$$mode" "$$from" "$(DESTDIR)$$to" || exit 1; done < $(G)/list
	$(Q)$(INSTALL) -d $(DESTDIR)$(ADAPTERDIR)
uninstall: $(G)/list
	$(Q)while read -r mode from to; do [ -n "$$to" ] || continue; \
	  rm -f "$(DESTDIR)$$to" || exit 1; done < $(G)/list
	$(Q)for d in $(ADAPTERDIR) $(LIBEXECDIR) $(INCLUDEDIR)/qiao $(DATADIR); do \
	  [ ! -d "$(DESTDIR)$$d" ] || \
	  find "$(DESTDIR)$$d" -depth -type d -empty -delete; done

check-install: STAGE := $(CURDIR)/build/stage
check-install: all
	$(Q)rm -rf $(STAGE)
	+$(Q)$(again) install DESTDIR=$(STAGE)
	$(Q)sh tests/lint/installed.sh $(STAGE) $(INCLUDEDIR) '$(CC)'
	+$(Q)$(again) uninstall DESTDIR=$(STAGE)
	$(Q)left=$$(find $(STAGE) -type f -o -type d -name qiao); [ -z "$$left" ] || \
	  { echo "uninstall left:"; echo "$$left"; exit 1; }
	@echo "check-install: everything installed was taken away again"

# --- the tarball, the same for everybody who packs this commit ---------------
DIST := $(NAME)-$(VERSION)
dist:
	$(Q)git archive --format=tar --prefix=$(DIST)/ HEAD | gzip -n9 > $(DIST).tar.gz
	@echo $(DIST).tar.gz

# Built in two folders of different length: the programs must be the same bytes.
distcheck: dist
	$(Q)rm -rf build/dist && mkdir -p build/dist/a build/dist/another
	$(Q)for d in a another; do tar -xzf $(DIST).tar.gz -C build/dist/$$d; done
	+$(Q)for d in a another; do env -u MAKEFLAGS $(MAKE) --no-print-directory \
	  -j$$(nproc) -C build/dist/$$d/$(DIST) all || exit 1; done
	$(Q)for f in libqiao.a $(PROGS); do cmp build/dist/a/$(DIST)/build/release/$$f \
	  build/dist/another/$(DIST)/build/release/$$f || exit 1; done
	@echo "distcheck: two builds, the same bytes"
	+$(Q)env -u MAKEFLAGS $(MAKE) --no-print-directory -j$$(nproc) \
	  -C build/dist/a/$(DIST) check check-install

.PHONY: always install uninstall check-install dist distcheck
