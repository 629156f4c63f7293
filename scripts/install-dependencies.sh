#!/bin/bash
# Installs the packages that landmarkd is built, tested and run with, where they are missing.
# Silent when there is nothing to do. For Debian 12, Ubuntu 24.04 and their like.
#
#   scripts/install-dependencies.sh [--check]      --check only says what is missing; then status 1
#   scripts/install-dependencies.sh PACKAGE...     these, instead
set -euo pipefail

check=0
case "$*" in
  "") ;;
  --check) check=1 ;;
  -*)
    echo "Usage: $0 [--check | PACKAGE...]" >&2
    exit 64
    ;;
esac

packages=(
  # For the Swift toolchain: the C++ standard library and its headers, the linker, what fetches the
  # package's dependencies, and what finds FFmpeg.
  g++ git ca-certificates pkg-config
  # A library that the toolchain's programs load; an unpacked toolchain does not bring it.
  libncurses6
  # HTTP of video sources; the toolchain loads it too.
  libcurl4-openssl-dev
  # The service's configuration.
  libyaml-dev
  # Video in and out.
  libavcodec-dev libavdevice-dev libavformat-dev libavutil-dev libswscale-dev
  # The face detector.
  libdlib-dev
  # Linear algebra of the training of models.
  libopenblas-dev liblapacke-dev
  # The ffmpeg command: the tests' clips and the measurements' pictures.
  ffmpeg
)
((check || $# == 0)) || packages=("$@")

# Where nothing can be asked, the compiler has to find out.
if ! command -v dpkg-query >/dev/null; then
  echo "This system has no dpkg; needed is what corresponds to: ${packages[*]}" >&2
  exit $((1 - check))
fi

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ $status == installed ]] || missing+=("$package")
done
((${#missing[@]})) || exit 0

if ((check)); then
  echo "Missing packages: ${missing[*]}. To install them: make dependencies" >&2
  exit 1
fi
as_root=()
if ((EUID != 0)); then
  if ! command -v sudo >/dev/null; then
    echo "Missing packages, and neither root nor sudo to install them with: ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

echo "Installing packages: ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
