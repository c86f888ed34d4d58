#include <string.h>

#include "machine.h"

/* Datasets: typed CSV read while loading. The owner hands a file's records over as JSON, [[line,"cell",…],…] with the header
 * first, so that the project has one CSV reader. A dataset is a table of its rows with the methods below; look-ups go row by row. */

static const char dataset_key = 0;

/* Raises with the data file's own place in front. */
static _Noreturn void refuse(lua_State *L, const char *file, int64_t line, const char *why) {
  luaL_where(L, 1);
  const char *where = lua_tostring(L, -1);
  size_t length = strlen(where);
  lua_pushlstring(L, where, length > 2 ? length - 2 : 0);  /* without ": " */
  if (line) lua_pushfstring(L, "%s:%I: %s (read at %s)", file, (LUAI_UACINT)line, why, lua_tostring(L, -1));
  else lua_pushfstring(L, "%s: %s (read at %s)", file, why, lua_tostring(L, -1));
  lua_error(L);
  __builtin_unreachable();
}

typedef struct column {
  const char *name;
  remit_type *type;
  int place;                  /* among the file's columns, from 0 */
  int32_t slot;
} column;

typedef struct reader {
  const char *file;
  column *columns;
  int count;
  int slots;
} reader;

/* The cell as a Lua string at the top of the stack. */
static const char *push_cell(lua_State *L, remit_slice json, size_t *length) {
  luaL_Buffer buffer;
  char *room = luaL_buffinitsize(L, &buffer, json.length);
  *length = remit_json_unescape(json.bytes + 1, json.length - 2, (uint8_t *)room);
  luaL_pushresultsize(&buffer, *length);
  return lua_tostring(L, -1);
}

static void read_columns(lua_State *L, reader *r, int columns) {
  lua_pushnil(L);
  while (lua_next(L, columns)) {
    if (lua_type(L, -2) != LUA_TSTRING) luaL_error(L, "dataset: expected named columns, { role = text {} }");
    r->count++;
    lua_pop(L, 1);
  }
  r->columns = remit_arena_take(L, (size_t)(r->count + 1) * sizeof *r->columns);
  int32_t slot_count = 0;
  int i = 0;
  lua_pushnil(L);
  while (lua_next(L, columns)) {
    column *each = &r->columns[i++];
    each->name = lua_tostring(L, -2);
    each->place = -1;
    each->type = remit_compile_type(L, -1, r->slots, &slot_count, each->name);
    if (each->type->kind > REMIT_ENUM) luaL_error(L, "dataset: the column '%s' must be a single value", each->name);
    each->slot = ++slot_count;
    lua_pushvalue(L, -2);
    lua_rawseti(L, r->slots, each->slot);
    lua_pop(L, 1);
  }
}

static void read_header(lua_State *L, reader *r, remit_slice record) {
  remit_json_walk walk;
  remit_json_walk_start(&walk, record);
  for (int place = -1; remit_json_walk_next(&walk); place++) {
    if (place < 0) continue;
    size_t length;
    const char *name = push_cell(L, walk.value, &length);
    for (int i = 0; i < r->count; i++)
      if (strcmp(r->columns[i].name, name) == 0) {
        if (r->columns[i].place >= 0) refuse(L, r->file, 1, lua_pushfstring(L, "the column '%s' stands there twice", name));
        r->columns[i].place = place;
      }
    lua_pop(L, 1);
  }
  for (int i = 0; i < r->count; i++)
    if (r->columns[i].place < 0) refuse(L, r->file, 1, lua_pushfstring(L, "the column '%s' is missing", r->columns[i].name));
}

static int64_t line_of(remit_slice json) {
  int64_t line = 0;
  for (size_t i = 0; i < json.length && json.bytes[i] >= '0' && json.bytes[i] <= '9'; i++) line = line * 10 + (json.bytes[i] - '0');
  return line;
}

