#include <string.h>

#include "table_check.h"

/* Searches a decision table for rules that contradict one another, rules that never count, inputs that no rule has an answer for, and
 * answers that fall where they shall rise. What is reported is so, and comes with a transaction that shows it; where a search
 * takes too long it is ended, and that is said. */

enum {
  INPUTS_MAX = 1000, PARTS_MAX = 32,  /* beyond that nobody reads an example */
  DEPTH_MAX = 512, SPANS_MAX = 1 << 20,
  FINDINGS_MAX = 20,          /* of a kind */
  GAPS_MAX = 5,
  ZONES = 1024, WIDE = 32,
  MEETING_MAX = 4096, PIECES_MAX = 1 << 16,
  WORK_OF_SEARCH = 8000000, WORK_OF_RULE = 200000,
};

static void *push_room(lua_State *L, uint64_t count, size_t size) {
  void *room = lua_newuserdatauv(L, (size_t)(count + 1) * size, 0);
  memset(room, 0, (size_t)(count + 1) * size);
  return room;
}

/* ---- Findings */

static void append(remit_buffer *out, const char *text) { remit_buffer_append(out, text, strlen(text)); }

/* Appends a finding whose message is at the top of the stack, which is popped. `rule` is UINT32_MAX where it is about none. */
static void report(remit_checker *ck, const char *kind, uint32_t rule, const uint32_t *classes) {
  remit_buffer *out = ck->out;
  size_t length;
  const char *message = lua_tolstring(ck->L, -1, &length);
  append(out, out->length > 1 ? ",{\"kind\":\"" : "{\"kind\":\"");
  append(out, kind);
  append(out, "\",\"file\":");
  remit_json_write_string(out, (const uint8_t *)ck->table->file, strlen(ck->table->file));
  append(out, ",\"line\":");
  remit_buffer_int64(out, rule == UINT32_MAX ? 1 : remit_checked_rule(ck, rule)[REMIT_RULE_LINE]);
  if (rule != UINT32_MAX) {
    append(out, ",\"rule\":");
    remit_buffer_int64(out, (int64_t)rule + 1);
  }
  append(out, ",\"message\":");
  if (!remit_json_write_string(out, (const uint8_t *)message, length)) append(out, "\"\"");
  if (classes) {
    append(out, ",\"example\":");
    remit_write_example(ck, classes);
  }
  remit_buffer_byte(out, '}');
  if (out->failed) remit_no_memory(ck->L);
  lua_pop(ck->L, 1);
}

/* Pushes `2 "small orders"`. */
static const char *push_rule_name(const remit_checker *ck, uint32_t rule) {
  int32_t slot = (int32_t)remit_checked_rule(ck, rule)[REMIT_RULE_NAME];
  if (!slot) return lua_pushfstring(ck->L, "%d", (int)rule + 1);
  lua_rawgeti(ck->L, ck->slots, slot);
  const char *name = lua_pushfstring(ck->L, "%d \"%s\"", (int)rule + 1, lua_tostring(ck->L, -1));
  lua_remove(ck->L, -2);
  return name;
}

/* ---- One search after the other, each with work of its own */

static void begin(remit_checker *ck, int64_t pool) {
  ck->work = pool < WORK_OF_SEARCH ? pool : WORK_OF_SEARCH;
  ck->stopped = false;
}

static void finish(remit_checker *ck, int64_t *pool, const char *what) {
  int64_t given = *pool < WORK_OF_SEARCH ? *pool : WORK_OF_SEARCH;
  *pool -= given - (ck->work > 0 ? ck->work : 0);
  if (!ck->stopped) return;
  lua_pushfstring(ck->L, "the search for %s was ended, the table being so large: there may be more than what is said here", what);
  report(ck, "incomplete", UINT32_MAX, NULL);
}

/* ---- Which rules meet */

static remit_range *hull_of(const remit_checker *ck, uint32_t rule) { return ck->hulls + (size_t)rule * ck->input_count; }

/* For one input, the one that parts the rules best: its classes in zones, and which rules lie in each. */
typedef struct sieve {
  uint32_t input, zone_count;
  uint64_t classes;
  uint32_t *starts, *rules;   /* by zone: where its rules start, and one past the last zone */
  uint32_t *wide, wide_count; /* rules that lie in many zones */
} sieve;

static uint32_t zone_of(const sieve *s, uint32_t class) { return (uint32_t)(class * (uint64_t)s->zone_count / s->classes); }

