#include <string.h>

#include "machine.h"

/* Rows that are decided together: first the key of each, then all that have the same in one call of `decide_group`. */

/* The list of decisions, between the call that made it and the lines that are written of it. */
static const char decisions_key = 0;

/* ---- A row's key */

/* Bytes that compare as the text does and say where they end: a zero byte of the text is followed by 0xFF, the end is two zeros. */
static void write_text(lua_State *L, remit_buffer *out, const char *bytes, size_t length) {
  remit_charge_bytes(L, length);
  const char *end = bytes + length;
  while (bytes < end) {
    const char *zero = memchr(bytes, 0, (size_t)(end - bytes));
    remit_buffer_append(out, bytes, (size_t)((zero ? zero : end) - bytes));
    if (!zero) break;
    remit_buffer_append(out, "\0\xFF", 2);
    bytes = zero + 1;
  }
  remit_buffer_append(out, "\0\0", 2);
}

/* Bytes that compare as the number does: its sign, the place of its first digit, its digits and a zero byte; of one below zero all
 * the other way round. A value is reduced, so equal ones are equal bytes. */
static void write_number(remit_buffer *out, const remit_decimal *value) {
  enum { ZERO = 0x80, SIGN = 1, EXPONENT = 2 };
  uint8_t bytes[SIGN + EXPONENT + REMIT_DECIMAL_DIGITS_MAX + 1];
  if (!(value->hi | value->lo)) {
    remit_buffer_byte(out, ZERO);
    return;
  }
  int count = remit_decimal_digits(value, (char *)bytes + SIGN + EXPONENT);
  uint32_t place = (uint32_t)(value->exponent + count + 0x8000);
  bytes[0] = ZERO + 1;
  bytes[1] = (uint8_t)(place >> 8);
  bytes[2] = (uint8_t)place;
  size_t length = SIGN + EXPONENT + (size_t)count;
  bytes[length++] = 0;
  if (value->negative)
    for (size_t i = 0; i < length; i++) bytes[i] = (uint8_t)~bytes[i];
  remit_buffer_append(out, bytes, length);
}

/* The field of the input at the index `input`. One that is absent comes behind all values. */
static void write_field(lua_State *L, const remit_path *path, int slots, int input, remit_buffer *out) {
  enum { PRESENT = 1, ABSENT = 2 };
  lua_pushvalue(L, input);
  for (uint32_t i = 0; i < path->steps && lua_istable(L, -1); i++) {
    lua_rawgeti(L, slots, path->slots[i]);
    lua_rawget(L, -2);
    lua_replace(L, -2);
  }
  if (lua_isnil(L, -1)) {
    remit_buffer_byte(out, ABSENT);
    lua_pop(L, 1);
    return;
  }
  remit_buffer_byte(out, PRESENT);
  remit_decimal number;
  if (lua_isboolean(L, -1)) {
    remit_buffer_byte(out, (uint8_t)lua_toboolean(L, -1));
  } else if (remit_to_decimal(L, -1, &number)) {
    write_number(out, &number);
  } else {
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    if (path->kind == REMIT_TIMESTAMP) length--;  /* without its Z, a second sorts before its parts */
    write_text(L, out, text, length);
  }
  lua_pop(L, 1);
}

/* Rows are sorted by their keys. With this in front most comparisons end at the first word, however much keys are alike. */
static uint64_t hash(const uint8_t *bytes, size_t length) {
  uint64_t value = UINT64_C(0xCBF29CE484222325);
  for (size_t i = 0; i < length; i++) value = (value ^ bytes[i]) * UINT64_C(0x100000001B3);
  return value * UINT64_C(0x9E3779B97F4A7C15);
}

/* Nothing -> nothing, as the runner of a single decision. Slots stand at 1, the input at 2. */
static int read_key(lua_State *L) {
  remit_vm *vm = remit_vm_of(L);
  const remit_policy *policy = vm->job.policy;
  const remit_group *group = policy->group;
  remit_buffer *out = vm->job.out;
  remit_budget_start(L, vm, &vm->limits.decision, lua_upvalueindex(REMIT_UP_COUNTER));
  lua_pushvalue(L, lua_upvalueindex(REMIT_UP_SLOTS));
  lua_pushvalue(L, lua_upvalueindex(REMIT_UP_INPUT));
  if (!remit_decode_input(L, vm, policy->input, 1, 2)) {
    vm->job.status = REMIT_INVALID_INPUT;
    return 0;
  }
  if (vm->job.escaped_key && !vm->job.id.length) remit_find_id(vm);
  size_t start = out->length;
  uint8_t mark[sizeof(uint64_t)] = {0};
  remit_buffer_append(out, mark, sizeof mark);
  for (uint32_t i = 0; i < group->by_count; i++) write_field(L, &group->by[i], 1, 2, out);
  if (out->failed) remit_no_memory(L);
  vm->job.group_bytes = out->length - start;
  uint64_t word = hash(out->bytes + start + sizeof mark, vm->job.group_bytes - sizeof mark);
  for (size_t i = 0; i < sizeof mark; i++) out->bytes[start + i] = (uint8_t)(word >> (56 - 8 * i));
  if (group->order) write_field(L, group->order, 1, 2, out);
  remit_budget_settle(L, vm);
  return 0;
}

