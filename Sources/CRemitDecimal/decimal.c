#include "core.h"

#define COEFFICIENT_LIMIT (remit_wide_power[REMIT_DECIMAL_DIGITS_MAX])

/* ---- Putting a result together ---- */

remit_decimal_status remit_decimal_finish(bool negative, remit_u128 coefficient, int64_t exponent, remit_decimal *out) {
  if (coefficient == 0) {
    *out = (remit_decimal){0};
    return REMIT_DECIMAL_OK;
  }
  exponent += remit_wide_strip(&coefficient);
  if (coefficient >= COEFFICIENT_LIMIT) return REMIT_DECIMAL_INEXACT;
  int64_t adjusted = exponent + remit_wide_digits(coefficient) - 1;
  if (adjusted > REMIT_DECIMAL_EXPONENT_MAX || adjusted < -REMIT_DECIMAL_EXPONENT_MAX) return REMIT_DECIMAL_RANGE;
  *out = (remit_decimal){
    .hi = (uint64_t)(coefficient >> 64),
    .lo = (uint64_t)coefficient,
    .exponent = (int32_t)exponent,
    .negative = negative,
  };
  return REMIT_DECIMAL_OK;
}

remit_decimal_status remit_decimal_finish_wide(
  bool negative, remit_wide coefficient, int64_t exponent, remit_decimal *out) {
  if (coefficient.high != 0) {
    /* At least this many digits stand there, and at most one more; so many must be zeros that can go. */
    int bits = 128 + remit_wide_bit_length(coefficient.high);
    int surplus = (((bits - 1) * 1233) >> 12) + 1 - REMIT_DECIMAL_DIGITS_MAX;
    if (remit_wide_trailing_bits(coefficient.low) < surplus) return REMIT_DECIMAL_INEXACT;
    remit_u128 remainder;
    coefficient = remit_wide_divide(coefficient, remit_wide_power[surplus], &remainder);
    if (remainder != 0) return REMIT_DECIMAL_INEXACT;
    exponent += surplus;
  }
  return remit_decimal_finish(negative, coefficient.low, exponent, out);
}

/* ---- Whole numbers ---- */

remit_decimal remit_decimal_from_int64(int64_t value) {
  remit_decimal result;
  uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
  (void)remit_decimal_finish(value < 0, magnitude, 0, &result);  /* 19 digits always fit */
  return result;
}

bool remit_decimal_to_int64(const remit_decimal *value, int64_t *out) {
  if (value->exponent < 0 || value->exponent > 18 || value->hi != 0) return false;
  remit_u128 magnitude = value->lo * remit_wide_power[value->exponent];
  if (magnitude > (remit_u128)INT64_MAX + value->negative) return false;
  /* By way of unsigned, for the sake of INT64_MIN. */
  *out = (int64_t)(value->negative ? 0 - (uint64_t)magnitude : (uint64_t)magnitude);
  return true;
}

bool remit_decimal_is_whole(const remit_decimal *value) { return value->exponent >= 0; }

/* ---- Order ---- */

static int compare_magnitudes(const remit_decimal *a, const remit_decimal *b) {
  int32_t magnitude_a = remit_decimal_magnitude(a), magnitude_b = remit_decimal_magnitude(b);
  if (magnitude_a != magnitude_b) return magnitude_a < magnitude_b ? -1 : 1;
  /* Their first digits are of one rank, so the exponents are at most 33 apart, and the longer one's digits bound the
   * product. */
  remit_u128 x = remit_decimal_coefficient(a), y = remit_decimal_coefficient(b);
  if (a->exponent > b->exponent) x *= remit_wide_power[a->exponent - b->exponent];
  if (b->exponent > a->exponent) y *= remit_wide_power[b->exponent - a->exponent];
  return (x > y) - (x < y);
}

static int sign_of(const remit_decimal *value) {
  if (remit_decimal_is_zero(value)) return 0;
  return value->negative ? -1 : 1;
}

int remit_decimal_compare(const remit_decimal *a, const remit_decimal *b) {
  int sign_a = sign_of(a), sign_b = sign_of(b);
  if (sign_a != sign_b) return sign_a < sign_b ? -1 : 1;
  return sign_a == 0 ? 0 : sign_a * compare_magnitudes(a, b);
}

/* ---- Arithmetic ---- */

