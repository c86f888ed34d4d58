#include <stdlib.h>
#include <string.h>

#include "arith.h"
#include "machine.h"

/* The machine: made, asked, destroyed. */

typedef struct library {
  const char *name;
  lua_CFunction open;
} library;

static const library libraries[] = {
  {"string", remit_open_string}, {"table", remit_open_table}, {"math", remit_open_math},
  {"utf8", remit_open_utf8},     {"decimal", remit_open_decimal},
};

/* The string metatable takes part in arithmetic on texts of numbers, and nothing can change it. */
static void seal_strings(lua_State *L) {
  lua_pushliteral(L, "");
  if (lua_getmetatable(L, -1)) {
    remit_string_arithmetic(L);
    remit_freeze(L, -1);
  }
  lua_pop(L, 2);
}

/* Where Lua's messages look for the name of a function that was called without one. */
static void name_functions(lua_State *L) {
  lua_newtable(L);
  lua_pushvalue(L, 1);
  lua_setfield(L, -2, LUA_GNAME);
  for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
    lua_getfield(L, 1, libraries[i].name);
    lua_setfield(L, -2, libraries[i].name);
  }
  lua_setfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
}

static int set_up(lua_State *L) {
  remit_vm *vm = remit_vm_of(L);
  vm->loading = true;
  remit_open_budget(L);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &remit_key_counter);
  remit_budget_start(L, vm, &vm->limits.load, 1);
  lua_settop(L, 0);
  lua_pushglobaltable(L);
  lua_pushcfunction(L, remit_open_base);
  lua_pushvalue(L, 1);
  lua_call(L, 1, 0);
  for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
    lua_pushcfunction(L, libraries[i].open);
    lua_call(L, 0, 1);
    lua_setfield(L, 1, libraries[i].name);
  }
  lua_pushcfunction(L, remit_open_declarations);
  lua_pushvalue(L, 1);
  lua_call(L, 1, 0);
  lua_pushcfunction(L, remit_open_dataset);
  lua_pushvalue(L, 1);
  lua_call(L, 1, 0);
  lua_pushcfunction(L, remit_open_tables);
  lua_pushvalue(L, 1);
  lua_call(L, 1, 0);
  lua_pushcfunction(L, remit_open_plugin);
  lua_pushvalue(L, 1);
  lua_call(L, 1, 0);
  lua_pushcfunction(L, remit_require);
  lua_setfield(L, 1, "require");
  name_functions(L);
  lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &remit_key_loaded);
  lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &remit_key_writers);
  lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &remit_key_sources);
  seal_strings(L);
  remit_freeze(L, 1);
  vm->sealed = true;
  vm->loading = false;
  return 0;
}

remit_vm *remit_vm_create(const remit_limits *limits, const remit_source *source) {
  remit_vm *vm = calloc(1, sizeof *vm);
  if (!vm) return NULL;
  vm->limits = *limits;
  vm->source = *source;
  vm->memory.limit = SIZE_MAX / 2;
  vm->L = lua_newstate(remit_allocate, &vm->memory);
  if (!vm->L) {
    remit_vm_destroy(vm);
    return NULL;
  }
  *(remit_vm **)lua_getextraspace(vm->L) = vm;
  vm->watched = remit_watch_add(vm);
  if (!vm->watched) {
    remit_vm_destroy(vm);
    return NULL;
  }
  /* What a decision makes dies with it, which is what generations are for: 5 % of a decision less than the incremental mode. */
  lua_gc(vm->L, LUA_GCGEN, 70, 0);
  lua_pushcfunction(vm->L, set_up);
  if (lua_pcall(vm->L, 0, 0, 0) != LUA_OK) {
    remit_vm_destroy(vm);
    return NULL;
  }
  vm->base_bytes = vm->memory.bytes;
  return vm;
}

