#include <limits.h>
#include <math.h>
#include <string.h>

#include "arith.h"
#include "machine.h"

/* Elements are read with lua_geti and written with lua_seti, which take the short way through tables without metamethods.
 * Whatever is written to was asked for first. Work is charged before it is done, so that no length, however large __len
 * or an argument says it is, outlives the budget. */

enum { SLICE = 256, UNPACK_MAX = 100000, NUMBER_STEPS = 4 };

static void check_target(lua_State *L, int arg) {
  luaL_checktype(L, arg, LUA_TTABLE);
  remit_check_writable(L, arg);
  remit_note_whole(L, arg);
}

/* Things that act like tables are welcome where nothing is written. */
static void check_source(lua_State *L, int arg) {
  remit_note_whole(L, arg);
  if (lua_type(L, arg) == LUA_TTABLE) return;
  if (luaL_getmetafield(L, arg, "__index") == LUA_TNIL || lua_type(L, arg) == LUA_TSTRING) luaL_typeerror(L, arg, "table");
  lua_pop(L, 1);
}

static lua_Integer length_of(lua_State *L, int arg) {
  if (lua_type(L, arg) == LUA_TTABLE) {
    if (luaL_getmetafield(L, arg, "__len") == LUA_TNIL) return (lua_Integer)lua_rawlen(L, arg);
    lua_pop(L, 1);
  }
  lua_len(L, arg);
  if (!lua_isinteger(L, -1)) {
    int isnum;
    lua_Integer length = lua_tointegerx(L, -1, &isnum);
    if (!isnum) luaL_error(L, "object length is not an integer");
    lua_pushinteger(L, length);
    lua_replace(L, -2);
  }
  lua_Integer length = lua_tointegerx(L, -1, NULL);
  if (!remit_whole_fits(length)) luaL_error(L, "object length is out of range");
  lua_pop(L, 1);
  return length;
}

/* first ... last, a range of a policy's integers. */
static uint64_t count_of(lua_Integer first, lua_Integer last) {
  return first > last ? 0 : (uint64_t)last - (uint64_t)first + 1;
}

static int insert(lua_State *L) {
  int count = lua_gettop(L);
  check_target(L, 1);
  lua_Integer end = length_of(L, 1) + 1;
  if (count == 2) {
    remit_charge(L, 1);
    lua_seti(L, 1, end);
    return 0;
  }
  if (count != 3) return luaL_error(L, "wrong number of arguments to 'insert'");
  lua_Integer at = remit_check_integer(L, 2);
  luaL_argcheck(L, (lua_Unsigned)at - 1u < (lua_Unsigned)end, 2, "position out of bounds");
  remit_charge(L, 1 + count_of(at, end));
  for (lua_Integer i = end; i > at; i--) {
    lua_geti(L, 1, i - 1);
    lua_seti(L, 1, i);
  }
  lua_seti(L, 1, at);
  return 0;
}

static int remove_(lua_State *L) {
  check_target(L, 1);
  lua_Integer size = length_of(L, 1), at = remit_opt_integer(L, 2, size);
  if (at != size)
    luaL_argcheck(L, (lua_Unsigned)at - 1u <= (lua_Unsigned)size, 2, "position out of bounds");
  remit_charge(L, 1 + count_of(at, size));
  lua_geti(L, 1, at);
  for (; at < size; at++) {
    lua_geti(L, 1, at + 1);
    lua_seti(L, 1, at);
  }
  lua_pushnil(L);
  lua_seti(L, 1, at);
  return 1;
}

/* from, first, last, at [, to] */
static int move(lua_State *L) {
  int to = lua_isnoneornil(L, 5) ? 1 : 5;
  check_source(L, 1);
  lua_Integer first = remit_check_integer(L, 2), last = remit_check_integer(L, 3), at = remit_check_integer(L, 4);
  check_target(L, to);
  if (last >= first) {
    lua_Integer count = last - first + 1;
    luaL_argcheck(L, at <= REMIT_WHOLE_MAX - count + 1, 4, "destination wrap around");
    remit_charge(L, (uint64_t)count);
    bool downwards = at > first && at <= last && (to == 1 || lua_compare(L, 1, to, LUA_OPEQ));
    for (lua_Integer i = 0; i < count; i++) {
      lua_Integer offset = downwards ? count - 1 - i : i;
      lua_geti(L, 1, first + offset);
      lua_seti(L, to, at + offset);
    }
  }
  lua_pushvalue(L, to);
  return 1;
}

