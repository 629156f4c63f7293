#!/bin/bash
# Counts the instructions of tracked frames under valgrind: the same number on every run, whatever else the
# machine does.
#
#   scripts/count-instructions.sh VIDEO CASE [OPTION OF landmarkd-dev bench frames]...
#
# CASE is one of landmarkd-dev bench's ("default model"). Prints millions of instructions a frame, then
# the functions that take most. PROGRAM=file takes another landmarkd-dev than .build/release has.
set -euo pipefail
if (($# < 2)); then
  echo "usage: scripts/count-instructions.sh VIDEO CASE [OPTION]..." >&2
  exit 2
fi
video=$1 name=$2
shift 2
frames=${FRAMES:-50}
program=${PROGRAM:-"$(dirname "$0")/../.build/release/landmarkd-dev"}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# valgrind 3.19 stops at the debugging information of newer compilers; names are enough here.
objcopy --strip-debug "$program" "$work/landmarkd-dev"
# The detector would take minutes under valgrind.
box=$("$program" bench frames "$video")
# Only what is called by CountedFrames.trackOthers counts.
valgrind --tool=callgrind --callgrind-out-file="$work/out" --collect-atstart=no \
  --toggle-collect='*CountedFrames*trackOthers*' \
  "$work/landmarkd-dev" bench frames "$video" --case "$name" --count "$frames" --box "$box" "$@" \
  2>"$work/log" >&2 \
  || { cat "$work/log" >&2; exit 1; }
total=$(sed -n 's/^totals: //p' "$work/out")
echo "$name: $(awk "BEGIN { printf \"%.3f\", $total / $frames / 1e6 }") million instructions a frame"
callgrind_annotate "$work/out" 2>/dev/null | grep -E '^ *[0-9,]+ \(' | grep -v 'PROGRAM TOTALS' \
  | head -"${LINES_SHOWN:-16}" | sed -E 's/ \[[^]]*\]$//; s/ \?\?\?:/ /'
