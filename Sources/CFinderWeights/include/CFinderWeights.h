// The face finder's nets, part of the program (docs/reference/finder-format.md).
#pragma once
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The file of the net that proposes places, there as long as the program runs, and its size.
const void *clnf_finder_weights(void);
size_t clnf_finder_weights_size(void);

/// The same of the net that decides.
const void *clnf_refiner_weights(void);
size_t clnf_refiner_weights_size(void);

/// The same of the net that says where a face's landmarks are.
const void *clnf_landmark_weights(void);
size_t clnf_landmark_weights_size(void);

/// The same of the net that looks closely where that one saw a face.
const void *clnf_close_landmark_weights(void);
size_t clnf_close_landmark_weights_size(void);

/// The same of the net by which people are told apart.
const void *clnf_identity_weights(void);
size_t clnf_identity_weights_size(void);

#ifdef __cplusplus
}
#endif