static int pack(lua_State *L) {
  int count = lua_gettop(L);
  remit_charge(L, (uint64_t)count);
  lua_createtable(L, count, 1);
  lua_insert(L, 1);
  for (int i = count; i >= 1; i--) lua_rawseti(L, 1, i);
  lua_pushinteger(L, count);
  lua_setfield(L, 1, "n");
  return 1;
}

static int unpack(lua_State *L) {
  check_source(L, 1);
  lua_Integer first = remit_opt_integer(L, 2, 1);
  lua_Integer last = lua_isnoneornil(L, 3) ? length_of(L, 1) : remit_check_integer(L, 3);
  uint64_t count = count_of(first, last);
  if (count > UNPACK_MAX) return luaL_error(L, "too many results to unpack");
  remit_charge(L, count);
  if (!lua_checkstack(L, (int)count + 1)) {
    /* For want of memory: no error that a policy could handle. */
    remit_spend_memory(L);
    return luaL_error(L, "not enough memory");
  }
  for (uint64_t i = 0; i < count; i++) lua_geti(L, 1, first + (lua_Integer)i);
  return (int)count;
}

/* Adds the element at the top to the buffer below it; returns the steps that it cost. */
static uint64_t add_element(lua_State *L, luaL_Buffer *buffer, lua_Integer i) {
  char number[REMIT_DECIMAL_TEXT_MAX];
  size_t length;
  if (lua_type(L, -1) == LUA_TSTRING) {
    length = lua_rawlen(L, -1);
    if (length > SLICE) remit_charge(L, length / REMIT_BYTES_PER_STEP);
    luaL_addvalue(buffer);
    return 1 + (length > SLICE ? 0 : length / REMIT_BYTES_PER_STEP);
  }
  if (!remit_is_number(L, -1))
    luaL_error(L, "invalid value (%s) at index %I in table for 'concat'", luaL_typename(L, -1), (LUAI_UACINT)i);
  length = remit_number_text(L, -1, number);
  if (!length) remit_number_error(L, -1);
  lua_pop(L, 1);
  luaL_addlstring(buffer, number, length);
  return NUMBER_STEPS + length / REMIT_BYTES_PER_STEP;
}

static int concat(lua_State *L) {
  check_source(L, 1);
  size_t separator_length = 0;
  const char *separator = lua_isnoneornil(L, 2) ? "" : remit_check_text(L, 2, &separator_length);
  lua_Integer i = remit_opt_integer(L, 3, 1);
  lua_Integer last = lua_isnoneornil(L, 4) ? length_of(L, 1) : remit_check_integer(L, 4);
  uint64_t work = 0;
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  for (; i <= last; i++) {
    lua_geti(L, 1, i);
    work += add_element(L, &buffer, i);
    if (i < last) {
      work += separator_length / REMIT_BYTES_PER_STEP;
      if (work > SLICE) {
        remit_charge(L, work);
        work = 0;
      }
      luaL_addlstring(&buffer, separator, separator_length);
    }
  }
  remit_charge(L, work);
  luaL_pushresult(&buffer);
  return 1;
}

/* ---- sort: one stable merge sort, so that the order is the same everywhere whatever the comparison says. It sorts places of a
 * private copy of the elements; the comparator can reach neither, and may raise, re-enter or contradict itself. */

typedef struct sorter {
  lua_State *L;
  int copy;                   /* stack index of the list of elements */
  bool own_order;             /* a function at 2 */
  const double *numbers;      /* the elements, where all are short numbers and in natural order; else NULL */
} sorter;

