#!/bin/bash
# Makes landmarkd-VERSION-py3-none-manylinux_2_36_x86_64.whl: the module of python/, with the program
# and the libraries of the tarball that scripts/packages/make-bundle.sh has made.
#
#   scripts/packages/make-wheel.sh      PACKAGES: another folder than packages; PYTHON: another python3
source "$(dirname "$0")/common.sh"

bundle=$made/landmarkd-$version-linux-x86_64.tar.gz
[[ -f $bundle ]] || end "There is no $bundle; make tarball makes it."
cp -a python "$work/python"
cp LICENSE NOTICE "$work/python/"
module=$work/python/src/landmarkd
install -d "$module/program"
tar --extract --gzip --file "$bundle" --directory "$module/program" --strip-components=1 \
  --no-same-owner
# What Python's users have in other ways: the manual's pages and completions for shells.
rm -rf "$module"/program/share/{man,fish,zsh,bash-completion} "$module"/program/{README.txt,CHANGELOG.md}
printf '"""The program'\''s version."""\n\n__version__ = "%s"\n' "$version" >"$module/_version.py"
find "$work/python" -name __pycache__ -prune -exec rm -rf {} +
dated "$work/python"

# The build backend is fetched by pip, for this build alone.
"${PYTHON:-python3}" -m pip wheel --quiet --no-deps --wheel-dir "$work/wheel" "$work/python"
wheel=$work/wheel/landmarkd-$version-py3-none-manylinux_2_36_x86_64.whl
[[ -f $wheel ]] || end "pip made another wheel: $(ls "$work/wheel")"
mv "$wheel" "$made/"
written "$made/${wheel##*/}"
