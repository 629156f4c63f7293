// The first layer of the nets; included by NetBody.h only.
//
// Winograd's minimal filters (Lavin and Gray, CVPR 2016, section 4.1) through 0, 1, -1, 2 and infinity:
// the correlation of 5 values with 3 weights is A^T ((G w) * (B^T x)), 5 products instead of 9, in two
// dimensions 25 instead of 81. Sums over the kernel's pieces are taken before A^T. The divisors that
// usually stand in G are B's: values are few, weights many.

// G w: a quadratic with these coefficients at the five points. The weights lie `stride` apart and go to
// places `step` apart.
KERNEL_TARGET static inline __attribute__((always_inline)) void KERNEL(filter3)(
    const f8 *w, int stride, f8 *out, int step) {
  const f8 ends = w[0] + w[2 * stride], middle = w[stride];
  out[0] = w[0];
  out[step] = ends + middle;
  out[2 * step] = ends - middle;
  out[3 * step] = (w[0] + 2 * middle) + 4 * w[2 * stride];
  out[4 * step] = w[2 * stride];
}

// A^T m.
KERNEL_TARGET static inline __attribute__((always_inline)) void KERNEL(combine3)(
    const f8 *m, int stride, f8 *out, int step) {
  const f8 sum = m[stride] + m[2 * stride], difference = m[stride] - m[2 * stride];
  out[0] = m[0] + sum + m[3 * stride];
  out[step] = difference + 2 * m[3 * stride];
  out[2 * step] = sum + 4 * m[3 * stride] + m[4 * stride];
}

// B^T x of `count` columns side by side, a multiple of eight; x's rows and out's lie as far apart as
// they say.
KERNEL_TARGET static void KERNEL(patch_rows)(const float *x, int stride, int count, float *out,
                                             int step) {
  for (int i = 0; i < count; i += clnf_lane_count, x += clnf_lane_count, out += clnf_lane_count) {
    const f8 x0 = *(const f8 *)x, x1 = *(const f8 *)(x + stride);
    const f8 x2 = *(const f8 *)(x + 2 * stride), x3 = *(const f8 *)(x + 3 * stride);
    const f8 x4 = *(const f8 *)(x + 4 * stride);
    const f8 a = x3 - x1, b = 2 * x1 - x2;
    *(f8 *)out = (x0 - x2) + 0.5f * a;
    *(f8 *)(out + step) = -0.5f * (a - (x1 + x2));
    *(f8 *)(out + 2 * step) = (-1.0f / 6) * (x3 + b - 2 * x2);
    *(f8 *)(out + 3 * step) = (1.0f / 6) * a;
    *(f8 *)(out + 4 * step) = b - 2 * x3 + x4;
  }
}

// All patches of the area, transformed: patch_count planes of places^2.
KERNEL_TARGET static void KERNEL(transform_patches)(const net_scratch *at, int size,
                                                    float *scratch) {
  const int stride = at->stride, places = at->places;
  const float *centred = scratch + at->centred;
  float *area = scratch + at->area, *patches = scratch + at->patches;
  __builtin_memset(area, 0, ((size_t)(at->covered * stride) + clnf_lane_count) * sizeof *area);
  for (int y = 0; y < size; y++) {
    __builtin_memcpy(area + y * stride, centred + y * size, (size_t)size * sizeof *area);
  }
  // Columns first, then rows at every pixel, of which every third is a patch's. The sums' memory is
  // free until later.
  float *columns = scratch + at->sums, *rows = columns + patch_side * stride + clnf_lane_count;
  __builtin_memset(columns + patch_side * stride, 0, clnf_lane_count * sizeof *columns);
  for (int gy = 0; gy < places; gy++) {
    KERNEL(patch_rows)(area + output_side * gy * stride, stride, stride, columns, stride);
    for (int k = 0; k < patch_side; k++) {
      KERNEL(patch_rows)(columns + k * stride, 1, stride, rows, stride);
      for (int l = 0; l < patch_side; l++) {
        float *plane = patches + ((k * patch_side + l) * places + gy) * places;
        for (int gx = 0; gx < places; gx++) plane[gx] = rows[l * stride + output_side * gx];
      }
    }
  }
}

