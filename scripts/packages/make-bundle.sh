#!/bin/bash
# Makes landmarkd-VERSION-linux-x86_64.tar.gz of the built program: with all its libraries but glibc
# (docs/develop/releases.md, packages).
#
#   scripts/packages/make-bundle.sh     PROGRAM: another program; PACKAGES: another folder than packages
source "$(dirname "$0")/common.sh"
needs dpkg-dev patchelf libblas3 liblapack3
scripts/packages/build-ffmpeg.sh

name=landmarkd-$version-linux-x86_64
tree=$work/$name
stripped "$tree/bin/landmarkd"
patchelf --set-rpath '$ORIGIN/../lib' "$tree/bin/landmarkd"
shared "$tree/share" zsh/site-functions
install -m 644 -t "$tree" LICENSE CHANGELOG.md
install -D -m 644 -t "$tree/share/doc/landmarkd/systemd" systemd/*.service
sed "s/@version@/$version/" packaging/bundle/README.txt.in >"$tree/README.txt"

licences=$tree/share/licences
install -d "$licences"
commit=$("$program" --version | sed -n 's/.*(commit \([^)]*\)).*/\1/p')
sed "s/@commit@/$commit/" packaging/bundle/licences.txt.in >"$licences/README.txt"
ffmpeg=.build/packages/ffmpeg
install -D -m 644 -t "$licences/ffmpeg" "$ffmpeg"/{LICENSE.md,COPYING.LGPLv2.1,copyright,configuration}
# The small BLAS and LAPACK: dlib's detector does not call them.
python3 scripts/packages/libraries.py collect "$tree/bin/landmarkd" "$tree/lib" "$licences" \
  "$ffmpeg/lib" /usr/lib/x86_64-linux-gnu/{blas,lapack}
built=$(cut -d' ' -f1 "$ffmpeg/stamp")
names=$(cd "$tree/lib" && for file in *; do [[ ! -e $OLDPWD/$ffmpeg/lib/$file ]] || echo "$file"; done)
printf 'ffmpeg\t%s, built anew\tffmpeg\t%s\t%s\n' "$built" "$built" "$(echo $names)" \
  >>"$licences/packages.txt"
python3 scripts/packages/libraries.py check "$tree/bin/landmarkd" "$tree/lib"

dated "$tree"
made_file=$made/$name.tar.gz
tar --create --sort=name --owner=0 --group=0 --numeric-owner --format=gnu --directory "$work" "$name" \
  | gzip -6 -n >"$made_file.partial"
mv "$made_file.partial" "$made_file"
written "$made_file"
