#include <math.h>
#include <string.h>

#include "arith.h"

/* Each operator has a fast path, two integers or two short numbers, in as few calls of the Lua API as there can be (this is
 * where a policy spends its time), and behind it `slow`: long decimals, texts, metamethods, errors. */

typedef enum operator {
  ADD, SUB, MUL, DIV, IDIV, MOD, POW, UNM, BAND, BOR, BXOR, SHL, SHR, BNOT,
} operator;

static const struct {
  const char *event;
  lua_CFunction function;
} operators[] = {
  [ADD] = {"__add", remit_op_add},    [SUB] = {"__sub", remit_op_sub},    [MUL] = {"__mul", remit_op_mul},
  [DIV] = {"__div", remit_op_div},    [IDIV] = {"__idiv", remit_op_idiv}, [MOD] = {"__mod", remit_op_mod},
  [POW] = {"__pow", remit_op_pow},    [UNM] = {"__unm", remit_op_unm},    [BAND] = {"__band", remit_op_band},
  [BOR] = {"__bor", remit_op_bor},    [BXOR] = {"__bxor", remit_op_bxor}, [SHL] = {"__shl", remit_op_shl},
  [SHR] = {"__shr", remit_op_shr},    [BNOT] = {"__bnot", remit_op_bnot},
};

/* Long arithmetic is about this much more work than the call that was charged already. */
enum { LONG_STEPS = 4, DIVISION_STEPS = 16, POWER_STEPS = 32 };

static int push_integer(lua_State *L, lua_Integer value) {
  lua_pushinteger(L, value);
  return 1;
}

static int push_number(lua_State *L, double value) {
  lua_pushnumber(L, value);
  return 1;
}

static int range_error(lua_State *L) { return luaL_error(L, "integer result out of range (beyond 2^53 - 1)"); }

static int push_in_range(lua_State *L, lua_Integer value) {
  return remit_whole_fits(value) ? push_integer(L, value) : range_error(L);
}

/* ---- The long way */

static bool has_metamethods(lua_State *L, int index) {
  int type = lua_type(L, index);
  return type == LUA_TTABLE || (type == LUA_TUSERDATA && !remit_long_decimal(L, index));
}

/* Calls the metamethod of the left operand, else of the right one. False where there is none. The string metatable's are
 * these operators themselves, so texts are not asked. */
static bool call_metamethod(lua_State *L, const char *event) {
  for (int i = 1; i <= 2; i++) {
    if (!has_metamethods(L, i) || luaL_getmetafield(L, i, event) == LUA_TNIL) continue;
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 2);
    lua_call(L, 2, 1);
    return true;
  }
  return false;
}

static int operand_error(lua_State *L, operator op) {
  bool left_fits = remit_is_number(L, 1) || (op < BAND && remit_convert_text(L, 1));
  int culprit = left_fits ? 2 : 1;
  const char *verb = op >= BAND ? "perform bitwise operation" : "perform arithmetic";
  return luaL_error(L, "attempt to %s on a %s value", verb, luaL_typename(L, culprit));
}

static int exact_error(lua_State *L, operator op, remit_decimal_status status) {
  if (op == DIV && status == REMIT_DECIMAL_INEXACT)
    return luaL_error(L, "the quotient does not end within 34 digits: "
      "use decimal.div(a, b, { places = 2, rounding = \"half_even\" })");
  if (status == REMIT_DECIMAL_DIVISION_BY_ZERO && op == IDIV) return luaL_error(L, "attempt to perform 'n//0'");
  if (status == REMIT_DECIMAL_DIVISION_BY_ZERO && op == MOD) return luaL_error(L, "attempt to perform 'n%%%%0'");
  return remit_raise_status(L, status);
}

static int exponent_error(lua_State *L) {
  return luaL_error(L, "the exponent of '^' must be a whole number from 0 to 2^53 - 1");
}

