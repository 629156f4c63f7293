// Counts this thread's allocations, by standing in front of glibc's allocator in a test program.
#pragma once
#include <stdint.h>

/// Calls of malloc, calloc, realloc and their aligned kin by this thread since it began. Always 0
/// under sanitizers, which have an allocator of their own.
uint64_t allocation_count(void);
