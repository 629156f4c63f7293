// The kernels' body. Included once for each instruction set with KERNEL(name) naming the copy and
// KERNEL_TARGET giving the target attribute; never on its own.
#ifndef KERNEL
#error "include KernelBody.h from CLNFKernels.c only"
#endif

typedef float KERNEL(f8) __attribute__((vector_size(32), aligned(4)));
typedef int32_t KERNEL(i8) __attribute__((vector_size(32)));
#define f8 KERNEL(f8)
#define i8 KERNEL(i8)

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

KERNEL_TARGET static void KERNEL(sample_area)(const uint8_t *image, int width, int height, float cx,
                                              float cy, float a, float b, int size, float *out) {
  const float centre = (float)(size - 1) / 2;
  const float max_x = (float)(width - 1), max_y = (float)(height - 1);
  for (int v = 0; v < size; v++) {
    const float dv = (float)v - centre;
    for (int u = 0; u < size; u++) {
      const float du = (float)u - centre;
      float x = cx + a * du - b * dv, y = cy + b * du + a * dv;
      // Written so that a coordinate that is not a number becomes 0.
      x = x > 0 ? x : 0;
      y = y > 0 ? y : 0;
      x = x < max_x ? x : max_x;
      y = y < max_y ? y : max_y;
      int x0 = (int)x, y0 = (int)y;
      const int x1 = x0 + 1 < width ? x0 + 1 : x0, y1 = y0 + 1 < height ? y0 + 1 : y0;
      const float fx = x - (float)x0, fy = y - (float)y0;
      const uint8_t *row0 = image + (size_t)y0 * (size_t)width;
      const uint8_t *row1 = image + (size_t)y1 * (size_t)width;
      const float top = (float)row0[x0] + fx * (float)(row0[x1] - row0[x0]);
      const float bottom = (float)row1[x0] + fx * (float)(row1[x1] - row1[x0]);
      out[v * size + u] = top + fy * (bottom - top);
    }
  }
}

// 1 / |patch - mean| of every kernel x kernel patch, 0 for a patch without variance. Running sums
// in double precision on values whose mean was taken off, so that little is lost to cancellation.
KERNEL_TARGET static void KERNEL(inverse_norms)(const float *area, int size, int window, int kernel,
                                                float *norms) {
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
    for (int x = 0; x < window; x++) {
      const double deviation = square - sum * sum / count;
      out[x] = deviation > 1e-6 * count ? (float)(1.0 / __builtin_sqrt(deviation)) : 0.0f;
      if (x + 1 < window) {
        sum += sums[x + kernel] - sums[x];
        square += squares[x + kernel] - squares[x];
      }
    }
  }
}

KERNEL_TARGET static void KERNEL(neuron_sum)(const float *area, int window, int kernel, int groups,
                                             const float *weights, const float *gain,
                                             const float *slope, const float *bias, float *scratch,
                                             float *y) {
  const int size = window + kernel - 1, positions = window * window;
  float *centred = scratch, *norms = scratch + size * size;
  double total = 0;
  for (int i = 0; i < size * size; i++) total += (double)area[i];
  const float mean = (float)(total / (size * size));
  for (int i = 0; i < size * size; i++) centred[i] = area[i] - mean;
  KERNEL(inverse_norms)(centred, size, window, kernel, norms);

  const f8 one = SPLAT(1);
  for (int first = 0; first < positions; first += 4) {
    const float *base[4];
    int at[4];
    for (int k = 0; k < 4; k++) {
      at[k] = first + k < positions ? first + k : positions - 1;
      base[k] = centred + (at[k] / window) * size + at[k] % window;
    }
    float result[4] = {0, 0, 0, 0};
    for (int g = 0; g < groups; g++) {
      f8 sum0 = SPLAT(0), sum1 = sum0, sum2 = sum0, sum3 = sum0;
      const float *w = weights + (size_t)g * (size_t)(kernel * kernel * clnf_lane_count);
      for (int row = 0; row < kernel; row++) {
        const int offset = row * size;
        for (int column = 0; column < kernel; column++, w += clnf_lane_count) {
          const f8 weight = *(const f8 *)w;
          sum0 += weight * base[0][offset + column];
          sum1 += weight * base[1][offset + column];
          sum2 += weight * base[2][offset + column];
          sum3 += weight * base[3][offset + column];
        }
      }
      const f8 gains = *(const f8 *)(gain + g * clnf_lane_count);
      const f8 slopes = *(const f8 *)(slope + g * clnf_lane_count);
      const f8 biases = *(const f8 *)(bias + g * clnf_lane_count);
      const f8 sums[4] = {sum0, sum1, sum2, sum3};
      for (int k = 0; k < 4; k++) {
        f8 rho = sums[k] * norms[at[k]];
        rho = __builtin_elementwise_min(__builtin_elementwise_max(rho, -one), one);
        f8 e = -(slopes * rho + biases);
        KERNEL(exponential)(&e);
        const f8 activation = gains / (one + e);
        for (int lane = 0; lane < clnf_lane_count; lane++) result[k] += activation[lane];
      }
    }
    for (int k = 0; k < 4 && first + k < positions; k++) y[first + k] = result[k];
  }
}

// Column by column, which is row by row for a symmetric matrix: no sum across lanes.
KERNEL_TARGET static void KERNEL(symmetric_multiply)(const float *matrix, int n, int stride,
                                                     const float *v, float *out) {
  for (int i = 0; i < n; i++) out[i] = 0;
  for (int j = 0; j < n; j++) {
    const float *column = matrix + (size_t)j * (size_t)stride;
    const float factor = v[j];
    for (int i = 0; i < n; i++) out[i] += factor * column[i];
  }
}

KERNEL_TARGET static void KERNEL(mode_column)(const double *mode, int n, const double *row0,
                                              const double *row1, double *out) {
  for (int i = 0; i < n; i++) {
    const double x = mode[i], y = mode[n + i], z = mode[2 * n + i];
    out[i] = row0[0] * x + row0[1] * y + row0[2] * z;
    out[n + i] = row1[0] * x + row1[1] * y + row1[2] * z;
  }
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

KERNEL_TARGET static void KERNEL(normal_equations)(const double *jacobian, int rows, int columns,
                                                   int stride, const double *weights,
                                                   const double *residual, double *scratch,
                                                   double *hessian, double *gradient) {
  for (int a = 0; a < columns; a++) {
    const double *column = jacobian + (size_t)a * (size_t)stride;
    for (int i = 0; i < rows; i++) scratch[i] = weights[i] * column[i];
    for (int b = 0; b <= a; b++) {
      hessian[a * columns + b] =
          KERNEL(dot)(scratch, jacobian + (size_t)b * (size_t)stride, rows);
    }
    gradient[a] = KERNEL(dot)(scratch, residual, rows);
  }
}

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

static const clnf_kernels KERNEL(table) = {
    KERNEL(sample_area),  KERNEL(neuron_sum),       KERNEL(symmetric_multiply),
    KERNEL(mode_column),  KERNEL(normal_equations), KERNEL(accumulate_correlation),
    KERNEL(net_response), KERNEL(widen),
};

#undef SPLAT
#undef f8
#undef i8
