#!/bin/bash
# Fails, with what to do, unless a Swift toolchain of at least the needed version is on the PATH.
set -euo pipefail

needed=6.2
advice="Get one of swift.org: https://www.swift.org/install/linux/ and put its usr/bin on the PATH."

if ! command -v swift >/dev/null; then
  echo "landmarkd is built with Swift $needed or later; there is no swift on the PATH. $advice" >&2
  exit 1
fi
found=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
if [[ $(printf '%s\n' "$needed" "$found" | sort -V | head -n 1) != "$needed" ]]; then
  echo "landmarkd is built with Swift $needed or later; this is Swift ${found:-unknown}. $advice" >&2
  exit 1
fi
