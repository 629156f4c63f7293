// The face finder's net: part of the kernels' body; included by KernelBody.h only.
//
// Rows of all layers are made as the rows after them ask for them, and only as many are kept as the next
// layer's kernel covers. What a row is made of then lies in the nearest caches whatever the picture's
// height. Values lie channels last: a place's channels are whole groups of lanes, side by side.

// Levels from the picture as the net sees them: row `y` of the level with its border.
KERNEL_TARGET static void KERNEL(finder_pixels)(const clnf_finder_level *level, int y, float *out) {
  const int inside = y - level->top;
  const int row = inside < 0 ? 0 : inside < level->height ? inside : level->height - 1;
  const uint8_t *pixels = level->pixels + (size_t)row * (size_t)level->stride;
  const int left = level->left, end = left + level->width;
  const float first = (float)pixels[0] * (1.0f / 128) - 1;
  const float last = (float)pixels[level->width - 1] * (1.0f / 128) - 1;
  for (int x = 0; x < left; x++) out[x] = first;
  for (int x = 0; x < level->width; x++) out[left + x] = (float)pixels[x] * (1.0f / 128) - 1;
  for (int x = end; x < level->columns; x++) out[x] = last;
}

// Sums of products with rows of weights, and what is made of them.
typedef struct {
  // Rows of `run` values for each place; a place's begin `step` floats after those of the place before.
  const float *in[finder_kernel];
  int rows, run;
  size_t step;
  // rows * run rows of `width`; `width` biases.
  const float *weights, *bias;
  size_t width;
  // `width` values a place that are added, or NULL.
  const float *added;
  bool rectifies;
  // `width` a place.
  float *out;
} KERNEL(finder_block);

// max(value, floor); floor where the value is no number.
KERNEL_TARGET static inline __attribute__((always_inline)) void KERNEL(finder_floor)(
    f8 *value, const f8 *floor) {
#ifdef KERNEL_HAS_AVX2
  *value = (f8)_mm256_max_ps((__m256)*value, (__m256)*floor);
#else
  *value = __builtin_elementwise_max(*value, *floor);
#endif
}

// `groups` groups of outputs from `first` on at `places` places from `x` on; both numbers are constants.
KERNEL_TARGET static inline __attribute__((always_inline)) void KERNEL(finder_tile)(
    const KERNEL(finder_block) *block, size_t x, size_t first, int groups, int places) {
  f8 sums[3][8];
#pragma clang loop unroll(full)
  for (int g = 0; g < groups; g++) {
    const f8 bias = *(const f8 *)(block->bias + first + g * clnf_lane_count);
#pragma clang loop unroll(full)
    for (int p = 0; p < places; p++) sums[g][p] = bias;
  }
  const float *w = block->weights + first;
  const size_t step = block->step, width = block->width;
  for (int row = 0; row < block->rows; row++) {
    const float *in = block->in[row] + x * step;
    for (int i = 0; i < block->run; i++, in++, w += width) {
      f8 weights[3];
#pragma clang loop unroll(full)
      for (int g = 0; g < groups; g++) weights[g] = *(const f8 *)(w + g * clnf_lane_count);
#pragma clang loop unroll(full)
      for (int p = 0; p < places; p++) {
        const float value = in[(size_t)p * step];
#pragma clang loop unroll(full)
        for (int g = 0; g < groups; g++) sums[g][p] += weights[g] * value;
      }
    }
  }
  const size_t place = x * width + first;
  float *out = block->out + place;
  const float *added = block->added ? block->added + place : NULL;
  const f8 floor = SPLAT(block->rectifies ? 0 : -__builtin_inff());
#pragma clang loop unroll(full)
  for (int p = 0; p < places; p++) {
#pragma clang loop unroll(full)
    for (int g = 0; g < groups; g++) {
      f8 value = sums[g][p];
      if (added) value += *(const f8 *)(added + (size_t)p * width + g * clnf_lane_count);
      KERNEL(finder_floor)(&value, &floor);
      *(f8 *)(out + (size_t)p * width + g * clnf_lane_count) = value;
    }
  }
}

