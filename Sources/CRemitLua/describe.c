#include <string.h>

#include "machine.h"

/* A policy's declaration as JSON, for people and for tools. */

static void key(remit_buffer *out, const char *name) {
  if (out->length && out->bytes[out->length - 1] != '{') remit_buffer_byte(out, ',');
  remit_json_write_string(out, (const uint8_t *)name, strlen(name));
  remit_buffer_byte(out, ':');
}

static void text(remit_buffer *out, const char *bytes) {
  if (!bytes || !remit_json_write_string(out, (const uint8_t *)bytes, strlen(bytes))) remit_buffer_append(out, "null", 4);
}

static void optional_text(remit_buffer *out, const char *name, const char *bytes) {
  if (!bytes) return;
  key(out, name);
  text(out, bytes);
}

static void boolean(remit_buffer *out, const char *name, bool value) {
  if (!value) return;
  key(out, name);
  remit_buffer_append(out, "true", 4);
}

static void decimal(remit_buffer *out, const char *name, bool present, const remit_decimal *value) {
  if (!present) return;
  char digits[REMIT_DECIMAL_TEXT_MAX];
  key(out, name);
  remit_buffer_append(out, digits, remit_decimal_format(value, digits));
}

static void describe_type(remit_buffer *out, const remit_type *type) {
  remit_buffer_byte(out, '{');
  key(out, "type");
  text(out, remit_kind_names[type->kind]);
  boolean(out, "optional", type->optional);
  boolean(out, "sensitive", type->sensitive);
  decimal(out, "min", type->has_min, &type->min);
  decimal(out, "max", type->has_max, &type->max);
  if (type->kind == REMIT_ENUM) {
    key(out, "values");
    for (uint32_t i = 0; i < type->value_count; i++) {
      remit_buffer_byte(out, i ? ',' : '[');
      text(out, type->values[i].bytes);
    }
    remit_buffer_byte(out, ']');
  }
  if (type->kind == REMIT_RECORD) {
    key(out, "fields");
    remit_buffer_byte(out, '[');
    for (uint32_t i = 0; i < type->field_count; i++) {
      if (i) remit_buffer_byte(out, ',');
      remit_buffer_byte(out, '{');
      key(out, "name");
      text(out, type->fields[i].name.bytes);
      key(out, "type");
      describe_type(out, type->fields[i].type);
      optional_text(out, "summary", type->fields[i].type->summary);
      remit_buffer_byte(out, '}');
    }
    remit_buffer_byte(out, ']');
  }
  if (type->of) {
    key(out, "of");
    describe_type(out, type->of);
  }
  remit_buffer_byte(out, '}');
}

static void describe_group(remit_buffer *out, const remit_group *group) {
  key(out, "group");
  remit_buffer_byte(out, '{');
  key(out, "by");
  for (uint32_t i = 0; i < group->by_count; i++) {
    remit_buffer_byte(out, i ? ',' : '[');
    text(out, group->by[i].text);
  }
  remit_buffer_byte(out, ']');
  if (group->order) optional_text(out, "order", group->order->text);
  remit_buffer_byte(out, '}');
}

/* light userdata: policy. Protected: writing a default may need memory. */
static int describe(lua_State *L) {
  const remit_policy *policy = lua_touserdata(L, 1);
  remit_buffer *out = &remit_vm_of(L)->scratch;
  lua_rawgeti(L, LUA_REGISTRYINDEX, policy->slots);
  remit_buffer_byte(out, '{');
  key(out, "name");
  text(out, policy->name.bytes);
  optional_text(out, "summary", policy->summary);
  optional_text(out, "source", policy->source);
  boolean(out, "strict", policy->input->strict);
  key(out, "outcomes");
  remit_buffer_byte(out, '[');
  for (uint32_t i = 0; i < policy->outcome_count; i++) {
    if (i) remit_buffer_byte(out, ',');
    text(out, policy->outcomes[i].bytes);
  }
  remit_buffer_byte(out, ']');
  key(out, "input");
  describe_type(out, policy->input);
  if (policy->group) describe_group(out, policy->group);
  key(out, "params");
  remit_buffer_byte(out, '[');
  for (uint32_t i = 0; i < policy->param_count; i++) {
    const remit_param *param = &policy->params[i];
    if (i) remit_buffer_byte(out, ',');
    remit_buffer_byte(out, '{');
    key(out, "name");
    text(out, param->name.bytes);
    key(out, "type");
    describe_type(out, param->type);
    if (lua_rawgeti(L, 2, param->default_slot) != LUA_TNIL) {
      key(out, "default");
      remit_encode(L, -1, out, "a default");
    }
    lua_pop(L, 1);
    optional_text(out, "summary", param->summary);
    remit_buffer_byte(out, '}');
  }
  remit_buffer_byte(out, ']');
  key(out, "reasons");
  remit_buffer_byte(out, '[');
  for (uint32_t i = 0; i < policy->reason_count; i++) {
    if (i) remit_buffer_byte(out, ',');
    remit_buffer_byte(out, '{');
    key(out, "code");
    text(out, policy->reasons[i].code.bytes);
    optional_text(out, "en", policy->reasons[i].en);
    optional_text(out, "zh", policy->reasons[i].zh);
    remit_buffer_byte(out, '}');
  }
  remit_buffer_append(out, "]}", 2);
  return 0;
}

remit_status remit_vm_describe(remit_vm *vm, uint32_t policy, remit_slice *out) {
  lua_State *L = vm->L;
  vm->scratch.length = 0;
  vm->message_line = 0;
  vm->memory.limit = vm->memory.bytes + vm->limits.load.memory_bytes;
  vm->memory.refusals = 0;
  vm->scratch.failed = vm->spent = false;
  lua_pushcfunction(L, describe);
  lua_pushlightuserdata(L, vm->policies[policy]);
  int status = lua_pcall(L, 1, 0, 0);
  remit_status result = status == LUA_OK ? REMIT_OK : remit_take_error(vm, status);
  lua_settop(L, 0);
  if (result == REMIT_OK && vm->scratch.failed) result = REMIT_INTERNAL_ERROR;
  *out = (remit_slice){vm->scratch.bytes, vm->scratch.length};
  return result;
}
