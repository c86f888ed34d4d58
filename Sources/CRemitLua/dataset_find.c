#include <string.h>

#include "arith.h"
#include "dataset_handle.h"
#include "machine.h"

/* Look-ups in datasets. The rows that one gives are made as fresh tables, so that what a decision costs does not depend on what was
 * decided before; they are read-only by their metatable. Where the policy's text has the look-up written out there is an index, and
 * the steps do not depend on how many rows there are. Any other goes row by row and is charged for it. */

enum { KEYS_MAX = 32, ROWS_A_CHARGE = 256 };

/* The userdata: a dataset, or what of it is in force on days. */
typedef struct view {
  struct remit_dataset_handle *handle;
  int32_t low, high;          /* rows with from <= low and high <= to; all of them where low is REMIT_DAY_LAST */
} view;

static const char dataset_key = 0, row_key = 0;  /* registry: metatables */

static bool is_dated(const view *v) { return v->low != REMIT_DAY_LAST; }

/* ---- Rows */

static void push_value(lua_State *L, const view *v, uint32_t i, const remit_value *value, int slots) {
  char day[10];
  remit_date date;
  switch (value->kind) {
  case REMIT_VALUE_INTEGER: lua_pushinteger(L, value->whole); return;
  case REMIT_VALUE_DOUBLE: lua_pushnumber(L, value->number); return;
  case REMIT_VALUE_LONG: remit_push_decimal(L, value->decimal); return;
  case REMIT_VALUE_BOOLEAN: lua_pushboolean(L, value->whole != 0); return;
  case REMIT_VALUE_TEXT:
    remit_charge_bytes(L, value->length);
    lua_pushlstring(L, value->text, value->length);
    return;
  case REMIT_VALUE_DAY:
    remit_date_from_days((int32_t)value->whole, &date);
    remit_date_format(date, day);
    lua_pushlstring(L, day, sizeof day);
    return;
  case REMIT_VALUE_ENUM: lua_rawgeti(L, slots, v->handle->types[i]->values[value->whole].slot); return;
  case REMIT_VALUE_NIL: lua_pushnil(L); return;
  }
}

/* Pushes the row as a table; the dataset's slots are at `slots`. */
static void push_row(lua_State *L, const view *v, uint32_t row, int slots) {
  const remit_dataset *data = v->handle->data;
  remit_charge(L, 4 + (uint64_t)data->column_count);
  for (uint32_t i = 0; i < data->column_count; i++) remit_cell_prefetch(&data->columns[i], row);
  lua_createtable(L, 0, (int)data->column_count);
  for (uint32_t i = 0; i < data->column_count; i++) {
    remit_value value;
    remit_cell_value(&data->columns[i], row, &value);
    if (value.kind == REMIT_VALUE_NIL) continue;
    lua_rawgeti(L, slots, (lua_Integer)i + 1);
    push_value(L, v, i, &value, slots);
    lua_rawset(L, -3);
  }
  lua_rawgetp(L, LUA_REGISTRYINDEX, &row_key);
  lua_setmetatable(L, -2);
  if (__builtin_expect(remit_vm_of(L)->trace != NULL, 0)) remit_trace_row(L, -1, v->handle->file, remit_dataset_line(data, row));
}

bool remit_is_row(lua_State *L, int index) {
  if (!lua_getmetatable(L, index)) return false;
  bool row = lua_topointer(L, -1) == remit_vm_of(L)->row_metatable;
  lua_pop(L, 1);
  return row;
}

/* ---- Arguments */

bool remit_is_dataset(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TUSERDATA || !lua_getmetatable(L, index)) return false;
  bool dataset = lua_topointer(L, -1) == remit_vm_of(L)->dataset_metatable;
  lua_pop(L, 1);
  return dataset;
}

static const view *check_dataset(lua_State *L) {
  if (!remit_is_dataset(L, 1)) luaL_error(L, "expected a dataset: call its methods with a colon, rates:find { … }");
  return lua_touserdata(L, 1);
}

static uint32_t check_column(lua_State *L, const struct remit_dataset_handle *handle, int index) {
  if (lua_type(L, index) != LUA_TSTRING) luaL_error(L, "expected columns by name, { role = … }");
  size_t length;
  const char *name = lua_tolstring(L, index, &length);
  const remit_dataset *data = handle->data;
  for (uint32_t i = 0; i < data->column_count; i++)
    if (handle->names[i] == name) return i;
  for (uint32_t i = 0; i < data->column_count; i++)  /* Lua keeps long texts more than once */
    if (data->columns[i].name_length == length && memcmp(data->columns[i].name, name, length) == 0) return i;
  luaL_error(L, "the dataset has no column '%s'", name);
  return 0;
}

