// Resizing of grey images.
#pragma once

#include <vector>

#include "GreyPixels.hpp"

namespace landmarkd {

/// A grey image that owns its pixels, and the memory it was made with.
class ResizedImage {
 public:
  /// Makes this image `source` at `scale` times its size (each side rounded down, at least 1) and
  /// gives a view that is valid until the next call. `scale` 1 gives `source` itself.
  ///
  /// Bilinear, pixel centres at halves, edge pixels repeated, weights in steps of 1/2048: the usual
  /// integer arithmetic of 8-bit images, so that boxes agree with those of detectors that are
  /// handed an image enlarged in the usual way. Below half size the image is first halved (means of
  /// 2 x 2) as often as needed, so that no pixel goes unused.
  GreyPixels resize(const GreyPixels &source, double scale);

 private:
  struct Tap {
    size_t first, second;
    int32_t firstWeight, secondWeight;
  };

  GreyPixels halve(const GreyPixels &source, std::vector<uint8_t> &target);
  GreyPixels interpolate(const GreyPixels &source, size_t width, size_t height);
  static Tap tap(size_t position, double step, size_t count);

  std::vector<uint8_t> pixels, halves, otherHalves;
  std::vector<Tap> columns;
  std::vector<int32_t> upperRow, lowerRow;
};

}  // namespace landmarkd
