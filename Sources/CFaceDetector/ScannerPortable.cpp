#include "ScannerHeaders.hpp"

#define LANDMARKD_SCANNER_NAMESPACE landmarkd_dlib_portable
#define LANDMARKD_MAKE_SCANNER makePortableScanner
#include "ScannerBody.inc"
