// dlib's frontal HOG face detector behind a C interface.
//
// dlib: D. E. King, "Dlib-ml: A Machine Learning Toolkit" (2009); the detector: N. Dalal and
// B. Triggs, "Histograms of oriented gradients for human detection" (2005), trained as in D. E.
// King, "Max-margin object detection" (2015). It needs no model file.
//
// No exception leaves these functions. A detector may be used from any thread, but by one thread at
// a time.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A detector with its filters and scratch memory; opaque.
typedef struct landmarkd_face_detector landmarkd_face_detector;

/// A face as dlib reports it, before any calibration: pixels of the caller's image.
typedef struct {
  double x, y, width, height;
  double confidence;
} landmarkd_found_face;

/// How an image is searched.
typedef struct {
  /// Factor of the image's width and height before the search, > 0.
  double enlargement;
  /// Added to dlib's own threshold: lower finds more faces and more of what is none.
  double threshold;
  /// Narrower faces, in pixels of the caller's image, are neither searched for nor reported.
  double minimum_face_width;
  /// Largest number of pixels that are searched; a larger image is searched at a smaller scale.
  double maximum_pixels;
} landmarkd_search_settings;

typedef enum {
  LANDMARKD_DETECTOR_OK = 0,
  LANDMARKD_DETECTOR_OUT_OF_MEMORY = 1,
  LANDMARKD_DETECTOR_FAILED = 2,
} landmarkd_detector_status;

/// The body to run.
typedef enum {
  /// The fastest that this machine can run.
  LANDMARKD_BODY_BEST = 0,
  /// What every machine of this architecture can run.
  LANDMARKD_BODY_PORTABLE = 1,
} landmarkd_detector_body;

/// Makes a detector: tenths of a second for the first of a process, which decodes dlib's filters;
/// milliseconds afterwards. On success `*detector` is the caller's, who hands it to
/// `landmarkd_face_detector_destroy`; otherwise `*detector` is NULL.
landmarkd_detector_status landmarkd_face_detector_create(
    landmarkd_detector_body body, landmarkd_face_detector **detector);

/// Frees a detector; NULL is allowed.
void landmarkd_face_detector_destroy(landmarkd_face_detector *detector);

/// "avx2" or "portable".
const char *landmarkd_face_detector_body_name(const landmarkd_face_detector *detector);

/// Searches an image of `height` rows of `width` bytes, `stride` bytes from row to row.
///
/// `*faces` are `*count` faces, the most confident first. They belong to the detector and are valid
/// until its next search. A size of 0 has no faces. Memory: about 20 bytes a searched pixel, kept
/// for the next search.
landmarkd_detector_status landmarkd_face_detector_search(
    landmarkd_face_detector *detector, const uint8_t *pixels, size_t width, size_t height,
    size_t stride, const landmarkd_search_settings *settings, const landmarkd_found_face **faces,
    size_t *count);

/// The scale that a search of a `width` x `height` image would use: what the caller's pixels are
/// multiplied with.
double landmarkd_search_scale(
    size_t width, size_t height, const landmarkd_search_settings *settings);

#ifdef __cplusplus
}
#endif