static remit_range zones_of(const remit_checker *ck, const sieve *s, uint32_t rule) {
  remit_range hull = hull_of(ck, rule)[s->input];
  if (hull.from == hull.to) return (remit_range){0, 0};
  return (remit_range){zone_of(s, hull.from), zone_of(s, hull.to - 1) + 1};
}

/* About how many pairs of rules would have to be compared by that input. */
static double pairs_by(const remit_checker *ck, uint32_t input, int64_t *changes) {
  sieve s = {.input = input, .zone_count = ZONES, .classes = remit_axis_classes(&ck->inputs[input].axis)};
  memset(changes, 0, (ZONES + 1) * sizeof *changes);
  for (uint32_t rule = 0; rule < ck->table->rule_count; rule++) {
    remit_range zones = zones_of(ck, &s, rule);
    changes[zones.from]++;
    changes[zones.to]--;
  }
  double pairs = 0, now = 0;
  for (uint32_t zone = 0; zone < ZONES; zone++) {
    now += (double)changes[zone];
    pairs += now * now;
  }
  return pairs;
}

/* Pushes 4 values. */
static void make_sieve(remit_checker *ck, sieve *s) {
  lua_State *L = ck->L;
  uint32_t rules = ck->table->rule_count;
  int64_t *changes = push_room(L, ZONES + 1, sizeof *changes);
  double best = 0;
  *s = (sieve){.zone_count = ZONES, .classes = 1};
  for (uint32_t i = 0; i < ck->input_count; i++) {
    double pairs = pairs_by(ck, i, changes);
    remit_charge(L, ZONES / 4 + rules / 2);
    if (i && pairs >= best) continue;
    best = pairs;
    s->input = i;
    s->classes = remit_axis_classes(&ck->inputs[i].axis);
  }
  s->starts = push_room(L, ZONES + 2, sizeof *s->starts);
  s->wide = push_room(L, rules, sizeof *s->wide);
  for (uint32_t rule = 0; rule < rules; rule++) {
    remit_range zones = zones_of(ck, s, rule);
    if (zones.to - zones.from > WIDE) s->wide[s->wide_count++] = rule;
    else for (uint32_t zone = zones.from; zone < zones.to; zone++) s->starts[zone + 2]++;
  }
  for (uint32_t zone = 2; zone <= ZONES + 1; zone++) s->starts[zone] += s->starts[zone - 1];
  s->rules = push_room(L, s->starts[ZONES + 1], sizeof *s->rules);
  for (uint32_t rule = 0; rule < rules; rule++) {
    remit_range zones = zones_of(ck, s, rule);
    if (zones.to - zones.from > WIDE) continue;
    for (uint32_t zone = zones.from; zone < zones.to; zone++) s->rules[s->starts[zone + 1]++] = rule;
  }
}

static bool rules_meet(const remit_checker *ck, uint32_t a, uint32_t b) {
  const remit_range *left = hull_of(ck, a), *right = hull_of(ck, b);
  for (uint32_t i = 0; i < ck->input_count; i++)
    if (left[i].from >= right[i].to || right[i].from >= left[i].to) return false;
  for (uint32_t i = 0; i < ck->input_count; i++)
    if (!remit_sets_meet(ck, remit_rule_set(ck, a, i), remit_rule_set(ck, b, i))) return false;
  return true;
}

/* Which of two rules counts where both match. */
typedef bool (*comes_first)(const remit_checker *ck, uint32_t a, uint32_t b);

static bool stands_first(const remit_checker *ck, uint32_t a, uint32_t b) {
  (void)ck;
  return a < b;
}

typedef struct meeting {
  sieve sieve;
  comes_first first;
  uint32_t rule;
  uint32_t *found, count;     /* of those that come before `rule`: which meet it */
} meeting;

/* False where work or room is at its end. */
static bool take_if_meets(remit_checker *ck, meeting *m, uint32_t other) {
  if (!m->first(ck, other, m->rule)) return true;
  if (!remit_spend(ck, 1)) return false;
  if (!rules_meet(ck, other, m->rule)) return true;
  if (m->count == MEETING_MAX) {
    ck->stopped = true;
    return false;
  }
  m->found[m->count++] = other;
  return true;
}

