#include "lib_string.h"

/* `utf8`, as in Lua: strict UTF-8, or with `lax` the original one of up to six bytes and 31 bits. 8 bytes looked at are
 * a step. */

enum { CODE_MAX = 0x7FFFFFFF, UNICODE_MAX = 0x10FFFF, CHARACTER_MAX = 6, SLICE = 2048 };

static inline bool is_continuation(char byte) { return ((unsigned char)byte & 0xC0) == 0x80; }

/* The character at `at`, which lies before `end`: its length, or 0 where it is none. */
static size_t decode(const char *at, const char *end, bool lax, uint32_t *code) {
  static const uint32_t least[] = {0x80, 0x800, 0x10000, 0x200000, 0x4000000};
  unsigned char lead = (unsigned char)*at;
  if (lead < 0x80) {
    *code = lead;
    return 1;
  }
  if (lead < 0xC0 || lead > 0xFD) return 0;
  size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF8 ? 4 : lead < 0xFC ? 5 : 6;
  if (length > (size_t)(end - at)) return 0;
  uint32_t value = lead & (0x7Fu >> length);
  for (size_t i = 1; i < length; i++) {
    if (!is_continuation(at[i])) return 0;
    value = value << 6 | ((unsigned char)at[i] & 0x3F);
  }
  if (value < least[length - 2]) return 0;
  if (!lax && (value > UNICODE_MAX || (value >= 0xD800 && value <= 0xDFFF))) return 0;
  *code = value;
  return length;
}

static size_t encode(uint32_t code, char out[CHARACTER_MAX]) {
  if (code < 0x80) {
    out[0] = (char)code;
    return 1;
  }
  size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : code < 0x200000 ? 4 : code < 0x4000000 ? 5 : 6;
  for (size_t i = length - 1; i > 0; i--) {
    out[i] = (char)(0x80u | (code & 0x3Fu));
    code >>= 6;
  }
  out[0] = (char)(0xFFu << (8 - length) | code);
  return length;
}

/* A position counted from the end becomes one from the start; 0 where it lies before that. */
static lua_Integer from_start(lua_Integer position, size_t length) {
  if (position >= 0) return position;
  return position < -(lua_Integer)length ? 0 : (lua_Integer)length + 1 + position;
}

static int char_(lua_State *L) {
  int count = lua_gettop(L);
  remit_text result;
  remit_charge(L, (uint64_t)count);
  remit_text_start(L, &result);
  for (int i = 1; i <= count; i++) {
    lua_Integer code = remit_check_integer(L, i);
    luaL_argcheck(L, code >= 0 && code <= CODE_MAX, i, "value out of range");
    result.length += encode((uint32_t)code, remit_text_room(&result, CHARACTER_MAX));
  }
  remit_text_push(&result);
  return 1;
}

/* The characters that start from i to j: how many, or nil and the place of the first byte that is none. */
static int len(lua_State *L) {
  size_t length;
  const char *text = remit_check_text(L, 1, &length), *end = text + length;
  lua_Integer first = from_start(remit_opt_integer(L, 2, 1), length);
  lua_Integer last = from_start(remit_opt_integer(L, 3, -1), length);
  bool lax = lua_toboolean(L, 4);
  luaL_argcheck(L, first >= 1 && first - 1 <= (lua_Integer)length, 2, "initial position out of bounds");
  luaL_argcheck(L, last <= (lua_Integer)length, 3, "final position out of bounds");
  if (last >= first) remit_charge(L, (uint64_t)(last - first + 1) / 8);
  lua_Integer count = 0;
  uint32_t code;
  for (const char *at = text + first - 1; at - text < last; count++) {
    size_t size = decode(at, end, lax, &code);
    if (!size) {
      lua_pushnil(L);
      lua_pushinteger(L, at - text + 1);
      return 2;
    }
    at += size;
  }
  lua_pushinteger(L, count);
  return 1;
}

