#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Install the Debian packages named in the given lists that are missing.
# Usage: tests/deps.sh LIST...      exit 0: all are there now
set -eu

wanted=$(cat "$@" | sed 's/#.*//' | awk 'NF { print $1 }')

if ! command -v dpkg-query >/dev/null; then
	echo "deps: this is no Debian; these packages, by Debian's names, must be there:"
	echo "$wanted" | sed 's/^/  /'
	echo "deps: going on in the hope that they are (DEPS=no: without this note)"
	exit 0
fi

missing() {
	for p in $wanted; do
		state=$(dpkg-query -W -f '${db:Status-Status} ' "$p" 2>/dev/null) || :
		case " $state" in
		*" installed "*) ;;
		*) printf '%s ' "$p" ;;
		esac
	done
}

lacking=$(missing)
[ -n "$lacking" ] || exit 0
echo "deps: missing: $lacking"

if [ "$(id -u)" = 0 ]; then
	as_root=
elif sudo -n true 2>/dev/null; then
	as_root="sudo -n"
else
	echo "deps: not allowed to install them; as root, type:"
	echo "  apt-get update && apt-get install -y --no-install-recommends $lacking"
	exit 1
fi

echo "deps: installing them with apt-get"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq ||
	echo "deps: apt-get update failed, trying with the old package lists"
# one word per package
# shellcheck disable=SC2086
$as_root apt-get install -qq -y --no-install-recommends $lacking >/dev/null || {
	echo "deps: apt-get could not install: $lacking"
	exit 1
}
lacking=$(missing)
[ -z "$lacking" ] || {
	echo "deps: still missing: $lacking"
	exit 1
}
echo "deps: all are installed"
