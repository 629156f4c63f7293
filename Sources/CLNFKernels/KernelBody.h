// The kernels' body. Included once for each instruction set with KERNEL(name) naming the copy and
// KERNEL_TARGET giving the target attribute; never on its own.
#ifndef KERNEL
#error "include KernelBody.h from CLNFKernels.c only"
#endif

typedef float KERNEL(f8) __attribute__((vector_size(32), aligned(4)));
typedef int32_t KERNEL(i8) __attribute__((vector_size(32)));
typedef double KERNEL(d4) __attribute__((vector_size(32), aligned(8)));
typedef int64_t KERNEL(l4) __attribute__((vector_size(32)));
#define f8 KERNEL(f8)
#define i8 KERNEL(i8)
#define d4 KERNEL(d4)
#define l4 KERNEL(l4)

// A scalar in all lanes; a macro, as vectors in signatures would depend on the target.
#define SPLAT(value) ((f8){0, 0, 0, 0, 0, 0, 0, 0} + (value))

// exp(x) for |x| <= 87 to about 2e-7 of its value: x = k ln 2 + r, a polynomial for e^r
// (Cephes' expf), 2^k put into the exponent bits.
KERNEL_TARGET static inline __attribute__((always_inline)) void KERNEL(exponential)(f8 *value) {
  f8 x = *value;
  const f8 limit = SPLAT(87.0f);
  x = __builtin_elementwise_min(__builtin_elementwise_max(x, -limit), limit);
  const f8 half = x * 1.44269504088896341f + 12582912.0f;  // rounds to the nearest integer
  const f8 k = half - 12582912.0f;
  const f8 r = (x - k * 0.693359375f) + k * 2.12194440e-4f;
  f8 p = SPLAT(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  const i8 exponent = (__builtin_convertvector(k, i8) + 127) << 23;
  f8 power;
  __builtin_memcpy(&power, &exponent, sizeof power);
  *value = p * power;
}

#include "ImageBody.h"

// 1 / |patch - mean| of every kernel x kernel patch, 0 for a patch without variance. Running sums
// in double precision on values whose mean was taken off, so that little is lost to cancellation.
// means: the patches' means, unless NULL.
KERNEL_TARGET static void KERNEL(inverse_norms)(const float *area, int size, int window, int kernel,
                                                float *norms, float *means) {
  double sums[512], squares[512];
  const double count = (double)kernel * kernel;
  for (int x = 0; x < size; x++) {
    sums[x] = 0;
    squares[x] = 0;
  }
  for (int y = 0; y < size; y++) {
    const float *row = area + y * size;
    for (int x = 0; x < size; x++) {
      sums[x] += (double)row[x];
      squares[x] += (double)row[x] * (double)row[x];
    }
    if (y >= kernel) {
      const float *old = row - kernel * size;
      for (int x = 0; x < size; x++) {
        sums[x] -= (double)old[x];
        squares[x] -= (double)old[x] * (double)old[x];
      }
    }
    if (y < kernel - 1) continue;
    float *out = norms + (y - kernel + 1) * window;
    double sum = 0, square = 0;
    for (int x = 0; x < kernel; x++) {
      sum += sums[x];
      square += squares[x];
    }
    double deviations[64];
    for (int x = 0; x < window; x++) {
      deviations[x] = square - sum * sum / count;
      if (means) means[(y - kernel + 1) * window + x] = (float)(sum / count);
      if (x + 1 < window) {
        sum += sums[x + kernel] - sums[x];
        square += squares[x + kernel] - squares[x];
      }
    }
    for (int x = window; x % 4 != 0; x++) deviations[x] = 0;
    for (int x = 0; x < window; x += 4) {
      const d4 deviation = *(const d4 *)(deviations + x);
      const d4 inverse = 1.0 / __builtin_elementwise_sqrt(deviation);
      for (int lane = 0; lane < 4 && x + lane < window; lane++) {
        out[x + lane] = deviation[lane] > 1e-6 * count ? (float)inverse[lane] : 0.0f;
      }
    }
  }
}

// The mean of an area's levels; four partial sums.
KERNEL_TARGET static float KERNEL(mean_of)(const float *area, int count) {
  double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  int i = 0;
  for (; i + 4 <= count; i += 4) {
    s0 += (double)area[i];
    s1 += (double)area[i + 1];
    s2 += (double)area[i + 2];
    s3 += (double)area[i + 3];
  }
  for (; i < count; i++) s0 += (double)area[i];
  return (float)(((s0 + s2) + (s1 + s3)) / count);
}

// What neurons are correlated with: the area, without its mean, once for each column of the kernel,
// shifted by it and without the columns beyond the window. Position p of the window and row r of the
// kernel then meet at p + r * window: positions lie side by side whatever row they are in.
typedef struct {
  const float *shifted;
  int window, kernel, block;
  // Eight neurons side by side.
  const float *weights;
  float *sums;
  int sums_stride;
} KERNEL(correlation);

// Dot products of `vectors` times eight positions from `first` on with `neurons` kernels from `neuron`
// on; both counts are constants.
KERNEL_TARGET static inline __attribute__((always_inline)) void KERNEL(correlate)(
    const KERNEL(correlation) *c, int first, int vectors, int neuron, int neurons) {
  f8 sums[4][3];
#pragma clang loop unroll(full)
  for (int n = 0; n < neurons; n++) {
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) sums[n][v] = SPLAT(0);
  }
  const float *w = c->weights + neuron;
  for (int row = 0; row < c->kernel; row++) {
    const float *in = c->shifted + first + row * c->window;
    for (int column = 0; column < c->kernel; column++, w += clnf_lane_count, in += c->block) {
      f8 levels[3];
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++) levels[v] = *(const f8 *)(in + v * clnf_lane_count);
#pragma clang loop unroll(full)
      for (int n = 0; n < neurons; n++) {
        const float weight = w[n];
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) sums[n][v] += levels[v] * weight;
      }
    }
  }
