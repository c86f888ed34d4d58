#include <string.h>

#include "arith.h"
#include "keys.h"

/* Looking at a key costs about a step. Long work is charged in slices, so that it ends soon after the budget does. */
enum { SLICE = 256 };

typedef enum rank { NUMBER, TEXT, BOOLEAN } rank;
typedef enum form { SHORT, LONG, PAST_RANGE } form;

/* A key while it is sorted. What it points to is held by the table. */
typedef struct entry {
  rank rank;
  form form;                  /* of a number */
  uint32_t place;             /* in the list of keys, in Lua's order */
  size_t length;              /* of a text */
  union {
    double number;            /* SHORT, and a boolean: 0 or 1 */
    const remit_decimal *decimal;
    lua_Integer integer;      /* past 2^53 - 1, where two integers may share a double */
    const char *text;
  } as;
} entry;

/* ---- Comparing keys */

static entry read_key(lua_State *L, int index) {
  entry key = {.rank = NUMBER, .form = SHORT};
  switch (lua_type(L, index)) {
  case LUA_TNUMBER:
    if (lua_isinteger(L, index) && !remit_whole_fits(lua_tointegerx(L, index, NULL))) {
      key.form = PAST_RANGE;
      key.as.integer = lua_tointegerx(L, index, NULL);
    } else {
      key.as.number = lua_tonumberx(L, index, NULL);
    }
    break;
  case LUA_TSTRING:
    key.rank = TEXT;
    key.as.text = lua_tolstring(L, index, &key.length);
    break;
  case LUA_TBOOLEAN:
    key.rank = BOOLEAN;
    key.as.number = lua_toboolean(L, index);
    break;
  default:
    key.form = LONG;
    key.as.decimal = remit_long_decimal(L, index);
    if (!key.as.decimal)
      luaL_error(L, "a table that is iterated may have only number, text and boolean keys, not a %s",
        luaL_typename(L, index));
  }
  return key;
}

static remit_decimal value_of(lua_State *L, const entry *key) {
  if (key->form == LONG) return *key->as.decimal;
  if (key->form == PAST_RANGE) return remit_decimal_from_int64(key->as.integer);
  remit_decimal value;
  if (!remit_decimal_from_double(key->as.number, &value)) luaL_error(L, "number is not an exact decimal");
  return value;
}

static int compare(lua_State *L, const entry *a, const entry *b) {
  if (a->rank != b->rank) return a->rank < b->rank ? -1 : 1;
  if (a->rank == TEXT) {
    size_t common = a->length < b->length ? a->length : b->length;
    int order = memcmp(a->as.text, b->as.text, common);
    return order ? order : (a->length > b->length) - (a->length < b->length);
  }
  if (a->form == SHORT && b->form == SHORT) return (a->as.number > b->as.number) - (a->as.number < b->as.number);
  remit_decimal left = value_of(L, a), right = value_of(L, b);
  return remit_decimal_compare(&left, &right);
}

/* No two keys are equal, so every way to sort gives the same order; this one is a merge sort with insertion at the leaves. */
static void sort(lua_State *L, entry *keys, entry *spare, size_t count) {
  if (count <= 12) {
    for (size_t i = 1; i < count; i++) {
      entry key = keys[i];
      size_t j = i;
      for (; j > 0 && compare(L, &key, &keys[j - 1]) < 0; j--) keys[j] = keys[j - 1];
      keys[j] = key;
    }
    return;
  }
  size_t half = count / 2, left = 0, right = half, at = 0;
  sort(L, keys, spare, half);
  sort(L, keys + half, spare, count - half);
  if (compare(L, &keys[half - 1], &keys[half]) < 0) return;
  memcpy(spare, keys, half * sizeof *keys);
  while (left < half && right < count)
    keys[at++] = compare(L, &spare[left], &keys[right]) < 0 ? spare[left++] : keys[right++];
  memcpy(keys + at, spare + left, (half - left) * sizeof *keys);
}

/* ---- The list of keys */

static bool in_array_part(lua_State *L, int index, lua_Integer part) {
  if (!lua_isinteger(L, index)) return false;
  lua_Integer key = lua_tointegerx(L, index, NULL);
  return key >= 1 && key <= part;
}

static lua_Integer first_gap(lua_State *L, int table) {
  lua_Integer part = 0;
  while (lua_rawgeti(L, table, part + 1) != LUA_TNIL) {
    lua_pop(L, 1);
    if (++part % SLICE == 0) remit_charge(L, SLICE);
  }
  lua_pop(L, 1);
  return part;
}

/* Counts all keys and those of the array part. Lua's own length is some border; where all the integers up to it are
 * there, it is the one that is meant. */
static lua_Integer measure(lua_State *L, int table, lua_Integer *part) {
  lua_Integer count = 0, inside = 0;
  *part = (lua_Integer)lua_rawlen(L, table);
  lua_pushnil(L);
  while (lua_next(L, table)) {
    lua_pop(L, 1);
    inside += in_array_part(L, -1, *part);
    if (++count % SLICE == 0) remit_charge(L, SLICE);
  }
  remit_charge(L, (uint64_t)(count % SLICE));
  if (inside != *part) *part = first_gap(L, table);
  return count;
}