static int apply(lua_State *L, operator op) {
  remit_decimal a, b;
  if (!remit_to_decimal(L, 1, &a)) return remit_number_error(L, 1);
  if (!remit_to_decimal(L, 2, &b)) return remit_number_error(L, 2);
  remit_charge(L, op == POW ? POWER_STEPS : op == DIV || op == IDIV || op == MOD ? DIVISION_STEPS : LONG_STEPS);
  remit_decimal_status status = REMIT_DECIMAL_OK;
  int64_t exponent;
  switch (op) {
  case ADD: status = remit_decimal_add(&a, &b, &a); break;
  case SUB: status = remit_decimal_subtract(&a, &b, &a); break;
  case MUL: status = remit_decimal_multiply(&a, &b, &a); break;
  case DIV: status = remit_decimal_divide(&a, &b, &a); break;
  case IDIV: status = remit_decimal_floor_divide(&a, &b, &a); break;
  case MOD: status = remit_decimal_modulo(&a, &b, &a); break;
  case POW:
    if (!remit_decimal_to_int64(&b, &exponent) || exponent < 0 || exponent > REMIT_WHOLE_MAX) return exponent_error(L);
    status = remit_decimal_power(&a, (uint64_t)exponent, &a);
    break;
  case UNM: a.negative = !a.negative && (a.hi || a.lo); break;
  case BAND: case BOR: case BXOR: case SHL: case SHR: case BNOT:
    return luaL_error(L, "number has no integer representation");
  }
  if (status != REMIT_DECIMAL_OK) return exact_error(L, op, status);
  remit_push_decimal(L, &a);
  return 1;
}

static int slow(lua_State *L, operator op) {
  lua_settop(L, 2);
  if (has_metamethods(L, 1) || has_metamethods(L, 2)) {
    if (call_metamethod(L, operators[op].event)) return 1;
    return operand_error(L, op);
  }
  bool left = remit_is_number(L, 1), right = remit_is_number(L, 2);
  if (left && right) return apply(L, op);
  if (op < BAND && (left || remit_convert_text(L, 1)) && (right || remit_convert_text(L, 2)))
    return operators[op].function(L);
  return operand_error(L, op);
}

/* Unary operators go the long way with their operand twice, as Lua calls their metamethods. */
static int slow_unary(lua_State *L, operator op) {
  lua_settop(L, 1);
  lua_pushvalue(L, 1);
  return slow(L, op);
}

/* ---- Arithmetic */

typedef enum operands { INTEGERS, NUMBERS, OTHERS } operands;

static inline operands operands_of(lua_State *L) {
  if (lua_isinteger(L, 1)) {
    if (lua_isinteger(L, 2)) return INTEGERS;
  } else if (lua_type(L, 1) != LUA_TNUMBER) {
    return OTHERS;
  }
  return lua_type(L, 2) == LUA_TNUMBER ? NUMBERS : OTHERS;
}

static inline lua_Integer integer_at(lua_State *L, int index) { return lua_tointegerx(L, index, NULL); }

/* An integer past 2^53 - 1 becomes a double that stands for no short value, so nothing is rounded unseen. */
static inline double number_at(lua_State *L, int index) { return lua_tonumberx(L, index, NULL); }

int remit_op_add(lua_State *L) {
  operands kind = operands_of(L);
  if (kind == INTEGERS) {
    lua_Integer sum;
    if (__builtin_add_overflow(integer_at(L, 1), integer_at(L, 2), &sum)) return range_error(L);
    return push_in_range(L, sum);
  }
  double sum;
  if (kind == NUMBERS && remit_short_add(number_at(L, 1), number_at(L, 2), &sum)) return push_number(L, sum);
  return slow(L, ADD);
}

int remit_op_sub(lua_State *L) {
  operands kind = operands_of(L);
  if (kind == INTEGERS) {
    lua_Integer difference;
    if (__builtin_sub_overflow(integer_at(L, 1), integer_at(L, 2), &difference)) return range_error(L);
    return push_in_range(L, difference);
  }
  double difference;
  if (kind == NUMBERS && remit_short_subtract(number_at(L, 1), number_at(L, 2), &difference))
    return push_number(L, difference);
  return slow(L, SUB);
}

int remit_op_mul(lua_State *L) {
  operands kind = operands_of(L);
  if (kind == INTEGERS) {
    lua_Integer product;
    if (__builtin_mul_overflow(integer_at(L, 1), integer_at(L, 2), &product)) return range_error(L);
    return push_in_range(L, product);
  }
  double product;
  if (kind == NUMBERS && remit_short_multiply(number_at(L, 1), number_at(L, 2), &product)) return push_number(L, product);
  return slow(L, MUL);
}

