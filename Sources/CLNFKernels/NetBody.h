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

// A layer's weights as floats, rows padded to whole groups of lanes with zeros.
KERNEL_TARGET static void KERNEL(widen_layer)(const clnf_layer *layer, float *out) {
  const int width = padded(layer->outputs);
  if (width == layer->outputs) {
    KERNEL(widen)(layer->weights, layer->inputs * width, out);
    return;
  }
  for (int i = 0; i < layer->inputs; i++) {
    KERNEL(widen)(layer->weights + i * layer->outputs, layer->outputs, out + i * width);
    for (int o = layer->outputs; o < width; o++) out[i * width + o] = 0;
  }
}

// Takes off each output's mean weight: the product with a patch is then that with the patch less its
// mean, whatever its level. Four partial sums, as one would wait for itself.
KERNEL_TARGET static void KERNEL(centre_weights)(float *weights, int inputs, int width) {
  for (int o = 0; o < width; o += clnf_lane_count) {
    f8 s0 = SPLAT(0), s1 = s0, s2 = s0, s3 = s0;
    int i = 0;
    for (; i + 4 <= inputs; i += 4) {
      const float *w = weights + i * width + o;
      s0 += *(const f8 *)w;
      s1 += *(const f8 *)(w + width);
      s2 += *(const f8 *)(w + 2 * width);
      s3 += *(const f8 *)(w + 3 * width);
    }
    for (; i < inputs; i++) s0 += *(const f8 *)(weights + i * width + o);
    const f8 mean = ((s0 + s2) + (s1 + s3)) / (float)inputs;
    for (i = 0; i < inputs; i++) {
      *(f8 *)(weights + i * width + o) = *(const f8 *)(weights + i * width + o) - mean;
    }
  }
}

// What a layer reads at net_positions positions, `rows` rows of `columns` values `stride` apart, and
// what it makes of the sums: max(0, scale sum + bias).
typedef struct {
  const float *in[net_positions];
  float scale[net_positions];
  int rows, columns, stride;
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
  const int width = block->width, columns = block->columns;
  for (int row = 0; row < block->rows; row++) {
    const float *in[net_positions];
    for (int p = 0; p < net_positions; p++) in[p] = block->in[p] + row * block->stride;
    for (int column = 0; column < columns; column++, w += width) {
      f8 weights[2];
#pragma clang loop unroll(full)
      for (int g = 0; g < groups; g++) weights[g] = *(const f8 *)(w + g * clnf_lane_count);
#pragma clang loop unroll(full)
      for (int p = 0; p < net_positions; p++) {
        const float value = in[p][column];
#pragma clang loop unroll(full)
        for (int g = 0; g < groups; g++) sums[g][p] += weights[g] * value;
      }
    }
  }
  for (int g = 0; g < groups; g++) {
    const int at = first + g * clnf_lane_count;
    const f8 bias = *(const f8 *)(block->biases + at);
    for (int p = 0; p < net_positions; p++) {
      const f8 value = sums[g][p] * block->scale[p] + bias;
      *(f8 *)(block->out + p * width + at) = __builtin_elementwise_max(value, SPLAT(0));
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

// The net's weights and biases as floats in scratch memory.
KERNEL_TARGET static void KERNEL(unpack_net)(const clnf_net *net, const net_scratch *at,
                                             float *scratch) {
  for (int l = 0; l < 2; l++) {
    const clnf_layer *layer = &net->layers[l];
    const int width = padded(layer->outputs);
    KERNEL(widen_layer)(layer, scratch + at->weights[l]);
    float *biases = scratch + at->biases[l];
    for (int o = 0; o < width; o++) biases[o] = o < layer->outputs ? layer->biases[o] : 0;
  }
  const clnf_layer *first = &net->layers[0], *last = &net->layers[2];
  KERNEL(centre_weights)(scratch + at->weights[0], first->inputs, padded(first->outputs));
  float *weights = scratch + at->weights[2];
  KERNEL(widen)(last->weights, last->inputs, weights);
  for (int i = last->inputs; i < padded(last->inputs); i++) weights[i] = 0;
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

KERNEL_TARGET static void KERNEL(net_response)(const float *area, int window, const clnf_net *net,
                                               float *scratch, float *out) {
  const net_scratch at = lay_out(net, window);
  const int kernel = net->kernel, size = window + kernel - 1, positions = window * window;
  float *centred = scratch + at.centred, *norms = scratch + at.norms;
  float *outputs = scratch + at.outputs;
  KERNEL(unpack_net)(net, &at, scratch);
  KERNEL(centre_area)(area, size, net->mirrored, centred);
  KERNEL(inverse_norms)(centred, size, window, kernel, norms);

  KERNEL(block) first = {.rows = kernel, .columns = kernel, .stride = size};
  first.weights = scratch + at.weights[0];
  first.biases = scratch + at.biases[0];
  first.width = padded(net->layers[0].outputs);
  first.out = scratch + at.hidden[0];
  KERNEL(block) second = {.rows = 1, .columns = net->layers[1].inputs, .stride = 0};
  second.weights = scratch + at.weights[1];
  second.biases = scratch + at.biases[1];
  second.width = padded(net->layers[1].outputs);
  second.out = scratch + at.hidden[1];
  for (int p = 0; p < net_positions; p++) {
    second.in[p] = first.out + p * first.width;
    second.scale[p] = 1;
  }
  for (int start = 0; start < positions; start += net_positions) {
    for (int p = 0; p < net_positions; p++) {
      const int place = start + p < positions ? start + p : positions - 1;
      first.in[p] = centred + (place / window) * size + place % window;
      first.scale[p] = norms[place];
    }
    KERNEL(layer)(&first);
    KERNEL(layer)(&second);
    float sums[net_positions];
    KERNEL(last_layer)(second.out, scratch + at.weights[2], second.width,
                       net->layers[2].biases[0], sums);
    for (int p = 0; p < net_positions && start + p < positions; p++) outputs[start + p] = sums[p];
  }
  for (int i = positions; i < padded(positions); i++) outputs[i] = 0;
  KERNEL(logistic)(outputs, window, net->mirrored, out);
}
