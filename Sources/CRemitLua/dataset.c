#include <stdlib.h>
#include <string.h>

#include "dataset_handle.h"
#include "machine.h"

/* The word `dataset`. The rows stand outside of Lua, once for all machines; a machine has the columns' names, and which look-ups
 * have an index. That is known from the policy's text: those that are written out, `find { role = …, level = … }`. They are
 * indexed while the policy is loaded, so that no decision pays for it and none depends on another. */

struct remit_lookup {
  remit_column_set columns;
  const remit_index *index;
  struct remit_lookup *next;
};

/* The names of a find's keys as the text has them: each ends in a zero byte, each list in another. */
struct remit_lookup_names {
  remit_slice names;
  struct remit_lookup_names *next;
};

/* ---- Indexes */

static const remit_index *add_lookup(lua_State *L, struct remit_dataset_handle *handle, const remit_column_set *columns) {
  struct remit_lookup *added = remit_arena_take(L, sizeof *added);
  uint64_t keys = 0;
  for (uint32_t i = 0; i < handle->data->column_count; i++) keys += remit_column_set_has(columns, i);
  remit_vm *vm = remit_vm_of(L);
  remit_charge(L, handle->data->rows * (2 + keys));
  remit_watch_end(vm);        /* the first machine makes what the others find: the clock must not tell them apart */
  added->index = remit_dataset_index(handle->data, columns);
  remit_watch_begin(vm, vm->limits.load.milliseconds);
  if (!added->index) remit_no_memory(L);
  added->columns = *columns;
  added->next = handle->lookups;
  handle->lookups = added;
  return added->index;
}

static const remit_index *known_index(const struct remit_dataset_handle *handle, const remit_column_set *columns) {
  for (const struct remit_lookup *each = handle->lookups; each; each = each->next)
    if (remit_column_set_equal(&each->columns, columns)) return each->index;
  return NULL;
}

/* Reads the next list of names; false at the end. `*fits` where all of them are columns. */
static bool next_lookup(const remit_dataset *data, remit_slice *names, remit_column_set *columns, bool *fits) {
  if (!names->length) return false;
  memset(columns, 0, sizeof *columns);
  *fits = true;
  while (names->length && *names->bytes) {
    const char *name = (const char *)names->bytes;
    size_t length = strnlen(name, names->length);
    bool found = false;
    for (uint32_t i = 0; i < data->column_count && !found; i++) {
      found = data->columns[i].name_length == length && memcmp(data->columns[i].name, name, length) == 0;
      if (found) remit_column_set_add(columns, i);
    }
    *fits &= found;
    length += length < names->length;
    names->bytes += length;
    names->length -= length;
  }
  if (names->length) names->bytes++, names->length--;
  return true;
}

const remit_index *remit_dataset_index_for(lua_State *L, struct remit_dataset_handle *handle, const remit_column_set *columns) {
  const remit_index *index = known_index(handle, columns);
  remit_vm *vm = remit_vm_of(L);
  if (index || !vm->loading) return index;
  for (const struct remit_lookup_names *each = vm->lookup_names; each; each = each->next) {
    remit_slice names = each->names;
    remit_column_set wanted;
    bool fits;
    while (next_lookup(handle->data, &names, &wanted, &fits))
      if (fits && remit_column_set_equal(&wanted, columns)) return add_lookup(L, handle, columns);
  }
  return NULL;
}

void remit_note_lookups(lua_State *L, remit_slice names) {
  remit_vm *vm = remit_vm_of(L);
  if (!names.length) return;
  struct remit_lookup_names *noted = remit_arena_take(L, sizeof *noted);
  noted->names = names;
  noted->next = vm->lookup_names;
  vm->lookup_names = noted;
}

static void check_bytes(lua_State *L) {
  remit_vm *vm = remit_vm_of(L);
  size_t bytes = 0;
  for (const struct remit_dataset_handle *each = vm->datasets; each; each = each->next) {
    bytes += remit_dataset_bytes(each->data);
    for (const struct remit_lookup *l = each->lookups; l; l = l->next) bytes += remit_index_bytes(l->index);
    remit_charge(L, 1);
  }
  if (bytes > vm->limits.load.memory_bytes)
    luaL_error(L, "the datasets of a policy and their indexes take more than %d MiB", (int)(vm->limits.load.memory_bytes >> 20));
}

void remit_index_datasets(lua_State *L) {
  remit_vm *vm = remit_vm_of(L);
  for (struct remit_dataset_handle *handle = vm->datasets; handle; handle = handle->next)
    for (const struct remit_lookup_names *each = vm->lookup_names; each; each = each->next) {
      remit_slice names = each->names;
      remit_column_set columns;
      bool fits;
      remit_charge(L, names.length / 4);
      while (next_lookup(handle->data, &names, &columns, &fits))
        if (fits && !known_index(handle, &columns)) add_lookup(L, handle, &columns);
      check_bytes(L);
    }
  check_bytes(L);
}