// Places whose sums of three, two and one groups of outputs leave registers for weights and values.
KERNEL_TARGET static __attribute__((noinline)) void KERNEL(finder_tiles3)(
    const KERNEL(finder_block) *block, size_t count, size_t first) {
  for (size_t x = 0; x < count; x += 3) KERNEL(finder_tile)(block, x, first, 3, 3);
}

KERNEL_TARGET static __attribute__((noinline)) void KERNEL(finder_tiles2)(
    const KERNEL(finder_block) *block, size_t count, size_t first) {
  for (size_t x = 0; x < count; x += 6) KERNEL(finder_tile)(block, x, first, 2, 6);
}

KERNEL_TARGET static __attribute__((noinline)) void KERNEL(finder_tiles1)(
    const KERNEL(finder_block) *block, size_t count, size_t first) {
  for (size_t x = 0; x < count; x += 8) KERNEL(finder_tile)(block, x, first, 1, 8);
}

// All outputs at `count` places and at up to seven after them.
KERNEL_TARGET static void KERNEL(finder_products)(const KERNEL(finder_block) *block, size_t count) {
  for (size_t first = 0; first < block->width;) {
    const size_t left = (block->width - first) / clnf_lane_count;
    if (left % 2 == 1 && left > 1) {
      KERNEL(finder_tiles3)(block, count, first);
      first += 3 * clnf_lane_count;
    } else if (left > 1) {
      KERNEL(finder_tiles2)(block, count, first);
      first += 2 * clnf_lane_count;
    } else {
      KERNEL(finder_tiles1)(block, count, first);
      first += clnf_lane_count;
    }
  }
}

// A depthwise convolution of rows.
typedef struct {
  // Rows of the input, each from the place on that the first output's kernel begins at.
  const float *in[finder_kernel];
  int rows;
  size_t channels;
  // rows * kernel rows of `channels`; `channels` biases.
  const float *weights, *bias;
  // `channels` a place.
  float *out;
} KERNEL(finder_rows);

// Eight places from `x` on, all channels; kernel and stride are constants.
KERNEL_TARGET static inline __attribute__((always_inline)) void KERNEL(finder_depthwise)(
    const KERNEL(finder_rows) *rows, size_t x, int kernel, int stride) {
  const size_t channels = rows->channels;
  for (size_t first = 0; first < channels; first += clnf_lane_count) {
    f8 sums[finder_places];
    const f8 bias = *(const f8 *)(rows->bias + first);
#pragma clang loop unroll(full)
    for (int p = 0; p < finder_places; p++) sums[p] = bias;
    const float *w = rows->weights + first;
    for (int row = 0; row < rows->rows; row++) {
      const float *in = rows->in[row] + x * (size_t)stride * channels + first;
      f8 taps[finder_kernel];
#pragma clang loop unroll(full)
      for (int t = 0; t < kernel; t++, w += channels) taps[t] = *(const f8 *)w;
#pragma clang loop unroll(full)
      for (int i = 0; i < (finder_places - 1) * stride + kernel; i++, in += channels) {
        const f8 value = *(const f8 *)in;
#pragma clang loop unroll(full)
        for (int p = 0; p < finder_places; p++) {
          const int t = i - p * stride;
          if (t >= 0 && t < kernel) sums[p] += value * taps[t];
        }
      }
    }
    float *out = rows->out + x * channels + first;
#pragma clang loop unroll(full)
    for (int p = 0; p < finder_places; p++) *(f8 *)(out + (size_t)p * channels) = sums[p];
  }
}

#define FINDER_DEPTHWISE(kernel, stride)                                                          \
  KERNEL_TARGET static __attribute__((noinline)) void KERNEL(finder_depthwise##kernel##stride)(   \
      const KERNEL(finder_rows) *rows, size_t count) {                                            \
    for (size_t x = 0; x < count; x += finder_places) {                                           \
      KERNEL(finder_depthwise)(rows, x, kernel, stride);                                          \
    }                                                                                             \
  }
