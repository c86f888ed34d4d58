#include <stdio.h>
#include <string.h>

#include "plugin.h"

/* Who asks for a file or a module, and whether it may have it. A policy reads the folder of policies. A plugin gets what its
 * declaration names and its own modules, nothing else, whoever calls it. */

static const char prefix[] = "plugin.";
enum { PREFIX = sizeof prefix - 1 };

bool remit_plugin_module(const char *module, const char **name, size_t *length, const char **part) {
  if (strncmp(module, prefix, PREFIX) != 0) return false;
  *name = module + PREFIX;
  const char *dot = strchr(*name, '.');
  *length = dot ? (size_t)(dot - *name) : strlen(*name);
  *part = dot ? dot + 1 : NULL;
  return true;
}

/* The module whose text runs: that of the innermost function written in Lua. A plugin's function that calls on by `return f(x)` has
 * left the stack, but the C function that called it has not. */
void remit_push_asking_module(lua_State *L) {
  luaL_checkstack(L, 4, NULL);
  lua_Debug ar;
  for (int level = 1; lua_getstack(L, level, &ar); level++) {
    lua_getinfo(L, "Sf", &ar);
    const remit_provided *provided = remit_provided_of(L);
    lua_pop(L, 1);
    if (provided) {
      lua_pushfstring(L, "%s%s", prefix, provided->plugin);
      return;
    }
    lua_rawgetp(L, LUA_REGISTRYINDEX, &remit_key_sources);
    if (lua_getfield(L, -1, ar.source) == LUA_TSTRING) {
      lua_remove(L, -2);
      return;
    }
    lua_pop(L, 2);
  }
  remit_push_loading_module(L);
}

static _Noreturn void refuse_undeclared(lua_State *L, const char *name, size_t length) {
  lua_pushlstring(L, name, length);
  luaL_error(L, "plugin.%s gets nothing before it has declared itself: plugin { … } must be the first statement of its plugin.lua",
             lua_tostring(L, -1));
  __builtin_unreachable();
}

/* ---- Files */

static bool declares(const remit_declared_plugin *plugin, const char *file) {
  for (uint32_t i = 0; i < plugin->file_count; i++)
    if (strcmp(plugin->files[i], file) == 0) return true;
  return false;
}

/* Pushes the module that asks for the file named at `arg`; raises where that is a plugin that has not declared the file. */
static remit_slice push_asker(lua_State *L, int arg, remit_slice *named) {
  size_t length, name_length;
  const char *file = luaL_checklstring(L, arg, &length), *name, *part;
  *named = (remit_slice){(const uint8_t *)file, length};
  remit_push_asking_module(L);
  size_t module_length = 0;
  const char *module = lua_tolstring(L, -1, &module_length);
  if (module && remit_plugin_module(module, &name, &name_length, &part)) {
    const remit_declared_plugin *plugin = remit_plugin_find(remit_vm_of(L), name, name_length);
    if (!plugin) refuse_undeclared(L, name, name_length);
    if (strlen(file) != length || !declares(plugin, file))
      luaL_error(L, "plugin.%s may not read '%s': its declaration's 'files' does not name it", plugin->name, file);
  }
  return (remit_slice){(const uint8_t *)module, module_length};
}

remit_slice remit_ask_file(lua_State *L, int arg) {
  const remit_source *source = &remit_vm_of(L)->source;
  remit_slice file, module = push_asker(L, arg, &file), bytes = {0};
  if (!source->file(source->context, module, file, &bytes)) luaL_error(L, "cannot read the data file '%s'", lua_tostring(L, arg));
  lua_pop(L, 1);
  return bytes;
}

remit_dataset *remit_ask_dataset(lua_State *L, int arg, remit_dataset_builder *builder) {
  remit_vm *vm = remit_vm_of(L);
  remit_slice file, module = push_asker(L, arg, &file);
  remit_dataset *dataset = NULL;
  /* The first machine makes what the others find: the clock must not tell them apart. */
  remit_watch_end(vm);
  bool found = vm->source.dataset(vm->source.context, module, file, builder, &dataset);
  remit_watch_begin(vm, vm->limits.load.milliseconds);
  lua_pop(L, 1);
  return found ? dataset : NULL;
}

/* ---- Modules */

void remit_check_require(lua_State *L, const char *module) {
  const char *name, *part, *asking, *asking_name, *asking_part;
  size_t length, asking_length;
  bool of_plugin = remit_plugin_module(module, &name, &length, &part);
  remit_push_asking_module(L);
  asking = lua_tostring(L, -1);
  bool by_plugin = asking && remit_plugin_module(asking, &asking_name, &asking_length, &asking_part);
  if (by_plugin) {
    lua_pushlstring(L, asking_name, asking_length);
    const char *own = lua_tostring(L, -1);
    if (!remit_plugin_find(remit_vm_of(L), asking_name, asking_length)) refuse_undeclared(L, asking_name, asking_length);
    if (!of_plugin || !part || length != asking_length || memcmp(name, asking_name, length) != 0)
      luaL_error(L, "plugin.%s may require its own modules only, such as plugin.%s.part for plugins/%s/part.lua, not '%s'", own, own,
                 own, module);
    lua_pop(L, 1);
  } else if (of_plugin && part) {
    lua_pushlstring(L, name, length);
    luaL_error(L, "'%s' belongs to its plugin alone: require plugin.%s", module, lua_tostring(L, -1));
  }
  lua_pop(L, 1);
}
