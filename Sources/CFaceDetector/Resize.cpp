#include "Resize.hpp"

#include <algorithm>
#include <cmath>

namespace landmarkd {

namespace {
constexpr int32_t weightOne = 2048;
}

GreyPixels ResizedImage::resize(const GreyPixels &source, double scale) {
  if (scale == 1) return source;
  const auto scaled = [scale](size_t side) {
    return std::max<size_t>(1, static_cast<size_t>(static_cast<double>(side) * scale));
  };
  const size_t width = scaled(source.width), height = scaled(source.height);
  GreyPixels image = source;
  bool odd = false;
  while (image.width >= 2 * width && image.height >= 2 * height) {
    image = halve(image, odd ? otherHalves : halves);
    odd = !odd;
  }
  return interpolate(image, width, height);
}

GreyPixels ResizedImage::halve(const GreyPixels &source, std::vector<uint8_t> &target) {
  const size_t width = source.width / 2, height = source.height / 2;
  target.resize(width * height);
  for (size_t row = 0; row < height; row++) {
    const uint8_t *upper = source.pixels + 2 * row * source.stride;
    const uint8_t *lower = upper + source.stride;
    uint8_t *out = target.data() + row * width;
    for (size_t column = 0; column < width; column++) {
      const size_t at = 2 * column;
      out[column] =
          static_cast<uint8_t>((upper[at] + upper[at + 1] + lower[at] + lower[at + 1] + 2) >> 2);
    }
  }
  return {target.data(), width, height, width};
}

/// The two neighbours, and their weights, of target position `position`; `step` source pixels a
/// target pixel, `count` source pixels.
ResizedImage::Tap ResizedImage::tap(size_t position, double step, size_t count) {
  const auto at = static_cast<float>((static_cast<double>(position) + 0.5) * step - 0.5);
  const float below = std::floor(at);
  if (below < 0) return {0, 0, weightOne, 0};
  const auto first = static_cast<size_t>(below);
  if (first + 1 >= count) return {count - 1, count - 1, weightOne, 0};
  const float fraction = at - below;
  return {
      first, first + 1, static_cast<int32_t>(std::lrintf((1 - fraction) * weightOne)),
      static_cast<int32_t>(std::lrintf(fraction * weightOne))};
}

GreyPixels ResizedImage::interpolate(const GreyPixels &source, size_t width, size_t height) {
  const double columnStep = static_cast<double>(source.width) / static_cast<double>(width);
  const double rowStep = static_cast<double>(source.height) / static_cast<double>(height);
  columns.resize(width);
  for (size_t column = 0; column < width; column++)
    columns[column] = tap(column, columnStep, source.width);
  pixels.resize(width * height);
  upperRow.resize(width);
  lowerRow.resize(width);

  const auto fill = [&](std::vector<int32_t> &row, size_t sourceRow) {
    const uint8_t *in = source.pixels + sourceRow * source.stride;
    for (size_t column = 0; column < width; column++) {
      const Tap &tap = columns[column];
      row[column] = in[tap.first] * tap.firstWeight + in[tap.second] * tap.secondWeight;
    }
  };
  // The source rows that the two buffers hold; none yet.
  size_t upperHeld = source.height, lowerHeld = source.height;
  for (size_t row = 0; row < height; row++) {
    const Tap rows = tap(row, rowStep, source.height);
    if (rows.first == lowerHeld) {
      std::swap(upperRow, lowerRow);
      std::swap(upperHeld, lowerHeld);
    }
    if (rows.first != upperHeld) fill(upperRow, upperHeld = rows.first);
    if (rows.second != lowerHeld) fill(lowerRow, lowerHeld = rows.second);
    uint8_t *out = pixels.data() + row * width;
    // Sums are of 19 bits, weights of 11: 4 bits go first so that the product fits, 18 afterwards.
    for (size_t column = 0; column < width; column++) {
      const int32_t upper = (rows.firstWeight * (upperRow[column] >> 4)) >> 16;
      const int32_t lower = (rows.secondWeight * (lowerRow[column] >> 4)) >> 16;
      out[column] = static_cast<uint8_t>((upper + lower + 2) >> 2);
    }
  }
  return {pixels.data(), width, height, width};
}

}  // namespace landmarkd