/* Pushes the row. */
static void read_row(lua_State *L, reader *r, remit_slice record) {
  int64_t line = 0;
  lua_createtable(L, 0, r->count);
  int row = lua_gettop(L);
  remit_json_walk walk;
  remit_json_walk_start(&walk, record);
  for (int place = -1; remit_json_walk_next(&walk); place++) {
    if (place < 0) {
      line = line_of(walk.value);
      continue;
    }
    for (int i = 0; i < r->count; i++) {
      const column *each = &r->columns[i];
      if (each->place != place) continue;
      size_t length;
      const char *cell = push_cell(L, walk.value, &length);
      if (length == 0 && each->type->optional) continue;
      lua_rawgeti(L, r->slots, each->slot);
      if (!remit_decode_text(L, each->type, cell, length, r->slots)) {
        char words[512];
        remit_explain_value(L, each->type, walk.value, words, sizeof words);
        refuse(L, r->file, line, lua_pushfstring(L, "%s: %s", each->name, words));
      }
      lua_rawset(L, row);
    }
    lua_settop(L, row);
  }
  remit_charge(L, 4 + (uint64_t)r->count);
}

static void check_unique(lua_State *L, const reader *r, int dataset, int keys, const int64_t *lines) {
  lua_Integer rows = (lua_Integer)lua_rawlen(L, dataset), columns = (lua_Integer)lua_rawlen(L, keys);
  lua_newtable(L);
  int seen = lua_gettop(L);
  for (lua_Integer i = 1; i <= rows; i++) {
    luaL_Buffer key;
    luaL_buffinit(L, &key);
    for (lua_Integer k = 1; k <= columns; k++) {
      lua_rawgeti(L, dataset, i);
      lua_rawgeti(L, keys, k);
      lua_rawget(L, -2);
      lua_remove(L, -2);
      bool present = !lua_isnil(L, -1);
      size_t length;
      const char *text = remit_push_text(L, -1, &length);
      (void)text;
      lua_remove(L, -2);
      luaL_addvalue(&key);
      luaL_addlstring(&key, present ? "\0=" : "\0-", 2);
    }
    luaL_pushresult(&key);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, seen) != LUA_TNIL)
      refuse(L, r->file, lines[i - 1], lua_pushfstring(L, "the same key as in line %I, but 'unique' is declared",
                                                       (LUAI_UACINT)lines[lua_tointeger(L, -1) - 1]));
    lua_pop(L, 1);
    lua_pushinteger(L, i);
    lua_rawset(L, seen);
  }
  lua_settop(L, seen - 1);
}

/* file, columns, options -> dataset */
static int make_dataset(lua_State *L) {
  remit_vm *vm = remit_vm_of(L);
  if (!vm->loading) return luaL_error(L, "dataset: files are read while a policy is loaded, not by a decision");
  const char *file = luaL_checkstring(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 3);
  remit_slice bytes = remit_ask_file(L, 1);
  reader r = {.file = file};
  lua_newtable(L);
  r.slots = lua_gettop(L);
  read_columns(L, &r, 2);
  lua_newtable(L);
  int dataset = lua_gettop(L);
  remit_json_walk walk;
  remit_json_walk_start(&walk, bytes);
  lua_Integer count = 0;
  int64_t *lines = NULL;
  if (!remit_json_walk_next(&walk)) refuse(L, file, 1, "the file has no header");
  read_header(L, &r, walk.value);
  remit_json_walk counting = walk;
  lua_Integer total = 0;
  while (remit_json_walk_next(&counting)) total++;
  lines = lua_newuserdatauv(L, (size_t)(total + 1) * sizeof *lines, 0);
  while (remit_json_walk_next(&walk)) {
    lines[count] = line_of((remit_slice){walk.value.bytes + 1, walk.value.length - 1});
    read_row(L, &r, walk.value);
    lua_rawseti(L, dataset, ++count);
  }
  if (lua_istable(L, 3)) {
    lua_getfield(L, 3, "unique");
    if (lua_istable(L, -1)) check_unique(L, &r, dataset, lua_gettop(L), lines);
  }
  lua_settop(L, dataset);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &dataset_key);
  lua_setmetatable(L, dataset);
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

