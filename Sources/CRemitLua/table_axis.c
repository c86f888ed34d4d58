#include <stdlib.h>
#include <string.h>

#include "table_axis.h"

/* ---- Keys */

uint64_t remit_number_key(double number) {
  uint64_t bits, sign = UINT64_C(1) << 63;
  if (number == 0) number = 0;  /* -0 is 0 */
  memcpy(&bits, &number, sizeof bits);
  return bits & sign ? ~bits : bits | sign;
}

uint64_t remit_text_key(const char *text, uint32_t length) {
  uint64_t key = 0;
  if (length >= sizeof key) {
    memcpy(&key, text, sizeof key);
    return __builtin_bswap64(key);
  }
  for (uint32_t i = 0; i < length; i++) key |= (uint64_t)(uint8_t)text[i] << (56 - 8 * i);
  return key;
}

/* ---- Points */

typedef struct point {
  uint64_t key;               /* of a long number, and of all where one is long: 0 */
  uint32_t literal;
} point;

static int compare_points(const remit_scalar *literals, const point *a, const point *b) {
  int order = 0;
  if (a->key != b->key) return a->key < b->key ? -1 : 1;
  remit_scalar_compare(&literals[a->literal], &literals[b->literal], &order);
  return order;
}

/* A merge sort; `spare` has as many. */
static void sort_points(const remit_scalar *literals, point *points, point *spare, uint32_t count) {
  if (count < 2) return;
  if (count < 8) {
    for (uint32_t i = 1; i < count; i++) {
      point each = points[i];
      uint32_t at = i;
      for (; at > 0 && compare_points(literals, &points[at - 1], &each) > 0; at--) points[at] = points[at - 1];
      points[at] = each;
    }
    return;
  }
  uint32_t half = count / 2, left = 0, right = half, at = 0;
  sort_points(literals, points, spare, half);
  sort_points(literals, points + half, spare, count - half);
  memcpy(spare, points, half * sizeof *points);
  while (left < half && right < count)
    points[at++] = compare_points(literals, &spare[left], &points[right]) <= 0 ? spare[left++] : points[right++];
  memcpy(points + at, spare + left, (half - left) * sizeof *points);
}

static void *push_room(lua_State *L, uint64_t count, size_t size) { return lua_newuserdatauv(L, (size_t)(count + 1) * size, 0); }

void remit_axes_open(remit_axes *axes, lua_State *L, const remit_decision_table *table, const remit_scalar *literals,
                     uint32_t literal_count) {
  luaL_checkstack(L, 16, NULL);
  *axes = (remit_axes){.L = L, .table = table, .literals = literals, .literal_count = literal_count, .cell_count = table->cell_count};
  axes->classes = push_room(L, literal_count, sizeof *axes->classes);
  axes->sets = push_room(L, table->cell_count, sizeof *axes->sets);
  memset(axes->sets, 0xFF, ((size_t)table->cell_count + 1) * sizeof *axes->sets);
  remit_ranges_open(&axes->ranges, L);
}

typedef struct gathering {
  const remit_scalar *literals;
  point *numbers, *texts;     /* NULL: only count */
  uint32_t number_count, text_count;
  uint64_t text_bytes;
} gathering;

static void gather(gathering *g, uint32_t literal) {
  const remit_scalar *value = &g->literals[literal];
  if (value->kind == REMIT_SCALAR_NUMBER) {
    if (g->numbers) g->numbers[g->number_count] = (point){value->wide ? 0 : remit_number_key(value->as.number), literal};
    g->number_count++;
  } else if (value->kind == REMIT_SCALAR_TEXT) {
    if (g->texts) g->texts[g->text_count] = (point){remit_text_key(value->as.text, value->length), literal};
    g->text_count++;
    g->text_bytes += value->length;
  }
}

