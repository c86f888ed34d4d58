#include <stdlib.h>
#include <string.h>

#include "machine.h"

/* What a traced machine tells: how often each site of its modules was reached, and of one decision what it read and how its
 * conditions turned out. Traced text does the same as any other, in the same steps; only C calls more often. What is told lies
 * outside of Lua, so that the budget of memory does not notice. */

/* Registry: the rows that have names in this decision. They live as long, so that no other table gets their addresses. */
static const char rows_key = 0;

enum { READS_MAX = 4096, TESTS_MAX = 16384, EVENTS_BYTES_MAX = 4 * 1024 * 1024 };

typedef struct traced_module {
  char *name;
  uint32_t number, site_count;
  uint32_t *counts;           /* two a site: reached or true, false */
} traced_module;

/* A table that an explanation can name. */
typedef struct traced_table {
  const void *address;
  size_t path;                /* offset in `paths`, NUL behind it */
  bool met;                   /* C has gone through it, or through the table that holds it: that it is there makes a difference */
} traced_table;

struct remit_trace {
  traced_module **modules;
  uint32_t module_count;
  bool recording;
  bool truncated;
  traced_table *tables;       /* open addressing */
  size_t table_mask, table_count;
  remit_buffer paths;
  remit_buffer reads;         /* JSON objects, each behind a comma but the first */
  uint32_t read_count;
  size_t *read_starts;        /* of each read's path in `reads`, to find one that is there already */
  remit_buffer tests;
  uint32_t test_count;
  traced_module *last_module;
  uint32_t last_site;
  traced_module *decided_module;  /* of the last statement of `decide` itself, or of what it ended by calling */
  uint32_t decided_site;
  bool only_path;             /* nothing is noted but the number below */
  uint64_t path;
};

/* ---- The tables that have names */

static size_t slot_of(const remit_trace *trace, const void *address) {
  size_t i = (size_t)(((uint64_t)(uintptr_t)address * UINT64_C(0x9E3779B97F4A7C15)) >> 20) & trace->table_mask;
  while (trace->tables[i].address && trace->tables[i].address != address) i = (i + 1) & trace->table_mask;
  return i;
}

static void grow_tables(lua_State *L, remit_trace *trace) {
  remit_trace old = *trace;
  trace->table_mask = old.tables ? old.table_mask * 2 + 1 : 255;
  trace->tables = calloc(trace->table_mask + 1, sizeof *trace->tables);
  if (!trace->tables) {
    trace->tables = old.tables;
    trace->table_mask = old.table_mask;
    remit_no_memory(L);
  }
  for (size_t i = 0; old.tables && i <= old.table_mask; i++)
    if (old.tables[i].address) trace->tables[slot_of(trace, old.tables[i].address)] = old.tables[i];
  free(old.tables);
}

static void name_table(lua_State *L, remit_trace *trace, const void *address, const char *path, size_t length) {
  if (!trace->tables || trace->table_count * 2 > trace->table_mask) grow_tables(L, trace);
  size_t i = slot_of(trace, address), start = trace->paths.length;
  remit_buffer_append(&trace->paths, path, length);
  remit_buffer_byte(&trace->paths, 0);
  if (trace->paths.failed) remit_no_memory(L);
  if (!trace->tables[i].address) trace->table_count++;
  trace->tables[i] = (traced_table){address, start, false};
}

static const char *path_of(const remit_trace *trace, const void *address) {
  if (!trace->tables || !address) return NULL;
  const traced_table *found = &trace->tables[slot_of(trace, address)];
  return found->address ? (const char *)trace->paths.bytes + found->path : NULL;
}

static void meet_table(remit_trace *trace, const void *address) {
  if (!trace->tables) return;
  traced_table *found = &trace->tables[slot_of(trace, address)];
  if (found->address) found->met = true;
}

