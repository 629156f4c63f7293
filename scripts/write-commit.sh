#!/bin/bash
# Writes the commit that is being built into Sources/CBuildInfo/commit.h, with "+changes" where files
# differ from it. A file that says the same is left alone: nothing is built anew because of it.
#
# Where this folder is no checkout nothing is written: a tarball of `make dist` brings its own.
set -euo pipefail
cd "$(dirname "$0")/.."

header=Sources/CBuildInfo/commit.h
# A folder may lie within another project's checkout.
top=$(git rev-parse --show-toplevel 2>/dev/null) || exit 0
[[ $top -ef $PWD ]] || exit 0
commit=$(git rev-parse --short=12 --verify HEAD 2>/dev/null) || exit 0
[[ -z $(git status --porcelain) ]] || commit+=+changes

line="#define LANDMARKD_COMMIT \"$commit\""
[[ -f $header && $(<"$header") == "$line" ]] && exit 0
printf '%s\n' "$line" >"$header"
# What was compiled without the file does not notice that there is one now.
touch Sources/CBuildInfo/CBuildInfo.c
