// Sampling and reducing images: part of the kernels' body; included by KernelBody.h only.

KERNEL_TARGET static inline __attribute__((always_inline)) float KERNEL(sample)(
    const uint8_t *image, int width, int height, float x, float y) {
  const float max_x = (float)(width - 1), max_y = (float)(height - 1);
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
  return top + fy * (bottom - top);
}

// The pixels at eight places and those to their right, two in each of `pairs`' low 16 bits.
KERNEL_TARGET static inline __attribute__((always_inline)) void KERNEL(gather_pairs)(
    const uint8_t *image, const i8 *offsets, i8 *pairs) {
#ifdef KERNEL_HAS_AVX2
  *pairs = (i8)_mm256_i32gather_epi32((const int *)image, (__m256i)*offsets, 1);
#else
  for (int lane = 0; lane < clnf_lane_count; lane++) {
    const uint8_t *at = image + (*offsets)[lane];
    (*pairs)[lane] = at[0] | at[1] << 8;
  }
#endif
}

// value where it lies in 0 ... limit, else the nearer end; 0 where it is not a number.
KERNEL_TARGET static inline __attribute__((always_inline)) void KERNEL(clamp)(f8 *value,
                                                                              float limit) {
  const f8 above = SPLAT(limit);
  i8 bits;
  __builtin_memcpy(&bits, value, sizeof bits);
  bits &= (i8)(*value > SPLAT(0));
  __builtin_memcpy(value, &bits, sizeof bits);
  const i8 within = (i8)(*value < above);
  i8 limits;
  __builtin_memcpy(&limits, &above, sizeof limits);
  bits = (bits & within) | (limits & ~within);
  __builtin_memcpy(value, &bits, sizeof bits);
}

// Rows of 8 points and more, of images of 4 x 3 pixels and more. The grid's points, in their order, are
// taken eight at a time whatever row they are in.
KERNEL_TARGET static void KERNEL(sample_wide)(const uint8_t *image, int width, int height, float cx,
                                              float cy, float a, float b, int size, float *out) {
  const float centre = (float)(size - 1) / 2;
  const int count = size * size;
  i8 u = {0, 1, 2, 3, 4, 5, 6, 7}, v = u - u;
  for (int first = 0; first < count; first += clnf_lane_count) {
    const f8 du = __builtin_convertvector(u, f8) - centre;
    const f8 dv = __builtin_convertvector(v, f8) - centre;
    f8 x = SPLAT(cx) + a * du - b * dv, y = SPLAT(cy) + b * du + a * dv;
    KERNEL(clamp)(&x, (float)(width - 1));
    KERNEL(clamp)(&y, (float)(height - 1));
    // At the last column or row the pixel before takes part with a share of 0.
    i8 x0 = __builtin_convertvector(x, i8), y0 = __builtin_convertvector(y, i8);
    x0 += (i8)(x0 > width - 2);
    y0 += (i8)(y0 > height - 2);
    const f8 fx = x - __builtin_convertvector(x0, f8), fy = y - __builtin_convertvector(y0, f8);
    const i8 at = y0 * width + x0;
    i8 upper, lower;
    KERNEL(gather_pairs)(image, &at, &upper);
    const i8 below = at + width;
    KERNEL(gather_pairs)(image, &below, &lower);
    const i8 upper_left = upper & 255, lower_left = lower & 255;
    const i8 upper_right = (upper >> 8) & 255, lower_right = (lower >> 8) & 255;
    const f8 top = __builtin_convertvector(upper_left, f8) +
                   fx * __builtin_convertvector(upper_right - upper_left, f8);
    const f8 bottom = __builtin_convertvector(lower_left, f8) +
                      fx * __builtin_convertvector(lower_right - lower_left, f8);
    const f8 level = top + fy * (bottom - top);
    if (first + clnf_lane_count <= count) {
      *(f8 *)(out + first) = level;
    } else {
      for (int lane = 0; first + lane < count; lane++) out[first + lane] = level[lane];
    }
    u += clnf_lane_count;
    const i8 ends = (i8)(u >= size);
    u -= ends & size;
    v -= ends;
  }
}

