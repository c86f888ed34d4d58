#include <string.h>

#include "table_index.h"

/* A decision table's file -> rules. The owner hands its records over as for datasets: [[row,"cell",…],…], the header first. */

/* Registry: a list of the tables that were read. It also keeps their closures, whose addresses count as the library's. */
static const char tables_key = 0;

static const char *const hit_names[] = {"U", "A", "P", "F", "R", "O", "C", "C+", "C<", "C>", "C#"};
enum { HITS = sizeof hit_names / sizeof *hit_names };

/* ---- What reading needs */

void *remit_pile_add(remit_table_reader *r, remit_pile *pile, uint32_t count) {
  if (pile->capacity - pile->count < count) {
    uint64_t wanted = (uint64_t)pile->count + count;
    uint64_t capacity = pile->capacity ? (uint64_t)pile->capacity * 2 : 16;
    if (capacity < wanted) capacity = wanted;
    if (capacity > UINT32_MAX) luaL_error(r->L, "not enough memory");
    void *items = lua_newuserdatauv(r->L, (size_t)capacity * pile->size, 0);
    if (pile->count) memcpy(items, pile->items, (size_t)pile->count * pile->size);
    if (!pile->slot) pile->slot = ++r->slot_count;
    lua_rawseti(r->L, r->slots, pile->slot);
    pile->items = items;
    pile->capacity = (uint32_t)capacity;
  }
  char *added = (char *)pile->items + (size_t)pile->count * pile->size;
  memset(added, 0, (size_t)count * pile->size);
  pile->count += count;
  return added;
}

int32_t remit_table_keep(remit_table_reader *r) {
  lua_rawseti(r->L, r->slots, ++r->slot_count);
  return r->slot_count;
}

static const char *text_in_slot(remit_table_reader *r, int32_t slot) {
  lua_rawgeti(r->L, r->slots, slot);
  const char *text = lua_tostring(r->L, -1);
  lua_pop(r->L, 1);
  return text;
}

void remit_table_refuse(remit_table_reader *r, const char *why) {
  lua_State *L = r->L;
  const char *column = r->column ? text_in_slot(r, r->column->name) : NULL;
  luaL_where(L, 1);
  size_t length;
  const char *where = lua_tolstring(L, -1, &length);
  lua_pushfstring(L, "%s:%I: %s%s%s", r->file, (LUAI_UACINT)r->line, column ? column : "", column ? ": " : "", why);
  if (length > 2) {
    lua_pushlstring(L, where, length - 2);  /* without ": " */
    lua_pushfstring(L, "%s (read at %s)", lua_tostring(L, -2), lua_tostring(L, -1));
  }
  lua_error(L);
  __builtin_unreachable();
}

/* Pushes the cell's text. */
static const char *push_cell(lua_State *L, remit_slice json, size_t *length) {
  luaL_Buffer buffer;
  char *room = luaL_buffinitsize(L, &buffer, json.length);
  *length = remit_json_unescape(json.bytes + 1, json.length - 2, (uint8_t *)room);
  luaL_pushresultsize(&buffer, *length);
  return lua_tostring(L, -1);
}

/* Starts to walk a record and takes its row's number. */
static void start_record(remit_table_reader *r, remit_json_walk *walk, remit_slice record) {
  remit_json_walk_start(walk, record);
  remit_json_walk_next(walk);
  r->line = 0;
  for (size_t i = 0; i < walk->value.length; i++) r->line = r->line * 10 + (walk->value.bytes[i] - '0');
}

/* ---- The header */

static void read_hit(remit_table_reader *r, const char *text, size_t length) {
  char name[3] = "";
  size_t count = 0;
  for (size_t i = 0; i < length; i++) {
    if (text[i] == ' ') continue;
    if (count == sizeof name - 1) {
      count = 0;
      break;
    }
    name[count++] = text[i];
  }
  name[count] = 0;
  int hit = 0;
  while (hit < HITS && strcmp(hit_names[hit], name) != 0) hit++;
  if (hit == HITS)
    remit_table_refuse(r, "the first cell is the hit policy, one of U A P F R O C C+ C< C> C#");
  r->hit = (remit_hit)hit;
}

