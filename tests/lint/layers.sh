#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Refuse an #include that goes against the layer table.
# Table line:  folder : folders or single headers it may include
# Our includes are written from the top of the tree: #include "relay/outbox.h"
# Usage: layers.sh TABLE FILE...
set -eu
table=$1
shift
awk -v table="$table" '
# the longest folder of the table that holds the path
function folder(path,    best, f) {
	best = ""
	for (f in allow)
		if (index(path, f "/") == 1 && length(f) > length(best))
			best = f
	return best
}
BEGIN {
	while ((getline line < table) > 0) {
		sub(/#.*/, "", line)
		if (line ~ /^[ \t]*$/)
			continue
		if (split(line, half, ":") != 2 || split(half[1], name, " ") != 1) {
			print table ": bad line: " line
			exit bad = 2
		}
		allow[name[1]] = " " name[1] " " half[2] " "
		rows++
	}
	if (rows == 0) {
		print table ": no rows"
		exit bad = 2
	}
}
FNR == 1 {
	from = folder(FILENAME)
	if (from == "") {
		print FILENAME ": in no folder of " table
		bad = 1
	}
}
from != "" && /^[ \t]*#[ \t]*include[ \t]*"/ {
	split($0, q, "\"")
	to = folder(q[2])
	if (to == "") {
		print FILENAME ":" FNR ": write the path from the top: \"" q[2] "\""
		bad = 1
	} else if (!index(allow[from], " " to " ") && !index(allow[from], " " q[2] " ")) {
		print FILENAME ":" FNR ": " from " must not include " q[2]
		bad = 1
	}
}
END { exit bad }
' "$@"
