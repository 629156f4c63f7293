// The default model's file, part of the program (docs/use/models.md).
#pragma once
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The file's bytes, 64-byte aligned, there as long as the program runs.
const void *clnf_default_model(void);

/// Their number.
size_t clnf_default_model_size(void);

#ifdef __cplusplus
}
#endif
