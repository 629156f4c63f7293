#!/bin/bash
# Makes landmarkd_VERSION_amd64.deb of the built program (docs/develop/releases.md, packages).
#
#   scripts/packages/make-deb.sh        PROGRAM: another program; PACKAGES: another folder than packages
source "$(dirname "$0")/common.sh"
needs dpkg-dev lintian patchelf

tree=$work/landmarkd
stripped "$tree/usr/bin/landmarkd"
for unit in systemd/*.service; do
  install -d "$tree/lib/systemd/system"
  sed 's#/usr/local/bin/landmarkd#/usr/bin/landmarkd#' "$unit" \
    >"$tree/lib/systemd/system/${unit##*/}"
done

shared "$tree/usr/share" zsh/vendor-completions
maintainer=$(sed -n 's/^Maintainer: //p' packaging/deb/control.in)
scripts/packages/make-changelog.py CHANGELOG.md "$maintainer" | gzip -9 -n \
  >"$tree/usr/share/doc/landmarkd/changelog.gz"

# dpkg-shlibdeps reads a source package's control file, of which there is none.
install -d "$work/debian"
printf 'Source: landmarkd\n\nPackage: landmarkd\nArchitecture: amd64\n' >"$work/debian/control"
depends=$(cd "$work" && dpkg-shlibdeps -O landmarkd/usr/bin/landmarkd 2>"$work/warnings") \
  || end "$(<"$work/warnings")"
depends="init-system-helpers (>= 1.52), ${depends#shlibs:Depends=}"
size=$(du -k --apparent-size -s "$tree" | cut -f1)
install -d "$tree/DEBIAN"
sed "s/@version@/$version/; s/@size@/$size/; s/@depends@/$depends/" packaging/deb/control.in \
  >"$tree/DEBIAN/control"
install -m 755 -t "$tree/DEBIAN" packaging/deb/{postinst,prerm,postrm}
(cd "$tree" && find usr lib -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)

deb=$made/landmarkd_${version}_amd64.deb
dated "$tree"
# One thread: the bytes of several depend on their number. -z3 would save 2 % in twice the time: most
# of it is the model.
dpkg-deb --root-owner-group --threads-max=1 -Zxz -z1 --build "$tree" "$deb.partial" >/dev/null
# As a file of the name that the checker expects.
mv "$deb.partial" "$work/${deb##*/}"
lintian --fail-on error,warning --tag-display-limit 0 --allow-root "$work/${deb##*/}"
mv "$work/${deb##*/}" "$deb"
written "$deb"
