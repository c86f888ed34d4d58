#include <limits.h>
#include <string.h>

#include "arith.h"
#include "keys.h"
#include "machine.h"

/* ---- Errors */

/* The place `level` functions up, as luaL_where has it. A helper that stands for an operator in translated text is no function to
 * the policy: the place is that of the operation. */
static void push_place(lua_State *L, int level) {
  lua_Debug ar;
  if (lua_getstack(L, level, &ar)) {
    lua_getinfo(L, "f", &ar);
    bool helper = remit_is_helper(lua_tocfunction(L, -1));
    lua_pop(L, 1);
    if (helper) level++;
  }
  luaL_where(L, level);
}

static int raise(lua_State *L) {
  lua_Integer level = remit_opt_integer(L, 2, 1);
  lua_settop(L, 1);
  if (lua_type(L, 1) == LUA_TSTRING && level > 0) {
    remit_charge_bytes(L, lua_rawlen(L, 1));
    push_place(L, level < INT_MAX ? (int)level : INT_MAX - 1);
    lua_pushvalue(L, 1);
    lua_concat(L, 2);
  }
  return lua_error(L);
}

static int assert_(lua_State *L) {
  if (lua_toboolean(L, 1)) return lua_gettop(L);
  luaL_checkany(L, 1);
  lua_remove(L, 1);
  lua_pushliteral(L, "assertion failed!");
  lua_settop(L, 1);
  return raise(L);
}

/* A spent budget is no error that a policy could handle: it goes on to the host. */
static int pcall(lua_State *L) {
  luaL_checkany(L, 1);
  lua_pushboolean(L, 1);
  lua_insert(L, 1);
  uint32_t modules = remit_modules_open(L);
  int status = lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 0);
  if (status == LUA_OK) {
    if (!remit_is_spent(L)) return lua_gettop(L);
    lua_settop(L, 0);
    lua_pushliteral(L, "budget exceeded");
    return lua_error(L);
  }
  if (remit_is_memory_error(L, status)) remit_spend_memory(L);
  if (remit_is_spent(L) || remit_modules_open(L) != modules) return lua_error(L);
  lua_pushboolean(L, 0);
  lua_insert(L, -2);
  return 2;
}

/* ---- Types and conversions */

static int type(lua_State *L) {
  luaL_checkany(L, 1);
  lua_pushstring(L, remit_typename(L, 1));
  return 1;
}

static int tostring(lua_State *L) {
  luaL_checkany(L, 1);
  remit_push_text(L, 1, NULL);
  return 1;
}

static int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'z' ? c - 'a' + 10 : INT_MAX;
}

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* Exact as far as a number goes; Lua's own wraps. */
static bool parse_in_base(const char *text, size_t length, int base, remit_decimal *out) {
  while (length > 0 && is_space(*text)) text++, length--;
  while (length > 0 && is_space(text[length - 1])) length--;
  bool negative = length > 0 && *text == '-';
  if (negative || (length > 0 && *text == '+')) text++, length--;
  const remit_decimal radix = remit_decimal_from_int64(base);
  remit_decimal value = remit_decimal_from_int64(0);
  if (!length) return false;
  for (size_t i = 0; i < length; i++) {
    int digit = digit_value(text[i]);
    if (digit >= base) return false;
    remit_decimal units = remit_decimal_from_int64(digit);
    if (remit_decimal_multiply(&value, &radix, &value) != REMIT_DECIMAL_OK) return false;
    if (remit_decimal_add(&value, &units, &value) != REMIT_DECIMAL_OK) return false;
  }
  value.negative = negative && (value.hi || value.lo);
  *out = value;
  return true;
}

static int tonumber(lua_State *L) {
  size_t length;
  if (lua_isnoneornil(L, 2)) {
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    if (!remit_is_number(L, 1) && !remit_convert_text(L, 1)) lua_pushnil(L);
    return 1;
  }
  lua_Integer base = remit_check_integer(L, 2);
  luaL_checktype(L, 1, LUA_TSTRING);
  luaL_argcheck(L, 2 <= base && base <= 36, 2, "base out of range");
  const char *text = lua_tolstring(L, 1, &length);
  remit_charge(L, length / 4);
  remit_decimal value;
  if (parse_in_base(text, length, (int)base, &value)) remit_push_whole(L, &value);
  else lua_pushnil(L);
  return 1;
}

/* ---- Arguments and raw access */