static bool find_meeting(remit_checker *ck, meeting *m, uint32_t rule) {
  const sieve *s = &m->sieve;
  remit_range zones = ck->input_count ? zones_of(ck, s, rule) : (remit_range){0, WIDE + 1};
  m->rule = rule;
  m->count = 0;
  if (zones.to - zones.from > WIDE) {
    for (uint32_t other = 0; other < ck->table->rule_count; other++)
      if (!take_if_meets(ck, m, other)) return false;
    return true;
  }
  for (uint32_t i = 0; i < s->wide_count; i++)
    if (!take_if_meets(ck, m, s->wide[i])) return false;
  for (uint32_t zone = zones.from; zone < zones.to; zone++)
    for (uint32_t i = s->starts[zone]; i < s->starts[zone + 1]; i++) {
      uint32_t from = zones_of(ck, s, s->rules[i]).from;
      if (zone != (from > zones.from ? from : zones.from)) continue;  /* met in an earlier zone */
      if (!take_if_meets(ck, m, s->rules[i])) return false;
    }
  return true;
}

/* ---- Outputs */

static const remit_scalar *output_of(const remit_checker *ck, uint32_t rule, uint32_t output) {
  return &ck->literals[remit_checked_rule(ck, rule)[REMIT_RULE_CELLS + ck->input_count + output]];
}

static bool same_value(const remit_scalar *a, const remit_scalar *b) {
  int order;
  if (a->kind == REMIT_SCALAR_NIL && b->kind == REMIT_SCALAR_NIL) return true;
  return remit_scalar_compare(a, b, &order) && order == 0;
}

static bool same_outputs(const remit_checker *ck, uint32_t a, uint32_t b) {
  for (uint32_t i = 0; i < ck->table->output_count; i++)
    if (!same_value(output_of(ck, a, i), output_of(ck, b, i))) return false;
  return true;
}

/* The output's place among its column's values, behind them all where it is left out; UINT32_MAX where it is none of them. */
static uint32_t rank_of(const remit_checker *ck, uint32_t rule, uint32_t output) {
  const remit_table_output *column = &ck->table->outputs[output];
  const remit_scalar *value = output_of(ck, rule, output);
  if (value->kind == REMIT_SCALAR_NIL) return column->value_count;
  for (uint32_t i = 0; i < column->value_count; i++)
    if (same_value(&ck->literals[column->first_value + i], value)) return i;
  return UINT32_MAX;
}

/* Of the hit policy P. */
static bool has_priority(const remit_checker *ck, uint32_t a, uint32_t b) {
  if (a == b) return false;
  for (uint32_t i = 0; i < ck->table->output_count; i++) {
    if (!ck->table->outputs[i].value_count) continue;
    uint32_t left = rank_of(ck, a, i), right = rank_of(ck, b, i);
    if (left == UINT32_MAX || right == UINT32_MAX) return false;
    if (left != right) return left < right;
  }
  return a < b;
}

/* ---- Rules that never match */

static bool find_lifeless(remit_checker *ck, uint32_t rule, uint32_t *reported) {
  for (uint32_t i = 0; i < ck->input_count; i++) {
    const remit_checked_input *input = &ck->inputs[i];
    remit_span set = remit_rule_set(ck, rule, i);
    bool any = remit_common_class(ck, set, input->real, input->real) != UINT32_MAX;
    bool listed = !ck->table->inputs[i].value_count || set.first == input->every.first ||
                  remit_common_class(ck, set, input->possible, input->possible) != UINT32_MAX ||
                  (any && ck->axes.ranges.items[set.first].from == REMIT_CLASS_NIL);
    if (!remit_spend(ck, 4)) return true;
    if (any && listed) continue;
    if (++*reported > FINDINGS_MAX) return true;
    lua_rawgeti(ck->L, ck->slots, ck->table->inputs[i].name);
    const char *name = push_rule_name(ck, rule);
    lua_pushfstring(ck->L, "rule %s can never match: its test of %s holds for %s", name, lua_tostring(ck->L, -2),
                    any ? "none of the column's values" : "no value");
    report(ck, "never", rule, NULL);
    lua_pop(ck->L, 2);
    return true;
  }
  return false;
}

static bool is_alive(remit_checker *ck, const remit_span *piece, void *context) {
  (void)ck, (void)piece;
  *(bool *)context = true;
  return false;
}

/* Whether all that the rule matches is matched by those that come before it. */
static bool is_covered(remit_checker *ck, const meeting *m) {
  uint32_t mark = ck->axes.ranges.count;
  for (uint32_t i = 0; i < ck->input_count; i++)
    ck->boxes[i] = remit_set_both(ck, remit_rule_set(ck, m->rule, i), ck->inputs[i].real);
  int64_t left = ck->work;
  ck->work = left < WORK_OF_RULE ? left : WORK_OF_RULE;
  int64_t given = ck->work;
  bool alive = false, ended = !remit_subtract(ck, m->found, m->count, is_alive, &alive);
  ck->work = left - given + ck->work;
  ck->axes.ranges.count = mark;
  return !ended && !alive;
}

