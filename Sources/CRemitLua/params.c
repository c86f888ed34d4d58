#include <stdio.h>
#include <string.h>

#include "machine.h"

/* The params of a policy: the defaults of its declaration, and what a caller sets in their place. */

static _Noreturn void refuse(lua_State *L, const char *name, const char *why) {
  remit_vm_of(L)->job.status = REMIT_INVALID_PARAMS;
  lua_pushfstring(L, "%s: %s", name, why);
  lua_error(L);
  __builtin_unreachable();
}

static const remit_param *find(const remit_policy *policy, const char *name, size_t length) {
  for (uint32_t i = 0; i < policy->param_count; i++)
    if (policy->params[i].name.length == length && memcmp(policy->params[i].name.bytes, name, length) == 0)
      return &policy->params[i];
  return NULL;
}

static void refuse_unknown(lua_State *L, const remit_policy *policy, const char *name) {
  luaL_Buffer known;
  luaL_buffinit(L, &known);
  for (uint32_t i = 0; i < policy->param_count; i++) {
    if (i) luaL_addstring(&known, ", ");
    luaL_addlstring(&known, policy->params[i].name.bytes, policy->params[i].name.length);
  }
  luaL_pushresult(&known);
  refuse(L, name, lua_pushfstring(L, policy->param_count ? "no such param (the policy has: %s)" : "the policy has no params%s",
                                  lua_tostring(L, -1)));
}

bool remit_push_json_value(lua_State *L, const remit_type *type, remit_slice value, int slots) {
  if (type->optional && value.bytes[0] == 'n') {
    lua_pushnil(L);
    return true;
  }
  remit_json_cursor c = {value.bytes, value.bytes + value.length, REMIT_JSON_OK, 0, 4};
  bool fits;
  if (value.bytes[0] == '"' && value.length >= 2) {
    luaL_Buffer buffer;
    char *room = luaL_buffinitsize(L, &buffer, value.length);
    size_t length = remit_json_unescape(value.bytes + 1, value.length - 2, (uint8_t *)room);
    luaL_pushresultsize(&buffer, length);
    fits = remit_decode_text(L, type, lua_tostring(L, -1), length, slots);
    if (fits) lua_remove(L, -2);
  } else {
    fits = remit_decode_value(L, &c, type, slots);
  }
  return fits;
}

/* Pushes the value that the JSON text means for the param. */
static void push_value(lua_State *L, const remit_param *param, remit_slice value, int slots) {
  if (remit_push_json_value(L, param->type, value, slots)) return;
  char words[512];
  remit_explain_value(L, param->type, value, words, sizeof words);
  refuse(L, param->name.bytes, words);
}

/* `check` has a say about params that do not go together. */
static void run_check(lua_State *L, const remit_policy *policy, int slots) {
  if (!policy->has_check) return;
  lua_rawgeti(L, slots, REMIT_SLOT_CHECK);
  lua_rawgeti(L, slots, REMIT_SLOT_PARAMS);
  lua_call(L, 1, 1);
  if (!lua_toboolean(L, -1)) {
    lua_pop(L, 1);
    return;
  }
  remit_vm_of(L)->job.status = REMIT_INVALID_PARAMS;
  if (lua_type(L, -1) != LUA_TSTRING) lua_pushliteral(L, "the params contradict each other");
  lua_error(L);
}

static void set_defaults(lua_State *L, const remit_policy *policy, int slots, int params) {
  for (uint32_t i = 0; i < policy->param_count; i++) {
    lua_rawgeti(L, slots, policy->params[i].name.slot);
    lua_rawgeti(L, slots, policy->params[i].default_slot);
    lua_rawset(L, params);
  }
}