/* a + b, where b counts as negative if `negative_b`. */
static remit_decimal_status add_signed(
  const remit_decimal *a, const remit_decimal *b, bool negative_b, remit_decimal *out) {
  if (remit_decimal_is_zero(b)) {
    *out = *a;
    return REMIT_DECIMAL_OK;
  }
  if (remit_decimal_is_zero(a)) {
    remit_decimal result = *b;
    result.negative = negative_b;
    *out = result;
    return REMIT_DECIMAL_OK;
  }
  bool negative_a = a->negative;
  if (a->exponent < b->exponent) {
    const remit_decimal *swapped = a;
    a = b;
    b = swapped;
    bool negative_swapped = negative_a;
    negative_a = negative_b;
    negative_b = negative_swapped;
  }
  /* b reaches farther down, and its last digit is not zero: it will be the sum's last digit. So a, scaled to b's
   * exponent, may have at most 35 digits (10^34 - 1 fits), whatever the signs. */
  int32_t shift = a->exponent - b->exponent;
  remit_u128 x = remit_decimal_coefficient(a), y = remit_decimal_coefficient(b);
  if (shift != 0) {
    if (remit_wide_digits(x) + shift > REMIT_DECIMAL_DIGITS_MAX + 1) return REMIT_DECIMAL_INEXACT;
    x *= remit_wide_power[shift];
  }
  int64_t exponent = b->exponent;
  if (negative_a == negative_b) return remit_decimal_finish(negative_a, x + y, exponent, out);
  if (x >= y) return remit_decimal_finish(negative_a, x - y, exponent, out);
  return remit_decimal_finish(negative_b, y - x, exponent, out);
}

remit_decimal_status remit_decimal_add(const remit_decimal *a, const remit_decimal *b, remit_decimal *out) {
  return add_signed(a, b, b->negative, out);
}

remit_decimal_status remit_decimal_subtract(const remit_decimal *a, const remit_decimal *b, remit_decimal *out) {
  return add_signed(a, b, !b->negative, out);
}

remit_decimal_status remit_decimal_multiply(const remit_decimal *a, const remit_decimal *b, remit_decimal *out) {
  return remit_decimal_finish_wide(
    a->negative != b->negative, remit_wide_multiply(remit_decimal_coefficient(a), remit_decimal_coefficient(b)),
    (int64_t)a->exponent + b->exponent, out);
}

remit_decimal_status remit_decimal_divide(const remit_decimal *a, const remit_decimal *b, remit_decimal *out) {
  if (remit_decimal_is_zero(b)) return REMIT_DECIMAL_DIVISION_BY_ZERO;
  remit_u128 x = remit_decimal_coefficient(a), y = remit_decimal_coefficient(b);
  bool negative = a->negative != b->negative;
  int64_t exponent = (int64_t)a->exponent - b->exponent;
  if (x == 0) return remit_decimal_finish(false, 0, 0, out);

  /* Most quotients end early: see whether 38 digits are enough. */
  int digits = remit_wide_digits(x);
  int scale = REMIT_WIDE_POWER_MAX - digits;
  remit_u128 dividend = x * remit_wide_power[scale];
  remit_u128 quotient = dividend / y;
  if (quotient * y == dividend) return remit_decimal_finish(negative, quotient, exponent - scale, out);

  /* If x * 10^n = q * y for some q below 10^34, then x * 10^n < 10^68. So scaled to 68 digits, x either is a
   * multiple of y, or no quotient of 34 digits exists. */
  enum { DIGITS = 2 * REMIT_DECIMAL_DIGITS_MAX, MORE = DIGITS - REMIT_WIDE_POWER_MAX };
  scale = DIGITS - digits;
  remit_u128 remainder;
  remit_wide wide = remit_wide_multiply(dividend, remit_wide_power[MORE]);
  wide = remit_wide_divide(wide, y, &remainder);
  if (remainder != 0) return REMIT_DECIMAL_INEXACT;
  return remit_decimal_finish_wide(negative, wide, exponent - scale, out);
}

/* a * b below 10^34, or false. */
static bool multiply_coefficients(remit_u128 a, remit_u128 b, remit_u128 *out) {
  remit_wide product = remit_wide_multiply(a, b);
  if (product.high != 0 || product.low >= COEFFICIENT_LIMIT) return false;
  *out = product.low;
  return true;
}

remit_decimal_status remit_decimal_power(const remit_decimal *a, uint64_t exponent, remit_decimal *out) {
  if (exponent == 0) return remit_decimal_finish(false, 1, 0, out);
  bool negative = a->negative && (exponent & 1);
  remit_u128 base = remit_decimal_coefficient(a), power = 1;
  if (base == 0) return remit_decimal_finish(false, 0, 0, out);
  if (base == 1) {
    /* 10^e: only the exponent grows. Past this bound, any e but 0 leaves the range. */
    uint64_t bounded = exponent < 2 * REMIT_DECIMAL_EXPONENT_MAX ? exponent : 2 * REMIT_DECIMAL_EXPONENT_MAX;
    return remit_decimal_finish(negative, 1, a->exponent * (int64_t)bounded, out);
  }
  /* The coefficient is at least 2 and has no factor ten, and so has each of its powers: nothing can be stripped,
   * 2^113 > 10^34. */
  if (exponent >= 113) return REMIT_DECIMAL_INEXACT;
  int64_t result_exponent = a->exponent * (int64_t)exponent;
  for (;;) {
    if ((exponent & 1) && !multiply_coefficients(power, base, &power)) return REMIT_DECIMAL_INEXACT;
    exponent >>= 1;
    if (exponent == 0) break;
    if (!multiply_coefficients(base, base, &base)) return REMIT_DECIMAL_INEXACT;
  }
  return remit_decimal_finish(negative, power, result_exponent, out);
}
