#include "CVideoDevice.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <string.h>
#include <sys/ioctl.h>

static int request(int descriptor, unsigned long code, void *argument) {
  int result;
  do result = ioctl(descriptor, code, argument);
  while (result < 0 && errno == EINTR);
  return result < 0 ? errno : 0;
}

// The driver's text, which may fill its field without an end.
static void copy(char *to, const uint8_t *from, size_t length) {
  memcpy(to, from, length);
  to[length] = 0;
}

int landmarkd_video_query(int descriptor, landmarkd_video_device *device) {
  struct v4l2_capability capability = {0};
  int error = request(descriptor, VIDIOC_QUERYCAP, &capability);
  if (error) return error;
  copy(device->card, capability.card, sizeof capability.card);
  copy(device->driver, capability.driver, sizeof capability.driver);
  copy(device->bus, capability.bus_info, sizeof capability.bus_info);
  // Of this node, where the driver tells nodes apart.
  uint32_t can = capability.capabilities & V4L2_CAP_DEVICE_CAPS ? capability.device_caps
                                                                 : capability.capabilities;
  device->captures = (can & V4L2_CAP_VIDEO_CAPTURE) && (can & V4L2_CAP_STREAMING);
  return 0;
}

int landmarkd_video_format_at(int descriptor, uint32_t index, landmarkd_video_format *format) {
  struct v4l2_fmtdesc found = {.index = index, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
  int error = request(descriptor, VIDIOC_ENUM_FMT, &found);
  if (error) return error;
  format->fourcc = found.pixelformat;
  copy(format->description, found.description, sizeof found.description);
  format->isCompressed = !!(found.flags & V4L2_FMT_FLAG_COMPRESSED);
  return 0;
}

int landmarkd_video_size_at(int descriptor, uint32_t fourcc, uint32_t index,
                            landmarkd_video_size *size) {
  struct v4l2_frmsizeenum found = {.index = index, .pixel_format = fourcc};
  int error = request(descriptor, VIDIOC_ENUM_FRAMESIZES, &found);
  if (error) return error;
  if (found.type == V4L2_FRMSIZE_TYPE_DISCRETE) {
    *size = (landmarkd_video_size){found.discrete.width,  found.discrete.width,  0,
                                   found.discrete.height, found.discrete.height, 0};
  } else {
    // A range is one entry, whatever the index.
    if (index > 0) return EINVAL;
    *size = (landmarkd_video_size){
        found.stepwise.min_width,  found.stepwise.max_width,  found.stepwise.step_width,
        found.stepwise.min_height, found.stepwise.max_height, found.stepwise.step_height};
  }
  return 0;
}

static double rateOf(struct v4l2_fract interval) {
  return interval.numerator ? (double)interval.denominator / interval.numerator : 0;
}

int landmarkd_video_rate_at(int descriptor, uint32_t fourcc, uint32_t width, uint32_t height,
                            uint32_t index, landmarkd_video_rate *rate) {
  struct v4l2_frmivalenum found = {
      .index = index, .pixel_format = fourcc, .width = width, .height = height};
  int error = request(descriptor, VIDIOC_ENUM_FRAMEINTERVALS, &found);
  if (error) return error;
  if (found.type == V4L2_FRMIVAL_TYPE_DISCRETE) {
    rate->slowest = rate->fastest = rateOf(found.discrete);
  } else {
    if (index > 0) return EINVAL;
    rate->slowest = rateOf(found.stepwise.max);
    rate->fastest = rateOf(found.stepwise.min);
  }
  return 0;
}
