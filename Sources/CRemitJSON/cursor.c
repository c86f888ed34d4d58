/* The cursor: failing, and passing any value in one pass without recursion. */
#include "scan.h"

const char *remit_json_status_text(remit_json_status status) {
  switch (status) {
    case REMIT_JSON_OK: return "valid";
    case REMIT_JSON_TRUNCATED: return "text ends inside a value";
    case REMIT_JSON_UNEXPECTED: return "unexpected character";
    case REMIT_JSON_BAD_NUMBER: return "malformed number";
    case REMIT_JSON_BAD_ESCAPE: return "invalid escape in a string";
    case REMIT_JSON_BAD_UTF8: return "invalid UTF-8 in a string";
    case REMIT_JSON_CONTROL: return "unescaped control character in a string";
    case REMIT_JSON_TOO_DEEP: return "nested too deeply";
  }
  return "unknown status";
}

bool remit_json_fail(remit_json_cursor *c, remit_json_status status, const uint8_t *at) {
  if (c->status != REMIT_JSON_OK) return false;
  /* Readers look at bytes before they compare with `end`: what is wrong there is only that the text has ended. */
  if (at >= c->end) {
    at = c->end;
    status = REMIT_JSON_TRUNCATED;
  }
  c->status = status;
  c->at = c->end = at;
  return false;
}

const uint8_t *remit_json_literal_end(remit_json_cursor *c, const uint8_t *p) {
  static const char words[3][8] = {"true", "null", "false"};
  const char *word = words[*p == 't' ? 0 : *p == 'n' ? 1 : 2];
  size_t length = word == words[2] ? 5 : 4, n = 0;
  if (REMIT_LIKELY(!memcmp(p, word, 4) && (length == 4 || p[4] == 'e') && p + length <= c->end)) return p + length;
  while (n < length && p[n] == (uint8_t)word[n]) n++;
  remit_json_fail(c, REMIT_JSON_UNEXPECTED, p + n);
  return NULL;
}

bool remit_json_read_literal(remit_json_cursor *c, uint8_t *out) {
  const uint8_t *p = remit_json_literal_end(c, c->at);
  if (!p) return false;
  *out = *c->at;
  c->at = p;
  return true;
}