static void take_value(lua_State *L, const remit_dataset *data, remit_cell_key *key) {
  const remit_column *column = &data->columns[key->column];
  remit_decimal number;
  switch (lua_type(L, -1)) {
  case LUA_TSTRING: {
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    remit_charge_bytes(L, length);
    remit_cell_key_text(key, column, text, length);
    return;
  }
  case LUA_TBOOLEAN: remit_cell_key_boolean(key, column, lua_toboolean(L, -1)); return;
  default:
    if (remit_to_decimal(L, -1, &number)) remit_cell_key_number(key, column, &number);
    else if (remit_is_number(L, -1)) remit_number_error(L, -1);
    else key->never = true;
  }
}

/* What a look-up asks for, its keys by their columns' numbers. */
typedef struct question {
  remit_cell_key keys[KEYS_MAX];
  uint32_t count;
  remit_column_set columns;
  bool never;                 /* no row can match */
} question;

static void read_question(lua_State *L, const view *v, question *q) {
  const remit_dataset *data = v->handle->data;
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  remit_note_whole(L, 2);
  q->count = 0;
  q->never = false;
  memset(&q->columns, 0, sizeof q->columns);
  lua_pushnil(L);
  while (lua_next(L, 2)) {
    if (q->count == KEYS_MAX) luaL_error(L, "a look-up names at most %d columns", KEYS_MAX);
    remit_cell_key key = {.column = check_column(L, v->handle, -2)};
    take_value(L, data, &key);
    q->never |= key.never;
    remit_column_set_add(&q->columns, key.column);
    uint32_t at = q->count++;
    for (; at > 0 && q->keys[at - 1].column > key.column; at--) q->keys[at] = q->keys[at - 1];
    q->keys[at] = key;
    lua_pop(L, 1);
  }
  remit_charge(L, 4 + 4 * (uint64_t)q->count);
}

/* ---- Methods */

static bool row_matches(const view *v, const question *q, uint32_t row) {
  const remit_dataset *data = v->handle->data;
  for (uint32_t i = 0; i < q->count; i++)
    if (!remit_cell_key_matches(&q->keys[i], &data->columns[q->keys[i].column], row)) return false;
  return !is_dated(v) || remit_row_holds(data, row, v->low, v->high);
}

/* Charges for the next rows of a walk before it looks at them. */
static inline void charge_row(lua_State *L, uint32_t row, uint32_t rows) {
  if (row % ROWS_A_CHARGE == 0) remit_charge(L, rows - row < ROWS_A_CHARGE ? rows - row : ROWS_A_CHARGE);
}

static int dataset_find(lua_State *L) {
  const view *v = check_dataset(L);
  question q;
  read_question(L, v, &q);
  const remit_dataset *data = v->handle->data;
  uint32_t found = REMIT_NO_ROW;
  const remit_index *index = q.count && !q.never ? remit_dataset_index_for(L, v->handle, &q.columns) : NULL;
  if (index) {
    remit_row_group group;
    remit_index_find(data, index, q.keys, q.count, &group);
    if (!is_dated(v)) {
      found = group.first;
    } else if (v->low == v->high) {
      found = remit_index_at(data, index, &group, v->low);
    } else {
      if (group.count > 1) remit_charge(L, group.count);
      for (uint32_t i = 0; i < group.count && found == REMIT_NO_ROW; i++) {
        uint32_t row = group.count > 1 ? group.rows[i] : group.first;
        if (remit_row_holds(data, row, v->low, v->high)) found = row;
      }
    }
  } else if (!q.never) {
    for (uint32_t row = 0; row < data->rows && found == REMIT_NO_ROW; row++) {
      charge_row(L, row, data->rows);
      if (row_matches(v, &q, row)) found = row;
    }
  }
  if (found == REMIT_NO_ROW) {
    lua_pushnil(L);
    return 1;
  }
  lua_rawgeti(L, LUA_REGISTRYINDEX, v->handle->slots);
  push_row(L, v, found, 3);
  return 1;
}

static int dataset_find_all(lua_State *L) {
  const view *v = check_dataset(L);
  question q;
  read_question(L, v, &q);
  const remit_dataset *data = v->handle->data;
  lua_newtable(L);
  if (q.never) return 1;
  lua_rawgeti(L, LUA_REGISTRYINDEX, v->handle->slots);
  lua_Integer count = 0;
  const remit_index *index = q.count ? remit_dataset_index_for(L, v->handle, &q.columns) : NULL;
  if (index) {
    remit_row_group group;
    remit_index_find(data, index, q.keys, q.count, &group);
    remit_charge(L, group.count);
    for (uint32_t i = 0; i < group.count; i++) {
      uint32_t row = group.count > 1 ? group.rows[i] : group.first;
      if (is_dated(v) && !remit_row_holds(data, row, v->low, v->high)) continue;
      push_row(L, v, row, 4);
      lua_rawseti(L, 3, ++count);
    }
  } else {
    for (uint32_t row = 0; row < data->rows; row++) {
      charge_row(L, row, data->rows);
      if (!row_matches(v, &q, row)) continue;
      push_row(L, v, row, 4);
      lua_rawseti(L, 3, ++count);
    }
  }
  lua_settop(L, 3);
  return 1;
}