static bool contains(remit_checker *ck, uint32_t outer, uint32_t inner) {
  uint32_t mark = ck->axes.ranges.count;
  bool all = true;
  for (uint32_t i = 0; i < ck->input_count && all; i++) {
    remit_span set = remit_rule_set(ck, inner, i), both = remit_set_both(ck, set, remit_rule_set(ck, outer, i));
    const remit_range *ranges = ck->axes.ranges.items;
    all = both.count == set.count && memcmp(ranges + both.first, ranges + set.first, set.count * sizeof *ranges) == 0;
    ck->axes.ranges.count = mark;
  }
  return all;
}

/* Some transaction that the rule matches. */
static void choose_classes(const remit_checker *ck, uint32_t a, uint32_t b, uint32_t *classes) {
  for (uint32_t i = 0; i < ck->input_count; i++) {
    const remit_checked_input *input = &ck->inputs[i];
    remit_span left = remit_rule_set(ck, a, i), right = remit_rule_set(ck, b, i);
    classes[i] = remit_common_class(ck, left, right, input->possible);
    if (classes[i] == UINT32_MAX) classes[i] = remit_common_class(ck, left, right, input->real);
    if (input->free) classes[i] = UINT32_MAX;
  }
}

static void report_covered(remit_checker *ck, const meeting *m, uint32_t *classes) {
  lua_State *L = ck->L;
  bool first = ck->table->hit == REMIT_HIT_FIRST;
  const char *name = push_rule_name(ck, m->rule);
  uint32_t one = UINT32_MAX;
  for (uint32_t i = 0; i < m->count && one == UINT32_MAX; i++)
    if (contains(ck, m->found[i], m->rule)) one = m->found[i];
  if (one != UINT32_MAX)
    lua_pushfstring(L, "rule %s never counts: rule %s %s and matches whatever it matches", name, push_rule_name(ck, one),
                    first ? "comes first" : "has priority");
  else
    lua_pushfstring(L, "rule %s never counts: %s match whatever it matches", name, first ? "the rules before it" : "rules with priority");
  choose_classes(ck, m->rule, m->rule, classes);
  report(ck, "never", m->rule, classes);
}

static void find_never(remit_checker *ck, meeting *m, uint32_t *classes) {
  bool ordered = ck->table->hit == REMIT_HIT_FIRST || ck->table->hit == REMIT_HIT_PRIORITY, some = false;
  uint32_t reported = 0;
  int top = lua_gettop(ck->L);
  m->first = ck->table->hit == REMIT_HIT_PRIORITY ? has_priority : stands_first;
  for (uint32_t rule = 0; rule < ck->table->rule_count && reported <= FINDINGS_MAX && ck->work > 0; rule++) {
    lua_settop(ck->L, top);
    if (find_lifeless(ck, rule, &reported) || !ordered) continue;
    ck->stopped = false;
    bool known = find_meeting(ck, m, rule) && m->count && is_covered(ck, m);
    some = some || ck->stopped;
    if (known && ++reported <= FINDINGS_MAX) report_covered(ck, m, classes);
  }
  lua_settop(ck->L, top);
  ck->stopped = some || reported > FINDINGS_MAX || ck->work <= 0;
}

/* ---- Rules that contradict one another */

static void report_overlap(remit_checker *ck, uint32_t a, uint32_t b, const uint32_t *classes) {
  lua_State *L = ck->L;
  int top = lua_gettop(L);
  const char *first = push_rule_name(ck, a), *second = push_rule_name(ck, b);
  lua_pushfstring(L, "rules %s and %s both match%s", first, second,
                  ck->table->hit == REMIT_HIT_UNIQUE ? ", and the hit policy is U (unique)" : " with different outputs, and the hit policy is A (any)");
  report(ck, "overlap", b, classes);
  lua_settop(L, top);
}

static bool overlap(remit_checker *ck, uint32_t a, uint32_t b, uint32_t *classes) {
  if (ck->table->hit == REMIT_HIT_ANY && same_outputs(ck, a, b)) return false;
  for (uint32_t i = 0; i < ck->input_count; i++) {
    classes[i] = remit_common_class(ck, remit_rule_set(ck, a, i), remit_rule_set(ck, b, i), ck->inputs[i].possible);
    if (classes[i] == UINT32_MAX) return false;
    if (ck->inputs[i].free) classes[i] = UINT32_MAX;
  }
  return true;
}

