// Mean shifts and normal equations: part of the kernels' body; included by KernelBody.h only.

// exp(x) for -700 <= x <= 700, below as exp(-700): x = k ln 2 + r, the exponential series for e^r to
// r^13 (2e-17 of its value at |r| <= 0.35), 2^k put into the exponent bits.
KERNEL_TARGET static inline __attribute__((always_inline)) void KERNEL(exponential_double)(
    d4 *value) {
  const d4 zero = {0, 0, 0, 0};
  const d4 x = __builtin_elementwise_min(__builtin_elementwise_max(*value, zero - 700), zero + 700);
  // Rounds to the nearest integer, which the low bits then hold.
  const d4 shifted = x * 1.4426950408889634 + 6755399441055744.0;
  const d4 k = shifted - 6755399441055744.0;
  const d4 r = (x - k * 6.93147180369123816490e-01) - k * 1.90821492927058770002e-10;
  d4 p = zero + 1.6059043836821613e-10;
  p = p * r + 2.08767569878681e-09;
  p = p * r + 2.505210838544172e-08;
  p = p * r + 2.755731922398589e-07;
  p = p * r + 2.7557319223985893e-06;
  p = p * r + 2.48015873015873e-05;
  p = p * r + 1.984126984126984e-04;
  p = p * r + 1.3888888888888889e-03;
  p = p * r + 8.333333333333333e-03;
  p = p * r + 4.1666666666666664e-02;
  p = p * r + 1.6666666666666666e-01;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  l4 bits;
  __builtin_memcpy(&bits, &shifted, sizeof bits);
  bits = (bits + 1023) << 52;
  d4 power;
  __builtin_memcpy(&power, &bits, sizeof power);
  *value = p * power;
}

// out[i] = exp(exponent (place - i)^2) for i < count, 0 up to the next multiple of 4.
KERNEL_TARGET static inline __attribute__((always_inline)) void KERNEL(gaussian)(
    double place, double exponent, int count, double *out) {
  const d4 zero = {0, 0, 0, 0};
  d4 i = {0, 1, 2, 3};
  for (int first = 0; first < count; first += 4, i += 4) {
    const d4 d = zero + place - i;
    d4 weight = exponent * d * d;
    KERNEL(exponential_double)(&weight);
    const l4 within = (l4)(i < zero + (double)count);
    l4 bits;
    __builtin_memcpy(&bits, &weight, sizeof bits);
    bits &= within;
    __builtin_memcpy(out + first, &bits, sizeof bits);
  }
}

// Adds up `vectors` times four columns (a constant) of a map: by column, and by column times the row's
// number, each weighted by the row; then by the columns' weights into the three sums.
KERNEL_TARGET static inline __attribute__((always_inline)) void KERNEL(moments)(
    const float *map, int window, int first, int vectors, const double *column, const double *row,
    d4 *sums) {
  d4 level[4], moment[4];
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++) {
    level[v] = (d4){0, 0, 0, 0};
    moment[v] = level[v];
  }
  for (int i = 0; i < window; i++) {
    float line[16];
    const float *from = map + i * window + first;
    // Up to three levels of the next row meet weights of 0; nothing follows the last.
    if (i + 1 < window) {
      __builtin_memcpy(line, from, (size_t)vectors * 4 * sizeof *line);
    } else {
      for (int j = 0; j < 4 * vectors; j++) line[j] = first + j < window ? from[j] : 0;
    }
    const double weight = row[i], raised = row[i] * i;
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) {
      const float *at = line + 4 * v;
      const d4 response = {(double)at[0], (double)at[1], (double)at[2], (double)at[3]};
      level[v] += weight * response;
      moment[v] += raised * response;
    }
  }
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++) {
    const d4 weights = *(const d4 *)(column + first + 4 * v);
    const double x = first + 4 * v;
    const d4 place = {x, x + 1, x + 2, x + 3};
    const d4 weighted = weights * level[v];
    sums[0] += weighted;
    sums[1] += weighted * place;
    sums[2] += weights * moment[v];
  }
}

KERNEL_TARGET static double KERNEL(lane_sum)(const d4 *v) {
  return ((*v)[0] + (*v)[2]) + ((*v)[1] + (*v)[3]);
}