#pragma clang loop unroll(full)
  for (int n = 0; n < neurons; n++) {
    float *out = c->sums + (neuron + n) * c->sums_stride + first;
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) *(f8 *)(out + v * clnf_lane_count) = sums[n][v];
  }
}

// All positions, padded to eights, with `neurons` kernels. Three vectors of positions and four neurons
// fill sixteen registers of 32 bytes with what they read, one vector as many of 16 bytes.
KERNEL_TARGET static inline __attribute__((always_inline)) void KERNEL(correlate_all)(
    const KERNEL(correlation) *c, int positions, int neuron, int neurons) {
  int left = padded(positions) / clnf_lane_count, first = 0;
#ifdef KERNEL_HAS_AVX2
  // Never one vector alone but at the very end: it would wait for itself.
  for (; left > 4 || left == 3; left -= 3, first += 3 * clnf_lane_count) {
    KERNEL(correlate)(c, first, 3, neuron, neurons);
  }
  for (; left >= 2; left -= 2, first += 2 * clnf_lane_count) {
    KERNEL(correlate)(c, first, 2, neuron, neurons);
  }
#endif
  for (; left > 0; left--, first += clnf_lane_count) {
    KERNEL(correlate)(c, first, 1, neuron, neurons);
  }
}

// `neurons` (1 to 8) kernels of a group.
KERNEL_TARGET static __attribute__((noinline)) void KERNEL(correlate_group)(
    const KERNEL(correlation) *c, int positions, int neurons) {
  int neuron = 0;
  for (; neurons - neuron >= 4; neuron += 4) KERNEL(correlate_all)(c, positions, neuron, 4);
  switch (neurons - neuron) {
    case 3: KERNEL(correlate_all)(c, positions, neuron, 3); break;
    case 2: KERNEL(correlate_all)(c, positions, neuron, 2); break;
    case 1: KERNEL(correlate_all)(c, positions, neuron, 1); break;
    default: break;
  }
}