KERNEL_TARGET static void KERNEL(sample_area)(const uint8_t *image, int width, int height, float cx,
                                              float cy, float a, float b, int size, float *out) {
  const float centre = (float)(size - 1) / 2;
  // A gather reads two bytes more than the pair: not behind the last row. Coordinates that are not
  // finite fail the comparison. One more row is looked at beyond the grid's last.
  const float reach = (__builtin_fabsf(a) + __builtin_fabsf(b)) * (centre + 1);
  if (size >= clnf_lane_count && width >= 4 && height >= 4 && cy + reach < (float)(height - 3) &&
      (int64_t)width * height < INT32_MAX) {
    KERNEL(sample_wide)(image, width, height, cx, cy, a, b, size, out);
    return;
  }
  for (int v = 0; v < size; v++) {
    const float dv = (float)v - centre;
    for (int u = 0; u < size; u++) {
      const float du = (float)u - centre;
      out[v * size + u] = KERNEL(sample)(image, width, height, cx + a * du - b * dv,
                                         cy + b * du + a * dv);
    }
  }
}

// out[x] = the pixels of `rows` whole rows from `first` on, summed by columns; rows <= 257.
KERNEL_TARGET static void KERNEL(add_whole_rows)(const uint8_t *first, size_t stride, int rows,
                                                 int columns, uint16_t *out) {
  int row = 0;
  for (int x = 0; x < columns; x++) out[x] = 0;
  for (; row + 4 <= rows; row += 4) {
    const uint8_t *r0 = first + (size_t)row * stride, *r1 = r0 + stride, *r2 = r1 + stride,
                  *r3 = r2 + stride;
    for (int x = 0; x < columns; x++) {
      out[x] = (uint16_t)(out[x] + (uint16_t)(r0[x] + r1[x]) + (uint16_t)(r2[x] + r3[x]));
    }
  }
  for (; row < rows; row++) {
    const uint8_t *r = first + (size_t)row * stride;
    for (int x = 0; x < columns; x++) out[x] = (uint16_t)(out[x] + r[x]);
  }
}

// sums[x] = the column's pixels between the heights start and end (1/256 px from the first row's upper
// edge), each times 256 times the share of it that lies between.
KERNEL_TARGET static void KERNEL(sum_columns)(const uint8_t *image, size_t stride, int rows,
                                              int columns, int64_t start, int64_t end,
                                              uint16_t *whole, uint32_t *sums) {
  const int first = (int)(start >> 8), last = (int)(end >> 8);
  const uint8_t *upper = image + (size_t)first * stride;
  if (first == last) {
    const uint32_t share = (uint32_t)(end - start);
    for (int x = 0; x < columns; x++) sums[x] = share * upper[x];
    return;
  }
  const uint32_t above = (uint32_t)(((int64_t)(first + 1) << 8) - start);
  const uint32_t below = last < rows ? (uint32_t)(end & 255) : 0;
  const uint8_t *lower = image + (size_t)(below > 0 ? last : first) * stride;
  for (int x = 0; x < columns; x++) sums[x] = above * upper[x] + below * lower[x];
  for (int row = first + 1; row < last; row += 256) {
    const int count = last - row < 256 ? last - row : 256;
    KERNEL(add_whole_rows)(image + (size_t)row * stride, stride, count, columns, whole);
    for (int x = 0; x < columns; x++) sums[x] += 256 * (uint32_t)whole[x];
  }
}

// The columns of a reduction: where output pixels end, and a row's sums.
typedef struct {
  int count, out_width;
  // By output pixel: the whole columns before its right edge and 1/256 of the one that it cuts; its
  // width in 1/256 px, and 1 over it.
  uint32_t *last, *share, *width;
  double *inverse;
  // By column: the row's sums, and those of all columns before; both have one more.
  uint32_t *sums, *before;
  // Up to the right edge of each output pixel, after a 0.
  uint32_t *upto;
  uint16_t *whole;
} KERNEL(columns);

