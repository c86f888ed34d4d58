#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"

void *remit_arena_take(lua_State *L, size_t size) {
  remit_vm *vm = remit_vm_of(L);
  remit_arena *arena = &vm->arena;
  arena->bytes += size + sizeof(max_align_t);
  if (arena->bytes > vm->limits.load.memory_bytes) remit_no_memory(L);
  void **block = calloc(1, size + sizeof(max_align_t));
  if (!block) remit_no_memory(L);
  *block = arena->blocks;
  arena->blocks = block;
  return (char *)block + sizeof(max_align_t);
}

void remit_arena_free(remit_arena *arena) {
  void *block = arena->blocks;
  while (block) {
    void *next = *(void **)block;
    free(block);
    block = next;
  }
  arena->blocks = NULL;
}

static char *keep(lua_State *L, int index, uint32_t *length) {
  size_t size;
  const char *bytes = lua_tolstring(L, index, &size);
  if (!bytes) luaL_error(L, "expected a text, got a %s", luaL_typename(L, index));
  char *copy = remit_arena_take(L, size + 1);
  memcpy(copy, bytes, size);
  if (length) *length = (uint32_t)size;
  return copy;
}

/* The text at `index` as an interned string in the slots. */
static remit_text keep_text(lua_State *L, int index, int slots, int32_t *slot_count) {
  index = lua_absindex(L, index);
  remit_text text = {0};
  text.bytes = keep(L, index, &text.length);
  if (!remit_utf8_valid((const uint8_t *)text.bytes, text.length))
    luaL_error(L, "a declaration holds a name or value that is not UTF-8");
  text.slot = ++*slot_count;
  lua_pushvalue(L, index);
  lua_rawseti(L, slots, text.slot);
  text.interned = lua_tostring(L, index);
  return text;
}

static void keep_json(lua_State *L, remit_text *text, const char *behind) {
  remit_buffer *scratch = &remit_vm_of(L)->scratch;
  scratch->length = 0;
  remit_json_write_string(scratch, (const uint8_t *)text->bytes, text->length);
  remit_buffer_append(scratch, behind, strlen(behind));
  if (scratch->failed) remit_no_memory(L);
  text->json = remit_arena_take(L, scratch->length + REMIT_TEXT_PADDING);
  text->json_length = (uint32_t)scratch->length;
  memcpy(text->json, scratch->bytes, scratch->length);
}

/* Raw: no code of the policy may run while its declaration is read, as that could change under the reader's feet. */
static int raw_field(lua_State *L, int table, const char *name) {
  table = lua_absindex(L, table);
  lua_pushstring(L, name);
  return lua_rawget(L, table);
}

/* ---- Bounds */

static bool bound(lua_State *L, int spec, const char *name, remit_decimal *out, const char *where) {
  bool present = raw_field(L, spec, name) != LUA_TNIL;
  if (present) {
    size_t length;
    const char *text;
    bool valid = remit_to_decimal(L, -1, out);
    if (!valid && lua_type(L, -1) == LUA_TSTRING) {
      text = lua_tolstring(L, -1, &length);
      valid = remit_decimal_parse(text, length, false, out) == REMIT_DECIMAL_OK;
    }
    if (!valid) luaL_error(L, "%s: '%s' must be a number", where, name);
  }
  lua_pop(L, 1);
  return present;
}

static void compile_bounds(lua_State *L, int spec, remit_type *type, const char *where) {
  type->has_min = bound(L, spec, "min", &type->min, where);
  type->has_max = bound(L, spec, "max", &type->max, where);
  type->low = -INFINITY;
  type->high = INFINITY;
  if (type->has_min && !remit_decimal_to_double(&type->min, &type->low)) type->long_bounds = true;
  if (type->has_max && !remit_decimal_to_double(&type->max, &type->high)) type->long_bounds = true;
  if (type->has_min && type->has_max && remit_decimal_compare(&type->min, &type->max) > 0)
    luaL_error(L, "%s: 'min' is above 'max'", where);
}

/* ---- Records */

typedef struct named {
  const char *name;
  size_t length;
  lua_Integer serial;
} named;

