// The net's part of the kernels' body; included by KernelBody.h only.

// Eight 16-bit floats to floats, exactly.
KERNEL_TARGET static inline __attribute__((always_inline)) void KERNEL(widen8)(
    const uint16_t *halves, f8 *out) {
#ifdef KERNEL_HAS_AVX2
  *out = (f8)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i_u *)halves));
#else
  typedef uint16_t KERNEL(h8) __attribute__((vector_size(16)));
  KERNEL(h8) packed;
  __builtin_memcpy(&packed, halves, sizeof packed);
  const i8 h = __builtin_convertvector(packed, i8);
  const i8 magnitude = h & 0x7fff, sign = (h & 0x8000) << 16;
  // Exponents move from a bias of 15 to one of 127; infinities and what is not a number keep all
  // exponent bits set; below 2^-14 the bits count units of 2^-24.
  i8 normal = (magnitude << 13) + (112 << 23);
  normal += (magnitude >= 0x7c00) & (112 << 23);
  const f8 units = __builtin_convertvector(magnitude, f8) * 0x1p-24f;
  i8 small;
  __builtin_memcpy(&small, &units, sizeof small);
  const i8 is_small = magnitude < 0x0400;
  const i8 bits = sign | (is_small & small) | (~is_small & normal);
  __builtin_memcpy(out, &bits, sizeof bits);
#endif
}

KERNEL_TARGET static void KERNEL(widen)(const uint16_t *halves, int count, float *out) {
  int i = 0;
  f8 wide;
  for (; i + clnf_lane_count <= count; i += clnf_lane_count) {
    KERNEL(widen8)(halves + i, &wide);
    *(f8 *)(out + i) = wide;
  }
  uint16_t rest[clnf_lane_count] = {0};
  for (int k = i; k < count; k++) rest[k - i] = halves[k];
  KERNEL(widen8)(rest, &wide);
  for (int k = i; k < count; k++) out[k] = wide[k - i];
}

// Eight signed bytes to floats.
KERNEL_TARGET static inline __attribute__((always_inline)) void KERNEL(widen_bytes8)(
    const int8_t *bytes, f8 *out) {
#ifdef KERNEL_HAS_AVX2
  *out = (f8)_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadu_si64(bytes)));
#else
  typedef int8_t KERNEL(b8) __attribute__((vector_size(8)));
  KERNEL(b8) packed;
  __builtin_memcpy(&packed, bytes, sizeof packed);
  *out = __builtin_convertvector(packed, f8);
#endif
}

// `count` weights of a layer, from number `from` on, before their steps.
KERNEL_TARGET static void KERNEL(widen_weights)(const clnf_layer *layer, int from, int count,
                                                float *out) {
  if (layer->halves) {
    KERNEL(widen)(layer->halves + from, count, out);
    return;
  }
  int i = 0;
  for (; i + clnf_lane_count <= count; i += clnf_lane_count) {
    KERNEL(widen_bytes8)(layer->bytes + from + i, (f8 *)(out + i));
  }
  for (; i < count; i++) out[i] = layer->bytes[from + i];
}

// A layer's weights as floats, rows padded to whole groups of lanes with zeros.
KERNEL_TARGET static void KERNEL(widen_layer)(const clnf_layer *layer, float *out) {
  const int outputs = layer->outputs, width = padded(outputs);
  for (int i = 0; i < layer->inputs; i++, out += width) {
    KERNEL(widen_weights)(layer, i * outputs, outputs, out);
    if (!layer->halves) {
      for (int o = 0; o < outputs; o++) out[o] *= layer->steps[o];
    }
    for (int o = outputs; o < width; o++) out[o] = 0;
  }
}

// What the second layer reads at net_positions positions, and what it makes of the sums:
// max(0, sum + bias).
typedef struct {
  const float *in[net_positions];
  int inputs;
  const float *weights, *biases;
  int width;
  float *out;
} KERNEL(block);

// `groups` (1 or 2, a constant) groups of eight outputs from output `first` on.
KERNEL_TARGET static inline __attribute__((always_inline)) void KERNEL(outputs)(
    const KERNEL(block) *block, int first, int groups) {
  f8 sums[2][net_positions];
  for (int g = 0; g < groups; g++) {
    for (int p = 0; p < net_positions; p++) sums[g][p] = SPLAT(0);
  }
  const float *w = block->weights + first;
  const int width = block->width;
  for (int i = 0; i < block->inputs; i++, w += width) {
    f8 weights[2];
#pragma clang loop unroll(full)
    for (int g = 0; g < groups; g++) weights[g] = *(const f8 *)(w + g * clnf_lane_count);
#pragma clang loop unroll(full)
    for (int p = 0; p < net_positions; p++) {
      const float value = block->in[p][i];
#pragma clang loop unroll(full)
      for (int g = 0; g < groups; g++) sums[g][p] += weights[g] * value;
    }
  }
  for (int g = 0; g < groups; g++) {
    const int at = first + g * clnf_lane_count;
    const f8 bias = *(const f8 *)(block->biases + at);
    for (int p = 0; p < net_positions; p++) {
      *(f8 *)(block->out + p * width + at) =
          __builtin_elementwise_max(sums[g][p] + bias, SPLAT(0));
    }
  }
}

KERNEL_TARGET static __attribute__((noinline)) void KERNEL(outputs1)(const KERNEL(block) *block,
                                                                     int first) {
  KERNEL(outputs)(block, first, 1);
}

