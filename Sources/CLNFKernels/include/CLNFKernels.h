// The hot loops of the CLNF core. One portable body, compiled for several instruction sets.
//
// Conventions: images and maps are row by row; "stride" counts elements; no function allocates,
// keeps state or reads outside the ranges that its comment gives. All are pure and thread-safe.
// Every function sums in one fixed order, so an instruction set always gives the same bytes;
// between sets results differ by rounding (the wider set fuses multiplications and additions).
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { clnf_lane_count = 8 };

typedef enum {
  clnf_instruction_set_portable = 0,
  clnf_instruction_set_avx2 = 1,
} clnf_instruction_set;

/// A fully connected layer of a net. Its weights are 16-bit floats or 8-bit integers, `inputs` rows of
/// `outputs`: halves, bits of IEEE 754 binary16; or bytes, each times its output's step. The other is
/// NULL, steps with bytes. steps and biases: `outputs`.
typedef struct {
  int inputs, outputs;
  const uint16_t *halves;
  const int8_t *bytes;
  const float *steps;
  const float *biases;
} clnf_layer;

/// A net over patches of kernel x kernel pixels: kernel^2 -> H1 -> H2 -> 1, each layer's inputs the
/// outputs of the layer before. mirrored: patches and response map are flipped left to right.
typedef struct {
  int kernel;
  bool mirrored;
  clnf_layer layers[3];
} clnf_net;

/// What normal equations need to know of a shape model with n landmarks and m modes.
///
/// The Hessian of two modes is a sum over landmarks of products of the modes' vectors, each pair of axes
/// times a factor of the pose alone: `pairs` holds those sums, so that an iteration costs 6 products an
/// element instead of 2n.
typedef struct {
  /// n and m; m = 0 for the pose's columns alone, then no pointer but `weights` is read.
  int landmarks, modes;
  /// m vectors of 3n: x of all landmarks, then y, then z.
  const double *vectors;
  /// 6 lower triangles of m (m + 1) / 2, row by row, over landmarks i with weights w_i: of
  /// w V_a V_b for x, y and z, then of w (V_a V'_b + V'_a V_b) for xy, xz and yz.
  const double *pairs;
  /// m times 3: sums of w V for x, y and z.
  const double *sums;
  /// n: the weight of both of a landmark's equations.
  const double *weights;
} clnf_shape_system;

/// Weak perspective: px per mm and the rotation's three rows, orthonormal.
typedef struct {
  double scale;
  double rotation[9];
} clnf_pose;

/// A cell of the face finder's nets, px of a level; layers and channels at most.
enum { clnf_finder_cell = 8, clnf_most_finder_layers = 24, clnf_most_finder_channels = 256 };

/// A layer of the face finder's net: padded convolutions of zeros beyond the edges. What is said to be
/// padded has zeros up to a multiple of clnf_lane_count.
typedef struct {
  /// Channels, 1 to clnf_most_finder_channels, not padded; the last layer may have as many outputs as it likes.
  int inputs, outputs;
  /// Side of the kernel, 1, 3, 5 or 7, and its step, 1 or 2; 1 and 1 in the last layer.
  int kernel, stride;
  /// Whether the input is added before max(0, .): inputs = outputs, stride 1.
  bool adds_input;
  /// Of all layers but the first and the last, which have NULL: kernel^2 rows of the padded inputs, and
  /// biases, as many.
  const float *depthwise, *depthwise_bias;
  /// `inputs` rows (the first layer: kernel^2) of the padded outputs, and biases, as many.
  const float *weights, *bias;
} clnf_finder_layer;

/// A net of face finding: 2 to clnf_most_finder_layers layers, each one's inputs the outputs of the layer
/// before, one input of the first.
typedef struct {
  int count;
  const clnf_finder_layer *layers;
} clnf_finder_net;

/// A picture at the scale of a level, with a border in which its edges are repeated.
typedef struct {
  /// width x height > 0 grey levels, rows `stride` apart.
  const uint8_t *pixels;
  int stride, width, height;
  /// The border on the left and above; the sides with all borders, multiples of the product of the net's
  /// strides.
  int left, top, columns, rows;
  /// Whether only the cells of row height / 2 are wanted; the others are left as they are.
  bool wants_middle;
} clnf_finder_level;

