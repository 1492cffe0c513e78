#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Six chains beside the city's whose adapters misbehave, each in its own way: the
# city's records are delivered, nothing of the six is trusted, all are named.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck disable=SC2034  # read by lib.sh
NAME=adapters
B=${B:-build/release}
R=${R:-$PWD/build/adapters}
# shellcheck source=tests/scenarios/lib.sh
. tests/scenarios/lib.sh
# shellcheck source=tests/scenarios/inhouse.sh
. tests/scenarios/inhouse.sh

trap stop_all EXIT
trap 'exit 130' INT TERM

modes=(crash hang lie flood nonsense other)

# rogue NAME: a chain of the city's gateway; its anchor is a good one
rogue() {
	local program=bad-adapter
	qiao-ledger init "$R/true-$1" --chain "$1" --validators 4 --network "$network" >/dev/null
	cp "$R/true-$1/$1.anchor" "$C/"
	printf 'mode = "%s";\n' "$1" >"$C/$1.cfg"
	case $1 in
	nonsense) program=nonsense-adapter ;;
	other) # a ledger of that name with other validators, and an honest adapter
		program=qiao-adapter-inhouse
		qiao-ledger init "$R/ledger-other" --chain other --validators 4 --network "$network" \
			--issuer "city.market=$(public_key "$R/issuer.pub")" --block-ms 20 >/dev/null
		printf 'ledger = "ipc://%s/other.sock"; chain = "other";\n' "$R" >"$C/other.cfg"
		;;
	esac
	printf '{ name = "%s"; family = "quorum"; anchor = "%s.anchor"; adapter = { program = "%s"; config = "%s.cfg"; }; }, ' \
		"$1" "$1" "$program" "$1"
}

rss_kb() { # of the city's gateway, without its adapters
	local p sum=0
	for p in "${PID[city]}" "$(pgrep -P "${PID[city]}" -x qiaod | sed -n 1p)"; do
		sum=$((sum + $(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$p/status")))
	done
	echo "$sum"
}
cpu_ticks() { awk '{ print $14 + $15 }' "/proc/$(pgrep -P "${PID[city]}" -x qiaod | sed -n 1p)/stat"; }

make_inhouse 20
network=$(sed -n 's/^network = "\(.*\)";/\1/p' "$C/qiaod.cfg")
mkdir "$R/libexec"
ln -s "$B/qiao-adapter-inhouse" "$B/bad-adapter" "$R/libexec/"
ln -s "$B/bad-adapter" "$R/libexec/nonsense-adapter"
chains=
for m in "${modes[@]}"; do chains+=$(rogue "$m"); done
sed -i -e "s|chains = ( |&$chains|" -e "s|libexec = \"[^\"]*\"|libexec = \"$R/libexec\"|" "$C/qiaod.cfg"
for p in ledger-city ledger-province ledger-other city province; do run_one "$p"; done

say "adapters: six misbehave, the city's records are delivered"
wait_for 15 "the first delivery" put FIRST 1 >/dev/null 2>&1
put MORE 40 >/dev/null
wait_for 10 "all 41 deliveries" has_delivered 41
before=$(rss_kb) ticks=$(cpu_ticks)
for i in 1 2 3 4 5; do
	put "ROUND$i" 20 >/dev/null
	sleep 1
done
# a block with the signatures of other validators
qiao-ledger put "ipc://$R/other.sock" --key "$R/issuer.key" --org city.market --type licence.test \
	--id X --count 1 name=测试 secret_name=绝密 >/dev/null
wait_for 10 "all 141 deliveries" has_delivered 141
sleep 5 # the one that hangs has its deadline
after=$(rss_kb) ticks=$(($(cpu_ticks) - ticks))
[ "$(delivered)" = 141 ] || fail "$(delivered) were delivered, 141 were put"
alive "${PID[city]}" || fail "the gateway has ended"

say "adapters: they are named, started ever less often, and not trusted"
starts_of() { grep -c "adapter-failed.*chain=$1 " "$R/city.log" || true; }
city --lang en status >"$R/status.txt"
city --lang en doctor >"$R/doctor.txt" || true
for m in "${modes[@]}"; do
	grep -q "^\[FAIL\] adapter $m: ..." "$R/doctor.txt" || fail "doctor does not name $m; see $R/doctor.txt"
	grep -q "^chain $m (quorum)  height 0 " "$R/status.txt" || fail "chain $m is not at height 0; see $R/status.txt"
	n=$(starts_of "$m")
	note "$m: failed $n times: $(sed -n "s/^\[FAIL\] adapter $m: //p" "$R/doctor.txt")"
	[ "$n" -ge 1 ] || fail "no failure of $m in the log"
	[ "$n" -le 12 ] || fail "$m was started $n times: the pauses do not grow"
done
grep -q "^\[ok  \] adapter city" "$R/doctor.txt" || fail "the city's own adapter is not well"
[ "$after" -le $((before + 65536)) ] || fail "memory grew from $before to $after kB"
[ "$ticks" -le 600 ] || fail "$ticks ticks of processor time: something spins"
note "memory $before -> $after kB, processor $ticks ticks"

say "adapters: a killed adapter is noticed at once, not at the end of a deadline"
victim=$(pgrep -P "${PID[city]}" -f -- 'adapter-city.sock' | sed -n 1p)
put LAST 1 >/dev/null
kill -KILL "$victim"
put LATER 1 >/dev/null
wait_for 5 "delivery after the kill" has_delivered 143
say "adapters: ok"