void remit_params_from_json(lua_State *L, remit_policy *policy, const remit_slice *json) {
  luaL_checkstack(L, 12, NULL);
  lua_rawgeti(L, LUA_REGISTRYINDEX, policy->slots);
  int slots = lua_gettop(L);
  lua_rawgeti(L, slots, REMIT_SLOT_PARAMS);
  int params = lua_gettop(L);
  set_defaults(L, policy, slots, params);
  if (json) {
    remit_json_walk walk;
    if (!remit_json_walk_start(&walk, *json) || !walk.object) refuse(L, "params", "expected an object");
    bool *seen = lua_newuserdatauv(L, policy->param_count + 1, 0);  /* Lua's, so that it goes however this ends */
    memset(seen, 0, policy->param_count + 1);
    while (remit_json_walk_next(&walk)) {
      luaL_Buffer buffer;
      char *room = luaL_buffinitsize(L, &buffer, walk.key.length + 1);
      size_t length = remit_json_unescape(walk.key.bytes, walk.key.length, (uint8_t *)room);
      luaL_pushresultsize(&buffer, length);
      const remit_param *param = find(policy, lua_tostring(L, -1), length);
      if (!param) refuse_unknown(L, policy, lua_tostring(L, -1));
      if (seen[param - policy->params]) refuse(L, param->name.bytes, "stands there twice");
      seen[param - policy->params] = true;
      push_value(L, param, walk.value, slots);
      lua_rawset(L, params);
    }
  }
  run_check(L, policy, slots);
  lua_settop(L, slots - 1);
}

typedef struct params_job {
  remit_policy *policy;
  remit_slice json;
} params_job;

static int set_params(lua_State *L) {
  params_job *job = lua_touserdata(L, 1);
  remit_vm *vm = remit_vm_of(L);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &remit_key_counter);
  remit_budget_start(L, vm, &vm->limits.decision, lua_gettop(L));
  const uint8_t *fault;
  /* Whoever has read them has a limit of nesting of its own; here each param says what is wrong with its value. */
  if (remit_json_validate(job->json, REMIT_JSON_DEPTH_LIMIT, &fault) != REMIT_JSON_OK) refuse(L, "params", "not JSON");
  while (job->json.length && strchr(" \t\r\n", job->json.bytes[0])) job->json.bytes++, job->json.length--;
  remit_params_from_json(L, job->policy, &job->json);
  remit_budget_settle(L, vm);
  return 0;
}

/* After a failure, which may have set some of them. */
static int reset_params(lua_State *L) {
  const remit_policy *policy = ((params_job *)lua_touserdata(L, 1))->policy;
  lua_rawgeti(L, LUA_REGISTRYINDEX, policy->slots);
  lua_rawgeti(L, 2, REMIT_SLOT_PARAMS);
  set_defaults(L, policy, 2, 3);
  return 0;
}

remit_status remit_vm_set_params(remit_vm *vm, uint32_t policy, remit_slice json) {
  lua_State *L = vm->L;
  params_job job = {vm->policies[policy], json};
  /* What it puts in the place of other params may lie about uncollected, as after a decision. */
  vm->decided |= vm->params_set;
  vm->params_set = true;
  vm->job.status = REMIT_OK;
  vm->message_length = 0;
  vm->message_line = 0;
  vm->memory.limit = vm->memory.bytes + vm->limits.load.memory_bytes;
  vm->memory.refusals = 0;
  remit_address_set_clear(&vm->input_tables);  /* those of the last input may be gone, and their addresses used again */
  lua_pushcfunction(L, remit_on_error);
  lua_pushcfunction(L, set_params);
  lua_pushlightuserdata(L, &job);
  remit_watch_begin(vm, vm->limits.decision.milliseconds);
  int status = lua_pcall(L, 1, 0, 1);
  remit_watch_end(vm);
  remit_status result = REMIT_OK;
  if (status != LUA_OK) {
    result = remit_take_error(vm, status);
    if (vm->job.status == REMIT_INVALID_PARAMS) result = REMIT_INVALID_PARAMS;
    lua_settop(L, 0);
    lua_pushcfunction(L, reset_params);
    lua_pushlightuserdata(L, &job);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK) vm->discard = true;
  }
  vm->spent = false;
  lua_settop(L, 0);
  return result;
}
