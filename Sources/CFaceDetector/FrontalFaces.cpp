// The one file that uses dlib's own, unrenamed namespace and with it libdlib: the filters are
// stored as text, which libdlib decodes.
#include <dlib/image_processing/frontal_face_detector.h>

#include "Scanner.hpp"

// Decoding takes tenths of a second, so it is done once; the language makes this thread-safe.
const std::string &landmarkd::serialisedFrontalFaces() {
  static const std::string filters = dlib::get_serialized_frontal_faces();
  return filters;
}
