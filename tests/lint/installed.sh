#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What was installed is usable and hardened.
# Usage: installed.sh STAGE INCLUDEDIR COMPILER
set -u
stage=$1
include=$2
cc=$3
bad=0

say() {
	echo "check-install: $*"
	bad=1
}

for h in "$stage$include"/qiao/*.h; do
	printf '#include <qiao/%s>\nextern int not_empty;\n' "${h##*/}" |
		$cc -std=c11 -Wall -Wextra -Werror -I"$stage$include" -fsyntax-only -x c - ||
		say "${h##*/} does not compile alone from where it is installed"
done

# an adapter author has nothing but what is installed
pc=$(find "$stage" -name qiao-sdk.pc)
if [ -n "$pc" ]; then
	PKG_CONFIG_PATH=${pc%/*}
	export PKG_CONFIG_PATH
	flags=$(pkg-config --define-variable=libdir="${pc%/pkgconfig/*}" \
		--define-variable=includedir="$stage$include" --cflags --libs qiao-sdk)
	# shellcheck disable=SC2086
	printf '%s\n' '#include <qiao/adapter.h>' \
		'static const struct qiao_adapter_api api;' \
		'int main(int c, char **v) { return qiao_adapter_main(&api, c, v); }' |
		$cc -std=c11 -x c - -x none $flags -o "$stage/adapter" ||
		say "a program does not link with the installed SDK"
	rm -f "$stage/adapter"
fi

# paths of an installation hold no spaces
programs=$(find "$stage" -type f -perm -u+x ! -name '*.sh')
for f in $programs; do
	readelf -hW "$f" | grep -q 'Type: *DYN' || say "$f: no PIE"
	readelf -lW "$f" | grep -q GNU_RELRO || say "$f: no RELRO"
	readelf -dW "$f" | grep -q 'BIND_NOW\|FLAGS.*NOW' || say "$f: no BIND_NOW"
	readelf -lW "$f" | grep 'GNU_STACK' | grep -q 'RW ' || say "$f: executable stack"
	grep -qF -e "$PWD/gateway/" -e "$PWD/build/" "$f" && say "$f: holds the path of the build folder"
done
exit $bad