static void gather_cell(gathering *g, const remit_decision_table *table, uint32_t cell) {
  const remit_test *tests = table->tests + table->cells[cell].first;
  for (uint32_t i = 0; i < table->cells[cell].count; i++) {
    if (tests[i].kind == REMIT_TEST_NULL || tests[i].kind == REMIT_TEST_NOT) continue;
    gather(g, tests[i].low);
    if (tests[i].kind == REMIT_TEST_BETWEEN) gather(g, tests[i].high);
  }
}

/* Gathers the literals of the column, each cell once: `seen` are bits by cell, zero before and after. */
static void gather_column(gathering *g, const remit_decision_table *table, uint32_t input, const uint32_t *more, uint32_t more_count,
                          uint64_t *seen) {
  const uint32_t *cell = table->rules + REMIT_RULE_CELLS + input, *first = cell;
  for (uint32_t i = 0; i < table->rule_count; i++, cell += table->stride) {
    if (!*cell || seen[*cell / 64] >> *cell % 64 & 1) continue;
    seen[*cell / 64] |= UINT64_C(1) << *cell % 64;
    gather_cell(g, table, *cell);
  }
  cell = first;
  for (uint32_t i = 0; i < table->rule_count; i++, cell += table->stride) seen[*cell / 64] = 0;
  for (uint32_t i = 0; i < more_count; i++) gather(g, more[i]);
}

/* Sorts them, keeps one of equal ones, and notes each one's class, the first being `next`. */
static uint32_t line_up(remit_axes *axes, point *points, point *spare, uint32_t count, uint32_t next, uint32_t *out) {
  bool all_have_keys = true;
  for (uint32_t i = 0; i < count; i++) all_have_keys = all_have_keys && !axes->literals[points[i].literal].wide;
  if (!all_have_keys)
    for (uint32_t i = 0; i < count; i++) points[i].key = 0;
  sort_points(axes->literals, points, spare, count);
  uint32_t kept = 0;
  for (uint32_t i = 0; i < count; i++) {
    if (!kept || compare_points(axes->literals, &points[i - 1], &points[i]) != 0) out[kept++] = points[i].literal;
    axes->classes[points[i].literal] = next + 2 * kept - 1;
  }
  return kept;
}

static uint64_t log2_of(uint64_t count) { return count < 2 ? 1 : (uint64_t)(63 - __builtin_clzll(count)); }

void remit_axis_cut(remit_axes *axes, uint32_t input, const uint32_t *more, uint32_t more_count, remit_axis *axis) {
  lua_State *L = axes->L;
  const remit_decision_table *table = axes->table;
  size_t words = axes->cell_count / 64 + 1;
  uint64_t *seen = push_room(L, words, sizeof *seen);
  memset(seen, 0, words * sizeof *seen);
  gathering g = {.literals = axes->literals};
  gather_column(&g, table, input, more, more_count, seen);
  uint64_t count = (uint64_t)g.number_count + g.text_count;
  remit_charge(L, table->rule_count / 2 + count * log2_of(count) / 4 + g.text_bytes / REMIT_BYTES_PER_STEP * log2_of(count));
  if (count > UINT32_MAX / 4) remit_no_memory(L);
  axis->points = push_room(L, count, sizeof *axis->points);
  lua_insert(L, -2);
  point *points = push_room(L, 2 * count, sizeof *points);
  g = (gathering){.literals = axes->literals, .numbers = points, .texts = points + g.number_count};
  gather_column(&g, table, input, more, more_count, seen);
  axis->number_count = line_up(axes, points, points + count, g.number_count, REMIT_CLASS_NUMBERS, axis->points);
  axis->text_count = line_up(axes, points + g.number_count, points + count, g.text_count, remit_axis_texts(axis),
                             axis->points + axis->number_count);
  lua_pop(L, 2);
}

/* ---- Sets of classes */

void remit_ranges_open(remit_ranges *ranges, lua_State *L) {
  *ranges = (remit_ranges){.L = L, .room = 64};
  ranges->items = push_room(L, ranges->room, sizeof *ranges->items);
  ranges->place = lua_gettop(L);
}

