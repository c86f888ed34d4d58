#include <stdlib.h>
#include <string.h>

#include "calendar.h"
#include "table_check.h"

/* Which values an input may have: from its column's `values`, else from the policy's declaration of the field of that path, else from
 * the kinds of value that its cells name. A check that says too little is a pity, one that says too much is not believed. */

/* ---- The declaration */

/* The field of that path, or NULL; whether it, or a record on the way, may be absent. */
static const remit_type *declared(const remit_policy *policy, const remit_decision_table *table, const remit_table_input *input,
                                  lua_State *L, int slots, bool *optional) {
  const remit_type *type = policy->input;
  *optional = false;
  for (uint32_t i = 0; i < input->part_count; i++) {
    if (!type || type->kind != REMIT_RECORD) return NULL;
    lua_rawgeti(L, slots, table->parts[input->first_part + i]);
    size_t length;
    const char *name = lua_tolstring(L, -1, &length);
    int32_t field = remit_type_field(type, (const uint8_t *)name, length);
    lua_pop(L, 1);
    if (field < 0) return NULL;
    type = type->fields[field].type;
    *optional = *optional || type->optional;
  }
  return type;
}

static bool is_number(const remit_type *type) {
  return type->kind == REMIT_INTEGER || type->kind == REMIT_NUMBER || type->kind == REMIT_MONEY;
}

static bool is_text(const remit_type *type) {
  return type->kind == REMIT_TEXT || type->kind == REMIT_ENUM || type->kind == REMIT_DATE || type->kind == REMIT_TIMESTAMP;
}

uint32_t remit_domain_extra(const remit_policy *policy, const remit_decision_table *table, lua_State *L, int slots) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < table->input_count; i++) {
    bool optional;
    const remit_type *type = declared(policy, table, &table->inputs[i], L, slots, &optional);
    if (type) count += type->kind == REMIT_ENUM ? type->value_count : 2;
  }
  return count;
}

static uint32_t add_number(remit_checker *ck, const remit_decimal *value) {
  remit_scalar *literal = &ck->literals[ck->literal_count];
  *literal = (remit_scalar){.kind = REMIT_SCALAR_NUMBER};
  if (!remit_decimal_to_double(value, &literal->as.number)) {
    literal->wide = true;
    literal->as.decimal = value;
  }
  return ck->literal_count++;
}

/* ---- Values of a class */

static remit_decimal decimal_of(const remit_scalar *number) {
  remit_decimal value = {0};
  if (number->wide) return *number->as.decimal;
  remit_decimal_from_double(number->as.number, &value);
  return value;
}

/* A number between two, either of which may not be there: a whole one where there is one. */
static bool number_between(const remit_decimal *low, const remit_decimal *high, bool whole, remit_decimal *out) {
  remit_decimal one = remit_decimal_from_int64(1), two = remit_decimal_from_int64(2), sum;
  if (!low && !high) {
    *out = remit_decimal_from_int64(0);
    return true;
  }
  remit_decimal_status status = low ? remit_decimal_round(low, 0, REMIT_FLOOR, out) : remit_decimal_round(high, 0, REMIT_CEILING, out);
  if (status == REMIT_DECIMAL_OK) status = low ? remit_decimal_add(out, &one, out) : remit_decimal_subtract(out, &one, out);
  if (status == REMIT_DECIMAL_OK && (!low || !high || remit_decimal_compare(out, high) < 0)) return true;
  return !whole && low && high && remit_decimal_add(low, high, &sum) == REMIT_DECIMAL_OK &&
         remit_decimal_divide(&sum, &two, out) == REMIT_DECIMAL_OK;
}

static bool push_date_between(lua_State *L, const remit_scalar *low, const remit_scalar *high, remit_example *out) {
  remit_date first, last;
  int32_t day;
  if (low && !remit_date_parse(low->as.text, low->length, &first)) return false;
  if (high && !remit_date_parse(high->as.text, high->length, &last)) return false;
  day = low ? remit_days_from_date(first) + 1 : high ? remit_days_from_date(last) - 1 : 738000;
  if (low && high && day >= remit_days_from_date(last)) return false;
  char text[10];
  if (!remit_date_from_days(day, &first)) return false;
  remit_date_format(first, text);
  out->text = lua_pushlstring(L, text, sizeof text);
  out->length = sizeof text;
  return true;
}

