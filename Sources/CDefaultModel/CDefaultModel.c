#include "CDefaultModel.h"

alignas(64) static const unsigned char model[] = {
#embed "default.landmarkd"
};

const void *clnf_default_model(void) { return model; }

size_t clnf_default_model_size(void) { return sizeof model; }