/* ---- Reading a file */

/* Raises with the data file's own place in front. */
static _Noreturn void refuse(lua_State *L, const char *file, int64_t line, const char *why) {
  luaL_where(L, 1);
  const char *where = lua_tostring(L, -1);
  size_t length = strlen(where);
  lua_pushlstring(L, where, length > 2 ? length - 2 : 0);  /* without ": " */
  lua_pushfstring(L, "%s:%I: %s (read at %s)", file, (LUAI_UACINT)line, why, lua_tostring(L, -1));
  lua_error(L);
  __builtin_unreachable();
}

static int by_name(const void *a, const void *b) {
  const remit_declared_column *x = a, *y = b;
  size_t shorter = x->length < y->length ? x->length : y->length;
  int order = memcmp(x->name, y->name, shorter);
  return order ? order : (x->length > y->length) - (x->length < y->length);
}

/* The declared columns by name. Names go to the slots 1 ... count, the texts of enums behind them. */
static remit_declared_column *read_columns(lua_State *L, int columns, int slots, uint32_t *count) {
  uint32_t total = 0;
  lua_pushnil(L);
  while (lua_next(L, columns)) {
    if (lua_type(L, -2) != LUA_TSTRING) luaL_error(L, "dataset: expected named columns, { role = text {} }");
    total++;
    lua_pop(L, 1);
  }
  if (total > REMIT_COLUMNS_MAX) luaL_error(L, "dataset: at most %d columns can be declared", REMIT_COLUMNS_MAX);
  remit_declared_column *declared = remit_arena_take(L, (total + 1) * sizeof *declared);
  uint32_t i = 0;
  lua_pushnil(L);
  while (lua_next(L, columns)) {
    declared[i].name = lua_tolstring(L, -2, &declared[i].length);
    i++;
    lua_pop(L, 1);
  }
  qsort(declared, total, sizeof *declared, by_name);
  int32_t slot = (int32_t)total;
  for (i = 0; i < total; i++) {
    lua_pushlstring(L, declared[i].name, declared[i].length);
    lua_pushvalue(L, -1);
    lua_rawseti(L, slots, (lua_Integer)i + 1);
    declared[i].name = lua_tostring(L, -1);
    lua_rawget(L, columns);
    declared[i].type = remit_compile_type(L, -1, slots, &slot, declared[i].name);
    if (declared[i].type->kind > REMIT_ENUM) luaL_error(L, "dataset: the column '%s' must be a single value", declared[i].name);
    lua_pop(L, 1);
  }
  *count = total;
  return declared;
}

/* The columns of `unique` in the options at `index`; false where nothing is declared. */
static bool read_unique(lua_State *L, int index, const remit_declared_column *declared, uint32_t count, remit_column_set *out) {
  if (lua_isnil(L, index)) return false;
  if (!lua_istable(L, index)) luaL_error(L, "dataset: expected options, { unique = { \"role\" } }");
  lua_pushnil(L);
  while (lua_next(L, index)) {
    if (lua_type(L, -2) != LUA_TSTRING || strcmp(lua_tostring(L, -2), "unique") != 0)
      luaL_error(L, "dataset: the only option is 'unique'");
    lua_pop(L, 1);
  }
  lua_getfield(L, index, "unique");
  if (lua_isnil(L, -1)) return false;
  if (!lua_istable(L, -1) || !lua_rawlen(L, -1)) luaL_error(L, "dataset: 'unique' must be a list of columns");
  memset(out, 0, sizeof *out);
  for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, -1); i++) {
    if (lua_rawgeti(L, -1, i) != LUA_TSTRING) luaL_error(L, "dataset: 'unique' must be a list of columns");
    size_t length;
    const char *name = lua_tolstring(L, -1, &length);
    uint32_t k = 0;
    while (k < count && (declared[k].length != length || memcmp(declared[k].name, name, length) != 0)) k++;
    if (k == count) luaL_error(L, "dataset: 'unique' names '%s', which is no declared column", name);
    remit_column_set_add(out, k);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  return true;
}

