#include <math.h>

#include "arith.h"

/* Whole results are integers where they fit, whatever form the argument has; else decimals. */

int remit_abs(lua_State *L) {
  remit_decimal value;
  lua_settop(L, 1);
  if (lua_isinteger(L, 1)) {
    lua_Integer whole = remit_check_integer(L, 1);
    lua_pushinteger(L, whole < 0 ? -whole : whole);
  } else if (lua_type(L, 1) == LUA_TNUMBER) {
    lua_pushnumber(L, fabs(lua_tonumberx(L, 1, NULL)));
  } else if (remit_convert_text(L, 1)) {
    return remit_abs(L);
  } else {
    remit_check_decimal(L, 1, &value);
    value.negative = false;
    remit_push_decimal(L, &value);
  }
  return 1;
}

static int round_to_whole(lua_State *L, remit_rounding rounding, double (*nearest)(double)) {
  lua_settop(L, 1);
  remit_convert_text(L, 1);
  if (lua_isinteger(L, 1)) return 1;
  if (lua_type(L, 1) == LUA_TNUMBER) {
    /* Doubles stand for decimals in their order, and for whole numbers exactly. */
    double value = nearest(lua_tonumberx(L, 1, NULL));
    if (fabs(value) <= (double)REMIT_WHOLE_MAX) {
      lua_pushinteger(L, (lua_Integer)value);
      return 1;
    }
  }
  remit_decimal value;
  remit_check_decimal(L, 1, &value);
  remit_decimal_status status = remit_decimal_round(&value, 0, rounding, &value);
  if (status != REMIT_DECIMAL_OK) return remit_raise_status(L, status);
  remit_push_whole(L, &value);
  return 1;
}

static int floor_(lua_State *L) { return round_to_whole(L, REMIT_FLOOR, floor); }
static int ceil_(lua_State *L) { return round_to_whole(L, REMIT_CEILING, ceil); }

/* The remainder of a division that rounds towards zero: it has the sign of the first argument. */
static int fmod_(lua_State *L) {
  remit_decimal a, b;
  remit_check_decimal(L, 1, &a);
  remit_check_decimal(L, 2, &b);
  bool whole = lua_isinteger(L, 1) && lua_isinteger(L, 2);
  luaL_argcheck(L, b.hi || b.lo, 2, "zero");
  bool negative = a.negative;
  a.negative = b.negative = false;
  remit_decimal_status status = remit_decimal_modulo(&a, &b, &a);
  if (status != REMIT_DECIMAL_OK) return remit_raise_status(L, status);
  a.negative = negative && (a.hi || a.lo);
  if (whole) remit_push_whole(L, &a);
  else remit_push_decimal(L, &a);
  return 1;
}

static void check_number(lua_State *L, int arg) {
  if (!remit_is_number(L, arg) && !remit_convert_text(L, arg)) luaL_typeerror(L, arg, "number");
}

/* The argument itself; of equal ones the first. */
static int extreme(lua_State *L, bool greatest) {
  int count = lua_gettop(L), best = 1;
  if (!count) return luaL_argerror(L, 1, "value expected");
  check_number(L, 1);
  remit_charge(L, (uint64_t)count);
  for (int i = 2; i <= count; i++) {
    check_number(L, i);
    if (greatest ? lua_compare(L, best, i, LUA_OPLT) : lua_compare(L, i, best, LUA_OPLT)) best = i;
  }
  lua_pushvalue(L, best);
  return 1;
}

int remit_max(lua_State *L) { return extreme(L, true); }
int remit_min(lua_State *L) { return extreme(L, false); }

/* A whole number within +-(2^53 - 1), in any form. */
static bool to_whole(lua_State *L, int index, int64_t *out) {
  remit_decimal value;
  return remit_to_decimal(L, index, &value) && remit_decimal_to_int64(&value, out) && remit_whole_fits(*out);
}

static int tointeger(lua_State *L) {
  int64_t whole;
  luaL_checkany(L, 1);
  lua_settop(L, 1);
  remit_convert_text(L, 1);
  if (to_whole(L, 1, &whole)) lua_pushinteger(L, whole);
  else lua_pushnil(L);
  return 1;
}

static int type(lua_State *L) {
  int64_t whole;
  luaL_checkany(L, 1);
  if (!remit_is_number(L, 1)) lua_pushnil(L);
  else lua_pushstring(L, to_whole(L, 1, &whole) ? "integer" : "decimal");
  return 1;
}

int remit_open_math(lua_State *L) {
  static const luaL_Reg functions[] = {
    {"abs", remit_abs}, {"ceil", ceil_}, {"floor", floor_}, {"fmod", fmod_}, {"max", remit_max}, {"min", remit_min},
    {"tointeger", tointeger}, {"type", type}, {NULL, NULL},
  };
  luaL_newlib(L, functions);
  return 1;
}