KERNEL_TARGET static void KERNEL(neuron_sum)(const float *area, int window, int kernel, int groups,
                                             const float *weights, const float *gain,
                                             const float *slope, const float *bias, float *scratch,
                                             float *y) {
  const response_scratch at = lay_out_response(window, kernel);
  const int size = window + kernel - 1, positions = window * window, wide = padded(positions);
  float *centred = scratch + at.centred, *norms = scratch + at.norms;
  float *shifted = scratch + at.shifted, *total = scratch + at.total;
  const float mean = KERNEL(mean_of)(area, size * size);
  for (int i = 0; i < size * size; i++) centred[i] = area[i] - mean;
  KERNEL(inverse_norms)(centred, size, window, kernel, norms, NULL);
  for (int i = positions; i < wide; i++) norms[i] = 0;
  for (int column = 0; column < kernel; column++) {
    float *block = shifted + column * at.block;
    // Eights that reach beyond a row are written over by the next.
    for (int row = 0; row < size; row++) {
      const float *from = centred + row * size + column;
      for (int x = 0; x < window; x += clnf_lane_count) {
        *(f8 *)(block + row * window + x) = *(const f8 *)(from + x);
      }
    }
  }

  for (int i = 0; i < wide; i++) total[i] = 0;
  const f8 one = SPLAT(1);
  KERNEL(correlation) c = {shifted, window, kernel, at.block, weights, scratch + at.sums, wide};
  for (int g = 0; g < groups; g++, c.weights += kernel * kernel * clnf_lane_count) {
    const float *gains = gain + g * clnf_lane_count;
    int neurons = clnf_lane_count;
    while (neurons > 0 && gains[neurons - 1] == 0) neurons--;
    KERNEL(correlate_group)(&c, positions, neurons);
    for (int n = 0; n < neurons; n++) {
      const int k = g * clnf_lane_count + n;
      const f8 slopes = SPLAT(slope[k]), biases = SPLAT(bias[k]), alpha = SPLAT(gain[k]);
      for (int i = 0; i < wide; i += clnf_lane_count) {
        f8 rho = *(const f8 *)(c.sums + n * wide + i) * *(const f8 *)(norms + i);
        rho = __builtin_elementwise_min(__builtin_elementwise_max(rho, -one), one);
        f8 e = -(slopes * rho + biases);
        KERNEL(exponential)(&e);
        *(f8 *)(total + i) += alpha / (one + e);
      }
    }
  }
  __builtin_memcpy(y, total, (size_t)positions * sizeof *y);
}

// `vectors` (a constant) times eight rows from `first` on of a symmetric matrix times v: column by column,
// which is row by row, so that no sum goes across lanes.
KERNEL_TARGET static inline __attribute__((always_inline)) void KERNEL(multiply_rows)(
    const float *matrix, int n, int stride, const float *v, int first, int vectors, float *out) {
  f8 sums[8];
#pragma clang loop unroll(full)
  for (int k = 0; k < vectors; k++) sums[k] = SPLAT(0);
  const float *column = matrix + first;
  for (int j = 0; j < n; j++, column += stride) {
    const float factor = v[j];
#pragma clang loop unroll(full)
    for (int k = 0; k < vectors; k++) {
      sums[k] += factor * *(const f8 *)(column + k * clnf_lane_count);
    }
  }
#pragma clang loop unroll(full)
  for (int k = 0; k < vectors; k++) {
    const int at = first + k * clnf_lane_count;
    if (at + clnf_lane_count <= n) {
      *(f8 *)(out + at) = sums[k];
    } else {
      for (int lane = 0; at + lane < n; lane++) out[at + lane] = sums[k][lane];
    }
  }
}

KERNEL_TARGET static void KERNEL(symmetric_multiply)(const float *matrix, int n, int stride,
                                                     const float *v, float *out) {
  int first = 0;
  for (; n - first > 4 * clnf_lane_count; first += 8 * clnf_lane_count) {
    if (n - first <= 7 * clnf_lane_count) break;
    KERNEL(multiply_rows)(matrix, n, stride, v, first, 8, out);
  }
  for (; n - first > 2 * clnf_lane_count; first += 4 * clnf_lane_count) {
    if (n - first <= 3 * clnf_lane_count) break;
    KERNEL(multiply_rows)(matrix, n, stride, v, first, 4, out);
  }
  for (; n - first > clnf_lane_count; first += 2 * clnf_lane_count) {
    KERNEL(multiply_rows)(matrix, n, stride, v, first, 2, out);
  }
  if (first < n) KERNEL(multiply_rows)(matrix, n, stride, v, first, 1, out);
}

// Sums and differences of places that mirror each other along a line of `count` (odd) vectors of `width`
// values, `step` apart: the middle and the sums first, then the differences; all times a root of 1/2, so
// that the same once more gives back what was there.
KERNEL_TARGET static inline __attribute__((always_inline)) void KERNEL(fold)(const float *in,
                                                                             int count, int step,
                                                                             int width,
                                                                             float *out) {
  const float root = 0.70710678118654752f;
  const int half = count / 2;
  for (int x = 0; x < width; x++) out[x] = in[half * step + x];
  for (int k = 1; k <= half; k++) {
    const float *before = in + (half - k) * step, *after = in + (half + k) * step;
    float *sum = out + k * step, *difference = out + (half + k) * step;
    for (int x = 0; x < width; x++) {
      sum[x] = root * (after[x] + before[x]);
      difference[x] = root * (after[x] - before[x]);
    }
  }
}

