#include <stdlib.h>
#include <string.h>

#include "dataset.h"
#include "machine.h"

/* JSON -> Lua by declaration, in one pass over the bytes: what is declared is built, the rest is only validated. At the first
 * thing that does not fit this gives up; explain.c then walks the input again and says all that is wrong with it. */

static const int64_t SHORT_COEFFICIENT_MAX = INT64_C(999999999999999);
static const int64_t INTEGER_MAX = INT64_C(9007199254740991);

/* What every field of every input goes through belongs in one loop: a call for each costs more than it does. */
#define REMIT_HOT static inline __attribute__((always_inline))

/* ---- Numbers */

static bool within(const remit_type *type, const remit_decimal *value) {
  return !(type->has_min && remit_decimal_compare(value, &type->min) < 0) &&
         !(type->has_max && remit_decimal_compare(value, &type->max) > 0);
}

static bool push_decimal(lua_State *L, const remit_type *type, const char *text, size_t length, bool allow_exponent) {
  remit_decimal value;
  if (remit_decimal_parse(text, length, allow_exponent, &value) != REMIT_DECIMAL_OK || !within(type, &value)) return false;
  double number;
  if (remit_decimal_to_double(&value, &number)) lua_pushnumber(L, number);
  else remit_push_decimal(L, &value);
  return true;
}

REMIT_HOT bool push_short(lua_State *L, const remit_type *type, double value) {
  if (__builtin_expect(type->long_bounds, 0)) {
    remit_decimal exact;
    if (!remit_decimal_from_double(value, &exact) || !within(type, &exact)) return false;
  } else if (!(value >= type->low && value <= type->high)) {
    return false;
  }
  lua_pushnumber(L, value);
  return true;
}

/* A string with escapes, as a Lua string at the top of the stack. */
static const char *unescaped(lua_State *L, const remit_json_string *text, size_t *length) {
  luaL_Buffer buffer;
  char *room = luaL_buffinitsize(L, &buffer, text->length);
  *length = remit_json_unescape(text->bytes, text->length, (uint8_t *)room);
  luaL_pushresultsize(&buffer, *length);
  return lua_tostring(L, -1);
}

static bool decode_number_text(lua_State *L, remit_json_cursor *c, const remit_type *type) {
  remit_json_string text;
  if (!remit_json_read_string(c, &text)) return false;
  if (!text.escaped) return push_decimal(L, type, (const char *)text.bytes, text.length, false);
  size_t length;
  const char *bytes = unescaped(L, &text, &length);
  if (!push_decimal(L, type, bytes, length, false)) return false;
  lua_remove(L, -2);
  return true;
}

/* A number of up to 7 digits on each side of the point and without exponent, as most amounts are. False, nothing read, for others. */
REMIT_HOT bool read_short(remit_json_cursor *c, double *out) {
#if REMIT_JSON_LITTLE_ENDIAN
  static const uint32_t scale[8] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};
  const uint8_t *const start = c->at, *p = start + (*start == '-');
  uint64_t digits, fraction;
  unsigned whole = remit_json_digits8(p, &digits), places = 0;
  if (whole - 1 >= 7 || (*p == '0' && whole != 1)) return false;
  uint64_t value = remit_json_digits_value(digits, whole);
  p += whole;
  if (*p == '.') {
    places = remit_json_digits8(p + 1, &fraction);
    if (places - 1 >= 7) return false;
    value = value * scale[places] + remit_json_digits_value(fraction, places);
    p += 1 + places;
  }
  if (p >= c->end || (*p | 0x20) == 'e') return false;
  double number = (double)(int64_t)value;
  if (places) number /= remit_power_of_ten[places];
  *out = *start == '-' && value ? -number : number;
  c->at = p;
  return true;
#else
  (void)c, (void)out;
  return false;
#endif
}

