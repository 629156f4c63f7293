#include "CFFmpegShims.h"

// Called in the decoder's threads.
static int get_limited_buffer(AVCodecContext *context, AVFrame *frame, int flags) {
  landmarkd_picture_limit *limit = context->opaque;
  if (frame->width > 0 && frame->height > 0 &&
      (int64_t)frame->width * frame->height > limit->pixels) {
    __atomic_store_n(&limit->refused, (int64_t)frame->width << 32 | frame->height,
                     __ATOMIC_RELAXED);
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
