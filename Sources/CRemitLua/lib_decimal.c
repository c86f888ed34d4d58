#include <string.h>

#include "arith.h"

/* ---- How to round: a table { places = 2, rounding = "half_even" }, or places and rounding as arguments of their own. */

enum { PLACES_MIN = -100, PLACES_MAX = 100, PLACES_REQUIRED = PLACES_MIN - 1 };

static const char *const rounding_names[] = {
  [REMIT_HALF_EVEN] = "half_even", [REMIT_HALF_UP] = "half_up", [REMIT_HALF_DOWN] = "half_down", [REMIT_DOWN] = "down",
  [REMIT_UP] = "up", [REMIT_FLOOR] = "floor", [REMIT_CEILING] = "ceiling",
};
enum { ROUNDINGS = sizeof rounding_names / sizeof *rounding_names };

static remit_rounding check_rounding(lua_State *L, int index, int arg) {
  if (lua_isnoneornil(L, index)) return REMIT_HALF_EVEN;
  if (lua_type(L, index) == LUA_TSTRING) {
    const char *name = lua_tostring(L, index);
    for (int i = 0; i < ROUNDINGS; i++)
      if (!strcmp(name, rounding_names[i])) return (remit_rounding)i;
  }
  luaL_argerror(L, arg, "rounding must be one of half_even, half_up, half_down, up, down, floor, ceiling");
  return REMIT_HALF_EVEN;
}

static int32_t check_places(lua_State *L, int index, int arg, int32_t least, int32_t fallback) {
  if (lua_isnoneornil(L, index)) {
    if (fallback == PLACES_REQUIRED)
      luaL_argerror(L, arg, "places are required: decimal.div(a, b, { places = 2, rounding = \"half_even\" })");
    return fallback;
  }
  remit_decimal value;
  int64_t places;
  if (!remit_to_decimal(L, index, &value) || !remit_decimal_to_int64(&value, &places))
    return luaL_argerror(L, arg, "places must be a whole number");
  if (places < least || places > PLACES_MAX)
    return luaL_argerror(L, arg, lua_pushfstring(L, "places must be from %d to %d", (int)least, PLACES_MAX));
  return (int32_t)places;
}

typedef struct manner {
  int32_t places;
  remit_rounding rounding;
} manner;

static manner check_manner(lua_State *L, int arg, int32_t least, int32_t fallback) {
  manner how;
  if (!lua_istable(L, arg)) {
    how.places = check_places(L, arg, arg, least, fallback);
    how.rounding = check_rounding(L, arg + 1, arg + 1);
    return how;
  }
  int given = 0;
  remit_trace_whole(L, arg);
  lua_pushliteral(L, "places");
  given += lua_rawget(L, arg) != LUA_TNIL;
  lua_pushliteral(L, "rounding");
  given += lua_rawget(L, arg) != LUA_TNIL;
  lua_pushnil(L);
  for (; lua_next(L, arg); given--) lua_pop(L, 1);
  if (given < 0) luaL_argerror(L, arg, "the only options are places and rounding");
  how.places = check_places(L, -2, arg, least, fallback);
  how.rounding = check_rounding(L, -1, arg);
  lua_pop(L, 2);
  return how;
}

static int finish(lua_State *L, remit_decimal_status status, const remit_decimal *value) {
  if (status != REMIT_DECIMAL_OK) return remit_raise_status(L, status);
  remit_push_decimal(L, value);
  return 1;
}

/* ---- The functions */

static int div_(lua_State *L) {
  remit_decimal a, b, quotient;
  remit_check_decimal(L, 1, &a);
  remit_check_decimal(L, 2, &b);
  manner how = check_manner(L, 3, PLACES_MIN, PLACES_REQUIRED);
  remit_charge(L, 4);
  return finish(L, remit_decimal_divide_rounded(&a, &b, how.places, how.rounding, &quotient), &quotient);
}

static int round_with(lua_State *L, manner how) {
  remit_decimal value;
  remit_check_decimal(L, 1, &value);
  bool whole = lua_isinteger(L, 1);
  remit_decimal_status status = remit_decimal_round(&value, how.places, how.rounding, &value);
  if (status != REMIT_DECIMAL_OK || !whole) return finish(L, status, &value);
  remit_push_whole(L, &value);
  return 1;
}

static int round_(lua_State *L) {
  luaL_checkany(L, 1);
  return round_with(L, check_manner(L, 2, PLACES_MIN, 0));
}

static int floor_(lua_State *L) {
  return round_with(L, (manner){check_places(L, 2, 2, PLACES_MIN, 0), REMIT_FLOOR});
}

static int ceil_(lua_State *L) {
  return round_with(L, (manner){check_places(L, 2, 2, PLACES_MIN, 0), REMIT_CEILING});
}

/* The number that a text means, by the grammar of the input's money: digits, one point, a sign; nothing else. */
static int parse(lua_State *L) {
  size_t length;
  const char *text = remit_check_text(L, 1, &length);
  remit_decimal value;
  remit_charge_bytes(L, length);
  remit_decimal_status status = remit_decimal_parse(text, length, false, &value);
  if (status == REMIT_DECIMAL_OK) {
    remit_push_decimal(L, &value);
    return 1;
  }
  lua_pushnil(L);
  lua_pushstring(L, status == REMIT_DECIMAL_SYNTAX ? "not a number: expected digits, one point, a sign and nothing else"
    : status == REMIT_DECIMAL_INEXACT ? "the number has more than 34 digits" : "the number is out of range");
  return 2;
}

static int format(lua_State *L) {
  remit_decimal value;
  char text[REMIT_DECIMAL_TEXT_MAX + 128];
  remit_check_decimal(L, 1, &value);
  manner how = {0};
  bool fixed = !lua_isnoneornil(L, 2);
  if (fixed) how = check_manner(L, 2, 0, 0);
  size_t length = fixed ? remit_decimal_format_fixed(&value, how.places, how.rounding, text) : remit_decimal_format(&value, text);
  remit_charge_bytes(L, length);
  lua_pushlstring(L, text, length);
  return 1;
}

/* Functions of their own: messages look for the name of a function by its address. */
static int abs_(lua_State *L) { return remit_abs(L); }
static int max_(lua_State *L) { return remit_max(L); }
static int min_(lua_State *L) { return remit_min(L); }

int remit_open_decimal(lua_State *L) {
  static const luaL_Reg functions[] = {
    {"abs", abs_}, {"ceil", ceil_}, {"div", div_}, {"floor", floor_}, {"format", format}, {"max", max_}, {"min", min_},
    {"parse", parse}, {"round", round_}, {NULL, NULL},
  };
  luaL_newlib(L, functions);
  return 1;
}