/* Pushes the path with one more name, as a JSON Pointer has it; places count from 0 there. False for a key that has no name. */
static bool push_path(lua_State *L, const char *path, int key, bool is_list) {
  size_t length;
  key = lua_absindex(L, key);
  if (lua_type(L, key) == LUA_TSTRING) {
    const char *name = lua_tolstring(L, key, &length);
    if (memchr(name, 0, length)) return false;  /* paths end in a zero byte */
    luaL_Buffer buffer;
    luaL_buffinit(L, &buffer);
    luaL_addstring(&buffer, path);
    luaL_addchar(&buffer, '/');
    for (size_t i = 0; i < length; i++) {
      if (name[i] == '~') luaL_addstring(&buffer, "~0");
      else if (name[i] == '/') luaL_addstring(&buffer, "~1");
      else luaL_addchar(&buffer, name[i]);
    }
    luaL_pushresult(&buffer);
    return true;
  }
  if (!lua_isinteger(L, key)) return false;
  lua_pushfstring(L, "%s/%I", path, (LUAI_UACINT)(lua_tointeger(L, key) - (is_list ? 1 : 0)));
  return true;
}

/* Names the table at `index` and every table in it. Inputs are as deep as JSON may nest. */
static void name_tables(lua_State *L, remit_trace *trace, int index, const char *path) {
  luaL_checkstack(L, 8, NULL);
  index = lua_absindex(L, index);
  name_table(L, trace, lua_topointer(L, index), path, strlen(path));
  lua_pushnil(L);
  while (lua_next(L, index)) {
    if (lua_istable(L, -1) && push_path(L, path, -2, true)) {
      name_tables(L, trace, -2, lua_tostring(L, -1));
      lua_pop(L, 1);
    }
    lua_pop(L, 1);
  }
}

/* ---- Reads */

static bool is_read_already(const remit_trace *trace, const char *key, size_t length) {
  for (uint32_t i = 0; i < trace->read_count; i++) {
    const uint8_t *start = trace->reads.bytes + trace->read_starts[i];
    if (memcmp(start, key, length) == 0) return true;  /* ends in `",`, so that no path is the beginning of another's */
  }
  return false;
}

/* A value as JSON: a scalar as it is, of a table what it is. */
static void add_value(lua_State *L, remit_buffer *out, int index) {
  if (!lua_istable(L, index)) {
    remit_buffer_append(out, "\"value\":", 8);
    remit_encode(L, index, out, "what was read");
    return;
  }
  lua_Unsigned length = lua_rawlen(L, index);
  remit_buffer_append(out, "\"count\":", 8);
  remit_buffer_int64(out, (int64_t)length);
}

/* The read of what stands at the top of the stack, at that path. */
static void note_read(lua_State *L, remit_trace *trace, const traced_module *module, uint32_t site, const char *path) {
  if (lua_isfunction(L, -1)) return;
  remit_buffer *out = &trace->reads;
  if (trace->read_count == READS_MAX || out->length > EVENTS_BYTES_MAX) {
    trace->truncated = true;
    return;
  }
  size_t start = out->length;
  if (trace->read_count) remit_buffer_byte(out, ',');
  remit_buffer_append(out, "{\"path\":", 8);
  size_t key = out->length;
  remit_json_write_string(out, (const uint8_t *)path, strlen(path));
  remit_buffer_byte(out, ',');
  if (out->failed) remit_no_memory(L);
  if (is_read_already(trace, (const char *)out->bytes + key, out->length - key)) {
    out->length = start;
    return;
  }
  trace->read_starts[trace->read_count++] = key;
  add_value(L, out, -1);
  remit_buffer_append(out, ",\"module\":", 10);
  remit_buffer_int64(out, module ? module->number : -1);
  remit_buffer_append(out, ",\"site\":", 8);
  remit_buffer_int64(out, site);
  remit_buffer_byte(out, '}');
  if (out->failed) remit_no_memory(L);
}

enum { CHAIN_MAX = 100 };     /* Lua follows no longer one either */

/* Pushes the table itself where it has a name, else the first that has one of those which Lua asks in its place (`__index`); returns the
 * name. NULL, and nothing pushed, where there is none. */
static const char *push_named(lua_State *L, const remit_trace *trace, int index) {
  if (!lua_istable(L, index)) return NULL;
  luaL_checkstack(L, 8, NULL);
  lua_pushvalue(L, index);
  for (int i = 0; i < CHAIN_MAX; i++) {
    const char *path = path_of(trace, lua_topointer(L, -1));
    if (path) return path;
    if (luaL_getmetafield(L, -1, "__index") == LUA_TNIL) break;
    lua_remove(L, -2);
    if (!lua_istable(L, -1)) break;
  }
  lua_pop(L, 1);
  return NULL;
}

