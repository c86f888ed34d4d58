#include <stdio.h>
#include <string.h>

#include "arith.h"
#include "machine.h"

/* Modules: text -> value, once a machine. Everything that a module leaves behind is read-only before anybody else sees it. */

const char remit_key_loaded = 0, remit_key_sources = 0;

/* The helpers in the order in which translated text takes them, the counter's value first; see RemitSyntax. */
static const lua_CFunction helpers[] = {
  remit_op_spent, remit_op_add,  remit_op_sub, remit_op_mul, remit_op_div, remit_op_idiv,   remit_op_mod, remit_op_pow, remit_op_band,
  remit_op_bor,   remit_op_bxor, remit_op_shl, remit_op_shr, remit_op_bnot, remit_op_concat, remit_op_set, remit_op_for, remit_op_big,
  remit_op_va,
};
enum { HELPERS = sizeof helpers / sizeof *helpers };

bool remit_is_helper(lua_CFunction function) {
  for (int i = 0; i < HELPERS; i++)
    if (helpers[i] == function) return true;
  return remit_is_length_guard(function);
}

/* Makes the function at the top of the stack, and so every function made in it, count in the machine's own counter. */
static void join_counter(lua_State *L) {
  int function = lua_gettop(L);
  for (int i = 1; ; i++) {
    const char *name = lua_getupvalue(L, function, i);
    if (!name) return;
    lua_pop(L, 1);
    if (strcmp(name, "__remit_B") != 0) continue;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &remit_key_counter);
    lua_upvaluejoin(L, function, i, function + 1, 1);
    lua_pop(L, 1);
    return;
  }
}

static void note_writers(lua_State *L, const remit_module *module) {
  if (!module->writer_count) return;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &remit_key_writers);
  lua_pushliteral(L, "@");
  lua_pushlstring(L, (const char *)module->file.bytes, module->file.length);
  lua_concat(L, 2);
  lua_newtable(L);
  for (size_t i = 0; i < module->writer_count; i++) {
    lua_pushboolean(L, 1);
    lua_rawseti(L, -2, module->writer_lines[i]);
  }
  lua_rawset(L, -3);
  lua_pop(L, 1);
}

/* The modules that are being loaded, as "a -> b": their names stand in a list in the registry under `loading_key`. */
static const char loading_key = 0;

static void refuse_cycle(lua_State *L, const char *name) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &loading_key);
  int list = lua_gettop(L);
  lua_Integer count = (lua_Integer)lua_rawlen(L, list);
  luaL_Buffer chain;
  luaL_buffinit(L, &chain);
  bool within = false;
  for (lua_Integer i = 1; i <= count; i++) {
    lua_rawgeti(L, list, i);
    const char *each = lua_tostring(L, -1);
    if (strcmp(each, name) == 0) within = true;
    lua_pop(L, 1);  /* the list still holds it */
    if (!within) continue;
    luaL_addstring(&chain, each);
    luaL_addstring(&chain, " -> ");
  }
  luaL_addstring(&chain, name);
  luaL_pushresult(&chain);
  luaL_error(L, "loop in require: %s", lua_tostring(L, -1));
}

static void push_loading(lua_State *L, const char *name) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &loading_key);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &loading_key);
  }
  lua_pushstring(L, name);
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  lua_pop(L, 1);
}

static void pop_loading(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &loading_key);
  lua_pushnil(L);
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2));
  lua_pop(L, 1);
}

void remit_forget_loading(lua_State *L) {
  lua_pushnil(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &loading_key);
}

/* The module that is being loaded, or nil; pushed. */
void remit_push_loading_module(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &loading_key);
  if (lua_istable(L, -1)) lua_rawgeti(L, -1, (lua_Integer)lua_rawlen(L, -1));
  else lua_pushnil(L);
  lua_remove(L, -2);
}