KERNEL_TARGET static void KERNEL(mean_shift)(const float *map, int window, double x, double y,
                                             double exponent, double *out) {
  double column[64], row[64];
  KERNEL(gaussian)(x, exponent, window, column);
  KERNEL(gaussian)(y, exponent, window, row);
  d4 sums[3] = {{0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}};
  for (int first = 0; first < window; first += 16) {
    switch (window - first > 12 ? 4 : (window - first + 3) / 4) {
      case 4: KERNEL(moments)(map, window, first, 4, column, row, sums); break;
      case 3: KERNEL(moments)(map, window, first, 3, column, row, sums); break;
      case 2: KERNEL(moments)(map, window, first, 2, column, row, sums); break;
      default: KERNEL(moments)(map, window, first, 1, column, row, sums); break;
    }
  }
  for (int i = 0; i < 3; i++) out[i] = KERNEL(lane_sum)(&sums[i]);
}

// out = base + sum over k of factors[k] vectors[k], each of `length` doubles.
KERNEL_TARGET static void KERNEL(combine)(const double *base, const double *vectors, int count,
                                          int length, const double *factors, double *out) {
  int first = 0;
  for (; first + 16 <= length; first += 16) {
    d4 sum[4];
    for (int v = 0; v < 4; v++) sum[v] = *(const d4 *)(base + first + 4 * v);
    const double *vector = vectors + first;
    for (int k = 0; k < count; k++, vector += length) {
      const double factor = factors[k];
      for (int v = 0; v < 4; v++) sum[v] += factor * *(const d4 *)(vector + 4 * v);
    }
    for (int v = 0; v < 4; v++) *(d4 *)(out + first + 4 * v) = sum[v];
  }
  for (; first + 4 <= length; first += 4) {
    d4 sum = *(const d4 *)(base + first);
    const double *vector = vectors + first;
    for (int k = 0; k < count; k++, vector += length) sum += factors[k] * *(const d4 *)vector;
    *(d4 *)(out + first) = sum;
  }
  for (; first < length; first++) {
    double sum = base[first];
    for (int k = 0; k < count; k++) sum += factors[k] * vectors[(size_t)k * (size_t)length + (size_t)first];
    out[first] = sum;
  }
}

// out[m * 5 + f] = vectors[m] . forces[f], five forces. Partial sums by lane, always added up in the same
// order.
KERNEL_TARGET static void KERNEL(meet_forces)(const double *vectors, int count, int length,
                                              const double *forces, double *out) {
  for (int m = 0; m < count; m += 2) {
    const double *v0 = vectors + (size_t)m * (size_t)length;
    const double *v1 = m + 1 < count ? v0 + length : v0;
    d4 s0[5], s1[5];
    for (int f = 0; f < 5; f++) {
      s0[f] = (d4){0, 0, 0, 0};
      s1[f] = s0[f];
    }
    int i = 0;
    for (; i + 4 <= length; i += 4) {
      const d4 a = *(const d4 *)(v0 + i), b = *(const d4 *)(v1 + i);
      for (int f = 0; f < 5; f++) {
        const d4 force = *(const d4 *)(forces + f * length + i);
        s0[f] += a * force;
        s1[f] += b * force;
      }
    }
    for (int f = 0; f < 5; f++) {
      double t0 = KERNEL(lane_sum)(&s0[f]), t1 = KERNEL(lane_sum)(&s1[f]);
      for (int k = i; k < length; k++) {
        t0 += v0[k] * forces[f * length + k];
        t1 += v1[k] * forces[f * length + k];
      }
      out[5 * m + f] = t0;
      if (m + 1 < count) out[5 * (m + 1) + f] = t1;
    }
  }
}

// The six columns of the pose (docs/reference/clnf.md section 2), 2n each: scale, turns about the
// head's axes, shift.
KERNEL_TARGET static void KERNEL(rigid_columns)(const clnf_pose *pose, const double *shape, int n,
                                                double *columns) {
  const double s = pose->scale;
  const double *rotation = pose->rotation;
  for (int axis = 0; axis < 2; axis++) {
    const double *r = rotation + 3 * axis;
    double *column = columns + axis * n;
    for (int i = 0; i < n; i++) {
      const double x = shape[i], y = shape[n + i], z = shape[2 * n + i];
      column[i] = r[0] * x + r[1] * y + r[2] * z;
      column[2 * n + i] = s * (y * r[2] - z * r[1]);
      column[4 * n + i] = -s * (x * r[2] - z * r[0]);
      column[6 * n + i] = s * (x * r[1] - y * r[0]);
      column[8 * n + i] = axis == 0 ? 1 : 0;
      column[10 * n + i] = axis == 0 ? 0 : 1;
    }
  }
}

