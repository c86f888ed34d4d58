#include <stdio.h>
#include <string.h>

#include "machine.h"

/* One decision: bytes in, bytes out, one protected call. */

static void write_id(const remit_job *job, uint64_t line, remit_buffer *out) {
  static const char start[REMIT_TEXT_PADDING] = "{\"id\":";
  remit_put(out, start, 6);
  if (job->id.length) remit_put(out, job->id.bytes, job->id.length);  /* a part of the input, which is padded */
  else remit_buffer_int64(out, (int64_t)line);
}

/* ---- What stands around a decision, or around the members of an error; see remit_form. */

static void put_text(remit_buffer *out, const char *text) { remit_buffer_append(out, text, strlen(text)); }

static void start_reply(const remit_job *job, remit_buffer *out) {
  put_text(out, "{\"jsonrpc\":\"2.0\",\"id\":");
  if (job->reply_id.length) remit_buffer_append(out, job->reply_id.bytes, job->reply_id.length);
  else put_text(out, "null");
}

static inline void start_decision(const remit_job *job, const remit_policy *policy, remit_buffer *out) {
  if (__builtin_expect(job->form == REMIT_FORM_LINE, 1)) {
    write_id(job, job->line, out);
    remit_buffer_append(out, policy->opening.bytes, policy->opening.length);
  } else if (job->form == REMIT_FORM_REPLY) {
    start_reply(job, out);
    put_text(out, ",\"result\":{");
    remit_buffer_append(out, policy->opening.bytes + 1, policy->opening.length - 1);
  } else {
    put_text(out, "{\"decision\":{\"outcome\":");
  }
}

static inline void end_decision(const remit_job *job, remit_buffer *out) {
  static const char line[REMIT_TEXT_PADDING] = "}\n", reply[REMIT_TEXT_PADDING] = "}}", element[REMIT_TEXT_PADDING] = "}";
  if (__builtin_expect(job->form == REMIT_FORM_LINE, 1)) remit_put(out, line, 2);
  else if (job->form == REMIT_FORM_REPLY) remit_put(out, reply, 2);
  else remit_put(out, element, 1);
}

static void start_error(remit_vm *vm, remit_buffer *out) {
  if (vm->job.form != REMIT_FORM_LINE) {
    vm->job.error_start = out->length;
    put_text(out, "{\"error\":{");
    return;
  }
  write_id(&vm->job, vm->job.line, out);
  remit_buffer_append(out, ",\"line\":", 8);
  remit_buffer_int64(out, (int64_t)vm->job.line);
  remit_buffer_append(out, vm->job.policy->label.bytes, vm->job.policy->label.length);
  remit_buffer_append(out, ",\"error\":{", 10);
}

/* The members of an error are "code":…,"message":… and others; JSON-RPC has the message outside of them. */
static void reply_error(remit_vm *vm, remit_buffer *out) {
  remit_buffer *members = &vm->scratch;
  size_t start = vm->job.error_start, skipped = strlen("{\"error\":{");
  members->length = 0;
  members->failed = false;
  remit_buffer_append(members, out->bytes + start + skipped - 1, out->length - start - skipped + 1);
  remit_buffer_byte(members, '}');
  out->length = start;
  start_reply(&vm->job, out);
  put_text(out, ",\"error\":{\"code\":");
  switch (vm->job.status) {
  case REMIT_PARSE_ERROR: put_text(out, "-32700"); break;
  case REMIT_INVALID_PARAMS: put_text(out, "-32602"); break;
  default: put_text(out, "-32000");
  }
  remit_json_walk walk;
  remit_slice whole = {members->bytes, members->length};
  for (int message = 1; message >= 0 && remit_json_walk_start(&walk, whole); message--) {
    if (!message) put_text(out, ",\"data\":{");
    for (bool first = true; remit_json_walk_next(&walk);) {
      bool is_message = walk.key.length == 7 && memcmp(walk.key.bytes, "message", 7) == 0;
      if (is_message != (message == 1)) continue;
      if (message || !first) remit_buffer_byte(out, ',');
      first = false;
      remit_buffer_byte(out, '"');
      remit_buffer_append(out, walk.key.bytes, walk.key.length);
      put_text(out, "\":");
      remit_buffer_append(out, walk.value.bytes, walk.value.length);
    }
  }
  put_text(out, "}}}");
  if (members->failed) out->failed = true;
}

static void end_error(remit_vm *vm, remit_buffer *out) {
  switch (vm->job.form) {
  case REMIT_FORM_LINE: put_text(out, "}}\n"); break;
  case REMIT_FORM_REPLY: reply_error(vm, out); break;
  case REMIT_FORM_ELEMENT: put_text(out, "}}"); break;
  }
}

