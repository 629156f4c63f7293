// Values that FFmpeg defines as macros which Swift's importer does not see.
#pragma once
#include <errno.h>
#include <libavutil/avutil.h>
#include <libavutil/error.h>

static const int64_t landmarkd_av_nopts_value = AV_NOPTS_VALUE;
static const int landmarkd_averror_eof = AVERROR_EOF;
static const int landmarkd_averror_eagain = AVERROR(EAGAIN);
static inline int landmarkd_averror(int errnum) { return AVERROR(errnum); }

#include "PicturesShims.h"
#include "VideoInputShims.h"