KERNEL_TARGET static __attribute__((noinline)) void KERNEL(outputs2)(const KERNEL(block) *block,
                                                                     int first) {
  KERNEL(outputs)(block, first, 2);
}

// All outputs: two groups at six positions fill sixteen registers, and read least for each product.
KERNEL_TARGET static void KERNEL(layer)(const KERNEL(block) *block) {
  int first = 0;
  for (; first + clnf_lane_count < block->width; first += 2 * clnf_lane_count) {
    KERNEL(outputs2)(block, first);
  }
  if (first < block->width) KERNEL(outputs1)(block, first);
}

// The area with its mean taken off, rows flipped where the net is mirrored.
KERNEL_TARGET static void KERNEL(centre_area)(const float *area, int size, bool mirrored,
                                              float *centred) {
  const float mean = KERNEL(mean_of)(area, size * size);
  if (!mirrored) {
    for (int i = 0; i < size * size; i++) centred[i] = area[i] - mean;
    return;
  }
  for (int y = 0; y < size; y++) {
    for (int x = 0; x < size; x++) {
      centred[y * size + x] = area[y * size + size - 1 - x] - mean;
    }
  }
}

// The last layer's outputs at net_positions positions. weights: `width`, zeros beyond the inputs.
KERNEL_TARGET static void KERNEL(last_layer)(const float *hidden, const float *weights, int width,
                                             float bias, float *sums) {
  for (int p = 0; p < net_positions; p++) {
    f8 sum = SPLAT(0);
    for (int i = 0; i < width; i += clnf_lane_count) {
      sum += *(const f8 *)(weights + i) * *(const f8 *)(hidden + p * width + i);
    }
    float total = bias;
    for (int lane = 0; lane < clnf_lane_count; lane++) total += sum[lane];
    sums[p] = total;
  }
}

// The net's biases, the first layer's steps, and the weights of all layers but the first, as floats in
// scratch memory.
KERNEL_TARGET static void KERNEL(unpack_net)(const clnf_net *net, const net_scratch *at,
                                             float *scratch) {
  for (int l = 0; l < 2; l++) {
    const clnf_layer *layer = &net->layers[l];
    const int width = padded(layer->outputs);
    if (l > 0) KERNEL(widen_layer)(layer, scratch + at->weights[l]);
    float *biases = scratch + at->biases[l];
    for (int o = 0; o < width; o++) biases[o] = o < layer->outputs ? layer->biases[o] : 0;
    if (l > 0) continue;
    float *steps = scratch + at->steps;
    for (int o = 0; o < width; o++) {
      steps[o] = !layer->halves && o < layer->outputs ? layer->steps[o] : 1;
    }
  }
  const clnf_layer *last = &net->layers[2];
  float *weights = scratch + at->weights[2];
  KERNEL(widen_weights)(last, 0, last->inputs, weights);
  for (int i = 0; i < padded(last->inputs); i++) {
    if (i >= last->inputs) {
      weights[i] = 0;
    } else if (!last->halves) {
      weights[i] *= last->steps[0];
    }
  }
}

// The map's places hold the net's outputs; makes responses of them.
KERNEL_TARGET static void KERNEL(logistic)(const float *outputs, int window, bool mirrored,
                                           float *out) {
  const int positions = window * window;
  const f8 one = SPLAT(1);
  for (int first = 0; first < positions; first += clnf_lane_count) {
    f8 e = -*(const f8 *)(outputs + first);
    KERNEL(exponential)(&e);
    const f8 response = one / (one + e);
    for (int lane = 0; lane < clnf_lane_count && first + lane < positions; lane++) {
      const int y = (first + lane) / window, x = (first + lane) % window;
      out[y * window + (mirrored ? window - 1 - x : x)] = response[lane];
    }
  }
}

// MARK: The first layer
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

KERNEL_TARGET static void KERNEL(net_response)(const float *area, int window, const clnf_net *net,
                                               float *scratch, float *out) {
  const net_scratch at = lay_out(net, window);
  const int kernel = net->kernel, size = window + kernel - 1, positions = window * window;
  const int width = padded(net->layers[0].outputs);
  float *centred = scratch + at.centred, *norms = scratch + at.norms;
  float *outputs = scratch + at.outputs;
  KERNEL(unpack_net)(net, &at, scratch);
  KERNEL(centre_area)(area, size, net->mirrored, centred);
  KERNEL(inverse_norms)(centred, size, window, kernel, norms, scratch + at.means);
  KERNEL(first_layer)(&at, net, window, width, scratch);

  KERNEL(block) second = {.inputs = net->layers[1].inputs};
  second.weights = scratch + at.weights[1];
  second.biases = scratch + at.biases[1];
  second.width = padded(net->layers[1].outputs);
  second.out = scratch + at.hidden[1];
  for (int start = 0; start < positions; start += net_positions) {
    for (int p = 0; p < net_positions; p++) {
      const int place = start + p < positions ? start + p : positions - 1;
      second.in[p] = scratch + at.hidden[0] + place * width;
    }
    KERNEL(layer)(&second);
    float sums[net_positions];
    KERNEL(last_layer)(second.out, scratch + at.weights[2], second.width,
                       net->layers[2].biases[0], sums);
    for (int p = 0; p < net_positions && start + p < positions; p++) outputs[start + p] = sums[p];
  }
  for (int i = positions; i < padded(positions); i++) outputs[i] = 0;
  KERNEL(logistic)(outputs, window, net->mirrored, out);
}
