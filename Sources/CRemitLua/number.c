#include <math.h>
#include <string.h>

#include "arith.h"

/* Registry keys: the metatable of long decimals, and the weak table from a value's bytes to the one userdata that holds it. */
static char metatable_key, interned_key;

/* ---- The three forms of a number */

const remit_decimal *remit_long_decimal(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TUSERDATA || !lua_getmetatable(L, index)) return NULL;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable_key);
  bool same = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return same ? lua_touserdata(L, index) : NULL;
}

bool remit_is_number(lua_State *L, int index) {
  return lua_type(L, index) == LUA_TNUMBER || remit_long_decimal(L, index) != NULL;
}

bool remit_to_magnitude(lua_State *L, int index, remit_decimal *out) {
  if (lua_isinteger(L, index)) {
    *out = remit_decimal_from_int64(lua_tointegerx(L, index, NULL));
    return true;
  }
  if (lua_type(L, index) == LUA_TNUMBER) return remit_decimal_from_double(lua_tonumberx(L, index, NULL), out);
  const remit_decimal *value = remit_long_decimal(L, index);
  if (!value) return false;
  *out = *value;
  return true;
}

bool remit_to_decimal(lua_State *L, int index, remit_decimal *out) {
  if (lua_isinteger(L, index) && !remit_whole_fits(lua_tointegerx(L, index, NULL))) return false;
  return remit_to_magnitude(L, index, out);
}

int remit_number_error(lua_State *L, int index) {
  if (lua_isinteger(L, index)) return luaL_error(L, "integer result out of range (beyond 2^53 - 1)");
  if (lua_type(L, index) == LUA_TNUMBER) return luaL_error(L, "number is not an exact decimal");
  return luaL_error(L, "number expected, got %s", remit_typename(L, index));
}

int remit_raise_status(lua_State *L, remit_decimal_status status) {
  switch (status) {
  case REMIT_DECIMAL_OK: return 0;
  case REMIT_DECIMAL_INEXACT: return luaL_error(L, "decimal result needs more than 34 digits");
  case REMIT_DECIMAL_RANGE: return luaL_error(L, "decimal result out of range (beyond 10^6144)");
  case REMIT_DECIMAL_DIVISION_BY_ZERO: return luaL_error(L, "division by zero");
  case REMIT_DECIMAL_SYNTAX: return luaL_error(L, "not the text of a number");
  }
  return 0;
}

/* The members without the padding behind them. */
enum { PACKED_SIZE = 8 + 8 + 4 + 1 };

static void pack(const remit_decimal *value, char bytes[PACKED_SIZE]) {
  memcpy(bytes, &value->hi, 8);
  memcpy(bytes + 8, &value->lo, 8);
  memcpy(bytes + 16, &value->exponent, 4);
  bytes[20] = value->negative;
}

void remit_push_decimal(lua_State *L, const remit_decimal *value) {
  double nearest;
  if (remit_decimal_to_double(value, &nearest)) {
    lua_pushnumber(L, nearest);
    return;
  }
  char key[PACKED_SIZE];
  pack(value, key);
  luaL_checkstack(L, 5, NULL);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &interned_key);
  int interned = lua_gettop(L);
  lua_pushlstring(L, key, sizeof key);
  lua_pushvalue(L, -1);
  if (lua_rawget(L, interned) != LUA_TUSERDATA) {
    lua_pop(L, 1);
    *(remit_decimal *)lua_newuserdatauv(L, sizeof *value, 0) = *value;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable_key);
    lua_setmetatable(L, -2);
    lua_insert(L, -2);
    lua_pushvalue(L, -2);
    lua_rawset(L, interned);
    lua_replace(L, interned);
    return;
  }
  lua_replace(L, interned);
  lua_pop(L, 1);
}

void remit_push_whole(lua_State *L, const remit_decimal *value) {
  int64_t whole;
  if (remit_decimal_to_int64(value, &whole) && remit_whole_fits(whole)) lua_pushinteger(L, whole);
  else remit_push_decimal(L, value);
}

/* ---- Arguments */

bool remit_convert_text(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TSTRING) return false;
  size_t length;
  const char *text = lua_tolstring(L, index, &length);
  if (!remit_push_number_from_text(L, text, length)) return false;
  lua_replace(L, index);
  return true;
}