int remit_op_div(lua_State *L) {
  operands kind = operands_of(L);
  double quotient;
  if (kind == INTEGERS) {
    lua_Integer a = integer_at(L, 1), b = integer_at(L, 2);
    if (!remit_whole_fits(a) || !remit_whole_fits(b)) return range_error(L);
    if (b != 0 && a % b == 0) return push_integer(L, a / b);
    if (remit_short_divide((double)a, (double)b, &quotient)) return push_number(L, quotient);
  } else if (kind == NUMBERS && remit_short_divide(number_at(L, 1), number_at(L, 2), &quotient)) {
    return push_number(L, quotient);
  }
  return slow(L, DIV);
}

int remit_op_idiv(lua_State *L) {
  operands kind = operands_of(L);
  if (kind == INTEGERS) {
    lua_Integer a = integer_at(L, 1), b = integer_at(L, 2);
    if (!remit_whole_fits(a) || !remit_whole_fits(b)) return range_error(L);
    if (b == 0) return exact_error(L, IDIV, REMIT_DECIMAL_DIVISION_BY_ZERO);
    return push_integer(L, a / b - (a % b != 0 && (a ^ b) < 0));
  }
  double quotient;
  if (kind == NUMBERS && remit_short_floor_divide(number_at(L, 1), number_at(L, 2), &quotient))
    return push_number(L, quotient);
  return slow(L, IDIV);
}

int remit_op_mod(lua_State *L) {
  operands kind = operands_of(L);
  if (kind == INTEGERS) {
    lua_Integer a = integer_at(L, 1), b = integer_at(L, 2);
    if (!remit_whole_fits(a) || !remit_whole_fits(b)) return range_error(L);
    if (b == 0) return exact_error(L, MOD, REMIT_DECIMAL_DIVISION_BY_ZERO);
    lua_Integer rest = a % b;
    return push_integer(L, rest != 0 && (rest ^ b) < 0 ? rest + b : rest);
  }
  double rest;
  if (kind == NUMBERS && remit_short_modulo(number_at(L, 1), number_at(L, 2), &rest)) return push_number(L, rest);
  return slow(L, MOD);
}

/* False past 2^53 - 1. */
static bool integer_power(lua_Integer base, lua_Integer exponent, lua_Integer *out) {
  lua_Integer result = 1;
  if (base == 0 || base == 1 || base == -1) {
    *out = exponent == 0 ? 1 : base == -1 && exponent % 2 == 0 ? 1 : base;
    return true;
  }
  for (; exponent > 0; exponent--)
    if (__builtin_mul_overflow(result, base, &result) || !remit_whole_fits(result)) return false;
  *out = result;
  return true;
}

int remit_op_pow(lua_State *L) {
  if (operands_of(L) != INTEGERS) return slow(L, POW);
  lua_Integer exponent = integer_at(L, 2), power;
  if (exponent < 0 || exponent > REMIT_WHOLE_MAX) return exponent_error(L);
  if (!integer_power(integer_at(L, 1), exponent, &power)) return range_error(L);
  return push_in_range(L, power);
}

int remit_op_unm(lua_State *L) {
  if (lua_isinteger(L, 1)) {
    lua_Integer value = integer_at(L, 1);
    return remit_whole_fits(value) ? push_integer(L, -value) : range_error(L);
  }
  return slow_unary(L, UNM);
}

/* ---- Bits: 64 of them, as in Lua, where operands and result are whole numbers of a policy */

static bool bits_at(lua_State *L, int index, lua_Integer *out) {
  if (lua_isinteger(L, index)) {
    *out = integer_at(L, index);
    return remit_whole_fits(*out) || range_error(L);
  }
  if (lua_type(L, index) != LUA_TNUMBER) return false;
  double value = number_at(L, index);
  if (!(fabs(value) <= (double)REMIT_WHOLE_MAX) || floor(value) != value) return false;
  *out = (lua_Integer)value;
  return true;
}

int remit_op_band(lua_State *L) {
  lua_Integer a, b;
  return bits_at(L, 1, &a) && bits_at(L, 2, &b) ? push_in_range(L, a & b) : slow(L, BAND);
}

int remit_op_bor(lua_State *L) {
  lua_Integer a, b;
  return bits_at(L, 1, &a) && bits_at(L, 2, &b) ? push_in_range(L, a | b) : slow(L, BOR);
}

int remit_op_bxor(lua_State *L) {
  lua_Integer a, b;
  return bits_at(L, 1, &a) && bits_at(L, 2, &b) ? push_in_range(L, a ^ b) : slow(L, BXOR);
}

