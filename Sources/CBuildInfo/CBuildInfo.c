#include "CBuildInfo.h"

// scripts/write-commit.sh writes it, and it is part of the tarballs of `make dist`.
#if __has_include("commit.h")
#include "commit.h"
#else
#define LANDMARKD_COMMIT "unknown"
#endif

const char *landmarkd_commit(void) { return LANDMARKD_COMMIT; }
