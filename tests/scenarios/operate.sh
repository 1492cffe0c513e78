#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# An operator's day: check, start, look, reload, stop, export, verify; and that
# no process is left behind whoever is killed.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck disable=SC2034  # read by lib.sh
NAME=operate
B=${B:-build/release}
R=${R:-$PWD/build/operate}
# shellcheck source=tests/scenarios/lib.sh
. tests/scenarios/lib.sh
# shellcheck source=tests/scenarios/inhouse.sh
. tests/scenarios/inhouse.sh

trap stop_all EXIT
trap 'exit 130' INT TERM

# expect CODE COMMAND...: its output is in $R/out
expect() {
	local want=$1 got=0
	shift
	"$@" >"$R/out" 2>&1 || got=$?
	[ "$got" = "$want" ] || {
		cat "$R/out"
		fail "$*: exit code $got, not $want"
	}
}
says() { grep -qF -- "$1" "$R/out" || {
	cat "$R/out"
	fail "no \"$1\" in that"
}; }
ready() { province status --json 2>/dev/null | grep -q '"health":"ready"'; }
# group PID: the processes of a gateway, adapters (groups of their own) too
children() { pgrep -P "$1" || true; }
family() { # of a qiaod: relay and adapters are its children
	echo "$1"
	children "$1"
}
all_gone() {
	local p state
	for p in "$@"; do
		state=$(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$p/status" 2>/dev/null) || state=
		[ -z "$state" ] || [ "$state" = Z ] || return 1
	done
}
start_ready() {
	run_one province
	wait_for 20 "a ready adapter" ready
}
# ends PID CODE: within five seconds
ends() {
	local code=0 until=$((SECONDS + 5))
	while alive "$1"; do
		[ "$SECONDS" -le "$until" ] || fail "$1 did not end in five seconds"
		sleep 0.05
	done
	wait "$1" || code=$?
	[ "$code" = "$2" ] || fail "qiaod ended with code $code, not $2"
}

make_inhouse 20
run_one ledger-province

say "operate: configuration is checked before anything runs"
expect 0 qiaod --config "$P/qiaod.cfg" --check
sed -e 's/clock = .*/clock = { source = "moon"; };/' -e 's/unsigned = true/unsigned = flase/' \
	"$P/qiaod.cfg" >"$P/bad.cfg"
expect 1 qiaod --config "$P/bad.cfg" --check
expect 1 qiaod --config "$P/bad.cfg"
says "bad.cfg:"
expect 1 qiao --config "$P/qiaod.cfg" doctor
says "start qiaod"
chmod 644 "$P/keys/gateway.key"
expect 1 qiaod --config "$P/qiaod.cfg"
says "chmod 600"
chmod 600 "$P/keys/gateway.key"

say "operate: start, status, doctor"
start_ready
[ "$(stat -c %a "$P/run/control.sock")" = 600 ] || fail "the control socket is open to others"
[ "$(stat -c %a "$P/run")" = 700 ] || fail "gateway.run is open to others"
expect 0 qiao --config "$P/qiaod.cfg" --lang en status
says "gateway province-gw"
says "UNSIGNED"
expect 0 qiao --config "$P/qiaod.cfg" --lang zh status
says "网关 province-gw"
expect 1 qiao --config "$P/qiaod.cfg" --lang en doctor # the peer is not there
says "[FAIL] peer city-gw"
says "[ok  ] adapter province"
expect 1 qiao --config "$P/qiaod.cfg" trace NOBODY
expect 0 qiao --config "$P/qiaod.cfg" denied
expect 1 qiaod --config "$P/qiaod.cfg" # another one has the store
says "qiaod: "

say "operate: a bad policy never replaces a good one"
first=$(province status --json | grep -o '"sha256":"[0-9a-f]*"')
echo 'policy = {' >"$P/policy/50-new.cfg"
expect 1 qiao --config "$P/qiaod.cfg" policy check "$P/policy"
says "50-new.cfg:"
expect 1 qiao --config "$P/qiaod.cfg" --lang en reload
says "50-new.cfg:"
says "the policy in force stays"
expect 0 qiao --config "$P/qiaod.cfg" --lang en status
says "the new one was refused"
[ "$(province status --json | grep -o '"sha256":"[0-9a-f]*"')" = "$first" ] || fail "the policy changed"
rm "$P/policy/50-new.cfg"
echo '# a comment' >>"$P/policy/accept.cfg"
kill -HUP "${PID[province]}"
changed() { [ "$(province status --json | grep -o '"sha256":"[0-9a-f]*"')" != "$first" ]; }
wait_for 10 "the new policy" changed
expect 0 qiao --config "$P/qiaod.cfg" --lang en reload
says "is the same"

say "operate: a killed adapter is started again"
adapter=$(province status --json | grep -o '"pid":[0-9]*' | cut -d: -f2)
kill -KILL "$adapter"
again() { province status --json | grep -q '"starts":[2-9]' && ready; }
wait_for 20 "another adapter" again

say "operate: stop, SIGTERM, and SIGKILL of spawner and relay leave nothing behind"
mapfile -t all < <(family "${PID[province]}")
[ "${#all[@]}" -ge 3 ] || fail "there are no relay and adapter to look for"
expect 0 qiao --config "$P/qiaod.cfg" stop
ends "${PID[province]}" 0
wait_for 5 "the end of all processes" all_gone "${all[@]}"
start_ready
mapfile -t all < <(family "${PID[province]}")
kill -TERM "${PID[province]}"
ends "${PID[province]}" 0
wait_for 5 "the end of all processes" all_gone "${all[@]}"
start_ready
mapfile -t all < <(family "${PID[province]}")
kill -KILL "${PID[province]}"
wait_for 5 "the end of all processes" all_gone "${all[@]}"
start_ready
mapfile -t all < <(family "${PID[province]}")
kill -KILL "${all[1]}" # the relay is the first child
ends "${PID[province]}" 137
wait_for 5 "the end of all processes" all_gone "${all[@]}"

say "operate: a start waits for the last process to let go of the store"
flock "$P/data/store.db.lock" sleep 1 &
sleep 0.2
start_ready

say "operate: the audit log, exported and verified"
expect 0 qiao --config "$P/qiaod.cfg" audit export "$R/audit"
expect 2 qiao --config "$P/qiaod.cfg" audit export "$R/audit"
expect 0 qiao audit verify "$R/audit" --lang en
says "clean"
for what in reload export stop; do
	grep -q "\"command\":\"$what\"" "$R/audit/entries.jsonl" || fail "no entry for $what"
done
[ "$(grep -c '"type":"policy_activated"' "$R/audit/entries.jsonl")" = 1 ] || fail "one policy was activated"
[ "$(grep -c '"type":"start"' "$R/audit/entries.jsonl")" = 5 ] || fail "there were five starts"
sed -i '3s/"gw"/"gW"/' "$R/audit/entries.jsonl"
expect 2 qiao audit verify "$R/audit" --lang en
says "first bad entry 2"
say "operate: ok"
