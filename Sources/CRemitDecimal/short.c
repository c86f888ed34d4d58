/* Short decimals: doubles that stand for c / 10^k.
 *
 * Why this is exact. Let x be the double nearest to c / 10^k, |c| < 10^15, 0 <= k <= 22. Both c and 10^k are
 * doubles, so x is c / 10^k as the processor divides. Decimals of at most 15 digits have doubles of their own, so no
 * second one maps to x: any whole r, |r| < 10^15, with r / 10^k == x is c. And r = x * 10^k, rounded to the nearest
 * whole number, is c: two roundings of relative error 2^-53 each displace it by at most 10^15 * 2^-52 < 1/4. So a
 * failed test proves that x is no decimal of k places. The same division makes results: coefficient / 10^places,
 * rounded once by IEEE 754, is the nearest double.
 *
 * A product and a sum that the compiler fuses into one operation round once less; the bounds hold as well. */
#include "remit_short.h"

#include <float.h>

#include "core.h"

_Static_assert(FLT_EVAL_METHOD == 0 && DBL_MANT_DIG == 53, "short decimals need doubles that are IEEE 754 binary64");

#define SHORT_LIMIT 1e15                 /* coefficients lie below */
#define WHOLE_MAX 9007199254740991       /* 2^53 - 1 */
enum { PLACES_MAX = 22 };

