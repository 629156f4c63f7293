#pragma once

#include <cstddef>
#include <cstdint>

namespace landmarkd {

/// A borrowed grey image: `height` rows of `width` bytes, `stride` bytes from row to row.
struct GreyPixels {
  const uint8_t *pixels;
  size_t width, height, stride;
};

}  // namespace landmarkd