// The first layer with its weights in rows of whole eights: as they are, or padded in scratch memory.
KERNEL_TARGET static clnf_layer KERNEL(whole_eights)(const net_scratch *at,
                                                     const clnf_layer *layer, float *scratch) {
  const int outputs = layer->outputs, width = padded(outputs);
  if (width == outputs) return *layer;
  clnf_layer whole = *layer;
  whole.outputs = width;
  const size_t size = layer->halves ? sizeof *layer->halves : sizeof *layer->bytes;
  const char *from = layer->halves ? (const char *)layer->halves : (const char *)layer->bytes;
  char *rows = (char *)(scratch + at->weights[0]);
  for (int i = 0; i < layer->inputs; i++) {
    char *row = rows + (size_t)(i * width) * size;
    __builtin_memcpy(row, from + (size_t)(i * outputs) * size, (size_t)outputs * size);
    __builtin_memset(row + (size_t)outputs * size, 0, (size_t)(width - outputs) * size);
  }
  if (layer->halves) {
    whole.halves = (const uint16_t *)rows;
  } else {
    whole.bytes = (const int8_t *)rows;
  }
  return whole;
}

// The weights of `groups` groups of outputs from output `first` on, transformed and before their steps:
// patch_count planes of cuts^2 times `groups` vectors. layer: in rows of whole eights; are_bytes, a
// constant: what its weights are. sums: those of each kernel's weights.
KERNEL_TARGET static inline __attribute__((always_inline)) void KERNEL(filters_of)(
    const net_scratch *at, const clnf_layer *layer, bool are_bytes, int first, int kernel, int groups,
    float *filters, float *sums) {
  static const uint16_t zeros[clnf_lane_count];
  const int cuts = at->cuts, width = layer->outputs;
  const size_t step = (size_t)(cuts * cuts * groups * clnf_lane_count);
  for (int g = 0; g < groups; g++) {
    f8 total = SPLAT(0);
    for (int cut = 0; cut < cuts * cuts; cut++) {
      const int top = cut / cuts * output_side, left = cut % cuts * output_side;
      int from = (top * kernel + left) * width + first + g * clnf_lane_count;
      f8 w[output_side * output_side], half[patch_side * output_side];
#pragma clang loop unroll(full)
      for (int y = 0; y < output_side; y++, from += kernel * width) {
        const bool isRow = top + y < kernel;
#pragma clang loop unroll(full)
        for (int x = 0; x < output_side; x++) {
          const bool isInside = isRow && left + x < kernel;
          f8 *to = &w[y * output_side + x];
          if (are_bytes) {
            const int8_t *bytes = isInside ? layer->bytes + from + x * width : (const int8_t *)zeros;
            KERNEL(widen_bytes8)(bytes, to);
          } else {
            KERNEL(widen8)(isInside ? layer->halves + from + x * width : zeros, to);
          }
        }
      }
#pragma clang loop unroll(full)
      for (int x = 0; x < output_side; x++) {
        KERNEL(filter3)(w + x, output_side, half + x, output_side);
      }
      float *to = filters + (cut * groups + g) * clnf_lane_count;
#pragma clang loop unroll(full)
      for (int y = 0; y < patch_side; y++) {
        f8 out[patch_side];
        KERNEL(filter3)(half + y * output_side, 1, out, 1);
        // At the point 1 of both axes stands the sum of a piece's weights.
        if (y == 1) total += out[1];
#pragma clang loop unroll(full)
        for (int x = 0; x < patch_side; x++, to += step) *(f8 *)to = out[x];
      }
    }
    *(f8 *)(sums + g * clnf_lane_count) = total;
  }
}

