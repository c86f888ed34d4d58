/* Fuzzing of CRemitJSON and CRemitDecimal: one text is read by every entry point, beside a reader of JSON that is written as plainly as
 * can be. The text lies at the end of its own memory, so that a sanitizer sees every byte that is read behind the padding.
 *
 * With libFuzzer it is the target (make fuzz); with driver.c a program that makes so many runs (Tests/EndToEndTests/test_fuzz_c.py). */
#include "remit_decimal.h"
#include "remit_envelope.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition) \
  do { \
    if (!(condition)) { \
      fprintf(stderr, "json_fuzz.c:%d: %s does not hold\n", __LINE__, #condition); \
      abort(); \
    } \
  } while (0)

/* The plain reader: by recursion, byte by byte, with an end that is always looked at. */
typedef struct plain {
  const uint8_t *at, *end;
  unsigned depth_max;
} plain;

static void plain_space(plain *p) {
  while (p->at < p->end && (*p->at == ' ' || *p->at == '\t' || *p->at == '\n' || *p->at == '\r')) p->at++;
}

static bool plain_is(plain *p, char c) {
  if (p->at == p->end || *p->at != (uint8_t)c) return false;
  p->at++;
  return true;
}

static bool plain_digits(plain *p) {
  const uint8_t *start = p->at;
  while (p->at < p->end && *p->at >= '0' && *p->at <= '9') p->at++;
  return p->at > start;
}

static bool plain_number(plain *p) {
  plain_is(p, '-');
  if (!plain_is(p, '0') && !plain_digits(p)) return false;
  if (plain_is(p, '.') && !plain_digits(p)) return false;
  if (plain_is(p, 'e') || plain_is(p, 'E')) {
    if (!plain_is(p, '+')) plain_is(p, '-');
    return plain_digits(p);
  }
  return true;
}

static int plain_hex4(plain *p) {
  int value = 0;
  for (int i = 0; i < 4; i++, p->at++) {
    if (p->at == p->end) return -1;
    uint8_t c = *p->at;
    if (c >= '0' && c <= '9') value = value * 16 + c - '0';
    else if (c >= 'a' && c <= 'f') value = value * 16 + c - 'a' + 10;
    else if (c >= 'A' && c <= 'F') value = value * 16 + c - 'A' + 10;
    else return -1;
  }
  return value;
}

static bool plain_escape(plain *p) {
  if (p->at == p->end) return false;
  uint8_t c = *p->at++;
  if (c != 'u') return c && strchr("\"\\/bfnrt", c);
  int unit = plain_hex4(p);
  if (unit < 0 || (unit >= 0xDC00 && unit < 0xE000)) return false;
  if (unit < 0xD800 || unit >= 0xE000) return true;
  if (!plain_is(p, '\\') || !plain_is(p, 'u')) return false;
  unit = plain_hex4(p);
  return unit >= 0xDC00 && unit < 0xE000;
}

static bool plain_character(plain *p) {
  uint8_t first = *p->at++;
  int more = first < 0x80 ? 0 : first >= 0xC2 && first < 0xE0 ? 1 : first >= 0xE0 && first < 0xF0 ? 2 : first >= 0xF0 && first < 0xF5 ? 3 : -1;
  if (more < 0 || p->end - p->at < more) return false;
  uint32_t value = more ? first & (0x3F >> more) : first;
  for (int i = 0; i < more; i++, p->at++) {
    if ((*p->at & 0xC0) != 0x80) return false;
    value = value << 6 | (*p->at & 0x3F);
  }
  static const uint32_t least[4] = {0, 0x80, 0x800, 0x10000};
  return value >= least[more] && value <= 0x10FFFF && !(value >= 0xD800 && value < 0xE000);
}

static bool plain_string(plain *p) {
  if (!plain_is(p, '"')) return false;
  while (p->at < p->end) {
    if (plain_is(p, '"')) return true;
    if (plain_is(p, '\\')) {
      if (!plain_escape(p)) return false;
    } else if (*p->at < 0x20 || !plain_character(p)) {
      return false;
    }
  }
  return false;
}

static bool plain_word(plain *p, const char *word) {
  while (*word && plain_is(p, *word)) word++;
  return !*word;
}

static bool plain_value(plain *p, unsigned depth) {
  plain_space(p);
  if (p->at == p->end) return false;
  uint8_t first = *p->at;
  if (first == '"') return plain_string(p);
  if (first == 't') return plain_word(p, "true");
  if (first == 'f') return plain_word(p, "false");
  if (first == 'n') return plain_word(p, "null");
  if (first != '{' && first != '[') return plain_number(p);
  if (depth == p->depth_max) return false;
  p->at++;
  char close = first == '{' ? '}' : ']';
  plain_space(p);
  if (plain_is(p, close)) return true;
  do {
    if (first == '{') {
      plain_space(p);
      if (!plain_string(p)) return false;
      plain_space(p);
      if (!plain_is(p, ':')) return false;
    }
    if (!plain_value(p, depth + 1)) return false;
    plain_space(p);
  } while (plain_is(p, ','));
  return plain_is(p, close);
}

static bool plain_text(const uint8_t *bytes, size_t length, unsigned depth_max) {
  plain p = {bytes, bytes + length, depth_max};
  if (!plain_value(&p, 0)) return false;
  plain_space(&p);
  return p.at == p.end;
}

static bool is_inside(remit_slice part, remit_slice text) {
  return part.bytes >= text.bytes && part.length <= text.length && part.bytes + part.length <= text.bytes + text.length;
}

static remit_json_status validate(remit_slice text, uint32_t depth_max) {
  const uint8_t *fault = NULL;
  remit_json_status status = remit_json_validate(text, depth_max, &fault);
  REQUIRE(fault >= text.bytes && fault <= text.bytes + text.length);
  REQUIRE(remit_json_status_text(status)[0]);
  return status;
}

/* A string's bytes mean something that can be written and read again. */
static void check_string(const uint8_t *bytes, size_t length) {
  uint8_t *plain = malloc(length + 1);
  size_t count = remit_json_unescape(bytes, length, plain);
  REQUIRE(count <= length && remit_utf8_valid(plain, count));
  remit_buffer out = {0};
  REQUIRE(remit_json_write_string(&out, plain, count));
  for (int i = 0; i < REMIT_JSON_PADDING; i++) remit_buffer_byte(&out, 0);
  REQUIRE(!out.failed);
  size_t written = out.length - REMIT_JSON_PADDING;
  REQUIRE(validate((remit_slice){out.bytes, written}, 8) == REMIT_JSON_OK);
  uint8_t *again = malloc(written);
  REQUIRE(remit_json_unescape(out.bytes + 1, written - 2, again) == count && !memcmp(plain, again, count));
  free(again);
  free(plain);
  remit_buffer_free(&out);
}

/* A number has one canonical text, which is read as the same value. */
static void check_number(const uint8_t *bytes, size_t length, bool is_json) {
  remit_decimal value, again, sum, twice;
  remit_decimal_status status = remit_decimal_parse((const char *)bytes, length, true, &value);
  REQUIRE(!is_json || status != REMIT_DECIMAL_SYNTAX);
  if (status != REMIT_DECIMAL_OK) return;
  char *text = malloc(REMIT_DECIMAL_TEXT_MAX);
  size_t count = remit_decimal_format(&value, text);
  REQUIRE(count > 0 && count <= REMIT_DECIMAL_TEXT_MAX);
  REQUIRE(remit_decimal_parse(text, count, false, &again) == REMIT_DECIMAL_OK && !remit_decimal_compare(&value, &again));
  REQUIRE(value.hi == again.hi && value.lo == again.lo && value.exponent == again.exponent && value.negative == again.negative);
  if (remit_decimal_add(&value, &value, &sum) == REMIT_DECIMAL_OK) {
    remit_decimal two = remit_decimal_from_int64(2);
    REQUIRE(remit_decimal_multiply(&value, &two, &twice) == REMIT_DECIMAL_OK && !remit_decimal_compare(&sum, &twice));
    REQUIRE(remit_decimal_subtract(&sum, &value, &again) == REMIT_DECIMAL_OK && !remit_decimal_compare(&again, &value));
  }
  double number;
  if (remit_decimal_to_double(&value, &number)) {
    REQUIRE(remit_decimal_from_double(number, &again) && !remit_decimal_compare(&value, &again));
  }
  for (int rounding = REMIT_HALF_EVEN; rounding <= REMIT_CEILING; rounding++) {
    if (remit_decimal_round(&value, 2, (remit_rounding)rounding, &again) == REMIT_DECIMAL_OK)
      REQUIRE(again.exponent >= -2);
  }
  free(text);
}

/* Goes through a value that is valid; every part of it is. */
static void check_value(remit_slice value, unsigned depth) {
  REQUIRE(value.length > 0);
  if (*value.bytes == '"') {
    check_string(value.bytes + 1, value.length - 2);
  } else if (*value.bytes == '-' || (*value.bytes >= '0' && *value.bytes <= '9')) {
    remit_json_cursor c = {.at = value.bytes, .end = value.bytes + value.length, .depth_max = 1};
    remit_json_number number;
    bool is_read = remit_json_read_number(&c, &number);
    REQUIRE(is_read && number.length == value.length);
    check_number(value.bytes, value.length, true);
  }
  remit_json_walk walk;
  if (!remit_json_walk_start(&walk, value)) {
    REQUIRE(*value.bytes != '{' && *value.bytes != '[');
    return;
  }
  while (remit_json_walk_next(&walk)) {
    REQUIRE(is_inside(walk.value, value));
    if (walk.object) check_string(walk.key.bytes, walk.key.length);
    if (depth < 100) check_value(walk.value, depth + 1);
  }
}

static void check_envelope(remit_slice text, uint32_t depth_max, bool is_valid, bool is_shallow) {
  remit_envelope both[2];
  for (int trusting = 0; trusting < 2; trusting++) {
    remit_envelope *envelope = &both[trusting];
    const uint8_t *fault = NULL;
    remit_json_status status = remit_envelope_read(text, depth_max, trusting, envelope, &fault);
    REQUIRE(fault >= text.bytes && fault <= text.bytes + text.length);
    /* A request may be deeper than its parts. */
    if (is_shallow) REQUIRE(status == REMIT_JSON_OK);
    if (status != REMIT_JSON_OK) continue;
    if (envelope->problem != REMIT_ENVELOPE_FINE) REQUIRE(envelope->words && envelope->words[0]);
    if (envelope->id.length) REQUIRE(is_inside(envelope->id, text) && validate(envelope->id, 0) == REMIT_JSON_OK);
    bool are_valid = true;
    for (int i = 0; i < REMIT_MEMBER_COUNT; i++) {
      if (!envelope->members[i].bytes) continue;
      REQUIRE(is_inside(envelope->members[i], text) && envelope->present >> i & 1);
      bool is_fine = validate(envelope->members[i], REMIT_JSON_DEPTH_LIMIT) == REMIT_JSON_OK;
      REQUIRE(is_fine || (trusting && i == REMIT_MEMBER_INPUT));
      are_valid = are_valid && is_fine;
    }
    REQUIRE(is_valid == are_valid);
  }
  if (is_shallow) {
    REQUIRE(both[0].problem == both[1].problem && both[0].present == both[1].present && both[0].has_id == both[1].has_id);
    for (int i = 0; i < REMIT_MEMBER_COUNT; i++)
      REQUIRE(both[0].members[i].bytes == both[1].members[i].bytes && both[0].members[i].length == both[1].members[i].length);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > 1 << 16) return 0;
  /* Whatever stands in the padding must not matter: quotes, brackets and digits try to be read. */
  static const char tails[5][9] = {"\0\0\0\0\0\0\0\0", "\"\"\"\"\"\"\"\"", "]}]}]}]}", "00000000", "0,.1]2}3"};
  bool is_valid = plain_text(data, size, REMIT_JSON_DEPTH_LIMIT), is_shallow = plain_text(data, size, 16);
  uint8_t *bytes = malloc(size + REMIT_JSON_PADDING);
  memcpy(bytes, data, size);
  remit_slice text = {bytes, size};
  remit_json_status first = REMIT_JSON_OK;
  for (unsigned i = 0; i < 5; i++) {
    for (unsigned j = 0; j < REMIT_JSON_PADDING; j++) bytes[size + j] = (uint8_t)tails[i][j % 8];
    remit_json_status status = validate(text, REMIT_JSON_DEPTH_LIMIT);
    REQUIRE((status == REMIT_JSON_OK) == is_valid);
    REQUIRE(i == 0 || status == first);
    first = status;
    REQUIRE((validate(text, 16) == REMIT_JSON_OK) == is_shallow);
    check_envelope(text, 16, is_valid, is_shallow);
  }
  if (is_valid) {
    plain p = {bytes, bytes + size, REMIT_JSON_DEPTH_LIMIT};
    plain_space(&p);
    const uint8_t *start = p.at;
    plain_value(&p, 0);
    check_value((remit_slice){start, (size_t)(p.at - start)}, 0);
  }
  remit_buffer out = {0};
  if (remit_json_write_string(&out, bytes, size)) REQUIRE(remit_utf8_valid(bytes, size));
  else REQUIRE(!remit_utf8_valid(bytes, size) && !out.length);
  remit_buffer_free(&out);
  check_number(bytes, size, false);
  free(bytes);
  return 0;
}