static bool push_text_between(lua_State *L, const remit_scalar *low, const remit_scalar *high, remit_example *out) {
  static const char tails[][2] = {"x", "a", "A", "0", " ", "\0"};
  for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
    lua_pushlstring(L, low ? low->as.text : "", low ? low->length : 0);
    lua_pushlstring(L, tails[i], 1);
    lua_concat(L, 2);
    remit_scalar text = {.kind = REMIT_SCALAR_TEXT};
    int order;
    text.as.text = out->text = lua_tolstring(L, -1, &out->length);
    text.length = (uint32_t)out->length;
    if (!high || (remit_scalar_compare(&text, high, &order) && order < 0)) return true;
    lua_pop(L, 1);
  }
  out->text = lua_pushliteral(L, "");
  out->length = 0;
  if (!low && high->length) return true;
  lua_pop(L, 1);
  return false;
}

bool remit_class_example(remit_checker *ck, const remit_checked_input *input, uint32_t class, remit_example *out) {
  lua_State *L = ck->L;
  const remit_axis *axis = &input->axis;
  uint32_t texts = remit_axis_texts(axis);
  int top = lua_gettop(L);
  *out = (remit_example){.kind = REMIT_SCALAR_NIL};
  bool there = true;
  if (class == REMIT_CLASS_FALSE || class == REMIT_CLASS_TRUE) {
    out->kind = REMIT_SCALAR_BOOLEAN;
    out->yes = class == REMIT_CLASS_TRUE;
  } else if (class == REMIT_CLASS_OTHER) {
    out->kind = REMIT_SCALAR_OTHER;
  } else if (class >= REMIT_CLASS_NUMBERS) {
    bool is_text = class >= texts;
    uint32_t place = class - (is_text ? texts : REMIT_CLASS_NUMBERS), count = is_text ? axis->text_count : axis->number_count;
    const uint32_t *points = axis->points + (is_text ? axis->number_count : 0);
    const remit_scalar *low = place / 2 > 0 ? &ck->literals[points[place / 2 - 1]] : NULL;
    const remit_scalar *high = place / 2 < count ? &ck->literals[points[place / 2]] : NULL;
    out->kind = is_text ? REMIT_SCALAR_TEXT : REMIT_SCALAR_NUMBER;
    if (is_text && place % 2) {
      out->text = lua_pushlstring(L, high->as.text, high->length);
      out->length = high->length;
    } else if (is_text) {
      there = input->dates ? push_date_between(L, low, high, out) : push_text_between(L, low, high, out);
    } else if (place % 2) {
      out->number = decimal_of(high);
      there = !input->whole || remit_decimal_is_whole(&out->number);
    } else {
      remit_decimal below = low ? decimal_of(low) : (remit_decimal){0}, above = high ? decimal_of(high) : (remit_decimal){0};
      there = number_between(low ? &below : NULL, high ? &above : NULL, input->whole, &out->number);
    }
  }
  if (!there) lua_settop(L, top);
  if (lua_gettop(L) == top) lua_pushnil(L);
  return there;
}

/* ---- Sets */

/* What the cells of the column show of the values that they are for. */
typedef struct traits {
  bool numbers, texts, booleans, nils, any;
  bool ordered_texts;
} traits;

static void note(const remit_checker *ck, traits *t, uint32_t literal, bool ordered) {
  switch ((remit_scalar_kind)ck->literals[literal].kind) {
  case REMIT_SCALAR_NUMBER: t->numbers = true; break;
  case REMIT_SCALAR_TEXT:
    t->texts = true;
    t->ordered_texts = t->ordered_texts || ordered;
    break;
  case REMIT_SCALAR_BOOLEAN: t->booleans = true; break;
  case REMIT_SCALAR_NIL: t->nils = true; break;
  default: break;
  }
}

static traits look(remit_checker *ck, uint32_t input) {
  traits t = {0};
  const remit_decision_table *table = ck->table;
  for (uint32_t rule = 0; rule < table->rule_count; rule++) {
    uint32_t cell = remit_checked_rule(ck, rule)[REMIT_RULE_CELLS + input];
    if (!cell) continue;
    t.any = true;
    const remit_test *tests = table->tests + table->cells[cell].first;
    for (uint32_t i = 0; i < table->cells[cell].count; i++) {
      if (tests[i].kind == REMIT_TEST_NULL) t.nils = true;
      if (tests[i].kind == REMIT_TEST_NULL || tests[i].kind == REMIT_TEST_NOT) continue;
      note(ck, &t, tests[i].low, tests[i].kind != REMIT_TEST_EQUAL);
      if (tests[i].kind == REMIT_TEST_BETWEEN) note(ck, &t, tests[i].high, true);
    }
    remit_charge(ck->L, 1 + table->cells[cell].count / 2);
  }
  return t;
}