static void find_overlaps(remit_checker *ck, meeting *m, uint32_t *classes) {
  uint32_t reported = 0;
  bool some = false;
  m->first = stands_first;
  for (uint32_t rule = 1; rule < ck->table->rule_count && ck->work > 0; rule++) {
    bool whole = find_meeting(ck, m, rule);
    some = some || !whole;
    uint32_t other = UINT32_MAX;
    for (uint32_t i = 0; i < m->count; i++)
      if (m->found[i] < other && overlap(ck, m->found[i], rule, classes)) other = m->found[i];
    if (other == UINT32_MAX || !overlap(ck, other, rule, classes)) continue;
    if (reported++ == FINDINGS_MAX) break;
    report_overlap(ck, other, rule, classes);
  }
  ck->stopped = some || reported > FINDINGS_MAX || ck->work <= 0;
}

/* ---- Inputs that no rule has an answer for */

typedef struct gap_search {
  uint32_t *classes, found;
} gap_search;

static bool report_gap(remit_checker *ck, const remit_span *piece, void *context) {
  gap_search *g = context;
  for (uint32_t i = 0; i < ck->input_count; i++)
    g->classes[i] = ck->inputs[i].free ? UINT32_MAX : remit_common_class(ck, piece[i], piece[i], piece[i]);
  lua_pushliteral(ck->L, "no rule matches");
  report(ck, "gap", UINT32_MAX, g->classes);
  return ++g->found < GAPS_MAX;
}

/* The rules, those with most `-` first: they take away most. */
static const uint32_t *push_widest_first(remit_checker *ck) {
  uint32_t rules = ck->table->rule_count, *order = push_room(ck->L, rules, sizeof *order);
  uint32_t *starts = push_room(ck->L, ck->input_count + 2, sizeof *starts);
  for (int pass = 0; pass < 2; pass++) {
    for (uint32_t rule = 0; rule < rules; rule++) {
      uint32_t tests = 0;
      for (uint32_t i = 0; i < ck->input_count; i++) tests += remit_checked_rule(ck, rule)[REMIT_RULE_CELLS + i] != 0;
      if (pass) order[starts[tests]++] = rule;
      else starts[tests + 1]++;
    }
    for (uint32_t i = 1; !pass && i <= ck->input_count; i++) starts[i] += starts[i - 1];
    remit_charge(ck->L, (uint64_t)rules * ck->input_count / 2);
  }
  lua_pop(ck->L, 1);
  return order;
}

static void find_gaps(remit_checker *ck, uint32_t *classes) {
  gap_search g = {classes, 0};
  const uint32_t *order = push_widest_first(ck);
  bool empty = false;
  for (uint32_t i = 0; i < ck->input_count; i++) {
    ck->boxes[i] = ck->inputs[i].expected;
    empty = empty || !ck->boxes[i].count;
  }
  if (!empty) remit_subtract(ck, order, ck->table->rule_count, report_gap, &g);
  lua_pop(ck->L, 1);
}

/* ---- Answers that fall where they shall rise */

/* Boxes in which one rule decides; their ranges are in a pile of their own. */
typedef struct territory {
  uint32_t rule;
  uint32_t first_span;
} territory;

typedef struct land {
  remit_ranges ranges;
  territory *pieces;
  remit_span *spans;
  uint32_t count, most, rule;
} land;

static bool keep_piece(remit_checker *ck, const remit_span *piece, void *context) {
  land *l = context;
  if (l->count == l->most) {
    ck->stopped = true;
    return false;
  }
  l->pieces[l->count] = (territory){l->rule, l->count * ck->input_count};
  for (uint32_t i = 0; i < ck->input_count; i++) {
    l->spans[l->count * ck->input_count + i] = (remit_span){l->ranges.count, piece[i].count};
    for (uint32_t k = 0; k < piece[i].count; k++) {
      remit_range each = ck->axes.ranges.items[piece[i].first + k];
      remit_ranges_add(&l->ranges, each.from, each.to);
    }
  }
  l->count++;
  return remit_spend(ck, ck->input_count);
}

