#include "arith.h"
#include "machine.h"

/* The front end takes `#t` for a small whole number and computes with it natively, so a `__len` of a policy must give one: each is
 * wrapped in a function that looks at what it gives. */

static int checked_length(lua_State *L) {
  lua_settop(L, 1);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, 1, 1);
  remit_decimal value;
  int64_t length;
  if (!remit_to_decimal(L, 1, &value) || !remit_decimal_to_int64(&value, &length) || length > REMIT_LENGTH_MAX ||
      length < -REMIT_LENGTH_MAX)
    return luaL_error(L, "object length is not a whole number within 2^31 of zero");
  lua_pushinteger(L, length);
  return 1;
}

bool remit_is_length_guard(lua_CFunction function) { return function == checked_length; }

bool remit_is_checked_length(lua_State *L, int index) { return remit_is_length_guard(lua_tocfunction(L, index)); }

/* lua_pushcclosure takes the function from the stack, so the guarded one stands in its place. */
void remit_wrap_length(lua_State *L) {
  if (lua_isnil(L, -1) || remit_is_checked_length(L, -1)) return;
  if (!lua_isfunction(L, -1)) luaL_error(L, "'__len' must be a function");
  lua_pushcclosure(L, checked_length, 1);
}

void remit_guard_length(lua_State *L, int index) {
  index = lua_absindex(L, index);
  lua_pushliteral(L, "__len");
  lua_pushvalue(L, -1);
  if (lua_rawget(L, index) == LUA_TNIL || remit_is_checked_length(L, -1)) {
    lua_pop(L, 2);
    return;
  }
  remit_wrap_length(L);
  lua_rawset(L, index);
}
