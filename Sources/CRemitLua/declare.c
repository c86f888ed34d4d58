#include <string.h>

#include "machine.h"

/* The words of a declaration: text {}, money {}, record {}, optional(), policy {}, test … They check what they are given where
 * it stands, so that messages carry the line, and mark their results with a metatable of their own. */

const char remit_key_types = 0, remit_key_object = 0, remit_key_policy = 0, remit_key_test = 0, remit_key_null = 0;

const char *const remit_kind_names[REMIT_KINDS] = {
  "text", "integer", "number", "money", "boolean", "date", "timestamp", "enum", "record", "list", "map",
};

static const char *const bounded_options[] = {"min", "max", "default", "summary", "sensitive", NULL};
static const char *const plain_options[] = {"default", "summary", "sensitive", NULL};
static const char *const holder_options[] = {"of", "min", "max", "summary", "sensitive", NULL};

static const char *const *options_of(remit_kind kind) {
  switch (kind) {
  case REMIT_TEXT: case REMIT_INTEGER: case REMIT_NUMBER: case REMIT_MONEY: return bounded_options;
  case REMIT_LIST: case REMIT_MAP: return holder_options;
  default: return plain_options;
  }
}

static void must_be_loading(lua_State *L, const char *word) {
  if (!remit_vm_of(L)->loading) luaL_error(L, "%s: declarations are made while a file is loaded, not by a decision", word);
}

static bool is_type(lua_State *L, int index) {
  if (!lua_istable(L, index) || !lua_getmetatable(L, index)) return false;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &remit_key_types);
  bool equal = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return equal;
}

static void push_type(lua_State *L, remit_kind kind, int spec, int order, bool optional) {
  lua_createtable(L, 0, 5);
  lua_pushinteger(L, kind);
  lua_setfield(L, -2, "kind");
  lua_pushvalue(L, spec);
  lua_setfield(L, -2, "spec");
  lua_pushinteger(L, ++remit_vm_of(L)->serial);
  lua_setfield(L, -2, "serial");
  lua_pushboolean(L, optional);
  lua_setfield(L, -2, "optional");
  if (order) {
    lua_pushvalue(L, order);
    lua_setfield(L, -2, "order");
  }
  lua_rawgetp(L, LUA_REGISTRYINDEX, &remit_key_types);
  lua_setmetatable(L, -2);
}

static void check_options(lua_State *L, const char *word, const char *const *known, bool list_too) {
  lua_pushnil(L);
  while (lua_next(L, 1)) {
    if (lua_type(L, -2) == LUA_TSTRING) {
      const char *name = lua_tostring(L, -2);
      int i = 0;
      while (known[i] && strcmp(known[i], name) != 0) i++;
      if (!known[i]) {
        lua_pushstring(L, known[0]);
        for (i = 1; known[i]; i++) lua_pushfstring(L, "%s, %s", lua_tostring(L, -1), known[i]);
        luaL_error(L, "%s has no option '%s' (it has: %s)", word, name, lua_tostring(L, -1));
      }
    } else if (!list_too || !lua_isinteger(L, -2)) {
      luaL_error(L, "%s: expected named options such as %s { %s = … }", word, word, known[0]);
    }
    lua_pop(L, 1);
  }
}

static int make_type(lua_State *L, remit_kind kind) {
  const char *word = remit_kind_names[kind];
  must_be_loading(L, word);
  if (!lua_istable(L, 1)) return luaL_error(L, "%s: expected %s { … }", word, word);
  lua_settop(L, 2);
  if (kind == REMIT_RECORD) {
    lua_pushnil(L);
    while (lua_next(L, 1)) {
      if (lua_type(L, -2) != LUA_TSTRING) return luaL_error(L, "record: expected named fields, record { amount = money {} }");
      if (!is_type(L, -1))
        return luaL_error(L, "record: the field '%s' is not a type (write text {}, money {}, …)", lua_tostring(L, -2));
      lua_pop(L, 1);
    }
  } else {
    check_options(L, word, options_of(kind), kind == REMIT_ENUM);
    if (kind == REMIT_LIST || kind == REMIT_MAP) {
      lua_getfield(L, 1, "of");
      if (!is_type(L, -1)) return luaL_error(L, "%s: 'of' must be a type, such as %s { of = text {} }", word, word);
    }
  }
  push_type(L, kind, 1, 2, false);
  return 1;
}