/* Whether a declaration of that type is of the values that the cells are for. */
static bool agrees(const remit_type *type, const traits *t) {
  if (!t->numbers && !t->texts && !t->booleans) return true;
  return (is_number(type) && t->numbers) || (is_text(type) && t->texts) || (type->kind == REMIT_BOOLEAN && t->booleans);
}

static int compare_ranges(const void *a, const void *b) {
  uint32_t left = ((const remit_range *)a)->from, right = ((const remit_range *)b)->from;
  return (left > right) - (left < right);
}

/* The points that `values` or an enum name. */
static remit_span points_set(remit_checker *ck, uint32_t first, uint32_t count, bool nil) {
  remit_ranges *pile = &ck->axes.ranges;
  uint32_t start = pile->count, kept = start;
  remit_charge(ck->L, 8 * (uint64_t)count);
  if (nil) remit_ranges_add(pile, REMIT_CLASS_NIL, REMIT_CLASS_NIL + 1);
  for (uint32_t i = 0; i < count; i++) {
    const remit_scalar *value = &ck->literals[first + i];
    uint32_t class = value->kind == REMIT_SCALAR_BOOLEAN ? REMIT_CLASS_FALSE + value->yes : ck->axes.classes[first + i];
    remit_ranges_add(pile, class, class + 1);
  }
  qsort(pile->items + start, pile->count - start, sizeof *pile->items, compare_ranges);
  for (uint32_t i = start; i < pile->count; i++)
    if (kept == start || pile->items[i].from > pile->items[kept - 1].from) pile->items[kept++] = pile->items[i];
  pile->count = kept;
  return (remit_span){start, kept - start};
}

typedef enum wanted { REAL, POSSIBLE, EXPECTED } wanted;

static bool in_bounds(const remit_checked_input *input, const remit_example *value) {
  const remit_type *type = input->type;
  if (!type || !is_number(type)) return true;
  return !(type->has_min && remit_decimal_compare(&value->number, &type->min) < 0) &&
         !(type->has_max && remit_decimal_compare(&value->number, &type->max) > 0);
}

/* Whether it needs no example to know that a class of numbers has one: short numbers have others between them. */
static bool is_dense(const remit_checker *ck, const remit_checked_input *input, uint32_t class) {
  uint32_t place = class - REMIT_CLASS_NUMBERS;
  if (input->whole || class >= remit_axis_texts(&input->axis)) return false;
  if (place / 2 > 0 && ck->literals[input->axis.points[place / 2 - 1]].wide) return false;
  return place / 2 >= input->axis.number_count || !ck->literals[input->axis.points[place / 2]].wide;
}

/* Whether the class counts. Its place among numbers or texts is a gap where it is even. */
static bool counts(remit_checker *ck, const remit_checked_input *input, const traits *t, uint32_t class, wanted want) {
  const remit_type *type = input->type;
  uint32_t texts = remit_axis_texts(&input->axis);
  if (want != REAL) {
    if (class == REMIT_CLASS_NIL) return type ? input->optional : t->nils;
    if (class == REMIT_CLASS_OTHER) return type && !is_number(type) && !is_text(type) && type->kind != REMIT_BOOLEAN;
    if (class < REMIT_CLASS_NUMBERS) return type ? type->kind == REMIT_BOOLEAN : t->booleans;
    if (class < texts && !(type ? is_number(type) : t->numbers)) return false;
    if (class >= texts && !(type ? is_text(type) : t->texts || !(t->numbers || t->booleans))) return false;
    bool gap = class >= texts && (class - texts) % 2 == 0;
    if (gap && type && type->kind == REMIT_TIMESTAMP) return false;
    if (gap && want == EXPECTED && !t->ordered_texts && t->texts) return false;
  }
  if (class < REMIT_CLASS_NUMBERS) return true;
  bool bounded = want != REAL && type && is_number(type) && (type->has_min || type->has_max);
  if (!bounded && is_dense(ck, input, class)) return true;
  remit_example value;
  bool there = remit_class_example(ck, input, class, &value) && (want == REAL || class >= texts || in_bounds(input, &value));
  lua_pop(ck->L, 1);
  return there;
}

