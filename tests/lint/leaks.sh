#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Nothing of the machine or the desk where it was written is in a file or a
# commit message. The patterns are spelled so that this file does not match.
# Usage: leaks.sh      (looks at tracked files)
set -u
bad=0
no='[^a-zA-Z0-9_.}-]'
path="(^|$no)/(wo""rk|ro""ot|ho""me)/"
# mkdtemp patterns and TMPDIR defaults are fine
temp="(^|$no)/tm""p/([^q]|q[^i]|qi[^a]|qia[^o])"
desk='(^|[^a-zA-Z0-9_])sha''red/(style|fix''tures|[A-Z]+\.md)'
files='(^|[^a-zA-Z0-9_])(DES''IGN|POL''ICY|FAB''RIC|FIS''CO|STY''LE|ANCH''ORS|PEE''RS|SCENA''RIOS)\.md'
words='(^|[^a-zA-Z])(clau''de|anthro''pic|open''ai|chat''gpt|co''pilot|ll''m)([^a-zA-Z]|$)'
hosts='https?://(10|127|172|192)\.[0-9.]+:[0-9]+/(si''mple|go''proxy|cra''tes)'

for p in "$path" "$temp" "$desk" "$files" "$hosts"; do
	git grep -nIE -e "$p" -- . && bad=1
	git log --format='%h %B' | grep -nE -e "$p" && bad=1
done
git grep -nIiE -e "$words" -- . && bad=1
git log --format='%h %an %B' | grep -niE -e "$words" && bad=1
[ "$bad" = 0 ] || echo "lint-leaks: these lines name something outside the project" >&2
exit $bad