REMIT_HOT bool decode_number(lua_State *L, remit_json_cursor *c, const remit_type *type) {
  if (__builtin_expect(*c->at == '"', 0)) return decode_number_text(L, c, type);
  double value;
  if (__builtin_expect(read_short(c, &value), 1)) return push_short(L, type, value);
  if (*c->at != '-' && (uint8_t)(*c->at - '0') > 9) return false;
  remit_json_number number;
  if (!remit_json_read_number(c, &number)) return false;
  if (__builtin_expect(number.fits && number.coefficient <= (uint64_t)SHORT_COEFFICIENT_MAX && number.exponent <= 0 &&
                       number.exponent >= -22, 1)) {
    value = (double)(int64_t)number.coefficient;
    if (number.exponent) value /= remit_power_of_ten[-number.exponent];
    return push_short(L, type, number.negative && number.coefficient ? -value : value);
  }
  return push_decimal(L, type, (const char *)number.bytes, number.length, true);
}

static bool push_integer(lua_State *L, const remit_type *type, int64_t value) {
  if (value > INTEGER_MAX || value < -INTEGER_MAX) return false;
  if (__builtin_expect(type->long_bounds, 0)) {
    remit_decimal exact = remit_decimal_from_int64(value);
    if (!within(type, &exact)) return false;
  } else if (!((double)value >= type->low && (double)value <= type->high)) {  /* exact: both are below 2^53 or short */
    return false;
  }
  lua_pushinteger(L, value);
  return true;
}

static bool decode_integer(lua_State *L, remit_json_cursor *c, const remit_type *type) {
  double short_value;
  const uint8_t *const start = c->at;
  if (read_short(c, &short_value)) {
    int64_t whole = (int64_t)short_value;
    if ((double)whole == short_value) return push_integer(L, type, whole);
    c->at = start;
    return false;
  }
  if (*c->at != '-' && (uint8_t)(*c->at - '0') > 9) return false;
  remit_json_number number;
  if (!remit_json_read_number(c, &number)) return false;
  if (number.fits && number.exponent == 0 && number.coefficient <= (uint64_t)INTEGER_MAX)
    return push_integer(L, type, number.negative ? -(int64_t)number.coefficient : (int64_t)number.coefficient);
  remit_decimal value;
  int64_t whole;
  return remit_decimal_parse((const char *)number.bytes, number.length, true, &value) == REMIT_DECIMAL_OK &&
         remit_decimal_to_int64(&value, &whole) && push_integer(L, type, whole);
}

/* ---- Booleans */

REMIT_HOT bool decode_boolean(lua_State *L, remit_json_cursor *c) {
  const uint8_t *const p = c->at;
  if (c->end - p < 5) {       /* the last value of a record has the brace behind it */
    uint8_t literal;
    if (*p != 't' && *p != 'f') return false;
    if (!remit_json_read_literal(c, &literal)) return false;
    lua_pushboolean(L, literal == 't');
    return true;
  }
  bool yes = memcmp(p, "true", 4) == 0;
  if (!yes && memcmp(p, "false", 5) != 0) return false;
  c->at = p + (yes ? 4 : 5);
  lua_pushboolean(L, yes);
  return true;
}

/* ---- Texts */

static size_t characters(const char *bytes, size_t length) {
  size_t count = 0;
  for (size_t i = 0; i < length; i++) count += ((unsigned char)bytes[i] & 0xC0) != 0x80;
  return count;
}

static bool count_within(const remit_type *type, size_t count) {
  remit_decimal exact = remit_decimal_from_int64((int64_t)count);
  return within(type, &exact);
}

bool remit_type_takes_number(const remit_type *type, const remit_decimal *value) { return within(type, value); }

bool remit_type_takes_text(const remit_type *type, const char *bytes, size_t length) {
  if (!type->has_min && !type->has_max) return true;
  /* A text of n bytes has from n / 4 to n characters, which settles most cases without counting. */
  bool clear = !type->long_bounds && (double)(length / 4) >= type->low && (double)length <= type->high &&
               (length > 0 || type->low <= 0);
  return clear || count_within(type, characters(bytes, length));
}