remit_status remit_vm_read_key(remit_vm *vm, uint32_t number, remit_slice input, uint64_t line, remit_buffer *out, remit_key *key) {
  remit_policy *policy = vm->policies[number];
  size_t start = out->length;
  remit_job job = {.policy = policy, .input = input, .out = out, .line = line, .status = REMIT_OK};
  remit_status status = remit_run_input(vm, job, policy->group->key);
  if (status == REMIT_OK)
    *key = (remit_key){vm->job.group_bytes, out->length - start - vm->job.group_bytes, vm->job.id};
  return status;
}

/* ---- The decisions of a group */

static uint64_t times(uint64_t each, uint64_t count, uint64_t most) { return each > most / count ? most : each * count; }

/* What a row could use up by itself, for each row. Only memory has a ceiling, as rows that are decided one after the other need it
 * one after the other. */
static remit_budget budget_of(const remit_vm *vm, size_t count) {
  remit_budget one = vm->limits.decision;
  size_t ceiling = vm->limits.group_memory_bytes > one.memory_bytes ? vm->limits.group_memory_bytes : one.memory_bytes;
  return (remit_budget){
    .instructions = (int64_t)times((uint64_t)one.instructions, count, INT64_MAX / 2),
    .memory_bytes = (size_t)times(one.memory_bytes, count, ceiling),
    .milliseconds = (uint32_t)times(one.milliseconds, count, UINT32_MAX),
  };
}

/* Pushes the list of rows. */
static void push_rows(lua_State *L, remit_vm *vm) {
  const remit_group_job *job = &vm->group;
  lua_createtable(L, job->count < INT32_MAX ? (int)job->count : INT32_MAX, 0);
  if (!remit_address_set_add(&vm->input_tables, lua_topointer(L, -1))) remit_no_memory(L);
  for (size_t i = 0; i < job->count; i++) {
    const remit_slice input = job->rows[i].input;
    remit_json_cursor c = {input.bytes, input.bytes + input.length, REMIT_JSON_OK, 0, vm->limits.nesting_depth};
    if (!remit_json_space(&c) || !remit_decode_value(L, &c, vm->job.policy->group->row, 1))
      luaL_error(L, "row %I of the group cannot be read a second time", (lua_Integer)i + 1);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
    remit_budget_check_round(L, i);
  }
}

/* The value at `index` must be a list with one element for each row. */
static void check_decisions(lua_State *L, size_t rows, int index) {
  if (lua_type(L, index) != LUA_TTABLE)
    luaL_error(L, "decide_group gave %s: expected a list with one decision for each row", remit_typename(L, index));
  lua_Integer last = 0, count = 0;
  lua_pushnil(L);
  while (lua_next(L, index)) {
    lua_pop(L, 1);
    remit_charge(L, 1);
    if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) < 1)
      luaL_error(L, "decide_group gave a table with the key '%s': expected a list with one decision for each row",
                 remit_push_text(L, -1, NULL));
    if (lua_tointeger(L, -1) > last) last = lua_tointeger(L, -1);
    count++;
  }
  if (last > count) {
    lua_Integer hole = 1;
    while (lua_rawgeti(L, index, hole) != LUA_TNIL) {
      lua_pop(L, 1);
      remit_charge(L, 1);
      hole++;
    }
    if (hole <= (lua_Integer)rows) luaL_error(L, "decide_group gave no decision for row %I of %I", hole, (lua_Integer)rows);
  }
  if (count != (lua_Integer)rows)
    luaL_error(L, "decide_group gave %I decision%s for %I row%s: expected one for each, in the order of the rows", count,
               count == 1 ? "" : "s", (lua_Integer)rows, rows == 1 ? "" : "s");
}

/* Nothing -> nothing; everything goes through vm->job and vm->group. Slots stand at 1. */
static int run_group(lua_State *L) {
  remit_vm *vm = remit_vm_of(L);
  remit_budget budget = budget_of(vm, vm->group.count);
  remit_budget_start(L, vm, &budget, lua_upvalueindex(REMIT_UP_COUNTER));
  if (vm->walks) {
    remit_forget_keys(L);
    vm->walks = false;
  }
  remit_address_set_clear(&vm->input_tables);
  lua_pushvalue(L, lua_upvalueindex(REMIT_UP_SLOTS));
  lua_pushvalue(L, lua_upvalueindex(REMIT_UP_DECIDE));
  push_rows(L, vm);
  lua_pushvalue(L, lua_upvalueindex(REMIT_UP_PARAMS));
  lua_pushvalue(L, lua_upvalueindex(REMIT_UP_CONTEXT));
  lua_call(L, 3, 1);
  remit_budget_settle(L, vm);
  check_decisions(L, vm->group.count, 2);
  remit_budget_settle(L, vm);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &decisions_key);
  return 0;
}

