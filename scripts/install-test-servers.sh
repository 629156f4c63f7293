#!/bin/bash
# Installs what `make test-system` needs beside landmarkd's own packages: servers that streams come
# from, systemd, what makes packages, and for the long tier (LANDMARKD_TEST_TIER=long) qemu and Debian's kernel, which is
# unpacked into .build/kernel and not installed. Silent when there is nothing to do.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(
  # An RTSP server: GStreamer's, driven from Debian's own Python.
  python3 python3-gi gir1.2-gst-rtsp-server-1.0
  gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad
  gstreamer1.0-plugins-ugly gstreamer1.0-libav
  # systemd is booted in namespaces; its unit checker looks at the unit files.
  systemd util-linux
  # promtool reads /metrics.
  prometheus
  # The live page is looked at in a browser.
  chromium
  # Packages are made, checked, and installed into small systems.
  dpkg-dev lintian patchelf debootstrap iproute2
  # A cluster on one machine, and what reads the samples' YAML.
  munge slurmctld slurmd slurm-client python3-yaml
)
kernel=.build/kernel
if [[ ${LANDMARKD_TEST_TIER:-system} == long ]]; then
  packages+=(qemu-system-x86 busybox-static e2fsprogs)
fi

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ $status == installed ]] || missing+=("$package")
done
need_kernel=0
if [[ ${LANDMARKD_TEST_TIER:-system} == long && ! -d $kernel/boot ]]; then need_kernel=1; fi
((${#missing[@]} + need_kernel)) || exit 0

if ((EUID != 0)); then
  echo "Missing packages for the system tests, and not root to install them: ${missing[*]}" >&2
  exit 1
fi
apt-get update -qq
if ((${#missing[@]})); then
  echo "Installing packages for the system tests: ${missing[*]}"
  # No service of a package is started: prometheus is wanted for promtool alone.
  policy=/usr/sbin/policy-rc.d
  if [[ ! -e $policy ]]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
if ((need_kernel)); then
  echo "Fetching Debian's kernel for the guests of the long tests"
  image=$(apt-cache depends linux-image-amd64 | sed -n 's/^ *Depends: //p' | head -n 1)
  folder=$(mktemp -d)
  (cd "$folder" && apt-get download -qq -o APT::Sandbox::User=root "$image")
  rm -rf "$kernel.partial"
  mkdir -p "$kernel.partial"
  dpkg-deb -x "$folder"/*.deb "$kernel.partial"
  rm -rf "$folder"
  mv "$kernel.partial" "$kernel"
fi
