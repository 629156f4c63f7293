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
exec "$(dirname "$0")/../install-dependencies.sh" "${packages[@]}"