static int by_serial(const void *a, const void *b) {
  const named *x = a, *y = b;
  if (x->serial != y->serial) return x->serial < y->serial ? -1 : 1;
  return strcmp(x->name, y->name);
}

/* Gives the names their places in the order text of the front end (names parted by NUL). */
static void number_by_order(named *names, uint32_t count, const char *order, size_t length) {
  lua_Integer place = 0;
  const char *at = order, *end = order + length;
  while (at < end) {
    const char *stop = memchr(at, 0, (size_t)(end - at));
    size_t size = (size_t)((stop ? stop : end) - at);
    place++;
    for (uint32_t i = 0; i < count; i++)
      if (names[i].length == size && memcmp(names[i].name, at, size) == 0) names[i].serial = place;
    at += size + 1;
  }
}

/* The keys of the table `spec` in the order in which the file has them: by the front end's order where it is known, else by
 * when the values were made. Returns an array of the arena. */
static named *ordered_names(lua_State *L, int spec, int order, uint32_t *count, const char *where) {
  uint32_t total = 0;
  lua_pushnil(L);
  while (lua_next(L, spec)) {
    if (lua_type(L, -2) != LUA_TSTRING) luaL_error(L, "%s: names must be texts", where);
    total++;
    lua_pop(L, 1);
  }
  named *names = remit_arena_take(L, (total + 1) * sizeof *names);
  uint32_t i = 0;
  lua_pushnil(L);
  while (lua_next(L, spec)) {
    names[i].name = lua_tolstring(L, -2, &names[i].length);
    if (lua_istable(L, -1)) {
      lua_pushliteral(L, "serial");
      lua_rawget(L, -2);
      names[i].serial = lua_tointeger(L, -1);
      lua_pop(L, 1);
    }
    i++;
    lua_pop(L, 1);
  }
  if (lua_type(L, order) == LUA_TSTRING) {
    size_t length;
    const char *text = lua_tolstring(L, order, &length);
    number_by_order(names, total, text, length);
  }
  qsort(names, total, sizeof *names, by_serial);
  *count = total;
  return names;
}

static uint32_t name_hash(const uint8_t *name, size_t length) {
  uint32_t hash = (uint32_t)length * 0x9E3779B1u;
  for (size_t i = 0; i < length; i++) hash = (hash ^ name[i]) * 0x01000193u;
  return hash ^ (hash >> 15);
}

int32_t remit_type_field(const remit_type *type, const uint8_t *name, size_t length) {
  for (uint32_t i = name_hash(name, length) & type->hash_mask; type->by_hash[i]; i = (i + 1) & type->hash_mask) {
    const remit_text *field = &type->fields[type->by_hash[i] - 1].name;
    if (field->length == length && memcmp(field->bytes, name, length) == 0) return type->by_hash[i] - 1;
  }
  return -1;
}

static void index_fields(lua_State *L, remit_type *type) {
  uint32_t size = 4;
  while (size < type->field_count * 2 + 1) size *= 2;
  type->by_hash = remit_arena_take(L, size * sizeof *type->by_hash);
  type->hash_mask = size - 1;
  for (uint32_t i = 0; i < type->field_count; i++) {
    const remit_text *name = &type->fields[i].name;
    uint32_t at = name_hash((const uint8_t *)name->bytes, name->length) & type->hash_mask;
    while (type->by_hash[at]) at = (at + 1) & type->hash_mask;
    type->by_hash[at] = (uint16_t)(i + 1);
  }
}

typedef struct compiler {
  int slots;
  int32_t *slot_count;
  uint32_t depth;
  bool fresh;                 /* inside a list or map, or no input: tables cannot be used again */
  bool sensitive;             /* inside a list or map that is */
} compiler;

/* The table that the record's inputs are read into, one after the other: every key is in place, so that filling it never moves
 * anything; records in it stay where they are. */
