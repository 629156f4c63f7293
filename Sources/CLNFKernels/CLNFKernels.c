#include "CLNFKernels.h"