// What pulls at the landmarks in space for `count` (4) of the pose's columns and the residual: 3n each,
// s w_i (R_0 x_i + R_1 y_i).
KERNEL_TARGET static void KERNEL(lay_out_forces)(const clnf_shape_system *system,
                                                 const clnf_pose *pose, const double *columns,
                                                 const double *residual, double *forces) {
  const int n = system->landmarks;
  for (int f = 0; f < 5; f++) {
    const double *plane = f < 4 ? columns + f * 2 * n : residual;
    for (int axis = 0; axis < 3; axis++) {
      const double a = pose->scale * pose->rotation[axis];
      const double b = pose->scale * pose->rotation[3 + axis];
      double *out = forces + (3 * f + axis) * n;
      for (int i = 0; i < n; i++) {
        out[i] = system->weights[i] * (a * plane[i] + b * plane[n + i]);
      }
    }
  }
}

// The modes' part of the Hessian's lower triangle: with J_m = s (R_0 . V_m, R_1 . V_m) and orthonormal
// rows of R, J_a . J_b = s^2 (V_a . V_b - (R_2 . V_a) (R_2 . V_b)); `pairs` has the sums over landmarks.
KERNEL_TARGET static void KERNEL(mode_block)(const clnf_shape_system *system, const clnf_pose *pose,
                                             double *triangle, double *hessian) {
  const double *r = pose->rotation + 6, square = pose->scale * pose->scale;
  const double factors[6] = {square * (1 - r[0] * r[0]), square * (1 - r[1] * r[1]),
                             square * (1 - r[2] * r[2]), -square * r[0] * r[1],
                             -square * r[0] * r[2],      -square * r[1] * r[2]};
  const int modes = system->modes, columns = 6 + modes, count = modes * (modes + 1) / 2;
  for (int i = 0; i < count; i++) triangle[i] = 0;
  KERNEL(combine)(triangle, system->pairs, 6, count, factors, triangle);
  for (int a = 0; a < modes; a++) {
    double *row = hessian + (size_t)(6 + a) * (size_t)columns + 6;
    for (int b = 0; b <= a; b++) row[b] = *triangle++;
  }
}

KERNEL_TARGET static void KERNEL(normal_equations)(const clnf_shape_system *system,
                                                   const clnf_pose *pose, const double *shape,
                                                   const double *residual, double *scratch,
                                                   double *hessian, double *gradient) {
  const int n = system->landmarks, modes = system->modes, columns = 6 + modes;
  double *rigid = scratch, *weighted = rigid + 12 * n, *forces = weighted + 2 * n;
  KERNEL(rigid_columns)(pose, shape, n, rigid);
  for (int a = 0; a < 6; a++) {
    const double *column = rigid + 2 * a * n;
    for (int i = 0; i < n; i++) {
      weighted[i] = system->weights[i] * column[i];
      weighted[n + i] = system->weights[i] * column[n + i];
    }
    for (int b = 0; b <= a; b++) {
      hessian[a * columns + b] = KERNEL(dot)(weighted, rigid + 2 * b * n, 2 * n);
    }
    gradient[a] = KERNEL(dot)(weighted, residual, 2 * n);
  }
  if (modes == 0) return;
  KERNEL(lay_out_forces)(system, pose, rigid, residual, forces);
  double *products = forces + 15 * n;
  KERNEL(meet_forces)(system->vectors, modes, 3 * n, forces, products);
  const double *r = pose->rotation, s = pose->scale;
  for (int m = 0; m < modes; m++) {
    double *row = hessian + (size_t)(6 + m) * (size_t)columns;
    const double *sums = system->sums + 3 * m;
    for (int f = 0; f < 4; f++) row[f] = products[5 * m + f];
    row[4] = s * (r[0] * sums[0] + r[1] * sums[1] + r[2] * sums[2]);
    row[5] = s * (r[3] * sums[0] + r[4] * sums[1] + r[5] * sums[2]);
    gradient[6 + m] = products[5 * m + 4];
  }
  KERNEL(mode_block)(system, pose, products, hessian);
}