/* Vacant bits are zeros in both directions; a negative distance shifts the other way. */
static lua_Integer shift_left(lua_Integer value, lua_Integer distance) {
  if (distance <= -64 || distance >= 64) return 0;
  uint64_t bits = (uint64_t)value;
  return (lua_Integer)(distance >= 0 ? bits << distance : bits >> -distance);
}

int remit_op_shl(lua_State *L) {
  lua_Integer a, b;
  return bits_at(L, 1, &a) && bits_at(L, 2, &b) ? push_in_range(L, shift_left(a, b)) : slow(L, SHL);
}

int remit_op_shr(lua_State *L) {
  lua_Integer a, b;
  return bits_at(L, 1, &a) && bits_at(L, 2, &b) ? push_in_range(L, shift_left(a, -b)) : slow(L, SHR);
}

int remit_op_bnot(lua_State *L) {
  lua_Integer a;
  return bits_at(L, 1, &a) ? push_in_range(L, ~a) : slow_unary(L, BNOT);
}

/* ---- Concatenation */

enum { SHORT_TEXT_MAX = 40 };

static bool is_text_or_number(lua_State *L, int index) {
  return lua_type(L, index) == LUA_TSTRING || remit_is_number(L, index);
}

/* Appends operands first ... last, texts and numbers, and pushes the result. */
static void join(lua_State *L, int first, int last) {
  size_t total = 0;
  for (int i = first; i <= last; i++) total += lua_type(L, i) == LUA_TSTRING ? lua_rawlen(L, i) : 16;
  remit_expect_bytes(L, total);
  remit_charge_bytes(L, total);
  char number[REMIT_DECIMAL_TEXT_MAX];
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  for (int i = first; i <= last; i++) {
    const char *text = number;
    size_t length;
    if (lua_type(L, i) == LUA_TSTRING) {
      text = lua_tolstring(L, i, &length);
    } else {
      length = remit_number_text(L, i, number);
      if (!length) remit_number_error(L, i);
      remit_charge_bytes(L, length);
    }
    luaL_addlstring(&buffer, text, length);
  }
  luaL_pushresult(&buffer);
}

/* What most concatenations are: texts and short numbers, a line at most. False, nothing pushed, where it is not so. */
static bool join_line(lua_State *L, int count) {
  char line[512];
  size_t length = 0;
  for (int i = 1; i <= count; i++) {
    int type = lua_type(L, i);
    if (type == LUA_TSTRING) {
      size_t size;
      const char *text = lua_tolstring(L, i, &size);
      if (size > sizeof line - length) return false;
      memcpy(line + length, text, size);
      length += size;
    } else if (type == LUA_TNUMBER && sizeof line - length >= SHORT_TEXT_MAX) {
      size_t size = remit_number_text(L, i, line + length);
      if (!size) remit_number_error(L, i);
      length += size;
    } else {
      return false;
    }
  }
  remit_charge_bytes(L, length);
  lua_pushlstring(L, line, length);
  return true;
}

/* One step from the right: operand `count - 1` .. the result so far at `count`, which it replaces. */
static void join_pair(lua_State *L, int count) {
  int left = count - 1;
  if (is_text_or_number(L, left) && is_text_or_number(L, count)) {
    join(L, left, count);
  } else {
    if (!(has_metamethods(L, left) && luaL_getmetafield(L, left, "__concat") != LUA_TNIL) &&
        !(has_metamethods(L, count) && luaL_getmetafield(L, count, "__concat") != LUA_TNIL)) {
      int culprit = is_text_or_number(L, left) ? count : left;
      luaL_error(L, "attempt to concatenate a %s value", luaL_typename(L, culprit));
    }
    lua_pushvalue(L, left);
    lua_pushvalue(L, count);
    lua_call(L, 2, 1);
  }
  lua_replace(L, left);
  lua_settop(L, left);
}

int remit_op_concat(lua_State *L) {
  int count = lua_gettop(L);
  if (join_line(L, count)) return 1;
  luaL_checkstack(L, 8, NULL);
  bool plain = true;
  for (int i = 1; plain && i <= count; i++) plain = is_text_or_number(L, i);
  if (plain) {
    join(L, 1, count);
    return 1;
  }
  for (; count > 1; count--) join_pair(L, count);
  return 1;
}

