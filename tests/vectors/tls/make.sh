#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Made the certificates here, with the openssl command of OpenSSL 3.0. They are
# for tests only; their keys are public.
set -eu
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

key() { # NAME
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key"
}

ca() { # NAME
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$tmp/$1.key"
	openssl req -x509 -new -key "$tmp/$1.key" -subj "/CN=$1" -days 36500 -out "$1.pem"
}

# NAME CA FROM TO HOST
leaf() {
	key "$1"
	openssl req -new -key "$1.key" -subj "/CN=$5" -out "$tmp/$1.csr"
	printf 'subjectAltName=DNS:%s\nbasicConstraints=CA:FALSE\n' "$5" >"$tmp/$1.ext"
	mkdir -p "$tmp/$2.d"
	: >"$tmp/$2.d/index.txt"
	cat >"$tmp/$2.cnf" <<CNF
[ca]
default_ca = x
[x]
new_certs_dir = $tmp/$2.d
database = $tmp/$2.d/index.txt
rand_serial = yes
default_md = sha256
policy = p
[p]
commonName = supplied
CNF
	openssl ca -batch -config "$tmp/$2.cnf" -cert "$2.pem" -keyfile "$tmp/$2.key" \
		-startdate "$3" -enddate "$4" -extfile "$tmp/$1.ext" -notext \
		-in "$tmp/$1.csr" -out "$1.pem"
}

ca ca
ca other-ca
leaf good ca 20200101000000Z 21200101000000Z localhost
leaf good2 ca 20200101000000Z 21200101000000Z localhost
leaf expired ca 20200101000000Z 20210101000000Z localhost
leaf future ca 21100101000000Z 21200101000000Z localhost
leaf wrong-name ca 20200101000000Z 21200101000000Z gw.elsewhere
leaf stranger other-ca 20200101000000Z 21200101000000Z localhost