void remit_ranges_add(remit_ranges *ranges, uint32_t from, uint32_t to) {
  if (ranges->count == ranges->room) {
    if (ranges->room > UINT32_MAX / 4) remit_no_memory(ranges->L);
    remit_range *more = push_room(ranges->L, (uint64_t)ranges->room * 2, sizeof *more);
    memcpy(more, ranges->items, ranges->count * sizeof *more);
    lua_replace(ranges->L, ranges->place);
    ranges->items = more;
    ranges->room *= 2;
  }
  ranges->items[ranges->count++] = (remit_range){from, to};
}

static void add(remit_axes *axes, uint32_t from, uint32_t to) {
  if (from < to) remit_ranges_add(&axes->ranges, from, to);
}

static int compare_ranges(const void *a, const void *b) {
  uint32_t left = ((const remit_range *)a)->from, right = ((const remit_range *)b)->from;
  return (left > right) - (left < right);
}

/* Joins what overlaps or touches from `mark` on. */
static void join(remit_axes *axes, uint32_t mark) {
  remit_range *ranges = axes->ranges.items + mark;
  uint32_t count = axes->ranges.count - mark, kept = 0;
  bool sorted = true;
  for (uint32_t i = 1; i < count; i++) sorted = sorted && ranges[i - 1].from <= ranges[i].from;
  if (!sorted) qsort(ranges, count, sizeof *ranges, compare_ranges);
  for (uint32_t i = 0; i < count; i++) {
    if (kept && ranges[i].from <= ranges[kept - 1].to) {
      if (ranges[i].to > ranges[kept - 1].to) ranges[kept - 1].to = ranges[i].to;
    } else {
      ranges[kept++] = ranges[i];
    }
  }
  axes->ranges.count = mark + kept;
}

/* Turns what stands from `mark` on, joined, into everything else. */
static void invert(remit_axes *axes, uint32_t mark, uint32_t end) {
  uint32_t count = axes->ranges.count - mark, at = 0;
  for (uint32_t i = 0; i < count; i++) {
    remit_range each = axes->ranges.items[mark + i];
    add(axes, at, each.from);
    at = each.to;
  }
  add(axes, at, end);
  uint32_t made = axes->ranges.count - mark - count;
  memmove(axes->ranges.items + mark, axes->ranges.items + mark + count, made * sizeof *axes->ranges.items);
  axes->ranges.count = mark + made;
}

/* Which classes: those for which the tests hold, or those for which they do not fail: UNKNOWN too, see table_decide.c. */
typedef enum wanted { HOLDS, NOT_FAILS } wanted;

/* The classes of values that may be compared with a literal of that kind. */
static remit_range comparable(const remit_axis *axis, remit_scalar_kind kind) {
  switch (kind) {
  case REMIT_SCALAR_NUMBER: return (remit_range){REMIT_CLASS_NUMBERS, remit_axis_texts(axis)};
  case REMIT_SCALAR_TEXT: return (remit_range){remit_axis_texts(axis), remit_axis_classes(axis)};
  default: return (remit_range){REMIT_CLASS_OTHER, REMIT_CLASS_OTHER};  /* in order; whether booleans are equal is another matter */
  }
}

/* Everything but nil and these: to compare it gives UNKNOWN. */
static void add_strangers(remit_axes *axes, const remit_axis *axis, remit_range known) {
  add(axes, REMIT_CLASS_OTHER, known.from);
  add(axes, known.to, remit_axis_classes(axis));
}

static void add_equal(remit_axes *axes, const remit_axis *axis, uint32_t literal, wanted want) {
  const remit_scalar *value = &axes->literals[literal];
  if (value->kind == REMIT_SCALAR_NIL) {
    add(axes, REMIT_CLASS_NIL, REMIT_CLASS_NIL + 1);
    return;
  }
  remit_range known = comparable(axis, value->kind);
  uint32_t class = axes->classes[literal];
  if (value->kind == REMIT_SCALAR_BOOLEAN) {
    known = (remit_range){REMIT_CLASS_FALSE, REMIT_CLASS_NUMBERS};
    class = REMIT_CLASS_FALSE + value->yes;
  }
  if (known.from < known.to) add(axes, class, class + 1);
  if (want == NOT_FAILS) add_strangers(axes, axis, known);
}

