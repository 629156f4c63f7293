#include <algorithm>
#include <cmath>
#include <memory>
#include <new>
#include <vector>

#include "CFaceDetector.h"
#include "Resize.hpp"
#include "Scanner.hpp"

namespace {

/// The side of dlib's detection window. Smaller faces than this, in searched pixels, are not found.
constexpr double windowSide = 80;

bool hasAVX2() {
#if defined(__x86_64__)
  // Asks the processor and, for the registers' upper halves, the operating system.
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
  return false;
#endif
}

/// Runs `body`; what it throws becomes a status.
template <typename Body>
landmarkd_detector_status guarded(Body body) {
  try {
    body();
    return LANDMARKD_DETECTOR_OK;
  } catch (const std::bad_alloc &) {
    return LANDMARKD_DETECTOR_OUT_OF_MEMORY;
  } catch (...) {
    return LANDMARKD_DETECTOR_FAILED;
  }
}

}  // namespace

struct landmarkd_face_detector {
  std::unique_ptr<landmarkd::Scanner> scanner;
  const char *bodyName;
  landmarkd::ResizedImage resized;
  std::vector<landmarkd::Found> found;
  std::vector<landmarkd_found_face> faces;
};

extern "C" {

landmarkd_detector_status landmarkd_face_detector_create(
    landmarkd_detector_body body, landmarkd_face_detector **detector) {
  *detector = nullptr;
  return guarded([&] {
    auto made = std::make_unique<landmarkd_face_detector>();
    const std::string &filters = landmarkd::serialisedFrontalFaces();
#if defined(__x86_64__)
    if (body == LANDMARKD_BODY_BEST && hasAVX2()) {
      made->scanner = landmarkd::makeAVX2Scanner(filters);
      made->bodyName = "avx2";
    }
#endif
    if (!made->scanner) {
      made->scanner = landmarkd::makePortableScanner(filters);
      made->bodyName = "portable";
    }
    *detector = made.release();
  });
}

void landmarkd_face_detector_destroy(landmarkd_face_detector *detector) { delete detector; }

const char *landmarkd_face_detector_body_name(const landmarkd_face_detector *detector) {
  return detector->bodyName;
}

double landmarkd_search_scale(
    size_t width, size_t height, const landmarkd_search_settings *settings) {
  const double pixels = static_cast<double>(width) * static_cast<double>(height);
  double scale = settings->enlargement;
  if (settings->minimum_face_width > 0)
    scale = std::min(scale, windowSide / settings->minimum_face_width);
  if (pixels > 0) scale = std::min(scale, std::sqrt(settings->maximum_pixels / pixels));
  return scale;
}

landmarkd_detector_status landmarkd_face_detector_search(
    landmarkd_face_detector *detector, const uint8_t *pixels, size_t width, size_t height,
    size_t stride, const landmarkd_search_settings *settings, const landmarkd_found_face **faces,
    size_t *count) {
  *faces = nullptr;
  *count = 0;
  if (width == 0 || height == 0) return LANDMARKD_DETECTOR_OK;
  return guarded([&] {
    const double scale = landmarkd_search_scale(width, height, settings);
    const landmarkd::GreyPixels image =
        detector->resized.resize({pixels, width, height, stride}, scale);
    detector->scanner->scan(image, settings->threshold, detector->found);
    detector->faces.clear();
    for (const landmarkd::Found &found : detector->found) {
      if (found.width / scale < settings->minimum_face_width) continue;
      detector->faces.push_back(
          {found.left / scale, found.top / scale, found.width / scale, found.height / scale,
           found.confidence});
    }
    *faces = detector->faces.data();
    *count = detector->faces.size();
  });
}

}  // extern "C"
