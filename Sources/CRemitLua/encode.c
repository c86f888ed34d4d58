#include <string.h>

#include "machine.h"

/* Lua values -> JSON, raw: no metamethod runs. The order of keys is the bytes' order, so that equal decisions are equal bytes. */

typedef struct encoder {
  remit_buffer *out;
  const char *what;           /* "the decision": for messages */
  uint32_t depth, depth_max;
  size_t ceiling;             /* how long `out` may become */
} encoder;

static void encode_value(lua_State *L, encoder *e, int index);

static _Noreturn void fail(lua_State *L, encoder *e, const char *why) {
  luaL_error(L, "%s %s", e->what, why);
  __builtin_unreachable();
}

static void check_room(lua_State *L, encoder *e) {
  if (e->out->failed || e->out->length > e->ceiling) fail(L, e, "is too large as JSON");
}

/* A short text of Lua's own that needs no escapes, between quotes and with what stands around them: read and copied as one block.
 * Lua's blocks lie in chunks with room behind them, see memory.c. */
enum { SHORT_TEXT_MAX = 16, AROUND_MAX = 4 };
static inline bool encode_short(encoder *e, const char *bytes, size_t length, const char *before, const char *behind) {
#if REMIT_JSON_SSE2
  remit_buffer *out = e->out;
  if (length > SHORT_TEXT_MAX || remit_json_plain((const uint8_t *)bytes) < length) return false;
  if (out->capacity - out->length < SHORT_TEXT_MAX + 2 * AROUND_MAX || out->limit) return false;
  uint8_t *to = out->bytes + out->length;
  while (*before) *to++ = (uint8_t)*before++;
  memcpy(to, bytes, SHORT_TEXT_MAX);
  to += length;
  while (*behind) *to++ = (uint8_t)*behind++;
  out->length = (size_t)(to - out->bytes);
  return true;
#else
  (void)e, (void)bytes, (void)length, (void)before, (void)behind;
  return false;
#endif
}

static void encode_text(lua_State *L, encoder *e, const char *bytes, size_t length) {
  if (encode_short(e, bytes, length, "\"", "\"")) return;
  if (!remit_json_write_string(e->out, (const uint8_t *)bytes, length)) {
    check_room(L, e);
    fail(L, e, "holds a text that is not UTF-8");
  }
}