static void make_table(lua_State *L, remit_type *type, compiler *c) {
  type->table_slot = ++*c->slot_count;
  lua_createtable(L, 0, (int)type->field_count);
  for (uint32_t i = 0; i < type->field_count; i++) {
    const remit_type *inner = type->fields[i].type;
    lua_rawgeti(L, c->slots, type->fields[i].name.slot);
    if (inner->kind == REMIT_RECORD) lua_rawgeti(L, c->slots, inner->table_slot);
    else lua_pushboolean(L, 0);
    lua_rawset(L, -3);
    type->filled[i / 64] |= UINT64_C(1) << i % 64;
  }
  if (!remit_address_set_add(&remit_vm_of(L)->frozen, lua_topointer(L, -1))) remit_no_memory(L);
  lua_rawseti(L, c->slots, type->table_slot);
}

static remit_type *compile(lua_State *L, int index, compiler *c, const char *where);

static void compile_record(lua_State *L, int spec, int order, remit_type *type, compiler *c, const char *where) {
  named *names = ordered_names(L, spec, order, &type->field_count, where);
  if (type->field_count > REMIT_FIELDS_MAX) luaL_error(L, "%s: a record has at most %d fields", where, REMIT_FIELDS_MAX);
  type->fields = remit_arena_take(L, (type->field_count + 1) * sizeof *type->fields);
  c->depth++;
  for (uint32_t i = 0; i < type->field_count; i++) {
    lua_pushlstring(L, names[i].name, names[i].length);
    type->fields[i].name = keep_text(L, -1, c->slots, c->slot_count);
    lua_rawget(L, spec);
    const char *inner = lua_pushfstring(L, "%s.%s", where, type->fields[i].name.bytes);
    type->fields[i].type = compile(L, lua_gettop(L) - 1, c, inner);
    lua_pop(L, 2);
  }
  c->depth--;
  index_fields(L, type);
  type->guesses = remit_arena_take(L, REMIT_GUESSES * sizeof *type->guesses);
  type->table_slot = -1;
  if (!c->fresh) make_table(L, type, c);
}

static void compile_enum(lua_State *L, int spec, remit_type *type, compiler *c, const char *where) {
  type->value_count = (uint32_t)lua_rawlen(L, spec);
  if (!type->value_count) luaL_error(L, "%s: an enum needs at least one value", where);
  type->values = remit_arena_take(L, type->value_count * sizeof *type->values);
  for (uint32_t i = 0; i < type->value_count; i++) {
    if (lua_rawgeti(L, spec, i + 1) != LUA_TSTRING) luaL_error(L, "%s: the values of an enum must be texts", where);
    type->values[i] = keep_text(L, -1, c->slots, c->slot_count);
    lua_pop(L, 1);
  }
}

static remit_type *compile(lua_State *L, int index, compiler *c, const char *where) {
  luaL_checkstack(L, 16, NULL);
  index = lua_absindex(L, index);
  int top = lua_gettop(L);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &remit_key_types);
  if (!lua_istable(L, index) || !lua_getmetatable(L, index) || !lua_rawequal(L, -1, -2))
    luaL_error(L, "%s: expected a type such as text {} or money {}", where);
  lua_settop(L, top);
  remit_charge(L, 64);
  remit_type *type = remit_arena_take(L, sizeof *type);
  type->sensitive = c->sensitive;
  raw_field(L, index, "kind");
  lua_Integer kind = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : -1;
  type->kind = (remit_kind)kind;
  raw_field(L, index, "optional");
  type->optional = lua_toboolean(L, -1);
  raw_field(L, index, "order");
  raw_field(L, index, "spec");
  int order = lua_gettop(L) - 1, spec = lua_gettop(L);
  if (kind < 0 || kind >= REMIT_KINDS || !lua_istable(L, spec)) luaL_error(L, "%s: a type was changed after it was made", where);
  if (c->depth > 60) luaL_error(L, "%s: declared too deep", where);
  if (type->kind == REMIT_RECORD) {
    compile_record(L, spec, order, type, c, where);
  } else {
    raw_field(L, spec, "sensitive");
    if (lua_toboolean(L, -1)) type->sensitive = true;
    if (raw_field(L, spec, "summary") == LUA_TSTRING) type->summary = keep(L, -1, NULL);
    if (type->kind == REMIT_ENUM) {
      compile_enum(L, spec, type, c, where);
    } else if (type->kind == REMIT_LIST || type->kind == REMIT_MAP) {
      compile_bounds(L, spec, type, where);
      raw_field(L, spec, "of");
      bool fresh = c->fresh, sensitive = c->sensitive;
      c->fresh = true;
      c->sensitive = type->sensitive;
      c->depth++;
      const char *inner = lua_pushfstring(L, "%s[]", where);
      type->of = compile(L, lua_gettop(L) - 1, c, inner);
      if (type->of->optional) luaL_error(L, "%s: what a list or map holds cannot be optional", where);
      c->depth--;
      c->fresh = fresh;
      c->sensitive = sensitive;
    } else {
      compile_bounds(L, spec, type, where);
    }
  }
  lua_settop(L, top);
  return type;
}