// The way back.
KERNEL_TARGET static inline __attribute__((always_inline)) void KERNEL(unfold)(const float *in,
                                                                               int count, int step,
                                                                               int width,
                                                                               float *out) {
  const float root = 0.70710678118654752f;
  const int half = count / 2;
  for (int x = 0; x < width; x++) out[half * step + x] = in[x];
  for (int k = 1; k <= half; k++) {
    const float *sum = in + k * step, *difference = in + (half + k) * step;
    float *before = out + (half - k) * step, *after = out + (half + k) * step;
    for (int x = 0; x < width; x++) {
      after[x] = root * (sum[x] + difference[x]);
      before[x] = root * (sum[x] - difference[x]);
    }
  }
}

KERNEL_TARGET static void KERNEL(folded_multiply)(const float *blocks, int window, const float *v,
                                                  float *scratch, float *out) {
  const int even = (window + 1) / 2, odd = window / 2, sides[2] = {even, odd};
  float *folded = scratch, *packed = scratch + window * window;
  float *product = packed + window * window;
  KERNEL(fold)(v, window, window, window, product);
  for (int row = 0; row < window; row++) {
    KERNEL(fold)(product + row * window, window, 1, 1, folded + row * window);
  }
  for (int a = 0; a < 2; a++) {
    for (int b = 0; b < 2; b++) {
      const int rows = sides[a], columns = sides[b], order = rows * columns;
      float *corner = folded + (a * window + b) * even;
      for (int i = 0; i < rows; i++) {
        for (int j = 0; j < columns; j++) packed[i * columns + j] = corner[i * window + j];
      }
      KERNEL(symmetric_multiply)(blocks, order, padded(order), packed, product);
      for (int i = 0; i < rows; i++) {
        for (int j = 0; j < columns; j++) corner[i * window + j] = product[i * columns + j];
      }
      blocks += order * padded(order);
    }
  }
  for (int row = 0; row < window; row++) {
    KERNEL(unfold)(folded + row * window, window, 1, 1, product + row * window);
  }
  KERNEL(unfold)(product, window, window, window, out);
}

// Four partial sums, always combined in the same order.
KERNEL_TARGET static inline __attribute__((always_inline)) double KERNEL(dot)(const double *a,
                                                                              const double *b,
                                                                              int n) {
  double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    s0 += a[i] * b[i];
    s1 += a[i + 1] * b[i + 1];
    s2 += a[i + 2] * b[i + 2];
    s3 += a[i + 3] * b[i + 3];
  }
  for (; i < n; i++) s0 += a[i] * b[i];
  return (s0 + s2) + (s1 + s3);
}

#include "SolveBody.h"

KERNEL_TARGET static void KERNEL(accumulate_correlation)(const float *image, int height, int width,
                                                         const float *kernel, int kernel_height,
                                                         int kernel_width, float *out) {
  const int out_width = width - kernel_width + 1;
  for (int y = 0; y + kernel_height <= height; y++) {
    for (int ky = 0; ky < kernel_height; ky++) {
      for (int kx = 0; kx < kernel_width; kx++) {
        const float weight = kernel[ky * kernel_width + kx];
        const float *row = image + (y + ky) * width + kx;
        float *target = out + y * out_width;
        for (int x = 0; x < out_width; x++) target[x] += weight * row[x];
      }
    }
  }
}

#include "NetBody.h"

#include "FinderBody.h"

static const clnf_kernels KERNEL(table) = {
    .sample_area = KERNEL(sample_area),
    .reduce_area = KERNEL(reduce_area),
    .neuron_sum = KERNEL(neuron_sum),
    .symmetric_multiply = KERNEL(symmetric_multiply),
    .folded_multiply = KERNEL(folded_multiply),
    .net_response = KERNEL(net_response),
    .widen = KERNEL(widen),
    .find_faces = KERNEL(find_faces),
    .mean_shift = KERNEL(mean_shift),
    .combine = KERNEL(combine),
    .normal_equations = KERNEL(normal_equations),
    .shape_sums = KERNEL(shape_sums),
    .solve = KERNEL(solve),
    .accumulate_correlation = KERNEL(accumulate_correlation),
};

#undef SPLAT
#undef f8
#undef i8
#undef d4
#undef l4
