#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each header compiles alone.
# Usage: headers.sh COMPILER AND FLAGS -- HEADER...
set -u
cc=
while [ "$1" != -- ]; do
	cc="$cc $1"
	shift
done
shift
printf '%s\n' "$@" | xargs -P "$(nproc)" -I{} sh -c \
	"printf '#include \"%s\"\\nextern int not_empty;\\n' {} | $cc -fsyntax-only -x c - || { echo {}: does not compile alone; exit 1; }"
