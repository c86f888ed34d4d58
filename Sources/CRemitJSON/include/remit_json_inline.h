/* The short cases of reading, inline: strings of less than a block without escapes, numbers of few digits. They decide most
 * tokens of a business transaction; every other case, and every failure, is left to the functions named `_rest`.
 * Included by remit_json.h. */
#ifndef REMIT_JSON_INLINE_H
#define REMIT_JSON_INLINE_H

#include "remit_json.h"

#if defined(__SSE2__) && !defined(REMIT_JSON_PORTABLE)
#include <emmintrin.h>
#define REMIT_JSON_SSE2 1
#endif

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define REMIT_JSON_LITTLE_ENDIAN 1
#endif

#define REMIT_LIKELY(x) __builtin_expect(!!(x), 1)
#define REMIT_UNLIKELY(x) __builtin_expect(!!(x), 0)

bool remit_json_read_string_rest(remit_json_cursor *c, remit_json_string *out);
bool remit_json_read_number_rest(remit_json_cursor *c, remit_json_number *out);
bool remit_json_skip_rest(remit_json_cursor *c);

static inline uint64_t remit_load8(const uint8_t *p) {
  uint64_t word;
  memcpy(&word, p, sizeof word);
  return word;
}

/* A byte of a string is plain where it stands for itself and needs no look at its neighbours: 0x20 ... 0x7F without `"` and `\`.
 * Bit 7 of each byte that is not; a borrow may set it too, but only above (in value) one that is rightly set. */
static inline uint64_t remit_json_special8(uint64_t word) {
  const uint64_t ones = 0x0101010101010101;
  uint64_t quote = word ^ ones * '"', backslash = word ^ ones * '\\';
  return ((word - ones * 0x20) | word | ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash)) & ones * 0x80;
}

/* Returns how many of the REMIT_JSON_BLOCK bytes at `p` are plain before the first that is not. */
#if REMIT_JSON_SSE2
enum { REMIT_JSON_BLOCK = 16 };
static inline unsigned remit_json_plain(const uint8_t *p) {
  __m128i block = _mm_loadu_si128((const __m128i *)(const void *)p);
  /* As signed bytes, those from 0x80 on are below 0x20 too. */
  __m128i special = _mm_cmplt_epi8(block, _mm_set1_epi8(0x20));
  special = _mm_or_si128(special, _mm_cmpeq_epi8(block, _mm_set1_epi8('"')));
  special = _mm_or_si128(special, _mm_cmpeq_epi8(block, _mm_set1_epi8('\\')));
  return (unsigned)__builtin_ctz((unsigned)_mm_movemask_epi8(special) | 1u << REMIT_JSON_BLOCK);
}
#elif REMIT_JSON_LITTLE_ENDIAN
enum { REMIT_JSON_BLOCK = 8 };
static inline unsigned remit_json_plain(const uint8_t *p) {
  uint64_t special = remit_json_special8(remit_load8(p));
  return special ? (unsigned)__builtin_ctzll(special) / 8 : REMIT_JSON_BLOCK;
}
#else
enum { REMIT_JSON_BLOCK = 8 };
static inline unsigned remit_json_plain(const uint8_t *p) {
  unsigned n = 0;
  while (n < REMIT_JSON_BLOCK && p[n] >= 0x20 && p[n] < 0x80 && p[n] != '"' && p[n] != '\\') n++;
  return n;
}
#endif

static inline bool remit_json_read_string(remit_json_cursor *c, remit_json_string *out) {
  const uint8_t *p = c->at + 1;
  unsigned n = remit_json_plain(p);
  if (REMIT_LIKELY(n < REMIT_JSON_BLOCK && p[n] == '"' && p + n < c->end)) {
    out->bytes = p;
    out->length = n;
    out->escaped = false;
    c->at = p + n + 1;
    return true;
  }
  return remit_json_read_string_rest(c, out);
}

static inline bool remit_json_skip(remit_json_cursor *c) {
  if (*c->at == '"') {
    const uint8_t *p = c->at + 1;
    unsigned n = remit_json_plain(p);
    if (REMIT_LIKELY(n < REMIT_JSON_BLOCK && p[n] == '"' && p + n < c->end)) {
      c->at = p + n + 1;
      return true;
    }
  }
  return remit_json_skip_rest(c);
}

#if REMIT_JSON_LITTLE_ENDIAN
/* How many of the 8 bytes at `p` are digits before the first that is not; `*digits` receives their values, byte by byte. */
static inline unsigned remit_json_digits8(const uint8_t *p, uint64_t *digits) {
  const uint64_t ones = 0x0101010101010101;
  uint64_t values = remit_load8(p) ^ ones * '0';
  uint64_t other = ((values + ones * (0x80 - 10)) | values) & ones * 0x80;
  *digits = values;
  return other ? (unsigned)__builtin_ctzll(other) / 8 : 8;
}

/* The number that the first `count` (1 ... 8) digits make: shifted up, so that zeros lead, then summed in pairs. */
static inline uint64_t remit_json_digits_value(uint64_t digits, unsigned count) {
  digits <<= 64 - 8 * count;
  digits = digits * 10 + (digits >> 8);
  return ((digits & 0x000000FF000000FF) * 0x000F424000000064 + (digits >> 16 & 0x000000FF000000FF) * 0x0000271000000001) >> 32;
}
#endif

static inline bool remit_json_read_number(remit_json_cursor *c, remit_json_number *out) {
#if REMIT_JSON_LITTLE_ENDIAN
  static const uint32_t power_of_ten[8] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};
  const uint8_t *start = c->at, *p = start + (*start == '-');
  uint64_t digits, fraction;
  unsigned whole = remit_json_digits8(p, &digits), places = 0;
  /* Up to 7 digits on each side, no exponent, and a byte of the text behind them. */
  if (REMIT_LIKELY(whole - 1 < 7 && (*p != '0' || whole == 1))) {
    uint64_t value = remit_json_digits_value(digits, whole);
    const uint8_t *q = p + whole;
    if (*q == '.') {
      places = remit_json_digits8(q + 1, &fraction);
      if (REMIT_UNLIKELY(places - 1 >= 7)) return remit_json_read_number_rest(c, out);
      value = value * power_of_ten[places] + remit_json_digits_value(fraction, places);
      q += 1 + places;
    }
    if (REMIT_LIKELY(q < c->end && (*q | 0x20) != 'e')) {
      out->bytes = start;
      out->length = (size_t)(q - start);
      out->coefficient = value;
      out->exponent = -(int32_t)places;
      out->negative = p != start;
      out->fits = true;
      c->at = q;
      return true;
    }
  }
#endif
  return remit_json_read_number_rest(c, out);
}

#endif
