#!/bin/bash
# Makes clips of at least 10,000 frames by looping a short video: MPEG-4 and H.264 at 480p, 1080p and 4K.
#
#   scripts/make-benchmark-clips.sh VIDEO FOLDER [FRAMES]
#
# Clips that are there already are kept. 4K clips have a tenth of the frames: they say as much, sooner.
set -euo pipefail

if (($# < 2 || $# > 3)); then
  echo "usage: scripts/make-benchmark-clips.sh VIDEO FOLDER [FRAMES]" >&2
  exit 2
fi
video=$1 folder=$2 frames=${3:-10000}
mkdir -p "$folder"

# make NAME WIDTH HEIGHT FRAMES ENCODER-OPTION...
make_clip() {
  local name=$1 width=$2 height=$3 count=$4
  shift 4
  [[ -e $folder/$name ]] && return
  echo "$name"
  ffmpeg -v error -nostdin -stream_loop -1 -i "$video" -an -frames:v "$count" \
    -vf "scale=$width:$height:force_original_aspect_ratio=decrease:flags=bicubic,pad=$width:$height:-1:-1" \
    -pix_fmt yuv420p "$@" -y "$folder/partial-$name"
  mv "$folder/partial-$name" "$folder/$name"
}

mpeg4=(-c:v mpeg4 -q:v 4 -g 50)
h264=(-c:v libx264 -preset veryfast -crf 23 -g 50)
make_clip mpeg4-480p.avi 640 480 "$frames" "${mpeg4[@]}"
make_clip h264-480p.mp4 640 480 "$frames" "${h264[@]}"
make_clip mpeg4-1080p.avi 1920 1080 "$frames" "${mpeg4[@]}"
make_clip h264-1080p.mp4 1920 1080 "$frames" "${h264[@]}"
make_clip mpeg4-2160p.avi 3840 2160 "$((frames / 10))" "${mpeg4[@]}"
make_clip h264-2160p.mp4 3840 2160 "$((frames / 10))" "${h264[@]}"