static bool push_text(lua_State *L, const remit_type *type, const char *bytes, size_t length, int slots) {
  char canonical[32];
  switch (type->kind) {
  case REMIT_TEXT:
    if ((type->has_min || type->has_max) && !remit_type_takes_text(type, bytes, length)) return false;
    lua_pushlstring(L, bytes, length);
    return true;
  case REMIT_ENUM:
    for (uint32_t i = 0, k = type->last_value; i < type->value_count; i++, k = k + 1 < type->value_count ? k + 1 : 0)
      if (type->values[k].length == length && memcmp(type->values[k].bytes, bytes, length) == 0) {
        ((remit_type *)type)->last_value = k;
        lua_rawgeti(L, slots, type->values[k].slot);
        return true;
      }
    return false;
  case REMIT_DATE:
    if (!remit_date_valid(bytes, length)) return false;
    lua_pushlstring(L, bytes, length);
    return true;
  default:
    length = remit_timestamp_parse(bytes, length, canonical);
    if (!length) return false;
    lua_pushlstring(L, canonical, length);
    return true;
  }
}

REMIT_HOT bool decode_text(lua_State *L, remit_json_cursor *c, const remit_type *type, int slots) {
  if (*c->at != '"') return false;
  remit_json_string text;
  if (!remit_json_read_string(c, &text)) return false;
  if (__builtin_expect(!text.escaped, 1)) return push_text(L, type, (const char *)text.bytes, text.length, slots);
  size_t length;
  const char *bytes = unescaped(L, &text, &length);
  if (!push_text(L, type, bytes, length, slots)) return false;
  lua_remove(L, -2);
  return true;
}

/* ---- Records, lists, maps */

static bool decode_record(lua_State *L, remit_json_cursor *c, remit_type *type, int slots, int table, remit_job *job);

static void note_input_table(lua_State *L) {
  if (!remit_address_set_add(&remit_vm_of(L)->input_tables, lua_topointer(L, -1))) remit_no_memory(L);
}

static inline bool open_bracket(remit_json_cursor *c) {
  if (c->depth >= c->depth_max) return remit_json_fail(c, REMIT_JSON_TOO_DEEP, c->at);
  c->depth++;
  c->at++;
  return true;
}

/* Behind a member or an element: true with *more where another follows. */
static inline bool next_or_close(remit_json_cursor *c, uint8_t close, bool *more) {
  if (__builtin_expect(c->at >= c->end || (*c->at != ',' && *c->at != close), 0) && !remit_json_space(c))
    return remit_json_fail(c, REMIT_JSON_TRUNCATED, c->at);
  if (*c->at == ',') {
    c->at++;
    *more = true;
    if (__builtin_expect(c->at < c->end && *c->at > ' ', 1)) return true;
    return remit_json_space(c) || remit_json_fail(c, REMIT_JSON_TRUNCATED, c->at);
  }
  *more = false;
  if (*c->at != close) return remit_json_fail(c, REMIT_JSON_UNEXPECTED, c->at);
  c->at++;
  c->depth--;
  return true;
}

static bool decode_list(lua_State *L, remit_json_cursor *c, const remit_type *type, int slots) {
  if (*c->at != '[' || !open_bracket(c)) return false;
  lua_createtable(L, 4, 0);
  note_input_table(L);
  int table = lua_gettop(L);
  lua_Integer count = 0;
  if (!remit_json_space(c)) return remit_json_fail(c, REMIT_JSON_TRUNCATED, c->at);
  bool more = *c->at != ']';
  if (!more) {
    c->at++;
    c->depth--;
  }
  while (more) {
    if (!remit_decode_value(L, c, type->of, slots)) return false;
    lua_rawseti(L, table, ++count);
    remit_budget_check_round(L, (size_t)count);
    if ((double)count > type->high) return false;
    if (!next_or_close(c, ']', &more)) return false;
  }
  return !(type->has_min || type->has_max) || count_within(type, (size_t)count);
}

