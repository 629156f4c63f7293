#!/bin/bash
# Builds and runs tests with optimisation, and says at the end which were skipped and why. Fails where
# none ran.
#
#   scripts/run-tests.sh [ARGUMENT OF swift test]...
#
# Its build folder is .build/test: -enable-testing in the folder of the released build would compile
# everything anew whenever the two alternate.
set -euo pipefail
cd "$(dirname "$0")/.."

build=(-c release -Xswiftc -enable-testing --scratch-path .build/test)
log=$(mktemp)
trap 'rm -f "$log"' EXIT

swift build "${build[@]}" --build-tests
# A line for each argument of a parameterised test and for each start says nothing of its own.
status=0
swift test "${build[@]}" --skip-build "$@" 2>&1 | tee "$log" \
  | grep --line-buffered -vE ' started\.$|^◇ Passing|^◇ Test case' || status=${PIPESTATUS[0]}
((status == 0)) || exit "$status"

skipped=$(sed -n 's/^.*Test .* skipped: "\(.*\)"$/\1/p; s/^.*Test .* skipped\.$/no reason given/p' "$log")
if [[ -z $skipped ]]; then
  echo "No tests were skipped."
else
  echo "Tests skipped: $(wc -l <<<"$skipped")"
  sort <<<"$skipped" | uniq -c | sed 's/^ *\([0-9]*\) /  \1: /'
fi
# `swift test` is content where no test matches, and where all that match are skipped.
passed=$(grep ' Test .* passed after ' "$log" | grep -cv ' Test run with ' || true)
if ((passed == 0)); then
  echo "No test ran${*:+ with the arguments: $*}." >&2
  exit 1
fi
