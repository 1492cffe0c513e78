# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the demonstration and the scenarios share: a network of two gateways made
# in one folder, real processes, their addresses on the loopback, an end that
# leaves nothing behind. Sourced with B (build folder) and R (run folder) set.

B=$(cd "$B" && pwd)
export PATH="$B:$PATH"
PIDS=()

say() { printf '%s\n' "$*"; }
note() { printf '      %s\n' "$*"; }
fail() {
	printf '%s: %s\n' "${NAME:-scenario}" "$*" >&2
	exit 1
}

hex32() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }

# A port that is free now.
free_port() {
	local p
	for _ in $(seq 200); do
		p=$((20000 + RANDOM % 30000))
		if ! (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null; then
			echo "$p"
			return
		fi
	done
	fail "no free port on the loopback"
}

# make_tls DIR NAME...: one authority, a P-256 certificate for each name
make_tls() {
	local dir=$1 name
	shift
	mkdir -p "$dir"
	openssl ecparam -name prime256v1 -genkey -noout -out "$dir/ca.key" 2>/dev/null
	openssl req -x509 -new -key "$dir/ca.key" -subj "/CN=demo CA" -days 30 \
		-out "$dir/ca.crt" 2>/dev/null
	for name in "$@"; do
		openssl ecparam -name prime256v1 -genkey -noout -out "$dir/$name.key" 2>/dev/null
		openssl req -new -key "$dir/$name.key" -subj "/CN=$name" -out "$dir/$name.csr" 2>/dev/null
		printf 'subjectAltName=DNS:%s,DNS:localhost,IP:127.0.0.1\n' "$name" >"$dir/$name.ext"
		openssl x509 -req -in "$dir/$name.csr" -CA "$dir/ca.crt" -CAkey "$dir/ca.key" \
			-CAcreateserial -days 30 -extfile "$dir/$name.ext" -out "$dir/$name.crt" 2>/dev/null
		chmod 600 "$dir/$name.key"
	done
}

# make_gateway DIR: keys of a gateway; prints its public key
make_gateway() {
	mkdir -p "$1/keys"
	qiao key new "$1/keys/gateway.key" >"$1/keys/gateway.pub"
	qiao key secret "$1/keys/secret.key" >/dev/null
	chmod 600 "$1/keys/"*.key
}
public_key() { grep -oE '(secp256k1|p256):[0-9a-f]+' "$1" | sed -n 1p; }
key_id() { grep -oE '\b[0-9a-f]{32}\b' "$1" | sed -n 1p; }

# fill TEMPLATE OUT NAME=VALUE...: @NAME@ becomes VALUE
fill() {
	local in=$1 out=$2 pair
	local args=()
	shift 2
	for pair in "$@"; do
		args+=(-e "s|@${pair%%=*}@|${pair#*=}|g")
	done
	sed "${args[@]}" "$in" >"$out"
	if grep -n '@[A-Z_]*@' "$out"; then
		fail "$in: a value was not given"
	fi
}

# start LOG COMMAND...: in the background, its own process group; sets STARTED
start() {
	local log=$1
	shift
	setsid "$@" >>"$log" 2>&1 </dev/null &
	STARTED=$!
	PIDS+=("$STARTED")
}

alive() { kill -0 "$1" 2>/dev/null; }

# kill_hard PID: the process and all that it started, at once
kill_hard() {
	kill -KILL -- "-$1" 2>/dev/null || kill -KILL "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
}

stop_all() {
	local p
	for p in "${PIDS[@]:-}"; do
		[ -z "$p" ] || kill -TERM -- "-$p" 2>/dev/null || true
	done
	for _ in $(seq 50); do
		local left=0
		for p in "${PIDS[@]:-}"; do
			[ -n "$p" ] && kill -0 -- "-$p" 2>/dev/null && left=1
		done
		[ "$left" = 1 ] || break
		sleep 0.1
	done
	for p in "${PIDS[@]:-}"; do
		[ -z "$p" ] || kill -KILL -- "-$p" 2>/dev/null || true
	done
	PIDS=()
}

# wait_for SECONDS WHAT COMMAND...: until it succeeds
wait_for() {
	local until=$((SECONDS + $1)) what=$2
	shift 2
	until "$@"; do
		[ "$SECONDS" -lt "$until" ] || fail "$what did not happen in time; logs are in $R"
		sleep 0.1
	done
}

# control CONFIG COMMAND...: ask a running daemon
control() {
	local cfg=$1
	shift
	# a daemon that hangs must not make a wait without end of every deadline
	timeout 60 qiao --config "$cfg" "$@"
}
