#include "CLNFKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// Floats, a multiple of the lane count, that hold `count`.
static int padded(int count) {
  return (count + clnf_lane_count - 1) / clnf_lane_count * clnf_lane_count;
}

// Positions that a net is evaluated at side by side.
enum { net_positions = 6 };

// A net's first layer is computed by minimal filters F(3 x 3, 3 x 3): tiles of output_side^2 positions
// from patches of patch_side^2 pixels, with kernels cut into pieces of output_side^2.
enum { output_side = 3, patch_side = 5, patch_count = patch_side * patch_side };
// Groups of eight outputs that are computed side by side, at most.
enum { net_groups = 3 };

// The pieces of a length.
static int pieces(int length) { return (length + output_side - 1) / output_side; }

// Where a net's scratch memory holds what, floats from its start.
typedef struct {
  // Tiles and pieces of the kernel along a side, patches along a side; rows that these cover, and floats
  // from one to the next.
  int tiles, cuts, places, covered, stride;
  size_t centred, norms, means, weights[3], biases[2], steps, hidden[2], outputs;
  // The covered area; its patches, the kernel's pieces and the tiles' sums, all transformed; the
  // kernels' sums.
  size_t area, patches, filters, sums, kernels, end;
} net_scratch;

static net_scratch lay_out(const clnf_net *net, int window) {
  net_scratch at;
  const size_t size = (size_t)(window + net->kernel - 1), positions = (size_t)(window * window);
  at.tiles = pieces(window);
  at.cuts = pieces(net->kernel);
  at.places = at.tiles + at.cuts - 1;
  at.covered = output_side * (at.places - 1) + patch_side;
  at.stride = padded(at.covered);
  const size_t lanes = (size_t)(net_groups * clnf_lane_count);
  size_t next = 0;
  at.area = next;
  // Eights reach beyond the last row.
  next += (size_t)(at.covered * at.stride + clnf_lane_count);
  at.patches = next;
  next += (size_t)(patch_count * at.places * at.places);
  at.filters = next;
  next += (size_t)(patch_count * at.cuts * at.cuts) * lanes;
  at.sums = next;
  const size_t sums = (size_t)(patch_count * at.tiles * at.tiles) * lanes;
  // While patches are transformed, two sets of rows lie there.
  const size_t rows = (size_t)(2 * patch_side * at.stride + clnf_lane_count);
  next += sums > rows ? sums : rows;
  at.centred = next;
  next += size * size;
  at.norms = next;
  at.means = next + positions;
  next += 2 * positions;
  at.kernels = next;
  next += lanes;
  // The first layer's weights are widened where they are transformed; those of rows that are no whole
  // eights lie here, padded, in 16 bits or 8.
  at.weights[0] = next;
  next += (size_t)net->layers[0].inputs * (size_t)padded(net->layers[0].outputs) / 2;
  for (int l = 1; l < 3; l++) {
    at.weights[l] = next;
    const size_t inputs = (size_t)net->layers[l].inputs;
    // The last layer has one output: its weights are one row.
    next += l < 2 ? inputs * (size_t)padded(net->layers[l].outputs) : (size_t)padded((int)inputs);
  }
  for (int l = 0; l < 2; l++) {
    const size_t width = (size_t)padded(net->layers[l].outputs);
    at.biases[l] = next;
    at.hidden[l] = next + width;
    next += (1 + (l == 0 ? positions : net_positions)) * width;
  }
  at.steps = next;
  next += (size_t)padded(net->layers[0].outputs);
  at.outputs = next;
  at.end = next + (size_t)padded((int)positions);
  return at;
}

// Where neuron_sum's scratch memory holds what, floats from its start.
typedef struct {
  size_t centred, norms, shifted, sums, total, end;
  // Floats from one column's copy of the area to the next.
  int block;
} response_scratch;

static response_scratch lay_out_response(int window, int kernel) {
  response_scratch at;
  const int size = window + kernel - 1;
  const size_t positions = (size_t)padded(window * window);
  // Eights reach up to seven floats beyond the last row.
  at.block = size * window + clnf_lane_count;
  at.centred = 0;
  at.norms = (size_t)padded(size * size + clnf_lane_count);
  at.shifted = at.norms + positions;
  at.sums = at.shifted + (size_t)kernel * (size_t)at.block;
  at.total = at.sums + clnf_lane_count * positions;
  at.end = at.total + positions;
  return at;
}

// The finder's net: the largest kernel; places that a depthwise convolution computes side
// by side, and that lie between it and the pointwise one; zeros before a row, and room behind it. Kernels
// compute up to seven places beyond a row's end; they read up to 17 beyond it for those.
enum { finder_kernel = 7, finder_places = 8, finder_chunk = 24 };
enum { finder_margin = 3, finder_slack = 18 };

