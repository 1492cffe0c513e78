#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Refuse an object of a pure folder that calls out of the process.
# Usage: pure.sh TABLE BUILDFOLDER SOURCE...
set -u
table=$1
b=$2
shift 2
calls='open|open64|openat|fopen|fopen64|fdopen|freopen|read|pread|write|fread|fwrite|fgets|getline|stat|lstat|opendir|readdir|unlink|rename|mkdir'
calls="$calls|socket|connect|bind|sendto|recvfrom|send|recv|getaddrinfo|nng_.*|sqlite3_.*"
calls="$calls|time|clock_gettime|gettimeofday|localtime_r|localtime|nanosleep|usleep|sleep|qiao_now_ms|qiao_monotonic_ms|qiao_sleep_ms"
calls="$calls|pthread_.*|thrd_.*|fork|execv.*|posix_spawn|waitpid|getenv|getrandom|rand|RAND_bytes"
bad=0
folders=$(sed 's/#.*//' "$table")
for folder in $folders; do
	for src in "$@"; do
		case $src in "$folder"/*) ;; *) continue ;; esac
		found=$(nm -u "$b/${src%.c}.o" | awk '{ sub(/@.*/, "", $2); print $2 }' |
			grep -Ex "$calls" | tr '\n' ' ') || continue
		[ -n "$found" ] || continue
		echo "$src: $folder is pure, but calls $found"
		bad=1
	done
done
exit $bad
