#include <stdlib.h>
#include <string.h>

#include "machine.h"

/* Tables that outlive a decision are read-only: their addresses are in a set, which every write looks at that the front end
 * could not prove to go to a table made in the same call. Reading costs nothing. */

enum { LARGE_SET = 4096 };

const char remit_key_writers = 0;

static inline size_t address_hash(const void *address) {
  return (size_t)(((uint64_t)(uintptr_t)address * UINT64_C(0x9E3779B97F4A7C15)) >> 24);
}

bool remit_address_set_has(const remit_address_set *set, const void *address) {
  if (!set->count) return false;
  for (size_t i = address_hash(address) & set->mask; set->slots[i]; i = (i + 1) & set->mask)
    if (set->slots[i] == address) return true;
  return false;
}

static void insert(remit_address_set *set, const void *address) {
  size_t i = address_hash(address) & set->mask;
  while (set->slots[i]) {
    if (set->slots[i] == address) return;
    i = (i + 1) & set->mask;
  }
  set->slots[i] = address;
  set->count++;
}

bool remit_address_set_add(remit_address_set *set, const void *address) {
  if (!set->slots || set->count * 2 > set->mask) {
    size_t size = set->slots ? (set->mask + 1) * 2 : 64;
    remit_address_set grown = {calloc(size, sizeof(void *)), size - 1, 0};
    if (!grown.slots) return false;
    for (size_t i = 0; set->slots && i <= set->mask; i++)
      if (set->slots[i]) insert(&grown, set->slots[i]);
    free(set->slots);
    *set = grown;
  }
  insert(set, address);
  return true;
}

void remit_address_set_clear(remit_address_set *set) {
  if (!set->count) return;
  if (set->mask > LARGE_SET) {  /* one large input is not to slow down all that follow */
    remit_address_set_free(set);
    return;
  }
  memset(set->slots, 0, (set->mask + 1) * sizeof(void *));
  set->count = 0;
}

void remit_address_set_free(remit_address_set *set) {
  free(set->slots);
  *set = (remit_address_set){0};
}

void remit_check_writable(lua_State *L, int index) {
  remit_vm *vm = remit_vm_of(L);
  const void *address = lua_topointer(L, index);
  if (remit_address_set_has(&vm->input_tables, address))
    luaL_error(L, "attempt to modify the input: it is read-only (make a table of your own)");
  if (remit_address_set_has(&vm->frozen, address))
    luaL_error(L, "attempt to modify a read-only table (what outlives a decision cannot be changed by one)");
  if (remit_is_row(L, index)) luaL_error(L, "attempt to modify a read-only table (a dataset's row: copy what you need of it)");
}

/* Raises where writes through a metatable with this __newindex (at the top of the stack) would reach a read-only table. */
static void check_newindex(lua_State *L) {
  if (!lua_istable(L, -1)) return;
  remit_vm *vm = remit_vm_of(L);
  const void *address = lua_topointer(L, -1);
  if (remit_address_set_has(&vm->frozen, address) || remit_address_set_has(&vm->input_tables, address))
    luaL_error(L, "__newindex cannot be a read-only table");
}

/* Raises where a `__call` (at the top of the stack) is no function: Lua goes through a chain of objects that call each other in
 * one instruction, and in time quadratic in its length. */
static void check_call(lua_State *L) {
  if (!lua_isnil(L, -1) && !lua_isfunction(L, -1)) luaL_error(L, "'__call' must be a function");
}

static const char *const forbidden_keys[] = {"__gc", "__close", "__mode", "__metatable"};

void remit_check_metatable(lua_State *L, int index) {
  index = lua_absindex(L, index);
  for (size_t i = 0; i < sizeof forbidden_keys / sizeof *forbidden_keys; i++) {
    lua_pushstring(L, forbidden_keys[i]);
    if (lua_rawget(L, index) != LUA_TNIL) luaL_error(L, "a metatable with '%s' is refused", forbidden_keys[i]);
    lua_pop(L, 1);
  }
  lua_pushliteral(L, "__newindex");
  lua_rawget(L, index);
  check_newindex(L);
  lua_pushliteral(L, "__call");
  lua_rawget(L, index);
  check_call(L);
  lua_pop(L, 2);
  remit_guard_length(L, index);
}

/* Raises where a metatable must not get this field (key at 2, value at 3) after it was set. */
static void check_late_metafield(lua_State *L) {
  const char *key = lua_tostring(L, 2);
  if (key[0] != '_' || key[1] != '_') return;
  for (size_t i = 0; i < sizeof forbidden_keys / sizeof *forbidden_keys; i++)
    if (!strcmp(key, forbidden_keys[i])) luaL_error(L, "the field '%s' cannot be set", key);
  if (!strcmp(key, "__newindex")) check_newindex(L);
  if (!strcmp(key, "__call")) check_call(L);
  if (!strcmp(key, "__len")) remit_wrap_length(L);
}

/* table, key, value: what `t[k] = v` becomes where the front end cannot prove whose table it is. */
int remit_op_set(lua_State *L) {
  lua_settop(L, 3);
  if (lua_type(L, 1) != LUA_TTABLE) {
    if (remit_is_dataset(L, 1)) return luaL_error(L, "attempt to modify a dataset: it is read-only");
    return luaL_error(L, "attempt to index a %s value", remit_typename(L, 1));
  }
  remit_check_writable(L, 1);
  if (lua_type(L, 2) == LUA_TSTRING) check_late_metafield(L);
  else if (lua_isnil(L, 2)) return luaL_error(L, "table index is nil");
  lua_settable(L, 1);
  return 0;
}

