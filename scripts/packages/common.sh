# Read by the scripts of this folder: what every package is made of.
#
#   version     of Sources/BuildInfo/BuildInfo.swift
#   program     the built program: PROGRAM, else .build/release/landmarkd
#   made        the folder that packages are written to: PACKAGES, else packages
#   work        a folder of the script's own, removed at its end
#
# SOURCE_DATE_EPOCH is the last commit's time, so that a commit's packages have the same bytes
# whenever they are made.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
umask 022
export LC_ALL=C.UTF-8 TZ=UTC

# end TEXT: says why there is no package.
end() {
  echo "$1" >&2
  exit 1
}

# needs PACKAGE...: ends unless all are installed.
needs() {
  local missing=() package
  for package in "$@"; do
    [[ $(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null || true) == \
      installed ]] || missing+=("$package")
  done
  ((${#missing[@]} == 0)) \
    || end "Missing packages: ${missing[*]}. To install them: make package-tools"
}

version=$(sed -n 's/^ *public static let version = "\(.*\)"$/\1/p' \
  Sources/BuildInfo/BuildInfo.swift)
[[ -n $version ]] || end "Sources/BuildInfo/BuildInfo.swift says no version"
program=${PROGRAM:-.build/release/landmarkd}
[[ -x $program ]] || end "There is no $program; make build makes it."
[[ $(uname -m) == x86_64 ]] || end "Packages are made on x86-64; this is $(uname -m)."
# A tarball of `make dist` has no commit to ask; its newest file is the changelog of its release.
if [[ -z ${SOURCE_DATE_EPOCH:-} ]]; then
  SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)
fi
export SOURCE_DATE_EPOCH
made=${PACKAGES:-packages}
mkdir -p "$made"
made=$(realpath "$made")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# stripped TARGET: the program without symbols and without a search path of its own.
stripped() {
  install -D -m 755 "$program" "$1"
  strip --strip-all --remove-section=.comment --remove-section=.note "$1"
  patchelf --remove-rpath "$1"
}

# completion SHELL FILE: without the first line of a script, since it is none.
completion() {
  install -d "$(dirname "$2")"
  "$program" --generate-completion-script "$1" | sed '1{/^#!/d}' >"$2"
}

# shared FOLDER ZSH: the manual's pages, completions, licence and examples into a folder like
# /usr/share; ZSH is where in it zsh looks for completions.
shared() {
  scripts/packages/make-man-pages.py "$program" "$1/man/man1"
  gzip -9 -n "$1"/man/man1/*
  completion bash "$1/bash-completion/completions/landmarkd"
  completion zsh "$1/$2/_landmarkd"
  completion fish "$1/fish/vendor_completions.d/landmarkd.fish"
  install -D -m 644 -t "$1/doc/landmarkd" NOTICE packaging/deb/copyright
  install -D -m 644 -t "$1/doc/landmarkd/examples" Samples/landmarkd.yaml Samples/portrait.mp4
}

# dated FOLDER: gives all that is newer the commit's time.
dated() {
  find "$1" -newermt "@$SOURCE_DATE_EPOCH" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
}

# written FILE: says what was made, and how large it is.
written() {
  echo "Written: $(realpath --relative-to="$PWD" "$1") ($(du -h --apparent-size "$1" | cut -f1)B)"
}
