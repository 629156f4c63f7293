#!/bin/bash
# Free pictures without faces, for the finder: FOLDER/train and FOLDER/held (kept out of training:
# every fifth of each source). Those of scripts/fetch-scenes.sh, and photos and drawings of Debian's
# plasma-workspace-wallpapers, gnome-backgrounds and lomiri-wallpapers. Single things (animals,
# fruit, tools, hands, signs; with transparency) of Debian's tuxpaint-stamps-default:
# FOLDER/train-objects and FOLDER/held-objects.
set -euo pipefail
folder=${1:?usage: Training/finder/fetch-scenes.sh FOLDER}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$folder"/{train,held}{,-objects}
folder=$(realpath "$folder")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
"$here/../../scripts/fetch-scenes.sh" "$work/base"

cd "$work"
apt-get download -qq plasma-workspace-wallpapers gnome-backgrounds lomiri-wallpapers \
  lomiri-wallpapers-20.04 lomiri-wallpapers-16.04 tuxpaint-stamps-default
for package in *.deb; do dpkg-deb -x "$package" debian; done

# Every fifth file of a list (by name) is kept out. Names are made of the whole path.
divide() {
  local kind=$1 index=0 path name
  while read -r path; do
    name=${path#"$work"/}
    name=${name#debian/usr/share/}
    name=${name//\//-}
    if [ $((index % 5)) = 2 ]; then cp "$path" "$folder/held$kind/$name"; else cp "$path" "$folder/train$kind/$name"; fi
    index=$((index + 1))
  done
}
# Left out: people, cartoon figures, plain grey, second copies.
pictures() {
  find "$@" -type f \( -name '*.jpg' -o -name '*.png' -o -name '*.webp' \) |
    grep -vE 'Wine_by|friends_by|FlyingKonqui|vnc-|adwaita|symbolic|screenshot|_dark|1080x1920|720x1440|1622x2880' |
    LC_ALL=C sort
}
pictures "$work/base" | divide ""
pictures "$work/debian/usr/share/backgrounds" "$work/debian/usr/share/wallpapers" | divide ""
# Left out: drawn animals and people, coins and notes with heads, letters, what has a face.
find "$work/debian/usr/share/tuxpaint/stamps" -type f -name '*.png' |
  grep -vE 'cartoon|people|money|alphabets/[^a]|alphabets/a[^s]|operators|numbers|flags|/apes|_mirror|masks|symbols/faces|seasonal|space/spacewalk' |
  LC_ALL=C sort | divide -objects
echo "$(find "$folder/train" -type f | wc -l) pictures to train with, $(find "$folder/held" -type f | wc -l) kept out;" \
  "$(find "$folder/train-objects" -type f | wc -l) and $(find "$folder/held-objects" -type f | wc -l) things"
