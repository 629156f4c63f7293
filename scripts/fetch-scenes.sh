#!/bin/bash
# Fetches free pictures without faces into a folder, for `landmarkd-dev train verdict --scenes
# FOLDER`: the sample images of scikit-image (BSD-3-Clause and public domain, from its package on
# PyPI) and the photos of two of Debian's wallpaper packages (mate-backgrounds, ukui-wallpapers: GPL, CC BY-SA).
# They serve as backgrounds that a rule learns to doubt; no part of them is in the rule.
set -euo pipefail
folder=${1:?usage: scripts/fetch-scenes.sh FOLDER}
mkdir -p "$folder"
folder=$(realpath "$folder")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work"

# The version is fixed: its pictures are what the shipped rules were learned with.
python3 -m pip download --quiet --no-deps --only-binary :all: --python-version 3.11 \
  scikit-image==0.26.0
python3 -m zipfile -e scikit_image-*.whl wheel
apt-get download -qq mate-backgrounds ukui-wallpapers
for package in *.deb; do dpkg-deb -x "$package" debian; done

# Faces: an astronaut and a cameraman. Masks, logos and the like are no scenes.
for name in brick cell chelsea clock_motion coffee coins grass gravel hubble_deep_field ihc moon \
  motorcycle_left motorcycle_right page retina rocket text; do
  cp wheel/skimage/data/$name.* "$folder/"
done
find debian -path '*nature*' -name '*.jpg' -exec cp {} "$folder/" \;
for name in calla.png city.png firstgeneration.jpg goldfish.png string.jpg the-mouse.jpg; do
  cp "debian/usr/share/backgrounds/$name" "$folder/"
done
echo "$(find "$folder" -type f | wc -l) pictures in $folder"