/* Some messages of Lua's compiler name the end of the block in front and the line that matters behind: "… at line 7". */
static _Noreturn void refuse_text(lua_State *L, const char *file) {
  size_t length;
  const char *message = lua_tolstring(L, -1, &length), *at = NULL, *next = message;
  while (message && (next = strstr(next, " at line "))) at = next++;
  const char *words = message && strncmp(message, file, strlen(file)) == 0 ? strstr(message, ": ") : NULL;
  const char *behind = at ? at + strlen(" at line ") : NULL;
  if (words && behind && words < at && strspn(behind, "0123456789") == strlen(behind)) {
    lua_pushlstring(L, words, (size_t)(at - words));
    lua_pushfstring(L, "%s:%s%s", file, behind, lua_tostring(L, -1));
  }
  lua_error(L);
  __builtin_unreachable();
}

/* Lua's compiler is one call that nothing interrupts, and some texts take it a time that grows with their square. Fed in pieces,
 * it ends with the time of loading. */
enum { PIECE_BYTES = 4096 };

static const char *next_piece(lua_State *L, void *rest, size_t *length) {
  remit_slice *text = rest;
  remit_budget_check_time(L);
  const char *piece = (const char *)text->bytes;
  *length = text->length < PIECE_BYTES ? text->length : PIECE_BYTES;
  text->bytes += *length;
  text->length -= *length;
  return piece;
}

static void run_module(lua_State *L, const char *name, const remit_module *module) {
  const char *chunk = lua_pushfstring(L, "@%s", lua_pushlstring(L, (const char *)module->file.bytes, module->file.length));
  remit_slice rest = module->text;
  if (lua_load(L, next_piece, &rest, chunk, "t") != LUA_OK) refuse_text(L, chunk + 1);
  note_writers(L, module);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &remit_key_sources);
  lua_pushstring(L, name);
  lua_setfield(L, -2, chunk);
  lua_pop(L, 1);
  luaL_checkstack(L, HELPERS + 8, NULL);
  lua_pushinteger(L, 0);
  for (int i = 0; i < HELPERS; i++) lua_pushcfunction(L, helpers[i]);
  int traced = module->site_count ? remit_push_traced_helpers(L, name, module) : 0;
  lua_call(L, HELPERS + 1 + traced, 1);
  join_counter(L);
  lua_pushstring(L, name);
  lua_call(L, 1, 1);
}

/* Pushes the module's value. */
void remit_load_module(lua_State *L, const char *name, size_t length) {
  luaL_checkstack(L, 12, NULL);
  remit_vm *vm = remit_vm_of(L);
  int top = lua_gettop(L);
  name = lua_pushlstring(L, name, length);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &remit_key_loaded);
  int loaded = lua_gettop(L);
  if (lua_getfield(L, loaded, name) != LUA_TNIL) {
    if (lua_isboolean(L, -1) && !lua_toboolean(L, -1)) refuse_cycle(L, name);
    lua_replace(L, top + 1);
    lua_settop(L, top + 1);
    return;
  }
  remit_module module = {0};
  remit_slice wanted = {(const uint8_t *)name, length};
  if (!vm->loading) {
    remit_charge_bytes(L, length);
    luaL_error(L, "module '%s' is not loaded: require it at the top of the file", name);
  }
  if (!memchr(name, 0, length) && remit_push_native(L, name)) {
    lua_pushvalue(L, -1);
    lua_setfield(L, loaded, name);
    lua_replace(L, top + 1);
    lua_settop(L, top + 1);
    return;
  }
  if (memchr(name, 0, length) || !vm->source.module(vm->source.context, wanted, &module))
    luaL_error(L, "module '%s' not found, or not loadable", name);
  lua_pushboolean(L, 0);
  lua_setfield(L, loaded, name);
  char outer[sizeof vm->module_file];
  memcpy(outer, vm->module_file, sizeof outer);
  snprintf(vm->module_file, sizeof vm->module_file, "%.*s", (int)module.file.length, (const char *)module.file.bytes);
  push_loading(L, name);
  vm->modules_open++;
  remit_note_lookups(L, module.lookups);
  run_module(L, name, &module);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    lua_pushboolean(L, 1);
  }
  remit_plugin_provide(L, name);
  remit_freeze(L, -1);
  lua_pushvalue(L, -1);
  lua_setfield(L, loaded, name);
  vm->modules_open--;
  pop_loading(L);
  if (vm->modules_open) memcpy(vm->module_file, outer, sizeof outer);  /* the outermost stays: what follows is about it */
  lua_replace(L, top + 1);
  lua_settop(L, top + 1);
}

