#include <string.h>

#include "lib_string.h"

/* string.pack, packsize, unpack: Lua's formats but for binary floats (d, f, n), which numbers here are not. Integers are the
 * policy's own, within +-(2^53 - 1), and nothing wraps. Native sizes and byte order are those of every machine that this
 * runs on. */

_Static_assert(sizeof(short) == 2 && sizeof(int) == 4 && sizeof(long) == 8 && sizeof(size_t) == 8, "formats have native sizes");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "formats have the native byte order");

enum { INTEGER_SIZE_MAX = 16, INTEGER_SIZE = sizeof(lua_Integer), NATIVE_ALIGNMENT = 8 };

static const lua_Integer whole_max = (INT64_C(1) << 53) - 1;

typedef enum option {
  SIGNED, UNSIGNED, FIXED, COUNTED, ZERO_ENDED,  /* each takes or gives a value */
  PADDING, ALIGNMENT, NOTHING,
} option;

typedef struct format {
  lua_State *L;
  const char *at;             /* a zero stands at its end */
  bool little;
  int alignment_max;
} format;

static void start_format(lua_State *L, format *f, size_t *length) {
  *f = (format){L, remit_check_text(L, 1, length), true, 1};
  /* An option costs a step. */
  remit_charge(L, *length);
}

/* ---- Reading a format */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static int take_number(format *f, int fallback) {
  if (!is_digit(*f->at)) return fallback;
  int value = 0;
  do value = value * 10 + (*f->at++ - '0');
  while (is_digit(*f->at) && value <= (REMIT_TEXT_LIMIT - 9) / 10);
  return value;
}

static int take_integer_size(format *f, int fallback) {
  int size = take_number(f, fallback);
  if (size < 1 || size > INTEGER_SIZE_MAX)
    luaL_error(f->L, "integral size (%d) out of limits [1,%d]", size, INTEGER_SIZE_MAX);
  return size;
}

/* One option and its size in bytes: for COUNTED that of the count in front. */
static option take_option(format *f, size_t *size) {
  char letter = *f->at++;
  *size = 0;
  switch (letter) {
  case 'b': *size = 1; return SIGNED;
  case 'B': *size = 1; return UNSIGNED;
  case 'h': *size = sizeof(short); return SIGNED;
  case 'H': *size = sizeof(short); return UNSIGNED;
  case 'l': *size = sizeof(long); return SIGNED;
  case 'L': *size = sizeof(long); return UNSIGNED;
  case 'j': *size = INTEGER_SIZE; return SIGNED;
  case 'J': *size = INTEGER_SIZE; return UNSIGNED;
  case 'T': *size = sizeof(size_t); return UNSIGNED;
  case 'i': *size = (size_t)take_integer_size(f, sizeof(int)); return SIGNED;
  case 'I': *size = (size_t)take_integer_size(f, sizeof(int)); return UNSIGNED;
  case 's': *size = (size_t)take_integer_size(f, sizeof(size_t)); return COUNTED;
  case 'c': {
    int bytes = take_number(f, -1);
    if (bytes < 0) luaL_error(f->L, "missing size for format option 'c'");
    *size = (size_t)bytes;
    return FIXED;
  }
  case 'z': return ZERO_ENDED;
  case 'x': *size = 1; return PADDING;
  case 'X': return ALIGNMENT;
  case ' ': return NOTHING;
  case '<': case '=': f->little = true; return NOTHING;
  case '>': f->little = false; return NOTHING;
  case '!': f->alignment_max = take_integer_size(f, NATIVE_ALIGNMENT); return NOTHING;
  case 'd': case 'f': case 'n':
    luaL_error(f->L, "format option '%c' is a binary float: numbers here are decimal", letter);
    break;
  default: luaL_error(f->L, "invalid format option '%c'", letter);
  }
  return NOTHING;
}

