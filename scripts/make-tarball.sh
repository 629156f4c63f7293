#!/bin/bash
# Makes landmarkd-VERSION.tar.gz of the last commit: the same bytes whenever and wherever it is made.
# It holds the commit's name for the program built from it (scripts/write-commit.sh).
set -euo pipefail
cd "$(dirname "$0")/.."

commit=$(git rev-parse --short=12 HEAD)
version=$(git show HEAD:Sources/BuildInfo/BuildInfo.swift \
  | sed -n 's/^ *public static let version = "\(.*\)"$/\1/p')
[[ -n $version ]] || {
  echo "Sources/BuildInfo/BuildInfo.swift says no version" >&2
  exit 1
}
[[ -z $(git status --porcelain) ]] || echo "Left out: what is not committed." >&2

name=landmarkd-$version
made=$name.tar.gz
trap 'rm -f "$made.partial"' EXIT
# gzip -n keeps its own name and time out.
git -c tar.umask=0022 archive --format=tar --prefix="$name/" \
  --add-virtual-file="$name/Sources/CBuildInfo/commit.h:#define LANDMARKD_COMMIT \"$commit\"
" HEAD | gzip -9 -n >"$made.partial"
mv "$made.partial" "$made"
echo "Written: $made (commit $commit)"