void remit_write_id(remit_vm *vm, remit_buffer *out) { write_id(&vm->job, vm->job.line, out); }

void remit_find_id(remit_vm *vm) {
  const remit_slice input = vm->job.input;
  const uint8_t *fault;
  vm->job.id = (remit_slice){0};
  if (remit_json_validate(input, vm->limits.nesting_depth, &fault) != REMIT_JSON_OK) return;
  remit_json_walk walk;
  if (!remit_json_walk_start(&walk, input) || !walk.object) return;
  while (remit_json_walk_next(&walk)) {
    uint8_t key[12];          /* "id" has at most two escapes of six bytes */
    if (walk.key.length > sizeof key) continue;
    if (remit_json_unescape(walk.key.bytes, walk.key.length, key) != 2 || key[0] != 'i' || key[1] != 'd') continue;
    uint8_t first = walk.value.bytes[0];
    if (first == '"' || first == '-' || (uint8_t)(first - '0') <= 9) vm->job.id = walk.value;
    return;
  }
}

/* Nothing -> nothing; everything goes through vm->job. Slots stand at 1, the input at 2, the decision at 3. */
static int run(lua_State *L) {
  remit_vm *vm = remit_vm_of(L);
  remit_policy *policy = vm->job.policy;
  remit_budget_start(L, vm, &vm->limits.decision, lua_upvalueindex(REMIT_UP_COUNTER));
  if (__builtin_expect(vm->walks, 0)) {
    remit_forget_keys(L);
    vm->walks = false;
  }
  lua_pushvalue(L, lua_upvalueindex(REMIT_UP_SLOTS));
  lua_pushvalue(L, lua_upvalueindex(REMIT_UP_INPUT));
  if (__builtin_expect(!remit_decode_input(L, vm, policy->input, 1, 2), 0)) {
    vm->job.status = REMIT_INVALID_INPUT;
    return 0;
  }
  if (__builtin_expect(vm->job.escaped_key && !vm->job.id.length, 0)) remit_find_id(vm);
  if (__builtin_expect(vm->record, 0)) remit_trace_begin(L, 2, lua_upvalueindex(REMIT_UP_PARAMS), lua_upvalueindex(REMIT_UP_CONTEXT));
  lua_pushvalue(L, lua_upvalueindex(REMIT_UP_DECIDE));
  lua_pushvalue(L, 2);
  lua_pushvalue(L, lua_upvalueindex(REMIT_UP_PARAMS));
  lua_pushvalue(L, lua_upvalueindex(REMIT_UP_CONTEXT));
  lua_call(L, 3, 1);
  remit_budget_settle(L, vm);
  remit_buffer *out = vm->job.out;
  start_decision(&vm->job, policy, out);
  remit_encode_decision(L, policy, 3, out);
  remit_budget_settle(L, vm);
  end_decision(&vm->job, out);
  return 0;
}

/* The first half of `run`. It is needed rarely, so it looks up what the runner holds. */
static int read_input(lua_State *L) {
  remit_vm *vm = remit_vm_of(L);
  const remit_policy *policy = vm->job.policy;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &remit_key_counter);
  remit_budget_start(L, vm, &vm->limits.decision, 1);
  lua_rawgeti(L, LUA_REGISTRYINDEX, policy->slots);
  lua_rawgeti(L, 2, policy->input->table_slot);
  if (!remit_decode_input(L, vm, policy->input, 2, 3)) vm->job.status = REMIT_INVALID_INPUT;
  remit_budget_settle(L, vm);
  return 0;
}

/* An input that was refused: says why. */
static int explain(lua_State *L) {
  remit_vm *vm = remit_vm_of(L);
  vm->job.status = remit_explain_input(L, vm, vm->job.policy->input, vm->job.policy->slots, vm->job.out);
  return 0;
}

int remit_make_closure(lua_State *L, remit_policy *policy, lua_CFunction function) {
  luaL_checkstack(L, REMIT_UP_COUNTER + 2, NULL);
  lua_rawgeti(L, LUA_REGISTRYINDEX, policy->slots);
  int slots = lua_gettop(L);
  lua_pushvalue(L, slots);
  lua_rawgeti(L, slots, policy->input->table_slot);
  lua_rawgeti(L, slots, REMIT_SLOT_PARAMS);
  lua_rawgeti(L, slots, REMIT_SLOT_CONTEXT);
  lua_rawgeti(L, slots, REMIT_SLOT_DECIDE);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &remit_key_counter);
  lua_pushcclosure(L, function, REMIT_UP_COUNTER);
  int reference = luaL_ref(L, LUA_REGISTRYINDEX);
  lua_settop(L, slots - 1);
  return reference;
}

