#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every event that the program logs stands in the list, with its level, and the
# list holds no other.
# Usage: events.sh docs/events.md FILE...      (tracked C sources)
set -u
list=$1
shift
bad=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# qiao_log(LEVEL, "event", ... may be broken over lines; the definition and the
# declaration have no string there
cat "$@" | tr '\n\t' '  ' | grep -oE 'qiao_log\( *QIAO_LOG_[A-Z]+, *"[^"]+"' |
	sed -E 's/.*QIAO_LOG_([A-Z]+), *"([^"]+)"/\2 \1/' |
	tr '[:upper:]' '[:lower:]' | sort -u > "$work/code"
# a call whose level or event is no constant escapes this check: name it
cat "$@" | tr '\n\t' '  ' | grep -oE 'qiao_log\([^;]{0,60}' |
	grep -vE 'qiao_log\( *QIAO_LOG_[A-Z]+, *"|qiao_log\(enum ' > "$work/odd"
# rows: | `event` | level | ... ; two levels: "warn, info"
sed -nE 's/^\| [^a-z ]([a-z0-9-]+)[^a-z ] \| ([a-z, ]+) \|.*/\1 \2/p' "$list" |
	awk '{ gsub(/,/, ""); for (i = 2; i <= NF; i++) print $1, $i }' |
	sort -u > "$work/list"

refuse() {
	[ -s "$2" ] || return
	sed 's/^/  /' "$2" >&2
	echo "lint-events: $1" >&2
	bad=1
}
comm -23 "$work/code" "$work/list" > "$work/unlisted"
comm -13 "$work/code" "$work/list" > "$work/gone"
refuse "logged, but not in $list (event, level)" "$work/unlisted"
refuse "in $list, but nothing logs it (event, level)" "$work/gone"
refuse "level and event are constants, so that they can be listed" "$work/odd"
exit $bad
