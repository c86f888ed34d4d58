#include "wide.h"

#define E19 ((remit_u128)10000000000000000000u)

const remit_u128 remit_wide_power[REMIT_WIDE_POWER_MAX + 1] = {
  1u, 10u, 100u, 1000u, 10000u, 100000u, 1000000u, 10000000u, 100000000u, 1000000000u,
  10000000000u, 100000000000u, 1000000000000u, 10000000000000u, 100000000000000u,
  1000000000000000u, 10000000000000000u, 100000000000000000u, 1000000000000000000u,
  E19, E19 * 10u, E19 * 100u, E19 * 1000u, E19 * 10000u, E19 * 100000u, E19 * 1000000u, E19 * 10000000u,
  E19 * 100000000u, E19 * 1000000000u, E19 * 10000000000u, E19 * 100000000000u, E19 * 1000000000000u,
  E19 * 10000000000000u, E19 * 100000000000000u, E19 * 1000000000000000u, E19 * 10000000000000000u,
  E19 * 100000000000000000u, E19 * 1000000000000000000u, E19 * E19,
};

/* Binary search over the number of zeros: 16, 8, 4, 2, 1. A value with fewer than n factors of two has fewer than n
 * of ten, which spares most of the divisions. */
int remit_wide_strip64(uint64_t *value) {
  uint64_t rest = *value;
  if (rest % 10 != 0) return 0;  /* the usual case */
  int zeros = 0;
#define STRIP(n, power) \
  if ((rest & ((1u << (n)) - 1)) == 0 && rest % (power) == 0) { rest /= (power); zeros += (n); }
  STRIP(16, 10000000000000000u)
  STRIP(8, 100000000u)
  STRIP(4, 10000u)
  STRIP(2, 100u)
  STRIP(1, 10u)
#undef STRIP
  *value = rest;
  return zeros;
}

int remit_wide_strip(remit_u128 *value) {
  remit_u128 rest = *value;
  int zeros = 0;
  for (int step = 16; step != 0 && rest > UINT64_MAX; step /= 2) {
    /* Twice with 16: 2^128 has room for 38 zeros. */
    while (remit_wide_trailing_bits(rest) >= step) {
      remit_u128 quotient = rest / remit_wide_power[step];
      if (quotient * remit_wide_power[step] != rest) break;
      rest = quotient;
      zeros += step;
    }
  }
  if (rest <= UINT64_MAX) {
    uint64_t small = (uint64_t)rest;
    zeros += remit_wide_strip64(&small);
    rest = small;
  }
  *value = rest;
  return zeros;
}

remit_wide remit_wide_multiply(remit_u128 a, remit_u128 b) {
  uint64_t a1 = (uint64_t)(a >> 64), a0 = (uint64_t)a;
  uint64_t b1 = (uint64_t)(b >> 64), b0 = (uint64_t)b;
  remit_u128 bottom = (remit_u128)a0 * b0;
  remit_u128 left = (remit_u128)a1 * b0, right = (remit_u128)a0 * b1;
  /* Three numbers below 2^64: the sum does not overflow. */
  remit_u128 middle = (bottom >> 64) + (uint64_t)left + (uint64_t)right;
  return (remit_wide){
    .high = (remit_u128)a1 * b1 + (left >> 64) + (right >> 64) + (middle >> 64),
    .low = (middle << 64) | (uint64_t)bottom,
  };
}

remit_wide remit_wide_scale(remit_wide a, remit_u128 b) {
  remit_wide product = remit_wide_multiply(a.low, b);
  product.high += a.high * b;
  return product;
}

/* One digit, in base 2^64, of a division by a normalised divisor (its top bit is set): (remainder * 2^64 + next) /
 * divisor, where remainder < divisor. Knuth's algorithm D; as the estimate is corrected against the whole divisor,
 * it ends exact. */
static uint64_t divide_step(remit_u128 *remainder, uint64_t next, remit_u128 divisor) {
  uint64_t divisor1 = (uint64_t)(divisor >> 64), divisor0 = (uint64_t)divisor;
  remit_u128 quotient, rest;
  if ((uint64_t)(*remainder >> 64) >= divisor1) {
    quotient = UINT64_MAX;
    rest = (remit_u128)divisor1 + (uint64_t)*remainder;
  } else {
    quotient = *remainder / divisor1;
    rest = *remainder - quotient * divisor1;
  }
  while (rest <= UINT64_MAX && quotient * divisor0 > ((rest << 64) | next)) {
    quotient -= 1;
    rest += divisor1;
  }
  *remainder = ((*remainder << 64) | next) - quotient * divisor;  /* mod 2^128, which holds the remainder */
  return (uint64_t)quotient;
}

remit_wide remit_wide_divide(remit_wide dividend, remit_u128 divisor, remit_u128 *remainder) {
  if (dividend.high == 0) {
    remit_u128 quotient = dividend.low / divisor;
    *remainder = dividend.low - quotient * divisor;
    return (remit_wide){.high = 0, .low = quotient};
  }
  int shift = 128 - remit_wide_bit_length(divisor);
  divisor <<= shift;
  /* What the shift moves out of the dividend's top is below 2^shift, hence below the shifted divisor. */
  remit_u128 rest = shift == 0 ? 0 : dividend.high >> (128 - shift);
  if (shift != 0) {
    dividend.high = (dividend.high << shift) | (dividend.low >> (128 - shift));
    dividend.low <<= shift;
  }
  remit_wide quotient;
  quotient.high = (remit_u128)divide_step(&rest, (uint64_t)(dividend.high >> 64), divisor) << 64;
  quotient.high |= divide_step(&rest, (uint64_t)dividend.high, divisor);
  quotient.low = (remit_u128)divide_step(&rest, (uint64_t)(dividend.low >> 64), divisor) << 64;
  quotient.low |= divide_step(&rest, (uint64_t)dividend.low, divisor);
  *remainder = rest >> shift;
  return quotient;
}
