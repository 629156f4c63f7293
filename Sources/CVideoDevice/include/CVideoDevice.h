// What a V4L2 device says about itself. The requests are macros that Swift cannot import.
//
// All functions return 0, or the error number; ends of lists are EINVAL.
#pragma once
#include <stdint.h>

typedef struct {
  char card[33];
  char driver[33];
  char bus[33];
  /// Whether pictures can be read from it as a stream: not a metadata or an output node.
  int captures;
} landmarkd_video_device;

typedef struct {
  uint32_t fourcc;
  char description[33];
  int isCompressed;
} landmarkd_video_format;

/// One size (steps of 0) or a range of sizes, in pixels.
typedef struct {
  uint32_t minimumWidth, maximumWidth, stepWidth;
  uint32_t minimumHeight, maximumHeight, stepHeight;
} landmarkd_video_size;

/// One rate (both the same) or a range of rates, in frames a second.
typedef struct {
  double slowest, fastest;
} landmarkd_video_rate;

int landmarkd_video_query(int descriptor, landmarkd_video_device *device);
int landmarkd_video_format_at(int descriptor, uint32_t index, landmarkd_video_format *format);
int landmarkd_video_size_at(int descriptor, uint32_t fourcc, uint32_t index,
                            landmarkd_video_size *size);
int landmarkd_video_rate_at(int descriptor, uint32_t fourcc, uint32_t width, uint32_t height,
                            uint32_t index, landmarkd_video_rate *rate);