static int select_(lua_State *L) {
  int count = lua_gettop(L);
  if (lua_type(L, 1) == LUA_TSTRING && *lua_tostring(L, 1) == '#') {
    lua_pushinteger(L, count - 1);
    return 1;
  }
  lua_Integer first = remit_check_integer(L, 1);
  if (first < 0) first = count + first;
  else if (first > count) first = count;
  luaL_argcheck(L, first >= 1, 1, "index out of range");
  return count - (int)first;
}

static int rawequal(lua_State *L) {
  luaL_checkany(L, 1);
  luaL_checkany(L, 2);
  if (lua_type(L, 1) == LUA_TSTRING) remit_charge_bytes(L, lua_rawlen(L, 1));
  lua_pushboolean(L, lua_rawequal(L, 1, 2));
  return 1;
}

static int rawlen(lua_State *L) {
  int kind = lua_type(L, 1);
  if (kind != LUA_TTABLE && kind != LUA_TSTRING) return luaL_typeerror(L, 1, "table or string");
  lua_pushinteger(L, (lua_Integer)lua_rawlen(L, 1));
  return 1;
}

static int getmetatable(lua_State *L) {
  luaL_checkany(L, 1);
  if (lua_type(L, 1) != LUA_TTABLE || remit_is_row(L, 1) || !lua_getmetatable(L, 1)) lua_pushnil(L);
  return 1;
}

static int setmetatable(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  if (lua_type(L, 2) != LUA_TTABLE && lua_type(L, 2) != LUA_TNIL) return luaL_typeerror(L, 2, "nil or table");
  remit_check_writable(L, 1);
  lua_settop(L, 2);
  if (lua_istable(L, 2)) {
    remit_note_whole(L, 2);
    remit_check_metatable(L, 2);
  }
  lua_setmetatable(L, 1);
  return 1;
}

/* ---- Iteration */

static int ipairs_step(lua_State *L) {
  lua_Integer i = (lua_Integer)((lua_Unsigned)lua_tointegerx(L, 2, NULL) + 1);
  remit_charge(L, 1);
  lua_pushinteger(L, i);
  return lua_geti(L, 1, i) == LUA_TNIL ? 1 : 2;
}

static int ipairs(lua_State *L) {
  int kind = lua_type(L, 1);
  if (kind != LUA_TTABLE && luaL_getmetafield(L, 1, "__index") == LUA_TNIL) return luaL_typeerror(L, 1, "table");
  lua_settop(L, 1);
  remit_note_whole(L, 1);
  lua_pushcfunction(L, ipairs_step);
  lua_insert(L, 1);
  lua_pushinteger(L, 0);
  return 3;
}

/* An array: the key before is all the state there is. Upvalue 1: how many keys there were. */
static int array_step(lua_State *L) {
  lua_Integer count = lua_tointegerx(L, lua_upvalueindex(1), NULL);
  lua_Integer i = lua_tointegerx(L, 2, NULL);
  luaL_checktype(L, 1, LUA_TTABLE);
  if (i < 0) i = 0;
  while (i < count) {
    lua_pushinteger(L, ++i);
    if (lua_rawgeti(L, 1, i) != LUA_TNIL) return 2;
    lua_pop(L, 2);
    remit_charge(L, 1);
  }
  lua_pushnil(L);
  return 1;
}

/* Upvalues: the keys, the place of the last one. */
static int keys_step(lua_State *L) {
  lua_Integer place = lua_tointegerx(L, lua_upvalueindex(2), NULL);
  luaL_checktype(L, 1, LUA_TTABLE);
  while (lua_rawgeti(L, lua_upvalueindex(1), ++place) != LUA_TNIL) {
    lua_pushinteger(L, place);
    lua_replace(L, lua_upvalueindex(2));
    lua_pushvalue(L, -1);
    if (lua_rawget(L, 1) != LUA_TNIL) return 2;
    lua_pop(L, 2);
    remit_charge(L, 1);
  }
  return 1;
}

static int no_step(lua_State *L) {
  lua_pushnil(L);
  return 1;
}

static int pairs(lua_State *L) {
  luaL_checkany(L, 1);
  lua_settop(L, 1);
  if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
    lua_insert(L, 1);
    lua_call(L, 1, 3);
    return 3;
  }
  luaL_checktype(L, 1, LUA_TTABLE);
  remit_note_whole(L, 1);
  lua_Integer count = remit_push_keys(L, 1);
  if (!count) {
    lua_pushcfunction(L, no_step);
  } else if (lua_isnil(L, 2)) {
    lua_pushinteger(L, count);
    lua_pushcclosure(L, array_step, 1);
  } else {
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, keys_step, 2);
  }
  lua_pushvalue(L, 1);
  lua_pushnil(L);
  return 3;
}

