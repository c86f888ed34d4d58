/* Exact decimals of up to 34 significant digits: no Lua, no allocation, no rounding that was not asked for.
 *
 * Two forms of one value exist side by side:
 *   - `remit_decimal`, any value;
 *   - a *short* value, held by the double nearest to it: a decimal c / 10^k with |c| < 10^15 and 0 <= k <= 22, or a whole
 *     number up to 2^53 - 1 in magnitude. Each short value has a double of its own, in the same order, so doubles that
 *     stand for short values may be compared as they are. Everything else goes through `remit_decimal`. */
#ifndef REMIT_DECIMAL_H
#define REMIT_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  REMIT_DECIMAL_DIGITS_MAX = 34,
  /* The adjusted exponent (that of the first digit) lies in -REMIT_DECIMAL_EXPONENT_MAX ... +REMIT_DECIMAL_EXPONENT_MAX. */
  REMIT_DECIMAL_EXPONENT_MAX = 6144,
  /* Enough for the canonical text of any value: sign, "0.", zeros, digits. */
  REMIT_DECIMAL_TEXT_MAX = 6144 + 34 + 8,
};

/* (negative ? -1 : 1) * coefficient * 10^exponent, where coefficient = hi * 2^64 + lo < 10^34.
 * INVARIANT: reduced. The coefficient has no trailing zeros; zero is {0, 0, 0, false}. So equal values are equal members. */
typedef struct remit_decimal {
  uint64_t hi, lo;
  int32_t exponent;
  bool negative;
} remit_decimal;

typedef enum remit_decimal_status {
  REMIT_DECIMAL_OK = 0,
  REMIT_DECIMAL_INEXACT,          /* the exact result needs more than 34 digits */
  REMIT_DECIMAL_RANGE,            /* the exponent leaves the range above */
  REMIT_DECIMAL_DIVISION_BY_ZERO,
  REMIT_DECIMAL_SYNTAX,           /* not the text of a number */
} remit_decimal_status;

/* The seven roundings, by their IEEE 754 / Java names. */
typedef enum remit_rounding {
  REMIT_HALF_EVEN, REMIT_HALF_UP, REMIT_HALF_DOWN, REMIT_DOWN, REMIT_UP, REMIT_FLOOR, REMIT_CEILING,
} remit_rounding;

remit_decimal remit_decimal_from_int64(int64_t value);
/* False where the value is not whole or leaves the int64 range. */
bool remit_decimal_to_int64(const remit_decimal *value, int64_t *out);
bool remit_decimal_is_whole(const remit_decimal *value);

/* -1, 0, 1. */
int remit_decimal_compare(const remit_decimal *a, const remit_decimal *b);

/* Exact, or a status. `out` may be one of the operands and is untouched on failure. */
remit_decimal_status remit_decimal_add(const remit_decimal *a, const remit_decimal *b, remit_decimal *out);
remit_decimal_status remit_decimal_subtract(const remit_decimal *a, const remit_decimal *b, remit_decimal *out);
remit_decimal_status remit_decimal_multiply(const remit_decimal *a, const remit_decimal *b, remit_decimal *out);
/* The quotient where it ends within 34 digits, else REMIT_DECIMAL_INEXACT. */
remit_decimal_status remit_decimal_divide(const remit_decimal *a, const remit_decimal *b, remit_decimal *out);
/* Lua's floor division and modulo: q = floor(a / b), r = a - q * b, r has the sign of b. Exact. */
remit_decimal_status remit_decimal_floor_divide(const remit_decimal *a, const remit_decimal *b, remit_decimal *out);
remit_decimal_status remit_decimal_modulo(const remit_decimal *a, const remit_decimal *b, remit_decimal *out);
/* a^exponent for a whole exponent >= 0; 0^0 is 1. Cost is logarithmic in the exponent. */
remit_decimal_status remit_decimal_power(const remit_decimal *a, uint64_t exponent, remit_decimal *out);

/* a / b rounded to `places` digits after the point (negative: before it), from the exact quotient, once. */
remit_decimal_status remit_decimal_divide_rounded(
  const remit_decimal *a, const remit_decimal *b, int32_t places, remit_rounding rounding, remit_decimal *out);
remit_decimal_status remit_decimal_round(const remit_decimal *a, int32_t places, remit_rounding rounding, remit_decimal *out);

/* Grammar: [-+] digits [. digits] | [-+] . digits, and with `allow_exponent` an [eE][-+]digits behind it. At least one digit;
 * "1." is refused. Leading and trailing zeros do not count as significant digits.
 * REMIT_DECIMAL_INEXACT where more than 34 significant digits stand there. */
remit_decimal_status remit_decimal_parse(const char *text, size_t length, bool allow_exponent, remit_decimal *out);

/* Canonical text: no exponent, no superfluous zeros, "-" only before a value below zero. Returns its length; no NUL.
 * `text` has room for REMIT_DECIMAL_TEXT_MAX bytes. */
size_t remit_decimal_format(const remit_decimal *value, char *text);
/* With exactly `places` digits after the point (0 <= places <= 100), rounded as told; "-0.00" is never written. `text` has room
 * for REMIT_DECIMAL_TEXT_MAX + 128 bytes. */
size_t remit_decimal_format_fixed(const remit_decimal *value, int32_t places, remit_rounding rounding, char *text);

/* The coefficient's decimal digits, most significant first, no NUL; returns how many (zero: 1). For %e and the like. */
int remit_decimal_digits(const remit_decimal *value, char digits[REMIT_DECIMAL_DIGITS_MAX]);

/* True where the value is short (see above); then `*out` is its double. */
bool remit_decimal_to_double(const remit_decimal *value, double *out);
/* The short value that this double stands for. False where it stands for none (not a nearest double of a short value, infinite, NaN). */
bool remit_decimal_from_double(double value, remit_decimal *out);

#endif
