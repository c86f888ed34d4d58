#include "encode.h"

/* Lua values -> JSON, raw: no metamethod runs. The order of keys is the bytes' order, so that equal decisions are equal bytes. */

static _Noreturn void fail(lua_State *L, remit_encoder *e, const char *why) {
  luaL_error(L, "%s %s", e->what, why);
  __builtin_unreachable();
}

_Noreturn void remit_encode_too_large(lua_State *L, remit_encoder *e) { fail(L, e, "is too large as JSON"); }

void remit_encode_text(lua_State *L, remit_encoder *e, const char *bytes, size_t length) {
  if (remit_encode_short(e, bytes, length)) return;
  if (!remit_json_write_string(e->out, (const uint8_t *)bytes, length)) {
    remit_check_room(L, e);
    fail(L, e, "holds a text that is not UTF-8");
  }
}

static void encode_number(lua_State *L, remit_encoder *e, int index) {
  if (lua_isinteger(L, index)) {
    lua_Integer value = lua_tointeger(L, index);
    if (value > INT64_C(9007199254740991) || value < -INT64_C(9007199254740991))
      fail(L, e, "holds an integer out of range (beyond 2^53 - 1)");
    remit_buffer_int64(e->out, value);
    return;
  }
  char text[64];
  size_t length = remit_short_format(lua_tonumber(L, index), text);
  if (!length) fail(L, e, "holds a number that is not exact");
  remit_buffer_append(e->out, text, length);
}

/* ---- Tables */

typedef struct member {
  const char *key;
  size_t length;
  int place;                  /* of the value on the stack */
} member;

/* Insertion sort for few, else by halves: members are few, and most come nearly in order. */
static int compare_members(const member *a, const member *b) {
  size_t shorter = a->length < b->length ? a->length : b->length;
  int order = memcmp(a->key, b->key, shorter);
  return order ? order : (a->length > b->length) - (a->length < b->length);
}

static void sift(member *members, size_t at, size_t count) {
  for (;;) {
    size_t child = 2 * at + 1;
    if (child >= count) return;
    if (child + 1 < count && compare_members(&members[child], &members[child + 1]) < 0) child++;
    if (compare_members(&members[at], &members[child]) >= 0) return;
    member moved = members[at];
    members[at] = members[child];
    members[child] = moved;
    at = child;
  }
}

static void sort_members(member *members, size_t count) {
  if (count <= 16) {
    for (size_t i = 1; i < count; i++) {
      member moved = members[i];
      size_t k = i;
      for (; k > 0 && compare_members(&members[k - 1], &moved) > 0; k--) members[k] = members[k - 1];
      members[k] = moved;
    }
    return;
  }
  for (size_t i = count / 2; i-- > 0;) sift(members, i, count);
  for (size_t end = count; end-- > 1;) {
    member moved = members[0];
    members[0] = members[end];
    members[end] = moved;
    sift(members, 0, end);
  }
}

/* An object of any size: keys and values are gathered in a Lua userdata and on a table, so that nothing is lost on an error. */
void remit_encode_object(lua_State *L, remit_encoder *e, int index) {
  int top = lua_gettop(L);
  size_t count = 0;
  lua_pushnil(L);
  while (lua_next(L, index)) {
    count++;
    lua_pop(L, 1);
  }
  remit_charge(L, count);
  member *members = lua_newuserdatauv(L, (count + 1) * sizeof *members, 0);
  lua_createtable(L, (int)count, 0);  /* texts of keys that are numbers */
  int texts = lua_gettop(L);
  size_t i = 0;
  bool numbers = false;
  lua_pushnil(L);
  while (lua_next(L, index)) {
    lua_pop(L, 1);
    if (lua_type(L, -1) == LUA_TSTRING) {
      members[i].key = lua_tolstring(L, -1, &members[i].length);
      members[i].place = 0;
    } else if (remit_is_number(L, -1)) {
      numbers = true;
      members[i].key = remit_push_text(L, -1, &members[i].length);
      lua_rawseti(L, texts, (lua_Integer)i + 1);
      lua_pushvalue(L, -1);
      lua_rawseti(L, texts, (lua_Integer)(count + i) + 1);
      members[i].place = (int)(count + i) + 1;
    } else {
      fail(L, e, "holds a table with a key that is neither a text nor a number");
    }
    i++;
  }
  sort_members(members, count);
  remit_buffer_byte(e->out, '{');
  for (i = 0; i < count; i++) {
    if (numbers && i && members[i].length == members[i - 1].length &&
        memcmp(members[i].key, members[i - 1].key, members[i].length) == 0)
      fail(L, e, "holds a table with the same key as a number and as a text");
    if (i) remit_buffer_byte(e->out, ',');
    remit_encode_text(L, e, members[i].key, members[i].length);
    remit_buffer_byte(e->out, ':');
    if (members[i].place) lua_rawgeti(L, texts, members[i].place);
    else lua_pushlstring(L, members[i].key, members[i].length);
    lua_rawget(L, index);
    remit_encode_value(L, e, lua_gettop(L));
    lua_pop(L, 1);
    remit_check_room(L, e);
  }
  remit_buffer_byte(e->out, '}');
  lua_settop(L, top);
}

