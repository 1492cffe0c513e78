#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Run fuzz targets for some seconds each, as many at a time as there are cores.
# What they find of new inputs stays in build/fuzz/new/.
# Usage: run.sh SECONDS PROGRAM...      run.sh -1 SECONDS PROGRAM (itself)
set -eu
if [ "$1" != -1 ]; then
	seconds=$1
	shift
	printf '%s\n' "$@" | xargs -P "$(nproc)" -n 1 sh "$0" -1 "$seconds"
	exit
fi
name=$(basename "$3")
log=build/fuzz/$name.log
mkdir -p "build/fuzz/new/$name"
"$3" -max_total_time="$2" -print_final_stats=1 -rss_limit_mb=1024 -timeout=10 \
	-artifact_prefix="build/fuzz/$name-" "build/fuzz/new/$name" \
	"tests/fuzz/corpora/$name" >"$log" 2>&1 || {
	tail -n 40 "$log"
	echo "fuzz $name: failed, see $log"
	exit 1
}
echo "fuzz $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") runs"