FINDER_DEPTHWISE(1, 1)
FINDER_DEPTHWISE(3, 1)
FINDER_DEPTHWISE(5, 1)
FINDER_DEPTHWISE(7, 1)
FINDER_DEPTHWISE(1, 2)
FINDER_DEPTHWISE(3, 2)
FINDER_DEPTHWISE(5, 2)
FINDER_DEPTHWISE(7, 2)
#undef FINDER_DEPTHWISE

// `count` places and up to seven after them.
KERNEL_TARGET static void KERNEL(finder_depthwise_row)(const KERNEL(finder_rows) *rows, int kernel,
                                                       int stride, size_t count) {
  switch (10 * kernel + stride) {
  case 11: KERNEL(finder_depthwise11)(rows, count); break;
  case 31: KERNEL(finder_depthwise31)(rows, count); break;
  case 51: KERNEL(finder_depthwise51)(rows, count); break;
  case 71: KERNEL(finder_depthwise71)(rows, count); break;
  case 12: KERNEL(finder_depthwise12)(rows, count); break;
  case 32: KERNEL(finder_depthwise32)(rows, count); break;
  case 52: KERNEL(finder_depthwise52)(rows, count); break;
  default: KERNEL(finder_depthwise72)(rows, count);
  }
}

// A search of a level on its way.
typedef struct {
  const clnf_finder_net *net;
  const clnf_finder_level *level;
  finder_scratch at;
  float *scratch;
  // Rows of each stage that were made.
  int made[clnf_most_finder_layers];
} KERNEL(finder_run);

// Where row `y` of a stage's values begins, its margin left out.
KERNEL_TARGET static float *KERNEL(finder_row)(const KERNEL(finder_run) *run, int stage, int y) {
  const finder_stage *s = &run->at.stages[stage];
  return run->scratch + s->start + (size_t)(y % s->kept) * s->row + finder_margin * s->channels;
}

// The rows of the stage before that row `y` of a stage is made of: those of its kernel that are there.
// Returns how many of the kernel's rows lie above the first.
KERNEL_TARGET static int KERNEL(finder_sources)(const KERNEL(finder_run) *run, int stage, int y,
                                                const float **rows, int *count) {
  const clnf_finder_layer *layer = &run->net->layers[stage - 1];
  const finder_stage *before = &run->at.stages[stage - 1];
  const int top = y * layer->stride - layer->kernel / 2, bottom = top + layer->kernel;
  const int first = top > 0 ? top : 0, end = bottom < before->height ? bottom : before->height;
  *count = end - first;
  for (int i = first; i < end; i++) {
    rows[i - first] = KERNEL(finder_row)(run, stage - 1, i) -
                      (size_t)(layer->kernel / 2) * before->channels;
  }
  return first - top;
}

KERNEL_TARGET static void KERNEL(finder_first)(const KERNEL(finder_run) *run, int y) {
  const clnf_finder_layer *layer = &run->net->layers[0];
  const finder_stage *stage = &run->at.stages[1];
  KERNEL(finder_block) block = {.run = layer->kernel, .step = (size_t)layer->stride};
  const int above = KERNEL(finder_sources)(run, 1, y, block.in, &block.rows);
  block.width = stage->channels;
  block.weights = layer->weights + (size_t)(above * layer->kernel) * block.width;
  block.bias = layer->bias;
  block.rectifies = true;
  block.out = KERNEL(finder_row)(run, 1, y);
  KERNEL(finder_products)(&block, (size_t)stage->width);
}

