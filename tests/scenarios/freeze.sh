#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The destination's chain shows two histories: it is frozen, over restarts. A
# revocation travels all the same, a new record waits. Then two operators, and
# not one of them alone, let it go on, and nothing is lost.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck disable=SC2034  # read by lib.sh
NAME=freeze
B=${B:-build/release}
R=${R:-$PWD/build/freeze}
# shellcheck source=tests/scenarios/lib.sh
. tests/scenarios/lib.sh
# shellcheck source=tests/scenarios/inhouse.sh
. tests/scenarios/inhouse.sh

trap stop_all EXIT
trap 'exit 130' INT TERM

LEDGER=$R/ledger-province
expect() { # CODE WORDS COMMAND...
	local want=$1 words=$2 got=0
	shift 2
	"$@" >"$R/out" 2>&1 || got=$?
	if [ "$got" != "$want" ] || ! grep -qF -- "$words" "$R/out"; then
		cat "$R/out"
		fail "$*: exit code $got, not $want, or no \"$words\""
	fi
}
swap() { # a ledger folder for the province's; its process is started anew
	kill_hard "${PID[ledger-province]}"
	[ -z "${1:-}" ] || { mv "$LEDGER" "$R/away" && mv "$1" "$LEDGER"; }
	run_one ledger-province
}
version() { # ID STATE VERSION
	qiao-ledger put "ipc://$R/city.sock" --key "$R/issuer.key" --org city.market --type licence.test \
		--id "$1" --state "$2" --version "$3" name=测试 secret_name=绝密 >/dev/null
}
note_on() { # one block on the province's own ledger
	qiao-ledger put "ipc://$R/province.sock" --key "$R/issuer.key" --org city.market --type licence.test \
		--id "$1" name=测试 >/dev/null
}
province_is() { province status --json 2>/dev/null | grep -q "$1"; }
is_frozen() { province_is '"frozen":\[{"at"'; }
arrived() { [ "$(province status --json 2>/dev/null | states 'submitting')" -ge 1 ]; }

make_inhouse 20
for who in li wang; do qiao key new "$R/$who.key" >"$R/$who.pub"; done
person() {
	printf '{ id = "%s"; name = "%s"; roles = [ "unfreeze" ]; keys = ( { key = "%s"; } ); }' \
		"$1" "$1" "$(public_key "$R/$1.pub")"
}
echo "operators = ( $(person li), $(person wang) );" >"$P/operators.cfg"
chmod 600 "$P/operators.cfg"
echo 'operators = "operators.cfg";' >>"$P/qiaod.cfg"
expect 0 "" qiaod --config "$P/qiaod.cfg" --check

say "freeze: a record is delivered; the chain shows a second history"
for p in ledger-city ledger-province city province; do run_one "$p"; done
wait_for 20 "a record" put HELD 1 >/dev/null 2>&1
wait_for 20 "its delivery" has_delivered 1
expect 1 "is not frozen" qiao --config "$P/qiaod.cfg" chain unfreeze province --reason none --sign "$R/li.key"
height() { province status --json | grep -o '"height":[0-9]*,"identity":"[0-9a-f]*","name":"province"'; }
before=$(height)
kill_hard "${PID[ledger-province]}"
cp -r "$LEDGER" "$R/twin"
run_one ledger-province
wait_for 20 "a block" note_on A
further() { [ "$(height)" != "$before" ]; }
wait_for 20 "that block" further
swap "$R/twin"
for n in 1 2 3 4; do wait_for 20 "a block of the other history" note_on "B$n"; done
wait_for 20 "the freeze" is_frozen
expect 0 "two valid headers" qiao --config "$P/qiaod.cfg" --lang en status
expect 1 "qiao chain unfreeze province --reason TEXT --sign KEYFILE" qiao --config "$P/qiaod.cfg" --lang en doctor
ls "$P"/data/evidence-province-*.bin >/dev/null || fail "there is no evidence file"

say "freeze: it stays over a restart, and the true history is back"
swap "$R/away"
kill_hard "${PID[province]}"
run_one province
wait_for 20 "the freeze after a restart" is_frozen

say "freeze: a revocation travels, a new record waits"
version HELD revoked 2
put NEW 1 >/dev/null
wait_for 20 "the revocation" arrived
sleep 2
[ "$(province status --json | states 'received|accepted|submitting')" = 1 ] || fail "more than the revocation travelled"
[ "$(city status --json | states 'sent|queued')" = 1 ] || fail "the new record does not wait at the sender"
province audit export "$R/audit-frozen" >/dev/null
grep -c '"type":"submitting"' "$R/audit-frozen/entries.jsonl" | grep -qx 2 || fail "not two submissions"

say "freeze: two operators let it go on, and no one alone"
expect 0 "now another operator" qiao --config "$P/qiaod.cfg" --lang en chain unfreeze province \
	--reason "node 3 was restored from a copy" --sign "$R/li.key" --out "$R/go"
expect 1 "signed already" qiao --config "$P/qiaod.cfg" chain unfreeze province --with "$R/go" --sign "$R/li.key"
expect 1 "no operator has the key" qiao --config "$P/qiaod.cfg" chain unfreeze province --with "$R/go" --sign "$P/keys/gateway.key"
is_frozen || fail "that must not lift it"
expect 0 "not frozen any more" qiao --config "$P/qiaod.cfg" --lang en chain unfreeze province --with "$R/go" --sign "$R/wang.key"
! is_frozen || fail "it is still frozen"
expect 1 "is not frozen" qiao --config "$P/qiaod.cfg" chain unfreeze province --with "$R/go" --sign "$R/wang.key"
wait_for 60 "the rest" has_delivered 3
[ "$(province status --json | states 'received|accepted|submitting')" = 0 ] || fail "something is left"

city audit export "$R/audit-city" >/dev/null
province audit export "$R/audit-province" >/dev/null
for side in city province; do expect 0 clean qiao audit verify "$R/audit-$side" --lang en; done
expect 0 "lost=0" qiao audit reconcile "$R/audit-city" "$R/audit-province"
grep -q '"id":"li".*"id":"wang".*"type":"unfrozen"' "$R/audit-province/entries.jsonl" || fail "both operators are not in the log"
say "freeze: ok"
