// The net's part of the kernels' body; included by KernelBody.h only.

#include "WeightBody.h"

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

#include "FirstLayerBody.h"

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