void remit_vm_destroy(remit_vm *vm) {
  if (!vm) return;
  if (vm->watched) remit_watch_remove(vm);
  remit_forget_datasets(vm);
  if (vm->L) {
    vm->memory.limit = SIZE_MAX / 2;
    vm->memory.refusals = 0;
    lua_close(vm->L);
  }
  remit_memory_free(&vm->memory);
  remit_trace_free(vm->trace);
  for (uint32_t i = 0; i < vm->policy_count; i++) {
    remit_buffer_free(&vm->policies[i]->label);
    remit_buffer_free(&vm->policies[i]->opening);
    free(vm->policies[i]);
  }
  free(vm->policies);
  remit_arena_free(&vm->arena);
  remit_address_set_free(&vm->frozen);
  remit_address_set_free(&vm->input_tables);
  remit_buffer_free(&vm->scratch);
  remit_buffer_free(&vm->native_text);
  free(vm);
}

/* A new policy of the machine, still empty; NULL where memory runs out. */
remit_policy *remit_vm_new_policy(remit_vm *vm, remit_slice name) {
  remit_policy **grown = realloc(vm->policies, (vm->policy_count + 1) * sizeof *grown);
  if (!grown) return NULL;
  vm->policies = grown;
  remit_policy *policy = calloc(1, sizeof *policy + name.length + 1);
  if (!policy) return NULL;
  policy->name.bytes = (char *)(policy + 1);
  policy->name.length = (uint32_t)name.length;
  memcpy(policy->name.bytes, name.bytes, name.length);
  vm->policies[vm->policy_count++] = policy;
  return policy;
}

int remit_after_load(lua_State *L) {
  remit_forget_loading(L);
  lua_gc(L, LUA_GCCOLLECT);
  lua_gc(L, LUA_GCCOLLECT);
  return 0;
}

bool remit_vm_set_label(remit_vm *vm, uint32_t policy, remit_slice label) {
  remit_policy *own = vm->policies[policy];
  static const char decision[] = ",\"decision\":{\"outcome\":";
  own->label.length = own->opening.length = 0;
  remit_buffer_append(&own->label, label.bytes, label.length);
  remit_buffer_append(&own->opening, label.bytes, label.length);
  remit_buffer_append(&own->opening, decision, sizeof decision - 1);
  return !own->label.failed && !own->opening.failed;
}

typedef struct at_job {
  remit_vm *vm;
  char text[32];
  size_t length;
} at_job;

static int set_at(lua_State *L) {
  at_job *job = lua_touserdata(L, 1);
  for (uint32_t i = 0; i < job->vm->policy_count; i++) {
    if (!job->vm->policies[i]->run) continue;
    lua_rawgeti(L, LUA_REGISTRYINDEX, job->vm->policies[i]->slots);
    lua_rawgeti(L, -1, REMIT_SLOT_CONTEXT);
    lua_pushliteral(L, "at");
    lua_pushlstring(L, job->text, job->length);
    lua_rawset(L, -3);
    lua_settop(L, 1);
  }
  return 0;
}

bool remit_vm_set_at(remit_vm *vm, remit_slice at) {
  at_job job = {.vm = vm};
  const char *text = (const char *)at.bytes;
  char midnight[32];
  if (remit_date_valid(text, at.length)) {
    memcpy(midnight, text, 10);
    memcpy(midnight + 10, "T00:00:00Z", 10);
    text = midnight;
    at.length = 20;
  }
  job.length = remit_timestamp_parse(text, at.length, job.text);
  if (!job.length) return false;
  vm->memory.limit = vm->memory.bytes + vm->limits.load.memory_bytes;
  vm->memory.refusals = 0;
  lua_pushcfunction(vm->L, set_at);
  lua_pushlightuserdata(vm->L, &job);
  bool done = lua_pcall(vm->L, 1, 0, 0) == LUA_OK;
  lua_settop(vm->L, 0);
  return done;
}

void remit_note_walk(lua_State *L) { remit_vm_of(L)->walks = true; }