/* ---- next: the keys of the table that is walked are kept, with the place of the last one given out, so that a loop over it is
 * not quadratic. A walk that starts, or asks for anything but the key behind the last one, looks at the table anew. As in Lua,
 * keys that are added in the middle of a walk may be missed by it. */

static char walk_key;
enum { WALK_TABLE = 1, WALK_KEYS, WALK_COUNT, WALK_PLACE };

void remit_forget_keys(lua_State *L) {
  lua_pushnil(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &walk_key);
}

/* The key at this place of the walk at `walk`, pushed. */
static void push_key_at(lua_State *L, int walk, lua_Integer place) {
  if (lua_rawgeti(L, walk, WALK_KEYS) == LUA_TTABLE) {
    lua_rawgeti(L, -1, place);
    lua_remove(L, -2);
  } else {
    lua_pop(L, 1);
    lua_pushinteger(L, place);
  }
}

/* Pushes the walk's record and returns the place of the key at 2 in it; 0, nothing pushed, where it is another walk. */
static lua_Integer resume_walk(lua_State *L) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &walk_key) == LUA_TTABLE) {
    int walk = lua_gettop(L);
    lua_rawgeti(L, walk, WALK_TABLE);
    bool same = lua_rawequal(L, -1, 1);
    lua_rawgeti(L, walk, WALK_PLACE);
    lua_Integer place = lua_tointegerx(L, -1, NULL);
    lua_settop(L, walk);
    if (same) {
      push_key_at(L, walk, place);
      same = lua_rawequal(L, -1, 2);
      lua_settop(L, walk);
      if (same) return place;
    }
  }
  lua_pop(L, 1);
  return 0;
}

/* Pushes a fresh record for the table at 1 and returns the place before that of the first key behind the key at 2. */
static lua_Integer start_walk(lua_State *L) {
  lua_createtable(L, 4, 0);
  int walk = lua_gettop(L);
  lua_pushvalue(L, 1);
  lua_rawseti(L, walk, WALK_TABLE);
  lua_Integer place, count = remit_push_keys(L, 1);
  if (lua_istable(L, -1)) {
    place = remit_place_after(L, lua_gettop(L), count, 2) - 1;
  } else {
    /* 1 ... n: behind a number of that range comes the next, before it all of them. */
    lua_Integer key = lua_isinteger(L, 2) ? lua_tointegerx(L, 2, NULL) : -1;
    remit_decimal value, first = remit_decimal_from_int64(1);
    if (key >= 1 && key <= count) place = key;
    else if (remit_to_magnitude(L, 2, &value)) place = remit_decimal_compare(&value, &first) < 0 ? 0 : count;
    else place = count;
  }
  lua_rawseti(L, walk, WALK_KEYS);
  lua_pushinteger(L, count);
  lua_rawseti(L, walk, WALK_COUNT);
  lua_pushvalue(L, walk);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &walk_key);
  remit_note_walk(L);
  return place;
}

static int next(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 2);
  remit_note_whole(L, 1);
  if (lua_isnil(L, 2)) {
    remit_forget_keys(L);
    remit_push_first_key(L, 1);
    if (lua_isnil(L, -1)) return 1;
    lua_pushvalue(L, -1);
    lua_rawget(L, 1);
    return 2;
  }
  remit_charge(L, 1);
  lua_Integer place = resume_walk(L);
  if (!place) place = start_walk(L);
  int walk = lua_gettop(L);
  lua_rawgeti(L, walk, WALK_COUNT);
  lua_Integer count = lua_tointegerx(L, -1, NULL);
  while (place++ < count) {
    push_key_at(L, walk, place);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, 1) != LUA_TNIL) {
      lua_pushinteger(L, place);
      lua_rawseti(L, walk, WALK_PLACE);
      return 2;
    }
    lua_settop(L, walk);
    remit_charge(L, 1);
  }
  remit_forget_keys(L);
  lua_pushnil(L);
  return 1;
}

int remit_open_base(lua_State *L) {
  static const luaL_Reg functions[] = {
    {"assert", assert_}, {"error", raise}, {"getmetatable", getmetatable}, {"ipairs", ipairs}, {"next", next},
    {"pairs", pairs}, {"pcall", pcall}, {"rawequal", rawequal}, {"rawlen", rawlen}, {"select", select_},
    {"setmetatable", setmetatable}, {"tonumber", tonumber}, {"tostring", tostring}, {"type", type}, {NULL, NULL},
  };
  remit_open_numbers(L);
  lua_pushvalue(L, 1);
  luaL_setfuncs(L, functions, 0);
  lua_pop(L, 1);
  return 0;
}