/* The read of base[key], whose value is at the top of the stack. */
static void note_member(lua_State *L, int base, int key, const traced_module *module, uint32_t site) {
  remit_trace *trace = remit_vm_of(L)->trace;
  int top = lua_gettop(L);
  base = lua_absindex(L, base);
  key = lua_absindex(L, key);
  const char *path = push_named(L, trace, base);
  if (path && push_path(L, path, key, true)) {
    lua_pushvalue(L, top);
    note_read(L, trace, module, site, lua_tostring(L, -2));
  }
  lua_settop(L, top);
}

void remit_trace_member(lua_State *L, int base, int key) {
  const remit_trace *trace = remit_vm_of(L)->trace;
  if (!trace || !trace->recording) return;
  luaL_checkstack(L, 8, NULL);
  note_member(L, base, key, trace->last_module, trace->last_site);
}

void remit_trace_whole(lua_State *L, int index) {
  remit_trace *trace = remit_vm_of(L)->trace;
  if (!trace || !trace->recording) return;
  int top = lua_gettop(L);
  const char *path = push_named(L, trace, index);
  if (!path) return;
  index = ++top;
  meet_table(trace, lua_topointer(L, index));
  lua_pushstring(L, path);  /* `paths` does not move here, but stays where it is for the reads below */
  lua_pushnil(L);
  while (lua_next(L, index)) {
    if (lua_istable(L, -1)) {
      meet_table(trace, lua_topointer(L, -1));
    } else if (push_path(L, lua_tostring(L, top + 1), -2, true)) {
      lua_insert(L, -2);
      note_read(L, trace, trace->last_module, trace->last_site, lua_tostring(L, -2));
      lua_pop(L, 1);
    }
    lua_pop(L, 1);
  }
  lua_settop(L, top - 1);
}

static void mix_path(remit_trace *trace, uint64_t what) {
  trace->path = (trace->path ^ what) * UINT64_C(0x9E3779B97F4A7C15);
  trace->path ^= trace->path >> 29;
}

void remit_trace_path_step(remit_vm *vm, uint64_t what) {
  if (vm->trace) mix_path(vm->trace, what);
}

static void keep_row(lua_State *L, int index) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &rows_key) != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &rows_key);
  }
  lua_pushvalue(L, index);
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  lua_pop(L, 1);
}

void remit_trace_row(lua_State *L, int index, const char *file, int64_t row) {
  remit_trace *trace = remit_vm_of(L)->trace;
  if (!trace || !trace->recording) return;
  if (trace->only_path) {
    mix_path(trace, (uint64_t)row << 1 | 1);
    return;
  }
  luaL_checkstack(L, 8, NULL);
  index = lua_absindex(L, index);
  if (trace->read_count == READS_MAX) {
    trace->truncated = true;
    return;
  }
  lua_pushfstring(L, "$data/%s/%I", file, (LUAI_UACINT)row);
  if (lua_istable(L, index)) {
    name_tables(L, trace, index, lua_tostring(L, -1));
    keep_row(L, index);
  }
  lua_pushvalue(L, index);
  note_read(L, trace, trace->last_module, trace->last_site, lua_tostring(L, -2));
  lua_pop(L, 2);
}

/* ---- What traced text calls. Upvalue 1: its module. */

static int op_hit(lua_State *L) {
  traced_module *module = lua_touserdata(L, lua_upvalueindex(1));
  uint32_t site = (uint32_t)lua_tointeger(L, 1);
  module->counts[2 * site]++;
  remit_trace *trace = remit_vm_of(L)->trace;
  trace->last_module = module;
  trace->last_site = site;
  /* Level 1 is the function of the statement, 2 whoever called it: the runner, where nothing stands at 3. */
  lua_Debug ar;
  if (trace->recording && !lua_getstack(L, 3, &ar)) {
    trace->decided_module = module;
    trace->decided_site = site;
  }
  return 0;
}

