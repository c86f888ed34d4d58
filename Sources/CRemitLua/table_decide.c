#include <string.h>

#include "arith.h"
#include "table_index.h"

/* A decision table at work: which rules match a record, and what comes of them. */

enum { CHARGE_EVERY = 256 };  /* steps */

/* ---- Values */

remit_scalar remit_read_scalar(lua_State *L, int index) {
  remit_scalar value = {.kind = REMIT_SCALAR_OTHER};
  switch (lua_type(L, index)) {
  case LUA_TNIL:
    value.kind = REMIT_SCALAR_NIL;
    break;
  case LUA_TBOOLEAN:
    value.kind = REMIT_SCALAR_BOOLEAN;
    value.yes = lua_toboolean(L, index);
    break;
  case LUA_TSTRING: {
    size_t length;
    value.kind = REMIT_SCALAR_TEXT;
    value.as.text = lua_tolstring(L, index, &length);
    value.length = (uint32_t)length;
    break;
  }
  case LUA_TNUMBER:
    value.kind = REMIT_SCALAR_NUMBER;
    value.whole = lua_isinteger(L, index);
    if (value.whole && !remit_whole_fits(lua_tointeger(L, index))) remit_number_error(L, index);
    value.as.number = lua_tonumber(L, index);
    break;
  default: {
    const remit_decimal *decimal = remit_long_decimal(L, index);
    if (!decimal) break;
    value.kind = REMIT_SCALAR_NUMBER;
    value.wide = true;
    value.as.decimal = decimal;
  }
  }
  return value;
}

/* A short value that is none of a policy's making does not come here: what makes doubles makes short ones. */
static remit_decimal decimal_of(const remit_scalar *number) {
  remit_decimal value = {0};
  if (number->wide) return *number->as.decimal;
  remit_decimal_from_double(number->as.number, &value);
  return value;
}

bool remit_scalar_compare(const remit_scalar *a, const remit_scalar *b, int *order) {
  if (a->kind != b->kind) return false;
  switch (a->kind) {
  case REMIT_SCALAR_NUMBER:
    if (!a->wide && !b->wide) {
      *order = (a->as.number > b->as.number) - (a->as.number < b->as.number);
    } else {
      remit_decimal left = decimal_of(a), right = decimal_of(b);
      *order = remit_decimal_compare(&left, &right);
    }
    return true;
  case REMIT_SCALAR_TEXT: {
    uint32_t common = a->length < b->length ? a->length : b->length;
    *order = a->as.text == b->as.text ? 0 : memcmp(a->as.text, b->as.text, common);
    if (!*order) *order = (a->length > b->length) - (a->length < b->length);
    return true;
  }
  case REMIT_SCALAR_BOOLEAN:
    *order = a->yes - b->yes;
    return true;
  default:
    return false;
  }
}

/* ---- A call */

typedef struct call {
  lua_State *L;
  const remit_decision_table *table;
  int slots, params;          /* places on the stack: of the slots, and of what stands before the first param */
  uint64_t steps;             /* not yet charged */
  bool traced;
  remit_search search;
} call;

static const remit_scalar *literal_at(const call *c, uint32_t number) {
  const remit_scalar *literal = &c->table->literals[number];
  return literal->kind == REMIT_SCALAR_PARAM ? &c->table->given[literal->length] : literal;
}

/* key -> base[key] */
static void read_member(lua_State *L, int base) {
  if (__builtin_expect(!remit_vm_of(L)->record, 1)) {
    lua_gettable(L, base);
    return;
  }
  base = lua_absindex(L, base);
  lua_pushvalue(L, -1);
  lua_gettable(L, base);
  remit_trace_member(L, base, -2);
  lua_remove(L, -2);
}

