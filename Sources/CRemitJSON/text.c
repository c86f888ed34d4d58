/* Strings: escapes, UTF-8, and what they mean. */
#include "scan.h"

/* The value of four hexadecimal digits at `p`, or -1. */
static int32_t hex4(const uint8_t *p) {
  int32_t value = 0;
  for (int i = 0; i < 4; i++) {
    uint8_t byte = p[i];
    int32_t digit = (unsigned)byte - '0' < 10 ? byte - '0' : (unsigned)(byte | 0x20) - 'a' < 6 ? (byte | 0x20) - 'a' + 10 : -1;
    if (digit < 0) return -1;
    value = value << 4 | digit;
  }
  return value;
}

/* Fails at the first byte of `p` ... `p + 4` that is no hexadecimal digit. */
static const uint8_t *fail_hex4(remit_json_cursor *c, const uint8_t *p) {
  while ((unsigned)*p - '0' < 10 || (unsigned)(*p | 0x20) - 'a' < 6) p++;
  remit_json_fail(c, REMIT_JSON_BAD_ESCAPE, p);
  return NULL;
}

/* Passes an escape whose backslash is at `p`. Half of a surrogate pair is refused: it means no character. */
static const uint8_t *pass_escape(remit_json_cursor *c, const uint8_t *p) {
  switch (p[1]) {
    case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't':
      return p + 2;
    case 'u': break;
    default:
      remit_json_fail(c, REMIT_JSON_BAD_ESCAPE, p + 1);
      return NULL;
  }
  int32_t unit = hex4(p + 2);
  if (unit < 0) return fail_hex4(c, p + 2);
  if (unit < 0xD800 || unit > 0xDFFF) return p + 6;
  if (unit < 0xDC00) {
    /* A text that ends here is cut, not wrong. */
    if (p + 6 >= c->end || (p[6] == '\\' && p + 7 >= c->end)) {
      remit_json_fail(c, REMIT_JSON_TRUNCATED, c->end);
      return NULL;
    }
    if (p[6] == '\\' && p[7] == 'u') {
      int32_t low = hex4(p + 8);
      if (low < 0) return fail_hex4(c, p + 8);
      if (low >= 0xDC00 && low <= 0xDFFF) return p + 12;
      if (p + 12 > c->end) {
        remit_json_fail(c, REMIT_JSON_TRUNCATED, c->end);
        return NULL;
      }
    }
  }
  remit_json_fail(c, p + 6 > c->end ? REMIT_JSON_TRUNCATED : REMIT_JSON_BAD_ESCAPE, p + 6 > c->end ? c->end : p);
  return NULL;
}

/* Fails at a malformed character; one of which only the end is missing makes the text truncated. */
static const uint8_t *fail_utf8(remit_json_cursor *c, const uint8_t *p) {
  uint8_t whole[4] = {0};
  size_t left = (size_t)(c->end - p);
  unsigned length = p[0] < 0xC2 || p[0] > 0xF4 ? 1 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
  if (left < length) {
    /* Which bytes may follow depends on the lead alone and only for the second; where that is missing anything may. */
    memcpy(whole, p, left);
    if (left < 2) whole[1] = p[0] == 0xE0 ? 0xA0 : p[0] == 0xF0 ? 0x90 : 0x80;
    for (size_t i = left < 2 ? 2 : left; i < 4; i++) whole[i] = 0x80;
    if (remit_utf8_length(whole, 4)) p = c->end;
  }
  remit_json_fail(c, REMIT_JSON_BAD_UTF8, p);
  return NULL;
}

/* A character of three bytes whose lead does not restrict the second, as nearly all of Chinese, Japanese and Korean are. */
static inline bool is_plain3(const uint8_t *p) {
  return (p[0] & 0xF0) == 0xE0 && p[0] != 0xE0 && p[0] != 0xED && (p[1] & 0xC0) == 0x80 && (p[2] & 0xC0) == 0x80;
}