/* light userdata: the place of the row, from 1. Draws on what the group has left of its budget. */
static int write_decision(lua_State *L) {
  lua_Integer place = *(lua_Integer *)lua_touserdata(L, 1);
  remit_vm *vm = remit_vm_of(L);
  remit_policy *policy = vm->job.policy;
  remit_buffer *out = vm->job.out;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &decisions_key);
  lua_rawgeti(L, 2, place);
  remit_write_id(vm, out);
  remit_buffer_append(out, policy->opening.bytes, policy->opening.length);
  remit_encode_decision(L, policy, 3, out);
  remit_budget_settle(L, vm);
  remit_buffer_append(out, "}\n", 2);
  return 0;
}

static int forget_decisions(lua_State *L) {
  lua_pushnil(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &decisions_key);
  return 0;
}

void remit_make_group_runners(lua_State *L, remit_policy *policy) {
  policy->group->key = remit_make_closure(L, policy, read_key);
  policy->group->run = remit_make_closure(L, policy, run_group);
}

remit_status remit_vm_group_decide(remit_vm *vm, uint32_t number, const remit_row *rows, size_t count) {
  lua_State *L = vm->L;
  remit_policy *policy = vm->policies[number];
  vm->group = (remit_group_job){rows, count, REMIT_OK};
  remit_budget budget = budget_of(vm, count);
  remit_job_start(vm, (remit_job){.policy = policy, .status = REMIT_OK}, &budget);
  lua_pushcfunction(L, remit_on_error);
  lua_rawgeti(L, LUA_REGISTRYINDEX, policy->group->run);
  remit_watch_begin(vm, budget.milliseconds);
  int lua_status = lua_pcall(L, 0, 0, 1);
  remit_watch_end(vm);
  vm->group.rows = NULL;
  if (lua_status != LUA_OK) {
    vm->group.status = remit_take_error(vm, lua_status);
    if (vm->group.status == REMIT_POLICY_ERROR && !vm->message_line)
      remit_vm_locate(vm, policy->decide_file, policy->decide_line);
    if (vm->group.status == REMIT_POLICY_ERROR)
      for (size_t i = 0; i < count; i++) remit_mask_message(vm, policy->input, rows[i].input);
  }
  lua_settop(L, 0);
  return vm->group.status;
}

static void use_row(remit_vm *vm, const remit_row *row, remit_buffer *out) {
  vm->job.id = row->id;
  vm->job.line = row->line;
  vm->job.out = out;
}

remit_status remit_vm_group_write(remit_vm *vm, const remit_row *row, size_t index, remit_buffer *out) {
  lua_State *L = vm->L;
  size_t start = out->length;
  lua_Integer place = (lua_Integer)index + 1;
  use_row(vm, row, out);
  vm->message_line = 0;
  lua_pushcfunction(L, remit_on_error);
  lua_pushcfunction(L, write_decision);
  lua_pushlightuserdata(L, &place);
  remit_watch_begin(vm, vm->limits.decision.milliseconds);
  int lua_status = lua_pcall(L, 1, 0, 1);
  remit_watch_end(vm);
  if (lua_status != LUA_OK) {
    out->length = start;
    vm->group.status = remit_take_error(vm, lua_status);
    if (vm->group.status == REMIT_POLICY_ERROR) {
      const remit_policy *policy = vm->job.policy;
      remit_mask_message(vm, policy->input, row->input);
      remit_vm_say(vm, "%s:%d: decision %lld of %zu, for the row of line %llu: %.*s", policy->decide_file, policy->decide_line,
                   (long long)place, vm->group.count, (unsigned long long)row->line, (int)vm->message_length, vm->message);
      vm->message_line = (uint32_t)policy->decide_line;
    }
  } else if (out->failed) {
    remit_vm_say(vm, "no memory for the result");
    vm->group.status = REMIT_INTERNAL_ERROR;
  }
  lua_settop(L, 0);
  return vm->group.status;
}

void remit_vm_group_error(remit_vm *vm, const remit_row *row, remit_buffer *out) {
  use_row(vm, row, out);
  remit_write_error(vm, vm->group.status, out);
}

void remit_vm_group_end(remit_vm *vm) {
  lua_State *L = vm->L;
  lua_pushcfunction(L, forget_decisions);
  if (lua_pcall(L, 0, 0, 0) != LUA_OK) vm->discard = true;
  lua_settop(L, 0);
  remit_job_end(vm, vm->group.status);
}

void remit_vm_group_refuse(remit_vm *vm, uint32_t number, remit_slice message) {
  vm->job = (remit_job){.policy = vm->policies[number]};
  vm->group = (remit_group_job){.status = REMIT_BUDGET_MEMORY};
  remit_vm_say(vm, "%.*s", (int)message.length, (const char *)message.bytes);
}