static const uint8_t *pass_space(const uint8_t *p, const uint8_t *end) {
  while (p < end && (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r')) p++;
  return p;
}

/* The string at `p` that the index cannot answer alone: it goes on in the next block, has an odd byte, or the text has ended.
 * `open` is the bit of its opening quote, which is taken out of the index already. */
static const uint8_t *pass_string_rest(remit_json_cursor *c, remit_json_index *x, const uint8_t *p, uint64_t open) {
  while (!x->quotes && !(x->odd & (0 - open)) && c->end - x->block > 64) {
    remit_json_index_load(x, x->block + 64);
    open = 1;
    if (!x->quotes) continue;
    uint64_t close = x->quotes & (0 - x->quotes);
    const uint8_t *q = x->block + __builtin_ctzll(close);
    if (x->odd & (close - 1) || q >= c->end) break;
    x->quotes ^= close;
    return q + 1;
  }
  bool escaped;
  p = remit_json_string_end(c, p + 1, &escaped);
  if (!p) return NULL;
  /* The bits of quotes up to this one are void. */
  size_t offset = (size_t)(++p - x->block);
  if (offset >= 64) {
    remit_json_index_load(x, x->block + offset / 64 * 64);
    offset %= 64;
  }
  x->quotes &= ~(uint64_t)0 << offset;
  return p;
}

/* INVARIANT: no quote before `p` is left in the index, so the first one that is left, or that comes, is the one at `p`. */
static inline const uint8_t *pass_string(remit_json_cursor *c, remit_json_index *index, const uint8_t *p, const uint8_t *end) {
  remit_json_index x = *index;
  if (REMIT_UNLIKELY(!x.quotes)) {
    if (p >= end) {
      remit_json_fail(c, REMIT_JSON_TRUNCATED, p);
      return NULL;
    }
    remit_json_index_load(&x, x.block + (size_t)(p - x.block) / 64 * 64);
  }
  uint64_t behind_open = x.quotes & (x.quotes - 1), behind_close = behind_open & (behind_open - 1);
  uint64_t open = x.quotes ^ behind_open, close = behind_open ^ behind_close;
  if (REMIT_LIKELY(behind_open && !((close - open) & x.odd))) {
    const uint8_t *q = x.block + __builtin_ctzll(behind_open) + 1;
    if (REMIT_LIKELY(q <= end)) {
      index->block = x.block;
      index->odd = x.odd;
      index->quotes = behind_close;
      return q;
    }
  }
  /* A copy, so that the index itself never needs an address and stays in registers. */
  x.quotes = behind_open;
  p = pass_string_rest(c, &x, p, open);
  *index = x;
  return p;
}

static inline const uint8_t *pass_number(remit_json_cursor *c, const uint8_t *p, const uint8_t *end) {
#if REMIT_JSON_SSE2
  /* One block shows the whole of a short number: which bytes are digits, and so where the digits before and behind the point end. */
  const uint8_t *first = p + (*p == '-');
  __m128i block = _mm_sub_epi8(_mm_loadu_si128((const __m128i *)(const void *)first), _mm_set1_epi8('0'));
  unsigned other = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(9)), block)) ^ 0xFFFF;
  unsigned whole = (unsigned)__builtin_ctz(other | 0x10000);
  const uint8_t *q = first + whole;
  if (REMIT_LIKELY(whole == 1 || (whole && *first != '0'))) {
    if (*q == '.' && whole < 15) {
      other &= other - 1;
      unsigned last = (unsigned)__builtin_ctz(other | 0x10000);
      q = first + last;
      if (REMIT_UNLIKELY(last == whole + 1 || last == 16)) return remit_json_number_end(c, p);
    }
    if (REMIT_LIKELY(*q != '.' && (*q | 0x20) != 'e' && whole < 16 && q < end)) return q;
  }
#else
  (void)end;
#endif
  return remit_json_number_end(c, p);
}

static bool skip_container(remit_json_cursor *c) {
  /* One bit for each open level of this value: is what surrounds it an object? Bits are written before they are read. */
  uint64_t around[REMIT_JSON_DEPTH_LIMIT / 64];
  const uint8_t *p = c->at, *const end = c->end;
  uint32_t room = c->depth_max < REMIT_JSON_DEPTH_LIMIT ? c->depth_max : REMIT_JSON_DEPTH_LIMIT, depth = 0;
  room = room > c->depth ? room - c->depth : 0;
  bool object = false;
  remit_json_index index;
  remit_json_index_load(&index, p);

  /* INVARIANT: every token is compared with `end` where it ends, except `,` and `:`, behind which another token must come. So a
   * read past the end stays within the padding, and nothing there is accepted. White space is looked for only where nothing else
   * fits. */
value:
  if (*p == '"') {
    if (!(p = pass_string(c, &index, p, end))) return false;
  } else if ((unsigned)*p - '0' < 10 || *p == '-') {
    if (!(p = pass_number(c, p, end))) return false;
  } else if (*p == '{' || *p == '[') {
    if (p >= end) return remit_json_fail(c, REMIT_JSON_UNEXPECTED, p);
    if (depth == room) return remit_json_fail(c, REMIT_JSON_TOO_DEEP, p);
    uint64_t bit = (uint64_t)1 << depth % 64;
    if (object) around[depth / 64] |= bit;
    else around[depth / 64] &= ~bit;
    depth++;
    object = *p == '{';
    p = pass_space(p + 1, end);
    if (*p == (object ? '}' : ']')) goto close;
    if (object) goto key;
    goto value;
  } else if (*p <= ' ' && p != pass_space(p, end)) {
    p = pass_space(p, end);
    goto value;
  } else {
    if (!(p = remit_json_literal_end(c, p))) return false;
  }
  if (depth == 0) {
    c->at = p;
    return true;
  }

next:
  if (*p == ',') {
    p++;
    if (!object) goto value;
  key:
    if (REMIT_UNLIKELY(*p != '"')) {
      p = pass_space(p, end);
      if (*p != '"') return remit_json_fail(c, REMIT_JSON_UNEXPECTED, p);
    }
    if (!(p = pass_string(c, &index, p, end))) return false;
    if (REMIT_UNLIKELY(*p != ':')) {
      p = pass_space(p, end);
      if (*p != ':') return remit_json_fail(c, REMIT_JSON_UNEXPECTED, p);
    }
    p++;
    goto value;
  }
  if (REMIT_UNLIKELY(*p != (object ? '}' : ']'))) {
    const uint8_t *q = pass_space(p, end);
    if (p == q) return remit_json_fail(c, REMIT_JSON_UNEXPECTED, p);
    p = q;
    goto next;
  }
close:
  if (REMIT_UNLIKELY(p >= end)) return remit_json_fail(c, REMIT_JSON_UNEXPECTED, p);
  p++;
  depth--;
  object = around[depth / 64] >> depth % 64 & 1;
  if (depth) goto next;
  c->at = p;
  return true;
}

