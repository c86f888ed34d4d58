#include <stdio.h>
#include <string.h>

#include "machine.h"

/* The declaration of a group policy: which of the keys go together, and the paths of the fields that rows are grouped and sorted
 * by. */

static const char shape[] = "group: expected { by = { \"vendor.id\", … } } or { by = { \"vendor.id\", … }, order = \"date\" }";

static void check_options(lua_State *L, int group) {
  lua_pushnil(L);
  while (lua_next(L, group)) {
    const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : NULL;
    if (!name) luaL_error(L, "%s", shape);
    if (strcmp(name, "by") != 0 && strcmp(name, "order") != 0) luaL_error(L, "group has no option '%s' (it has: by, order)", name);
    lua_pop(L, 1);
  }
}

static void check_by(lua_State *L, int group) {
  lua_pushliteral(L, "by");
  if (lua_rawget(L, group) != LUA_TTABLE) luaL_error(L, "%s", shape);
  int by = lua_gettop(L);
  lua_Integer count = 0, length = (lua_Integer)lua_rawlen(L, by);
  lua_pushnil(L);
  while (lua_next(L, by)) {
    if (!lua_isinteger(L, -2) || lua_type(L, -1) != LUA_TSTRING) luaL_error(L, "%s", shape);
    count++;
    lua_pop(L, 1);
  }
  if (!count) luaL_error(L, "group.by names no field: rows go together by at least one");
  if (count != length) luaL_error(L, "%s", shape);
  lua_pop(L, 1);
}

void remit_check_group(lua_State *L) {
  bool decide = lua_getfield(L, 1, "decide") != LUA_TNIL, decide_group = lua_getfield(L, 1, "decide_group") != LUA_TNIL;
  bool group = lua_getfield(L, 1, "group") != LUA_TNIL;
  int declared = lua_gettop(L);
  if (decide && decide_group)
    luaL_error(L, "policy: 'decide' and 'decide_group' stand both there: rows are decided one by one or together");
  if (!decide && !decide_group) luaL_error(L, "policy: 'decide' is missing (or 'decide_group', for rows that are decided together)");
  if (decide_group && !group) luaL_error(L, "policy: 'decide_group' needs group = { by = { … } }, the fields by which rows go together");
  if (decide && group) luaL_error(L, "policy: 'group' goes with 'decide_group', not with 'decide'");
  if (group) {
    check_options(L, declared);
    check_by(L, declared);
    lua_pushliteral(L, "order");
    int type = lua_rawget(L, declared);
    if (type != LUA_TNIL && type != LUA_TSTRING) luaL_error(L, "group.order: expected the path of a field, such as \"date\"");
  }
  lua_settop(L, 2);
}

/* ---- What may have been meant */

enum { NEAR_BYTES = 64 };

/* How many bytes must be put in, left out or replaced to make one of the other. */
static size_t distance(const char *left, const char *right) {
  size_t rows = strnlen(left, NEAR_BYTES), columns = strnlen(right, NEAR_BYTES), last[NEAR_BYTES + 1];
  for (size_t k = 0; k <= columns; k++) last[k] = k;
  for (size_t i = 0; i < rows; i++) {
    size_t diagonal = last[0];
    last[0] = i + 1;
    for (size_t k = 0; k < columns; k++) {
      size_t best = diagonal + (left[i] != right[k]);
      if (last[k] + 1 < best) best = last[k] + 1;
      if (last[k + 1] + 1 < best) best = last[k + 1] + 1;
      diagonal = last[k + 1];
      last[k + 1] = best;
    }
  }
  return last[columns];
}

typedef struct search {
  const char *wanted;
  size_t best;                /* a path as near as this is proposed */
  char near[NEAR_BYTES];
} search;