/* One option, its size, and the bytes of padding in front of it where `total` bytes stand before. */
static option next_option(format *f, size_t total, size_t *size, size_t *padding) {
  option taken = take_option(f, size);
  size_t align = *size;
  if (taken == ALIGNMENT) {
    if (!*f->at || take_option(f, &align) == FIXED || align == 0)
      luaL_argerror(f->L, 1, "invalid next option for option 'X'");
  }
  *padding = 0;
  if (align <= 1 || taken == FIXED || taken == PADDING) return taken;
  if (align > (size_t)f->alignment_max) align = (size_t)f->alignment_max;
  if (align & (align - 1)) luaL_argerror(f->L, 1, "format asks for alignment not power of 2");
  *padding = (align - (total & (align - 1))) & (align - 1);
  return taken;
}

/* ---- pack */

static void add_integer(remit_text *out, lua_Integer value, size_t size, bool little) {
  char *to = remit_text_room(out, size);
  for (size_t i = 0; i < size; i++) {
    uint64_t byte = i < INTEGER_SIZE ? (uint64_t)value >> (8 * i) : value < 0 ? 0xFF : 0;
    to[little ? i : size - 1 - i] = (char)(byte & 0xFF);
  }
  out->length += size;
}

static void pack_integer(format *f, remit_text *out, int arg, option kind, size_t size) {
  lua_Integer value = remit_check_integer(f->L, arg);
  if (kind == UNSIGNED) {
    bool fits = value >= 0 && (size >= INTEGER_SIZE || value < INT64_C(1) << (8 * size));
    luaL_argcheck(f->L, fits, arg, "unsigned overflow");
  } else if (size < INTEGER_SIZE) {
    lua_Integer limit = INT64_C(1) << (8 * size - 1);
    luaL_argcheck(f->L, value >= -limit && value < limit, arg, "integer overflow");
  }
  add_integer(out, value, size, f->little);
}

static void pack_text(format *f, remit_text *out, int arg, option kind, size_t size) {
  size_t length;
  const char *text = remit_check_text(f->L, arg, &length);
  switch (kind) {
  case FIXED:
    luaL_argcheck(f->L, length <= size, arg, "string longer than given size");
    remit_text_add(out, text, length);
    remit_text_fill(out, 0, size - length);
    break;
  case COUNTED:
    luaL_argcheck(f->L, size >= sizeof(size_t) || length < (size_t)1 << (8 * size), arg,
      "string length does not fit in given size");
    add_integer(out, (lua_Integer)length, size, f->little);
    remit_text_add(out, text, length);
    break;
  default:
    luaL_argcheck(f->L, !memchr(text, 0, length), arg, "string contains zeros");
    remit_text_add(out, text, length + 1);
  }
}

int remit_string_pack(lua_State *L) {
  format f;
  remit_text out;
  size_t length, size, padding;
  int arg = 1;
  start_format(L, &f, &length);
  /* A value that is missing is an argument error of its own, so the slot must not stand in its place. */
  int last = lua_gettop(L);
  luaL_checkstack(L, 2, NULL);
  remit_text_start(L, &out);
  while (*f.at) {
    option kind = next_option(&f, out.length, &size, &padding);
    remit_text_fill(&out, 0, padding);
    if (kind == PADDING) remit_text_fill(&out, 0, 1);
    if (kind >= PADDING) continue;
    if (++arg > last) {
      lua_settop(L, last);
      luaL_typeerror(L, arg, kind <= UNSIGNED ? "number" : "string");
    }
    if (kind <= UNSIGNED) pack_integer(&f, &out, arg, kind, size);
    else pack_text(&f, &out, arg, kind, size);
  }
  remit_text_push(&out);
  return 1;
}