static remit_span counted_set(remit_checker *ck, const remit_checked_input *input, const traits *t, wanted want) {
  remit_ranges *pile = &ck->axes.ranges;
  remit_span set = {pile->count, 0};
  uint32_t classes = remit_axis_classes(&input->axis);
  for (uint32_t class = 0; class < classes; class++) {
    remit_charge(ck->L, 2);
    if (!counts(ck, input, t, class, want)) continue;
    if (pile->count > set.first && pile->items[pile->count - 1].to == class) pile->items[pile->count - 1].to++;
    else remit_ranges_add(pile, class, class + 1);
  }
  set.count = pile->count - set.first;
  return set;
}

/* Dates where the declaration says so, or every text of the column is one. */
static bool all_dates(const remit_checker *ck, const remit_checked_input *input) {
  const remit_axis *axis = &input->axis;
  for (uint32_t i = 0; i < axis->text_count; i++) {
    const remit_scalar *text = &ck->literals[axis->points[axis->number_count + i]];
    if (!remit_date_valid(text->as.text, text->length)) return false;
  }
  return axis->text_count > 0 || (input->type && input->type->kind == REMIT_DATE);
}

static void make_input(remit_checker *ck, uint32_t number) {
  remit_checked_input *input = &ck->inputs[number];
  const remit_table_input *column = &ck->table->inputs[number];
  traits t = look(ck, number);
  const remit_type *type = declared(ck->policy, ck->table, column, ck->L, ck->slots, &input->optional);
  input->type = type && agrees(type, &t) ? type : NULL;
  bool scalar = input->type && (is_number(type) || is_text(type) || type->kind == REMIT_BOOLEAN);
  input->free = !t.any && !scalar && !column->value_count;
  uint32_t extra = ck->literal_count, values = input->type && type->kind == REMIT_ENUM ? type->value_count : 0;
  for (uint32_t i = 0; i < values; i++)
    ck->literals[ck->literal_count++] =
      (remit_scalar){.kind = REMIT_SCALAR_TEXT, .length = type->values[i].length, .as.text = type->values[i].bytes};
  if (input->type && is_number(type) && type->has_min) add_number(ck, &type->min);
  if (input->type && is_number(type) && type->has_max) add_number(ck, &type->max);
  uint32_t more_count = ck->literal_count - extra + column->value_count, *more = lua_newuserdatauv(ck->L, (more_count + 1) * sizeof *more, 0);
  for (uint32_t i = 0; i < column->value_count; i++) more[i] = column->first_value + i;
  for (uint32_t i = column->value_count; i < more_count; i++) more[i] = extra + i - column->value_count;
  remit_axis_cut(&ck->axes, number, more, more_count, &input->axis);
  lua_remove(ck->L, -2);
  input->whole = input->type && type->kind == REMIT_INTEGER;
  input->dates = all_dates(ck, input);
  for (uint32_t rule = 0; rule < ck->table->rule_count; rule++) {
    uint32_t cell = remit_checked_rule(ck, rule)[REMIT_RULE_CELLS + number];
    remit_span set;
    if (cell) remit_axis_set(&ck->axes, &input->axis, cell, &set);
  }
  input->every = (remit_span){ck->axes.ranges.count, 1};
  remit_ranges_add(&ck->axes.ranges, 0, remit_axis_classes(&input->axis));
  bool whole = input->whole, dates = input->dates;
  input->whole = input->dates = false;  /* a record that is not the input's may hold other numbers */
  input->real = counted_set(ck, input, &t, REAL);
  input->whole = whole;
  input->dates = dates;
  if (column->value_count) {
    input->possible = input->expected = points_set(ck, column->first_value, column->value_count, t.nils || (input->type && input->optional));
  } else if (values) {
    input->possible = input->expected = points_set(ck, extra, values, input->optional);
  } else if (input->free) {
    input->possible = input->expected = input->every;
  } else {
    input->possible = counted_set(ck, input, &t, POSSIBLE);
    input->expected = counted_set(ck, input, &t, EXPECTED);
  }
}

/* Leaves the points of the axes on the stack. */
void remit_domain_make(remit_checker *ck) {
  for (uint32_t i = 0; i < ck->input_count; i++) {
    luaL_checkstack(ck->L, 20, NULL);
    make_input(ck, i);
  }
}