static bool is_object(lua_State *L, int index) {
  if (!lua_getmetatable(L, index)) return false;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &remit_key_object);
  bool equal = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return equal;
}

/* Writes the table as an array as long as its keys come as 1, 2, 3, …; false, and nothing written, where they do not. */
static bool encode_array(lua_State *L, remit_encoder *e, int index) {
  size_t start = e->out->length;
  lua_Integer count = 0;
  int top = lua_gettop(L);
  remit_buffer_byte(e->out, '[');
  lua_pushnil(L);
  while (lua_next(L, index)) {
    if (!lua_isinteger(L, -2) || lua_tointeger(L, -2) != count + 1) break;
    if (count++) remit_buffer_byte(e->out, ',');
    remit_encode_value(L, e, top + 2);
    remit_check_room(L, e);
    lua_pop(L, 1);
  }
  if (lua_gettop(L) == top) {
    remit_buffer_byte(e->out, ']');
    return true;
  }
  lua_settop(L, top);
  e->out->length = start;
  return false;
}

bool remit_is_sequence(lua_State *L, int index) {
  lua_Integer length = (lua_Integer)lua_rawlen(L, index), count = 0;
  lua_pushnil(L);
  while (lua_next(L, index)) {
    lua_pop(L, 1);
    if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) < 1 || lua_tointeger(L, -1) > length) {
      lua_pop(L, 1);
      return false;
    }
    count++;
  }
  return count == length;
}

static void encode_sequence(lua_State *L, remit_encoder *e, int index) {
  lua_Integer length = (lua_Integer)lua_rawlen(L, index);
  remit_buffer_byte(e->out, '[');
  for (lua_Integer i = 1; i <= length; i++) {
    if (i > 1) remit_buffer_byte(e->out, ',');
    lua_rawgeti(L, index, i);
    remit_encode_value(L, e, lua_gettop(L));
    lua_pop(L, 1);
    remit_check_room(L, e);
  }
  remit_buffer_byte(e->out, ']');
}

enum { TRIES_MAX = 5 };

static void encode_table(lua_State *L, remit_encoder *e, int index) {
  if (e->depth >= e->depth_max) fail(L, e, "is nested too deep (or holds itself)");
  if (e->depth++ > 1) luaL_checkstack(L, 8, NULL);
  remit_charge(L, 4);
  remit_note_whole(L, index);
  /* To try and fail is twice the work, on each level again: only near the top. */
  if (is_object(L, index)) remit_encode_object(L, e, index);
  else if (e->depth > TRIES_MAX || !encode_array(L, e, index)) {
    if (remit_is_sequence(L, index)) encode_sequence(L, e, index);
    else remit_encode_object(L, e, index);
  }
  e->depth--;
}

void remit_encode_value(lua_State *L, remit_encoder *e, int index) {
  switch (lua_type(L, index)) {
  case LUA_TNUMBER: encode_number(L, e, index); return;
  case LUA_TSTRING: {
    size_t length;
    const char *bytes = lua_tolstring(L, index, &length);
    remit_encode_text(L, e, bytes, length);
    return;
  }
  case LUA_TBOOLEAN:
    if (lua_toboolean(L, index)) remit_buffer_append(e->out, "true", 4);
    else remit_buffer_append(e->out, "false", 5);
    return;
  case LUA_TTABLE: encode_table(L, e, index); return;
  case LUA_TNIL: remit_buffer_append(e->out, "null", 4); return;
  case LUA_TUSERDATA: {
    if (!remit_is_number(L, index)) break;
    size_t length;              /* not formatted here: the room for its text would be on the stack once a level */
    const char *text = remit_push_text(L, index, &length);
    remit_buffer_append(e->out, text, length);
    lua_pop(L, 1);
    return;
  }
  case LUA_TLIGHTUSERDATA:
    if (lua_touserdata(L, index) != &remit_key_null) break;
    remit_buffer_append(e->out, "null", 4);
    return;
  default: break;
  }
  luaL_error(L, "%s holds a %s, which JSON cannot", e->what, remit_typename(L, index));
}

void remit_encode(lua_State *L, int index, remit_buffer *out, const char *what) {
  const remit_limits *limits = &remit_vm_of(L)->limits;
  remit_encoder e = {out, what, 0, limits->nesting_depth, out->length + limits->decision_bytes};
  luaL_checkstack(L, 16, NULL);
  remit_encode_value(L, &e, lua_absindex(L, index));
  remit_check_room(L, &e);
}
