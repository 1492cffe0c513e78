#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The main job, shown: recorded blocks of a real Fabric network are verified,
# decided, delivered to another chain, receipted and audited, by two gateways.
# KEEP=1 leaves everything running. BLOCK_MS: pace of the recorded chain.
set -euo pipefail
cd "$(dirname "$0")/../.."
NAME=demo
B=${B:-build/release}
R=${R:-$PWD/build/demo}
BLOCK_MS=${BLOCK_MS:-50}
LAST_BLOCK=275
# shellcheck source=tests/scenarios/lib.sh
. tests/scenarios/lib.sh

step() { printf '\n[%3ss] %s\n' "$SECONDS" "$*"; }

cleanup() {
	local code=$?
	trap - EXIT INT TERM
	if [ "${KEEP:-}" = 1 ] && [ "$code" = 0 ]; then
		say ""
		say "left running (KEEP=1), in $R; look around:"
		say "  $B/qiao --config $R/nanjing/qiaod.cfg status"
		say "  $B/qiao --config $R/nanjing/qiaod.cfg trace CPR-0602"
		say "  $B/qiao --config $R/province/qiaod.cfg --lang zh doctor"
		say "stop it:"
		say "  kill ${PIDS[*]}"
	else
		stop_all
	fi
	exit "$code"
}
trap cleanup EXIT INT TERM

N=$R/nanjing
P=$R/province
nanjing() { control "$N/qiaod.cfg" "$@"; }
province() { control "$P/qiaod.cfg" "$@"; }

# --- a network in a folder ----------------------------------------------------

prepare() {
	rm -rf "$R"
	mkdir -p "$N/policy" "$P/policy" "$R/forged"
	local network ledger account
	network=$(hex32)
	ledger=ipc://$R/ledger.sock
	make_tls "$R/tls" nanjing-gw province-gw
	make_gateway "$N"
	make_gateway "$P"
	qiao-ledger key "$P/keys/account.key" >"$P/keys/account.pub"
	account=$(public_key "$P/keys/account.pub")
	qiao key show "$P/keys/account.key" >"$P/keys/account.id"
	qiao-ledger init "$R/ledger" --chain province --validators 4 --network "$network" \
		--account "province-gw=$account" --block-ms 50 >"$R/ledger.init"
	# two forged copies of recorded blocks, offered before the genuine ones
	cp tests/vectors/fabric/raft/negative/cross_linked.pb "$R/forged/block_0020.pb"
	cp tests/vectors/fabric/raft/negative/signed_by_peer.pb "$R/forged/block_0074.pb"
	local port_n port_p side
	port_n=$(free_port)
	port_p=$(free_port)
	for side in nanjing province; do
		cp configs/demo/catalogue.cfg configs/demo/orgs.cfg "configs/demo/$side/policy/"*.cfg "$R/$side/policy/"
		cp configs/demo/mapping.cfg configs/demo/nanjing/nanjing.anchor "$R/$side/"
		cp tests/vectors/fabric/raft/genesis.block "$R/$side/"
		cp "$R/ledger/province.anchor" "$R/$side/"
	done
	fill configs/demo/nanjing/qiaod.cfg.in "$N/qiaod.cfg" NETWORK="$network" LIBEXEC="$B" \
		PORT="$port_n" PEER_PORT="$port_p" PEER_KEY="$(public_key "$P/keys/gateway.pub")" \
		SUBMITTER="$(key_id "$P/keys/account.id")"
	fill configs/demo/nanjing/adapter.cfg.in "$N/adapter.cfg" FORGED="$R/forged" \
		BLOCKS="$PWD/tests/vectors/fabric/raft/peer" BLOCK_MS="$BLOCK_MS"
	fill configs/demo/province/qiaod.cfg.in "$P/qiaod.cfg" NETWORK="$network" LIBEXEC="$B" \
		PORT="$port_p" PEER_PORT="$port_n" PEER_KEY="$(public_key "$N/keys/gateway.pub")"
	fill configs/demo/province/adapter.cfg.in "$P/adapter.cfg" LEDGER="$ledger" ACCOUNT="$P/keys/account.key"
	LEDGER=$ledger
}