static int declare_type(lua_State *L) {
  return make_type(L, (remit_kind)lua_tointeger(L, lua_upvalueindex(1)));
}

/* `date` is a library and a word: date { } declares, date("2025-01-01") checks a text. Called as a metamethod. */
static int call_date(lua_State *L) {
  lua_remove(L, 1);
  if (lua_istable(L, 1)) return make_type(L, REMIT_DATE);
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  if (!remit_date_valid(text, length)) {
    remit_charge_bytes(L, length);
    return luaL_error(L, "date: expected YYYY-MM-DD, got \"%s\"", text);
  }
  lua_settop(L, 1);
  return 1;
}

static int declare_optional(lua_State *L) {
  must_be_loading(L, "optional");
  if (!is_type(L, 1)) return luaL_error(L, "optional: expected a type, such as optional(text {})");
  lua_settop(L, 1);
  lua_getfield(L, 1, "kind");
  lua_getfield(L, 1, "spec");
  lua_getfield(L, 1, "order");
  push_type(L, (remit_kind)lua_tointeger(L, 2), 3, 4, true);
  return 1;
}

/* object {}: a table that is written as an object even where it is empty. */
static int make_object(lua_State *L) {
  if (lua_isnoneornil(L, 1)) {
    lua_settop(L, 0);
    lua_newtable(L);
  }
  luaL_checktype(L, 1, LUA_TTABLE);
  remit_check_writable(L, 1);
  lua_settop(L, 1);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &remit_key_object);
  lua_setmetatable(L, 1);
  return 1;
}

/* ---- policy {} */

typedef struct key_rule {
  const char *name;
  int type;
  bool required;
} key_rule;

static const key_rule policy_keys[] = {
  {"summary", LUA_TSTRING, false}, {"source", LUA_TSTRING, false}, {"outcomes", LUA_TTABLE, true},
  {"input", LUA_TTABLE, true},     {"strict", LUA_TBOOLEAN, false}, {"params", LUA_TTABLE, false},
  {"reasons", LUA_TTABLE, true},   {"check", LUA_TFUNCTION, false}, {"decide", LUA_TFUNCTION, false},
  {"group", LUA_TTABLE, false},    {"decide_group", LUA_TFUNCTION, false},
};
enum { POLICY_KEYS = sizeof policy_keys / sizeof *policy_keys };

static void check_params(lua_State *L) {
  lua_getfield(L, 1, "params");
  if (!lua_istable(L, -1)) return;
  lua_pushnil(L);
  while (lua_next(L, -2)) {
    if (lua_type(L, -2) != LUA_TSTRING) luaL_error(L, "params: expected named params, limit = money { default = \"0\" }");
    if (!is_type(L, -1)) luaL_error(L, "params.%s: expected a type with a default, money { default = \"0\" }", lua_tostring(L, -2));
    lua_getfield(L, -1, "spec");
    lua_getfield(L, -2, "optional");
    lua_getfield(L, -2, "default");
    if (lua_isnil(L, -1) && !lua_toboolean(L, -2)) luaL_error(L, "params.%s: a default is missing", lua_tostring(L, -5));
    lua_pop(L, 4);
  }
}

/* For what is found wrong when the declaration is compiled. */
static void note_line(lua_State *L) {
  remit_vm *vm = remit_vm_of(L);
  lua_Debug ar;
  if (!lua_getstack(L, 1, &ar)) return;
  lua_getinfo(L, "Sl", &ar);
  if (strcmp(ar.short_src, vm->module_file) == 0 && ar.currentline > 0) vm->policy_line = ar.currentline;
}

