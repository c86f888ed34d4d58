#include "machine.h"

/* Translated code takes its steps from one counter, a Lua upvalue that all its functions share, and calls `remit_op_spent` when
 * that falls below zero. The counter is filled by slices; what is not handed out yet pays for the work of library calls without
 * the counter being touched. */
enum { SLICE = 20000, PENDING_MAX = 4096 };

const char remit_key_counter = 0;

int remit_open_budget(lua_State *L) {
  static const char text[] = "local steps = 0 return function() return steps end";
  if (luaL_loadbufferx(L, text, sizeof text - 1, "=counter", "t") != LUA_OK) return lua_error(L);
  lua_call(L, 0, 1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &remit_key_counter);
  return 0;
}

static void set_counter(lua_State *L, int counter_index, int64_t steps) {
  lua_pushinteger(L, steps);
  lua_setupvalue(L, counter_index, 1);
}

void remit_budget_start(lua_State *L, remit_vm *vm, const remit_budget *budget, int counter_index) {
  int64_t first = budget->instructions < SLICE ? budget->instructions : SLICE;
  vm->reserve = budget->instructions - first;
  vm->pending = 0;
  vm->memory_bytes = budget->memory_bytes;
  vm->spent = false;
  set_counter(L, counter_index, first);
}

static _Noreturn void raise_spent(lua_State *L, remit_vm *vm, remit_status status) {
  vm->spent = true;
  vm->spent_status = status;
  lua_pushliteral(L, "budget exceeded");
  lua_error(L);
  __builtin_unreachable();
}

/* Takes what is pending from the counter and fills it up where it fell below zero. */
static void refill(lua_State *L, remit_vm *vm) {
  luaL_checkstack(L, 3, NULL);
  if (vm->spent) raise_spent(L, vm, vm->spent_status);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &remit_key_counter);
  lua_getupvalue(L, -1, 1);
  int64_t steps = lua_tointeger(L, -1) - vm->pending;
  lua_pop(L, 1);
  vm->pending = 0;
  if (steps < 0) {
    int64_t wanted = -steps > SLICE ? -steps : SLICE;
    int64_t given = wanted < vm->reserve ? wanted : vm->reserve;
    vm->reserve -= given;
    steps += given;
  }
  set_counter(L, lua_gettop(L), steps);
  lua_pop(L, 1);
  if (steps < 0) raise_spent(L, vm, REMIT_BUDGET_INSTRUCTIONS);
  remit_budget_check_time(L);
}

int remit_op_spent(lua_State *L) {
  refill(L, remit_vm_of(L));
  return 0;
}

/* What `...` becomes where all its values are handed on: they are copied. */
int remit_op_va(lua_State *L) {
  int count = lua_gettop(L);
  if (count > 8) remit_charge(L, (uint64_t)count / 4);
  return count;
}

void remit_charge(lua_State *L, uint64_t steps) {
  remit_vm *vm = remit_vm_of(L);
  vm->pending += steps < INT64_C(1) << 60 ? (int64_t)steps : INT64_C(1) << 60;
  if (vm->pending > PENDING_MAX) refill(L, vm);
}

void remit_budget_settle(lua_State *L, remit_vm *vm) {
  if (!vm->spent && vm->pending <= vm->reserve) {  /* what is not handed out yet pays: nothing else has to be touched */
    vm->reserve -= vm->pending;
    vm->pending = 0;
  } else if (vm->pending || vm->spent) {
    refill(L, vm);
  }
}

int64_t remit_vm_steps(const remit_vm *vm) {
  lua_State *L = vm->L;
  int64_t all = vm->limits.decision.instructions;
  if (vm->spent && vm->spent_status == REMIT_BUDGET_INSTRUCTIONS) return all;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &remit_key_counter);
  lua_getupvalue(L, -1, 1);
  int64_t left = vm->reserve + lua_tointeger(L, -1) - vm->pending;
  lua_pop(L, 2);
  return left < 0 ? all : all - left;
}

void remit_expect_bytes(lua_State *L, size_t bytes) {
  remit_vm *vm = remit_vm_of(L);
  if (bytes > vm->memory_bytes) raise_spent(L, vm, REMIT_BUDGET_MEMORY);
}

void remit_budget_check_time(lua_State *L) {
  remit_vm *vm = remit_vm_of(L);
  if (__builtin_expect(remit_watch_is_over(&vm->watch), 0)) raise_spent(L, vm, REMIT_BUDGET_TIME);
}

void remit_budget_overdue(lua_State *L) { raise_spent(L, remit_vm_of(L), REMIT_BUDGET_TIME); }

bool remit_is_spent(lua_State *L) { return remit_vm_of(L)->spent; }

void remit_no_memory(lua_State *L) { raise_spent(L, remit_vm_of(L), REMIT_BUDGET_MEMORY); }

void remit_spend_memory(lua_State *L) {
  remit_vm *vm = remit_vm_of(L);
  if (vm->spent) return;
  vm->spent = true;
  vm->spent_status = REMIT_BUDGET_MEMORY;
}
