#!/bin/bash
# The tests that need root, servers or a systemd: of the built program, from outside.
#
#   scripts/run-system-tests.sh [WORD]...      only test files with one of the words in their names
#
# LANDMARKD names another program than .build/release/landmarkd. LANDMARKD_TEST_TIER=long runs those
# as well that need minutes or a qemu guest.
set -euo pipefail
cd "$(dirname "$0")/.."

if ((EUID != 0)); then
  echo "The system tests need root: they boot a systemd, mount a file system and install servers." >&2
  exit 1
fi
scripts/install-test-servers.sh
export LANDMARKD=${LANDMARKD:-$PWD/.build/release/landmarkd}
if [[ ! -x $LANDMARKD ]]; then
  echo "There is no $LANDMARKD; make build makes it." >&2
  exit 1
fi
exec python3 Tests/System/run.py "$@"
