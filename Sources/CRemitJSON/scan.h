/* What the readers share: passing one string or one number without its value. Not seen outside CRemitJSON. */
#ifndef REMIT_SCAN_H
#define REMIT_SCAN_H

#include "remit_json.h"

/* Passes the rest of a string from `p` on (somewhere behind its opening quote, not inside an escape or a character). Returns its
 * closing quote, or NULL with the cursor failed. `*escaped` is set where a backslash was met, else left as it is. */
const uint8_t *remit_json_string_end(remit_json_cursor *c, const uint8_t *p, bool *escaped);

/* Passes a number that starts at `p`. Returns the byte behind it, or NULL with the cursor failed. */
const uint8_t *remit_json_number_end(remit_json_cursor *c, const uint8_t *p);

/* Passes true, false or null. Returns the byte behind it, or NULL with the cursor failed. */
const uint8_t *remit_json_literal_end(remit_json_cursor *c, const uint8_t *p);

/* The quotes of 64 bytes at once. Going from quote to quote does not wait for what stands between them: where the next string ends
 * is known before the number or the string in front of it has been looked at. Passing tokens one by one is not slow for its
 * instructions, but because each waits for the one before. */
typedef struct remit_json_index {
  const uint8_t *block;
  uint64_t quotes;   /* one bit for each quote of the block that was not passed yet, the first byte lowest */
  uint64_t odd;      /* backslashes, control characters, bytes from 0x80 on: a string that has one is read byte by byte */
} remit_json_index;

static inline void remit_json_index_load(remit_json_index *x, const uint8_t *block) {
  uint64_t quotes = 0, odd = 0;
#if REMIT_JSON_SSE2
  for (unsigned i = 0; i < 64; i += 16) {
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(block + i));
    __m128i other = _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
    quotes |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'))) << i;
    odd |= (uint64_t)(unsigned)_mm_movemask_epi8(other) << i;
  }
#elif REMIT_JSON_LITTLE_ENDIAN
  /* Sums of seven bits never carry into the next byte, so here every bit 7 is exact; the product gathers the eight of a word. */
  const uint64_t ones = 0x0101010101010101, low = ones * 0x7F, gather = 0x0102040810204080;
  for (unsigned i = 0; i < 64; i += 8) {
    uint64_t word = remit_load8(block + i), quote = word ^ ones * '"', backslash = word ^ ones * '\\';
    quote = ~(((quote & low) + low) | quote) & ~low;
    backslash = ~(((backslash & low) + low) | backslash);
    uint64_t other = (backslash | word | ~((word & low) + ones * 0x60)) & ~low;
    quotes |= (quote >> 7) * gather >> 56 << i;
    odd |= (other >> 7) * gather >> 56 << i;
  }
#else
  for (unsigned i = 0; i < 64; i++) {
    uint8_t byte = block[i];
    quotes |= (uint64_t)(byte == '"') << i;
    odd |= (uint64_t)(byte < 0x20 || byte >= 0x80 || byte == '\\') << i;
  }
#endif
  *x = (remit_json_index){block, quotes, odd};
}

/* The length of the well-formed character that starts at `p` with a byte from 0x80 on, or 0 where there is none within `left`
 * bytes (Unicode 15, table 3-7). Reads no byte past them. */
static inline unsigned remit_utf8_length(const uint8_t *p, size_t left) {
  uint8_t lead = p[0];
  if (lead >= 0xE0 && lead < 0xF0) {
    if (left < 3) return 0;
    /* E0 must not be overlong, ED must not be a surrogate. */
    uint8_t low = lead == 0xE0 ? 0xA0 : 0x80, span = lead == 0xE0 || lead == 0xED ? 0x20 : 0x40;
    return (uint8_t)(p[1] - low) < span && (p[2] & 0xC0) == 0x80 ? 3 : 0;
  }
  if (lead < 0xE0) return lead >= 0xC2 && left >= 2 && (p[1] & 0xC0) == 0x80 ? 2 : 0;
  if (lead > 0xF4 || left < 4) return 0;
  /* F0 must not be overlong, F4 not past U+10FFFF. */
  uint8_t low = lead == 0xF0 ? 0x90 : 0x80, span = lead == 0xF0 ? 0x30 : lead == 0xF4 ? 0x10 : 0x40;
  return (uint8_t)(p[1] - low) < span && (p[2] & 0xC0) == 0x80 && (p[3] & 0xC0) == 0x80 ? 4 : 0;
}

#endif