static void add_path(remit_table_reader *r, const char *text, size_t length) {
  uint32_t first = r->parts.count;
  for (const char *end = text + length;;) {
    const char *dot = memchr(text, '.', (size_t)(end - text)), *part = text;
    size_t part_length = (size_t)((dot ? dot : end) - text);
    remit_trim(&part, &part_length);
    if (!part_length) remit_table_refuse(r, "an input is named by its path, such as requester.level");
    lua_pushlstring(r->L, part, part_length);
    int32_t slot = remit_table_keep(r);
    *(int32_t *)remit_pile_add(r, &r->parts, 1) = slot;
    if (!dot) break;
    text = dot + 1;
  }
  *(remit_table_input *)remit_pile_add(r, &r->inputs, 1) = (remit_table_input){first, r->parts.count - first};
}

/* The column's name at the top of the stack; `names` is the set of those before it on its side of =>. */
static void add_column(remit_table_reader *r, bool behind, int names) {
  lua_State *L = r->L;
  size_t length;
  const char *text = lua_tolstring(L, -1, &length);
  remit_column_kind kind = behind ? REMIT_COLUMN_OUTPUT : REMIT_COLUMN_INPUT;
  if (length == 2 && memcmp(text, "=>", 2) == 0) {
    if (behind) remit_table_refuse(r, "the column => stands there twice");
    kind = REMIT_COLUMN_ARROW;
  } else if (length && *text == '#') {
    kind = REMIT_COLUMN_COMMENT;
  } else {
    if (!length)
      remit_table_refuse(r, lua_pushfstring(L, "column %d has no name; the name of a comment begins with #", (int)r->columns.count + 2));
    lua_pushvalue(L, -1);
    if (lua_rawget(L, names) != LUA_TNIL) remit_table_refuse(r, lua_pushfstring(L, "the column %s stands there twice", text));
    lua_pop(L, 1);
    lua_pushvalue(L, -1);
    lua_pushboolean(L, 1);
    lua_rawset(L, names);
    if (kind == REMIT_COLUMN_INPUT) add_path(r, text, length);
  }
  remit_column *column = remit_pile_add(r, &r->columns, 1);
  column->kind = kind;
  column->name = remit_table_keep(r);
  if (kind == REMIT_COLUMN_OUTPUT) ((remit_table_output *)remit_pile_add(r, &r->outputs, 1))->name = column->name;
}

static void read_header(remit_table_reader *r, remit_slice record) {
  lua_State *L = r->L;
  remit_json_walk walk;
  start_record(r, &walk, record);
  lua_newtable(L);
  int names = lua_gettop(L);
  bool behind = false;
  for (int place = 0; remit_json_walk_next(&walk); place++) {
    size_t length;
    const char *text = push_cell(L, walk.value, &length);
    remit_trim(&text, &length);
    if (place == 0) {
      read_hit(r, text, length);
    } else {
      lua_pushlstring(L, text, length);
      add_column(r, behind, names);
      if (!behind && ((remit_column *)r->columns.items)[r->columns.count - 1].kind == REMIT_COLUMN_ARROW) {
        behind = true;
        lua_newtable(L);
        lua_replace(L, names);
      }
    }
    lua_settop(L, names);
    remit_charge(L, 8);
  }
  if (!behind) remit_table_refuse(r, "the column => is missing, which parts inputs from outputs");
  if (!r->outputs.count) remit_table_refuse(r, "there is no output behind =>");
  if (r->hit >= REMIT_HIT_SUM && r->outputs.count > 1)
    remit_table_refuse(r, lua_pushfstring(L, "%s has one output", hit_names[r->hit]));
  lua_settop(L, names - 1);
}

/* ---- The row of values */