static void claim(remit_checker *ck, meeting *m, land *l) {
  bool ordered = ck->table->hit == REMIT_HIT_FIRST || ck->table->hit == REMIT_HIT_PRIORITY;
  m->first = ck->table->hit == REMIT_HIT_PRIORITY ? has_priority : stands_first;
  for (uint32_t rule = 0; rule < ck->table->rule_count && ck->work > 0; rule++) {
    uint32_t mark = ck->axes.ranges.count;
    bool empty = false;
    m->count = 0;
    if (ordered && !find_meeting(ck, m, rule)) continue;
    for (uint32_t i = 0; i < ck->input_count; i++) {
      ck->boxes[i] = remit_set_both(ck, remit_rule_set(ck, rule, i), ck->inputs[i].possible);
      empty = empty || !ck->boxes[i].count;
    }
    l->rule = rule;
    if (!empty) remit_subtract(ck, m->found, m->count, keep_piece, l);
    ck->axes.ranges.count = mark;
  }
}

/* How the output moves from one rule to the other: below zero where it falls. False where one leaves it out. */
static bool compare_outputs(const remit_checker *ck, uint32_t a, uint32_t b, uint32_t output, int *order) {
  const remit_scalar *left = output_of(ck, a, output), *right = output_of(ck, b, output);
  if (left->kind == REMIT_SCALAR_NIL || right->kind == REMIT_SCALAR_NIL) return false;
  if (!ck->table->outputs[output].value_count) return remit_scalar_compare(right, left, order);
  uint32_t from = rank_of(ck, a, output), to = rank_of(ck, b, output);
  *order = (to > from) - (to < from);
  return from != UINT32_MAX && to != UINT32_MAX;
}

static bool land_sets_meet(const land *l, remit_span a, remit_span b, uint32_t *class) {
  const remit_range *left = l->ranges.items + a.first, *right = l->ranges.items + b.first;
  for (uint32_t i = 0, j = 0; i < a.count && j < b.count;) {
    uint32_t from = left[i].from > right[j].from ? left[i].from : right[j].from;
    uint32_t to = left[i].to < right[j].to ? left[i].to : right[j].to;
    *class = from;
    if (from < to) return true;
    if (left[i].to < right[j].to) i++;
    else j++;
  }
  return false;
}

/* The least class of the one and the greatest of the other, if they are both numbers, or both texts, and in that order. */
static bool classes_rise(const remit_checker *ck, const land *l, uint32_t input, remit_span low, remit_span high, uint32_t *from, uint32_t *to) {
  uint32_t texts = remit_axis_texts(&ck->inputs[input].axis);
  for (int pass = 0; pass < 2; pass++) {
    uint32_t least = pass ? texts : REMIT_CLASS_NUMBERS, end = pass ? UINT32_MAX : texts;
    *from = UINT32_MAX;
    *to = 0;
    for (uint32_t i = low.count; i-- > 0;) {
      remit_range each = l->ranges.items[low.first + i];
      if (each.to > least && each.from < end) *from = each.from > least ? each.from : least;
    }
    for (uint32_t i = 0; i < high.count; i++) {
      remit_range each = l->ranges.items[high.first + i];
      if (each.to > least && each.from < end) *to = (each.to < end ? each.to : end) - 1;
    }
    if (*from < *to) return true;
  }
  return false;
}

static const char *push_value_of(remit_checker *ck, const remit_scalar *value) {
  remit_example shown = {.kind = value->kind, .yes = value->yes, .text = value->as.text, .length = value->length};
  if (value->kind == REMIT_SCALAR_NUMBER && value->wide) shown.number = *value->as.decimal;
  else if (value->kind == REMIT_SCALAR_NUMBER) remit_decimal_from_double(value->as.number, &shown.number);
  return remit_push_shown(ck, &shown);
}

static void report_trend(remit_checker *ck, uint32_t a, uint32_t b, uint32_t input, uint32_t output, uint32_t from, uint32_t *classes) {
  lua_State *L = ck->L;
  int top = lua_gettop(L);
  luaL_checkstack(L, 40, NULL);
  remit_example value;
  uint32_t to = classes[input];
  remit_class_example(ck, &ck->inputs[input], from, &value);
  const char *low = remit_push_shown(ck, &value);
  remit_class_example(ck, &ck->inputs[input], to, &value);
  const char *high = remit_push_shown(ck, &value);
  lua_rawgeti(L, ck->slots, ck->table->inputs[input].name);
  const char *name = lua_tostring(L, -1);
  lua_rawgeti(L, ck->slots, ck->table->outputs[output].name);
  const char *answer = lua_tostring(L, -1), *before = push_value_of(ck, output_of(ck, a, output)), *after = push_value_of(ck, output_of(ck, b, output));
  bool falls = ck->table->inputs[input].trend == REMIT_TREND_FALLS;
  const char *trend = ck->table->outputs[output].trend == REMIT_TREND_RISES ? "rise" : "fall";
  const char *one = push_rule_name(ck, a), *other = push_rule_name(ck, b);
  if (falls) lua_pushfstring(L, "%s must %s where %s falls: it is %s at %s (rule %s) and %s at %s (rule %s)", answer, trend, name, after, high, other, before, low, one);
  else lua_pushfstring(L, "%s must %s where %s rises: it is %s at %s (rule %s) and %s at %s (rule %s)", answer, trend, name, before, low, one, after, high, other);
  report(ck, "trend", b, classes);
  lua_settop(L, top);
}