uint32_t remit_modules_open(lua_State *L) { return remit_vm_of(L)->modules_open; }

int remit_require(lua_State *L) {
  size_t length;
  const char *name = luaL_checklstring(L, 1, &length);
  remit_check_require(L, name);
  remit_load_module(L, name, length);
  return 1;
}

/* ---- Policies */

static bool has_metatable(lua_State *L, int index, const void *key) {
  if (!lua_getmetatable(L, index)) return false;
  lua_rawgetp(L, LUA_REGISTRYINDEX, key);
  bool equal = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return equal;
}

typedef struct load_job {
  remit_slice name;
  remit_policy *policy;
  remit_buffer *out;
} load_job;

void remit_start_loading(lua_State *L) {
  remit_vm *vm = remit_vm_of(L);
  vm->loading = true;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &remit_key_counter);
  remit_budget_start(L, vm, &vm->limits.load, lua_gettop(L));
  lua_pop(L, 1);
}

/* light userdata: load_job */
static int load_policy(lua_State *L) {
  load_job *job = lua_touserdata(L, 1);
  remit_vm *vm = remit_vm_of(L);
  remit_start_loading(L);
  remit_load_module(L, (const char *)job->name.bytes, job->name.length);
  if (!lua_istable(L, -1) || !has_metatable(L, -1, &remit_key_policy))
    luaL_error(L, "%s does not return a policy: its file must end with return policy { … }",
               lua_pushlstring(L, (const char *)job->name.bytes, job->name.length));
  remit_compile_policy(L, lua_gettop(L), job->policy);
  remit_check_tables(L);
  remit_index_datasets(L);
  remit_make_runner(L, job->policy);
  remit_params_from_json(L, job->policy, NULL);
  remit_budget_settle(L, vm);
  return 0;
}

/* light userdata: load_job */
static int load_tests(lua_State *L) {
  load_job *job = lua_touserdata(L, 1);
  remit_vm *vm = remit_vm_of(L);
  remit_start_loading(L);
  remit_set_test_words(L);
  remit_load_module(L, (const char *)job->name.bytes, job->name.length);
  remit_freeze_properties(L);
  lua_newtable(L);
  lua_insert(L, -2);
  int list = lua_gettop(L) - 1, value = lua_gettop(L);
  if (lua_istable(L, value) && has_metatable(L, value, &remit_key_test)) {
    lua_rawseti(L, list, 1);
  } else {
    lua_Integer count = lua_istable(L, value) ? (lua_Integer)lua_rawlen(L, value) : 0;
    if (!count) luaL_error(L, "a test file must end with return test \"<policy>\" { … }");
    for (lua_Integer i = 1; i <= count; i++) {
      lua_rawgeti(L, value, i);
      if (!lua_istable(L, -1) || !has_metatable(L, -1, &remit_key_test))
        luaL_error(L, "a test file must end with return test \"<policy>\" { … }");
      lua_rawseti(L, list, i);
    }
  }
  lua_settop(L, list);
  remit_encode(L, list, job->out, "a test");
  return 0;
}

/* light userdata: load_job */
static int load_alone(lua_State *L) {
  load_job *job = lua_touserdata(L, 1);
  remit_vm *vm = remit_vm_of(L);
  remit_start_loading(L);
  remit_load_module(L, (const char *)job->name.bytes, job->name.length);
  remit_budget_settle(L, vm);
  return 0;
}

