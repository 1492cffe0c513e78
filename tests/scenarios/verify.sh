#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `qiao verify`: the options, lines and exit codes that outside checks rely on.
# shellcheck disable=SC2317,SC2086
# Usage: verify.sh PATH/TO/qiao
set -eu
qiao=$1
v=tests/vectors/fabric
bad=0

judge() { # arguments after those that every call has
	"$qiao" verify --family fabric --anchor $v/raft/genesis.block \
		--chaincode "records@0=OutOf(2,'NanjingMSP.peer','QuanzhouMSP.peer','AuditMSP.peer')" \
		--chaincode "records@55=AND('AuditMSP.peer',OR('NanjingMSP.peer','QuanzhouMSP.peer'))" "$@"
}
check() { # what, wanted exit code, pattern of a line, command...
	what=$1
	want=$2
	pattern=$3
	shift 3
	code=0
	out=$("$@" 2>&1) || code=$?
	if [ "$code" != "$want" ] || ! printf '%s\n' "$out" | grep -qE -- "$pattern"; then
		printf 'verify: %s: exit code %s, wanted %s and %s\n%s\n' "$what" "$code" "$want" "$pattern" "$out" | head -n 5
		bad=1
	fi
}
lines() { # how many lines of output match
	pattern=$1
	shift
	"$@" | grep -cE -- "$pattern"
}

peer=$v/raft/peer
hash20=1b916bbe833ce6e779bed7d13957187adc06cc0e12c69f0e46472f54c6d290ab
configs=
for n in 001 002 003 043 047 049 057 059 061 065 067 265 266 269 271 274; do
	configs="$configs --config $peer/block_0$n.pb"
done

[ "$(lines "^accept height=[0-9]+ hash=[0-9a-f]{64} records=[0-9]+ validity=replayed\$" \
	judge $peer/block_*.pb)" = 276 ] || {
	echo "verify: not every block of the channel is accepted in order"
	bad=1
}
{
	check "one alone" 0 "^accept height=20 hash=$hash20 records=50 validity=endorsed-only\$" \
		judge --each $configs $peer/block_0020.pb
	check "options after files" 0 "^accept height=20 " judge $peer/block_0020.pb --each $configs
	check "one refused of two" 1 "^accept height=20 " \
		judge --each $configs $v/raft/stale/block_0074.pb $peer/block_0020.pb
	check "codes that differ" 0 "records=0 validity=endorsed-only warn=flags-differ\$" \
		judge --each $configs $v/raft/negative/endorsement_flag_flipped.pb
	check "stale" 1 "^refuse signature: .+" judge --each $configs $v/raft/stale/block_0074.pb
	check "cross-linked" 1 "^refuse envelope: .+" judge --each $configs $v/raft/negative/cross_linked.pb
	check "JSON" 0 "^\\{\"code\":null,\"file\":\"$peer/block_0027.pb\",\"flags\":\\[10\\],\"hash\":\"[0-9a-f]{64}\",\"height\":27,\"reason\":null,\"records\":0,\"validity\":\"endorsed-only\",\"verdict\":\"accept\",\"warn\":\\[\\]\\}\$" \
		judge --json --each $configs $peer/block_0027.pb
	check "JSON of a refusal" 1 "^\\{\"code\":\"data-hash\",.*\"flags\":\\[\\],.*\"height\":20,\"reason\":\".+\",\"records\":0,\"validity\":null,\"verdict\":\"refuse\",\"warn\":\\[\\]\\}\$" \
		judge --json --each $configs $v/raft/negative/tx_dropped.pb
}
check "no policy given" 0 "^accept height=8 .* records=1 " "$qiao" verify --family fabric --anchor \
	$v/raft/genesis.block --each --config $peer/block_0003.pb $peer/block_0008.pb
check "not the next" 1 "^refuse number: .+" judge $peer/block_0002.pb
check "another parent" 1 "^refuse (previous-hash|channel): .+" judge $v/made/good.block
check "configuration not given" 1 "^refuse config: .+" judge --each $peer/block_0020.pb
check "not a block" 1 "^refuse malformed: .+" judge $v/README.md
check "no file" 1 "^refuse malformed: .+" judge $v/missing.pb
bft() {
	"$qiao" verify --family fabric --anchor $v/bft/genesis.block "$@"
}
bft12="--each --config $v/bft/peer/block_0012.pb"
[ "$(lines "^accept height=[0-9]+ .* validity=replayed\$" bft $v/bft/peer/block_*.pb)" = 21 ] || {
	echo "verify: not every block of the BFT channel is accepted in order"
	bad=1
}
check "three of four orderers" 0 "^accept height=14 " bft $bft12 $v/bft/negative/good_block_14.pb
check "two of four orderers" 1 "^refuse signature: .+" bft $bft12 $v/bft/negative/two_signatures.pb
check "a header alone" 1 "^refuse malformed: .* no data" bft $bft12 $v/bft/headers/block_0014.pb
check "another consensus" 1 "^refuse unsupported: .*kafka" "$qiao" verify --family fabric --anchor \
	$v/made/genesis.block $v/made/config_kafka.block
check "another family" 2 "only --family fabric" "$qiao" verify --family x --anchor $v/raft/genesis.block x
check "no arguments" 2 "^usage: qiao verify" "$qiao" verify
check "bad policy" 2 "column 5" judge --chaincode "x=AND()" x
check "unreadable anchor" 2 "cannot read" "$qiao" verify --family fabric --anchor $v/missing.pb x
check "anchor that is no genesis" 2 "genesis" "$qiao" verify --family fabric --anchor $peer/block_0001.pb x
policy=$(mktemp -d)
trap 'rm -rf "$policy"' EXIT
cp configs/demo/catalogue.cfg configs/demo/orgs.cfg configs/demo/nanjing/policy/*.cfg "$policy/"
try() {
	judge --mapping configs/demo/mapping.cfg --policy "$policy" --chain nanjing "$@"
}
check "a mapping tried" 0 "^mapping: records=460 refused=3 ignored=0 deleted=1\$" try $peer/block_*.pb
check "a write that the mapping refuses" 0 "^  records/REC_LIC-0005 -> refused R_ISSUER_KEY \\(written by AuditMSP, ou client\\)\$" \
	try $peer/block_*.pb
[ "$(lines '张三|沈若溪' try $peer/block_*.pb)" = 0 ] || {
	echo "verify: a value of a record is printed"
	bad=1
}
check "a refused block is not mapped" 1 "^mapping: records=0 refused=0 ignored=0 deleted=0\$" try $peer/block_0020.pb
check "a mapping without a policy" 2 "go together" judge --mapping configs/demo/mapping.cfg $peer/block_0001.pb
check "a mapping as JSON" 2 "no JSON form" try --json $peer/block_0001.pb
check "a file that is no mapping" 2 "E100" judge --mapping configs/demo/orgs.cfg --policy "$policy" --chain nanjing $peer/block_0001.pb
check "help" 0 "^usage: qiao verify" "$qiao" verify --help
[ "$bad" = 0 ] && echo "verify: ok"
exit "$bad"
