#!/bin/bash
# Builds the FFmpeg of the tarball from Debian's source package, under the LGPL and without what
# landmarkd does not use, into .build/packages/ffmpeg (docs/decisions/0032-packages.md). Done once for
# each version and configuration; takes minutes.
source "$(dirname "$0")/common.sh"
needs dpkg-dev gcc make nasm pkg-config libc6-dev zlib1g-dev libbz2-dev liblzma-dev libssl-dev \
  libdav1d-dev libvpx-dev libsrt-openssl-dev

# All that reads; of what writes the encoders of pictures and drawn videos. Sound is copied, not
# decoded. No filters and no devices but cameras.
configuration=(
  --prefix=/usr --disable-static --enable-shared --disable-programs --disable-doc --disable-debug
  --disable-autodetect --disable-avfilter --disable-postproc --disable-filters
  --disable-encoders --enable-encoder=mpeg4,mjpeg,png,libvpx_vp8,libvpx_vp9
  --disable-indevs --enable-indev=v4l2 --disable-outdevs
  --enable-pthreads --enable-zlib --enable-bzlib --enable-lzma --enable-openssl --enable-libsrt
  --enable-libdav1d --enable-libvpx
)
# The one that the program was built with.
source_version=$(dpkg-query --show --showformat '${source:Version}' libavcodec-dev)
target=.build/packages/ffmpeg
stamp="$source_version ${configuration[*]}"
[[ -f $target/stamp && $(<"$target/stamp") == "$stamp" ]] && exit 0

# The sources of the suites that apt knows, in lists of our own.
install -d "$work/sources" "$work/lists/partial" "$work/cache/archives/partial"
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources}; do
  [[ -f $file ]] || continue
  sed 's/^Types: deb$/Types: deb-src/; s/^deb /deb-src /' "$file" >"$work/sources/${file##*/}"
done
apt=(apt-get -qq -o APT::Sandbox::User= -o "Dir::Etc::sourcelist=/dev/null"
  -o "Dir::Etc::sourceparts=$work/sources" -o "Dir::State::lists=$work/lists"
  -o "Dir::Cache=$work/cache")
echo "Building FFmpeg $source_version for the tarball; once, some minutes"
log=$work/log
(
  "${apt[@]}" update
  cd "$work"
  "${apt[@]}" source "ffmpeg=$source_version"
  mv ffmpeg-*/ source
  cd source
  ./configure "${configuration[@]}"
  make -j "$(nproc)"
  make install DESTDIR="$work/built"
) >"$log" 2>&1 || {
  tail -n 20 "$log" >&2
  end "FFmpeg $source_version could not be built."
}
grep -q '^License: LGPL version 2.1 or later$' "$log" || end "This FFmpeg is not under the LGPL."

rm -rf "$target"
install -d "$target/lib"
cp -a "$work"/built/usr/lib/*.so.* "$target/lib/"
# Its own words on its licence, and Debian's list of files and authors.
install -m 644 -t "$target" "$work"/source/{LICENSE.md,COPYING.LGPLv2.1,debian/copyright}
printf '%s\n' "${configuration[@]}" >"$target/configuration"
printf '%s' "$stamp" >"$target/stamp"
