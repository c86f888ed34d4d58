#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin.h"

/* plugin { … }: a plugin says what it is, what it reads and what it provides, before it does anything else. */

static const char *const keys[] = {"name", "version", "summary", "files", "settings", "provides", NULL};
static const char *const provided_keys[] = {"summary", "takes", "gives", "value", NULL};
/* What is looked up one by one stays short. */
enum { TAKEN_MAX = 16, NAMES_MAX = 256 };

remit_declared_plugin *remit_plugin_find(remit_vm *vm, const char *name, size_t length) {
  for (remit_declared_plugin *each = vm->plugins; each; each = each->next)
    if (strlen(each->name) == length && memcmp(each->name, name, length) == 0) return each;
  return NULL;
}

/* A text of the arena. Raises where the value at `index` is no text, or one that a message cannot hold. */
static const char *keep(lua_State *L, int index, const char *where) {
  size_t length;
  if (lua_type(L, index) != LUA_TSTRING) luaL_error(L, "%s: expected a text, got a %s", where, remit_typename(L, index));
  const char *text = lua_tolstring(L, index, &length);
  if (memchr(text, 0, length) || !remit_utf8_valid((const uint8_t *)text, length))
    luaL_error(L, "%s: expected a text of UTF-8 without zero bytes", where);
  return memcpy(remit_arena_take(L, length + 1), text, length);
}

static int raw_field(lua_State *L, int table, const char *name) {
  lua_pushstring(L, name);
  return lua_rawget(L, table);
}

static void check_keys(lua_State *L, int table, const char *const *known, const char *where) {
  lua_pushnil(L);
  while (lua_next(L, table)) {
    lua_pop(L, 1);
    const char *key = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
    int i = 0;
    while (key && known[i] && strcmp(known[i], key) != 0) i++;
    if (key && known[i]) continue;
    lua_pushstring(L, known[0]);
    for (i = 1; known[i]; i++) lua_pushfstring(L, "%s, %s", lua_tostring(L, -1), known[i]);
    luaL_error(L, "%s: unknown key '%s' (it has: %s)", where, key ? key : "(not a name)", lua_tostring(L, -1));
  }
}

static bool is_name(const char *text) {
  if (!(*text >= 'a' && *text <= 'z') && !(*text >= 'A' && *text <= 'Z') && *text != '_') return false;
  return text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] == 0;
}

/* ---- name, version, files */

static void read_name(lua_State *L, int table, const char *own) {
  raw_field(L, table, "name");
  if (lua_isnil(L, -1)) luaL_error(L, "plugin: 'name' is missing: name = \"%s\"", own);
  const char *name = keep(L, -1, "name");
  if (strcmp(name, own) != 0) luaL_error(L, "name: the plugin calls itself '%s', but its folder is plugins/%s", name, own);
  lua_pop(L, 1);
}

/* Three numbers and points, as in 1.0.0. */
static void read_version(lua_State *L, int table) {
  if (raw_field(L, table, "version") == LUA_TNIL) luaL_error(L, "plugin: 'version' is missing: version = \"1.0.0\"");
  const char *text = keep(L, -1, "version"), *at = text;
  for (int part = 0; part < 3; part++) {
    size_t digits = strspn(at, "0123456789");
    if (!digits || digits > 9 || at[digits] != (part < 2 ? '.' : 0))
      luaL_error(L, "version: expected three numbers such as \"1.0.0\", got \"%s\"", text);
    at += digits + 1;
  }
  lua_pop(L, 1);
}

/* A path of plain names from the plugin's folder. */
static bool stays_inside(const char *path) {
  for (;;) {
    size_t length = strcspn(path, "/");
    if (!length || (length == 1 && path[0] == '.') || (length == 2 && path[0] == '.' && path[1] == '.')) return false;
    if (!path[length]) return true;
    path += length + 1;
  }
}