static bool decode_map(lua_State *L, remit_json_cursor *c, const remit_type *type, int slots) {
  if (*c->at != '{' || !open_bracket(c)) return false;
  lua_createtable(L, 0, 4);
  note_input_table(L);
  int table = lua_gettop(L);
  size_t count = 0;
  if (!remit_json_space(c)) return remit_json_fail(c, REMIT_JSON_TRUNCATED, c->at);
  bool more = *c->at != '}';
  if (!more) {
    c->at++;
    c->depth--;
  }
  while (more) {
    remit_json_string key;
    if (*c->at != '"') return remit_json_fail(c, REMIT_JSON_UNEXPECTED, c->at);
    if (!remit_json_read_string(c, &key)) return false;
    size_t length;
    if (key.escaped) unescaped(L, &key, &length);
    else lua_pushlstring(L, (const char *)key.bytes, key.length);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, table) != LUA_TNIL) return false;  /* twice the same key: which one counts? */
    lua_pop(L, 1);
    if (!remit_json_space(c) || *c->at != ':') return remit_json_fail(c, REMIT_JSON_UNEXPECTED, c->at);
    c->at++;
    if (!remit_json_space(c)) return remit_json_fail(c, REMIT_JSON_TRUNCATED, c->at);
    if (!remit_decode_value(L, c, type->of, slots)) return false;
    lua_rawset(L, table);
    remit_budget_check_round(L, ++count);
    if (!next_or_close(c, '}', &more)) return false;
  }
  return !(type->has_min || type->has_max) || count_within(type, count);
}

__attribute__((hot)) bool remit_decode_value(lua_State *L, remit_json_cursor *c, const remit_type *type, int slots) {
  switch (type->kind) {
  case REMIT_NUMBER: case REMIT_MONEY: return decode_number(L, c, type);
  case REMIT_INTEGER: return decode_integer(L, c, type);
  case REMIT_TEXT: case REMIT_ENUM: case REMIT_DATE: case REMIT_TIMESTAMP: return decode_text(L, c, type, slots);
  case REMIT_BOOLEAN: return decode_boolean(L, c);
  case REMIT_RECORD:
    if (c->depth > 3) luaL_checkstack(L, 12, NULL);  /* up to there the stack of any C function has room */
    if (type->table_slot >= 0) {
      lua_rawgeti(L, slots, type->table_slot);
    } else {
      lua_createtable(L, 0, (int)type->field_count);
      note_input_table(L);
    }
    return decode_record(L, c, (remit_type *)type, slots, lua_gettop(L), NULL);
  case REMIT_LIST:
    luaL_checkstack(L, 12, NULL);
    return decode_list(L, c, type, slots);
  case REMIT_MAP:
    luaL_checkstack(L, 12, NULL);
    return decode_map(L, c, type, slots);
  }
  return false;
}

static bool is_id_key(const uint8_t *key) { return key[0] == '"' && key[1] == 'i' && key[2] == 'd' && key[3] == '"'; }

/* True where the text at `p` starts with the guessed key and its colon. Reads up to REMIT_GUESS_BYTES of the padding. */
REMIT_HOT bool guessed(const remit_guess *guess, const uint8_t *p) {
#if REMIT_JSON_SSE2
  __m128i low = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)p), _mm_loadu_si128((const __m128i *)guess->key));
  uint32_t equal = (uint32_t)_mm_movemask_epi8(low);
  if (__builtin_expect(guess->length > 16, 0)) {
    __m128i high = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(p + 16)), _mm_loadu_si128((const __m128i *)(guess->key + 16)));
    equal |= (uint32_t)_mm_movemask_epi8(high) << 16;
  }
  return guess->mask && (equal & guess->mask) == guess->mask;
#else
  return guess->length && memcmp(p, guess->key, guess->length) == 0;
#endif
}