/* Whether the answer moves the wrong way from one territory to the other, the input rising. */
static bool breaks_trend(remit_checker *ck, const land *l, const territory *a, const territory *b, uint32_t input, uint32_t output,
                         uint32_t *from, uint32_t *classes) {
  int order;
  bool rises = ck->table->inputs[input].trend == ck->table->outputs[output].trend;
  if (a->rule == b->rule || !compare_outputs(ck, a->rule, b->rule, output, &order) || (rises ? order >= 0 : order <= 0)) return false;
  for (uint32_t i = 0; i < ck->input_count; i++) {
    remit_span left = l->spans[a->first_span + i], right = l->spans[b->first_span + i];
    bool fits = i == input ? classes_rise(ck, l, i, left, right, from, &classes[i]) : land_sets_meet(l, left, right, &classes[i]);
    if (!fits) return false;
    if (ck->inputs[i].free && i != input) classes[i] = UINT32_MAX;
  }
  return true;
}

static bool has_trends(const remit_decision_table *table) {
  for (uint32_t i = 0; i < table->input_count; i++)
    if (table->inputs[i].trend) return true;  /* then there is an output too */
  return false;
}

static void find_trends(remit_checker *ck, meeting *m, uint32_t *classes) {
  lua_State *L = ck->L;
  int top = lua_gettop(L);
  land l = {.most = SPANS_MAX / ck->input_count};
  if (l.most > PIECES_MAX) l.most = PIECES_MAX;
  remit_ranges_open(&l.ranges, L);
  l.pieces = push_room(L, l.most, sizeof *l.pieces);
  l.spans = push_room(L, (uint64_t)l.most * ck->input_count, sizeof *l.spans);
  claim(ck, m, &l);
  uint32_t reported = 0;
  for (uint32_t output = 0; output < ck->table->output_count; output++) {
    for (uint32_t input = 0; input < ck->input_count && ck->table->outputs[output].trend; input++) {
      if (!ck->table->inputs[input].trend) continue;
      uint32_t told = UINT32_MAX;
      for (uint32_t i = 0; i < l.count; i++)
        for (uint32_t j = 0; j < l.count; j++) {
          uint32_t from;
          if (!remit_spend(ck, 1) || reported == FINDINGS_MAX) {
            ck->stopped = true;
            lua_settop(L, top);
            return;
          }
          if (l.pieces[j].rule == told || !breaks_trend(ck, &l, &l.pieces[i], &l.pieces[j], input, output, &from, classes)) continue;
          told = l.pieces[j].rule;
          reported++;
          report_trend(ck, l.pieces[i].rule, l.pieces[j].rule, input, output, from, classes);
        }
    }
  }
  lua_settop(L, top);
}

/* ---- A table */

/* The literals, params replaced by their defaults. False where the policy has not all of them. */
static bool resolve(remit_checker *ck, uint32_t room) {
  lua_State *L = ck->L;
  const remit_decision_table *table = ck->table;
  remit_scalar *words = push_room(L, table->word_count, sizeof *words);
  lua_rawgeti(L, LUA_REGISTRYINDEX, ck->policy->slots);
  int own = lua_gettop(L);
  for (uint32_t i = 0; i < table->word_count; i++) {
    if (table->words[i].is_value) continue;
    lua_rawgeti(L, ck->slots, table->words[i].name);
    const char *name = lua_tostring(L, -1);
    uint32_t p = 0;
    while (p < ck->policy->param_count && strcmp(ck->policy->params[p].name.bytes, name) != 0) p++;
    remit_charge(L, 2 + p);
    if (p == ck->policy->param_count) return false;
    lua_rawgeti(L, own, ck->policy->params[p].default_slot);
    words[i] = remit_read_scalar(L, -1);  /* the policy's slots hold it */
    lua_pop(L, 2);
  }
  ck->literals = push_room(L, (uint64_t)table->literal_count + room, sizeof *ck->literals);
  ck->literal_count = table->literal_count;
  remit_charge(L, table->literal_count);
  for (uint32_t i = 0; i < table->literal_count; i++)
    ck->literals[i] = table->literals[i].kind == REMIT_SCALAR_PARAM ? words[table->literals[i].length] : table->literals[i];
  return true;
}