start_nanjing() {
	start "$R/nanjing.log" qiaod --config "$N/qiaod.cfg"
	NANJING=$STARTED
}
start_province() {
	start "$R/province.log" qiaod --config "$P/qiaod.cfg"
	PROVINCE=$STARTED
}

# --- looking -------------------------------------------------------------------

height_of() { # of the nanjing chain, as a gateway follows it
	"$1" status --json 2>/dev/null |
		grep -o '"height":[0-9]*,"identity":"[0-9a-f]*","name":"nanjing"' | grep -o '[0-9]*' | sed -n 1p
}
count_in() { # STATES of the rows in a status line, e.g. 'queued|sent'
	grep -oE '"n":[0-9]+,"state":"('"$1"')"' | grep -oE '"n":[0-9]+' | cut -d: -f2 |
		awk '{ s += $1 } END { print s + 0 }'
}
progress() {
	local s d
	s=$(nanjing status --json 2>/dev/null) || return 0
	d=$(province status --json 2>/dev/null) || d=
	printf '      block %3s of %s, %3s on their way, %3s delivered, %2s denied, %2s held   \n' \
		"$(height_of nanjing)" "$LAST_BLOCK" "$(count_in 'queued|sent|at_peer' <<<"$s")" \
		"$(count_in 'committed|closed' <<<"$s")" "$(count_in 'denied|refused' <<<"$s")" \
		"$(count_in 'held' <<<"$s")"
	: "$d"
}
past() { [ "$(height_of nanjing || echo 0)" -ge "$1" ] 2>/dev/null; }
idle() {
	local s d
	[ "$(height_of nanjing)" = "$LAST_BLOCK" ] || return 1
	s=$(nanjing status --json) && d=$(province status --json) || return 1
	[ "$(count_in 'queued|sent|at_peer|committed' <<<"$s")" = 0 ] &&
		[ "$(count_in 'received|accepted|submitting|committed' <<<"$d")" = 0 ]
}
watch_until() { # SECONDS WHAT COMMAND...
	local until=$((SECONDS + $1)) what=$2 shown=-2
	shift 2
	until "$@"; do
		[ "$SECONDS" -lt "$until" ] || fail "$what did not happen in time; logs are in $R"
		if [ "$SECONDS" -ge $((shown + 2)) ]; then
			progress
			shown=$SECONDS
		fi
		sleep 0.2
	done
	progress
}

# --- the show ------------------------------------------------------------------

step "a network of two gateways is made in $R"
prepare
note "nanjing:  276 recorded blocks of a real Hyperledger Fabric network (origin: recorded)"
note "province: an in-house chain, the reference ledger with 4 validator keys"

step "the ledger and both gateways start; they talk over NNG with mutual TLS"
start "$R/ledger.log" qiao-ledger run "$R/ledger" --listen "$LEDGER"
wait_for 10 "an answer of the ledger" qiao-ledger info "$LEDGER" >"$R/ledger.info"
start_nanjing
start_province
wait_for 20 "an answer of the nanjing gateway" nanjing status >/dev/null 2>&1
wait_for 20 "an answer of the province gateway" province status >/dev/null 2>&1

step "blocks are verified, records decided and delivered"
# well before block 24, also where a status takes its time
watch_until 60 "block 4" past 4

step "the province gateway is killed (SIGKILL); a backlog grows, a licence is revoked in block 24"
kill_hard "$PROVINCE"
note "killed at block $(height_of nanjing)"
watch_until 60 "block 26" past 26
note "started again: what it had is on its disk, what it missed is sent again"
start_province
watch_until 60 "block 134" past 134

step "the nanjing gateway is killed (SIGKILL) in the middle, too"
kill_hard "$NANJING"
start_nanjing
watch_until 90 "the end of the recording" idle

step "two forged blocks were offered and refused by name"
nanjing audit export "$R/audit-nanjing" >/dev/null
province audit export "$R/audit-province" >/dev/null
refused() { # HEIGHT
	grep '"type":"header_refused"' "$R/audit-nanjing/entries.jsonl" | grep "\"height\":$1," |
		grep -o '"code":"[A-Z_]*"' | sed -n 1p | cut -d'"' -f4
}
for h in 20 74; do
	code=$(refused $h)
	[ -n "$code" ] || fail "forged block $h was not refused"
	note "block $h refused: $code: $(grep -a 'header-refused' "$R/nanjing.log" | grep -a "height=$h " | sed -n 1p | sed 's/.*why=//')"