/* As Lua's `<`, but its error names the line of the call. */
static bool natural_less(lua_State *L) {
  int left = lua_type(L, -2), right = lua_type(L, -1);
  if (left == right && (left == LUA_TNUMBER || left == LUA_TSTRING)) return lua_compare(L, -2, -1, LUA_OPLT);
  if (!remit_is_number(L, -2) || !remit_is_number(L, -1)) {
    for (int i = -2; i < 0; i++) {
      if (luaL_getmetafield(L, i, "__lt") == LUA_TNIL) continue;
      lua_pop(L, 1);
      return lua_compare(L, -2, -1, LUA_OPLT);
    }
    const char *a = remit_typename(L, -2), *b = remit_typename(L, -1);
    if (!strcmp(a, b)) luaL_error(L, "attempt to compare two %s values", a);
    luaL_error(L, "attempt to compare %s with %s", a, b);
  }
  return lua_compare(L, -2, -1, LUA_OPLT);
}

static bool less(const sorter *s, uint32_t a, uint32_t b) {
  lua_State *L = s->L;
  bool result;
  if (s->numbers) return s->numbers[a - 1] < s->numbers[b - 1];
  if (s->own_order) {
    lua_pushvalue(L, 2);
    lua_rawgeti(L, s->copy, a);
    lua_rawgeti(L, s->copy, b);
    lua_call(L, 2, 1);
    result = lua_toboolean(L, -1);
    lua_pop(L, 1);
  } else {
    lua_rawgeti(L, s->copy, a);
    lua_rawgeti(L, s->copy, b);
    result = natural_less(L);
    lua_pop(L, 2);
  }
  return result;
}

static void sort_places(const sorter *s, uint32_t *places, uint32_t *spare, uint32_t count) {
  if (count < 2) return;
  uint32_t half = count / 2, left = 0, right = half, at = 0;
  sort_places(s, places, spare, half);
  sort_places(s, places + half, spare, count - half);
  if (!less(s, places[half], places[half - 1])) return;
  memcpy(spare, places, half * sizeof *places);
  while (left < half && right < count)
    places[at++] = less(s, places[right], spare[left]) ? places[right++] : spare[left++];
  memcpy(places + at, spare + left, (half - left) * sizeof *places);
}

static int sort(lua_State *L) {
  check_target(L, 1);
  lua_Integer count = length_of(L, 1);
  if (count < 2) return 0;
  bool own_order = !lua_isnoneornil(L, 2);
  if (own_order) luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_settop(L, 2);
  uint64_t rounds = 64 - (uint64_t)__builtin_clzll((uint64_t)count - 1);
  uint64_t work;
  if (__builtin_mul_overflow((uint64_t)count, 2 * rounds + 2, &work)) work = UINT64_MAX;
  remit_charge(L, work);
  luaL_argcheck(L, count < INT_MAX / 2, 1, "array too big");

  lua_createtable(L, (int)count, 0);
  sorter s = {.L = L, .copy = 3, .own_order = own_order};
  double *numbers = lua_newuserdatauv(L, own_order ? 0 : (size_t)count * sizeof *numbers, 0);
  uint32_t *places = lua_newuserdatauv(L, (size_t)count * 3 / 2 * sizeof *places, 0);
  uint64_t text_work = 0;
  bool all_short = !own_order;
  for (lua_Integer i = 1; i <= count; i++) {
    lua_geti(L, 1, i);
    if (lua_type(L, -1) == LUA_TSTRING) text_work += lua_rawlen(L, -1) / 64;
    all_short = all_short && lua_type(L, -1) == LUA_TNUMBER;
    if (all_short) {
      numbers[i - 1] = lua_tonumberx(L, -1, NULL);
      all_short = fabs(numbers[i - 1]) <= (double)REMIT_WHOLE_MAX;
    }
    lua_rawseti(L, s.copy, i);
  }
  if (all_short) s.numbers = numbers;
  if (!own_order && text_work) remit_charge(L, text_work * rounds);
  for (lua_Integer i = 0; i < count; i++) places[i] = (uint32_t)i + 1;
  sort_places(&s, places, places + count, (uint32_t)count);

  remit_check_writable(L, 1);
  for (lua_Integer i = 0; i < count; i++) {
    lua_rawgeti(L, s.copy, places[i]);
    lua_seti(L, 1, i + 1);
  }
  return 0;
}

int remit_open_table(lua_State *L) {
  static const luaL_Reg functions[] = {
    {"concat", concat}, {"insert", insert}, {"move", move}, {"pack", pack}, {"remove", remove_}, {"sort", sort},
    {"unpack", unpack}, {NULL, NULL},
  };
  luaL_newlib(L, functions);
  return 1;
}
