#include <math.h>
#include <string.h>

#include "native.h"

/* What a native plugin provides, as functions of Lua. While its code runs nothing may raise: it gets plain values, and what it
 * hands over is copied into plain memory. Only after it has returned is there an error, or a value. */

typedef struct native_function {
  remit_provided provided;
  const remit_plugin_function *function;
} native_function;

/* The host that a call sees, and what it has handed over. */
typedef struct call_host {
  remit_plugin_host interface;
  remit_buffer *text;
  int64_t integer;
  uint32_t given;             /* REMIT_PLUGIN_TEXT for all texts, REMIT_PLUGIN_INTEGER, REMIT_PLUGIN_BOOLEAN, or nothing */
  bool failed, too_long;
} call_host;

/* ---- What the plugin calls */

static call_host *host_of(const remit_plugin_host *host) { return (call_host *)(void *)host; }

/* A result takes the place of whatever came before it, a failure too. */
static call_host *given(const remit_plugin_host *host, uint32_t type) {
  call_host *h = host_of(host);
  h->given = type;
  h->failed = false;
  return h;
}

static void keep(call_host *h, const char *bytes, size_t length, size_t most) {
  h->text->length = 0;
  h->too_long = length > most;
  if (bytes && length && !h->too_long) remit_buffer_append(h->text, bytes, length);
}

static int give_text(const remit_plugin_host *host, const char *bytes, size_t length) {
  call_host *h = given(host, REMIT_PLUGIN_TEXT);
  keep(h, bytes, length, REMIT_PLUGIN_RESULT_BYTES_MAX);
  return 0;
}

static int give_integer(const remit_plugin_host *host, int64_t value) {
  given(host, REMIT_PLUGIN_INTEGER)->integer = value;
  return 0;
}

static int give_boolean(const remit_plugin_host *host, int value) {
  given(host, REMIT_PLUGIN_BOOLEAN)->integer = value != 0;
  return 0;
}

static int fail(const remit_plugin_host *host, const char *message, size_t length) {
  call_host *h = host_of(host);
  h->failed = true;
  if (!message) length = 0;
  if (length > REMIT_PLUGIN_ERROR_BYTES_MAX) remit_message_clip(message, length, REMIT_PLUGIN_ERROR_BYTES_MAX, &length);
  keep(h, message, length, length);
  return 1;
}

/* ---- Arguments and results */

/* Fills in the argument at `index`, which may become its text there; returns how many bytes it has. */
static size_t fill(lua_State *L, const remit_provided *f, int index, remit_plugin_value *value) {
  const remit_taken *taken = &f->takes[index - 1];
  *value = (remit_plugin_value){0};
  if (lua_isnil(L, index)) return 0;
  switch (taken->type->kind) {
  case REMIT_BOOLEAN:
    value->type = REMIT_PLUGIN_BOOLEAN;
    value->integer = lua_toboolean(L, index);
    return 0;
  case REMIT_INTEGER:
    value->type = REMIT_PLUGIN_INTEGER;
    value->integer = remit_check_integer(L, index);
    return 0;
  case REMIT_NUMBER:
    value->type = REMIT_PLUGIN_NUMBER;
    value->bytes = remit_push_text(L, index, &value->length);
    lua_replace(L, index);
    return value->length;
  default:
    value->type = taken->type->kind == REMIT_DATE ? REMIT_PLUGIN_DATE : REMIT_PLUGIN_TEXT;
    value->bytes = lua_tolstring(L, index, &value->length);
    remit_charge_bytes(L, value->length);
    if (!remit_utf8_valid((const uint8_t *)value->bytes, value->length))
      luaL_error(L, "%s.%s: %s: expected text, got a text that is not UTF-8", f->plugin, f->name, taken->name);
    return value->length;
  }
}

static _Noreturn void blame(lua_State *L, const remit_provided *f, const char *what) {
  remit_charge(L, REMIT_REFUSAL_STEPS);
  luaL_error(L, "%s.%s: its result %s: the plugin breaks its own declaration", f->plugin, f->name, what);
  __builtin_unreachable();
}

static void raise_failure(lua_State *L, const remit_provided *f, const call_host *h) {
  remit_charge(L, REMIT_REFUSAL_STEPS);
  const char *text = (const char *)h->text->bytes;
  size_t length = h->failed ? h->text->length : 0;
  if (!length) luaL_error(L, "%s.%s: it failed and does not say why", f->plugin, f->name);
  if (memchr(text, 0, length) || !remit_utf8_valid((const uint8_t *)text, length))
    luaL_error(L, "%s.%s: it failed with a message that is not UTF-8", f->plugin, f->name);
  lua_pushlstring(L, text, length);
  luaL_error(L, "%s.%s: %s", f->plugin, f->name, lua_tostring(L, -1));
}

static void push_text_result(lua_State *L, const remit_provided *f, const call_host *h) {
  if (h->too_long) blame(L, f, "has more than 65536 bytes");
  const char *text = h->text->length ? (const char *)h->text->bytes : "";
  size_t length = h->text->length;
  remit_charge_bytes(L, length);
  remit_decimal number;
  switch (f->gives->kind) {
  case REMIT_TEXT:
    if (!remit_utf8_valid((const uint8_t *)text, length)) blame(L, f, "is not UTF-8");
    lua_pushlstring(L, text, length);
    return;
  case REMIT_DATE:
    if (!remit_date_valid(text, length)) blame(L, f, "is not a date (YYYY-MM-DD)");
    lua_pushlstring(L, text, length);
    return;
  case REMIT_NUMBER:
    if (remit_decimal_parse(text, length, false, &number) != REMIT_DECIMAL_OK)
      blame(L, f, "is not the text of a number of at most 34 digits, without exponent");
    remit_push_decimal(L, &number);
    return;
  default: blame(L, f, "is a text, which is not declared");
  }
}