bool remit_json_skip_rest(remit_json_cursor *c) {
  const uint8_t *p = c->at;
  if ((unsigned)*p - '0' < 10 || *p == '-') {
    p = pass_number(c, p, c->end);
  } else if (*p == '{' || *p == '[') {
    return skip_container(c);
  } else if (*p == '"') {
    bool escaped;
    p = remit_json_string_end(c, p + 1, &escaped);
    if (p) p++;
  } else {
    p = remit_json_literal_end(c, p);
  }
  if (p) c->at = p;
  return p;
}

#if REMIT_JSON_SSE2
static inline uint64_t bytes_equal(const __m128i blocks[4], int bits, char byte) {
  const __m128i set = _mm_set1_epi8((char)bits), wanted = _mm_set1_epi8(byte);
  uint64_t mask = 0;
  for (unsigned i = 0; i < 4; i++)
    mask |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_or_si128(blocks[i], set), wanted)) << 16 * i;
  return mask;
}

/* Behind the bracket that closes the one at `p`, or NULL where blocks alone don't tell. */
static const uint8_t *pass_brackets(const uint8_t *p, const uint8_t *end) {
  uint64_t inside = 0;  /* all ones where the block begins in a string */
  uint32_t depth = 0;
  for (; p < end; p += 64) {
    __m128i blocks[4];
    for (unsigned i = 0; i < 4; i++) blocks[i] = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
    if (REMIT_UNLIKELY(bytes_equal(blocks, 0, '\\'))) return NULL;
    /* Each quote turns all bits from it on. */
    uint64_t strings = bytes_equal(blocks, 0, '"');
    for (unsigned n = 1; n < 64; n *= 2) strings ^= strings << n;
    strings ^= inside;
    inside = 0 - (strings >> 63);
    /* One bit parts [ from {, and ] from }. */
    uint64_t open = bytes_equal(blocks, 0x20, '{') & ~strings, close = bytes_equal(blocks, 0x20, '}') & ~strings;
    for (uint64_t left = open | close; left; left &= left - 1) {
      if (open & left & (0 - left)) {
        depth++;
      } else if (--depth == 0) {
        p += __builtin_ctzll(left) + 1;
        return p <= end ? p : NULL;
      }
    }
  }
  return NULL;
}
#endif

bool remit_json_pass(remit_json_cursor *c) {
#if REMIT_JSON_SSE2
  if (*c->at == '{' || *c->at == '[') {
    const uint8_t *p = pass_brackets(c->at, c->end);
    if (REMIT_LIKELY(p != NULL)) {
      c->at = p;
      return true;
    }
  }
#endif
  return remit_json_skip(c);
}

remit_json_status remit_json_validate(remit_slice text, uint32_t depth_max, const uint8_t **fault) {
  remit_json_cursor c = {.at = text.bytes, .end = text.bytes + text.length, .depth_max = depth_max};
  remit_json_space(&c);
  if (remit_json_skip(&c) && remit_json_space(&c)) remit_json_fail(&c, REMIT_JSON_UNEXPECTED, c.at);
  if (fault) *fault = c.at;
  return c.status;
}