lua_Integer remit_check_integer(lua_State *L, int arg) {
  if (!lua_isinteger(L, arg)) {
    remit_convert_text(L, arg);
    if (lua_type(L, arg) == LUA_TNUMBER && !lua_isinteger(L, arg)) {
      double value = lua_tonumberx(L, arg, NULL);
      if (floor(value) == value && fabs(value) <= (double)REMIT_WHOLE_MAX) return (lua_Integer)value;
    }
    if (!remit_is_number(L, arg)) return luaL_typeerror(L, arg, "number");
    if (!lua_isinteger(L, arg)) return luaL_argerror(L, arg, "number has no integer representation");
  }
  lua_Integer value = lua_tointegerx(L, arg, NULL);
  if (!remit_whole_fits(value)) return luaL_argerror(L, arg, "integer out of range (beyond 2^53 - 1)");
  return value;
}

lua_Integer remit_opt_integer(lua_State *L, int arg, lua_Integer fallback) {
  return lua_isnoneornil(L, arg) ? fallback : remit_check_integer(L, arg);
}

void remit_check_decimal(lua_State *L, int arg, remit_decimal *out) {
  if (remit_to_decimal(L, arg, out)) return;
  if (remit_convert_text(L, arg) && remit_to_decimal(L, arg, out)) return;
  if (!remit_is_number(L, arg)) luaL_typeerror(L, arg, "number");
  luaL_argerror(L, arg, lua_isinteger(L, arg) ? "integer out of range (beyond 2^53 - 1)" : "number is not an exact decimal");
}

const char *remit_typename(lua_State *L, int index) {
  return remit_long_decimal(L, index) ? "number" : luaL_typename(L, index);
}

/* ---- To text */

static size_t integer_text(lua_Integer value, char *text) {
  char digits[20];
  size_t count = 0, length = 0;
  uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
  do digits[count++] = (char)('0' + rest % 10);
  while ((rest /= 10) != 0);
  if (value < 0) text[length++] = '-';
  while (count > 0) text[length++] = digits[--count];
  return length;
}

size_t remit_number_text(lua_State *L, int index, char *text) {
  if (lua_isinteger(L, index)) {
    lua_Integer value = lua_tointegerx(L, index, NULL);
    return remit_whole_fits(value) ? integer_text(value, text) : 0;
  }
  if (lua_type(L, index) == LUA_TNUMBER) return remit_short_format(lua_tonumberx(L, index, NULL), text);
  const remit_decimal *value = remit_long_decimal(L, index);
  return value ? remit_decimal_format(value, text) : 0;
}

static void push_number_text(lua_State *L, int index) {
  char text[REMIT_DECIMAL_TEXT_MAX];
  size_t length = remit_number_text(L, index, text);
  if (!length) remit_number_error(L, index);
  lua_pushlstring(L, text, length);
}

/* What an object's metatable has to say; pushes one value or nothing. */
static bool push_own_text(lua_State *L, int index) {
  if (luaL_callmeta(L, index, "__tostring")) {
    if (lua_type(L, -1) == LUA_TSTRING) return true;
    if (!remit_is_number(L, -1)) luaL_error(L, "'__tostring' must return a string");
    push_number_text(L, lua_gettop(L));
    lua_remove(L, -2);
    return true;
  }
  int type = luaL_getmetafield(L, index, "__name");
  if (type == LUA_TSTRING) return true;
  if (type != LUA_TNIL) lua_pop(L, 1);
  return false;
}

const char *remit_push_text(lua_State *L, int index, size_t *length) {
  index = lua_absindex(L, index);
  luaL_checkstack(L, 5, NULL);
  switch (lua_type(L, index)) {
  case LUA_TSTRING: lua_pushvalue(L, index); break;
  case LUA_TNIL: lua_pushliteral(L, "nil"); break;
  case LUA_TBOOLEAN: lua_pushstring(L, lua_toboolean(L, index) ? "true" : "false"); break;
  default:
    if (remit_is_number(L, index)) push_number_text(L, index);
    else if (!push_own_text(L, index)) lua_pushstring(L, luaL_typename(L, index));
  }
  return lua_tolstring(L, -1, length);
}

const char *remit_check_text(lua_State *L, int arg, size_t *length) {
  if (lua_type(L, arg) != LUA_TSTRING) {
    if (!remit_is_number(L, arg)) luaL_typeerror(L, arg, "string");
    push_number_text(L, arg);
    lua_replace(L, arg);
  }
  return lua_tolstring(L, arg, length);
}

/* ---- From text */

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* `text` behind "0x". Exact; nothing wraps. */
static bool parse_hex(const char *text, size_t length, remit_decimal *out) {
  const remit_decimal sixteen = remit_decimal_from_int64(16);
  *out = remit_decimal_from_int64(0);
  if (!length) return false;
  for (size_t i = 0; i < length; i++) {
    int digit = hex_digit(text[i]);
    if (digit < 0) return false;
    remit_decimal units = remit_decimal_from_int64(digit);
    if (remit_decimal_multiply(out, &sixteen, out) != REMIT_DECIMAL_OK) return false;
    if (remit_decimal_add(out, &units, out) != REMIT_DECIMAL_OK) return false;
  }
  return true;
}