static void push_result(lua_State *L, const remit_provided *f, const call_host *h) {
  switch (h->given) {
  case REMIT_PLUGIN_TEXT: push_text_result(L, f, h); break;
  case REMIT_PLUGIN_INTEGER:
    if (f->gives->kind != REMIT_INTEGER && f->gives->kind != REMIT_NUMBER) blame(L, f, "is an integer, which is not declared");
    if (h->integer > INT64_C(9007199254740991) || h->integer < -INT64_C(9007199254740991)) blame(L, f, "is an integer past 2^53 - 1");
    lua_pushinteger(L, h->integer);
    break;
  case REMIT_PLUGIN_BOOLEAN:
    if (f->gives->kind != REMIT_BOOLEAN) blame(L, f, "is a boolean, which is not declared");
    lua_pushboolean(L, h->integer != 0);
    break;
  default:
    if (!f->gives->optional) blame(L, f, "is missing");
    lua_pushnil(L);
  }
}

static int call_native(lua_State *L) {
  const native_function *native = lua_touserdata(L, lua_upvalueindex(1));
  const remit_provided *f = &native->provided;
  remit_check_arguments(L, f);
  luaL_checkstack(L, 8, NULL);
  remit_plugin_value values[REMIT_PLUGIN_ARGUMENTS_MAX];
  uint64_t bytes = 0, cost = native->function->cost, each = native->function->cost_per_byte;
  for (uint32_t i = 0; i < f->taken; i++) bytes += fill(L, f, (int)i + 1, &values[i]);
  if (bytes && each > (UINT64_MAX - cost) / bytes) cost = UINT64_MAX;
  else cost += each * bytes;
  remit_charge(L, 8);
  remit_charge(L, cost);      /* raises where the budget does not hold it: the call is not made */
  call_host h = {{give_text, give_integer, give_boolean, fail}, &remit_vm_of(L)->native_text, 0, REMIT_PLUGIN_NIL, false, false};
  h.text->length = 0;
  h.text->failed = false;
  int status = native->function->call(values, f->taken, &h.interface);
  remit_budget_check_time(L);
  if (h.text->failed) remit_no_memory(L);
  if (status || h.failed) raise_failure(L, f, &h);
  push_result(L, f, &h);
  return 1;
}

/* ---- Making the table */

static remit_type *make_type(lua_State *L, uint32_t declared) {
  static const remit_kind kinds[] = {
    [REMIT_PLUGIN_TEXT] = REMIT_TEXT, [REMIT_PLUGIN_NUMBER] = REMIT_NUMBER, [REMIT_PLUGIN_INTEGER] = REMIT_INTEGER,
    [REMIT_PLUGIN_BOOLEAN] = REMIT_BOOLEAN, [REMIT_PLUGIN_DATE] = REMIT_DATE,
  };
  remit_type *type = remit_arena_take(L, sizeof *type);
  type->kind = kinds[declared & ~(uint32_t)REMIT_PLUGIN_OPTIONAL];
  type->optional = declared & REMIT_PLUGIN_OPTIONAL;
  type->low = -INFINITY;
  type->high = INFINITY;
  return type;
}

static void push_function(lua_State *L, const remit_plugin *plugin, const remit_plugin_function *function) {
  native_function *native = remit_arena_take(L, sizeof *native);
  remit_provided *f = &native->provided;
  native->function = function;
  f->plugin = plugin->name;
  f->name = function->name;
  f->taken = (uint32_t)function->argument_count;
  f->takes = remit_arena_take(L, (f->taken + 1) * sizeof *f->takes);
  f->gives = make_type(L, function->result);
  for (uint32_t i = 0; i < f->taken; i++)
    f->takes[i] = (remit_taken){function->arguments[i].name, make_type(L, function->arguments[i].type)};
  lua_pushlightuserdata(L, native);
  lua_pushcclosure(L, call_native, 1);
  if (!remit_address_set_add(&remit_vm_of(L)->frozen, lua_topointer(L, -1))) remit_no_memory(L);
}

bool remit_push_native(lua_State *L, const char *module) {
  remit_vm *vm = remit_vm_of(L);
  const char *name, *part;
  size_t length;
  if (!vm->source.native || !remit_plugin_module(module, &name, &length, &part) || part) return false;
  const remit_native *native = vm->source.native(vm->source.context, (remit_slice){(const uint8_t *)name, length});
  if (!native) return false;
  const remit_plugin *plugin = native->plugin;
  luaL_checkstack(L, 8, NULL);
  lua_createtable(L, 0, (int)plugin->function_count);
  for (size_t i = 0; i < plugin->function_count; i++) {
    push_function(L, plugin, &plugin->functions[i]);
    lua_setfield(L, -2, plugin->functions[i].name);
  }
  remit_freeze(L, -1);
  return true;
}
