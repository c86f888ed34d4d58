#include <stdarg.h>
#include <string.h>

#include "native.h"

/* From what a plugin's file returns to the table that policies get: exactly the names that the declaration provides, each function
 * behind one in C that holds arguments and result to their types. The plugin's own functions call each other without that. */

enum { UP_FUNCTION = 1, UP_PROVIDED, UP_COUNT = UP_PROVIDED };

static const char *plural(uint32_t count) { return count == 1 ? "" : "s"; }

static _Noreturn void refuse_count(lua_State *L, const remit_provided *f, int given) {
  luaL_error(L, "%s.%s: takes %d argument%s, got %d", f->plugin, f->name, (int)f->taken, plural(f->taken), given);
  __builtin_unreachable();
}

/* Wherever a date is wanted, a time stands for its UTC day, as in the library `date`. */
static bool became_day(lua_State *L, int index, const remit_type *type) {
  enum { DATE_LENGTH = 10 };
  if (type->kind != REMIT_DATE || lua_type(L, index) != LUA_TSTRING) return false;
  size_t length;
  char canonical[32];
  const char *text = lua_tolstring(L, index, &length);
  if (length <= DATE_LENGTH || !remit_timestamp_parse(text, length, canonical)) return false;
  lua_pushlstring(L, canonical, DATE_LENGTH);
  lua_replace(L, index);
  return true;
}

void remit_check_arguments(lua_State *L, const remit_provided *f) {
  int given = lua_gettop(L);
  while (given > (int)f->taken && lua_isnil(L, given)) given--;
  if (given > (int)f->taken) {
    remit_charge(L, REMIT_REFUSAL_STEPS);
    refuse_count(L, f, given);
  }
  lua_settop(L, (int)f->taken);
  remit_misfit why;
  for (uint32_t i = 0; i < f->taken; i++) {
    const remit_taken *each = &f->takes[i];
    if (became_day(L, (int)i + 1, each->type) || remit_conforms(L, (int)i + 1, each->type, &why)) continue;
    remit_charge(L, REMIT_REFUSAL_STEPS);
    luaL_error(L, "%s.%s: %s%s: %s", f->plugin, f->name, each->name, why.path, why.words);
  }
}

static int call_provided(lua_State *L) {
  const remit_provided *f = lua_touserdata(L, lua_upvalueindex(UP_PROVIDED));
  remit_check_arguments(L, f);
  remit_charge(L, 2 + 2 * (uint64_t)f->taken);
  luaL_checkstack(L, (int)f->taken + 2, NULL);
  lua_pushvalue(L, lua_upvalueindex(UP_FUNCTION));
  for (uint32_t i = 1; i <= f->taken; i++) lua_pushvalue(L, (int)i);
  lua_call(L, (int)f->taken, 1);
  remit_misfit why;
  if (!remit_conforms(L, -1, f->gives, &why)) {
    remit_charge(L, REMIT_REFUSAL_STEPS);
    luaL_error(L, "%s.%s: its result%s: %s: the plugin breaks its own declaration", f->plugin, f->name, why.path, why.words);
  }
  return 1;
}

const remit_provided *remit_provided_of(lua_State *L) {
  if (lua_tocfunction(L, -1) != call_provided) return NULL;
  lua_getupvalue(L, -1, UP_PROVIDED);
  const remit_provided *f = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return f;
}

/* ---- Making the table */

/* Raises with the place of the declaration in front, which the path in the message makes more precise: see RemitPolicy. */
static _Noreturn void refuse(lua_State *L, const remit_declared_plugin *plugin, const char *format, ...) {
  va_list arguments;
  lua_pushfstring(L, "%s:%d: ", plugin->file, plugin->line);
  va_start(arguments, format);
  lua_pushvfstring(L, format, arguments);
  va_end(arguments);
  lua_concat(L, 2);
  lua_error(L);
  __builtin_unreachable();
}

static void refuse_others(lua_State *L, const remit_declared_plugin *plugin, int value) {
  lua_pushnil(L);
  while (lua_next(L, value)) {
    lua_pop(L, 1);
    if (lua_type(L, -1) != LUA_TSTRING) refuse(L, plugin, "a plugin returns a table of names: return { rate = rate }");
    const char *name = lua_tostring(L, -1);
    bool known = false;
    for (uint32_t i = 0; i < plugin->provided_count && !known; i++) known = strcmp(plugin->provides[i].name, name) == 0;
    if (!known)
      refuse(L, plugin, "provides: the file returns '%s', which is not declared: declare it, or do not return it", name);
  }
}

/* The value at the top of the stack, as the plugin returned it, becomes what policies get. */
static void provide_one(lua_State *L, const remit_declared_plugin *plugin, const remit_provided *each) {
  if (!each->takes) {
    remit_misfit why;
    if (remit_conforms(L, -1, each->gives, &why)) return;
    if (lua_isnil(L, -1)) refuse(L, plugin, "provides.%s: the file does not return it", each->name);
    refuse(L, plugin, "provides.%s: its value%s: %s", each->name, why.path, why.words);
  }
  if (lua_isnil(L, -1)) refuse(L, plugin, "provides.%s: the file does not return it", each->name);
  if (!lua_isfunction(L, -1))
    refuse(L, plugin, "provides.%s: expected a function in what the file returns, got a %s", each->name, remit_typename(L, -1));
  lua_pushvalue(L, -1);
  lua_pushlightuserdata(L, (void *)each);
  lua_pushcclosure(L, call_provided, UP_COUNT);
  lua_replace(L, -2);
  /* A C closure that outlives loading is else taken for an iterator with a state of its own. */
  if (!remit_address_set_add(&remit_vm_of(L)->frozen, lua_topointer(L, -1))) remit_no_memory(L);
}

void remit_plugin_provide(lua_State *L, const char *module) {
  const char *name, *part;
  size_t length;
  if (!remit_plugin_module(module, &name, &length, &part) || part) return;
  int value = lua_gettop(L);
  luaL_checkstack(L, 10, NULL);
  const remit_declared_plugin *plugin = remit_plugin_find(remit_vm_of(L), name, length);
  if (!plugin) {
    lua_pushfstring(L, "plugins/%s/plugin.lua:1: a plugin declares itself: its first statement must be plugin { name = \"%s\", … }",
                    name, name);
    lua_error(L);
  }
  if (!lua_istable(L, value)) refuse(L, plugin, "a plugin returns what it provides: end its file with return { name = … }");
  remit_freeze(L, value);
  remit_keep_frozen(L, value);  /* policies get another table in its place */
  refuse_others(L, plugin, value);
  lua_createtable(L, 0, (int)plugin->provided_count);
  for (uint32_t i = 0; i < plugin->provided_count; i++) {
    const remit_provided *each = &plugin->provides[i];
    lua_pushstring(L, each->name);
    lua_pushvalue(L, -1);
    lua_rawget(L, value);
    provide_one(L, plugin, each);
    lua_rawset(L, -3);
  }
  lua_replace(L, value);
  lua_settop(L, value);
}