static int refuse_single(lua_State *L) {
  return luaL_error(L, "the policy decides rows together, not one by one: ask for decisions of all rows at once");
}

void remit_make_runner(lua_State *L, remit_policy *policy) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, policy->slots);
  lua_rawgeti(L, -1, REMIT_SLOT_DECIDE);
  lua_Debug ar;
  lua_getinfo(L, ">S", &ar);
  memcpy(policy->decide_file, ar.short_src, sizeof ar.short_src);
  policy->decide_line = ar.linedefined;
  lua_pop(L, 1);
  policy->run = remit_make_closure(L, policy, policy->group ? refuse_single : run);
  if (policy->group) remit_make_group_runners(L, policy);
}

static void write_policy_error(remit_vm *vm, remit_status status, remit_buffer *out) {
  const char *budget = NULL;
  switch (status) {
  case REMIT_BUDGET_INSTRUCTIONS: budget = "instructions"; break;
  case REMIT_BUDGET_MEMORY: budget = "memory"; break;
  case REMIT_BUDGET_TIME: budget = "time"; break;
  default: break;
  }
  static const char exceeded[] = "\"code\":\"budget_exceeded\",\"message\":", failed[] = "\"code\":\"policy_error\",\"message\":",
                    refused[] = "\"code\":\"invalid_params\",\"message\":";
  if (budget) remit_buffer_append(out, exceeded, sizeof exceeded - 1);
  else if (status == REMIT_INVALID_PARAMS) remit_buffer_append(out, refused, sizeof refused - 1);
  else remit_buffer_append(out, failed, sizeof failed - 1);
  remit_json_write_string(out, (const uint8_t *)vm->message, vm->message_length);
  if (!budget && vm->message_line) {
    remit_buffer_append(out, ",\"line\":", 8);
    remit_buffer_int64(out, vm->message_line);
  }
  if (budget) {
    remit_buffer_append(out, ",\"budget\":", 10);
    remit_json_write_string(out, (const uint8_t *)budget, strlen(budget));
  }
}

/* A decision that kept much memory alive leaves a large string table and large arrays of free blocks behind; the next one must
 * find the machine as the first did. */
enum { MUCH_BYTES = 2 * 1024 * 1024, SLACK_BYTES = 1024 * 1024, COLLECTIONS_MAX = 8 };

static int collect(lua_State *L) {
  lua_gc(L, LUA_GCCOLLECT);
  return 0;
}

static void tidy(remit_vm *vm) {
  lua_State *L = vm->L;
  for (int i = 0; i < COLLECTIONS_MAX && vm->memory.bytes > vm->base_bytes + SLACK_BYTES / 4; i++) {
    lua_pushcfunction(L, collect);
    if (lua_pcall(L, 0, 0, 0) != LUA_OK) lua_settop(L, 0);
  }
}

static size_t memory_limit(const remit_vm *vm, size_t limit) {
  /* A machine that has decided before may hold what earlier decisions left uncollected. It gives up a little early, and a fresh
   * one decides the case for good, so that the answer does not depend on what came before. */
  size_t slack = vm->decided ? (limit / 4 < SLACK_BYTES ? limit / 4 : SLACK_BYTES) : 0;
  return vm->base_bytes + limit - slack;
}

void remit_job_start(remit_vm *vm, remit_job job, const remit_budget *budget) {
  vm->job = job;
  vm->job.used = vm->decided;
  vm->memory.limit = memory_limit(vm, budget->memory_bytes);
  vm->memory.refusals = 0;
  vm->memory.peak = vm->memory.bytes;
  vm->message_line = 0;
  vm->decided = true;
}

/* A refused request may have changed the course of a decision, not only ended it: where the machine was used before, what came
 * before has a say in that. */
static void judge_memory(remit_vm *vm, remit_status status) {
  if (vm->memory.refusals && (vm->job.used || status == REMIT_BUDGET_MEMORY)) vm->discard = true;
}

void remit_job_end(remit_vm *vm, remit_status status) {
  judge_memory(vm, status);
  if (__builtin_expect(vm->memory.peak > vm->base_bytes + MUCH_BYTES && !vm->discard, 0)) tidy(vm);
}

void remit_write_error(remit_vm *vm, remit_status status, remit_buffer *out) {
  start_error(vm, out);
  write_policy_error(vm, status, out);
  end_error(vm, out);
}

