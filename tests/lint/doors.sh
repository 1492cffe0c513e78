#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Refuse a library header that is included outside its door.
# Table line:  header or prefix : folders or files that may include it
# A header of a library that the table does not know is refused as well, unless
# it belongs to C, POSIX or Linux.
# Usage: doors.sh TABLE FILE...
set -eu
table=$1
shift
awk -v table="$table" '
function is_system(h) {
	return h ~ /^(sys|linux|arpa|net|netinet)\// ||
	       h ~ /^(assert|ctype|dirent|errno|fcntl|getopt|grp|inttypes|iconv|limits|locale|math|netdb|poll|pthread|pwd|regex|sched|semaphore|setjmp|signal|spawn|stdalign|stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib|string|strings|syslog|time|unistd|wchar)\.h$/
}
function may(file, where,    n, d, i) {
	n = split(where, d, " ")
	for (i = 1; i <= n; i++)
		if (file == d[i] || index(file, d[i] "/") == 1)
			return 1
	return 0
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
		door[name[1]] = half[2]
		rows++
	}
	if (rows == 0) {
		print table ": no rows"
		exit bad = 2
	}
}
/^[ \t]*#[ \t]*include[ \t]*</ {
	h = $0
	sub(/^[^<]*</, "", h)
	sub(/>.*/, "", h)
	known = is_system(h)
	for (d in door)
		if (index(h, d) == 1) {
			known = 1
			if (!may(FILENAME, door[d])) {
				print FILENAME ":" FNR ": <" h "> is for" (door[d] ? door[d] : " tests") " only"
				bad = 1
			}
		}
	if (!known) {
		print FILENAME ":" FNR ": <" h "> has no door in " table
		bad = 1
	}
}
END { exit bad }
' "$@"
