// What the module VideoInput needs of FFmpeg and Swift cannot say: macros, arrays of pointers and
// fields that moved between FFmpeg 5.1 and 6.1.
#pragma once
#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/parseutils.h>
#include <libswscale/swscale.h>

static const int landmarkd_averror_invaliddata = AVERROR_INVALIDDATA;
static const int landmarkd_averror_exit = AVERROR_EXIT;
static const int landmarkd_averror_etimedout = AVERROR(ETIMEDOUT);
static const int landmarkd_averror_enomem = AVERROR(ENOMEM);
static const int landmarkd_averror_decoder_not_found = AVERROR_DECODER_NOT_FOUND;
static const int landmarkd_avseek_size = AVSEEK_SIZE;
static const int landmarkd_probe_padding = AVPROBE_PADDING_SIZE;
static const int landmarkd_input_padding = AV_INPUT_BUFFER_PADDING_SIZE;

/// How long the frame is to be shown, in ticks of its packet's time base; 0 where unknown.
static inline int64_t landmarkd_frame_duration(const AVFrame *frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
  return frame->duration;
#else
  return frame->pkt_duration;
#endif
}

/// The stream's display matrix, 9 numbers, or NULL where it has none.
static inline const int32_t *landmarkd_stream_display_matrix(const AVStream *stream) {
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(60, 15, 100)
  const AVPacketSideData *data =
      av_packet_side_data_get(stream->codecpar->coded_side_data,
                              stream->codecpar->nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
  if (!data || data->size < 9 * sizeof(int32_t)) return NULL;
  return (const int32_t *)data->data;
#else
  size_t size = 0;
  const uint8_t *data = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
  if (!data || size < 9 * sizeof(int32_t)) return NULL;
  return (const int32_t *)data;
#endif
}

/// The frame's own display matrix, 9 numbers, or NULL where it has none.
static inline const int32_t *landmarkd_frame_display_matrix(const AVFrame *frame) {
  const AVFrameSideData *data = av_frame_get_side_data(frame, AV_FRAME_DATA_DISPLAYMATRIX);
  if (!data || data->size < 9 * sizeof(int32_t)) return NULL;
  return (const int32_t *)data->data;
}

/// Whether the frame can be decoded by itself; not 0 where it can.
static inline int landmarkd_frame_is_key(const AVFrame *frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 7, 100)
  return frame->flags & AV_FRAME_FLAG_KEY;
#else
  return frame->key_frame;
#endif
}

/// Tells a scaler the colour matrix (negative: leave) and the range (0 limited, 1 full, negative:
/// leave) of what it gets. Returns a negative number where the formats do not allow it.
static inline int landmarkd_scaler_set_input_colour(struct SwsContext *scaler, int colourspace,
                                                    int fullRange) {
  int *inverse, *table;
  int inFull, outFull, brightness, contrast, saturation;
  if (sws_getColorspaceDetails(scaler, &inverse, &inFull, &table, &outFull, &brightness,
                               &contrast, &saturation) < 0)
    return -1;
  const int *chosen = colourspace >= 0 ? sws_getCoefficients(colourspace) : inverse;
  return sws_setColorspaceDetails(scaler, chosen, fullRange >= 0 ? fullRange : inFull, table,
                                  outFull, brightness, contrast, saturation);
}

/// Scales a whole frame into one packed plane. Returns the number of rows written.
static inline int landmarkd_scale(struct SwsContext *scaler, const AVFrame *frame,
                                  uint8_t *destination, int stride) {
  uint8_t *const planes[4] = {destination, NULL, NULL, NULL};
  const int strides[4] = {stride, 0, 0, 0};
  return sws_scale(scaler, (const uint8_t *const *)frame->data, frame->linesize, 0,
                   frame->height, planes, strides);
}

/// When the recording was made, in microseconds since 1970 UTC, as the container's or the stream's
/// metadata state it; 0 where neither does.
static inline int64_t landmarkd_creation_time(const AVFormatContext *format,
                                              const AVStream *stream) {
  const AVDictionaryEntry *entry = av_dict_get(format->metadata, "creation_time", NULL, 0);
  if (!entry) entry = av_dict_get(stream->metadata, "creation_time", NULL, 0);
  int64_t microseconds = 0;
  if (!entry || av_parse_time(&microseconds, entry->value, 0) < 0) return 0;
  return microseconds > 0 ? microseconds : 0;
}

/// The largest picture that a decoder may take memory for.
typedef struct {
  int64_t pixels;
  /// Width << 32 | height of a picture that was refused; 0 where none was.
  int64_t refused;
} landmarkd_picture_limit;

/// Makes a decoder that is not open yet refuse pictures of more than `limit->pixels`, before memory is
/// taken for them. `limit` must outlive the context.
void landmarkd_limit_pictures(AVCodecContext *context, landmarkd_picture_limit *limit);
/// `refused`, from any thread.
int64_t landmarkd_refused_picture(const landmarkd_picture_limit *limit);

static const int landmarkd_averror_http_unauthorized = AVERROR_HTTP_UNAUTHORIZED;
static const int landmarkd_averror_http_forbidden = AVERROR_HTTP_FORBIDDEN;

/// When the sender took the packet's picture, in microseconds since 1970 UTC, as it says (RTCP);
/// AV_NOPTS_VALUE where it does not.
static inline int64_t landmarkd_packet_wallclock(const AVPacket *packet) {
  size_t size = 0;
  const uint8_t *data = av_packet_get_side_data(packet, AV_PKT_DATA_PRFT, &size);
  if (!data || size < sizeof(AVProducerReferenceTime)) return AV_NOPTS_VALUE;
  return ((const AVProducerReferenceTime *)data)->wallclock;
}