const uint8_t *remit_json_string_end(remit_json_cursor *c, const uint8_t *p, bool *escaped) {
  const uint8_t *const end = c->end;
  for (;;) {
    unsigned n;
    do {
      n = remit_json_plain(p);
      p += n;
    } while (n == REMIT_JSON_BLOCK && p < end);
    if (p >= end) {
      remit_json_fail(c, REMIT_JSON_TRUNCATED, end);
      return NULL;
    }
    if (*p == '"') return p;
    if (*p == '\\') {
      *escaped = true;
      if (!(p = pass_escape(c, p))) return NULL;
    } else if (*p >= 0x80) {
      /* Characters past ASCII come in runs. What is taken behind the end here is found truncated in the next round. */
      while (p < end && is_plain3(p)) p += 3;
      while (p < end && *p >= 0x80) {
        n = remit_utf8_length(p, (size_t)(end - p));
        if (REMIT_UNLIKELY(!n)) return fail_utf8(c, p);
        p += n;
      }
    } else {
      remit_json_fail(c, REMIT_JSON_CONTROL, p);
      return NULL;
    }
  }
}

bool remit_json_read_string_rest(remit_json_cursor *c, remit_json_string *out) {
  bool escaped = false;
  const uint8_t *start = c->at + 1, *p = remit_json_string_end(c, start, &escaped);
  if (!p) return false;
  *out = (remit_json_string){start, (size_t)(p - start), escaped};
  c->at = p + 1;
  return true;
}

/* Appends one character; returns how many bytes. */
static size_t put_utf8(uint8_t *out, uint32_t character) {
  if (character < 0x80) {
    out[0] = (uint8_t)character;
    return 1;
  }
  if (character < 0x800) {
    out[0] = (uint8_t)(0xC0 | character >> 6);
    out[1] = (uint8_t)(0x80 | (character & 0x3F));
    return 2;
  }
  if (character < 0x10000) {
    out[0] = (uint8_t)(0xE0 | character >> 12);
    out[1] = (uint8_t)(0x80 | (character >> 6 & 0x3F));
    out[2] = (uint8_t)(0x80 | (character & 0x3F));
    return 3;
  }
  out[0] = (uint8_t)(0xF0 | character >> 18);
  out[1] = (uint8_t)(0x80 | (character >> 12 & 0x3F));
  out[2] = (uint8_t)(0x80 | (character >> 6 & 0x3F));
  out[3] = (uint8_t)(0x80 | (character & 0x3F));
  return 4;
}

size_t remit_json_unescape(const uint8_t *bytes, size_t length, uint8_t *out) {
  const uint8_t *p = bytes, *const end = bytes + length;
  uint8_t *q = out;
  while (p < end) {
    const uint8_t *stop = memchr(p, '\\', (size_t)(end - p));
    size_t run = (size_t)((stop ? stop : end) - p);
    memcpy(q, p, run);
    q += run;
    p += run;
    if (!stop) break;
    switch (p[1]) {
      case 'b': *q++ = '\b'; break;
      case 'f': *q++ = '\f'; break;
      case 'n': *q++ = '\n'; break;
      case 'r': *q++ = '\r'; break;
      case 't': *q++ = '\t'; break;
      case 'u': {
        uint32_t unit = (uint32_t)hex4(p + 2);
        if (unit >= 0xD800 && unit <= 0xDBFF) {
          unit = 0x10000 + ((unit & 0x3FF) << 10 | ((uint32_t)hex4(p + 8) & 0x3FF));
          p += 6;
        }
        q += put_utf8(q, unit);
        p += 4;
        break;
      }
      default: *q++ = p[1];   /* `"`, `\` and `/` mean themselves */
    }
    p += 2;
  }
  return (size_t)(q - out);
}

bool remit_utf8_valid(const uint8_t *bytes, size_t length) {
  const uint8_t *p = bytes, *const end = bytes + length;
  while (p < end) {
    if (*p < 0x80) {
      while (end - p >= 8 && !(remit_load8(p) & 0x8080808080808080)) p += 8;
      while (p < end && *p < 0x80) p++;
    } else {
      unsigned n = remit_utf8_length(p, (size_t)(end - p));
      if (!n) return false;
      p += n;
    }
  }
  return true;
}