// What two modes have in common, of which `w` is weighed: sums over landmarks of x x, y y, z z, x y + y x,
// x z + z x and y z + z y.
KERNEL_TARGET static inline void KERNEL(pair_sums)(const double *w, const double *v, int n,
                                                   double sums[6]) {
  d4 xx = {0, 0, 0, 0}, yy = xx, zz = xx, xy = xx, yx = xx, xz = xx, zx = xx, yz = xx, zy = xx;
  int i = 0;
  for (; i + 3 < n; i += 4) {
    const d4 wx = *(const d4 *)(w + i), wy = *(const d4 *)(w + n + i),
             wz = *(const d4 *)(w + 2 * n + i);
    const d4 vx = *(const d4 *)(v + i), vy = *(const d4 *)(v + n + i),
             vz = *(const d4 *)(v + 2 * n + i);
    xx += wx * vx;
    yy += wy * vy;
    zz += wz * vz;
    xy += wx * vy;
    yx += wy * vx;
    xz += wx * vz;
    zx += wz * vx;
    yz += wy * vz;
    zy += wz * vy;
  }
  const d4 lanes[6] = {xx, yy, zz, xy + yx, xz + zx, yz + zy};
  for (int k = 0; k < 6; k++) {
    sums[k] = (lanes[k][0] + lanes[k][1]) + (lanes[k][2] + lanes[k][3]);
  }
  for (; i < n; i++) {
    const double wx = w[i], wy = w[n + i], wz = w[2 * n + i];
    const double vx = v[i], vy = v[n + i], vz = v[2 * n + i];
    sums[0] += wx * vx;
    sums[1] += wy * vy;
    sums[2] += wz * vz;
    sums[3] += wx * vy + wy * vx;
    sums[4] += wx * vz + wz * vx;
    sums[5] += wy * vz + wz * vy;
  }
}

// Both sums of the weights that clnf_shape_system names.
KERNEL_TARGET static void KERNEL(shape_sums)(const double *vectors, int n, int modes,
                                             const double *weights, double *weighted, double *pairs,
                                             double *sums) {
  const int count = modes * (modes + 1) / 2;
  for (int a = 0, at = 0; a < modes; a++) {
    const double *va = vectors + (size_t)a * 3 * (size_t)n;
    for (int axis = 0; axis < 3; axis++) {
      double sum = 0;
      for (int i = 0; i < n; i++) {
        weighted[axis * n + i] = weights[i] * va[axis * n + i];
        sum += weighted[axis * n + i];
      }
      sums[3 * a + axis] = sum;
    }
    for (int b = 0; b <= a; b++, at++) {
      double both[6];
      KERNEL(pair_sums)(weighted, vectors + (size_t)b * 3 * (size_t)n, n, both);
      for (int k = 0; k < 6; k++) pairs[(size_t)k * (size_t)count + (size_t)at] = both[k];
    }
  }
}

// Right-looking: what a column takes from those to its right needs no sum over rows.
KERNEL_TARGET static int KERNEL(cholesky_factor)(double *matrix, int n, double *column) {
  for (int k = 0; k < n; k++) {
    double *pivot = matrix + (size_t)k * (size_t)n + k;
    if (!(*pivot > 0)) return -1;
    *pivot = __builtin_sqrt(*pivot);
    const double inverse = 1 / *pivot;
    for (int i = k + 1; i < n; i++) {
      double *at = matrix + (size_t)i * (size_t)n + k;
      column[i] = *at *= inverse;
    }
    for (int i = k + 1; i < n; i++) {
      double *row = matrix + (size_t)i * (size_t)n;
      const double factor = column[i];
      int j = k + 1;
      for (; j + 3 <= i; j += 4) {
        *(d4 *)(row + j) -= factor * *(const d4 *)(column + j);
      }
      for (; j <= i; j++) row[j] -= factor * column[j];
    }
  }
  return 0;
}

KERNEL_TARGET static int KERNEL(solve)(double *matrix, int n, double *b, double *scratch) {
  if (KERNEL(cholesky_factor)(matrix, n, scratch) != 0) return -1;
  for (int i = 0; i < n; i++) {
    const double *row = matrix + (size_t)i * (size_t)n;
    b[i] = (b[i] - KERNEL(dot)(row, b, i)) / row[i];
  }
  for (int k = n - 1; k >= 0; k--) {
    const double *row = matrix + (size_t)k * (size_t)n;
    const double x = b[k] /= row[k];
    for (int i = 0; i < k; i++) b[i] -= row[i] * x;
  }
  return 0;
}