typedef struct {
  /// Samples `size` x `size` points around (cx, cy) of an 8-bit image (width * height > 0),
  /// bilinearly, edge pixels replicated. Point (row v, column u) lies at
  /// (cx + a u' - b v', cy + b u' + a v') with u' = u - (size - 1) / 2, v' likewise.
  /// Coordinates that are not finite read pixel 0. out: size * size, grey levels 0 ... 255.
  void (*sample_area)(const uint8_t *image, int width, int height, float cx, float cy, float a,
                      float b, int size, float *out);

  /// The neurons' sum y of a CCNF expert over a window (docs/reference/clnf.md section 3, steps 1
  /// and 2). area: (window + kernel - 1)^2 grey levels. weights: groups * kernel^2 * 8, eight
  /// neurons side by side, each of zero mean and unit norm. gain = 2 alpha, slope = norm, bias:
  /// groups * 8 each, gain 0 where there is no neuron. scratch: clnf_response_scratch() floats.
  /// y: window^2. A patch whose squared deviations sum to <= 1e-6 kernel^2 correlates as 0.
  void (*neuron_sum)(const float *area, int window, int kernel, int groups, const float *weights,
                     const float *gain, const float *slope, const float *bias, float *scratch,
                     float *y);

  /// out = matrix v. matrix: n rows of `stride` floats, symmetric; v, out: n.
  void (*symmetric_multiply)(const float *matrix, int n, int stride, const float *v, float *out);

  /// The same for a matrix of w^2 rows that does not change when the window's rows or its columns are
  /// reversed, w odd. In the basis of sums and differences of mirrored places such a matrix falls apart
  /// into four: a quarter of the work and of the memory. blocks: for even and odd rows, for even and odd
  /// columns, symmetric matrices of the number of such places, rows padded to whole groups of lanes.
  /// An even basis has the middle, then sums outwards. scratch: 3 w^2; v, out: w^2.
  void (*folded_multiply)(const float *blocks, int window, const float *v, float *scratch,
                          float *out);

  /// The kernel density of a response map at (x, y), window px, and its moments: out[0] = sum of
  /// r(i, j) exp(exponent ((x - j)^2 + (y - i)^2)) over rows i and columns j, out[1] the same with each
  /// term times j, out[2] times i. exponent < 0; factors below exp(-700) count as that. map: window^2,
  /// window <= 63.
  void (*mean_shift)(const float *map, int window, double x, double y, double exponent,
                     double *out);

  /// out = base + sum over k of factors[k] vectors[k]. vectors: count times `length`; base, out:
  /// `length`, out may be base.
  void (*combine)(const double *base, const double *vectors, int count, int length,
                  const double *factors, double *out);

  /// The normal equations' lower triangle J^T W J and J^T W r for the 6 columns of the pose and, where
  /// system->modes > 0, those of the modes (docs/reference/clnf.md section 2), without making J:
  /// see clnf_shape_system. shape: 3n; residual: 2n; scratch: clnf_equations_scratch(). hessian:
  /// (6 + m)^2, row by row, only its lower triangle is written; gradient: 6 + m.
  void (*normal_equations)(const clnf_shape_system *system, const clnf_pose *pose,
                           const double *shape, const double *residual, double *scratch,
                           double *hessian, double *gradient);

  /// Fills a clnf_shape_system's pairs and sums from its vectors and weights. scratch: 3n.
  void (*shape_sums)(const double *vectors, int landmarks, int modes, const double *weights,
                     double *scratch, double *pairs, double *sums);

  /// Solves A x = b in place for a symmetric positive definite A, n x n, of which the lower triangle is
  /// read and overwritten. scratch: n. Returns 0, or -1 where a pivot is not positive.
  int (*solve)(double *matrix, int n, double *b, double *scratch);

  /// out += image (valid) correlated with a kernel. image: height x width; kernel:
  /// kernel_height x kernel_width; out: (height - kernel_height + 1) x (width - kernel_width + 1).
  void (*accumulate_correlation)(const float *image, int height, int width, const float *kernel,
                                 int kernel_height, int kernel_width, float *out);

  /// The responses of a net over a window: 1 / (1 + exp(-y)) of the net's output y, which sees each
  /// patch with its mean taken off and divided by its norm, and max(0, .) between its layers.
  /// area: (window + kernel - 1)^2 grey levels. scratch: clnf_net_scratch() floats. out: window^2.
  /// A patch whose squared deviations sum to <= 1e-6 kernel^2 is seen as zeros.
  void (*net_response)(const float *area, int window, const clnf_net *net, float *scratch,
                       float *out);

  /// 16-bit floats (IEEE 754 binary16) to floats, exactly.
  void (*widen)(const uint16_t *halves, int count, float *out);

  /// What the face finder's net says of a level, of which it sees v / 128 - 1 of grey level v. scratch:
  /// clnf_finder_scratch() floats. out: the padded outputs of the last layer for each
  /// cell, as wide and high as the product of the strides, row by row.
  void (*find_faces)(const clnf_finder_net *net, const clnf_finder_level *level, float *scratch,
                     float *out);

  /// clnf_reduce_area's loops: the same bytes with every instruction set.
  void (*reduce_area)(const uint8_t *image, int stride, int x0, int y0, int x1, int y1,
                      double factor, int row_step, int out_width, int out_height,
                      double *scratch, uint8_t *out);
} clnf_kernels;