static void read_files(lua_State *L, int table, remit_declared_plugin *plugin) {
  if (raw_field(L, table, "files") == LUA_TNIL) {
    lua_pop(L, 1);
    return;
  }
  if (!lua_istable(L, -1)) luaL_error(L, "files: expected a list of names, files = { \"rates.csv\" }");
  int list = lua_gettop(L);
  lua_pushnil(L);
  while (lua_next(L, list)) {
    lua_pop(L, 1);
    if (!lua_isinteger(L, -1)) luaL_error(L, "files: expected a list of names, files = { \"rates.csv\" }");
    plugin->file_count++;
  }
  if (plugin->file_count > NAMES_MAX) luaL_error(L, "files: a plugin reads at most %d", NAMES_MAX);
  plugin->files = remit_arena_take(L, (plugin->file_count + 1) * sizeof *plugin->files);
  for (uint32_t i = 0; i < plugin->file_count; i++) {
    lua_rawgeti(L, list, i + 1);
    plugin->files[i] = keep(L, -1, "files");
    if (!stays_inside(plugin->files[i]))
      luaL_error(L, "files: '%s' is not inside the plugin's folder: name a file by its path from there", plugin->files[i]);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

/* ---- settings */

typedef struct setting {
  const char *name;
  remit_type *type;
} setting;

/* Raises for a value of the administrator's file, with its line and its JSON Pointer. */
static _Noreturn void refuse_setting(lua_State *L, const remit_settings *given, const uint8_t *at, const char *pointer,
                                     const char *why) {
  lua_Integer line = given->line;
  for (const uint8_t *byte = given->json.bytes; byte < at; byte++) line += *byte == '\n';
  lua_pushlstring(L, (const char *)given->file.bytes, given->file.length);
  lua_pushfstring(L, "%s:%I: %s: %s", lua_tostring(L, -1), (LUAI_UACINT)line, pointer, why);
  lua_error(L);
  __builtin_unreachable();
}

static void push_setting(lua_State *L, const remit_settings *given, const remit_type *type, remit_slice value, int slots,
                         const char *pointer) {
  if (type->kind == REMIT_LIST && value.bytes[0] == '[') {
    remit_json_walk walk;
    remit_json_walk_start(&walk, value);
    lua_newtable(L);
    lua_Integer count = 0;
    while (remit_json_walk_next(&walk)) {
      remit_charge(L, 4);
      const char *inner = lua_pushfstring(L, "%s/%I", pointer, (LUAI_UACINT)count);
      push_setting(L, given, type->of, walk.value, slots, inner);
      lua_remove(L, -2);
      lua_rawseti(L, -2, ++count);
    }
    remit_misfit why;
    if (!remit_conforms(L, -1, type, &why)) refuse_setting(L, given, value.bytes, pointer, why.words);
    return;
  }
  if (remit_push_json_value(L, type, value, slots)) return;
  char words[512];
  remit_explain_value(L, type, value, words, sizeof words);
  refuse_setting(L, given, value.bytes, pointer, words);
}

static void take_settings(lua_State *L, const remit_declared_plugin *plugin, const setting *settings, uint32_t count,
                          int slots, int values) {
  remit_vm *vm = remit_vm_of(L);
  remit_settings given = {0};
  remit_slice name = {(const uint8_t *)plugin->name, strlen(plugin->name)};
  if (!vm->source.settings || !vm->source.settings(vm->source.context, name, &given)) return;
  remit_json_walk walk;
  remit_json_walk_start(&walk, given.json);
  while (remit_json_walk_next(&walk)) {
    luaL_Buffer buffer;
    char *room = luaL_buffinitsize(L, &buffer, walk.key.length + 1);
    luaL_pushresultsize(&buffer, remit_json_unescape(walk.key.bytes, walk.key.length, (uint8_t *)room));
    const char *key = lua_tostring(L, -1), *pointer = lua_pushfstring(L, "/%s/%s", plugin->name, key);
    uint32_t i = 0;
    while (i < count && strcmp(settings[i].name, key) != 0) i++;
    if (i == count) {
      luaL_Buffer known;
      luaL_buffinit(L, &known);
      for (i = 0; i < count; i++) {
        if (i) luaL_addstring(&known, ", ");
        luaL_addstring(&known, settings[i].name);
      }
      luaL_pushresult(&known);
      refuse_setting(L, &given, walk.key.bytes, pointer,
                     lua_pushfstring(L, count ? "no such setting (the plugin has: %s)" : "the plugin has no settings%s",
                                     lua_tostring(L, -1)));
    }
    push_setting(L, &given, settings[i].type, walk.value, slots, pointer);
    lua_setfield(L, values, settings[i].name);
    lua_settop(L, values);
  }
}

/* The default in the table `spec` becomes a value of the setting's type, pushed. */
static void push_default(lua_State *L, int spec, const setting *each, int slots) {
  if (raw_field(L, spec, "default") == LUA_TNIL) {
    if (!each->type->optional)
      luaL_error(L, "settings.%s: a default is missing: %s { default = … }, or optional(%s {})", each->name,
                 remit_kind_names[each->type->kind], remit_kind_names[each->type->kind]);
    return;
  }
  size_t length;
  const char *text = remit_push_text(L, -1, &length);
  if (!remit_decode_text(L, each->type, text, length, slots))
    luaL_error(L, "settings.%s: the default %s is not a %s within its bounds", each->name, text, remit_kind_names[each->type->kind]);
}

/* Pushes the table of the settings' values. */
static void read_settings(lua_State *L, int table, const remit_declared_plugin *plugin, int slots, int32_t *slot_count) {
  lua_newtable(L);
  int values = lua_gettop(L);
  uint32_t count = 0;
  setting *settings = NULL;
  if (raw_field(L, table, "settings") != LUA_TNIL) {
    if (!lua_istable(L, -1)) luaL_error(L, "settings: expected named types, settings = { base = text { default = \"CNY\" } }");
    int declared = lua_gettop(L);
    lua_pushnil(L);
    while (lua_next(L, declared)) {
      lua_pop(L, 1);
      count++;
    }
    if (count > NAMES_MAX) luaL_error(L, "settings: a plugin has at most %d", NAMES_MAX);
    settings = remit_arena_take(L, (count + 1) * sizeof *settings);
    uint32_t i = 0;
    lua_pushnil(L);
    while (lua_next(L, declared)) {
      setting *each = &settings[i++];
      each->name = keep(L, -2, "settings");
      if (!is_name(each->name)) luaL_error(L, "settings: '%s' cannot be written as a name", each->name);
      const char *where = lua_pushfstring(L, "settings.%s", each->name);
      int type = lua_gettop(L) - 1;
      each->type = remit_compile_type(L, type, slots, slot_count, where);
      const remit_type *single = each->type->kind == REMIT_LIST ? each->type->of : each->type;
      if (single->kind > REMIT_ENUM) luaL_error(L, "%s: a setting is a single value or a list of them", where);
      raw_field(L, type, "spec");
      push_default(L, lua_gettop(L), each, slots);
      lua_setfield(L, values, each->name);
      lua_settop(L, type - 1);
    }
  }
  lua_settop(L, values);
  take_settings(L, plugin, settings, count, slots, values);
  remit_freeze(L, values);
  remit_keep_frozen(L, values);  /* the plugin may drop it at once */
}

/* ---- provides */

static void read_takes(lua_State *L, int list, remit_provided *each, int slots, int32_t *slot_count) {
  const char *const form = "expected a list of { \"name\", type }, takes = { { \"day\", date {} } }";
  lua_Integer count = 0;
  if (!lua_istable(L, list)) luaL_error(L, "provides.%s.takes: %s", each->name, form);
  lua_pushnil(L);
  while (lua_next(L, list)) {
    lua_pop(L, 1);
    if (!lua_isinteger(L, -1)) luaL_error(L, "provides.%s.takes: %s", each->name, form);
    count++;
  }
  if (count > TAKEN_MAX) luaL_error(L, "provides.%s.takes: a function takes at most %d arguments: take a record", each->name, TAKEN_MAX);
  each->taken = (uint32_t)count;
  each->takes = remit_arena_take(L, (each->taken + 1) * sizeof *each->takes);
  for (uint32_t i = 0; i < each->taken; i++) {
    lua_rawgeti(L, list, i + 1);
    int argument = lua_gettop(L);
    if (!lua_istable(L, argument) || lua_rawlen(L, argument) != 2) luaL_error(L, "provides.%s.takes: %s", each->name, form);
    lua_rawgeti(L, argument, 1);
    if (lua_type(L, -1) != LUA_TSTRING) luaL_error(L, "provides.%s.takes: %s", each->name, form);
    each->takes[i].name = keep(L, -1, "takes");
    for (uint32_t k = 0; k < i; k++)
      if (strcmp(each->takes[k].name, each->takes[i].name) == 0)
        luaL_error(L, "provides.%s.takes: two arguments are called '%s'", each->name, each->takes[i].name);
    lua_rawgeti(L, argument, 2);
    const char *where = lua_pushfstring(L, "provides.%s.takes.%s", each->name, each->takes[i].name);
    each->takes[i].type = remit_compile_type(L, argument + 2, slots, slot_count, where);
    lua_settop(L, argument - 1);
  }
}

/* The table at the top of the stack, `provides.<name>`. */
static void read_provided(lua_State *L, remit_provided *each, int slots, int32_t *slot_count) {
  int spec = lua_gettop(L);
  const char *where = lua_pushfstring(L, "provides.%s", each->name);
  if (!lua_istable(L, spec)) luaL_error(L, "%s: expected { summary = …, takes = { … }, gives = type }", where);
  check_keys(L, spec, provided_keys, where);
  lua_settop(L, spec + 1);
  if (raw_field(L, spec, "summary") != LUA_TNIL) keep(L, -1, lua_pushfstring(L, "%s.summary", where));
  lua_settop(L, spec + 1);
  bool takes = raw_field(L, spec, "takes") != LUA_TNIL, gives = raw_field(L, spec, "gives") != LUA_TNIL,
       value = raw_field(L, spec, "value") != LUA_TNIL;
  int takes_at = spec + 2;
  if (value && (takes || gives)) luaL_error(L, "%s: either a function, with takes and gives, or a value, with its type", where);
  if (!value && !takes) luaL_error(L, "%s: 'takes' is missing: a function that takes nothing has takes = {}, a value has value = type", where);
  if (!value && !gives) luaL_error(L, "%s: 'gives' is missing: the type of the result, such as gives = optional(number {})", where);
  if (takes) read_takes(L, takes_at, each, slots, slot_count);
  const char *type = lua_pushfstring(L, "%s.%s", where, value ? "value" : "gives");
  each->gives = remit_compile_type(L, value ? takes_at + 2 : takes_at + 1, slots, slot_count, type);
  lua_settop(L, spec);
}

static int compare_provided(const void *a, const void *b) {
  return strcmp(((const remit_provided *)a)->name, ((const remit_provided *)b)->name);
}

static void read_provides(lua_State *L, int table, remit_declared_plugin *plugin, int slots, int32_t *slot_count) {
  raw_field(L, table, "provides");
  if (!lua_istable(L, -1)) luaL_error(L, "plugin: 'provides' is missing: provides = { rate = { takes = { … }, gives = type } }");
  int provides = lua_gettop(L);
  uint32_t count = 0;
  lua_pushnil(L);
  while (lua_next(L, provides)) {
    lua_pop(L, 1);
    count++;
  }
  if (!count) luaL_error(L, "provides: a plugin provides something");
  if (count > NAMES_MAX) luaL_error(L, "provides: a plugin provides at most %d names", NAMES_MAX);
  plugin->provides = remit_arena_take(L, count * sizeof *plugin->provides);
  lua_pushnil(L);
  while (lua_next(L, provides)) {
    remit_provided *each = &plugin->provides[plugin->provided_count];
    each->plugin = plugin->name;
    each->name = keep(L, -2, "provides");
    if (!is_name(each->name)) luaL_error(L, "provides: '%s' cannot be written as a name", each->name);
    plugin->provided_count++;
    lua_pop(L, 1);
  }
  qsort(plugin->provides, count, sizeof *plugin->provides, compare_provided);
  for (uint32_t i = 0; i < count; i++) {
    raw_field(L, provides, plugin->provides[i].name);
    read_provided(L, &plugin->provides[i], slots, slot_count);
    lua_pop(L, 1);
  }
  lua_settop(L, provides - 1);
}

/* ---- The word */

static remit_declared_plugin *begin(lua_State *L) {
  remit_vm *vm = remit_vm_of(L);
  const char *own, *part, *module;
  size_t length;
  if (!vm->loading) luaL_error(L, "plugin: declarations are made while a file is loaded, not by a decision");
  remit_push_asking_module(L);
  module = lua_tostring(L, -1);
  if (!module || !remit_plugin_module(module, &own, &length, &part) || part)
    luaL_error(L, "plugin: only plugins/<name>/plugin.lua declares a plugin");
  if (remit_plugin_find(vm, own, length)) luaL_error(L, "plugin: a plugin declares itself once");
  remit_declared_plugin *plugin = remit_arena_take(L, sizeof *plugin);
  plugin->name = memcpy(remit_arena_take(L, length + 1), own, length);
  lua_pop(L, 1);
  lua_Debug ar;
  if (lua_getstack(L, 1, &ar)) {
    lua_getinfo(L, "Sl", &ar);
    plugin->file = strcpy(remit_arena_take(L, strlen(ar.source) + 1), ar.source + (*ar.source == '@'));
    plugin->line = ar.currentline;
  }
  return plugin;
}

/* table, and from the front end the order of its sections, which nothing here needs -> the settings */
static int declare_plugin(lua_State *L) {
  remit_vm *vm = remit_vm_of(L);
  luaL_checkstack(L, 40, NULL);
  remit_declared_plugin *plugin = begin(L);
  if (!lua_istable(L, 1)) return luaL_error(L, "plugin: expected plugin { name = \"%s\", … }", plugin->name);
  lua_settop(L, 1);
  check_keys(L, 1, keys, "plugin");
  read_name(L, 1, plugin->name);
  read_version(L, 1);
  if (raw_field(L, 1, "summary") != LUA_TNIL) keep(L, -1, "summary");
  lua_settop(L, 1);
  read_files(L, 1, plugin);
  lua_newtable(L);
  int slots = lua_gettop(L);
  int32_t slot_count = 0;
  read_provides(L, 1, plugin, slots, &slot_count);
  read_settings(L, 1, plugin, slots, &slot_count);
  lua_pushvalue(L, slots);
  plugin->slots = luaL_ref(L, LUA_REGISTRYINDEX);
  plugin->next = vm->plugins;
  vm->plugins = plugin;  /* from here on it gets what it has declared */
  return 1;
}

int remit_open_plugin(lua_State *L) {
  lua_pushcfunction(L, declare_plugin);
  lua_setfield(L, 1, "plugin");
  return 0;
}