KERNEL_TARGET static void KERNEL(finder_separable)(const KERNEL(finder_run) *run, int stage,
                                                   int y) {
  const clnf_finder_layer *layer = &run->net->layers[stage - 1];
  const size_t width = (size_t)run->at.stages[stage].width;
  KERNEL(finder_rows) rows = {.channels = run->at.stages[stage - 1].channels};
  const int above = KERNEL(finder_sources)(run, stage, y, rows.in, &rows.rows);
  rows.weights = layer->depthwise + (size_t)(above * layer->kernel) * rows.channels;
  rows.bias = layer->depthwise_bias;
  rows.out = run->scratch + run->at.chunk;
  KERNEL(finder_block) block = {.rows = 1, .run = layer->inputs, .step = rows.channels};
  block.in[0] = rows.out;
  block.width = run->at.stages[stage].channels;
  block.weights = layer->weights;
  block.bias = layer->bias;
  block.rectifies = true;
  block.out = KERNEL(finder_row)(run, stage, y);
  if (layer->adds_input) block.added = KERNEL(finder_row)(run, stage - 1, y);
  // A few places at a time: what lies between the two convolutions stays in the nearest cache.
  for (size_t x = 0; x < width; x += finder_chunk) {
    const size_t count = width - x < finder_chunk ? width - x : finder_chunk;
    KERNEL(finder_depthwise_row)(&rows, layer->kernel, layer->stride, count);
    KERNEL(finder_products)(&block, count);
    for (int i = 0; i < rows.rows; i++) {
      rows.in[i] += finder_chunk * (size_t)layer->stride * rows.channels;
    }
    if (block.added) block.added += finder_chunk * block.width;
    block.out += finder_chunk * block.width;
  }
}

// Makes a stage's rows up to `y`.
KERNEL_TARGET static void KERNEL(finder_make)(KERNEL(finder_run) *run, int stage, int y) {
  const finder_stage *s = &run->at.stages[stage];
  for (; run->made[stage] <= y; run->made[stage]++) {
    const int row = run->made[stage];
    if (stage == 0) {
      KERNEL(finder_pixels)(run->level, row, KERNEL(finder_row)(run, 0, row));
      continue;
    }
    const clnf_finder_layer *layer = &run->net->layers[stage - 1];
    const int last = run->at.stages[stage - 1].height - 1;
    const int needed = row * layer->stride + layer->kernel / 2;
    KERNEL(finder_make)(run, stage - 1, needed < last ? needed : last);
    if (stage == 1) {
      KERNEL(finder_first)(run, row);
    } else {
      KERNEL(finder_separable)(run, stage, row);
    }
    // What was written beyond the row's end is margin again.
    float *end = KERNEL(finder_row)(run, stage, row) + (size_t)s->width * s->channels;
    __builtin_memset(end, 0, (finder_places - 1) * s->channels * sizeof *end);
  }
}

KERNEL_TARGET static void KERNEL(find_faces)(const clnf_finder_net *net,
                                             const clnf_finder_level *level, float *scratch,
                                             float *out) {
  KERNEL(finder_run) run = {.net = net, .level = level, .scratch = scratch};
  run.at = lay_out_finder(net, level->columns, level->rows);
  for (int stage = 0; stage < net->count; stage++) {
    const finder_stage *s = &run.at.stages[stage];
    for (int i = 0; i < s->kept; i++) {
      float *row = KERNEL(finder_row)(&run, stage, i);
      __builtin_memset(row - finder_margin * s->channels, 0,
                       finder_margin * s->channels * sizeof *row);
      float *end = row + (size_t)s->width * s->channels;
      __builtin_memset(end, 0, finder_slack * s->channels * sizeof *end);
    }
  }
  const int last = net->count - 1;
  const finder_stage *s = &run.at.stages[last];
  const clnf_finder_layer *head = &net->layers[last];
  KERNEL(finder_block) block = {.rows = 1, .run = head->inputs, .step = s->channels};
  block.weights = head->weights;
  block.bias = head->bias;
  block.width = (size_t)padded(head->outputs);
  block.out = scratch + run.at.head;
  const size_t cells = (size_t)s->width * block.width;
  // Of the last stage's rows none is made of another.
  const int first = level->wants_middle ? s->height / 2 : 0;
  const int end = level->wants_middle ? first + 1 : s->height;
  run.made[last] = first;
  for (int y = first; y < end; y++) {
    KERNEL(finder_make)(&run, last, y);
    block.in[0] = KERNEL(finder_row)(&run, last, y);
    KERNEL(finder_products)(&block, (size_t)s->width);
    __builtin_memcpy(out + (size_t)y * cells, block.out, cells * sizeof *out);
  }
}