static void read_values_row(remit_table_reader *r, remit_json_walk *walk) {
  for (uint32_t i = 0; remit_json_walk_next(walk) && i < r->columns.count; i++) {
    remit_column *column = (remit_column *)r->columns.items + i;
    if (column->kind != REMIT_COLUMN_INPUT && column->kind != REMIT_COLUMN_OUTPUT) continue;
    size_t length;
    const char *text = push_cell(r->L, walk->value, &length);
    r->column = column;
    remit_read_values(r, text, length, column);
    r->column = NULL;
    lua_pop(r->L, 1);
  }
}

/* ---- The row of checks */

static void read_trends(remit_table_reader *r, remit_json_walk *walk) {
  bool inputs = false, outputs = false;
  for (uint32_t i = 0; remit_json_walk_next(walk) && i < r->columns.count; i++) {
    remit_column *column = (remit_column *)r->columns.items + i;
    if (column->kind != REMIT_COLUMN_INPUT && column->kind != REMIT_COLUMN_OUTPUT) continue;
    size_t length;
    const char *text = push_cell(r->L, walk->value, &length);
    remit_trim(&text, &length);
    r->column = column;
    if (length == 5 && memcmp(text, "rises", 5) == 0) column->trend = REMIT_TREND_RISES;
    else if (length == 5 && memcmp(text, "falls", 5) == 0) column->trend = REMIT_TREND_FALLS;
    else if (length && !(length == 1 && *text == '-')) remit_table_refuse(r, "the row named check says rises or falls, or nothing");
    r->column = NULL;
    inputs = inputs || (column->trend && column->kind == REMIT_COLUMN_INPUT);
    outputs = outputs || (column->trend && column->kind == REMIT_COLUMN_OUTPUT);
    lua_pop(r->L, 1);
  }
  if (!inputs || !outputs) remit_table_refuse(r, "the row named check names an input that rises or falls, and an output that does so with it");
  if (r->hit > REMIT_HIT_FIRST) remit_table_refuse(r, "the row named check is for the hit policies U, A, P and F, which give one answer");
}

/* ---- Rows with names of their own */

/* Walks to the row of that name and behind its first cell. False where there is none. */
static bool find_row(remit_table_reader *r, remit_json_walk rows, const char *name, remit_json_walk *walk) {
  bool found = false;
  int64_t line = 0;
  while (remit_json_walk_next(&rows)) {
    remit_json_walk each;
    start_record(r, &each, rows.value);
    if (!remit_json_walk_next(&each)) continue;
    size_t length;
    const char *text = push_cell(r->L, each.value, &length);
    remit_trim(&text, &length);
    bool here = length == strlen(name) && memcmp(text, name, length) == 0;
    lua_pop(r->L, 1);
    if (!here) continue;
    if (found) remit_table_refuse(r, lua_pushfstring(r->L, "there are two rows named %s", name));
    found = true;
    *walk = each;
    line = r->line;
  }
  r->line = line;
  return found;
}

/* Bare words need the values before the rules, wherever their row stands. */
static void find_named_rows(remit_table_reader *r, remit_json_walk rows) {
  remit_json_walk walk;
  if (find_row(r, rows, "values", &walk)) read_values_row(r, &walk);
  if (find_row(r, rows, "check", &walk)) read_trends(r, &walk);
  uint32_t input = 0, output = 0;
  bool ranked = false;
  for (uint32_t i = 0; i < r->columns.count; i++) {
    const remit_column *column = (remit_column *)r->columns.items + i;
    if (column->kind == REMIT_COLUMN_INPUT) {
      remit_table_input *own = (remit_table_input *)r->inputs.items + input++;
      own->name = column->name;
      own->first_value = column->first_value;
      own->value_count = column->value_count;
      own->trend = column->trend;
    } else if (column->kind == REMIT_COLUMN_OUTPUT) {
      remit_table_output *own = (remit_table_output *)r->outputs.items + output++;
      own->first_value = column->first_value;
      own->value_count = column->value_count;
      own->trend = column->trend;
      ranked = ranked || column->value_count;
    }
  }
  r->line = 1;
  if (!ranked && (r->hit == REMIT_HIT_PRIORITY || r->hit == REMIT_HIT_OUTPUT_ORDER))
    remit_table_refuse(r, lua_pushfstring(r->L, "%s needs priorities: a row named values that lists an output's values, the first to win first",
                                          hit_names[r->hit]));
}