static void encode_number(lua_State *L, encoder *e, int index) {
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
static void encode_object(lua_State *L, encoder *e, int index) {
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
    encode_text(L, e, members[i].key, members[i].length);
    remit_buffer_byte(e->out, ':');
    if (members[i].place) lua_rawgeti(L, texts, members[i].place);
    else lua_pushlstring(L, members[i].key, members[i].length);
    lua_rawget(L, index);
    encode_value(L, e, lua_gettop(L));
    lua_pop(L, 1);
    check_room(L, e);
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
static bool encode_array(lua_State *L, encoder *e, int index) {
  size_t start = e->out->length;
  lua_Integer count = 0;
  int top = lua_gettop(L);
  remit_buffer_byte(e->out, '[');
  lua_pushnil(L);
  while (lua_next(L, index)) {
    if (!lua_isinteger(L, -2) || lua_tointeger(L, -2) != count + 1) break;
    if (count++) remit_buffer_byte(e->out, ',');
    encode_value(L, e, top + 2);
    check_room(L, e);
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

/* The keys are 1 … n but Lua does not hold them in that order. */
static bool is_sequence(lua_State *L, int index) {
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

static void encode_sequence(lua_State *L, encoder *e, int index) {
  lua_Integer length = (lua_Integer)lua_rawlen(L, index);
  remit_buffer_byte(e->out, '[');
  for (lua_Integer i = 1; i <= length; i++) {
    if (i > 1) remit_buffer_byte(e->out, ',');
    lua_rawgeti(L, index, i);
    encode_value(L, e, lua_gettop(L));
    lua_pop(L, 1);
    check_room(L, e);
  }
  remit_buffer_byte(e->out, ']');
}

enum { TRIES_MAX = 5 };

static void encode_table(lua_State *L, encoder *e, int index) {
  if (e->depth >= e->depth_max) fail(L, e, "is nested too deep (or holds itself)");
  if (e->depth++ > 1) luaL_checkstack(L, 8, NULL);
  remit_charge(L, 4);
  /* To try and fail is twice the work, on each level again: only near the top. */
  if (is_object(L, index)) encode_object(L, e, index);
  else if (e->depth > TRIES_MAX || !encode_array(L, e, index)) {
    if (is_sequence(L, index)) encode_sequence(L, e, index);
    else encode_object(L, e, index);
  }
  e->depth--;
}

static void encode_value(lua_State *L, encoder *e, int index) {
  switch (lua_type(L, index)) {
  case LUA_TNUMBER: encode_number(L, e, index); return;
  case LUA_TSTRING: {
    size_t length;
    const char *bytes = lua_tolstring(L, index, &length);
    encode_text(L, e, bytes, length);
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
  default: break;
  }
  luaL_error(L, "%s holds a %s, which JSON cannot", e->what, remit_typename(L, index));
}

void remit_encode(lua_State *L, int index, remit_buffer *out, const char *what) {
  const remit_limits *limits = &remit_vm_of(L)->limits;
  encoder e = {out, what, 0, limits->nesting_depth, out->length + limits->decision_bytes};
  luaL_checkstack(L, 16, NULL);
  encode_value(L, &e, lua_absindex(L, index));
  check_room(L, &e);
}

/* ---- The decision */


static bool is_text(const remit_text *text, const char *bytes, size_t length) {
  return text->interned == bytes || (text->length == length && memcmp(text->bytes, bytes, length) == 0);
}

static void encode_outcome(lua_State *L, encoder *e, remit_policy *policy, int value) {
  size_t length;
  const char *bytes = lua_type(L, value) == LUA_TSTRING ? lua_tolstring(L, value, &length) : NULL;
  if (!bytes)
    luaL_error(L, "the decision's outcome is %s: expected one of the declared outcomes",
               lua_isnil(L, value) ? "missing" : remit_typename(L, value));
  uint32_t i = 0;
  while (i < policy->outcome_count && !is_text(&policy->outcomes[i], bytes, length)) i++;
  if (i == policy->outcome_count) luaL_error(L, "the decision's outcome '%s' is not one of the declared outcomes", bytes);
  policy->last_outcome = i;
  remit_put(e->out, policy->outcomes[i].json, policy->outcomes[i].json_length);
}

static const remit_text *find_reason(lua_State *L, const remit_policy *policy) {
  size_t length;
  const char *bytes = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &length) : NULL;
  if (!bytes) luaL_error(L, "the decision's reasons are not a list of declared codes");
  for (uint32_t i = 0; i < policy->reason_count; i++)
    if (is_text(&policy->reasons[i].code, bytes, length)) return &policy->reasons[i].code;
  luaL_error(L, "the reason '%s' is not declared", bytes);
  return NULL;
}

static void encode_reasons(lua_State *L, encoder *e, remit_policy *policy, int list) {
  if (lua_type(L, list) != LUA_TTABLE) luaL_error(L, "the decision's reasons are not a list of declared codes");
  lua_Integer count = 0;
  lua_pushnil(L);
  while (lua_next(L, list)) {
    if (!lua_isinteger(L, -2) || lua_tointeger(L, -2) != count + 1) {
      if (!is_sequence(L, list)) luaL_error(L, "the decision's reasons are not a list of declared codes");
      lua_pop(L, 1);          /* a list, but one that Lua holds in another order: by number, then */
      lua_rawgeti(L, list, count + 1);
    }
    const remit_text *reason = find_reason(L, policy);
    if (count++) remit_buffer_byte(e->out, ',');
    remit_put(e->out, reason->json, reason->json_length);
    check_room(L, e);
    lua_pop(L, 1);
  }
  if (!count) luaL_error(L, "the decision cites no reason: at least one declared code is needed");
  remit_buffer_byte(e->out, ']');
}

/* The order in which the members are written. The last decision's order is the first guess: where its keys were the same, this
 * only compares neighbours. */
static void order_members(remit_shape *shape, const member *members, uint32_t count) {
  uint8_t *order = shape->order;
  if (shape->count != count) {
    for (uint32_t i = 0; i < count; i++) order[i] = (uint8_t)i;
    shape->count = count;
  }
  for (uint32_t i = 1; i < count; i++) {
    uint8_t moved = order[i];
    uint32_t k = i;
    for (; k > 0 && compare_members(&members[order[k - 1]], &members[moved]) > 0; k--) order[k] = order[k - 1];
    order[k] = moved;
  }
}

/* What a decision holds, gathered in one pass: places on the stack. */
typedef struct gathered {
  member members[REMIT_SHAPE_MAX];  /* beside outcome and reasons */
  uint32_t count;
  int outcome, reasons;
} gathered;

/* Leaves every key and value on the stack. False where there are too many, or keys that are no texts. */
static bool gather(lua_State *L, int index, gathered *g) {
  int place = lua_gettop(L);
  lua_pushnil(L);
  while (lua_next(L, index)) {
    size_t length;
    if (lua_type(L, -2) != LUA_TSTRING) return false;
    const char *key = lua_tolstring(L, -2, &length);
    if (length == 7 && memcmp(key, "outcome", 7) == 0) g->outcome = place + 2;
    else if (length == 7 && memcmp(key, "reasons", 7) == 0) g->reasons = place + 2;
    else if (g->count == REMIT_SHAPE_MAX) return false;
    else g->members[g->count++] = (member){key, length, place + 2};
    lua_pushvalue(L, -2);     /* key and value stay where they are, and a copy of the key goes on to the next */
    place += 2;
  }
  lua_pushnil(L);             /* what is missing */
  if (!g->outcome) g->outcome = place + 1;
  if (!g->reasons) g->reasons = place + 1;
  return true;
}

static void encode_few(lua_State *L, encoder *e, remit_policy *policy, const gathered *g) {
  order_members(&policy->shape, g->members, g->count);
  for (uint32_t i = 0; i < g->count; i++) {
    const member *m = &g->members[policy->shape.order[i]];
    if (!encode_short(e, m->key, m->length, ",\"", "\":")) {
      remit_buffer_byte(e->out, ',');
      encode_text(L, e, m->key, m->length);
      remit_buffer_byte(e->out, ':');
    }
    encode_value(L, e, m->place);
    check_room(L, e);
  }
}

/* The same for any number of keys: as an object without the two, its braces taken off. */
static void encode_many(lua_State *L, encoder *e, int index, int slots) {
  lua_newtable(L);
  int rest = lua_gettop(L);
  size_t count = 0;
  lua_pushnil(L);
  while (lua_next(L, index)) {
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_rawset(L, rest);
    count++;
  }
  remit_charge(L, count);
  for (int slot = REMIT_SLOT_OUTCOME; slot <= REMIT_SLOT_REASONS; slot++) {
    lua_rawgeti(L, slots, slot);
    lua_pushnil(L);
    lua_rawset(L, rest);
  }
  size_t start = e->out->length;
  encode_object(L, e, rest);
  check_room(L, e);
  e->out->bytes[start] = ',';
  e->out->length--;
  if (e->out->length == start + 1) e->out->length = start;
  lua_pop(L, 1);
}

void remit_encode_decision(lua_State *L, remit_policy *policy, int index, remit_buffer *out) {
  const remit_limits *limits = &remit_vm_of(L)->limits;
  /* The opening has written the first bytes of it: {"outcome": */
  size_t start = out->length < REMIT_OPENING_BYTES ? 0 : out->length - REMIT_OPENING_BYTES;
  encoder e = {out, "the decision", 1, limits->nesting_depth, start + limits->decision_bytes};
  if (lua_type(L, index) != LUA_TTABLE)
    luaL_error(L, "decide gave %s: expected a table with outcome and reasons", remit_typename(L, index));
  luaL_checkstack(L, 2 * REMIT_SHAPE_MAX + 28, NULL);
  int top = lua_gettop(L), slots = 0;
  gathered g;
  g.count = 0;
  g.outcome = g.reasons = 0;
  bool few = gather(L, index, &g);
  if (!few) {
    lua_settop(L, top);
    lua_rawgeti(L, LUA_REGISTRYINDEX, policy->slots);
    slots = top + 1;
    for (int slot = REMIT_SLOT_OUTCOME; slot <= REMIT_SLOT_REASONS; slot++) {
      lua_rawgeti(L, slots, slot);
      lua_rawget(L, index);
    }
    g.outcome = top + 2;
    g.reasons = top + 3;
  }
  encode_outcome(L, &e, policy, g.outcome);
  encode_reasons(L, &e, policy, g.reasons);
  if (few) encode_few(L, &e, policy, &g);
  else encode_many(L, &e, index, slots);
  lua_settop(L, top);
  remit_buffer_byte(out, '}');
  check_room(L, &e);
  remit_charge_bytes(L, out->length - start);
}