/* Pushes the input of that path. Anything but a table on the way to it is as good as nothing. */
static void push_input(const call *c, const remit_table_input *input) {
  lua_State *L = c->L;
  const int32_t *parts = c->table->parts + input->first_part;
  lua_rawgeti(L, c->slots, parts[0]);
  read_member(L, 1);
  for (uint32_t i = 1; i < input->part_count; i++) {
    if (lua_istable(L, -1)) {
      lua_rawgeti(L, c->slots, parts[i]);
      read_member(L, -2);
    } else {
      lua_pushnil(L);
    }
    lua_replace(L, -2);
  }
}

/* Metamethods may run, and call this table again: so all is on the stack before the table's own room is used. */
static void push_values(call *c) {
  lua_State *L = c->L;
  const remit_decision_table *table = c->table;
  luaL_checkstack(L, (int)(table->input_count + table->word_count + 16), "decision table");
  for (uint32_t i = 0; i < table->input_count; i++) push_input(c, &table->inputs[i]);
  c->params = lua_gettop(L);
  if (table->param_count && !lua_istable(L, 2))
    luaL_error(L, "%s names params: call its table with the record and the params, matrix(tx, params)", table->file);
  for (uint32_t i = 0; i < table->word_count; i++) {
    if (table->words[i].is_value) {
      lua_pushnil(L);
      continue;
    }
    lua_rawgeti(L, c->slots, table->words[i].name);
    read_member(L, 2);
  }
  for (uint32_t i = 0; i < table->input_count; i++) table->values[i] = remit_read_scalar(L, c->slots + 1 + (int)i);
  for (uint32_t i = 0; i < table->word_count; i++) table->given[i] = remit_read_scalar(L, c->params + 1 + (int)i);
  remit_charge(L, 4 + 2 * ((uint64_t)table->input_count + table->word_count));
}

/* ---- Tests. UNKNOWN is DMN's null: a value of another type than the test's matches neither it nor its not(…). */

typedef enum truth { NO, YES, UNKNOWN } truth;

static truth compare(call *c, remit_test_kind kind, const remit_scalar *value, uint32_t number) {
  const remit_scalar *literal = literal_at(c, number);
  int order;
  c->steps++;
  if (literal->kind == REMIT_SCALAR_NIL && kind == REMIT_TEST_EQUAL) return value->kind == REMIT_SCALAR_NIL ? YES : NO;
  if (value->kind == REMIT_SCALAR_NIL) return NO;
  if (!remit_scalar_compare(value, literal, &order)) return UNKNOWN;
  if (__builtin_expect(c->traced, 0)) remit_trace_path_step(remit_vm_of(c->L), (uint64_t)((order > 0) - (order < 0) + 1));
  if (value->kind == REMIT_SCALAR_TEXT)
    c->steps += (value->length < literal->length ? value->length : literal->length) / REMIT_BYTES_PER_STEP;
  if (value->kind == REMIT_SCALAR_BOOLEAN && kind != REMIT_TEST_EQUAL) return UNKNOWN;
  bool holds = false;
  switch (kind) {
  case REMIT_TEST_EQUAL: holds = order == 0; break;
  case REMIT_TEST_LESS: holds = order < 0; break;
  case REMIT_TEST_AT_MOST: holds = order <= 0; break;
  case REMIT_TEST_MORE: holds = order > 0; break;
  case REMIT_TEST_AT_LEAST: holds = order >= 0; break;
  default: break;
  }
  return holds ? YES : NO;
}

static truth holds_any(call *c, const remit_test *tests, uint32_t count, const remit_scalar *value);

static truth holds(call *c, const remit_test *test, const remit_scalar *value) {
  switch (test->kind) {
  case REMIT_TEST_NULL:
    c->steps++;
    return value->kind == REMIT_SCALAR_NIL ? YES : NO;
  case REMIT_TEST_NOT: {
    truth inner = holds_any(c, test + 1, test->low, value);
    return inner == UNKNOWN ? UNKNOWN : inner == YES ? NO : YES;
  }
  case REMIT_TEST_BETWEEN: {
    truth low = compare(c, test->low_open ? REMIT_TEST_MORE : REMIT_TEST_AT_LEAST, value, test->low);
    truth high = compare(c, test->high_open ? REMIT_TEST_LESS : REMIT_TEST_AT_MOST, value, test->high);
    return low == UNKNOWN || high == UNKNOWN ? UNKNOWN : low == YES && high == YES ? YES : NO;
  }
  default:
    return compare(c, (remit_test_kind)test->kind, value, test->low);
  }
}

