/* Quotients rounded to a place, and what they leave: one algorithm for rounding, rounded division and floor
 * division. */
#include "core.h"

/* x / y of two wholes, y not zero, rounded once to a multiple of 10^-places; `shift` scales x (or, below zero, y) by
 * 10^|shift|. */
static remit_decimal_status round_quotient(
  bool negative, remit_u128 x, remit_u128 y, int64_t shift, int64_t places, remit_rounding rounding,
  remit_decimal *out) {
  if (x == 0) return remit_decimal_finish(false, 0, 0, out);
  int digits_x = remit_wide_digits(x), digits_y = remit_wide_digits(y);

  if (shift < 0) {
    /* With two digits more in y than in x the quotient is below a tenth; else y, scaled, has at most 35 digits. */
    if (digits_y - shift > digits_x + 1) {
      remit_u128 unit = remit_rounds_away(rounding, negative, false, -1) ? 1 : 0;
      return remit_decimal_finish(negative, unit, -places, out);
    }
    y *= remit_wide_power[-shift];
    shift = 0;
  }

  /* q = floor(x * 10^shift / y) may be enormous and still fit, when it ends in zeros. So only its first digits are
   * worked out, m = floor(x * 10^(shift - zeros) / y) of 34 or 35 digits, with a remainder r that tells about the
   * others:
   *   q = m * 10^zeros              where r * 10^zeros < y,
   *   q + 1 = (m + 1) * 10^zeros    where (y - r) * 10^zeros < y.
   * Where neither holds, neither neighbour fits. x * 10^(shift - zeros) has at most 34 digits more than y: 68. */
  int64_t zeros = digits_x + shift - digits_y - REMIT_DECIMAL_DIGITS_MAX;
  if (zeros < 0) zeros = 0;
  int64_t scale = shift - zeros;
  int64_t first = scale < REMIT_DECIMAL_DIGITS_MAX ? scale : REMIT_DECIMAL_DIGITS_MAX;
  remit_wide dividend = remit_wide_multiply(x, remit_wide_power[first]);
  dividend = remit_wide_scale(dividend, remit_wide_power[scale - first]);
  remit_u128 remainder;
  remit_u128 quotient = remit_wide_divide(dividend, y, &remainder).low;
  int64_t exponent = zeros - places;
  if (remainder == 0) return remit_decimal_finish(negative, quotient, exponent, out);
  if (zeros > REMIT_WIDE_POWER_MAX) return REMIT_DECIMAL_INEXACT;

  remit_wide above = remit_wide_multiply(remainder, remit_wide_power[zeros]);
  remit_wide below = remit_wide_multiply(y - remainder, remit_wide_power[zeros]);
  bool low_fits = above.high == 0 && above.low < y;
  bool high_fits = below.high == 0 && below.low < y;
  if (!low_fits && !high_fits) return REMIT_DECIMAL_INEXACT;
  /* What is cut off, in units of 1 / y, against what is missing to the next. */
  remit_u128 cut = low_fits ? above.low : y - below.low;
  remit_u128 missing = y - cut;
  /* Only a tie asks for odd or even, and y has no factor ten, so there is none among the zeros. */
  bool away = remit_rounds_away(rounding, negative, quotient & 1, (cut > missing) - (cut < missing));
  if (away ? !high_fits : !low_fits) return REMIT_DECIMAL_INEXACT;
  return remit_decimal_finish(negative, quotient + away, exponent, out);
}

remit_decimal_status remit_decimal_divide_rounded(
  const remit_decimal *a, const remit_decimal *b, int32_t places, remit_rounding rounding, remit_decimal *out) {
  if (remit_decimal_is_zero(b)) return REMIT_DECIMAL_DIVISION_BY_ZERO;
  return round_quotient(
    a->negative != b->negative, remit_decimal_coefficient(a), remit_decimal_coefficient(b),
    (int64_t)a->exponent - b->exponent + places, places, rounding, out);
}

remit_decimal_status remit_decimal_round(
  const remit_decimal *a, int32_t places, remit_rounding rounding, remit_decimal *out) {
  int64_t shift = (int64_t)a->exponent + places;
  if (shift >= 0) {
    *out = *a;
    return REMIT_DECIMAL_OK;
  }
  return round_quotient(a->negative, remit_decimal_coefficient(a), 1, shift, places, rounding, out);
}

remit_decimal_status remit_decimal_floor_divide(const remit_decimal *a, const remit_decimal *b, remit_decimal *out) {
  return remit_decimal_divide_rounded(a, b, 0, REMIT_FLOOR, out);
}

static remit_u128 multiply_modulo(remit_u128 a, remit_u128 b, remit_u128 modulus) {
  remit_u128 remainder;
  (void)remit_wide_divide(remit_wide_multiply(a, b), modulus, &remainder);
  return remainder;
}

/* x * 10^exponent mod modulus, however large the exponent. */
static remit_u128 scale_modulo(remit_u128 x, int32_t exponent, remit_u128 modulus) {
  remit_u128 base = 10 % modulus;
  x %= modulus;
  for (; exponent != 0; exponent >>= 1) {
    if (exponent & 1) x = multiply_modulo(x, base, modulus);
    base = multiply_modulo(base, base, modulus);
  }
  return x;
}

remit_decimal_status remit_decimal_modulo(const remit_decimal *a, const remit_decimal *b, remit_decimal *out) {
  if (remit_decimal_is_zero(b)) return REMIT_DECIMAL_DIVISION_BY_ZERO;
  if (remit_decimal_is_zero(a)) return remit_decimal_finish(false, 0, 0, out);
  remit_u128 x = remit_decimal_coefficient(a), y = remit_decimal_coefficient(b), rest;
  bool opposite = a->negative != b->negative;
  int32_t shift = a->exponent - b->exponent, exponent;
  if (shift >= 0) {
    rest = scale_modulo(x, shift, y);
    exponent = b->exponent;
  } else {
    if (remit_decimal_magnitude(a) < remit_decimal_magnitude(b)) {
      /* |a| < |b|: nothing is taken away; at most, one b is added to reach b's sign. */
      if (opposite) return remit_decimal_add(a, b, out);
      *out = *a;
      return REMIT_DECIMAL_OK;
    }
    y *= remit_wide_power[-shift];  /* at most as many digits as x */
    rest = x % y;
    exponent = a->exponent;
  }
  if (opposite && rest != 0) rest = y - rest;
  return remit_decimal_finish(b->negative, rest, exponent, out);
}