static int declare_policy(lua_State *L) {
  must_be_loading(L, "policy");
  note_line(L);
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 2);
  lua_pushnil(L);
  while (lua_next(L, 1)) {
    lua_pop(L, 1);
    int i = 0;
    if (lua_type(L, -1) == LUA_TSTRING)
      while (i < POLICY_KEYS && strcmp(policy_keys[i].name, lua_tostring(L, -1)) != 0) i++;
    else i = POLICY_KEYS;
    if (i == POLICY_KEYS)
      return luaL_error(L, "policy: unknown key '%s'", lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "(not a name)");
  }
  for (int i = 0; i < POLICY_KEYS; i++) {
    lua_getfield(L, 1, policy_keys[i].name);
    if (lua_isnil(L, -1) ? policy_keys[i].required : lua_type(L, -1) != policy_keys[i].type)
      return luaL_error(L, lua_isnil(L, -1) ? "policy: '%s' is missing" : "policy: '%s' is not a %s", policy_keys[i].name,
                        lua_typename(L, policy_keys[i].type));
    lua_settop(L, 2);
  }
  lua_getfield(L, 1, "input");
  if (!is_type(L, -1)) return luaL_error(L, "policy: 'input' must be record { … }");
  check_params(L);
  lua_settop(L, 2);
  remit_check_group(L);
  lua_setfield(L, 1, "order");  /* of params and reasons, from the front end */
  lua_rawgetp(L, LUA_REGISTRYINDEX, &remit_key_policy);
  lua_setmetatable(L, 1);
  return 1;
}

/* ---- test "name" { cases } */

static int declare_cases(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_createtable(L, 0, 2);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_setfield(L, -2, "policy");
  remit_take_properties(L, 1);
  lua_setfield(L, -2, "cases");
  lua_rawgetp(L, LUA_REGISTRYINDEX, &remit_key_test);
  lua_setmetatable(L, -2);
  return 1;
}

static int declare_test(lua_State *L) {
  must_be_loading(L, "test");
  luaL_checkstring(L, 1);
  lua_settop(L, 1);
  lua_pushcclosure(L, declare_cases, 1);
  return 1;
}

/* null stands in an input as JSON has it; absent in what is expected, for a key that must not be there. One is as good as the other,
 * and neither is in any other module's reach: only a machine for tests has them. */
void remit_set_test_words(lua_State *L) {
  static const char *const words[] = {"null", "absent"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    lua_pushlightuserdata(L, (void *)&remit_key_null);
    lua_setglobal(L, words[i]);
  }
}

/* A policy reaches it with getmetatable. */
static void make_metatable(lua_State *L, const void *key) {
  lua_newtable(L);
  remit_freeze(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

int remit_open_declarations(lua_State *L) {
  make_metatable(L, &remit_key_types);
  make_metatable(L, &remit_key_object);
  make_metatable(L, &remit_key_policy);
  make_metatable(L, &remit_key_test);
  for (int kind = 0; kind < REMIT_KINDS; kind++) {
    if (kind == REMIT_DATE) continue;
    lua_pushinteger(L, kind);
    lua_pushcclosure(L, declare_type, 1);
    lua_setfield(L, 1, remit_kind_names[kind]);
  }
  static const luaL_Reg words[] = {
    {"optional", declare_optional}, {"object", make_object}, {"policy", declare_policy}, {"test", declare_test}, {NULL, NULL},
  };
  for (int i = 0; words[i].name; i++) {
    lua_pushcfunction(L, words[i].func);
    lua_setfield(L, 1, words[i].name);
  }
  remit_open_date(L);
  lua_newtable(L);
  lua_pushcfunction(L, call_date);
  lua_setfield(L, -2, "__call");
  lua_setmetatable(L, -2);
  lua_setfield(L, 1, "date");
  return 0;
}