static truth holds_any(call *c, const remit_test *tests, uint32_t count, const remit_scalar *value) {
  truth any = NO;
  for (uint32_t i = 0; i < count; i++) {
    truth each = holds(c, &tests[i], value);
    if (each == YES) return YES;
    if (each == UNKNOWN) any = UNKNOWN;
    if (tests[i].kind == REMIT_TEST_NOT) i += tests[i].low;
  }
  return any;
}

/* ---- Rules */

static const uint32_t *rule_at(const remit_decision_table *table, uint32_t rule) {
  return table->rules + (size_t)rule * table->stride + REMIT_RULE_CELLS;
}

/* Whether a candidate matches: the index vouches for all inputs but these. */
static bool matches(call *c, uint32_t rule) {
  const remit_decision_table *table = c->table;
  const uint32_t *cells = rule_at(table, rule);
  for (uint32_t i = 0; i < c->search.rough_count; i++) {
    uint32_t input = table->index->rough[i];
    if (!cells[input]) continue;
    const remit_cell *cell = &table->cells[cells[input]];
    if (holds_any(c, table->tests + cell->first, cell->count, &table->values[input]) != YES) return false;
  }
  return true;
}

static void charge(call *c) {
  remit_charge(c->L, c->steps);
  c->steps = 0;
}

/* The next rule that matches, or the number of rules. All that asks for rules asks here. */
static uint32_t next_match(call *c) {
  do {
    for (uint32_t rule; (rule = remit_search_next(&c->search)) != UINT32_MAX;) {
      c->steps++;
      if (c->search.rough_count && !matches(c, rule)) {
        if (c->steps > CHARGE_EVERY) charge(c);
        continue;
      }
      charge(c);
      return rule;
    }
    charge(c);
  } while (remit_search_advance(&c->search, &c->steps));
  charge(c);
  return c->table->rule_count;
}

static uint32_t match_all(call *c) {
  const remit_decision_table *table = c->table;
  uint32_t count = 0;
  for (uint32_t rule; (rule = next_match(c)) < table->rule_count;) table->matched[count++] = rule;
  return count;
}

/* ---- Outputs */

static uint32_t output_at(const call *c, uint32_t rule, uint32_t output) {
  return rule_at(c->table, rule)[c->table->input_count + output];
}

static const char *output_name(const call *c, uint32_t output) {
  lua_rawgeti(c->L, c->slots, c->table->outputs[output].name);
  return lua_tostring(c->L, -1);
}

static _Noreturn void refuse_output(const call *c, uint32_t rule, uint32_t output, const char *why) {
  luaL_error(c->L, "%s: rule %d: the param in the column %s is not %s", c->table->file, (int)rule + 1, output_name(c, output), why);
  __builtin_unreachable();
}

/* The output's place among its column's values; behind them all where it is left out. */
static uint32_t rank_of(const call *c, uint32_t rule, uint32_t output) {
  const remit_decision_table *table = c->table;
  const remit_table_output *column = &table->outputs[output];
  uint32_t number = output_at(c, rule, output);
  const remit_scalar *value = literal_at(c, number);
  if (!number || value->kind == REMIT_SCALAR_NIL) return column->value_count;
  if (value == &table->literals[number]) return value->rank;
  for (uint32_t i = 0; i < column->value_count; i++) {
    int order;
    if (remit_scalar_compare(&table->literals[column->first_value + i], value, &order) && order == 0) return i;
  }
  refuse_output(c, rule, output, "one of its values");
}