static void note_guess(remit_guess *guess, const uint8_t *start, const uint8_t *end, int32_t field) {
  size_t length = (size_t)(end - start);
  guess->mask = 0;
  guess->length = 0;
  if (length > REMIT_GUESS_BYTES) return;
  memset(guess->key, 0, sizeof guess->key);
  memcpy(guess->key, start, length);
  guess->length = (uint8_t)length;
  guess->mask = length == 32 ? ~UINT32_C(0) : (UINT32_C(1) << length) - 1;
  guess->field = (int16_t)field;
}

/* Reads a key that was not guessed, and its colon. *field is its place among the fields, or -1. */
static bool read_key(lua_State *L, remit_json_cursor *c, remit_type *type, remit_guess *guess, int32_t *field) {
  const uint8_t *start = c->at;
  remit_json_string key;
  if (*start != '"') return remit_json_fail(c, REMIT_JSON_UNEXPECTED, start);
  if (!remit_json_read_string(c, &key)) return false;
  if (key.escaped) {
    size_t length;
    const char *bytes = unescaped(L, &key, &length);
    *field = remit_type_field(type, (const uint8_t *)bytes, length);
    remit_vm_of(L)->job.escaped_key = true;
    lua_pop(L, 1);
  } else {
    *field = remit_type_field(type, key.bytes, key.length);
    if (c->at < c->end && *c->at == ':') note_guess(guess, start, c->at + 1, *field);
  }
  if (!remit_json_space(c)) return remit_json_fail(c, REMIT_JSON_TRUNCATED, c->at);
  if (*c->at != ':') return remit_json_fail(c, REMIT_JSON_UNEXPECTED, c->at);
  c->at++;
  return remit_json_space(c) || remit_json_fail(c, REMIT_JSON_TRUNCATED, c->at);
}

/* What no member gave: nil where it is optional, else the input does not fit. */
static bool clear_absent(lua_State *L, remit_type *type, int slots, int table, const uint64_t *seen) {
  for (uint32_t word = 0; word * 64 < type->field_count; word++) {
    uint64_t left = type->field_count - word * 64;
    uint64_t absent = ~seen[word] & (left >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << left) - 1);
    while (absent) {
      uint32_t bit = (uint32_t)__builtin_ctzll(absent), field = word * 64 + bit;
      absent &= absent - 1;
      if (!type->fields[field].type->optional) return false;
      if (type->table_slot < 0 || !(type->filled[word] >> bit & 1)) continue;
      lua_rawgeti(L, slots, type->fields[field].name.slot);
      lua_pushnil(L);
      lua_rawset(L, table);
      type->filled[word] &= ~(UINT64_C(1) << bit);
    }
  }
  return true;
}

REMIT_HOT bool decode_member(lua_State *L, remit_json_cursor *c, remit_type *type, int slots, int table, uint32_t field,
                                 uint64_t *seen) {
  uint64_t bit = UINT64_C(1) << field % 64;
  if (seen[field / 64] & bit) return false;
  const remit_type *value = type->fields[field].type;
  if (__builtin_expect(*c->at == 'n', 0) && value->optional) {
    uint8_t literal;
    if (!remit_json_read_literal(c, &literal)) return false;
    /* As if it were absent, but a second one is still a duplicate: note it as seen once it is known to be null. */
    seen[field / 64] |= bit;
    if (type->table_slot >= 0 && type->filled[field / 64] & bit) {
      lua_rawgeti(L, slots, type->fields[field].name.slot);
      lua_pushnil(L);
      lua_rawset(L, table);
      type->filled[field / 64] &= ~bit;
    }
    return true;
  }
  seen[field / 64] |= bit;
  if (value->kind == REMIT_RECORD && value->table_slot >= 0 && type->filled[field / 64] & bit) {
    if (!remit_decode_value(L, c, value, slots)) return false;
    lua_pop(L, 1);
    return true;
  }
  lua_rawgeti(L, slots, type->fields[field].name.slot);
  bool fits;
  switch (value->kind) {      /* what most fields are, without a call */
  case REMIT_NUMBER: case REMIT_MONEY: fits = decode_number(L, c, value); break;
  case REMIT_TEXT: case REMIT_ENUM: fits = decode_text(L, c, value, slots); break;
  case REMIT_BOOLEAN: fits = decode_boolean(L, c); break;
  default: fits = remit_decode_value(L, c, value, slots);
  }
  if (!fits) return false;
  lua_rawset(L, table);
  type->filled[field / 64] |= bit;
  return true;
}