// Values between two layers; the first are the grey levels.
typedef struct {
  int width, height;
  // Rows that are kept: those under the next layer's kernel.
  int kept;
  // Channels with those that fill whole groups of lanes; floats from a row to the next; where the first
  // row's margin begins.
  size_t channels, row, start;
} finder_stage;

// Where a search's scratch memory holds what, floats from its start.
typedef struct {
  finder_stage stages[clnf_most_finder_layers];
  size_t chunk, head, end;
} finder_scratch;

static finder_scratch lay_out_finder(const clnf_finder_net *net, int columns, int rows) {
  finder_scratch at;
  size_t next = 0, most = 0;
  int width = columns, height = rows;
  for (int stage = 0; stage < net->count; stage++) {
    finder_stage *s = &at.stages[stage];
    if (stage > 0) {
      const int stride = net->layers[stage - 1].stride;
      width = (width + stride - 1) / stride;
      height = (height + stride - 1) / stride;
    }
    s->width = width;
    s->height = height;
    s->kept = net->layers[stage].kernel;
    s->channels = stage == 0 ? 1 : (size_t)padded(net->layers[stage].inputs);
    s->row = (finder_margin + (size_t)width + finder_slack) * s->channels;
    s->start = next;
    next += ((size_t)s->kept * s->row + clnf_lane_count - 1) / clnf_lane_count * clnf_lane_count;
    if (s->channels > most) most = s->channels;
  }
  at.chunk = next;
  at.head = next + finder_chunk * most;
  at.end = at.head + ((size_t)width + clnf_lane_count) * (size_t)padded(net->layers[net->count - 1].outputs);
  return at;
}

// The left or upper edge of output pixel i of a reduced image, 1/256 px, not beyond `size` px.
static int64_t edge(int i, double factor, int size) {
  const int64_t place = (int64_t)(i * factor * 256);
  return place < (int64_t)size * 256 ? place : (int64_t)size * 256;
}

// Where output pixel i of an enlarged image lies in an image of `size` pixels, 1/256 px.
static uint32_t place_of(int i, double factor, int size) {
  const double place = (((double)i + 0.5) * factor - 0.5) * 256;
  const uint32_t last = (uint32_t)(size - 1) * 256, whole = place > 0 ? (uint32_t)(place + 0.5) : 0;
  return whole < last ? whole : last;
}

#define KERNEL(name) portable_##name
#define KERNEL_TARGET
#include "KernelBody.h"
#undef KERNEL
#undef KERNEL_TARGET

#if defined(__x86_64__)
#define KERNEL(name) avx2_##name
#define KERNEL_TARGET __attribute__((target("avx2,fma,f16c")))
#define KERNEL_HAS_AVX2
#include "KernelBody.h"
#undef KERNEL_HAS_AVX2
#undef KERNEL
#undef KERNEL_TARGET
#endif

clnf_instruction_set clnf_best_instruction_set(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
      __builtin_cpu_supports("f16c")) {
    return clnf_instruction_set_avx2;
  }
#endif
  return clnf_instruction_set_portable;
}

const clnf_kernels *clnf_kernels_for(clnf_instruction_set set) {
#if defined(__x86_64__)
  if (set == clnf_instruction_set_avx2 &&
      clnf_best_instruction_set() == clnf_instruction_set_avx2) {
    return &avx2_table;
  }
#else
  (void)set;
#endif
  return &portable_table;
}

int clnf_reduced_size(int size, double factor) {
  // The last pixel covers at least a hundredth of its width.
  const int whole = (int)(size / factor);
  return size - whole * factor > 0.01 ? whole + 1 : (whole > 0 ? whole : 1);
}

void clnf_reduce_area(const uint8_t *image, int stride, int x0, int y0, int x1, int y1,
                      double factor, int row_step, int out_width, int out_height,
                      double *scratch, uint8_t *out) {
  clnf_kernels_for(clnf_best_instruction_set())
      ->reduce_area(image, stride, x0, y0, x1, y1, factor, row_step, out_width, out_height,
                    scratch, out);
}

size_t clnf_reduce_scratch(int columns) { return 5 * ((size_t)columns + 2); }

size_t clnf_response_scratch(int window, int kernel) {
  return lay_out_response(window, kernel).end;
}

size_t clnf_equations_scratch(int landmarks, int modes) {
  // Rigid columns, one of them weighted, forces; then products with modes, or a triangle of modes.
  const size_t n = (size_t)landmarks, m = (size_t)modes;
  return 29 * n + (m < 9 ? 5 * m : m * (m + 1) / 2);
}

size_t clnf_net_scratch(const clnf_net *net, int window) { return lay_out(net, window).end; }