/* site, value -> value */
static int op_test(lua_State *L) {
  traced_module *module = lua_touserdata(L, lua_upvalueindex(1));
  uint32_t site = (uint32_t)lua_tointeger(L, 1);
  lua_settop(L, 2);
  bool holds = lua_toboolean(L, 2);
  module->counts[2 * site + !holds]++;
  remit_trace *trace = remit_vm_of(L)->trace;
  if (!trace->recording) return 1;
  if (trace->only_path) {
    mix_path(trace, (uint64_t)module->number << 33 | (uint64_t)site << 2 | (uint64_t)holds << 1);
    return 1;
  }
  if (trace->test_count == TESTS_MAX) {
    trace->truncated = true;
    return 1;
  }
  remit_buffer *out = &trace->tests;
  if (trace->test_count++) remit_buffer_byte(out, ',');
  remit_buffer_byte(out, '[');
  remit_buffer_int64(out, module->number);
  remit_buffer_byte(out, ',');
  remit_buffer_int64(out, site);
  remit_buffer_append(out, holds ? ",true]" : ",false]", holds ? 6 : 7);
  if (out->failed) remit_no_memory(L);
  return 1;
}

/* site, base, key -> base[key] */
static int op_read(lua_State *L) {
  traced_module *module = lua_touserdata(L, lua_upvalueindex(1));
  uint32_t site = (uint32_t)lua_tointeger(L, 1);
  lua_settop(L, 3);
  module->counts[2 * site]++;
  lua_pushvalue(L, 3);
  lua_gettable(L, 2);
  if (remit_vm_of(L)->trace->recording) note_member(L, 2, 3, module, site);
  return 1;
}

static const lua_CFunction traced_helpers[] = {op_hit, op_test, op_read};

bool remit_is_traced_helper(lua_CFunction function) {
  return function == op_hit || function == op_test || function == op_read;
}

int remit_push_traced_helpers(lua_State *L, const char *name, const remit_module *module) {
  remit_vm *vm = remit_vm_of(L);
  if (!vm->trace) vm->trace = calloc(1, sizeof *vm->trace);
  if (!vm->trace) remit_no_memory(L);
  remit_trace *trace = vm->trace;
  if (!trace->read_starts) trace->read_starts = calloc(READS_MAX, sizeof *trace->read_starts);
  traced_module **grown = realloc(trace->modules, (trace->module_count + 1) * sizeof *grown);
  if (grown) trace->modules = grown;
  traced_module *own = calloc(1, sizeof *own);
  char *copy = strdup(name);
  uint32_t *counts = calloc(2 * (size_t)module->site_count, sizeof *counts);
  if (!grown || !own || !copy || !counts || !trace->read_starts) {
    free(own);
    free(copy);
    free(counts);
    remit_no_memory(L);
  }
  *own = (traced_module){copy, trace->module_count, module->site_count, counts};
  trace->modules[trace->module_count++] = own;
  int count = sizeof traced_helpers / sizeof *traced_helpers;
  for (int i = 0; i < count; i++) {
    lua_pushlightuserdata(L, own);
    lua_pushcclosure(L, traced_helpers[i], 1);
  }
  return count;
}

/* ---- Asked by the machine's owner */

void remit_trace_forget(remit_vm *vm) {
  remit_trace *trace = vm->trace;
  if (!trace) return;
  trace->truncated = false;
  trace->paths.length = trace->reads.length = trace->tests.length = 0;
  trace->read_count = trace->test_count = 0;
  trace->last_module = trace->decided_module = NULL;
  trace->path = 1;
  if (trace->tables) memset(trace->tables, 0, (trace->table_mask + 1) * sizeof *trace->tables);
  trace->table_count = 0;
}

void remit_trace_begin(lua_State *L, int input, int params, int context) {
  remit_trace *trace = remit_vm_of(L)->trace;
  lua_pushnil(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &rows_key);
  trace->recording = true;
  if (trace->only_path) return;  /* no table has a name, so no read is noted */
  name_tables(L, trace, input, "");
  name_tables(L, trace, params, "$params");
  name_tables(L, trace, context, "$context");
}

void remit_trace_end(remit_vm *vm) {
  if (vm->trace) vm->trace->recording = false;
}

void remit_trace_only_path(remit_vm *vm, bool only) {
  if (vm->trace) vm->trace->only_path = only;
}