const double remit_power_of_ten[23] = {
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
  1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

static inline double absolute(double x) { return __builtin_fabs(x); }

/* The nearest whole number, for |x| < 2^51. Adding 1.5 * 2^52 leaves no bits for a fraction. Never -0. */
static inline double nearest_whole(double x) {
  const double shift = 6755399441055744.0;
  return (x + shift) - shift;
}

/* Of a coefficient, which is never INT64_MIN. */
static inline uint64_t magnitude_of(int64_t coefficient) {
  return (uint64_t)(coefficient < 0 ? -coefficient : coefficient);
}

/* ---- Apart and together ---- */

/* Whether x is coefficient / 10^places for a whole |coefficient| < 10^15. */
static inline bool has_places(double x, int32_t places, double *coefficient) {
  double power = remit_power_of_ten[places];
  double scaled = x * power, whole = nearest_whole(scaled);
  *coefficient = whole;
  /* The division decides; what it could not confirm is mostly seen without it. */
  return absolute(scaled - whole) <= absolute(whole) * 0x1p-51 && whole / power == x && absolute(whole) < SHORT_LIMIT;
}

/* x as coefficient / 10^places, |coefficient| < 10^15, with one zero at the end at most. False for all other
 * doubles, among them whole numbers from 10^15 on. */
static inline bool take_apart(double x, double *coefficient, int32_t *places) {
  for (int32_t k = 0; k <= PLACES_MAX; k += 2) {
    *places = k;
    if (has_places(x, k, coefficient)) return true;
    if (!(absolute(x * remit_power_of_ten[k]) < SHORT_LIMIT)) {
      /* Every other k is enough: a decimal of k places is also one of k + 1. Except here, where its coefficient
       * became too long. */
      *places = k - 1;
      return k != 0 && has_places(x, k - 1, coefficient);
    }
  }
  return false;
}

bool remit_short_split(double value, int64_t *coefficient, int32_t *places) {
  double whole;
  if (take_apart(value, &whole, places)) {
    *coefficient = (int64_t)whole;
    if (*places != 0 && *coefficient % 10 == 0) {
      *coefficient /= 10;
      *places -= 1;
    }
    return true;
  }
  if (!(absolute(value) <= (double)WHOLE_MAX) || (double)(int64_t)value != value) return false;
  *coefficient = (int64_t)value;
  *places = 0;
  return true;
}

bool remit_short_join(int64_t coefficient, int32_t places, double *out) {
  const int64_t limit = (int64_t)SHORT_LIMIT;
  while (places > PLACES_MAX || coefficient >= limit || coefficient <= -limit) {
    if (places == 0) {
      if (coefficient > WHOLE_MAX || coefficient < -WHOLE_MAX) return false;
      break;
    }
    if (coefficient % 10 != 0) return false;
    coefficient /= 10;
    places -= 1;
  }
  *out = (double)coefficient / remit_power_of_ten[places];
  return true;
}

/* The same for 128 bits and a sign. */
static bool join_wide(bool negative, remit_u128 magnitude, int32_t places, double *out) {
  while (magnitude > INT64_MAX) {
    if (places == 0 || magnitude % 10 != 0) return false;
    magnitude /= 10;
    places -= 1;
  }
  int64_t coefficient = (int64_t)magnitude;
  return remit_short_join(negative ? -coefficient : coefficient, places, out);
}

/* ---- Arithmetic ---- */

/* Both operands as whole numbers of one unit, 10^-places. Whole doubles below 2^53 have 16 digits, and 22 more are
 * the most that a difference of places adds: 38, below 2^127. */
typedef struct pair {
  remit_u128 a, b;
  bool negative_a, negative_b;
  int32_t places;
} pair;

static bool align(double a, double b, pair *out) {
  int64_t ca, cb;
  int32_t ka, kb;
  if (!remit_short_split(a, &ca, &ka) || !remit_short_split(b, &cb, &kb)) return false;
  out->negative_a = ca < 0;
  out->negative_b = cb < 0;
  out->a = magnitude_of(ca);
  out->b = magnitude_of(cb);
  out->places = ka > kb ? ka : kb;
  if (ka < kb) out->a *= remit_wide_power[kb - ka];
  if (kb < ka) out->b *= remit_wide_power[ka - kb];
  return true;
}

static bool add_any(double a, double b, double *out) {
  double ca, cb;
  int32_t ka, kb;
  if (take_apart(a, &ca, &ka) && take_apart(b, &cb, &kb)) {
    int32_t places = ka > kb ? ka : kb;
    ca *= remit_power_of_ten[places - ka];
    cb *= remit_power_of_ten[places - kb];
    /* Whole numbers below 10^15 also as rounded: then they are exact. */
    if (absolute(ca) + absolute(cb) < SHORT_LIMIT) {
      *out = (ca + cb) / remit_power_of_ten[places];
      return true;
    }
  }
  pair p;
  if (!align(a, b, &p)) return false;
  if (p.negative_a == p.negative_b) return join_wide(p.negative_a, p.a + p.b, p.places, out);
  if (p.a >= p.b) return join_wide(p.negative_a, p.a - p.b, p.places, out);
  return join_wide(p.negative_b, p.b - p.a, p.places, out);
}

static inline bool add(double a, double b, double *out) {
  /* Two places hold nearly every amount: no search, and the two tests run beside each other. */
  double whole_a = nearest_whole(a * 100), whole_b = nearest_whole(b * 100);
  if (whole_a / 100 == a && whole_b / 100 == b && absolute(whole_a) + absolute(whole_b) < SHORT_LIMIT) {
    *out = (whole_a + whole_b) / 100;
    return true;
  }
  return add_any(a, b, out);
}

bool remit_short_add(double a, double b, double *out) { return add(a, b, out); }

bool remit_short_subtract(double a, double b, double *out) { return add(a, -b, out); }

static bool multiply_any(double a, double b, double *out) {
  double ca, cb;
  int32_t ka, kb;
  if (take_apart(a, &ca, &ka) && take_apart(b, &cb, &kb)) {
    double product = ca * cb;
    /* Below 10^15 also as rounded: then it is exact. */
    if (absolute(product) < SHORT_LIMIT && ka + kb <= PLACES_MAX) {
      *out = product / remit_power_of_ten[ka + kb] + 0.0;
      return true;
    }
  }
  int64_t wa, wb;
  if (!remit_short_split(a, &wa, &ka) || !remit_short_split(b, &wb, &kb)) return false;
  return join_wide((wa < 0) != (wb < 0), (remit_u128)magnitude_of(wa) * magnitude_of(wb), ka + kb, out);
}

bool remit_short_multiply(double a, double b, double *out) {
  double whole_a = nearest_whole(a * 100), whole_b = nearest_whole(b * 100);
  double product = whole_a * whole_b;
  if (whole_a / 100 == a && whole_b / 100 == b && absolute(whole_a) < SHORT_LIMIT && absolute(whole_b) < SHORT_LIMIT &&
      absolute(product) < SHORT_LIMIT) {
    *out = product / 10000 + 0.0;  /* no -0 */
    return true;
  }
  return multiply_any(a, b, out);
}

/* Whether whole / 10^places is a / b, for operands taken apart and a whole that is close: |whole| < 10^15, and the
 * quotient times 10^places no farther than a part in 2^49. */
static bool is_quotient(
  uint64_t whole, int32_t places, uint64_t ca, int32_t ka, uint64_t cb, int32_t kb) {
  remit_u128 product = (remit_u128)whole * cb;
  int32_t shift = kb + places - ka;
  /* The two sides are as close as the quotients. The left one is below 10^31, so the right one is, and neither
   * overflows. */
  if (shift >= 0) return product == ca * remit_wide_power[shift];
  return product * remit_wide_power[-shift] == ca;
}

bool remit_short_divide(double a, double b, double *out) {
  int64_t ca, cb;
  int32_t ka, kb;
  if (!remit_short_split(a, &ca, &ka) || !remit_short_split(b, &cb, &kb) || cb == 0) return false;
  if (ca == 0) {
    *out = 0.0;
    return true;
  }
  uint64_t x = magnitude_of(ca), y = magnitude_of(cb);
  /* The quotient of the doubles is off by a part in 2^51 at most, scaled: that names the only candidate of k places,
   * which is then proven or refuted. */
  double quotient = absolute(a) / absolute(b);
  bool last = false;
  for (int32_t k = 0; k <= PLACES_MAX && !last; k += 2) {
    last = quotient * remit_power_of_ten[k] >= SHORT_LIMIT;
    if (last && k != 0) k -= 1;  /* as in taking apart */
    double scaled = quotient * remit_power_of_ten[k], whole = nearest_whole(scaled);
    if (absolute(scaled - whole) <= whole * 0x1p-50 && whole < SHORT_LIMIT &&
        is_quotient((uint64_t)whole, k, x, ka, y, kb)) {
      double magnitude = whole / remit_power_of_ten[k];
      *out = (ca < 0) != (cb < 0) ? -magnitude : magnitude;
      return true;
    }
  }
  /* Not below 10^15: short only where it is whole. */
  pair p;
  if (!(quotient >= SHORT_LIMIT - 1) || !align(a, b, &p)) return false;
  remit_u128 whole = p.a / p.b;
  return whole * p.b == p.a && join_wide(p.negative_a != p.negative_b, whole, 0, out);
}

bool remit_short_floor_divide(double a, double b, double *out) {
  pair p;
  if (!align(a, b, &p) || p.b == 0) return false;
  remit_u128 quotient = p.a / p.b;
  bool negative = p.negative_a != p.negative_b;
  if (negative && quotient * p.b != p.a) quotient += 1;
  return join_wide(negative, quotient, 0, out);
}

bool remit_short_modulo(double a, double b, double *out) {
  pair p;
  if (!align(a, b, &p) || p.b == 0) return false;
  remit_u128 rest = p.a % p.b;
  if (rest != 0 && p.negative_a != p.negative_b) rest = p.b - rest;
  return join_wide(p.negative_b, rest, p.places, out);
}

/* ---- Rounded ---- */

/* numerator / denominator, rounded to a whole number. */
static remit_u128 round_ratio(remit_u128 numerator, remit_u128 denominator, bool negative, remit_rounding rounding) {
  remit_u128 quotient = numerator / denominator, cut = numerator - quotient * denominator;
  if (cut == 0) return quotient;
  remit_u128 missing = denominator - cut;
  return quotient + remit_rounds_away(rounding, negative, quotient & 1, (cut > missing) - (cut < missing));
}

bool remit_short_round(double a, int32_t places, remit_rounding rounding, double *out) {
  int64_t c;
  int32_t k;
  if (!remit_short_split(a, &c, &k)) return false;
  if (places >= k) {
    *out = a + 0.0;  /* no -0 */
    return true;
  }
  if (places >= 0) {
    remit_u128 whole = round_ratio(magnitude_of(c), remit_wide_power[k - places], c < 0, rounding);
    return join_wide(c < 0, whole, places, out);
  }
  remit_decimal decimal;
  return remit_decimal_from_double(a, &decimal) &&
    remit_decimal_round(&decimal, places, rounding, &decimal) == REMIT_DECIMAL_OK &&
    remit_decimal_to_double(&decimal, out);
}

bool remit_short_divide_rounded(double a, double b, int32_t places, remit_rounding rounding, double *out) {
  int64_t ca, cb;
  int32_t ka, kb;
  if (!remit_short_split(a, &ca, &ka) || !remit_short_split(b, &cb, &kb) || cb == 0) return false;
  bool negative = (ca < 0) != (cb < 0);
  int64_t shift = (int64_t)kb - ka + places;
  if (places >= 0 && shift >= -PLACES_MAX && shift <= PLACES_MAX) {
    /* 16 digits and 22 more: below 2^127. */
    remit_u128 numerator = magnitude_of(ca), denominator = magnitude_of(cb);
    if (shift > 0) numerator *= remit_wide_power[shift];
    if (shift < 0) denominator *= remit_wide_power[-shift];
    return join_wide(negative, round_ratio(numerator, denominator, negative, rounding), places, out);
  }
  remit_decimal x, y;
  return remit_decimal_from_double(a, &x) && remit_decimal_from_double(b, &y) &&
    remit_decimal_divide_rounded(&x, &y, places, rounding, &x) == REMIT_DECIMAL_OK && remit_decimal_to_double(&x, out);
}

/* ---- The other form, and text ---- */

bool remit_decimal_to_double(const remit_decimal *value, double *out) {
  if (value->hi != 0 || value->lo > WHOLE_MAX || value->exponent < -PLACES_MAX || value->exponent > 15) return false;
  remit_u128 magnitude = value->lo;
  if (value->exponent > 0) magnitude *= remit_wide_power[value->exponent];
  return join_wide(value->negative, magnitude, value->exponent < 0 ? -value->exponent : 0, out);
}

bool remit_decimal_from_double(double value, remit_decimal *out) {
  int64_t coefficient;
  int32_t places;
  if (!remit_short_split(value, &coefficient, &places)) return false;
  if (places == 0) {
    *out = remit_decimal_from_int64(coefficient);
  } else {  /* reduced as it is */
    *out = (remit_decimal){.lo = magnitude_of(coefficient), .exponent = -places, .negative = coefficient < 0};
  }
  return true;
}

size_t remit_short_format(double value, char *text) {
  int64_t coefficient;
  int32_t places;
  if (!remit_short_split(value, &coefficient, &places)) return 0;
  char reversed[40];  /* at most 16 digits, or "0." and 22 places; and a sign */
  int length = 0;
  uint64_t rest = magnitude_of(coefficient);
  for (int32_t place = places; place > 0; place--) {
    reversed[length++] = (char)('0' + rest % 10);
    rest /= 10;
  }
  if (places != 0) reversed[length++] = '.';
  do {
    reversed[length++] = (char)('0' + rest % 10);
    rest /= 10;
  } while (rest != 0);
  if (coefficient < 0) reversed[length++] = '-';
  for (int i = 0; i < length; i++) text[i] = reversed[length - 1 - i];
  return (size_t)length;
}