/* ---- Rules */

/* The number of the cell or output whose text is at the top of the stack, which is popped. Each is read once a column. */
static uint32_t read_cell(remit_table_reader *r, uint32_t place) {
  lua_State *L = r->L;
  const remit_column *column = (remit_column *)r->columns.items + place;
  lua_rawgeti(L, r->cells_seen, (lua_Integer)place + 1);
  lua_pushvalue(L, -2);
  if (lua_rawget(L, -2) == LUA_TNIL) {
    size_t length;
    const char *text = lua_tolstring(L, -3, &length);
    remit_charge(L, 4 + length);
    r->column = column;
    uint32_t number = column->kind == REMIT_COLUMN_INPUT ? remit_read_tests(r, text, length) : remit_read_output(r, text, length);
    r->column = NULL;
    lua_pop(L, 1);
    lua_pushinteger(L, number);
    lua_pushvalue(L, -3);
    lua_pushvalue(L, -2);
    lua_rawset(L, -4);
  }
  uint32_t number = (uint32_t)lua_tointeger(L, -1);
  lua_pop(L, 3);
  return number;
}

static _Noreturn void refuse_ragged(remit_table_reader *r) {
  remit_table_refuse(r, lua_pushfstring(r->L, "the row has not the header's %d cells", (int)r->columns.count + 1));
}

static void read_rule(remit_table_reader *r, remit_json_walk *walk) {
  lua_State *L = r->L;
  int top = lua_gettop(L);
  size_t length;
  const char *text = remit_json_walk_next(walk) ? push_cell(L, walk->value, &length) : NULL;
  if (text) remit_trim(&text, &length);
  if (text && ((length == 6 && memcmp(text, "values", 6) == 0) || (length == 5 && memcmp(text, "check", 5) == 0))) {
    lua_settop(L, top);
    return;
  }
  uint32_t stride = r->inputs.count + r->outputs.count + REMIT_RULE_CELLS, first = r->rules.count, place = 0;
  uint32_t input = first + REMIT_RULE_CELLS, output = input + r->inputs.count;
  remit_pile_add(r, &r->rules, stride);
  ((uint32_t *)r->rules.items)[first + REMIT_RULE_LINE] = (uint32_t)r->line;
  if (text && length) {
    lua_pushlstring(L, text, length);
    ((uint32_t *)r->rules.items)[first + REMIT_RULE_NAME] = (uint32_t)remit_table_keep(r);
  }
  lua_settop(L, top);
  for (; remit_json_walk_next(walk); place++) {
    if (place == r->columns.count) refuse_ragged(r);
    const remit_column *column = (remit_column *)r->columns.items + place;
    if (column->kind == REMIT_COLUMN_COMMENT) continue;
    text = push_cell(L, walk->value, &length);
    if (column->kind == REMIT_COLUMN_ARROW) {
      remit_trim(&text, &length);
      if (length) remit_table_refuse(r, "the column => is empty below its header");
      lua_pop(L, 1);
      continue;
    }
    uint32_t number = read_cell(r, place);
    ((uint32_t *)r->rules.items)[column->kind == REMIT_COLUMN_INPUT ? input++ : output++] = number;
  }
  if (place < r->columns.count) refuse_ragged(r);
  remit_charge(L, 4 + 2 * (uint64_t)r->columns.count);
}

static void read_records(remit_table_reader *r, remit_slice records) {
  remit_json_walk rows, walk;
  remit_json_walk_start(&rows, records);
  r->line = 1;
  if (!remit_json_walk_next(&rows)) remit_table_refuse(r, "the file has no header");
  read_header(r, rows.value);
  remit_pile_add(r, &r->cells, 1);     /* number 0: - */
  remit_pile_add(r, &r->literals, 1);  /* number 0: left out */
  find_named_rows(r, rows);
  for (uint32_t i = 0; i < r->columns.count; i++) {
    lua_newtable(r->L);
    lua_rawseti(r->L, r->cells_seen, (lua_Integer)i + 1);
  }
  while (remit_json_walk_next(&rows)) {
    start_record(r, &walk, rows.value);
    read_rule(r, &walk);
  }
}

