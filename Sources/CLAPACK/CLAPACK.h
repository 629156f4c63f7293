// BLAS and LAPACK through their C interfaces, for one module map.
#pragma once
#include <cblas.h>
#include <lapacke.h>