KERNEL_TARGET static void KERNEL(lay_out_columns)(int columns, double factor, int out_width,
                                                  double *scratch, KERNEL(columns) *at) {
  const size_t room = (size_t)columns + 2;
  uint32_t *next = (uint32_t *)(scratch + room);
  *at = (KERNEL(columns)){.count = columns, .out_width = out_width, .inverse = scratch};
  uint32_t **parts[] = {&at->last, &at->share, &at->width, &at->sums, &at->before, &at->upto};
  for (int i = 0; i < 6; i++, next += room) *parts[i] = next;
  at->whole = (uint16_t *)next;
  int64_t left = 0;
  for (int i = 0; i < out_width; i++) {
    const int64_t right = i + 1 < out_width ? edge(i + 1, factor, columns) : (int64_t)columns * 256;
    at->last[i] = (uint32_t)(right >> 8);
    at->share[i] = (uint32_t)(right & 255);
    at->width[i] = (uint32_t)(right - left);
    at->inverse[i] = right > left ? 1 / (double)(right - left) : 0;
    left = right;
  }
}

// A row of a reduction by at most 16: the sum of a pixel has 32 bits, and differences of running sums
// are right even where those have run over. Quotients of whole numbers, half a unit more, are far
// enough from the next whole number for the rounding of doubles.
KERNEL_TARGET static void KERNEL(reduce_row)(const KERNEL(columns) *at, uint32_t height,
                                             uint8_t *out) {
  uint32_t total = 0;
  for (int x = 0; x < at->count; x++) {
    at->before[x] = total;
    total += at->sums[x];
  }
  at->before[at->count] = total;
  at->sums[at->count] = 0;
  at->upto[0] = 0;
  for (int i = 0; i < at->out_width; i++) {
    const uint32_t last = at->last[i];
    at->upto[i + 1] = 256 * at->before[last] + at->share[i] * at->sums[last];
  }
  const double inverse = height > 0 ? 1 / (double)height : 0;
  for (int i = 0; i < at->out_width; i++) {
    const uint32_t half = (at->width[i] * height) >> 1;
    const double sum = (double)(at->upto[i + 1] - at->upto[i] + half) + 0.5;
    out[i] = (uint8_t)(int32_t)(sum * (at->inverse[i] * inverse));
  }
}

// A row of any reduction.
KERNEL_TARGET static void KERNEL(reduce_long_row)(const KERNEL(columns) *at, uint64_t height,
                                                  uint8_t *out) {
  uint64_t before = 0, total = 0;
  uint32_t next = 0;
  for (int i = 0; i < at->out_width; i++) {
    for (; next < at->last[i]; next++) total += at->sums[next];
    const uint64_t share = at->share[i];
    const uint64_t upto = 256 * total + (share > 0 ? share * at->sums[next] : 0);
    const uint64_t area = at->width[i] * height;
    out[i] = area > 0 ? (uint8_t)((upto - before + area / 2) / area) : 0;
    before = upto;
  }
}

KERNEL_TARGET static void KERNEL(reduce_area)(const uint8_t *image, int stride, int x0, int y0,
                                              int x1, int y1, double factor, int row_step,
                                              int out_width, int out_height, double *scratch,
                                              uint8_t *out) {
  // The middle ones of each row_step rows stand for them.
  const int middle = (row_step - 1) / 2;
  const int rows = y1 - y0 > middle ? (y1 - y0 - 1 - middle) / row_step + 1 : 1;
  const double down = factor / row_step;
  KERNEL(columns) at;
  KERNEL(lay_out_columns)(x1 - x0, factor, out_width, scratch, &at);
  const int first = y1 - y0 > middle ? y0 + middle : y0;
  const uint8_t *corner = image + (size_t)first * (size_t)stride + x0;
  const size_t step = (size_t)row_step * (size_t)stride;
  int64_t start = 0;
  for (int j = 0; j < out_height; j++) {
    const int64_t end = j + 1 < out_height ? edge(j + 1, down, rows) : (int64_t)rows * 256;
    // The last rows may have none of their own that stands for them.
    if (row_step > 1 && start >= end) start = end - 256;
    KERNEL(sum_columns)(corner, step, rows, at.count, start, end, at.whole, at.sums);
    uint8_t *target = out + (size_t)j * (size_t)out_width;
    // The last pixel may be a hundredth wider.
    if (factor <= 15) {
      KERNEL(reduce_row)(&at, (uint32_t)(end - start), target);
    } else {
      KERNEL(reduce_long_row)(&at, (uint64_t)(end - start), target);
    }
    start = end;
  }
}