/* Pushes the value, or nothing where the output is left out. */
static bool push_output(const call *c, uint32_t rule, uint32_t output) {
  const remit_decision_table *table = c->table;
  lua_State *L = c->L;
  uint32_t number = output_at(c, rule, output);
  const remit_scalar *literal = &table->literals[number];
  if (!number) return false;
  if (literal->kind == REMIT_SCALAR_PARAM) {
    if (table->outputs[output].value_count) rank_of(c, rule, output);
    if (table->given[literal->length].kind == REMIT_SCALAR_NIL) return false;
    lua_pushvalue(L, c->params + 1 + (int)literal->length);
  } else if (literal->slot) {
    lua_rawgeti(L, c->slots, literal->slot);
  } else if (literal->kind == REMIT_SCALAR_BOOLEAN) {
    lua_pushboolean(L, literal->yes);
  } else {
    lua_pushnumber(L, literal->as.number);
  }
  return true;
}

static void push_record(const call *c, uint32_t rule) {
  const remit_decision_table *table = c->table;
  lua_State *L = c->L;
  remit_charge(L, 2 + 2 * (uint64_t)table->output_count);
  lua_createtable(L, 0, (int)table->output_count);
  for (uint32_t i = 0; i < table->output_count; i++) {
    lua_rawgeti(L, c->slots, table->outputs[i].name);
    if (push_output(c, rule, i)) lua_rawset(L, -3);
    else lua_pop(L, 1);
  }
}

/* Below zero where the outputs of rule `a` come before those of `b`. */
static int compare_ranks(const call *c, uint32_t a, uint32_t b) {
  for (uint32_t i = 0; i < c->table->output_count; i++) {
    if (!c->table->outputs[i].value_count) continue;
    uint32_t left = rank_of(c, a, i), right = rank_of(c, b, i);
    if (left != right) return left < right ? -1 : 1;
  }
  return 0;
}

static void sort_by_rank(const call *c, uint32_t *rules, uint32_t *spare, uint32_t count) {
  if (count < 2) return;
  uint32_t half = count / 2, left = 0, right = half, at = 0;
  sort_by_rank(c, rules, spare, half);
  sort_by_rank(c, rules + half, spare, count - half);
  remit_charge(c->L, (uint64_t)count * c->table->output_count);
  memcpy(spare, rules, half * sizeof *rules);
  while (left < half && right < count) rules[at++] = compare_ranks(c, spare[left], rules[right]) <= 0 ? spare[left++] : rules[right++];
  memcpy(rules + at, spare + left, (half - left) * sizeof *rules);
}

static bool same_outputs(const call *c, uint32_t a, uint32_t b) {
  for (uint32_t i = 0; i < c->table->output_count; i++) {
    const remit_scalar *left = literal_at(c, output_at(c, a, i)), *right = literal_at(c, output_at(c, b, i));
    int order;
    if (left->kind == REMIT_SCALAR_NIL && right->kind == REMIT_SCALAR_NIL) continue;
    if (!remit_scalar_compare(left, right, &order) || order != 0) return false;
  }
  return true;
}

/* Pushes `2 "small orders"`. */
static const char *push_rule_name(const call *c, uint32_t rule) {
  int32_t slot = (int32_t)c->table->rules[(size_t)rule * c->table->stride + REMIT_RULE_NAME];
  if (!slot) return lua_pushfstring(c->L, "%d", (int)rule + 1);
  lua_rawgeti(c->L, c->slots, slot);
  return lua_pushfstring(c->L, "%d \"%s\"", (int)rule + 1, lua_tostring(c->L, -1));
}

static _Noreturn void refuse_two(const call *c, uint32_t a, uint32_t b, const char *why) {
  const char *first = push_rule_name(c, a), *second = push_rule_name(c, b);
  luaL_error(c->L, "%s: rules %s and %s %s", c->table->file, first, second, why);
  __builtin_unreachable();
}