/* Tries every scalar field of the record; `path` holds the `length` bytes of its own path. */
static void look(lua_State *L, search *s, const remit_type *record, char path[NEAR_BYTES], size_t length) {
  for (uint32_t i = 0; i < record->field_count; i++) {
    const remit_field *field = &record->fields[i];
    if (length + field->name.length + 2 > NEAR_BYTES) continue;
    memcpy(path + length, field->name.bytes, field->name.length + 1);
    if (field->type->kind == REMIT_RECORD) {
      size_t longer = length + field->name.length;
      path[longer++] = '.';
      look(L, s, field->type, path, longer);
    } else if (field->type->kind < REMIT_RECORD) {
      remit_charge(L, NEAR_BYTES * NEAR_BYTES);
      size_t far = distance(s->wanted, path);
      if (far >= s->best) continue;
      s->best = far;
      memcpy(s->near, path, NEAR_BYTES);
    }
  }
}

static _Noreturn void refuse_path(lua_State *L, const remit_type *input, const char *where, const char *path, const char *why) {
  char own[NEAR_BYTES];
  size_t length = strlen(path);
  /* So much may be wrong with it, and something must be right. */
  search s = {.wanted = path, .best = length / 4 > 2 ? length / 4 + 1 : length < 3 ? length : 3};
  if (length < NEAR_BYTES) look(L, &s, input, own, 0);
  if (s.near[0]) luaL_error(L, "%s: '%s' %s: did you mean '%s'?", where, path, why, s.near);
  luaL_error(L, "%s: '%s' %s", where, path, why);
  __builtin_unreachable();
}

/* ---- Compiling */

/* The path at the top of the stack. */
static remit_path compile_path(lua_State *L, const remit_type *input, const char *where) {
  size_t length;
  const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &length) : NULL;
  if (!text) luaL_error(L, "%s", shape);
  remit_path path = {.steps = 1};
  for (size_t i = 0; i < length; i++) path.steps += text[i] == '.';
  path.text = remit_arena_take(L, length + 1);
  memcpy(path.text, text, length);
  path.slots = remit_arena_take(L, path.steps * sizeof *path.slots);
  const remit_type *type = input;
  const char *step = text, *end = text + length;
  for (uint32_t i = 0; i < path.steps; i++) {
    const char *dot = memchr(step, '.', (size_t)(end - step));
    size_t size = (size_t)((dot ? dot : end) - step);
    if (type->kind != REMIT_RECORD)
      refuse_path(L, input, where, path.text, type->of ? "leads into a list or map" : "leads into a field that is no record");
    int32_t field = remit_type_field(type, (const uint8_t *)step, size);
    if (field < 0) refuse_path(L, input, where, path.text, "is not a declared field");
    path.slots[i] = type->fields[field].name.slot;
    type = type->fields[field].type;
    step += size + 1;
  }
  if (type->kind >= REMIT_RECORD) {
    const char *why = lua_pushfstring(L, "is a %s, not a single value", remit_kind_names[type->kind]);
    refuse_path(L, input, where, path.text, why);
  }
  path.kind = type->kind;
  return path;
}

void remit_compile_group(lua_State *L, int index, remit_policy *policy, int slots) {
  int top = lua_gettop(L);
  if (lua_getfield(L, index, "group") != LUA_TTABLE) {
    lua_settop(L, top);
    return;
  }
  int declared = lua_gettop(L);
  remit_group *group = remit_arena_take(L, sizeof *group);
  if (lua_getfield(L, declared, "by") != LUA_TTABLE) luaL_error(L, "%s", shape);
  group->by_count = (uint32_t)lua_rawlen(L, -1);
  group->by = remit_arena_take(L, (group->by_count + 1) * sizeof *group->by);
  for (uint32_t i = 0; i < group->by_count; i++) {
    lua_rawgeti(L, declared + 1, i + 1);
    group->by[i] = compile_path(L, policy->input, "group.by");
    lua_settop(L, declared + 1);
  }
  if (lua_getfield(L, declared, "order") != LUA_TNIL) {
    group->order = remit_arena_take(L, sizeof *group->order);
    *group->order = compile_path(L, policy->input, "group.order");
  }
  lua_getfield(L, index, "input");
  group->row = remit_compile_type(L, lua_gettop(L), slots, &policy->slot_count, "input");
  if (policy->input->strict) remit_make_strict(group->row);
  policy->group = group;
  lua_settop(L, top);
}
