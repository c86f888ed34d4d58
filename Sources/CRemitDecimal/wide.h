/* Unsigned integers of 128 and 256 bits, as far as exact decimals need them. */
#ifndef REMIT_WIDE_H
#define REMIT_WIDE_H

#include <stdbool.h>
#include <stdint.h>

__extension__ typedef unsigned __int128 remit_u128;

/* high * 2^128 + low */
typedef struct remit_wide {
  remit_u128 high, low;
} remit_wide;

enum { REMIT_WIDE_POWER_MAX = 38 };

/* 10^0 ... 10^38: every power of ten below 2^128. */
extern const remit_u128 remit_wide_power[REMIT_WIDE_POWER_MAX + 1];

static inline int remit_wide_bit_length(remit_u128 value) {
  uint64_t high = (uint64_t)(value >> 64), low = (uint64_t)value;
  if (high != 0) return 128 - __builtin_clzll(high);
  return low == 0 ? 0 : 64 - __builtin_clzll(low);
}

/* How many decimal digits; zero has one. 1233 / 4096 is log10(2), close enough for 128 bits. */
static inline int remit_wide_digits(remit_u128 value) {
  int guess = (remit_wide_bit_length(value) * 1233) >> 12;
  return guess + (value >= remit_wide_power[guess] || guess == 0);
}

/* How many factors of two; of zero, 128. No number has more factors of ten than of two, and this is the cheaper
 * count. */
static inline int remit_wide_trailing_bits(remit_u128 value) {
  if ((uint64_t)value != 0) return __builtin_ctzll((uint64_t)value);
  uint64_t high = (uint64_t)(value >> 64);
  return high == 0 ? 128 : 64 + __builtin_ctzll(high);
}

/* Removes the trailing decimal zeros of a value other than zero; returns how many they were. */
int remit_wide_strip(remit_u128 *value);
int remit_wide_strip64(uint64_t *value);

remit_wide remit_wide_multiply(remit_u128 a, remit_u128 b);

/* a * b, which must be below 2^256. */
remit_wide remit_wide_scale(remit_wide a, remit_u128 b);

/* The quotient; `divisor` is not zero. */
remit_wide remit_wide_divide(remit_wide dividend, remit_u128 divisor, remit_u128 *remainder);

#endif