/* Upvalues: the dataset, the row to look at next. */
static int next_row(lua_State *L) {
  const view *v = lua_touserdata(L, lua_upvalueindex(1));
  const remit_dataset *data = v->handle->data;
  lua_Integer next = lua_tointegerx(L, lua_upvalueindex(2), NULL);
  uint32_t row = (uint32_t)next;
  for (; row < data->rows; row++) {
    charge_row(L, row, data->rows);
    if (!is_dated(v) || remit_row_holds(data, row, v->low, v->high)) break;
  }
  remit_charge(L, 1);
  lua_pushinteger(L, row < data->rows ? (lua_Integer)row + 1 : row);
  lua_replace(L, lua_upvalueindex(2));
  if (row == data->rows) return 0;
  lua_settop(L, 0);
  lua_rawgeti(L, LUA_REGISTRYINDEX, v->handle->slots);
  push_row(L, v, row, 1);
  return 1;
}

static int dataset_rows(lua_State *L) {
  check_dataset(L);
  lua_settop(L, 1);
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, next_row, 2);
  return 1;
}

static int dataset_length(lua_State *L) {
  const view *v = check_dataset(L);
  const remit_dataset *data = v->handle->data;
  lua_Integer count = is_dated(v) ? 0 : data->rows;
  for (uint32_t row = 0; is_dated(v) && row < data->rows; row++) {
    charge_row(L, row, data->rows);
    count += remit_row_holds(data, row, v->low, v->high);
  }
  lua_pushinteger(L, count);
  return 1;
}

static void push_view(lua_State *L, struct remit_dataset_handle *handle, int32_t low, int32_t high) {
  *(view *)lua_newuserdatauv(L, sizeof(view), 0) = (view){handle, low, high};
  lua_rawgetp(L, LUA_REGISTRYINDEX, &dataset_key);
  lua_setmetatable(L, -2);
}

static void check_days(lua_State *L, const remit_dataset *data) {
  for (uint32_t i = 0; i < data->column_count; i++) {
    const remit_column *column = &data->columns[i];
    if (strcmp(column->name, "from") != 0 && strcmp(column->name, "to") != 0) continue;
    if (column->type.kind != REMIT_DATE && column->type.kind != REMIT_TIMESTAMP)
      luaL_error(L, "the column '%s' is a %s, not a date: ':at' cannot use it", column->name, remit_kind_names[column->type.kind]);
  }
}

/* The rows in force on a day: from <= day <= to, an empty bound being open. */
static int dataset_at(lua_State *L) {
  const view *v = check_dataset(L);
  const remit_dataset *data = v->handle->data;
  size_t length;
  const char *text = luaL_checklstring(L, 2, &length);
  char canonical[32];
  remit_date date;
  if (!remit_date_parse(text, length, &date) &&
      !(remit_timestamp_parse(text, length, canonical) && remit_date_parse(canonical, 10, &date)))
    return luaL_argerror(L, 2, "expected a date or a time");
  if (data->from < 0 || data->to < 0) check_days(L, data);
  remit_charge(L, 4);
  int32_t day = remit_days_from_date(date);
  int32_t low = v->low < day ? v->low : day, high = v->high > day ? v->high : day;
  push_view(L, v->handle, low, high);
  return 1;
}

static int no_field(lua_State *L) {
  if (lua_type(L, 2) != LUA_TSTRING) return luaL_error(L, "a dataset is no list: it has find, find_all, at and rows");
  return luaL_error(L, "a dataset has no '%s': it has find, find_all, at and rows", lua_tostring(L, 2));
}

void remit_push_dataset(lua_State *L, struct remit_dataset_handle *handle) {
  push_view(L, handle, REMIT_DAY_LAST, REMIT_DAY_FIRST);
}

/* Pushes a metatable of the machine's own. */
static const void *add_metatable(lua_State *L, const char *key) {
  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, key);
  return lua_topointer(L, -1);
}

void remit_open_dataset_methods(lua_State *L) {
  static const luaL_Reg methods[] = {
    {"find", dataset_find}, {"find_all", dataset_find_all}, {"rows", dataset_rows}, {"at", dataset_at}, {NULL, NULL},
  };
  remit_vm *vm = remit_vm_of(L);
  vm->dataset_metatable = add_metatable(L, &dataset_key);
  luaL_newlib(L, methods);
  lua_newtable(L);
  lua_pushcfunction(L, no_field);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, dataset_length);
  lua_setfield(L, -2, "__len");
  lua_pushliteral(L, "dataset");
  lua_setfield(L, -2, "__name");
  remit_freeze(L, -1);
  vm->row_metatable = add_metatable(L, &row_key);
  remit_freeze(L, -1);
  lua_pop(L, 2);
}