/* ---- Hit policies. Each pushes the outputs, and leaves the rules that count in `matched`. */

static void push_one(const call *c, uint32_t count) {
  if (count) push_record(c, c->table->matched[0]);
  else lua_pushnil(c->L);
}

static void push_all(const call *c, uint32_t count) {
  lua_createtable(c->L, (int)count, 0);
  for (uint32_t i = 0; i < count; i++) {
    push_record(c, c->table->matched[i]);
    lua_rawseti(c->L, -2, (lua_Integer)i + 1);
  }
}

static uint32_t decide_first(call *c) {
  uint32_t rule = next_match(c), count = rule < c->table->rule_count;
  if (count) c->table->matched[0] = rule;
  push_one(c, count);
  return count;
}

static uint32_t decide_unique(call *c) {
  const remit_decision_table *table = c->table;
  uint32_t first = next_match(c);
  if (first < table->rule_count) {
    uint32_t second = next_match(c);
    if (second < table->rule_count) refuse_two(c, first, second, "both match, and the hit policy is U (unique)");
  }
  table->matched[0] = first;
  push_one(c, first < table->rule_count);
  return first < table->rule_count;
}

static uint32_t decide_any(call *c) {
  uint32_t *matched = c->table->matched, count = match_all(c);
  for (uint32_t i = 1; i < count; i++) {
    remit_charge(c->L, c->table->output_count);
    if (!same_outputs(c, matched[0], matched[i]))
      refuse_two(c, matched[0], matched[i], "both match with different outputs, and the hit policy is A (any)");
  }
  push_one(c, count);
  return count;
}

static uint32_t decide_priority(call *c) {
  uint32_t *matched = c->table->matched, count = match_all(c);
  for (uint32_t i = 1; i < count; i++) {
    remit_charge(c->L, c->table->output_count);
    if (compare_ranks(c, matched[i], matched[0]) < 0) matched[0] = matched[i];
  }
  push_one(c, count);
  return count > 0;
}

static uint32_t decide_list(call *c) {
  uint32_t count = match_all(c);
  if (c->table->hit == REMIT_HIT_OUTPUT_ORDER) sort_by_rank(c, c->table->matched, c->table->spare, count);
  push_all(c, count);
  return count;
}

/* The output of the rule where it is a number, NULL where it is left out. */
static const remit_scalar *number_of(const call *c, uint32_t rule) {
  const remit_scalar *value = literal_at(c, output_at(c, rule, 0));
  if (value->kind == REMIT_SCALAR_NIL) return NULL;
  if (value->kind != REMIT_SCALAR_NUMBER) refuse_output(c, rule, 0, "a number");
  if (c->table->outputs[0].value_count) rank_of(c, rule, 0);
  return value;
}

static uint32_t decide_sum(call *c) {
  lua_State *L = c->L;
  uint32_t count = match_all(c), terms = 0;
  remit_decimal sum = {0};
  bool whole = true;
  for (uint32_t i = 0; i < count; i++) {
    const remit_scalar *value = number_of(c, c->table->matched[i]);
    if (!value) continue;
    remit_decimal term = decimal_of(value);
    remit_decimal_status status = remit_decimal_add(&sum, &term, &sum);
    if (status != REMIT_DECIMAL_OK) remit_raise_status(L, status);
    whole = whole && value->whole;
    terms++;
  }
  remit_charge(L, 2 * (uint64_t)count);
  int64_t integer;
  if (!terms) lua_pushnil(L);
  else if (!whole) remit_push_decimal(L, &sum);
  else if (remit_decimal_to_int64(&sum, &integer) && remit_whole_fits(integer)) lua_pushinteger(L, integer);
  else luaL_error(L, "integer result out of range (beyond 2^53 - 1)");
  return count;
}

