/* Numbers of any length and form: the grammar, and the value where it is small enough to be exact. */
#include "scan.h"

enum { DIGITS_MAX = 19, EXPONENT_MAX = 9999 };

static inline bool is_digit(uint8_t byte) { return (unsigned)byte - '0' < 10; }

/* Passes the digits from `p` on, and takes them into the coefficient while it has room. `*count` counts significant digits,
 * up to DIGITS_MAX + 1: more than fit. */
static const uint8_t *pass_digits(const uint8_t *p, const uint8_t *end, uint64_t *coefficient, uint32_t *count) {
  uint64_t value = *coefficient;
  uint32_t n = *count;
#if REMIT_JSON_LITTLE_ENDIAN
  uint64_t digits;
  while (n + 8 <= DIGITS_MAX && end - p >= 8 && (value || *p != '0') && remit_json_digits8(p, &digits) == 8) {
    value = value * 100000000 + remit_json_digits_value(digits, 8);
    n += 8;
    p += 8;
  }
#endif
  for (; p < end && is_digit(*p); p++) {
    if (n < DIGITS_MAX) value = value * 10 + (uint64_t)(*p - '0');
    if (value && n <= DIGITS_MAX) n++;
  }
  *coefficient = value;
  *count = n;
  return p;
}

static const uint8_t *fail(remit_json_cursor *c, const uint8_t *p) {
  remit_json_fail(c, REMIT_JSON_BAD_NUMBER, p);
  return NULL;
}

static const uint8_t *read_number(remit_json_cursor *c, const uint8_t *p, remit_json_number *out) {
  const uint8_t *const start = p, *const end = c->end;
  uint64_t coefficient = 0;
  uint32_t count = 0;
  ptrdiff_t places = 0;
  int32_t exponent = 0;

  if (p < end && *p == '-') p++;
  const uint8_t *digits = p;
  p = pass_digits(p, end, &coefficient, &count);
  if (p == digits) return fail(c, p);
  if (*digits == '0' && p - digits > 1) return fail(c, digits + 1);

  if (p < end && *p == '.') {
    digits = ++p;
    p = pass_digits(p, end, &coefficient, &count);
    if (p == digits) return fail(c, p);
    places = p - digits;
  }

  if (p < end && (*p | 0x20) == 'e') {
    p++;
    bool negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+')) p++;
    digits = p;
    for (; p < end && is_digit(*p); p++) {
      if (exponent <= EXPONENT_MAX) exponent = exponent * 10 + (*p - '0');
    }
    if (p == digits) return fail(c, p);
    if (negative) exponent = -exponent;
  }

  bool fits = count <= DIGITS_MAX && places <= EXPONENT_MAX && exponent <= EXPONENT_MAX && exponent >= -EXPONENT_MAX;
  *out = (remit_json_number){
    .bytes = start,
    .length = (size_t)(p - start),
    .coefficient = fits ? coefficient : 0,
    .exponent = fits ? exponent - (int32_t)places : 0,
    .negative = *start == '-',
    .fits = fits,
  };
  return p;
}

const uint8_t *remit_json_number_end(remit_json_cursor *c, const uint8_t *p) {
  remit_json_number number;
  return read_number(c, p, &number);
}

bool remit_json_read_number_rest(remit_json_cursor *c, remit_json_number *out) {
  const uint8_t *p = read_number(c, c->at, out);
  if (!p) return false;
  c->at = p;
  return true;
}