KERNEL_TARGET static __attribute__((noinline)) void KERNEL(filters_of_halves)(
    const net_scratch *at, const clnf_layer *layer, int first, int kernel, int groups,
    float *scratch) {
  KERNEL(filters_of)(at, layer, false, first, kernel, groups, scratch + at->filters,
                     scratch + at->kernels);
}

KERNEL_TARGET static __attribute__((noinline)) void KERNEL(filters_of_bytes)(
    const net_scratch *at, const clnf_layer *layer, int first, int kernel, int groups,
    float *scratch) {
  KERNEL(filters_of)(at, layer, true, first, kernel, groups, scratch + at->filters,
                     scratch + at->kernels);
}

// Products of `groups` (constant) groups of outputs at `count` (constant) tiles, whose patches begin at
// in[0] ...; `out` gets `groups` vectors a tile.
KERNEL_TARGET static inline __attribute__((always_inline)) void KERNEL(tile_products)(
    const float *const *in, int count, const float *filters, int groups, int cuts, int places,
    float *out) {
  f8 sums[4][net_groups];
#pragma clang loop unroll(full)
  for (int t = 0; t < count; t++) {
#pragma clang loop unroll(full)
    for (int g = 0; g < groups; g++) sums[t][g] = SPLAT(0);
  }
  for (int y = 0; y < cuts; y++) {
    for (int x = 0; x < cuts; x++, filters += groups * clnf_lane_count) {
      f8 w[net_groups];
#pragma clang loop unroll(full)
      for (int g = 0; g < groups; g++) w[g] = *(const f8 *)(filters + g * clnf_lane_count);
#pragma clang loop unroll(full)
      for (int t = 0; t < count; t++) {
        const float value = in[t][y * places + x];
#pragma clang loop unroll(full)
        for (int g = 0; g < groups; g++) sums[t][g] += w[g] * value;
      }
    }
  }
#pragma clang loop unroll(full)
  for (int t = 0; t < count; t++) {
#pragma clang loop unroll(full)
    for (int g = 0; g < groups; g++) *(f8 *)(out + (t * groups + g) * clnf_lane_count) = sums[t][g];
  }
}

// All tiles of all planes, `groups` (constant) groups of outputs.
KERNEL_TARGET static inline __attribute__((always_inline)) void KERNEL(all_products)(
    const net_scratch *at, float *scratch, int groups) {
  const int tiles = at->tiles, cuts = at->cuts, places = at->places, count = tiles * tiles;
  const int step = groups == 3 ? 3 : 4, vector = groups * clnf_lane_count;
  for (int plane = 0; plane < patch_count; plane++) {
    const float *patches = scratch + at->patches + plane * places * places;
    const float *filters = scratch + at->filters + plane * cuts * cuts * vector;
    float *sums = scratch + at->sums + plane * count * vector;
    for (int first = 0; first < count; first += step) {
      const float *in[4];
      const int left = count - first < step ? count - first : step;
      for (int t = 0; t < left; t++) {
        in[t] = patches + (first + t) / tiles * places + (first + t) % tiles;
      }
      float *out = sums + first * vector;
      switch (left) {
      case 4: KERNEL(tile_products)(in, 4, filters, groups, cuts, places, out); break;
      case 3: KERNEL(tile_products)(in, 3, filters, groups, cuts, places, out); break;
      case 2: KERNEL(tile_products)(in, 2, filters, groups, cuts, places, out); break;
      default: KERNEL(tile_products)(in, 1, filters, groups, cuts, places, out);
      }
    }
  }
}

KERNEL_TARGET static __attribute__((noinline)) void KERNEL(products1)(const net_scratch *at,
                                                                      float *scratch) {
  KERNEL(all_products)(at, scratch, 1);
}

KERNEL_TARGET static __attribute__((noinline)) void KERNEL(products2)(const net_scratch *at,
                                                                      float *scratch) {
  KERNEL(all_products)(at, scratch, 2);
}