static void make_hulls(remit_checker *ck) {
  ck->hulls = push_room(ck->L, (uint64_t)ck->table->rule_count * ck->input_count, sizeof *ck->hulls);
  for (uint32_t rule = 0; rule < ck->table->rule_count; rule++)
    for (uint32_t i = 0; i < ck->input_count; i++) {
      remit_span set = remit_rule_set(ck, rule, i);
      const remit_range *ranges = ck->axes.ranges.items + set.first;
      if (set.count) hull_of(ck, rule)[i] = (remit_range){ranges[0].from, ranges[set.count - 1].to};
    }
  remit_charge(ck->L, (uint64_t)ck->table->rule_count * ck->input_count / 2);
}

/* Whether the path of one input runs through the other: no transaction has a number where it has a record. */
static bool runs_through(remit_checker *ck, uint32_t through, uint32_t input) {
  uint32_t depth = ck->table->inputs[through].part_count;
  return depth < ck->table->inputs[input].part_count && remit_same_way(ck, through, input, depth);
}

/* Why examples cannot be written, or NULL. */
static const char *unreadable(remit_checker *ck) {
  const remit_decision_table *table = ck->table;
  if (table->input_count > INPUTS_MAX) return "a table of more than 1000 inputs is not searched";
  for (uint32_t i = 0; i < table->input_count; i++)
    if (table->inputs[i].part_count > PARTS_MAX) return "a table with a path of more than 32 names is not searched";
  for (uint32_t i = 0; i < table->input_count; i++) {
    remit_charge(ck->L, 2 * (uint64_t)table->input_count);
    for (uint32_t j = 0; j < table->input_count; j++)
      if (runs_through(ck, i, j)) return "a table in which the path of one input runs through another is not searched";
  }
  return NULL;
}

static void search(remit_checker *ck, int64_t *pool) {
  lua_State *L = ck->L;
  const remit_decision_table *table = ck->table;
  ck->inputs = push_room(L, ck->input_count, sizeof *ck->inputs);
  remit_domain_make(ck);
  make_hulls(ck);
  ck->depth_max = ck->input_count && SPANS_MAX / ck->input_count < DEPTH_MAX ? SPANS_MAX / ck->input_count : DEPTH_MAX;
  ck->boxes = push_room(L, (uint64_t)(ck->depth_max + 1) * ck->input_count, sizeof *ck->boxes);
  uint32_t *classes = push_room(L, ck->input_count, sizeof *classes);
  meeting m = {.found = push_room(L, MEETING_MAX, sizeof *m.found)};
  luaL_checkstack(L, 60, NULL);
  if (ck->input_count) make_sieve(ck, &m.sieve);
  begin(ck, *pool);
  find_never(ck, &m, classes);
  finish(ck, pool, "rules that never count");
  if (table->hit == REMIT_HIT_UNIQUE || table->hit == REMIT_HIT_ANY) {
    begin(ck, *pool);
    find_overlaps(ck, &m, classes);
    finish(ck, pool, "overlaps");
  }
  if (table->hit <= REMIT_HIT_FIRST) {
    begin(ck, *pool);
    find_gaps(ck, classes);
    finish(ck, pool, "gaps");
  }
  if (has_trends(table)) {
    begin(ck, *pool);
    find_trends(ck, &m, classes);
    finish(ck, pool, "answers that fall or rise");
  }
}

void remit_table_check(lua_State *L, const remit_policy *policy, remit_buffer *out, int64_t *work) {
  int top = lua_gettop(L);
  luaL_checkstack(L, 40, NULL);
  lua_getupvalue(L, top, 1);
  lua_getupvalue(L, top, 2);
  remit_checker ck = {.L = L, .policy = policy, .table = lua_touserdata(L, -2), .slots = top + 2, .out = out};
  ck.input_count = ck.table->input_count;
  const char *why = unreadable(&ck);
  if (why) {
    lua_pushstring(L, why);
    report(&ck, "incomplete", UINT32_MAX, NULL);
  } else {
    uint32_t room = remit_domain_extra(policy, ck.table, L, ck.slots);
    if (resolve(&ck, room)) {
      remit_axes_open(&ck.axes, L, ck.table, ck.literals, ck.literal_count + room);
      search(&ck, work);
    }
  }
  lua_settop(L, top);
}
