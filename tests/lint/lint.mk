# SPDX-License-Identifier: Apache-2.0
#
# A rule that matters is a check here. Only tracked files are looked at. `make
# lint` runs all but lint-tidy, which takes minutes; tools are in deps-dev.
#
# lint-format    clang-format 14 would change nothing
# lint-layers    folders include only downwards           (docs/layers.txt)
# lint-doors     each library only behind its door        (docs/doors.txt)
# lint-pure      what judges does no I/O                  (tests/lint/pure.txt)
# lint-words     banned functions, comments, SPDX lines, include guards
# lint-size      functions of 100 lines, files of 1200    (tests/lint/long.txt)
# lint-headers   every header compiles alone
# lint-events    log events and docs/events.md agree
# lint-leaks     no names or paths from outside the project
# lint-commits   commit subjects: "folder: what changes", at most 72 ASCII
# lint-shell     shellcheck
# lint-man       mandoc
# lint-lints     each of these refuses what it must
# lint-analyze   gcc -fanalyzer

tracked  = $(shell git ls-files -- $(1) | while read -r f; do [ -f "$$f" ] && echo "$$f"; done)
C_FILES  = $(call tracked,'*.c' '*.h')
CODE     = $(filter-out tests/%,$(C_FILES))
SCRIPTS  = $(call tracked,'*.sh' .ci/run)
MAKES    = $(call tracked,Makefile '*.mk')
PAGES    = $(call tracked,'docs/man/*')
CLANG_FORMAT ?= clang-format-14
CLANG_TIDY   ?= clang-tidy-14

LINTS := lint-format lint-layers lint-doors lint-pure lint-words lint-size \
         lint-headers lint-events lint-leaks lint-commits lint-shell lint-man \
         lint-lints lint-analyze
lint: $(LINTS)

lint-format:
	$(Q)$(CLANG_FORMAT) --dry-run -Werror $(C_FILES)
lint-layers:
	$(Q)sh tests/lint/layers.sh docs/layers.txt $(CODE)
lint-doors:
	$(Q)sh tests/lint/doors.sh docs/doors.txt $(CODE)
lint-pure: $(LIB)
	$(Q)sh tests/lint/pure.sh tests/lint/pure.txt $(B) $(LIB_SRC)
lint-words:
	$(Q)sh tests/lint/words.sh $(C_FILES) $(SCRIPTS) $(MAKES)
lint-size:
	$(Q)sh tests/lint/size.sh tests/lint/long.txt $(filter %.c,$(CODE))
lint-headers: $(PB_H)
	$(Q)sh tests/lint/headers.sh $(CC) $(ALL_CPPFLAGS) $(WARN) -Werror -std=c11 \
	  $(PKG_CFLAGS) -- $(filter %.h,$(C_FILES))
lint-events:
	$(Q)sh tests/lint/events.sh docs/events.md $(filter-out tests/%,$(C_FILES))
lint-leaks:
	$(Q)sh tests/lint/leaks.sh
# what was pushed cannot be reworded: only what is about to be, else the last
lint-commits:
	$(Q)range=$$(git rev-parse -q --verify '@{upstream}' >/dev/null 2>&1 && \
	  echo '@{upstream}..' || echo -1); \
	! git log --no-merges --format='%s' $$range | \
	  LC_ALL=C grep -vE '^[a-zA-Z0-9_./, -]+: [ -~]+$$|^Initial commit$$' && \
	! git log --no-merges --format='%s' $$range | LC_ALL=C grep -E '^.{73}'
lint-shell:
	$(Q)shellcheck $(SCRIPTS)
lint-man:
	$(Q)$(if $(PAGES),mandoc -T lint -W warning $(PAGES),true)
lint-lints:
	$(Q)sh tests/lint/selftest.sh

# Its own flavour; -O1 because the analyser walks every path that is left.
lint-analyze:
	+$(Q)$(again) build/analyze/libqiao.a B=build/analyze CC=gcc WERROR=-Werror \
	  CFLAGS='-O1 -g -fanalyzer -Wno-format-truncation'
lint-tidy:
	$(Q)printf '%s\n' $(filter %.c,$(CODE)) | xargs -P "$$(nproc)" -n 4 sh -c \
	  '$(CLANG_TIDY) --quiet "$$@" -- -std=c11 $(ALL_CPPFLAGS) $(PKG_CFLAGS)' tidy

.PHONY: lint lint-tidy $(LINTS)
