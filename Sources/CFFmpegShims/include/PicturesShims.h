// What the module Pictures needs of FFmpeg to write videos.
#pragma once
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libswscale/swscale.h>

static const int landmarkd_averror_einval = AVERROR(EINVAL);
static const int landmarkd_averror_eio = AVERROR(EIO);

/// Writes bytes of the file; returns their number or a negative AVERROR.
typedef int (*landmarkd_write_bytes)(void *opaque, const uint8_t *bytes, int size);
typedef int64_t (*landmarkd_move)(void *opaque, int64_t offset, int whence);

/// A context whose bytes go to `write`; `move` is NULL where the output cannot be rewound. Takes
/// `buffer` (of av_malloc). The callback's bytes became const in libavformat 61.
static inline AVIOContext *landmarkd_output_context(unsigned char *buffer, int size, void *opaque,
                                                    landmarkd_write_bytes write,
                                                    landmarkd_move move) {
#if LIBAVFORMAT_VERSION_MAJOR >= 61
  return avio_alloc_context(buffer, size, 1, opaque, NULL, write, move);
#else
  return avio_alloc_context(buffer, size, 1, opaque, NULL,
                            (int (*)(void *, uint8_t *, int))write, move);
#endif
}

/// Scales packed rows into a part of a frame of yuv420p that begins at (x, y), both even. Returns
/// the number of rows written, or a negative number.
static inline int landmarkd_scale_into(struct SwsContext *scaler, const uint8_t *packed,
                                       int stride, int height, AVFrame *frame, int x, int y) {
  const uint8_t *const from[4] = {packed, NULL, NULL, NULL};
  const int fromStrides[4] = {stride, 0, 0, 0};
  uint8_t *const to[4] = {frame->data[0] + y * frame->linesize[0] + x,
                          frame->data[1] + y / 2 * frame->linesize[1] + x / 2,
                          frame->data[2] + y / 2 * frame->linesize[2] + x / 2, NULL};
  return sws_scale(scaler, from, fromStrides, 0, height, to, frame->linesize);
}

/// Scales the grey plane of one frame into the first plane of another. Returns the number of rows
/// written, or a negative number.
static inline int landmarkd_scale_grey(struct SwsContext *scaler, const AVFrame *from,
                                       AVFrame *to) {
  const uint8_t *const source[4] = {from->data[0], NULL, NULL, NULL};
  const int sourceStrides[4] = {from->linesize[0], 0, 0, 0};
  uint8_t *const target[4] = {to->data[0], NULL, NULL, NULL};
  const int targetStrides[4] = {to->linesize[0], 0, 0, 0};
  return sws_scale(scaler, source, sourceStrides, 0, from->height, target, targetStrides);
}