remit_status remit_protected_load(remit_vm *vm, lua_CFunction function, remit_slice module, void *job) {
  lua_State *L = vm->L;
  vm->memory.limit = vm->memory.bytes + vm->limits.load.memory_bytes;
  vm->memory.refusals = 0;
  remit_address_set_clear(&vm->input_tables);
  vm->message_length = 0;
  vm->message_line = 0;
  vm->modules_open = 0;
  vm->policy_line = 0;
  snprintf(vm->module_file, sizeof vm->module_file, "%.*s", (int)module.length, (const char *)module.bytes);
  lua_pushcfunction(L, remit_on_error);
  lua_pushcfunction(L, function);
  lua_pushlightuserdata(L, job);
  remit_watch_begin(vm, vm->limits.load.milliseconds);
  int status = lua_pcall(L, 1, 0, 1);
  remit_watch_end(vm);
  remit_status result = status == LUA_OK ? REMIT_OK : remit_take_error(vm, status);
  vm->loading = false;
  lua_settop(L, 0);
  lua_pushcfunction(L, remit_after_load);
  if (lua_pcall(L, 0, 0, 0) != LUA_OK) lua_settop(L, 0);
  if (result != REMIT_OK && vm->message_line) remit_vm_locate(vm, vm->message_file, (int)vm->message_line);
  else if (result != REMIT_OK) remit_vm_locate(vm, vm->module_file, vm->policy_line ? vm->policy_line : 1);
  vm->base_bytes = vm->memory.bytes;
  vm->spent = false;
  return result;
}

remit_status remit_protected_call(remit_vm *vm, lua_CFunction function, void *job, remit_slice *result) {
  lua_State *L = vm->L;
  vm->scratch.length = 0;
  vm->scratch.failed = false;
  vm->memory.limit = vm->base_bytes + vm->limits.decision.memory_bytes;
  vm->memory.refusals = 0;
  vm->message_length = 0;
  vm->message_line = 0;
  remit_address_set_clear(&vm->input_tables);
  lua_pushcfunction(L, remit_on_error);
  lua_pushcfunction(L, function);
  lua_pushlightuserdata(L, job);
  remit_watch_begin(vm, vm->limits.decision.milliseconds);
  int status = lua_pcall(L, 1, 0, 1);
  remit_watch_end(vm);
  remit_status code = status == LUA_OK ? REMIT_OK : remit_take_error(vm, status);
  lua_settop(L, 0);
  if (code == REMIT_OK && vm->scratch.failed) {
    remit_vm_say(vm, "no memory for the result");
    code = REMIT_INTERNAL_ERROR;
  }
  *result = (remit_slice){vm->scratch.bytes, vm->scratch.length};
  return code;
}

remit_status remit_vm_load_policy(remit_vm *vm, remit_slice name, uint32_t *number) {
  remit_policy *policy = remit_vm_new_policy(vm, name);
  if (!policy) {
    remit_vm_say(vm, "no memory for a policy");
    return REMIT_INTERNAL_ERROR;
  }
  load_job job = {name, policy, NULL};
  remit_status status = remit_protected_load(vm, load_policy, name, &job);
  *number = vm->policy_count - 1;
  return status;
}

remit_status remit_vm_load_tests(remit_vm *vm, remit_slice name, remit_slice *tests) {
  vm->scratch.length = 0;
  vm->scratch.failed = false;
  load_job job = {name, NULL, &vm->scratch};
  size_t most = vm->limits.decision_bytes;
  vm->limits.decision_bytes = vm->limits.load.memory_bytes;  /* a file of tests may be larger than a decision */
  remit_status status = remit_protected_load(vm, load_tests, name, &job);
  vm->limits.decision_bytes = most;
  *tests = (remit_slice){vm->scratch.bytes, vm->scratch.length};
  return status;
}

remit_status remit_vm_load_module(remit_vm *vm, remit_slice name) {
  load_job job = {name, NULL, NULL};
  return remit_protected_load(vm, load_alone, name, &job);
}
