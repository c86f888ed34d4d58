#include <string.h>

#include "machine.h"

/* Properties: functions of a test file that say what holds of a policy's decisions, whatever the input.
 *
 * A property asks for decisions with `decide(tx)`. They are the engine's to make, on the policy's own machine and under its own
 * budget, and no call may wait in here for them. So a call that asks for what is not known yet ends with the question, and is made
 * again with the answer: a function without side effects comes to the same point again, and goes on from there. */

static const char properties_key = 0;  /* registry: the functions, by number */

/* ---- Loading */

static void push_properties(lua_State *L) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &properties_key) == LUA_TTABLE) return;
  lua_pop(L, 1);
  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &properties_key);
}

/* Copies the case at the top of the stack and leaves the copy in its place: { ["function"] = its number } is its property. */
static void take_property(lua_State *L) {
  int given = lua_gettop(L);
  lua_newtable(L);
  lua_pushnil(L);
  while (lua_next(L, given)) {
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_rawset(L, given + 1);
  }
  push_properties(L);
  lua_Integer number = (lua_Integer)lua_rawlen(L, -1) + 1;
  lua_getfield(L, given + 1, "property");
  lua_rawseti(L, -2, number);
  lua_createtable(L, 0, 1);
  lua_pushinteger(L, number);
  lua_setfield(L, -2, "function");
  lua_setfield(L, given + 1, "property");
  lua_settop(L, given + 1);
  lua_replace(L, given);
}

static bool has_property(lua_State *L) {
  if (!lua_istable(L, -1) || lua_getmetatable(L, -1)) return false;
  lua_pushliteral(L, "property");
  bool is_function = lua_rawget(L, -2) == LUA_TFUNCTION;
  lua_pop(L, 1);
  return is_function;
}

void remit_take_properties(lua_State *L, int index) {
  luaL_checkstack(L, 12, NULL);
  lua_newtable(L);
  int cases = lua_gettop(L);
  lua_pushnil(L);
  while (lua_next(L, index)) {
    int value = lua_gettop(L);
    if (has_property(L)) take_property(L);
    lua_settop(L, value);
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_rawset(L, cases);
    remit_charge(L, 1);
  }
}

void remit_freeze_properties(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &properties_key);
  remit_freeze(L, -1);
  lua_pop(L, 1);
}

/* ---- Calling */

typedef struct property_job {
  uint32_t number;
  remit_slice input;
  remit_json_walk answers;
  remit_buffer *out;
  bool asked;
} property_job;

/* tx -> decision, or nil and the error */
static int decide(lua_State *L) {
  property_job *job = lua_touserdata(L, lua_upvalueindex(1));
  luaL_checktype(L, 1, LUA_TTABLE);
  if (!job->asked && remit_json_walk_next(&job->answers)) {
    remit_charge_bytes(L, job->answers.value.length);
    remit_push_any(L, job->answers.value);
    if (lua_getfield(L, -1, "decision") != LUA_TNIL) return 1;
    lua_getfield(L, -2, "error");
    return 2;
  }
  if (!job->asked) {
    remit_buffer_append(job->out, "{\"ask\":", 7);
    remit_encode(L, 1, job->out, "the input");
    remit_buffer_byte(job->out, '}');
    job->asked = true;
  }
  /* A pcall that catches it changes nothing: the question counts, whatever comes of this call. */
  return luaL_error(L, "asks for a decision");
}

/* light userdata: property_job */
static int call(lua_State *L) {
  property_job *job = lua_touserdata(L, 1);
  remit_vm *vm = remit_vm_of(L);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &remit_key_counter);
  remit_budget_start(L, vm, &vm->limits.decision, 2);
  push_properties(L);
  if (lua_rawgeti(L, -1, (lua_Integer)job->number) != LUA_TFUNCTION) luaL_error(L, "property: expected a function");
  remit_charge_bytes(L, job->input.length);
  remit_push_any(L, job->input);
  lua_pushlightuserdata(L, job);
  lua_pushcclosure(L, decide, 1);
  lua_call(L, 2, 2);
  remit_budget_settle(L, vm);
  if (job->asked) return 0;
  if (!lua_isboolean(L, -2))
    luaL_error(L, "a property returns true, or false and a message: got %s", remit_typename(L, -2));
  if (lua_toboolean(L, -2)) {
    remit_buffer_append(job->out, "{\"holds\":true}", 14);
    return 0;
  }
  remit_buffer_append(job->out, "{\"holds\":false,\"message\":", 25);
  remit_encode(L, -1, job->out, "the message");
  remit_buffer_byte(job->out, '}');
  return 0;
}

remit_status remit_vm_call_property(remit_vm *vm, uint32_t number, remit_slice input, remit_slice answers, remit_slice *result) {
  property_job job = {.number = number, .input = input, .out = &vm->scratch};
  remit_json_walk_start(&job.answers, answers);
  remit_status code = remit_protected_call(vm, call, &job, result);
  return job.asked && !vm->scratch.failed ? REMIT_OK : code;  /* it asks by an error */
}