done

step "the revocation overtook the backlog"
entries() { cat "$R/audit-$1/entries.jsonl"; }
transfer_of() { grep -o '"transfer":"[0-9a-f]*"' | cut -d'"' -f4; }
revocation=$(entries nanjing | grep '"type":"decision"' | grep '"height":24,' | grep '"state":"revoked"' | transfer_of | sed -n 1p)
[ -n "$revocation" ] || fail "block 24 gave no revocation"
entries nanjing | grep '"type":"queued"' | transfer_of | awk -v r="$revocation" '$1 == r { stop = 1 } !stop' >"$R/before"
overtaken=$(entries province | grep '"type":"received"' | transfer_of |
	awk -v r="$revocation" 'NR == FNR { before[$1]; next } $1 == r { seen = 1 } seen && $1 in before { n++ } END { print n + 0 }' "$R/before" -)
note "of $(wc -l <"$R/before") records queued before it, $overtaken arrived after it"
[ "$overtaken" -ge 1 ] || fail "the revocation waited behind the records before it"

step "what crossed the wire, captured before TLS, holds no withheld value"
for side in nanjing province; do
	# the control: what was released is there, so the search does see text
	grep -qa '金陵秋色图' "$R/$side/wire.capture" || fail "the capture of $side lacks released text"
	if grep -qa '张三' "$R/$side/wire.capture"; then
		fail "a withheld name (法定代表人) is in the capture of $side"
	fi
done
note "法定代表人: 0 hits in $(du -ch "$N/wire.capture" "$P/wire.capture" | tail -n 1 | cut -f1) of messages; 作品名称: present"

step "one record, every step: qiao trace CPR-0602"
nanjing trace CPR-0602 | sed 's/^/      /'
step "the same for a revoked licence, in Chinese: qiao --lang zh trace LIC-0002"
control "$N/qiaod.cfg" --lang zh trace LIC-0002 | sed 's/^/      /'

step "denied and held, each with its reason (中文 / English)"
reasons() { # SIDE: every reason, how often, and what one such decision says
	local code id
	grep -E '"decision":"(deny|hold)"' "$R/audit-$1/entries.jsonl" >"$R/refusals" || return 0
	grep -o '"reason":"[A-Z_]*"' "$R/refusals" | sort | uniq -c | while read -r n code; do
		id=$(grep -F "$code" "$R/refusals" | sed -n 1p | grep -o '"id":"d-[0-9a-f]*"' | cut -d'"' -f4)
		printf '      %s: %s times\n' "$1" "$n"
		control "$R/$1/qiaod.cfg" trace "$id" | grep -A 3 -E '^ +R_[A-Z_]+ ' | grep -vE '^ +(rules|--)' | sed -n 1,4p | sed 's/^ */        /'
	done
}
reasons nanjing
reasons province

step "both audit logs, verified offline"
for side in nanjing province; do
	qiao audit verify "$R/audit-$side" | sed "s/^/      $side: /"
done

step "counted from the two audit logs"
qiao audit reconcile "$R/audit-nanjing" "$R/audit-province" >"$R/count" || {
	cat "$R/count"
	fail "the two audit logs do not account for every record"
}
sed 's/^/      /' "$R/count"
value() { sed -n "s/^$1=//p" "$R/count"; }
at_least() { [ "$(value "$1")" -ge "$2" ] || fail "$1 is $(value "$1"), at least $2 were expected"; }
at_least delivered 20
at_least proven 5
at_least denied 5
at_least held 2
[ "$(($(value superseded) + $(value revoked)))" -ge 1 ] || fail "nothing was superseded or revoked"
[ "$(grep -c '^reason\.' "$R/count")" -ge 3 ] || fail "fewer than three reasons for denials"
total=$(($(value delivered) + $(value denied) + $(value held) + $(value superseded)))
[ "$(value verified)" = "$total" ] || fail "verified $(value verified), but accounted for $total"

say ""
say "demo: ok, $(value delivered) delivered, $(value denied) denied, $(value held) held, $(value lost) lost, $(value duplicated) duplicated"