/* Lua lets a number end in its point ("5.", "5.e3"), the decimal grammar does not: parse without that point. */
static bool parse_dotted(const char *text, size_t length, const char *point, remit_decimal *out) {
  char copy[REMIT_DECIMAL_TEXT_MAX];
  if (point == text || !is_digit(point[-1]) || length > sizeof copy) return false;
  size_t before = (size_t)(point - text), after = length - before - 1;
  if (after && (point[1] | 0x20) != 'e') return false;
  for (size_t i = 1; i < before; i++)
    if (!is_digit(text[i])) return false;
  memcpy(copy, text, before);
  memcpy(copy + before, point + 1, after);
  return remit_decimal_parse(copy, length - 1, true, out) == REMIT_DECIMAL_OK;
}

bool remit_push_number_from_text(lua_State *L, const char *text, size_t length) {
  remit_charge_bytes(L, length);
  while (length > 0 && is_space(*text)) text++, length--;
  while (length > 0 && is_space(text[length - 1])) length--;
  if (!length) return false;
  size_t sign = *text == '-' || *text == '+';
  remit_decimal value;
  if (length > sign + 1 && text[sign] == '0' && (text[sign + 1] | 0x20) == 'x') {
    remit_charge(L, length / 4);  /* a digit costs more than a byte */
    if (!parse_hex(text + sign + 2, length - sign - 2, &value)) return false;
    if (*text == '-' && (value.hi || value.lo)) value.negative = true;
    remit_push_whole(L, &value);
    return true;
  }
  const char *point = memchr(text, '.', length);
  if (point && (point + 1 == text + length || !is_digit(point[1]))) {
    if (!parse_dotted(text, length, point, &value)) return false;
  } else if (remit_decimal_parse(text, length, true, &value) != REMIT_DECIMAL_OK) {
    return false;
  }
  /* As in Lua, a point or an exponent makes a decimal of it, even where the value is whole. */
  if (point || memchr(text, 'e', length) || memchr(text, 'E', length)) remit_push_decimal(L, &value);
  else remit_push_whole(L, &value);
  return true;
}

/* ---- Metamethods of long decimals */

static int compare_error(lua_State *L) {
  const char *left = remit_typename(L, 1), *right = remit_typename(L, 2);
  if (!strcmp(left, right)) return luaL_error(L, "attempt to compare two %s values", left);
  return luaL_error(L, "attempt to compare %s with %s", left, right);
}

/* One operand is a long decimal. The other may be an object that compares itself with numbers. */
static bool compare(lua_State *L, const char *event, int *order) {
  remit_decimal a, b;
  if (remit_to_magnitude(L, 1, &a) && remit_to_magnitude(L, 2, &b)) {
    *order = remit_decimal_compare(&a, &b);
    return true;
  }
  int other = remit_long_decimal(L, 1) ? 2 : 1;
  if (lua_type(L, other) != LUA_TTABLE || luaL_getmetafield(L, other, event) == LUA_TNIL) return compare_error(L);
  lua_insert(L, 1);
  lua_call(L, 2, 1);
  return false;
}

static int less_than(lua_State *L) {
  int order;
  lua_settop(L, 2);
  if (compare(L, "__lt", &order)) lua_pushboolean(L, order < 0);
  return 1;
}

static int less_or_equal(lua_State *L) {
  int order;
  lua_settop(L, 2);
  if (compare(L, "__le", &order)) lua_pushboolean(L, order <= 0);
  return 1;
}

static int to_text(lua_State *L) {
  luaL_checkany(L, 1);
  lua_settop(L, 1);
  if (!remit_is_number(L, 1)) return luaL_typeerror(L, 1, "number");
  push_number_text(L, 1);
  return 1;
}

void remit_open_numbers(lua_State *L) {
  static const luaL_Reg metamethods[] = {
    {"__lt", less_than}, {"__le", less_or_equal}, {"__tostring", to_text}, {"__concat", remit_op_concat}, {NULL, NULL},
  };
  luaL_newlib(L, metamethods);
  remit_string_arithmetic(L);
  lua_pushliteral(L, "number");
  lua_setfield(L, -2, "__name");
  lua_rawsetp(L, LUA_REGISTRYINDEX, &metatable_key);

  lua_newtable(L);
  lua_newtable(L);
  lua_pushliteral(L, "v");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &interned_key);
}
