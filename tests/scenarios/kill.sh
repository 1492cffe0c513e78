#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SIGKILL at random moments, of both gateways, both ledgers and the adapters,
# while records flow: nothing is lost, nothing is doubled, by the audit logs.
# KILLS: how many (200). SEED: of the random choices, printed at the start.
set -euo pipefail
cd "$(dirname "$0")/../.."
NAME='kill'
B=${B:-build/release}
R=${R:-$PWD/build/kill}
KILLS=${KILLS:-200}
SEED=${SEED:-$RANDOM}
RANDOM=$SEED
# shellcheck source=tests/scenarios/lib.sh
. tests/scenarios/lib.sh
# shellcheck source=tests/scenarios/inhouse.sh
. tests/scenarios/inhouse.sh

trap stop_all EXIT
trap 'exit 130' INT TERM

kill_adapter() { # of a gateway, by what its status says
	local pid
	pid=$(control "$R/$1/qiaod.cfg" status --json 2>/dev/null | grep -o '"pid":[0-9]*' | sed -n 1p | cut -d: -f2) || return 0
	[ -z "$pid" ] || [ "$pid" = 0 ] || kill -KILL "$pid" 2>/dev/null || true
}

victims=(city province ledger-city ledger-province adapter-city adapter-province)
kill_one() {
	local v=${victims[$((RANDOM % 6))]}
	case $v in
	adapter-*) kill_adapter "${v#adapter-}" ;;
	*)
		kill_hard "${PID[$v]}"
		run_one "$v"
		;;
	esac
	killed[$v]=$((${killed[$v]:-0} + 1))
}

say "kill: $KILLS SIGKILLs, seed $SEED (SEED=$SEED repeats the choices)"
make_inhouse 20
for p in ledger-city ledger-province city province; do run_one "$p"; done
wait_for 20 "the first delivery" put FIRST 1 >/dev/null 2>&1
declare -A killed
for ((i = 1; i <= KILLS; i++)); do
	# a put that was cut off may have been written or not: the log counts
	if [ $((i % 4)) = 0 ]; then
		timeout 5 qiao-ledger put "ipc://$R/city.sock" --key "$R/issuer.key" --org city.market \
			--type licence.test --id "R$i" --count 5 name=测试 secret_name=绝密 >/dev/null 2>&1 || true
	fi
	sleep "0.$((RANDOM % 25 + 5))"
	kill_one
	[ $((i % 25)) != 0 ] || note "$i kills, $(delivered 2>/dev/null || echo '?') delivered"
done
wait_for 30 "a last record" put LAST 5 >/dev/null 2>&1

# First that every block was looked at, then that nothing is under way: what is
# found in the last block would be missed by the other order.
settled() {
	local s d
	has_all || return 1
	s=$(city status --json 2>/dev/null) && d=$(province status --json 2>/dev/null) || return 1
	[ "$(states 'queued|sent|at_peer|committed' <<<"$s")" = 0 ] &&
		[ "$(states 'received|accepted|submitting|committed' <<<"$d")" = 0 ] &&
		grep -q '"state":"closed"' <<<"$s"
}
# the gateway has looked at every block of the city's ledger
has_all() {
	local blocks height
	blocks=$(qiao-ledger info "ipc://$R/city.sock" | grep -oE 'blocks[ =:]+[0-9]+' | grep -oE '[0-9]+')
	height=$(city status --json | grep -o '"height":[0-9]*,"identity":"[0-9a-f]*","name":"city"' | grep -o '[0-9]*' | sed -n 1p)
	[ "$((height + 1))" = "$blocks" ]
}
wait_for 90 "the end of all deliveries" settled

city audit export "$R/audit-city" >/dev/null
province audit export "$R/audit-province" >/dev/null
for side in city province; do
	qiao audit verify "$R/audit-$side" >"$R/verify-$side" || {
		cat "$R/verify-$side"
		fail "the audit log of $side does not verify"
	}
done
qiao audit reconcile "$R/audit-city" "$R/audit-province" >"$R/count" || {
	cat "$R/count"
	fail "lost or doubled (seed $SEED); everything is in $R"
}
n() { sed -n "s/^$1=//p" "$R/count"; }
[ "$(n delivered)" -ge 10 ] || fail "only $(n delivered) records were delivered: nothing was tested"
[ "$(n verified)" = "$(n delivered)" ] || fail "$(n verified) records, $(n delivered) delivered (seed $SEED)"
for v in "${victims[@]}"; do printf '%s=%s ' "$v" "${killed[$v]:-0}"; done
say ""
say "kill: ok, $KILLS kills, $(n delivered) delivered, $(n lost) lost, $(n duplicated) duplicated"