static int codepoint(lua_State *L) {
  size_t length;
  const char *text = remit_check_text(L, 1, &length), *end = text + length;
  lua_Integer first = from_start(remit_opt_integer(L, 2, 1), length);
  lua_Integer last = from_start(remit_opt_integer(L, 3, first), length);
  bool lax = lua_toboolean(L, 4);
  luaL_argcheck(L, first >= 1, 2, "out of bounds");
  luaL_argcheck(L, last <= (lua_Integer)length, 3, "out of bounds");
  if (first > last) return 0;
  size_t most = (size_t)(last - first) + 1;
  int count = 0;
  remit_charge(L, most);
  remit_results_room(L, 0, most, "string slice too long");
  for (const char *at = text + first - 1; at - text < last; count++) {
    uint32_t code;
    size_t size = decode(at, end, lax, &code);
    if (!size) return luaL_error(L, "invalid UTF-8 code");
    lua_pushinteger(L, code);
    at += size;
  }
  return count;
}

/* ---- offset */

typedef struct walk {
  lua_State *L;
  const char *text;
  lua_Integer at, length;     /* at: bytes before the place */
  uint32_t seen;
} walk;

static inline void look(walk *w) {
  if (++w->seen < SLICE) return;
  remit_charge(w->L, SLICE / 8);
  w->seen = 0;
}

static inline bool in_character(const walk *w) { return w->at < w->length && is_continuation(w->text[w->at]); }

static void to_character_start(walk *w) {
  for (; w->at > 0 && in_character(w); w->at--) look(w);
}

/* Each goes one character on; at the text's end or start they stay. */
static void forward(walk *w) {
  do {
    w->at++;
    look(w);
  } while (in_character(w));
}

static void backward(walk *w) {
  w->at--;
  look(w);
  to_character_start(w);
}

static int offset(lua_State *L) {
  size_t length;
  const char *text = remit_check_text(L, 1, &length);
  lua_Integer n = remit_check_integer(L, 2);
  lua_Integer place = from_start(remit_opt_integer(L, 3, n >= 0 ? 1 : (lua_Integer)length + 1), length);
  luaL_argcheck(L, place >= 1 && place - 1 <= (lua_Integer)length, 3, "position out of bounds");
  walk w = {L, text, place - 1, (lua_Integer)length, 0};
  bool found = true;
  if (n == 0) {
    to_character_start(&w);
  } else {
    if (in_character(&w)) return luaL_error(L, "initial position is a continuation byte");
    for (; n < 0 && w.at > 0; n++) backward(&w);
    for (; n > 1 && w.at < w.length; n--) forward(&w);
    found = n == 0 || n == 1;
  }
  remit_charge(L, w.seen / 8);
  if (found) lua_pushinteger(L, w.at + 1);
  else lua_pushnil(L);
  return 1;
}

/* ---- codes: an iterator without a state of its own; the control variable is the place of the last character. */

static int next_code(lua_State *L, bool lax) {
  size_t length;
  const char *text = remit_check_text(L, 1, &length), *end = text + length;
  /* As in Lua, what is no place counts as before the first, and a negative one as behind the last. */
  lua_Unsigned at = (lua_Unsigned)lua_tointegerx(L, 2, NULL);
  if (at < length) {
    lua_Unsigned start = at;
    while (at < length && is_continuation(text[at])) at++;
    remit_charge_bytes(L, at - start);
  }
  if (at >= length) return 0;
  uint32_t code;
  if (!decode(text + at, end, lax, &code)) return luaL_error(L, "invalid UTF-8 code");
  lua_pushinteger(L, (lua_Integer)at + 1);
  lua_pushinteger(L, code);
  return 2;
}

static int next_strict(lua_State *L) { return next_code(L, false); }
static int next_lax(lua_State *L) { return next_code(L, true); }

static int codes(lua_State *L) {
  bool lax = lua_toboolean(L, 2);
  remit_check_text(L, 1, NULL);
  lua_pushcfunction(L, lax ? next_lax : next_strict);
  lua_pushvalue(L, 1);
  lua_pushinteger(L, 0);
  return 3;
}

int remit_open_utf8(lua_State *L) {
  static const luaL_Reg functions[] = {
    {"char", char_}, {"codepoint", codepoint}, {"codes", codes}, {"len", len}, {"offset", offset},
    {"charpattern", NULL}, {NULL, NULL},
  };
  static const char pattern[] = "[\0-\x7F\xC2-\xFD][\x80-\xBF]*";
  luaL_newlib(L, functions);
  lua_pushlstring(L, pattern, sizeof pattern - 1);
  lua_setfield(L, -2, "charpattern");
  return 1;
}