/// The widest instruction set that this processor runs.
clnf_instruction_set clnf_best_instruction_set(void);

/// The kernels for an instruction set; one that the processor or the build lacks gives the
/// portable ones.
const clnf_kernels *clnf_kernels_for(clnf_instruction_set set);

/// Reduces the columns x0 ... x1 - 1 of the rows y0 ... y1 - 1 of an 8-bit image of `stride` columns
/// by `factor` (1 to 4096), each output pixel the mean of the area it covers, edges to 1/256 px;
/// what reaches beyond the last column or row counts with what is there. In whole numbers, so that
/// every instruction set gives the same bytes. out_width, out_height: clnf_reduced_size of the
/// sides. scratch: clnf_reduce_scratch(x1 - x0). out: out_width * out_height.
/// row_step: 1, or an odd number up to half the factor: then of each so many rows only the middle one
/// is read and stands for all, which saves reading and costs little where many rows are averaged.
void clnf_reduce_area(const uint8_t *image, int stride, int x0, int y0, int x1, int y1,
                      double factor, int row_step, int out_width, int out_height,
                      double *scratch, uint8_t *out);

/// Elements of scratch memory that clnf_reduce_area needs for so many columns.
size_t clnf_reduce_scratch(int columns);

/// Pixels that `size` pixels become when they are reduced by `factor`.
int clnf_reduced_size(int size, double factor);

/// Enlarges an 8-bit image of width x height > 0 (sides up to 2^23), rows `stride` apart, by 1 / factor
/// (factor < 1), bilinearly: output pixel i lies at (i + 1/2) factor - 1/2, to 1/256 px, edges repeated.
/// In whole numbers. scratch: width + 1 + out_width. out: out_width * out_height.
void clnf_enlarge(const uint8_t *image, int stride, int width, int height, double factor,
                  int out_width, int out_height, uint32_t *scratch, uint8_t *out);

/// Floats of scratch memory that find_faces needs for a level of so many columns, whatever its rows.
size_t clnf_finder_scratch(const clnf_finder_net *net, int columns);

/// Floats of scratch memory that neuron_sum needs.
size_t clnf_response_scratch(int window, int kernel);

/// Floats of scratch memory that net_response needs.
size_t clnf_net_scratch(const clnf_net *net, int window);

/// Doubles of scratch memory that normal_equations needs for n landmarks and m modes.
size_t clnf_equations_scratch(int landmarks, int modes);

/// Cholesky factor of a symmetric positive definite matrix in place: lower triangle of the
/// n x n row-major `matrix`; the upper triangle is left alone. Returns 0, or -1 where a pivot is
/// not positive.
int clnf_cholesky_factor(double *matrix, int n);

/// Solves L L^T x = b in place with the factor of clnf_cholesky_factor.
void clnf_cholesky_solve(const double *factor, int n, double *b);

/// The inverse of a symmetric positive definite matrix. matrix: n x n row-major, overwritten;
/// inverse: n rows of `stride` floats. Returns 0, or -1 where the matrix is not positive definite.
int clnf_symmetric_inverse(double *matrix, int n, int stride, double *scratch, float *inverse);

/// SHA-256's compression (FIPS 180-4 section 6.2) of `blocks` blocks of 64 bytes into `state` (8), with
/// the processor's own instructions where it has them: 20 MB take 12 ms, without them 76.
void clnf_sha256(uint32_t *state, const uint8_t *bytes, size_t blocks);

/// The same on every processor.
void clnf_sha256_plain(uint32_t *state, const uint8_t *bytes, size_t blocks);

#ifdef __cplusplus
}
#endif
