#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# No function over 100 lines and no file over 1200, outside tests, unless
# tests/lint/long.txt names it with a reason.
# Usage: size.sh EXCEPTIONS FILE...
set -u
allowed=$1
shift
bad=0

ctags -f - --fields=+ne --kinds-C=f "$@" | awk -F '\t' -v allowed="$allowed" '
BEGIN {
	while ((getline line < allowed) > 0) {
		split(line, w, " ")
		ok[w[1] " " w[2]] = 1
	}
}
{
	start = end = 0
	for (i = 4; i <= NF; i++) {
		if ($i ~ /^line:/) start = substr($i, 6)
		if ($i ~ /^end:/) end = substr($i, 5)
	}
	functions++
	if (end - start + 1 > 100 && !(($2 " " $1) in ok)) {
		print $2 ":" start ": " $1 " has " end - start + 1 " lines, more than 100"
		bad = 1
	}
}
END {
	if (functions == 0) {
		print "lint-size: ctags found no function"
		bad = 1
	}
	exit bad
}' || bad=1

for f in "$@"; do
	n=$(wc -l <"$f")
	if [ "$n" -gt 1200 ] && ! grep -q "^$f " "$allowed"; then
		echo "$f: $n lines, more than 1200"
		bad=1
	fi
done
exit $bad