/* ---- Literals */

int remit_op_big(lua_State *L) {
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  if (!remit_push_number_from_text(L, text, length))
    return luaL_error(L, "'%s' is not a number of up to 34 digits", text);
  remit_decimal value;
  if (lua_isinteger(L, -1) && remit_to_decimal(L, -1, &value)) remit_push_decimal(L, &value);
  return 1;
}

/* ---- Numeric for */

static void charge_rounds(lua_State *L, lua_Integer cost, uint64_t rounds) {
  if (cost <= 0) return;
  uint64_t steps;
  if (__builtin_mul_overflow((uint64_t)cost, rounds, &steps)) steps = UINT64_MAX;
  remit_charge(L, steps);
}

static int whole_for(lua_State *L, lua_Integer start, lua_Integer limit, lua_Integer step) {
  uint64_t rounds = 0;
  if (step > 0 ? start <= limit : start >= limit) {
    uint64_t distance = step > 0 ? (uint64_t)limit - (uint64_t)start : (uint64_t)start - (uint64_t)limit;
    rounds = distance / (uint64_t)(step > 0 ? step : -step) + 1;
  }
  charge_rounds(L, lua_tointegerx(L, 1, NULL), rounds);
  lua_pushinteger(L, start);
  lua_pushinteger(L, limit);
  lua_pushinteger(L, step);
  lua_pushnil(L);
  return 4;
}

static bool to_whole(const remit_decimal *value, lua_Integer *out) {
  int64_t whole;
  if (!remit_decimal_to_int64(value, &whole) || !remit_whole_fits(whole)) return false;
  *out = whole;
  return true;
}

static void check_for_operand(lua_State *L, int index, const char *what, remit_decimal *out) {
  if (!remit_is_number(L, index)) luaL_error(L, "'for' %s must be a number", what);
  if (!remit_to_decimal(L, index, out)) remit_number_error(L, index);
}

/* The last whole number on the start's side of the limit, as far as int64 goes. */
static lua_Integer whole_limit(const remit_decimal *limit, bool upwards) {
  remit_decimal whole;
  int64_t value;
  remit_decimal_status status = remit_decimal_round(limit, 0, upwards ? REMIT_FLOOR : REMIT_CEILING, &whole);
  if (status == REMIT_DECIMAL_OK && remit_decimal_to_int64(&whole, &value)) return value;
  return limit->negative ? INT64_MIN : INT64_MAX;
}

int remit_op_for(lua_State *L) {
  lua_settop(L, 4);
  if (lua_isinteger(L, 2) && lua_isinteger(L, 3) && lua_isinteger(L, 4)) {
    lua_Integer start = integer_at(L, 2), step = integer_at(L, 4);
    if (step != 0 && remit_whole_fits(start) && remit_whole_fits(step)) return whole_for(L, start, integer_at(L, 3), step);
  }
  remit_decimal start, limit, step, rounds;
  check_for_operand(L, 2, "initial value", &start);
  check_for_operand(L, 3, "limit", &limit);
  check_for_operand(L, 4, "step", &step);
  if (!step.hi && !step.lo) return luaL_error(L, "'for' step is zero");
  lua_Integer first, each;
  if (to_whole(&start, &first) && to_whole(&step, &each))
    return whole_for(L, first, whole_limit(&limit, !step.negative), each);

  remit_charge(L, LONG_STEPS);
  remit_decimal_status status = remit_decimal_subtract(&limit, &start, &rounds);
  if (status == REMIT_DECIMAL_OK) status = remit_decimal_floor_divide(&rounds, &step, &rounds);
  if (status != REMIT_DECIMAL_OK) return remit_raise_status(L, status);
  int64_t last;
  if (rounds.negative) last = -1;
  else if (!remit_decimal_to_int64(&rounds, &last)) last = INT64_MAX;
  charge_rounds(L, lua_tointegerx(L, 1, NULL), (uint64_t)last + 1);
  lua_pushinteger(L, 0);
  lua_pushinteger(L, last);
  lua_pushinteger(L, 1);
  lua_pushboolean(L, 1);
  return 4;
}

void remit_string_arithmetic(lua_State *L) {
  for (operator op = ADD; op <= UNM; op++) {
    lua_pushcfunction(L, operators[op].function);
    lua_setfield(L, -2, operators[op].event);
  }
}