remit_type *remit_compile_type(lua_State *L, int index, int slots, int32_t *slot_count, const char *where) {
  compiler c = {.slots = slots, .slot_count = slot_count, .depth = 1, .fresh = true};
  return compile(L, index, &c, where);
}

/* ---- Policies */

static void compile_reasons(lua_State *L, int reasons, int order, remit_policy *policy, int slots) {
  named *names = ordered_names(L, reasons, order, &policy->reason_count, "reasons");
  policy->reasons = remit_arena_take(L, (policy->reason_count + 1) * sizeof *policy->reasons);
  for (uint32_t i = 0; i < policy->reason_count; i++) {
    lua_pushlstring(L, names[i].name, names[i].length);
    policy->reasons[i].code = keep_text(L, -1, slots, &policy->slot_count);
    keep_json(L, &policy->reasons[i].code, "");
    lua_rawget(L, reasons);
    if (!lua_istable(L, -1)) luaL_error(L, "reasons.%s: expected { en = \"…\", zh = \"…\" }", names[i].name);
    static const char *const languages[] = {"en", "zh"};
    for (int k = 0; k < 2; k++) {
      lua_getfield(L, -1, languages[k]);
      if (!lua_isnil(L, -1) && lua_type(L, -1) != LUA_TSTRING)
        luaL_error(L, "reasons.%s.%s: expected a text", names[i].name, languages[k]);
      char *text = lua_isnil(L, -1) ? NULL : keep(L, -1, NULL);
      if (k == 0) policy->reasons[i].en = text; else policy->reasons[i].zh = text;
      lua_pop(L, 1);
    }
    lua_pop(L, 1);
  }
}

/* The default in the table at the top of the stack, a text, a number or a boolean, becomes a value of the param's type. */
static void compile_default(lua_State *L, remit_param *param, remit_policy *policy, int slots) {
  param->default_slot = ++policy->slot_count;
  lua_getfield(L, -1, "default");
  if (lua_isnil(L, -1)) {
    lua_rawseti(L, slots, param->default_slot);
    return;
  }
  size_t length;
  const char *text = remit_push_text(L, -1, &length);
  if (!remit_decode_text(L, param->type, text, length, slots))
    luaL_error(L, "params.%s: the default %s is not a %s within its bounds", param->name.bytes, text,
               remit_kind_names[param->type->kind]);
  lua_rawseti(L, slots, param->default_slot);
}

static void compile_params(lua_State *L, int params, int order, remit_policy *policy, int slots) {
  named *names = ordered_names(L, params, order, &policy->param_count, "params");
  policy->params = remit_arena_take(L, (policy->param_count + 1) * sizeof *policy->params);
  for (uint32_t i = 0; i < policy->param_count; i++) {
    remit_param *param = &policy->params[i];
    lua_pushlstring(L, names[i].name, names[i].length);
    param->name = keep_text(L, -1, slots, &policy->slot_count);
    lua_rawget(L, params);
    const char *where = lua_pushfstring(L, "params.%s", param->name.bytes);
    int type = lua_gettop(L) - 1;
    param->type = remit_compile_type(L, type, slots, &policy->slot_count, where);
    if (param->type->kind > REMIT_ENUM) luaL_error(L, "%s: a param is a single value", where);
    param->summary = param->type->summary;
    lua_getfield(L, type, "spec");
    compile_default(L, param, policy, slots);
    lua_settop(L, type - 1);
  }
}