/* Puts the value at place keys[i].place of the list to place first + i, for each i, cycle by cycle. */
static void permute(lua_State *L, int list, entry *keys, size_t count, uint32_t first) {
  for (size_t i = 0; i < count; i++) {
    if (keys[i].place == first + i) continue;
    lua_rawgeti(L, list, (lua_Integer)(first + i));
    size_t to = i;
    for (;;) {
      size_t from = keys[to].place - first;
      keys[to].place = (uint32_t)(first + to);
      if (from == i) break;
      lua_rawgeti(L, list, (lua_Integer)(first + from));
      lua_rawseti(L, list, (lua_Integer)(first + to));
      to = from;
    }
    lua_rawseti(L, list, (lua_Integer)(first + to));
  }
}

static uint64_t logarithm(uint64_t count) { return count < 2 ? 0 : 64 - (uint64_t)__builtin_clzll(count - 1); }

/* Sorts the `count` keys behind the array part. */
static void sort_list(lua_State *L, int list, lua_Integer part, size_t count) {
  entry few[32], *keys = few;
  lua_pushnil(L);
  if (count * 2 > sizeof few / sizeof *few) {
    keys = lua_newuserdatauv(L, count * 2 * sizeof(entry), 0);
    lua_replace(L, -2);
  }
  uint32_t first = (uint32_t)part + 1;
  uint64_t work = count;
  for (size_t i = 0; i < count; i++) {
    lua_rawgeti(L, list, (lua_Integer)(first + i));
    keys[i] = read_key(L, -1);
    keys[i].place = (uint32_t)(first + i);
    work += keys[i].length / 64;
    lua_pop(L, 1);
  }
  remit_charge(L, work * logarithm(count));
  sort(L, keys, keys + count, count);
  permute(L, list, keys, count, first);
  lua_pop(L, 1);
}

lua_Integer remit_push_keys(lua_State *L, int index) {
  index = lua_absindex(L, index);
  luaL_checkstack(L, 8, NULL);
  lua_Integer part, count = measure(L, index, &part), at = part;
  if (count == part) {
    lua_pushnil(L);
    return count;
  }
  if (count >= INT32_MAX / 2) luaL_error(L, "a table with too many keys is iterated");
  lua_createtable(L, (int)count, 0);
  int list = lua_gettop(L);
  for (lua_Integer i = 1; i <= part; i++) {
    lua_pushinteger(L, i);
    lua_rawseti(L, list, i);
  }
  lua_pushnil(L);
  while (lua_next(L, index)) {
    lua_pop(L, 1);
    if (in_array_part(L, -1, part)) continue;
    lua_pushvalue(L, -1);
    lua_rawseti(L, list, ++at);
  }
  sort_list(L, list, part, (size_t)(count - part));
  return count;
}

void remit_push_first_key(lua_State *L, int index) {
  index = lua_absindex(L, index);
  luaL_checkstack(L, 6, NULL);
  if (lua_rawgeti(L, index, 1) != LUA_TNIL) {
    lua_pop(L, 1);
    lua_pushinteger(L, 1);
    return;
  }
  entry least = {0}, key;
  uint64_t count = 0, work = 0;
  int best = lua_gettop(L);   /* nil so far */
  lua_pushnil(L);
  while (lua_next(L, index)) {
    lua_pop(L, 1);
    key = read_key(L, -1);
    work += 1 + key.length / 64;
    if (!count++ || compare(L, &key, &least) < 0) {
      least = key;
      lua_copy(L, -1, best);
    }
    if (count % SLICE == 0) remit_charge(L, SLICE);
  }
  remit_charge(L, work - count / SLICE * SLICE);
}

lua_Integer remit_place_after(lua_State *L, int list, lua_Integer count, int key) {
  entry wanted = read_key(L, key);
  lua_Integer low = 1, high = count + 1;
  /* The array part comes first whatever its numbers; behind it the order is that of the keys. */
  if (wanted.rank == NUMBER && wanted.form == SHORT) {
    double number = wanted.as.number;
    if (number >= 1 && number <= (double)count && number == (double)(lua_Integer)number) {
      lua_rawgeti(L, list, (lua_Integer)number);
      bool there = lua_rawequal(L, -1, key);
      lua_pop(L, 1);
      if (there) return (lua_Integer)number + 1;
    }
  }
  for (; low < high; low++) {
    lua_rawgeti(L, list, low);
    bool in_part = lua_isinteger(L, -1) && lua_tointegerx(L, -1, NULL) == low;
    lua_pop(L, 1);
    if (!in_part) break;
  }
  /* The last key of the array part, taken out since: what comes next is behind that part. */
  if (wanted.rank == NUMBER && wanted.form == SHORT && wanted.as.number == (double)low) return low;
  while (low < high) {
    lua_Integer middle = low + (high - low) / 2;
    lua_rawgeti(L, list, middle);
    entry other = read_key(L, -1);
    lua_pop(L, 1);
    if (compare(L, &other, &wanted) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
