#if defined(__x86_64__)
#include "ScannerHeaders.hpp"

// The compiler is not called with -mavx2, because that would compile the standard library's
// templates with it as well: dlib is told what it may use, and its functions get the attribute.
#define DLIB_HAVE_SSE3
#define DLIB_HAVE_SSE41
#define DLIB_HAVE_AVX
#define DLIB_HAVE_AVX2
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#define LANDMARKD_SCANNER_NAMESPACE landmarkd_dlib_avx2
#define LANDMARKD_MAKE_SCANNER makeAVX2Scanner
#include "ScannerBody.inc"

#pragma clang attribute pop
#endif