size_t clnf_finder_scratch(const clnf_finder_net *net, int columns) {
  return lay_out_finder(net, columns, clnf_finder_cell).end;
}

void clnf_enlarge(const uint8_t *image, int stride, int width, int height, double factor,
                  int out_width, int out_height, uint32_t *scratch, uint8_t *out) {
  // Places in 1/256 px; the centres of pixels are whole numbers.
  uint32_t *places = scratch, *levels = scratch + out_width;
  for (int i = 0; i < out_width; i++) places[i] = place_of(i, factor, width);
  for (int j = 0; j < out_height; j++) {
    const uint32_t y = place_of(j, factor, height), below = y & 255, above = 256 - below;
    const uint8_t *upper = image + (size_t)(y >> 8) * (size_t)stride;
    const uint8_t *lower = (int)(y >> 8) + 1 < height ? upper + stride : upper;
    for (int x = 0; x < width; x++) levels[x] = above * upper[x] + below * lower[x];
    // The last column's right neighbour is itself.
    levels[width] = levels[width - 1];
    uint8_t *row = out + (size_t)j * (size_t)out_width;
    for (int i = 0; i < out_width; i++) {
      const uint32_t *at = levels + (places[i] >> 8), right = places[i] & 255;
      row[i] = (uint8_t)(((256 - right) * at[0] + right * at[1] + 32768) >> 16);
    }
  }
}

int clnf_cholesky_factor(double *matrix, int n) {
  for (int j = 0; j < n; j++) {
    double *row_j = matrix + (size_t)j * (size_t)n;
    for (int i = j; i < n; i++) {
      double *row_i = matrix + (size_t)i * (size_t)n;
      double sum = row_i[j];
      for (int k = 0; k < j; k++) sum -= row_i[k] * row_j[k];
      if (i == j) {
        if (!(sum > 0)) return -1;
        row_j[j] = __builtin_sqrt(sum);
      } else {
        row_i[j] = sum / row_j[j];
      }
    }
  }
  return 0;
}

void clnf_cholesky_solve(const double *factor, int n, double *b) {
  for (int i = 0; i < n; i++) {
    const double *row = factor + (size_t)i * (size_t)n;
    double sum = b[i];
    for (int k = 0; k < i; k++) sum -= row[k] * b[k];
    b[i] = sum / row[i];
  }
  for (int i = n - 1; i >= 0; i--) {
    double sum = b[i];
    for (int k = i + 1; k < n; k++) sum -= factor[(size_t)k * (size_t)n + (size_t)i] * b[k];
    b[i] = sum / factor[(size_t)i * (size_t)n + (size_t)i];
  }
}

int clnf_symmetric_inverse(double *matrix, int n, int stride, double *scratch, float *inverse) {
  const size_t order = (size_t)n;
  // Right-looking elimination of the lower triangle, in rows, so that inner loops are contiguous:
  // the matrix becomes its factor L, `scratch` L^-1 (lower, by rows of its transpose).
  if (clnf_cholesky_factor(matrix, n) != 0) return -1;
  // scratch row j = column j of L^-1.
  for (int j = 0; j < n; j++) {
    double *column = scratch + (size_t)j * order;
    for (int i = 0; i < j; i++) column[i] = 0;
    column[j] = 1 / matrix[(size_t)j * order + (size_t)j];
    for (int i = j + 1; i < n; i++) {
      const double *row = matrix + (size_t)i * order;
      double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
      int k = j;
      for (; k + 4 <= i; k += 4) {
        s0 += row[k] * column[k];
        s1 += row[k + 1] * column[k + 1];
        s2 += row[k + 2] * column[k + 2];
        s3 += row[k + 3] * column[k + 3];
      }
      for (; k < i; k++) s0 += row[k] * column[k];
      column[i] = -((s0 + s2) + (s1 + s3)) / row[i];
    }
  }
  // (L L^T)^-1 = L^-T L^-1: entry (i, j) = sum over k >= max(i, j).
  for (int i = 0; i < n; i++) {
    const double *a = scratch + (size_t)i * order;
    for (int j = 0; j <= i; j++) {
      const double *b = scratch + (size_t)j * order;
      double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
      int k = i;
      for (; k + 4 <= n; k += 4) {
        s0 += a[k] * b[k];
        s1 += a[k + 1] * b[k + 1];
        s2 += a[k + 2] * b[k + 2];
        s3 += a[k + 3] * b[k + 3];
      }
      for (; k < n; k++) s0 += a[k] * b[k];
      const float value = (float)((s0 + s2) + (s1 + s3));
      inverse[(size_t)i * (size_t)stride + (size_t)j] = value;
      inverse[(size_t)j * (size_t)stride + (size_t)i] = value;
    }
  }
  return 0;
}