int remit_string_packsize(lua_State *L) {
  format f;
  size_t length, size, padding, total = 0;
  start_format(L, &f, &length);
  while (*f.at) {
    option kind = next_option(&f, total, &size, &padding);
    luaL_argcheck(L, kind != COUNTED && kind != ZERO_ENDED, 1, "variable-length format");
    size += padding;
    luaL_argcheck(L, total <= REMIT_TEXT_LIMIT - size, 1, "format result too large");
    total += size;
  }
  lua_pushinteger(L, (lua_Integer)total);
  return 1;
}

/* ---- unpack */

typedef struct source {
  const char *bytes;
  size_t length, at;
} source;

/* The low 64 bits; what lies beyond must be their sign, or zeros where they have none. */
static uint64_t read_integer(format *f, const char *bytes, size_t size, bool with_sign) {
  uint64_t value = 0;
  size_t low = size < INTEGER_SIZE ? size : INTEGER_SIZE;
  for (size_t i = low; i > 0; i--) value = value << 8 | (unsigned char)bytes[f->little ? i - 1 : size - i];
  if (size < INTEGER_SIZE) {
    uint64_t sign = UINT64_C(1) << (8 * size - 1);
    return with_sign ? (value ^ sign) - sign : value;
  }
  unsigned char beyond = with_sign && value >> 63 ? 0xFF : 0;
  for (size_t i = low; i < size; i++) {
    if ((unsigned char)bytes[f->little ? i : size - 1 - i] != beyond)
      luaL_error(f->L, "%d-byte integer does not fit into Lua Integer", (int)size);
  }
  return value;
}

static void push_integer(format *f, const char *bytes, option kind, size_t size) {
  uint64_t value = read_integer(f, bytes, size, kind == SIGNED);
  bool negative = kind == SIGNED && value >> 63;
  if ((negative ? 0 - value : value) > (uint64_t)whole_max)
    luaL_error(f->L, "integer result out of range (beyond 2^53 - 1)");
  lua_pushinteger(f->L, (lua_Integer)value);
}

static void push_text(lua_State *L, const char *bytes, size_t length) {
  remit_charge_bytes(L, length);
  lua_pushlstring(L, bytes, length);
}

/* Pushes the value there and moves behind it. */
static void unpack_value(format *f, source *s, option kind, size_t size) {
  lua_State *L = f->L;
  const char *bytes = s->bytes + s->at;
  size_t left = s->length - s->at - size;
  switch (kind) {
  case SIGNED: case UNSIGNED: push_integer(f, bytes, kind, size); break;
  case FIXED: push_text(L, bytes, size); break;
  case COUNTED: {
    uint64_t length = read_integer(f, bytes, size, false);
    luaL_argcheck(L, length <= left, 2, "data string too short");
    push_text(L, bytes + size, (size_t)length);
    s->at += (size_t)length;
    break;
  }
  case ZERO_ENDED: {
    const char *zero = memchr(bytes, 0, left);
    if (!zero) remit_charge_bytes(L, left);
    luaL_argcheck(L, zero, 2, "unfinished string for format 'z'");
    push_text(L, bytes, (size_t)(zero - bytes));
    s->at += (size_t)(zero - bytes) + 1;
    break;
  }
  default: break;
  }
  s->at += size;
}

int remit_string_unpack(lua_State *L) {
  format f;
  source s;
  size_t length, size, padding;
  int count = 0;
  start_format(L, &f, &length);
  s.bytes = remit_check_text(L, 2, &s.length);
  s.at = remit_range_start(remit_opt_integer(L, 3, 1), s.length) - 1;
  luaL_argcheck(L, s.at <= s.length, 3, "initial position out of string");
  while (*f.at) {
    option kind = next_option(&f, s.at, &size, &padding);
    luaL_argcheck(L, padding + size <= s.length - s.at, 2, "data string too short");
    s.at += padding;
    remit_results_room(L, (size_t)count, 2, "too many results");
    unpack_value(&f, &s, kind, size);
    count += kind < PADDING;
  }
  lua_pushinteger(L, (lua_Integer)s.at + 1);
  return count + 1;
}