uint64_t remit_trace_path(const remit_vm *vm) {
  return vm->trace ? vm->trace->path : 0;
}

void remit_trace_free(remit_trace *trace) {
  if (!trace) return;
  for (uint32_t i = 0; i < trace->module_count; i++) {
    free(trace->modules[i]->name);
    free(trace->modules[i]->counts);
    free(trace->modules[i]);
  }
  free(trace->modules);
  free(trace->tables);
  free(trace->read_starts);
  remit_buffer_free(&trace->paths);
  remit_buffer_free(&trace->reads);
  remit_buffer_free(&trace->tests);
  free(trace);
}

static void add_modules(const remit_trace *trace, remit_buffer *out, bool counts) {
  remit_buffer_append(out, "\"modules\":[", 11);
  for (uint32_t i = 0; i < trace->module_count; i++) {
    const traced_module *module = trace->modules[i];
    if (i) remit_buffer_byte(out, ',');
    if (counts) remit_buffer_append(out, "{\"name\":", 8);
    remit_json_write_string(out, (const uint8_t *)module->name, strlen(module->name));
    if (!counts) continue;
    remit_buffer_append(out, ",\"counts\":[", 11);
    for (uint32_t k = 0; k < 2 * module->site_count; k++) {
      if (k) remit_buffer_byte(out, ',');
      remit_buffer_int64(out, module->counts[k]);
    }
    remit_buffer_append(out, "]}", 2);
  }
  remit_buffer_byte(out, ']');
}

/* The paths of the tables that C went through, and of those in them. */
static void add_met(const remit_trace *trace, remit_buffer *out) {
  bool first = true;
  for (size_t i = 0; trace->tables && i <= trace->table_mask; i++) {
    const traced_table *table = &trace->tables[i];
    if (!table->address || !table->met) continue;
    if (!first) remit_buffer_byte(out, ',');
    first = false;
    const char *path = (const char *)trace->paths.bytes + table->path;
    remit_json_write_string(out, (const uint8_t *)path, strlen(path));
  }
}

static void add_place(remit_buffer *out, const traced_module *module, uint32_t site) {
  if (!module) {
    remit_buffer_append(out, "null", 4);
    return;
  }
  remit_buffer_byte(out, '[');
  remit_buffer_int64(out, module->number);
  remit_buffer_byte(out, ',');
  remit_buffer_int64(out, site);
  remit_buffer_byte(out, ']');
}

remit_status remit_vm_trace(remit_vm *vm, remit_slice *out) {
  remit_buffer *text = &vm->scratch;
  text->length = 0;
  text->failed = false;
  const remit_trace *trace = vm->trace;
  if (!trace) {
    remit_vm_say(vm, "the machine is not traced");
    return REMIT_INTERNAL_ERROR;
  }
  remit_buffer_byte(text, '{');
  add_modules(trace, text, false);
  remit_buffer_append(text, ",\"reads\":[", 10);
  remit_buffer_append(text, trace->reads.bytes, trace->reads.length);
  remit_buffer_append(text, "],\"met\":[", 9);
  add_met(trace, text);
  remit_buffer_append(text, "],\"tests\":[", 11);
  remit_buffer_append(text, trace->tests.bytes, trace->tests.length);
  remit_buffer_append(text, "],\"last\":", 9);
  add_place(text, trace->last_module, trace->last_site);
  remit_buffer_append(text, ",\"decided\":", 11);
  add_place(text, trace->decided_module, trace->decided_site);
  remit_buffer_append(text, trace->truncated ? ",\"truncated\":true}" : "}", trace->truncated ? 18 : 1);
  *out = (remit_slice){text->bytes, text->length};
  return text->failed ? REMIT_INTERNAL_ERROR : REMIT_OK;
}

remit_status remit_vm_coverage(remit_vm *vm, remit_slice *out) {
  remit_buffer *text = &vm->scratch;
  text->length = 0;
  text->failed = false;
  remit_buffer_byte(text, '{');
  static const remit_trace none;
  add_modules(vm->trace ? vm->trace : &none, text, true);
  remit_buffer_byte(text, '}');
  *out = (remit_slice){text->bytes, text->length};
  return text->failed ? REMIT_INTERNAL_ERROR : REMIT_OK;
}
