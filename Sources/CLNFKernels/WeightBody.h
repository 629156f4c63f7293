// How weights of nets are read; included by NetBody.h only.

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
