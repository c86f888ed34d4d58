#include <stdio.h>
#include <string.h>

#include "plugin.h"

/* A plugin by itself: its tests load it and call what it provides, through the same checks as a policy's call. */

typedef struct call_job {
  remit_slice module, name, arguments;
  remit_buffer *out;
} call_job;

/* ---- JSON whose types nobody has declared */

static void push_text(lua_State *L, remit_slice json) {
  luaL_Buffer buffer;
  char *room = luaL_buffinitsize(L, &buffer, json.length);
  luaL_pushresultsize(&buffer, remit_json_unescape(json.bytes, json.length, (uint8_t *)room));
}

/* The text is valid, and no deeper than JSON may be in a test. */
void remit_push_any(lua_State *L, remit_slice json) {
  luaL_checkstack(L, 8, NULL);
  switch (json.bytes[0]) {
  case 'n': lua_pushnil(L); return;
  case 't': case 'f': lua_pushboolean(L, json.bytes[0] == 't'); return;
  case '"': push_text(L, (remit_slice){json.bytes + 1, json.length - 2}); return;
  case '{': case '[': break;
  default:
    if (!remit_push_number_from_text(L, (const char *)json.bytes, json.length)) luaL_error(L, "an argument's number is out of range");
    return;
  }
  remit_json_walk walk;
  remit_json_walk_start(&walk, json);
  lua_newtable(L);
  lua_Integer count = 0;
  while (remit_json_walk_next(&walk)) {
    if (walk.object) push_text(L, (remit_slice){walk.key.bytes, walk.key.length});
    else lua_pushinteger(L, ++count);
    remit_push_any(L, walk.value);
    lua_rawset(L, -3);
  }
}

/* ---- Loading and calling */

/* light userdata: call_job */
static int load(lua_State *L) {
  call_job *job = lua_touserdata(L, 1);
  remit_start_loading(L);
  remit_load_module(L, (const char *)job->module.bytes, job->module.length);
  remit_index_datasets(L);
  remit_budget_settle(L, remit_vm_of(L));
  return 0;
}

/* light userdata: call_job */
static int call(lua_State *L) {
  call_job *job = lua_touserdata(L, 1);
  remit_vm *vm = remit_vm_of(L);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &remit_key_counter);
  remit_budget_start(L, vm, &vm->limits.decision, 2);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &remit_key_loaded);
  lua_pushlstring(L, (const char *)job->module.bytes, job->module.length);
  const char *module = lua_tostring(L, -1);
  lua_rawget(L, -2);
  if (!lua_istable(L, -1)) luaL_error(L, "%s is not loaded", module);
  lua_pushlstring(L, (const char *)job->name.bytes, job->name.length);
  const char *name = lua_tostring(L, -1);
  lua_rawget(L, -2);
  if (lua_isnil(L, -1)) luaL_error(L, "%s provides no '%s'", module, name);
  if (lua_isfunction(L, -1)) {
    int count = 0;
    remit_json_walk walk;
    remit_json_walk_start(&walk, job->arguments);
    for (; remit_json_walk_next(&walk); count++) remit_push_any(L, walk.value);
    lua_call(L, count, 1);
  }
  remit_budget_settle(L, vm);
  if (lua_isnil(L, -1)) remit_buffer_append(job->out, "null", 4);
  else remit_encode(L, -1, job->out, "the result");
  return 0;
}

remit_status remit_vm_load_plugin(remit_vm *vm, remit_slice module) {
  call_job job = {.module = module};
  return remit_protected_load(vm, load, module, &job);
}

remit_status remit_vm_call_plugin(remit_vm *vm, remit_slice module, remit_slice name, remit_slice arguments, remit_slice *result) {
  call_job job = {module, name, arguments, &vm->scratch};
  return remit_protected_call(vm, call, &job, result);
}
