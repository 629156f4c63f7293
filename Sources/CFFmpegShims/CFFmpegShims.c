#include "CFFmpegShims.h"

// Frames are coded in whole blocks, of 64 pixels at most; what is cropped beyond that counts.
static int shown_side(int coded, int shown) {
  return shown > 0 && shown <= coded && coded - shown < 64 ? shown : coded;
}

// Called in the decoder's threads.
static int get_limited_buffer(AVCodecContext *context, AVFrame *frame, int flags) {
  landmarkd_picture_limit *limit = context->opaque;
  const int width = shown_side(frame->width, context->width);
  const int height = shown_side(frame->height, context->height);
  if (width > 0 && height > 0 && (int64_t)width * height > limit->pixels) {
    __atomic_store_n(&limit->refused, (int64_t)width << 32 | height, __ATOMIC_RELAXED);
    return AVERROR(EFBIG);
  }
  return avcodec_default_get_buffer2(context, frame, flags);
}

void landmarkd_limit_pictures(AVCodecContext *context, landmarkd_picture_limit *limit) {
  context->opaque = limit;
  context->get_buffer2 = get_limited_buffer;
#if LIBAVCODEC_VERSION_MAJOR < 60
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  // Without this FFmpeg 5 calls back in the thread that feeds the decoder, and frames wait for one another.
  context->thread_safe_callbacks = 1;
#pragma GCC diagnostic pop
#endif
}

int64_t landmarkd_refused_picture(const landmarkd_picture_limit *limit) {
  return __atomic_load_n(&limit->refused, __ATOMIC_RELAXED);
}
