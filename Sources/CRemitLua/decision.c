#include "encode.h"

/* A decision -> JSON: outcome, reasons, then the other keys in byte order. */

static bool is_text(const remit_text *text, const char *bytes, size_t length) {
  return text->interned == bytes || (text->length == length && memcmp(text->bytes, bytes, length) == 0);
}

static void encode_outcome(lua_State *L, remit_encoder *e, remit_policy *policy, int value) {
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

static void encode_reasons(lua_State *L, remit_encoder *e, remit_policy *policy, int list) {
  if (lua_type(L, list) != LUA_TTABLE) luaL_error(L, "the decision's reasons are not a list of declared codes");
  lua_Integer count = 0;
  lua_pushnil(L);
  while (lua_next(L, list)) {
    if (!lua_isinteger(L, -2) || lua_tointeger(L, -2) != count + 1) {
      if (!remit_is_sequence(L, list)) luaL_error(L, "the decision's reasons are not a list of declared codes");
      lua_pop(L, 1);          /* a list, but one that Lua holds in another order: by number, then */
      lua_rawgeti(L, list, count + 1);
    }
    const remit_text *reason = find_reason(L, policy);
    if (count++) remit_buffer_byte(e->out, ',');
    remit_put(e->out, reason->json, reason->json_length);
    remit_check_room(L, e);
    lua_pop(L, 1);
  }
  if (!count) luaL_error(L, "the decision cites no reason: at least one declared code is needed");
  remit_buffer_byte(e->out, ']');
}

/* ---- The other keys, as long as they are few
 *
 * All keys and values are put on the stack in one walk. Where the keys are Lua strings of a shape that the policy's decisions had
 * before, nothing has to be looked at, sorted or escaped again. */

/* Puts ,"key": there, unless the key is long or needs escapes. */
static void prepare_opening(remit_shape *shape, uint32_t place, const char *key, size_t length) {
  shape->openings[place].length = 0;
  if (length + 4 > REMIT_SHAPE_KEY_BYTES) return;
  for (size_t i = 0; i < length; i++)
    if ((unsigned char)key[i] < ' ' || (unsigned char)key[i] >= 0x7F || key[i] == '"' || key[i] == '\\') return;
  char *bytes = shape->openings[place].bytes;
  memcpy(bytes, ",\"", 2);
  memcpy(bytes + 2, key, length);
  memcpy(bytes + 2 + length, "\":", 2);
  shape->openings[place].length = (uint8_t)(length + 4);
}

static bool precedes(lua_State *L, int a, int b) {
  size_t a_length, b_length;
  const char *a_bytes = lua_tolstring(L, a, &a_length), *b_bytes = lua_tolstring(L, b, &b_length);
  int order = memcmp(a_bytes, b_bytes, a_length < b_length ? a_length : b_length);
  return order ? order < 0 : a_length < b_length;
}

static bool is_word(const char *bytes, size_t length, const char *word) {
  return length == strlen(word) && memcmp(bytes, word, length) == 0;
}

/* Learns the keys at the places base + 1, base + 3, … of the stack; NULL where one is no text. */
static const remit_shape *learn(lua_State *L, remit_policy *policy, const void *const *keys, uint32_t count, int base) {
  uint8_t number = (uint8_t)((policy->shape + 1) % REMIT_SHAPES);
  remit_shape *shape = &policy->shapes[number];
  shape->key_count = 0;
  shape->outcome = shape->reasons = (uint8_t)count;
  lua_rawgeti(L, LUA_REGISTRYINDEX, policy->slots);
  lua_rawgeti(L, -1, REMIT_SLOT_SHAPES);
  uint32_t members = 0;
  for (uint32_t i = 0; i < count; i++) {
    int place = base + 1 + 2 * (int)i;
    if (lua_type(L, place) != LUA_TSTRING) {
      lua_pop(L, 2);
      return NULL;
    }
    size_t length;
    const char *key = lua_tolstring(L, place, &length);
    shape->keys[i] = keys[i];
    lua_pushvalue(L, place);
    lua_rawseti(L, -2, number * REMIT_SHAPE_MAX + (int)i + 1);
    if (is_word(key, length, "outcome")) {
      shape->outcome = (uint8_t)i;
    } else if (is_word(key, length, "reasons")) {
      shape->reasons = (uint8_t)i;
    } else {
      uint32_t k = members++;
      for (; k > 0 && precedes(L, place, base + 1 + 2 * shape->order[k - 1]); k--) shape->order[k] = shape->order[k - 1];
      shape->order[k] = (uint8_t)i;
    }
  }
  lua_pop(L, 2);
  for (uint32_t k = 0; k < members; k++) {
    size_t length;
    const char *key = lua_tolstring(L, base + 1 + 2 * shape->order[k], &length);
    prepare_opening(shape, k, key, length);
  }
  shape->member_count = (uint8_t)members;
  shape->key_count = count;
  policy->shape = number;
  return shape;
}

static bool has_keys(const remit_shape *shape, const void *const *keys, uint32_t count) {
  if (shape->key_count != count) return false;
  for (uint32_t i = 0; i < count; i++)
    if (shape->keys[i] != keys[i]) return false;
  return true;
}

/* Leaves keys and values on the stack, the value of key i at base + 2 + 2 * i, nil for one that is missing. NULL where there are
 * too many keys, or some that are no texts. */
static const remit_shape *gather(lua_State *L, remit_policy *policy, int index, int base) {
  const void *keys[REMIT_SHAPE_MAX];
  uint32_t count = 0;
  lua_pushnil(L);
  while (lua_next(L, index)) {
    if (count == REMIT_SHAPE_MAX) return NULL;
    keys[count++] = lua_topointer(L, -2);
    lua_pushvalue(L, -2);     /* key and value stay where they are, and a copy of the key goes on to the next */
  }
  lua_pushnil(L);
  lua_pushnil(L);
  for (uint32_t i = 0; i < REMIT_SHAPES; i++) {
    uint8_t number = (uint8_t)((policy->shape + i) % REMIT_SHAPES);
    if (!has_keys(&policy->shapes[number], keys, count)) continue;
    policy->shape = number;
    return &policy->shapes[number];
  }
  return learn(L, policy, keys, count, base);
}

static void encode_few(lua_State *L, remit_encoder *e, const remit_shape *shape, int base) {
  for (uint32_t k = 0; k < shape->member_count; k++) {
    int place = base + 1 + 2 * shape->order[k];
    if (__builtin_expect(shape->openings[k].length, 1)) {
      remit_put(e->out, shape->openings[k].bytes, shape->openings[k].length);
    } else {
      size_t length;
      const char *key = lua_tolstring(L, place, &length);
      remit_buffer_byte(e->out, ',');
      remit_encode_text(L, e, key, length);
      remit_buffer_byte(e->out, ':');
    }
    remit_encode_value(L, e, place + 1);
    remit_check_room(L, e);
  }
}

/* The same for any number of keys: as an object without the two, its braces taken off. */
static void encode_many(lua_State *L, remit_encoder *e, int index, int slots) {
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
  remit_encode_object(L, e, rest);
  remit_check_room(L, e);
  e->out->bytes[start] = ',';
  e->out->length--;
  if (e->out->length == start + 1) e->out->length = start;
  lua_pop(L, 1);
}

void remit_encode_decision(lua_State *L, remit_policy *policy, int index, remit_buffer *out) {
  const remit_limits *limits = &remit_vm_of(L)->limits;
  /* The opening has written the first bytes of it: {"outcome": */
  size_t start = out->length < REMIT_OPENING_BYTES ? 0 : out->length - REMIT_OPENING_BYTES;
  remit_encoder e = {out, "the decision", 1, limits->nesting_depth, start + limits->decision_bytes};
  if (lua_type(L, index) != LUA_TTABLE)
    luaL_error(L, "%s gave %s: expected a table with outcome and reasons", policy->group ? "decide_group" : "decide",
               remit_typename(L, index));
  luaL_checkstack(L, 2 * REMIT_SHAPE_MAX + 28, NULL);
  int base = lua_gettop(L);
  const remit_shape *shape = gather(L, policy, index, base);
  if (__builtin_expect(shape != NULL, 1)) {
    encode_outcome(L, &e, policy, base + 2 + 2 * shape->outcome);
    encode_reasons(L, &e, policy, base + 2 + 2 * shape->reasons);
    encode_few(L, &e, shape, base);
  } else {
    lua_settop(L, base);
    lua_rawgeti(L, LUA_REGISTRYINDEX, policy->slots);
    for (int slot = REMIT_SLOT_OUTCOME; slot <= REMIT_SLOT_REASONS; slot++) {
      lua_rawgeti(L, base + 1, slot);
      lua_rawget(L, index);
    }
    encode_outcome(L, &e, policy, base + 2);
    encode_reasons(L, &e, policy, base + 3);
    encode_many(L, &e, index, base + 1);
  }
  lua_settop(L, base);
  remit_buffer_byte(out, '}');
  remit_check_room(L, &e);
  remit_charge_bytes(L, out->length - start);
}
