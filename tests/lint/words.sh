#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Words that do not belong in the tree. Patterns are written so that this file
# does not match them.
# Usage: words.sh FILE...      (tracked C sources, headers, scripts, makefiles)
set -u
bad=0

refuse() { # what it is, pattern, files on stdin
	if xargs -r grep -nEI -e "$2" /dev/null; then
		echo "lint-words: $1" >&2
		bad=1
	fi
}
of() { # files of the arguments with one of these endings
	printf '%s\n' "$files" | grep -E "\.($1)\$"
}
files=$(printf '%s\n' "$@")

unbounded='(^|[^a-zA-Z0-9_])(strcpy|strcat|stpcpy|sprintf|vsprintf|gets|strtok|atoi|atol|atoll|alloca|strncpy|strncat|tmpnam|mktemp|system|popen|setjmp|longjmp)\('
# a member named free is no libc function
heap='(^|[^a-zA-Z0-9_>.])(malloc|calloc|realloc|strdup|strndup|free|asprintf|vasprintf)\('

refuse "a function that is banned (see CONTRIBUTING.md)" "$unbounded" <<X
$(of 'c|h')
X
refuse "randomness is qiao_random" '(^|[^a-zA-Z0-9_])s?rand(om)?\(' <<X
$(of 'c|h' | grep -v '^tests/')
X
# the _fault.c files are linked into tests only, and must not fail themselves
refuse "memory goes through gateway/base/mem.h" "$heap" <<X
$(of 'c|h' | grep -Ev '^(tests/|gateway/base/mem\.[ch]$)|_fault\.c$')
X
refuse "comments are /* */" '(^|[;{})])[[:blank:]]*/''/' <<X
$(of 'c|h')
X
refuse "finish it, or open an issue" '(^|[^a-zA-Z])(TO''DO|FIX''ME|XX''X|HA''CK)([^a-zA-Z]|$)' <<X
$(printf '%s\n' "$files")
X
refuse "a build date makes builds differ" '__(DATE|TIME)_''_' <<X
$(of 'c|h')
X

for f in "$@"; do
	head -n 2 "$f" | grep -q 'SPDX-License-Identifier: Apache-2.0' || {
		echo "$f:1: no SPDX line at the top"
		bad=1
	}
done

# a guard spells the path, so that no two headers share one
for f in $(of h); do
	guard=$(printf '%s' "${f#gateway/include/}" | tr 'a-z/.-' 'A-Z___')
	grep -q "^#ifndef $guard\$" "$f" || {
		echo "$f: the include guard is $guard"
		bad=1
	}
done
exit $bad
