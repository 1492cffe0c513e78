#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A check that cannot fail has shown nothing: offer each lint what it must
# refuse, and something it must accept.
# Usage: selftest.sh      from the top of the tree
set -u
top=$PWD
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
mkdir -p gateway/base gateway/verify relay adapters/fabric build/gateway/verify
bad=0

verdict() { # wanted name got
	[ "$1" = "$3" ] && return
	echo "lint-lints: $2: wanted $1, got $3"
	bad=1
}
try() { # wanted name command...
	wanted=$1
	name=$2
	shift 2
	if "$@" >out 2>&1; then verdict "$wanted" "$name" accept; else verdict "$wanted" "$name" refuse; fi
}
line() { # one line of C in a file that is otherwise fine
	printf '/* SPDX-License-Identifier: Apache-2.0 */\n%s\n' "$2" >"$1"
}
word() { # wanted line
	line gateway/base/a.c "$2"
	try "$1" "words: $2" sh "$top/tests/lint/words.sh" gateway/base/a.c
}
layer() {
	line "$2" "#include \"$3\""
	try "$1" "layers: $2 $3" sh "$top/tests/lint/layers.sh" "$top/docs/layers.txt" "$2"
}
door() {
	line "$2" "#include <$3>"
	try "$1" "doors: $2 $3" sh "$top/tests/lint/doors.sh" "$top/docs/doors.txt" "$2"
}

word accept 'int a; /* see https://example.org */'
word accept 'my_system(1); qiao_free(p);'
word refuse 'str''cpy(a, b);'
word refuse '	x = ato''i(s);'
word accept 'lc->fr''ee(p);'
word refuse 'p = mal''loc(3);'
word refuse '	fr''ee(p);'
word refuse 'int a; /''/ no'
word refuse '/* TO''DO: more */'
printf 'int a;\n' >gateway/base/a.c
try refuse "words: no SPDX line" sh "$top/tests/lint/words.sh" gateway/base/a.c
line gateway/base/a.h '#ifndef A_H'
try refuse "words: guard" sh "$top/tests/lint/words.sh" gateway/base/a.h
line gateway/base/a.h '#ifndef GATEWAY_BASE_A_H'
try accept "words: guard" sh "$top/tests/lint/words.sh" gateway/base/a.h

layer accept relay/a.c gateway/base/buf.h
layer refuse relay/a.c gateway/verify/verify.h
layer refuse gateway/base/a.c relay/outbox.h
layer refuse relay/a.c buf.h
door accept relay/a.c nng/nng.h
door accept relay/a.c sys/stat.h
door refuse relay/a.c sqlite3.h
door refuse gateway/base/a.c openssl/evp.h
door refuse gateway/base/a.c curl/curl.h
door refuse adapters/fabric/sign.c grpc/grpc.h
door refuse gateway/verify/a.c protobuf-c/protobuf-c.h

size() { # wanted lines
	{
		printf 'int f(void);\nint f(void)\n{\n'
		seq "$(($2 - 4))" | sed 's/.*/	g();/'
		printf '	return 0;\n}\n'
	} >relay/a.c
	try "$1" "size: $2 lines" sh "$top/tests/lint/size.sh" "$top/tests/lint/long.txt" relay/a.c
}
size accept 100
size refuse 101

pure() { # wanted, line
	printf '%s\n' "$2" >build/gateway/verify/a.c
	${CC:-cc} -w -c -o build/gateway/verify/a.o build/gateway/verify/a.c
	try "$1" "pure: $2" sh "$top/tests/lint/pure.sh" "$top/tests/lint/pure.txt" build gateway/verify/a.c
}
pure accept 'int f(void *p) { return memcmp(p, p, 3); }'
pure refuse 'int f(void) { return time(0); }'
pure refuse 'int f(void) { return open("a", 0); }'

event() { # wanted, event and level in the list
	printf '| event | level | meaning |\n| \140%s\140 | %s | said |\n' "$2" "$3" >events.md
	try "$1" "events: $2 $3" sh "$top/tests/lint/events.sh" events.md relay/a.c
}
line relay/a.c 'qiao_log(QIAO_LOG_WARN,
		 "peer-failed", "x");'
event accept peer-failed warn
event refuse peer-failed error
event refuse peer-lost warn
line relay/a.c 'qiao_log(level, name, "x");'
event refuse peer-failed warn

git init -q . && git config user.name x && git config user.email x@example.org
leak() {
	printf '%s\n' "$2" >a.txt
	git add a.txt && git commit -qm 'a: change' --allow-empty
	try "$1" "leaks: $2" sh "$top/tests/lint/leaks.sh"
}
leak accept '/usr/local/share/qiao'
leak refuse '/wo''rk/main/x'
leak refuse 'see DES''IGN.md 4'
leak refuse 'written by Clau''de'
printf 'fine\n' >a.txt
git add a.txt && git commit -qm 'a: made with Cop''ilot'
try refuse "leaks: commit message" sh "$top/tests/lint/leaks.sh"
exit $bad
