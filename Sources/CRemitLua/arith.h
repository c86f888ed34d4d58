/* The functions that translated code calls for arithmetic, and what the libraries share of numbers. */
#ifndef REMIT_ARITH_H
#define REMIT_ARITH_H

#include "vm.h"

/* 2^53 - 1: the largest magnitude of a policy's whole numbers held as Lua integers. */
#define REMIT_WHOLE_MAX INT64_C(9007199254740991)

static inline bool remit_whole_fits(int64_t value) { return value >= -REMIT_WHOLE_MAX && value <= REMIT_WHOLE_MAX; }

/* ---- Operators: operands at 1 and 2, one result. They serve as metamethods too. Operands are numbers, texts of numbers (they
 * convert as in Lua) or values with the metamethod. Exact or an error. */
int remit_op_add(lua_State *L);
int remit_op_sub(lua_State *L);
int remit_op_mul(lua_State *L);
int remit_op_div(lua_State *L);
int remit_op_idiv(lua_State *L);
int remit_op_mod(lua_State *L);
int remit_op_pow(lua_State *L);
int remit_op_unm(lua_State *L);
int remit_op_band(lua_State *L);
int remit_op_bor(lua_State *L);
int remit_op_bxor(lua_State *L);
int remit_op_shl(lua_State *L);
int remit_op_shr(lua_State *L);
int remit_op_bnot(lua_State *L);
/* a .. b .. c ...: any number of operands. */
int remit_op_concat(lua_State *L);
/* The decimal that a literal of more than 15 digits stands for, from its text. */
int remit_op_big(lua_State *L);
/* cost, start, limit, step -> what a numeric `for` runs over natively, charged with cost * rounds:
 * whole start and step: start, limit, step, nil; otherwise 0, n, 1, true: the round numbered i has start + i * step. */
int remit_op_for(lua_State *L);

/* Sets __add ... __unm of the table at the top (the string metatable) to the operators above. */
void remit_string_arithmetic(lua_State *L);

/* ---- number.c */
/* Registers what long decimals need; before any number is pushed. `remit_open_base` calls it. */
void remit_open_numbers(lua_State *L);
/* The long decimal at `index`, or NULL where there is something else. */
const remit_decimal *remit_long_decimal(lua_State *L, int index);
/* As remit_to_decimal, but integers past 2^53 - 1 count by their magnitude: for comparisons. */
bool remit_to_magnitude(lua_State *L, int index, remit_decimal *out);
/* Pushes an integer where the value is whole and within +-(2^53 - 1), else the decimal. */
void remit_push_whole(lua_State *L, const remit_decimal *value);
/* Replaces the text of a number at `index` (absolute) by the number. False where it is no such text. */
bool remit_convert_text(lua_State *L, int index);
/* Raises for a status other than OK. */
int remit_raise_status(lua_State *L, remit_decimal_status status);

/* ---- lib_math.c: what `math` and `decimal` have in common. */
int remit_abs(lua_State *L);
int remit_max(lua_State *L);
int remit_min(lua_State *L);

#endif