static uint32_t decide_extreme(call *c) {
  uint32_t count = match_all(c), best = 0;
  const remit_scalar *least = NULL;
  int sign = c->table->hit == REMIT_HIT_MIN ? 1 : -1;
  for (uint32_t i = 0; i < count; i++) {
    const remit_scalar *value = number_of(c, c->table->matched[i]);
    int order = -1;
    if (!value || (least && (!remit_scalar_compare(value, least, &order) || order * sign >= 0))) continue;
    least = value;
    best = c->table->matched[i];
  }
  remit_charge(c->L, 2 * (uint64_t)count);
  if (!least || !push_output(c, best, 0)) lua_pushnil(c->L);
  return count;
}

static uint32_t decide_count(call *c) {
  lua_State *L = c->L;
  uint32_t count = match_all(c);
  lua_Integer distinct = 0;
  lua_newtable(L);
  for (uint32_t i = 0; i < count; i++) {
    remit_charge(L, 2);
    if (!push_output(c, c->table->matched[i], 0)) continue;
    lua_pushvalue(L, -1);
    if (lua_rawget(L, -3) == LUA_TNIL) {
      lua_pop(L, 1);
      lua_pushboolean(L, 1);
      lua_rawset(L, -3);
      distinct++;
    } else {
      lua_pop(L, 2);
    }
  }
  lua_pop(L, 1);
  lua_pushinteger(L, distinct);
  return count;
}

static uint32_t (*const deciders[])(call *) = {
  [REMIT_HIT_UNIQUE] = decide_unique, [REMIT_HIT_ANY] = decide_any, [REMIT_HIT_PRIORITY] = decide_priority,
  [REMIT_HIT_FIRST] = decide_first, [REMIT_HIT_RULE_ORDER] = decide_list, [REMIT_HIT_OUTPUT_ORDER] = decide_list,
  [REMIT_HIT_COLLECT] = decide_list, [REMIT_HIT_SUM] = decide_sum, [REMIT_HIT_MIN] = decide_extreme, [REMIT_HIT_MAX] = decide_extreme,
  [REMIT_HIT_COUNT] = decide_count,
};

/* Tells the trace which rules matched, as rows of the table's file. What came of several together belongs to none of them. */
static void trace_rules(lua_State *L, const remit_decision_table *table, uint32_t count) {
  bool is_list = table->hit == REMIT_HIT_RULE_ORDER || table->hit == REMIT_HIT_OUTPUT_ORDER || table->hit == REMIT_HIT_COLLECT;
  bool is_record = table->hit == REMIT_HIT_UNIQUE || table->hit == REMIT_HIT_ANY || table->hit == REMIT_HIT_PRIORITY ||
                   table->hit == REMIT_HIT_FIRST;
  int outputs = lua_gettop(L);
  for (uint32_t i = 0; i < count; i++) {
    if (is_list) lua_rawgeti(L, outputs, (lua_Integer)i + 1);
    else if (is_record && i == 0) lua_pushvalue(L, outputs);
    else lua_pushnil(L);
    remit_trace_row(L, -1, table->file, table->rules[(size_t)table->matched[i] * table->stride + REMIT_RULE_LINE]);
    lua_pop(L, 1);
  }
}

int remit_table_decide(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 2);
  lua_pushvalue(L, lua_upvalueindex(2));
  call c = {.L = L, .table = lua_touserdata(L, lua_upvalueindex(1)), .slots = 3, .traced = remit_vm_of(L)->record};
  push_values(&c);
  remit_search_start(&c.search, c.table, &c.steps);
  if (__builtin_expect(c.traced, 0)) remit_trace_path_step(remit_vm_of(L), c.search.classes);
  uint32_t count = deciders[c.table->hit](&c);
  if (__builtin_expect(c.traced, 0)) trace_rules(L, c.table, count);
  remit_charge(L, count);
  lua_createtable(L, (int)count, 0);
  for (uint32_t i = 0; i < count; i++) {
    lua_pushinteger(L, (lua_Integer)c.table->matched[i] + 1);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 2;
}
