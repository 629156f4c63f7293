// What the bodies of the scanner have in common. Plain types only: nothing here may depend on the
// instruction set that a file is compiled for.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "GreyPixels.hpp"

namespace landmarkd {

/// A rectangle in pixels of the searched image, as dlib reports it.
struct Found {
  double left, top, width, height, confidence;
};

class Scanner {
 public:
  virtual ~Scanner() = default;
  /// Replaces `found` by the faces in `image`, the most confident first.
  virtual void scan(const GreyPixels &image, double threshold, std::vector<Found> &found) = 0;
};

/// dlib's frontal face filters in dlib's serialised form, 155 kB; any thread may ask.
const std::string &serialisedFrontalFaces();

/// `filters`: what `serialisedFrontalFaces` gives.
std::unique_ptr<Scanner> makePortableScanner(const std::string &filters);
#if defined(__x86_64__)
/// Only for processors with AVX2 and FMA.
std::unique_ptr<Scanner> makeAVX2Scanner(const std::string &filters);
#endif

}  // namespace landmarkd