static _Noreturn void refuse_problem(
  lua_State *L, const char *file, const remit_dataset_problem *problem, const remit_declared_column *declared,
  const remit_column *columns) {
  remit_vm *vm = remit_vm_of(L);
  if (problem->memory)
    luaL_error(L, "%s: a dataset of more than %d MiB", file, (int)(vm->limits.load.memory_bytes >> 20));
  if (!problem->column) refuse(L, file, problem->line, problem->words);
  char words[512];
  const remit_type *type = declared[problem->column - columns].type;
  remit_decimal number;
  vm->scratch.length = 0;
  /* In a file an integer has no quotes that it should not have. */
  if (type->kind == REMIT_INTEGER && remit_decimal_parse(problem->cell, problem->cell_length, false, &number) == REMIT_DECIMAL_OK)
    remit_buffer_append(&vm->scratch, problem->cell, problem->cell_length);
  else
    remit_json_write_string(&vm->scratch, (const uint8_t *)problem->cell, problem->cell_length);
  remit_slice cell = {vm->scratch.bytes, vm->scratch.length};
  remit_buffer_grow(&vm->scratch, REMIT_JSON_PADDING);
  if (vm->scratch.failed) remit_no_memory(L);
  cell.bytes = vm->scratch.bytes;
  remit_explain_value(L, type, cell, words, sizeof words);
  refuse(L, file, problem->line, lua_pushfstring(L, "%s: %s", problem->column->name, words));
}

static void free_builder(remit_vm *vm) {
  remit_dataset_builder_free(vm->builder);
  vm->builder = NULL;
}

void remit_forget_datasets(remit_vm *vm) { free_builder(vm); }

/* The dataset of the file that argument 1 names. */
static remit_dataset *ask(lua_State *L, const remit_declared_column *declared, uint32_t count, const remit_column_set *unique) {
  remit_vm *vm = remit_vm_of(L);
  free_builder(vm);           /* an error may have left it */
  vm->builder = remit_dataset_builder_create(declared, count, unique, vm->limits.load.memory_bytes);
  if (!vm->builder) remit_no_memory(L);
  remit_dataset *data = remit_ask_dataset(L, 1, vm->builder);
  if (!data) {
    const remit_dataset_problem *problem = remit_dataset_builder_problem(vm->builder);
    const char *file = lua_tostring(L, 1);
    if (problem) refuse_problem(L, file, problem, declared, remit_dataset_builder_columns(vm->builder));
    luaL_error(L, "cannot read the data file '%s'", file);
  }
  free_builder(vm);
  return data;
}

/* The slots at the top of the stack become the handle's. */
static struct remit_dataset_handle *make_handle(lua_State *L, remit_dataset *data, const remit_declared_column *declared) {
  remit_vm *vm = remit_vm_of(L);
  struct remit_dataset_handle *handle = remit_arena_take(L, sizeof *handle);
  size_t length;
  const char *file = lua_tolstring(L, 1, &length);
  handle->file = memcpy(remit_arena_take(L, length + 1), file, length);
  handle->data = data;
  handle->types = remit_arena_take(L, (data->column_count + 1) * sizeof *handle->types);
  handle->names = remit_arena_take(L, (data->column_count + 1) * sizeof *handle->names);
  for (uint32_t i = 0; i < data->column_count; i++) {
    handle->types[i] = declared[i].type;
    handle->names[i] = declared[i].name;
  }
  handle->slots = luaL_ref(L, LUA_REGISTRYINDEX);
  handle->next = vm->datasets;
  vm->datasets = handle;
  return handle;
}

/* file, columns, options -> dataset */
static int make_dataset(lua_State *L) {
  remit_vm *vm = remit_vm_of(L);
  if (!vm->loading) return luaL_error(L, "dataset: files are read while a policy is loaded, not by a decision");
  luaL_checkstring(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 3);
  lua_newtable(L);
  uint32_t count;
  remit_column_set unique;
  remit_declared_column *declared = read_columns(L, 2, 4, &count);
  bool is_unique = read_unique(L, 3, declared, count, &unique);
  remit_dataset *data = ask(L, declared, count, is_unique ? &unique : NULL);
  remit_charge(L, 1000 + data->rows * (2 + (uint64_t)count) / 2);
  struct remit_dataset_handle *handle = vm->datasets;
  for (; handle && handle->data != data; handle = handle->next) remit_charge(L, 1);
  lua_settop(L, 4);
  if (!handle) handle = make_handle(L, data, declared);
  remit_push_dataset(L, handle);
  return 1;
}

static int continue_dataset(lua_State *L) {
  lua_settop(L, 2);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  return make_dataset(L);
}

/* dataset "file" { columns }, or dataset("file", { columns }, { unique = { … } }) */
static int open_dataset(lua_State *L) {
  luaL_checkstring(L, 1);
  if (!lua_isnoneornil(L, 2)) return make_dataset(L);
  lua_settop(L, 1);
  lua_pushcclosure(L, continue_dataset, 1);
  return 1;
}

int remit_open_dataset(lua_State *L) {
  remit_open_dataset_methods(L);
  lua_pushcfunction(L, open_dataset);
  lua_setfield(L, 1, "dataset");
  return 0;
}