remit_status remit_run_input(remit_vm *vm, remit_job job, int run) {
  lua_State *L = vm->L;
  remit_buffer *out = job.out;
  size_t start = out->length;
  remit_job_start(vm, job, &vm->limits.decision);
  lua_pushcfunction(L, remit_on_error);
  lua_rawgeti(L, LUA_REGISTRYINDEX, run);
  remit_watch_begin(vm, vm->limits.decision.milliseconds);
  int lua_status = lua_pcall(L, 0, 0, 1);
  remit_watch_end(vm);
  if (__builtin_expect(lua_status == LUA_OK && vm->job.status == REMIT_INVALID_INPUT, 0)) {
    remit_find_id(vm);
    start_error(vm, out);
    lua_pushcfunction(L, explain);
    remit_watch_begin(vm, vm->limits.decision.milliseconds);
    lua_status = lua_pcall(L, 0, 0, 1);
    remit_watch_end(vm);
    if (lua_status == LUA_OK) end_error(vm, out);
  }
  remit_status status = vm->job.status;
  if (__builtin_expect(lua_status != LUA_OK, 0)) {
    status = remit_take_error(vm, lua_status);
    if (status == REMIT_POLICY_ERROR && !vm->message_line)
      remit_vm_locate(vm, vm->job.policy->decide_file, vm->job.policy->decide_line);
    if (status == REMIT_POLICY_ERROR) remit_mask_message(vm, vm->job.policy->input, vm->job.input);
    out->length = start;
    remit_write_error(vm, status, out);
  }
  lua_settop(L, 0);
  remit_job_end(vm, status);
  if (__builtin_expect(out->failed, 0)) {
    remit_vm_say(vm, "no memory for the result");
    return REMIT_INTERNAL_ERROR;
  }
  return status;
}

remit_status remit_vm_decide(remit_vm *vm, uint32_t number, remit_slice input, uint64_t line, remit_buffer *out) {
  remit_policy *policy = vm->policies[number];
  return remit_run_input(vm, (remit_job){.policy = policy, .input = input, .out = out, .line = line, .status = REMIT_OK}, policy->run);
}

remit_status remit_vm_decide_as(remit_vm *vm, uint32_t number, remit_slice input, remit_form form, remit_slice id, remit_buffer *out) {
  remit_policy *policy = vm->policies[number];
  remit_job job = {.policy = policy, .input = input, .out = out, .line = 1, .form = form, .reply_id = id, .status = REMIT_OK};
  return remit_run_input(vm, job, policy->run);
}

void remit_vm_write_failure(remit_vm *vm, uint32_t number, remit_status status, remit_form form, remit_slice id, remit_buffer *out) {
  vm->job = (remit_job){.policy = vm->policies[number], .out = out, .line = 1, .form = form, .reply_id = id, .status = status};
  remit_write_error(vm, status, out);
}

remit_status remit_vm_decide_traced(remit_vm *vm, uint32_t policy, remit_slice input, uint64_t line, remit_buffer *out) {
  vm->record = vm->trace != NULL;
  remit_trace_forget(vm);
  remit_status status = remit_vm_decide(vm, policy, input, line, out);
  vm->record = false;
  remit_trace_end(vm);
  return status;
}

remit_status remit_vm_decide_path(
  remit_vm *vm, uint32_t policy, remit_slice input, uint64_t line, remit_buffer *out, uint64_t *path) {
  remit_trace_only_path(vm, true);
  remit_status status = remit_vm_decide_traced(vm, policy, input, line, out);
  remit_trace_only_path(vm, false);
  *path = remit_trace_path(vm);
  return status;
}

remit_status remit_vm_read(remit_vm *vm, uint32_t number, remit_slice input) {
  lua_State *L = vm->L;
  remit_job_start(vm, (remit_job){.policy = vm->policies[number], .input = input, .status = REMIT_OK}, &vm->limits.decision);
  lua_pushcfunction(L, read_input);
  remit_watch_begin(vm, vm->limits.decision.milliseconds);
  int lua_status = lua_pcall(L, 0, 0, 0);
  remit_watch_end(vm);
  if (lua_status != LUA_OK) vm->job.status = remit_take_error(vm, lua_status);
  lua_settop(L, 0);
  remit_job_end(vm, vm->job.status);
  return vm->job.status;
}

uint32_t remit_vm_last_outcome(const remit_vm *vm) {
  return vm->job.policy ? vm->job.policy->last_outcome : 0;
}

bool remit_vm_spent(const remit_vm *vm) { return vm->discard; }