static bool decode_record(lua_State *L, remit_json_cursor *c, remit_type *type, int slots, int table, remit_job *job) {
  if (*c->at != '{' || !open_bracket(c)) return false;
  uint64_t seen[REMIT_FIELDS_MAX / 64] = {0};
  remit_guess *guess = type->guesses, *const last_guess = guess + REMIT_GUESSES - 1;
  if (!remit_json_space(c)) return remit_json_fail(c, REMIT_JSON_TRUNCATED, c->at);
  bool more = *c->at != '}';
  if (!more) {
    c->at++;
    c->depth--;
  }
  const uint8_t *const end = c->end;
  while (more) {
    const uint8_t *const key = c->at, *value;
    int32_t field;
    if (__builtin_expect(guessed(guess, key) && (value = key + guess->length) < end && *value > ' ', 1)) {
      c->at = value;
      field = guess->field;
    } else {
      if (!read_key(L, c, type, guess, &field)) return false;
      value = c->at;
    }
    if (guess < last_guess) guess++;
    if (field >= 0) {
      if (!decode_member(L, c, type, slots, table, (uint32_t)field, seen)) return false;
    } else if (type->strict || !remit_json_skip(c)) {
      return false;
    }
    const uint8_t *const behind = c->at;
    if (__builtin_expect(job && !job->id.length && is_id_key(key), 0) &&
        (*value == '"' || *value == '-' || (uint8_t)(*value - '0') <= 9))
      job->id = (remit_slice){value, (size_t)(behind - value)};
    if (__builtin_expect(behind + 1 < end && behind[0] == ',' && behind[1] > ' ', 1)) c->at = behind + 1;
    else if (!next_or_close(c, '}', &more)) return false;
  }
  return clear_absent(L, type, slots, table, seen);
}

bool remit_decode_input(lua_State *L, remit_vm *vm, const remit_type *record, int slots, int table) {
  const remit_slice input = vm->job.input;
  remit_json_cursor c = {input.bytes, input.bytes + input.length, REMIT_JSON_OK, 0, vm->limits.nesting_depth};
  remit_address_set_clear(&vm->input_tables);
  if (!remit_json_space(&c)) return remit_json_fail(&c, REMIT_JSON_TRUNCATED, c.at);
  if (!decode_record(L, &c, (remit_type *)record, slots, table, &vm->job)) return false;
  return !remit_json_space(&c);
}

bool remit_decode_text(lua_State *L, const remit_type *type, const char *text, size_t length, int slots) {
  switch (type->kind) {
  case REMIT_TEXT: case REMIT_ENUM: case REMIT_DATE: case REMIT_TIMESTAMP: return push_text(L, type, text, length, slots);
  case REMIT_NUMBER: case REMIT_MONEY: return push_decimal(L, type, text, length, false);
  case REMIT_INTEGER: {
    remit_decimal value;
    int64_t whole;
    return remit_decimal_parse(text, length, false, &value) == REMIT_DECIMAL_OK && remit_decimal_to_int64(&value, &whole) &&
           push_integer(L, type, whole);
  }
  case REMIT_BOOLEAN: {
    bool yes = length == 4 && memcmp(text, "true", 4) == 0, no = length == 5 && memcmp(text, "false", 5) == 0;
    if (yes || no) lua_pushboolean(L, yes);
    return yes || no;
  }
  default: return false;
  }
}