/* The classes below the literal, or above it, or both bounds of an interval: `low` and `high` are literals, 0 where there is none. */
static void add_between(remit_axes *axes, const remit_axis *axis, uint32_t low, bool low_open, uint32_t high, bool high_open, wanted want) {
  remit_scalar_kind kind = axes->literals[low ? low : high].kind;
  remit_range known = comparable(axis, kind), inside = known;
  if (low && high && axes->literals[high].kind != kind) {  /* neither is comparable with both: every value is a stranger to one */
    if (want == NOT_FAILS) add(axes, REMIT_CLASS_OTHER, remit_axis_classes(axis));
    return;
  }
  if (known.from < known.to) {
    if (low) inside.from = axes->classes[low] + low_open;
    if (high) inside.to = axes->classes[high] + !high_open;
    add(axes, inside.from, inside.to);
  }
  if (want == NOT_FAILS) add_strangers(axes, axis, known);
}

static void add_tests(remit_axes *axes, const remit_axis *axis, const remit_test *tests, uint32_t count, wanted want) {
  for (uint32_t i = 0; i < count; i++) {
    const remit_test *test = &tests[i];
    switch ((remit_test_kind)test->kind) {
    case REMIT_TEST_NULL: add(axes, REMIT_CLASS_NIL, REMIT_CLASS_NIL + 1); break;
    case REMIT_TEST_EQUAL: add_equal(axes, axis, test->low, want); break;
    case REMIT_TEST_LESS: add_between(axes, axis, 0, false, test->low, true, want); break;
    case REMIT_TEST_AT_MOST: add_between(axes, axis, 0, false, test->low, false, want); break;
    case REMIT_TEST_MORE: add_between(axes, axis, test->low, true, 0, false, want); break;
    case REMIT_TEST_AT_LEAST: add_between(axes, axis, test->low, false, 0, false, want); break;
    case REMIT_TEST_BETWEEN: add_between(axes, axis, test->low, test->low_open, test->high, test->high_open, want); break;
    case REMIT_TEST_NOT: {
      uint32_t mark = axes->ranges.count;
      add_tests(axes, axis, test + 1, test->low, want == HOLDS ? NOT_FAILS : HOLDS);
      join(axes, mark);
      invert(axes, mark, remit_axis_classes(axis));
      i += test->low;
      break;
    }
    }
  }
}

static bool has_value(const remit_axes *axes, uint32_t literal) { return axes->literals[literal].kind != REMIT_SCALAR_PARAM; }

static bool all_have_values(const remit_axes *axes, const remit_test *tests, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    if (tests[i].kind == REMIT_TEST_NULL || tests[i].kind == REMIT_TEST_NOT) continue;
    if (!has_value(axes, tests[i].low) || (tests[i].kind == REMIT_TEST_BETWEEN && !has_value(axes, tests[i].high))) return false;
  }
  return true;
}

bool remit_axis_set(remit_axes *axes, const remit_axis *axis, uint32_t cell, remit_span *out) {
  remit_span *set = &axes->sets[cell];
  if (set->count == UINT32_MAX) {
    const remit_test *tests = axes->table->tests + axes->table->cells[cell].first;
    uint32_t count = axes->table->cells[cell].count, mark = axes->ranges.count;
    remit_charge(axes->L, 1 + 4 * (uint64_t)count);
    bool known = all_have_values(axes, tests, count);
    if (known) add_tests(axes, axis, tests, count, HOLDS);
    else add(axes, 0, remit_axis_classes(axis));
    join(axes, mark);
    *set = (remit_span){mark, (axes->ranges.count - mark) << 1 | known};
  }
  *out = (remit_span){set->first, set->count >> 1};
  return set->count & 1;
}