static char *optional_text(lua_State *L, int index, const char *key) {
  lua_getfield(L, index, key);
  char *text = lua_isnil(L, -1) ? NULL : keep(L, -1, NULL);
  lua_pop(L, 1);
  return text;
}

void remit_make_strict(remit_type *type) {
  type->strict = true;
  for (uint32_t i = 0; i < type->field_count; i++) remit_make_strict(type->fields[i].type);
  if (type->of) remit_make_strict(type->of);
}

void remit_compile_policy(lua_State *L, int index, remit_policy *policy) {
  index = lua_absindex(L, index);
  luaL_checkstack(L, 24, NULL);
  policy->summary = optional_text(L, index, "summary");
  policy->source = optional_text(L, index, "source");
  policy->slot_count = REMIT_SLOT_FIRST;
  lua_newtable(L);
  int slots = lua_gettop(L);
  lua_pushliteral(L, "outcome");
  lua_rawseti(L, slots, REMIT_SLOT_OUTCOME);
  lua_pushliteral(L, "reasons");
  lua_rawseti(L, slots, REMIT_SLOT_REASONS);

  lua_getfield(L, index, "outcomes");
  policy->outcome_count = (uint32_t)lua_rawlen(L, -1);
  policy->outcomes = remit_arena_take(L, (policy->outcome_count + 1) * sizeof *policy->outcomes);
  for (uint32_t i = 0; i < policy->outcome_count; i++) {
    if (lua_rawgeti(L, -1, i + 1) != LUA_TSTRING) luaL_error(L, "outcomes: expected a list of texts");
    policy->outcomes[i] = keep_text(L, -1, slots, &policy->slot_count);
    keep_json(L, &policy->outcomes[i], ",\"reasons\":[");
    lua_pop(L, 1);
  }
  lua_settop(L, slots);

  lua_getfield(L, index, "order");
  int orders = lua_gettop(L);
  lua_getfield(L, index, "input");
  compiler c = {.slots = slots, .slot_count = &policy->slot_count, .depth = 1};
  policy->input = compile(L, lua_gettop(L), &c, "input");
  if (policy->input->kind != REMIT_RECORD || policy->input->optional) luaL_error(L, "input: expected record { … }");
  lua_getfield(L, index, "strict");
  if (lua_toboolean(L, -1)) remit_make_strict(policy->input);
  lua_settop(L, orders);

  static const char *const sections[] = {"params", "reasons"};
  for (int k = 0; k < 2; k++) {
    if (lua_istable(L, orders)) lua_getfield(L, orders, sections[k]); else lua_pushnil(L);
    lua_getfield(L, index, sections[k]);
    if (lua_istable(L, -1)) {
      int order = lua_gettop(L) - 1, section = lua_gettop(L);
      if (k == 0) compile_params(L, section, order, policy, slots);
      else compile_reasons(L, section, order, policy, slots);
    }
    lua_settop(L, orders);
  }

  remit_compile_group(L, index, policy, slots);
  const char *decides = policy->group ? "decide_group" : "decide";
  if (lua_getfield(L, index, decides) != LUA_TFUNCTION) luaL_error(L, "policy: '%s' was changed after it was declared", decides);
  lua_rawseti(L, slots, REMIT_SLOT_DECIDE);
  lua_getfield(L, index, "check");
  policy->has_check = lua_isfunction(L, -1);
  lua_rawseti(L, slots, REMIT_SLOT_CHECK);
  lua_createtable(L, REMIT_SHAPES * REMIT_SHAPE_MAX, 0);
  lua_rawseti(L, slots, REMIT_SLOT_SHAPES);
  for (int slot = REMIT_SLOT_PARAMS; slot <= REMIT_SLOT_CONTEXT; slot++) {
    lua_newtable(L);
    if (!remit_address_set_add(&remit_vm_of(L)->frozen, lua_topointer(L, -1))) remit_no_memory(L);
    lua_rawseti(L, slots, slot);
  }
  lua_settop(L, slots);
  policy->slots = luaL_ref(L, LUA_REGISTRYINDEX);
}