/* ---- The table */

static void *take(remit_table_reader *r, size_t count, size_t size) {
  void *block = lua_newuserdatauv(r->L, (count + 1) * size, 0);
  memset(block, 0, (count + 1) * size);
  remit_table_keep(r);
  return block;
}

static remit_decision_table *make_table(remit_table_reader *r) {
  uint32_t stride = r->inputs.count + r->outputs.count + REMIT_RULE_CELLS, rules = r->rules.count / stride;
  remit_decision_table *table = take(r, 1, sizeof *table);
  *table = (remit_decision_table){
    .file = r->file, .hit = r->hit, .input_count = r->inputs.count, .output_count = r->outputs.count, .rule_count = rules,
    .word_count = r->words.count, .param_count = r->param_count,
    .cell_count = r->cells.count, .literal_count = r->literals.count, .stride = stride, .inputs = r->inputs.items,
    .outputs = r->outputs.items, .parts = r->parts.items, .words = r->words.items, .literals = r->literals.items,
    .tests = r->tests.items, .cells = r->cells.items, .rules = r->rules.items,
  };
  table->values = take(r, r->inputs.count, sizeof *table->values);
  table->given = take(r, r->words.count, sizeof *table->given);
  table->matched = take(r, rules, sizeof *table->matched);
  if (r->hit == REMIT_HIT_OUTPUT_ORDER) table->spare = take(r, rules, sizeof *table->spare);
  return table;
}

static int open_table(lua_State *L) {
  remit_vm *vm = remit_vm_of(L);
  if (!vm->loading) return luaL_error(L, "decision_table: files are read while a policy is loaded, not by a decision");
  const char *file = luaL_checkstring(L, 1);
  lua_settop(L, 1);
  luaL_checkstack(L, 40, NULL);
  remit_slice records = remit_ask_file(L, 1);
  remit_table_reader r = {
    .L = L, .file = file, .columns.size = sizeof(remit_column), .inputs.size = sizeof(remit_table_input),
    .outputs.size = sizeof(remit_table_output), .parts.size = sizeof(int32_t), .words.size = sizeof(remit_table_word),
    .literals.size = sizeof(remit_scalar), .tests.size = sizeof(remit_test), .cells.size = sizeof(remit_cell),
    .rules.size = sizeof(uint32_t),
  };
  lua_newtable(L);
  r.slots = lua_gettop(L);
  lua_newtable(L);
  r.words_seen = lua_gettop(L);
  lua_newtable(L);
  r.cells_seen = lua_gettop(L);
  lua_pushvalue(L, 1);
  remit_table_keep(&r);
  read_records(&r, records);
  remit_decision_table *table = make_table(&r);
  remit_table_make_index(&r, table);
  lua_pushlightuserdata(L, table);
  lua_pushvalue(L, r.slots);
  lua_pushcclosure(L, remit_table_decide, 2);
  if (!remit_address_set_add(&vm->frozen, lua_topointer(L, -1))) remit_no_memory(L);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &tables_key);
  lua_pushvalue(L, -2);
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  lua_pop(L, 1);
  return 1;
}

/* ---- Words, once the params are known */

static bool is_policy(lua_State *L) {
  if (!lua_istable(L, -1) || !lua_getmetatable(L, -1)) return false;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &remit_key_policy);
  bool equal = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return equal;
}

/* Pushes the set of the params of all policies that are loaded: a table may belong to one that another requires. */
static void push_params(lua_State *L) {
  lua_newtable(L);
  int set = lua_gettop(L);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &remit_key_loaded);
  lua_pushnil(L);
  while (lua_next(L, set + 1)) {
    if (is_policy(L) && lua_getfield(L, -1, "params") == LUA_TTABLE) {
      lua_pushnil(L);
      while (lua_next(L, -2)) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, set);
      }
    }
    lua_settop(L, set + 2);
  }
  lua_settop(L, set);
}

