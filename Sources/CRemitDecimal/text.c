/* Decimals from text and to text. */
#include <string.h>

#include "core.h"

/* ---- Reading ---- */

/* The significant digits met so far; zeros count only once a digit other than zero follows. */
typedef struct digit_run {
  remit_u128 coefficient;
  int64_t digits;  /* of the coefficient */
  int64_t zeros;   /* pending behind it */
} digit_run;

static void take_digit(digit_run *run, unsigned digit) {
  if (digit == 0) {
    run->zeros += run->digits != 0;
    return;
  }
  run->digits += run->zeros + 1;
  if (run->digits <= REMIT_DECIMAL_DIGITS_MAX)
    run->coefficient = run->coefficient * remit_wide_power[run->zeros + 1] + digit;
  run->zeros = 0;
}

static bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

/* Takes the digits at *position, at most up to `end`; returns how many. */
static int64_t take_digits(const char **position, const char *end, digit_run *run) {
  const char *start = *position, *here = start;
  for (; here != end && is_digit(*here); here++) take_digit(run, (unsigned)(*here - '0'));
  *position = here;
  return here - start;
}

/* [-+]digits, limited to ±10^17: more than any text in memory can make up for with its digits. */
static bool take_exponent(const char **position, const char *end, int64_t *exponent) {
  const int64_t limit = 100000000000000000;
  const char *here = *position;
  bool negative = here != end && *here == '-';
  if (here != end && (*here == '-' || *here == '+')) here++;
  const char *start = here;
  int64_t value = 0;
  for (; here != end && is_digit(*here); here++) {
    value = value * 10 + (*here - '0');
    if (value > limit) value = limit;
  }
  *position = here;
  *exponent = negative ? -value : value;
  return here != start;
}

remit_decimal_status remit_decimal_parse(const char *text, size_t length, bool allow_exponent, remit_decimal *out) {
  if (length == 0) return REMIT_DECIMAL_SYNTAX;
  const char *here = text, *end = text + length;
  bool negative = *here == '-';
  if (*here == '-' || *here == '+') here++;

  digit_run run = {0};
  int64_t exponent = 0;
  int64_t whole = take_digits(&here, end, &run);
  if (here != end && *here == '.') {
    here++;
    int64_t fraction = take_digits(&here, end, &run);
    if (fraction == 0) return REMIT_DECIMAL_SYNTAX;
    exponent = -fraction;
  } else if (whole == 0) {
    return REMIT_DECIMAL_SYNTAX;
  }
  if (allow_exponent && here != end && (*here == 'e' || *here == 'E')) {
    here++;
    int64_t written;
    if (!take_exponent(&here, end, &written)) return REMIT_DECIMAL_SYNTAX;
    exponent += written;
  }
  if (here != end) return REMIT_DECIMAL_SYNTAX;
  if (run.digits > REMIT_DECIMAL_DIGITS_MAX) return REMIT_DECIMAL_INEXACT;
  return remit_decimal_finish(negative, run.coefficient, exponent + run.zeros, out);
}

/* ---- Writing ---- */

/* The low `count` digits of `value`, zeros in front included. */
static void put_digits(char *text, uint64_t value, int count) {
  while (count > 0) {
    text[--count] = (char)('0' + value % 10);
    value /= 10;
  }
}

int remit_decimal_digits(const remit_decimal *value, char digits[REMIT_DECIMAL_DIGITS_MAX]) {
  enum { HALF = REMIT_DECIMAL_DIGITS_MAX / 2 };  /* 17 digits fit into 64 bits */
  remit_u128 coefficient = remit_decimal_coefficient(value);
  int count = remit_wide_digits(coefficient);
  if (count <= HALF) {
    put_digits(digits, (uint64_t)coefficient, count);
  } else {
    uint64_t first = (uint64_t)(coefficient / remit_wide_power[HALF]);
    put_digits(digits, first, count - HALF);
    put_digits(digits + count - HALF, (uint64_t)coefficient - first * (uint64_t)remit_wide_power[HALF], HALF);
  }
  return count;
}

static char *put_zeros(char *text, int32_t count) {
  memset(text, '0', (size_t)count);
  return text + count;
}

/* With at least `places` digits after the point. */
static size_t write_plain(const remit_decimal *value, int32_t places, char *text) {
  char digits[REMIT_DECIMAL_DIGITS_MAX];
  int count = remit_decimal_digits(value, digits);
  int32_t exponent = value->exponent;
  char *here = text;
  if (value->negative) *here++ = '-';

  int32_t whole = count + exponent;  /* digits before the point */
  if (whole <= 0) {
    *here++ = '0';
  } else if (exponent >= 0) {
    memcpy(here, digits, (size_t)count);
    here = put_zeros(here + count, exponent);
  } else {
    memcpy(here, digits, (size_t)whole);
    here += whole;
  }

  int32_t fraction = exponent < 0 ? -exponent : 0;
  if (fraction == 0 && places == 0) return (size_t)(here - text);
  *here++ = '.';
  if (fraction != 0) {
    if (whole < 0) here = put_zeros(here, -whole);
    int32_t shown = whole > 0 ? whole : 0;
    memcpy(here, digits + shown, (size_t)(count - shown));
    here += count - shown;
  }
  if (fraction < places) here = put_zeros(here, places - fraction);
  return (size_t)(here - text);
}

size_t remit_decimal_format(const remit_decimal *value, char *text) { return write_plain(value, 0, text); }

size_t remit_decimal_format_fixed(const remit_decimal *value, int32_t places, remit_rounding rounding, char *text) {
  remit_decimal rounded;
  /* Cannot fail: digits only go, and at 0 ... 100 places no carry leaves the range. */
  (void)remit_decimal_round(value, places, rounding, &rounded);
  return write_plain(&rounded, places, text);
}