/* ---- Methods */

static void check_dataset(lua_State *L) {
  bool valid = false;
  if (lua_istable(L, 1) && lua_getmetatable(L, 1)) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &dataset_key);
    valid = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
  }
  if (!valid) luaL_error(L, "expected a dataset: call its methods with a colon, rates:find { … }");
}

/* A policy may have put anything in a row's place while it was loaded, or given a table of its own this metatable. */
static void push_row(lua_State *L, lua_Integer i) {
  if (lua_rawgeti(L, 1, i) != LUA_TTABLE) luaL_error(L, "the dataset holds what is not a row");
}

/* True where the row at the top of the stack has every value of the table at 2. */
static bool row_matches(lua_State *L) {
  int row = lua_gettop(L);
  bool equal = true;
  lua_pushnil(L);
  while (equal && lua_next(L, 2)) {
    lua_pushvalue(L, -2);
    lua_rawget(L, row);
    equal = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
  }
  lua_settop(L, row);
  return equal;
}

static int find_rows(lua_State *L, bool all) {
  check_dataset(L);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  lua_Integer rows = (lua_Integer)lua_rawlen(L, 1), found = 0;
  if (all) lua_newtable(L);
  for (lua_Integer i = 1; i <= rows; i++) {
    remit_charge(L, 4);
    push_row(L, i);
    if (row_matches(L)) {
      if (!all) return 1;
      lua_rawseti(L, 3, ++found);
    } else {
      lua_pop(L, 1);
    }
  }
  if (!all) lua_pushnil(L);
  return 1;
}

static int dataset_find(lua_State *L) { return find_rows(L, false); }
static int dataset_find_all(lua_State *L) { return find_rows(L, true); }

static int next_row(lua_State *L) {
  lua_Integer i = lua_tointeger(L, lua_upvalueindex(2)) + 1;
  remit_charge(L, 2);
  lua_pushinteger(L, i);
  lua_replace(L, lua_upvalueindex(2));
  lua_rawgeti(L, lua_upvalueindex(1), i);
  return 1;
}

static int dataset_rows(lua_State *L) {
  check_dataset(L);
  lua_settop(L, 1);
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, next_row, 2);
  return 1;
}

/* The rows in force on a day: from <= day <= to, an empty bound being open. */
static int dataset_at(lua_State *L) {
  check_dataset(L);
  size_t length;
  const char *day = luaL_checklstring(L, 2, &length);
  char canonical[32];
  if (!remit_date_valid(day, length) && (!remit_timestamp_parse(day, length, canonical) || !(day = canonical)))
    return luaL_argerror(L, 2, "expected a date or a time");
  lua_settop(L, 2);
  lua_newtable(L);
  lua_Integer rows = (lua_Integer)lua_rawlen(L, 1), kept = 0;
  for (lua_Integer i = 1; i <= rows; i++) {
    remit_charge(L, 4);
    push_row(L, i);
    lua_getfield(L, 4, "from");
    lua_getfield(L, 4, "to");
    const char *from = lua_tostring(L, 5), *to = lua_tostring(L, 6);
    if ((!from || strncmp(from, day, 10) <= 0) && (!to || strncmp(day, to, 10) <= 0)) {
      lua_pushvalue(L, 4);
      lua_rawseti(L, 3, ++kept);
    }
    lua_settop(L, 3);
  }
  lua_rawgetp(L, LUA_REGISTRYINDEX, &dataset_key);
  lua_setmetatable(L, 3);
  return 1;
}

int remit_open_dataset(lua_State *L) {
  static const luaL_Reg methods[] = {
    {"find", dataset_find}, {"find_all", dataset_find_all}, {"rows", dataset_rows}, {"at", dataset_at}, {NULL, NULL},
  };
  lua_newtable(L);
  lua_newtable(L);
  luaL_setfuncs(L, methods, 0);
  lua_setfield(L, -2, "__index");
  remit_freeze(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &dataset_key);
  lua_pushcfunction(L, open_dataset);
  lua_setfield(L, 1, "dataset");
  return 0;
}