/* ---- Freezing what loading leaves behind */

/* The stack of the walk: a Lua table of values still to visit, at `todo`. */
static void visit_later(lua_State *L, int todo, lua_Integer *waiting) {
  lua_rawseti(L, todo, ++*waiting);
}

static bool worth_a_visit(lua_State *L, int index) {
  int type = lua_type(L, index);
  return type == LUA_TTABLE || type == LUA_TFUNCTION;
}

static void add(lua_State *L, remit_vm *vm, const void *address) {
  if (!remit_address_set_add(&vm->frozen, address)) remit_no_memory(L);
}

static void check_lua_function(lua_State *L, int index) {
  lua_Debug ar;
  lua_pushvalue(L, index);
  lua_getinfo(L, ">S", &ar);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &remit_key_writers);
  lua_getfield(L, -1, ar.source);
  if (lua_istable(L, -1)) {
    lua_rawgeti(L, -1, ar.linedefined);
    if (lua_toboolean(L, -1))
      luaL_error(L, "%s:%d: this function assigns to a local variable of the function around it and outlives loading: "
        "no decision may leave a trace (pass the value as an argument and return it)", ar.short_src, ar.linedefined);
    lua_pop(L, 1);
  }
  lua_pop(L, 2);
}

/* A C closure has a state of its own, unless it is one of the library's. */
static bool is_iterator(lua_State *L, remit_vm *vm, int index) {
  if (!lua_iscfunction(L, index) || remit_is_checked_length(L, index) || remit_address_set_has(&vm->frozen, lua_topointer(L, index))) return false;
  if (remit_is_traced_helper(lua_tocfunction(L, index))) return false;  /* its state is the machine's, and no decision sees it */
  if (!lua_getupvalue(L, index, 1)) return false;
  lua_pop(L, 1);
  return true;
}

static void freeze_upvalue(lua_State *L, remit_vm *vm, int function, const char *name) {
  if (!vm->sealed || !is_iterator(L, vm, lua_gettop(L))) return;
  lua_Debug ar;
  lua_pushvalue(L, function);
  lua_getinfo(L, ">S", &ar);
  luaL_error(L, "%s:%d: the iterator '%s' was made while loading and would outlive it: make it where it is used", ar.short_src,
             ar.linedefined, name);
}

static void freeze_function(lua_State *L, remit_vm *vm, int index, int todo, lua_Integer *waiting) {
  if (remit_is_checked_length(L, index)) {
    lua_getupvalue(L, index, 1);
    visit_later(L, todo, waiting);
    return;
  }
  if (lua_iscfunction(L, index)) {
    if (!is_iterator(L, vm, index)) return;
    if (vm->sealed) luaL_error(L, "an iterator made while loading would outlive it: make it where it is used");
    add(L, vm, lua_topointer(L, index));
    return;
  }
  if (remit_address_set_has(&vm->frozen, lua_topointer(L, index))) return;
  add(L, vm, lua_topointer(L, index));
  check_lua_function(L, index);
  const char *name;
  for (int i = 1; (name = lua_getupvalue(L, index, i)); i++) {
    freeze_upvalue(L, vm, index, name);
    if (worth_a_visit(L, -1)) visit_later(L, todo, waiting);
    else lua_pop(L, 1);
  }
}

static void freeze_table(lua_State *L, remit_vm *vm, int index, int todo, lua_Integer *waiting) {
  if (remit_address_set_has(&vm->frozen, lua_topointer(L, index))) return;
  add(L, vm, lua_topointer(L, index));
  if (vm->sealed) remit_guard_length(L, index);  /* it may serve as a metatable later */
  if (lua_getmetatable(L, index)) visit_later(L, todo, waiting);
  lua_pushnil(L);
  while (lua_next(L, index)) {
    if (worth_a_visit(L, -1)) visit_later(L, todo, waiting);
    else lua_pop(L, 1);
    if (worth_a_visit(L, -1)) {
      lua_pushvalue(L, -1);
      visit_later(L, todo, waiting);
    }
  }
}

void remit_freeze(lua_State *L, int index) {
  remit_vm *vm = remit_vm_of(L);
  index = lua_absindex(L, index);
  if (!worth_a_visit(L, index)) return;
  luaL_checkstack(L, 8, NULL);
  lua_newtable(L);
  int todo = lua_gettop(L);
  lua_Integer waiting = 0;
  lua_pushvalue(L, index);
  visit_later(L, todo, &waiting);
  while (waiting > 0) {
    lua_rawgeti(L, todo, waiting);
    lua_pushnil(L);
    lua_rawseti(L, todo, waiting--);
    remit_charge(L, 2);
    if (lua_istable(L, -1)) freeze_table(L, vm, lua_gettop(L), todo, &waiting);
    else freeze_function(L, vm, lua_gettop(L), todo, &waiting);
    lua_settop(L, todo);
  }
  lua_settop(L, todo - 1);
}

void remit_keep_frozen(lua_State *L, int index) {
  lua_pushvalue(L, index);
  luaL_ref(L, LUA_REGISTRYINDEX);
}
