/* What the files of this module share: taking a decimal apart, and the one way to put a result together. */
#ifndef REMIT_DECIMAL_CORE_H
#define REMIT_DECIMAL_CORE_H

#include "remit_decimal.h"
#include "wide.h"

static inline remit_u128 remit_decimal_coefficient(const remit_decimal *value) {
  return (remit_u128)value->hi << 64 | value->lo;
}

static inline bool remit_decimal_is_zero(const remit_decimal *value) { return (value->hi | value->lo) == 0; }

/* The number of the digits behind a value's magnitude: the exponent of its first digit, plus one. */
static inline int32_t remit_decimal_magnitude(const remit_decimal *value) {
  return value->exponent + remit_wide_digits(remit_decimal_coefficient(value));
}

/* Reduces (negative ? -1 : 1) * coefficient * 10^exponent and stores it, or says why it is no decimal. Digits are
 * judged before the range, everywhere. |exponent| < 2^62. */
remit_decimal_status remit_decimal_finish(bool negative, remit_u128 coefficient, int64_t exponent, remit_decimal *out);

/* The same for a coefficient below 10^68. */
remit_decimal_status remit_decimal_finish_wide(
  bool negative, remit_wide coefficient, int64_t exponent, remit_decimal *out);

/* Whether a value between two neighbours goes to the one farther from zero. `half` compares what is cut off (not
 * nothing) with half a unit: -1, 0, 1. `odd` is the last digit that stays. */
static inline bool remit_rounds_away(remit_rounding rounding, bool negative, bool odd, int half) {
  switch (rounding) {
    case REMIT_HALF_EVEN: return half > 0 || (half == 0 && odd);
    case REMIT_HALF_UP: return half >= 0;
    case REMIT_HALF_DOWN: return half > 0;
    case REMIT_DOWN: return false;
    case REMIT_UP: return true;
    case REMIT_FLOOR: return negative;
    case REMIT_CEILING: return !negative;
  }
  return false;
}

#endif
