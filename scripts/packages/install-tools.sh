#!/bin/bash
# Installs what the packages are made with, where it is missing; for Debian 12. Silent when there is
# nothing to do.
set -euo pipefail

packages=(
  # The .deb, its checker, the program's search path.
  dpkg-dev lintian patchelf
  # A small FFmpeg for the tarball: the compiler, the assembler, what it reads with.
  gcc make nasm pkg-config libc6-dev zlib1g-dev libbz2-dev liblzma-dev libssl-dev libdav1d-dev
  libvpx-dev libsrt-openssl-dev
  # Linear algebra that dlib is linked with, in its small form.
  libblas3 liblapack3
)
missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ $status == installed ]] || missing+=("$package")
done
((${#missing[@]})) || exit 0
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