KERNEL_TARGET static __attribute__((noinline)) void KERNEL(products3)(const net_scratch *at,
                                                                      float *scratch) {
  KERNEL(all_products)(at, scratch, 3);
}

// The positions of one group of outputs from output `first` on: max(0, norm step (sum - mean total) +
// bias), as the weights see a patch less its mean. sums: the group's vectors of the first plane; they lie
// `step` floats apart from tile to tile, planes `plane`.
KERNEL_TARGET static void KERNEL(finish_tiles)(const net_scratch *at, float *scratch,
                                               const float *sums, int step, int plane, int window,
                                               int width, int first, const float *total) {
  const f8 bias = *(const f8 *)(scratch + at->biases[0] + first), weights = *(const f8 *)total;
  const f8 steps = *(const f8 *)(scratch + at->steps + first);
  const float *norms = scratch + at->norms, *means = scratch + at->means;
  float *hidden = scratch + at->hidden[0] + first;
  for (int tile = 0; tile < at->tiles * at->tiles; tile++, sums += step) {
    f8 half[output_side * patch_side], out[output_side * output_side];
    const float *from = sums;
#pragma clang loop unroll(full)
    for (int x = 0; x < patch_side; x++, from += plane) {
      f8 m[patch_side];
#pragma clang loop unroll(full)
      for (int y = 0; y < patch_side; y++) m[y] = *(const f8 *)(from + y * patch_side * plane);
      KERNEL(combine3)(m, 1, half + x, patch_side);
    }
#pragma clang loop unroll(full)
    for (int y = 0; y < output_side; y++) {
      KERNEL(combine3)(half + y * patch_side, 1, out + y * output_side, 1);
    }
    const int top = tile / at->tiles * output_side, left = tile % at->tiles * output_side;
    const int across = window - left < output_side ? window - left : output_side;
    for (int y = 0; y < output_side && top + y < window; y++) {
      const int first_place = (top + y) * window + left;
      float *to = hidden + first_place * width;
      for (int x = 0; x < across; x++, to += width) {
        const int place = first_place + x;
        const f8 sum = out[y * output_side + x] - means[place] * weights;
        *(f8 *)to = __builtin_elementwise_max(sum * (steps * norms[place]) + bias, SPLAT(0));
      }
    }
  }
}

// The first layer's outputs at all positions, `width` a position.
KERNEL_TARGET static void KERNEL(first_layer)(const net_scratch *at, const clnf_net *net,
                                              int window, int width, float *scratch) {
  KERNEL(transform_patches)(at, window + net->kernel - 1, scratch);
  const clnf_layer layer = KERNEL(whole_eights)(at, &net->layers[0], scratch);
  for (int first = 0; first < width;) {
    const int left = (width - first) / clnf_lane_count;
    // Three groups at three tiles or two at four fill the registers; more tiles' sums of three groups
    // would not fit the nearest cache.
    const int most = at->tiles > 3 ? 2 : net_groups;
    const int groups = left < most ? left : most, vector = groups * clnf_lane_count;
    if (layer.halves) {
      KERNEL(filters_of_halves)(at, &layer, first, net->kernel, groups, scratch);
    } else {
      KERNEL(filters_of_bytes)(at, &layer, first, net->kernel, groups, scratch);
    }
    if (groups == 3) {
      KERNEL(products3)(at, scratch);
    } else if (groups == 2) {
      KERNEL(products2)(at, scratch);
    } else {
      KERNEL(products1)(at, scratch);
    }
    for (int g = 0; g < groups; g++, first += clnf_lane_count) {
      KERNEL(finish_tiles)(at, scratch, scratch + at->sums + g * clnf_lane_count, vector,
                           at->tiles * at->tiles * vector, window, width, first,
                           scratch + at->kernels + g * clnf_lane_count);
    }
  }
}