static void check_word(lua_State *L, const remit_decision_table *table, int slots, const remit_table_word *word, int params) {
  lua_rawgeti(L, slots, word->name);
  lua_rawgeti(L, slots, word->column);
  const char *name = lua_tostring(L, -2), *column = lua_tostring(L, -1);
  lua_pushvalue(L, -2);
  bool is_param = lua_rawget(L, params) != LUA_TNIL;
  if (is_param && word->is_value)
    luaL_error(L, "%s:%I: %s: %s is a param and one of the column's values; quote the value: \"%s\"", table->file,
               (LUAI_UACINT)word->line, column, name, name);
  if (!is_param && !word->is_value)
    luaL_error(L, "%s:%I: %s: %s is neither a param nor one of the column's values; quote it: \"%s\"", table->file,
               (LUAI_UACINT)word->line, column, name, name);
  lua_pop(L, 3);
}

void remit_check_tables(lua_State *L) {
  int top = lua_gettop(L);
  luaL_checkstack(L, 20, NULL);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &tables_key);
  int tables = lua_gettop(L);
  push_params(L);
  for (lua_Integer i = 1; lua_rawgeti(L, tables, i) != LUA_TNIL; i++) {
    lua_getupvalue(L, -1, 1);
    const remit_decision_table *table = lua_touserdata(L, -1);
    lua_getupvalue(L, -2, 2);
    for (uint32_t w = 0; w < table->word_count; w++) check_word(L, table, tables + 4, &table->words[w], tables + 1);
    remit_charge(L, 1 + 4 * (uint64_t)table->word_count);
    lua_settop(L, tables + 1);
  }
  lua_settop(L, top);
}

int remit_open_tables(lua_State *L) {
  lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &tables_key);
  lua_pushcfunction(L, open_table);
  lua_setfield(L, 1, "decision_table");
  return 0;
}

/* ---- Checking */

/* Bounds the searches of all tables together, so that they fit into the budget of loading. */
enum { CHECK_WORK = 80000000 };

typedef struct check_job {
  const remit_policy *policy;
  remit_buffer *out;
} check_job;

/* light userdata: check_job */
static int check_all(lua_State *L) {
  const check_job *job = lua_touserdata(L, 1);
  int64_t work = CHECK_WORK;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &remit_key_counter);
  remit_budget_start(L, remit_vm_of(L), &remit_vm_of(L)->limits.load, 2);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &tables_key);
  remit_buffer_byte(job->out, '[');
  for (lua_Integer i = 1; lua_rawgeti(L, 3, i) != LUA_TNIL; i++) {
    remit_table_check(L, job->policy, job->out, &work);
    lua_settop(L, 3);
  }
  remit_buffer_byte(job->out, ']');
  if (job->out->failed) remit_no_memory(L);
  return 0;
}

remit_status remit_vm_check_tables(remit_vm *vm, uint32_t policy, remit_slice *findings) {
  lua_State *L = vm->L;
  check_job job = {vm->policies[policy], &vm->scratch};
  vm->scratch.length = 0;
  vm->scratch.failed = false;
  vm->message_length = 0;
  vm->memory.limit = vm->memory.bytes + vm->limits.load.memory_bytes;
  vm->memory.refusals = 0;
  lua_pushcfunction(L, remit_on_error);
  lua_pushcfunction(L, check_all);
  lua_pushlightuserdata(L, &job);
  remit_watch_begin(vm, vm->limits.load.milliseconds);
  int status = lua_pcall(L, 1, 0, 1);
  remit_watch_end(vm);
  remit_status result = status == LUA_OK ? REMIT_OK : remit_take_error(vm, status);
  lua_settop(L, 0);
  vm->spent = false;
  lua_pushcfunction(L, remit_after_load);
  if (lua_pcall(L, 0, 0, 0) != LUA_OK) lua_settop(L, 0);
  *findings = (remit_slice){vm->scratch.bytes, vm->scratch.length};
  return result;
}
