#include <string.h>

#include "table_axis.h"
#include "table_index.h"

/* Makes the index of a decision table.
 *
 * Its size is bounded whatever the table holds: a lane has so many bitmaps at most. Where the cells of a column end in more places,
 * the buckets are cut so that as few rules as possible end inside of each. */

enum {
  INDEX_BYTES_MAX = 16 << 20, /* for all bitmaps of a table, but for what its lanes cannot do without */
  BYTES_PER_CELL = 32,        /* the same, for each cell of a small table */
  BYTES_MIN = 64 << 10,
  LANE_BITMAPS_MIN = 8,
};

static void *keep_room(remit_table_reader *r, uint64_t count, size_t size) {
  void *room = lua_newuserdatauv(r->L, (size_t)(count + 1) * size, 0);
  memset(room, 0, (size_t)(count + 1) * size);
  remit_table_keep(r);
  return room;
}

/* Memory for a while, on the stack. */
static void *push_room(lua_State *L, uint64_t count, size_t size) {
  void *room = lua_newuserdatauv(L, (size_t)(count + 1) * size, 0);
  memset(room, 0, (size_t)(count + 1) * size);
  return room;
}

typedef struct maker {
  remit_table_reader *r;
  lua_State *L;
  const remit_decision_table *table;
  remit_table_index *index;
  remit_axes axes;
  uint32_t *uses;             /* by cell: how many rules have it */
  uint32_t bitmaps_max;       /* of one lane */
} maker;

/* ---- How many bitmaps a lane may have */

static uint32_t literals_of(const remit_decision_table *table, uint32_t cell) {
  uint32_t count = 0;
  const remit_test *tests = table->tests + table->cells[cell].first;
  for (uint32_t i = 0; i < table->cells[cell].count; i++)
    if (tests[i].kind != REMIT_TEST_NOT && tests[i].kind != REMIT_TEST_NULL) count += 1 + (tests[i].kind == REMIT_TEST_BETWEEN);
  return count;
}

/* Counts the uses of cells, and by input the most places in which the cells of its column can end: 0 where all are `-`. */
static void count_uses(maker *m, uint64_t *ends) {
  const remit_decision_table *table = m->table;
  const uint32_t *rule = table->rules + REMIT_RULE_CELLS;
  for (uint32_t i = 0; i < table->rule_count; i++, rule += table->stride)
    for (uint32_t input = 0; input < table->input_count; input++) {
      if (!rule[input] || m->uses[rule[input]]++) continue;
      ends[input] += LANE_BITMAPS_MIN + 2 * (uint64_t)literals_of(table, rule[input]);
    }
  remit_charge(m->L, (uint64_t)table->rule_count * (1 + table->input_count / 2));
}

/* The largest bound for which all lanes together keep to the memory. */
static void share_memory(maker *m, const uint64_t *ends) {
  const remit_decision_table *table = m->table;
  uint64_t bytes = (uint64_t)table->rule_count * table->input_count * BYTES_PER_CELL;
  if (bytes < BYTES_MIN) bytes = BYTES_MIN;
  if (bytes > INDEX_BYTES_MAX) bytes = INDEX_BYTES_MAX;
  uint64_t bitmaps = bytes / (m->index->row_words * sizeof(uint64_t)), low = LANE_BITMAPS_MIN, high = bitmaps;
  while (low < high) {
    uint64_t middle = low + (high - low + 1) / 2, wanted = 0;
    for (uint32_t i = 0; i < table->input_count; i++) wanted += ends[i] < middle ? ends[i] : middle;
    remit_charge(m->L, table->input_count / 4 + 1);
    if (wanted <= bitmaps) low = middle;
    else high = middle - 1;
  }
  m->bitmaps_max = (uint32_t)low;
}

/* ---- Buckets of one lane */

typedef struct lane_maker {
  maker *m;
  uint32_t input;
  remit_axis axis;
  bool has_params;
  uint32_t *weights;          /* by class: how many rules begin or end in front of it; then the bucket it is in */
  remit_bucket *buckets;
  uint32_t bucket_count;
  remit_cut *cuts;
  uint32_t number_cuts, text_cuts;
} lane_maker;

static const uint32_t *cell_of(const lane_maker *l, uint32_t rule) {
  const remit_decision_table *table = l->m->table;
  return table->rules + (size_t)rule * table->stride + REMIT_RULE_CELLS + l->input;
}

/* Makes the sets of the column's cells, and weighs the places where they end. Each cell is met once: its uses become 0 here. */
static void weigh(lane_maker *l) {
  maker *m = l->m;
  uint64_t steps = m->table->rule_count / 4;
  for (uint32_t rule = 0; rule < m->table->rule_count; rule++) {
    uint32_t cell = *cell_of(l, rule);
    if (!cell || !m->uses[cell]) continue;
    remit_span set;
    if (!remit_axis_set(&m->axes, &l->axis, cell, &set)) l->has_params = true;
    for (uint32_t i = 0; i < set.count; i++) {
      l->weights[m->axes.ranges.items[set.first + i].from] += m->uses[cell];
      l->weights[m->axes.ranges.items[set.first + i].to] += m->uses[cell];
    }
    m->uses[cell] = 0;
    steps += set.count;
  }
  remit_charge(m->L, steps);
}

static void open_bucket(lane_maker *l) { l->buckets[l->bucket_count++].rough = l->has_params; }

/* Cuts the classes from `from` to `to`, those of the numbers or of the texts, into buckets: where the weight since the last
 * cut would pass `most`. Each class's weight becomes its bucket. */
static uint32_t cut(lane_maker *l, uint32_t from, uint32_t to, const uint32_t *points, uint64_t most) {
  uint64_t inside = 0;
  uint32_t before = l->bucket_count;
  open_bucket(l);
  for (uint32_t class = from; class < to; class++) {
    uint32_t weight = class > from ? l->weights[class] : 0;
    if (weight && (inside += weight) > most) {
      l->cuts[l->number_cuts + l->text_cuts + l->bucket_count - before - 1] =
        (remit_cut){points[(class - from - 1) / 2], (class - from) % 2 == 0};
      inside = 0;
      open_bucket(l);
    } else if (weight) {
      l->buckets[l->bucket_count - 1].rough = true;
    }
    l->weights[class] = l->bucket_count - 1;
  }
  return l->bucket_count - before - 1;
}

static void cut_buckets(lane_maker *l) {
  uint32_t texts = remit_axis_texts(&l->axis), classes = remit_axis_classes(&l->axis), ends = 0;
  uint64_t all = 0;
  for (uint32_t class = REMIT_CLASS_NUMBERS; class < classes; class++) {
    if (class != REMIT_CLASS_NUMBERS && class != texts && l->weights[class]) ends++;
    all += l->weights[class];
  }
  remit_charge(l->m->L, classes / 4);
  /* A cut takes more than `most` of the weight, so there are fewer than asked for. */
  uint64_t most = ends <= l->m->bitmaps_max ? 0 : all / l->m->bitmaps_max;
  uint32_t cuts_max = ends <= l->m->bitmaps_max ? ends : l->m->bitmaps_max;
  l->cuts = keep_room(l->m->r, cuts_max, sizeof *l->cuts);
  l->buckets = keep_room(l->m->r, (uint64_t)cuts_max + REMIT_BUCKET_NUMBERS + 2, sizeof *l->buckets);
  for (uint32_t class = 0; class < REMIT_CLASS_NUMBERS; class++) {
    open_bucket(l);
    l->weights[class] = class;
  }
  l->number_cuts = cut(l, REMIT_CLASS_NUMBERS, texts, l->axis.points, most);
  l->text_cuts = cut(l, texts, classes, l->axis.points + l->axis.number_count, most);
  l->weights[classes] = l->bucket_count;
}

/* ---- Bitmaps of one lane */

/* Turns the sets of classes into sets of buckets, which may be coarser; each once, the mark being its uses. */
static remit_span buckets_of(lane_maker *l, uint32_t cell) {
  maker *m = l->m;
  remit_span set;
  remit_axis_set(&m->axes, &l->axis, cell, &set);
  remit_range *ranges = m->axes.ranges.items + set.first;
  if (m->uses[cell]) return (remit_span){set.first, m->uses[cell] - 1};
  uint32_t kept = 0;
  for (uint32_t i = 0; i < set.count; i++) {
    remit_range each = {l->weights[ranges[i].from], l->weights[ranges[i].to - 1] + 1};
    if (kept && each.from <= ranges[kept - 1].to) ranges[kept - 1].to = each.to;
    else ranges[kept++] = each;
  }
  m->uses[cell] = kept + 1;
  remit_charge(m->L, set.count / 2);
  return (remit_span){set.first, kept};
}

/* Fills bitmap after bitmap, a word of 64 rules in all of them at a time: which rules begin or end at a bucket, summed up. */
static void fill(lane_maker *l, uint64_t *bitmaps, uint64_t *toggles) {
  maker *m = l->m;
  uint32_t rules = m->table->rule_count, row_words = m->index->row_words;
  for (uint32_t word = 0; word * 64 < rules; word++) {
    uint64_t steps = 0;
    for (uint32_t bit = 0; bit < 64 && word * 64 + bit < rules; bit++) {
      uint32_t cell = *cell_of(l, word * 64 + bit);
      if (!cell) {
        toggles[0] ^= UINT64_C(1) << bit;
        continue;
      }
      remit_span set = buckets_of(l, cell);
      for (uint32_t i = 0; i < set.count; i++) {
        toggles[m->axes.ranges.items[set.first + i].from] ^= UINT64_C(1) << bit;
        toggles[m->axes.ranges.items[set.first + i].to] ^= UINT64_C(1) << bit;
      }
      steps += set.count;
    }
    uint64_t now = 0;
    for (uint32_t bucket = 0; bucket < l->bucket_count; bucket++) {
      now ^= toggles[bucket];
      toggles[bucket] = 0;
      bitmaps[(size_t)bucket * row_words + word] = now;
    }
    toggles[l->bucket_count] = 0;
    remit_charge(m->L, 16 + (steps + l->bucket_count) / 2);
  }
}

/* Writes the summary, and counts the rules. */
static uint32_t sum_up(const remit_table_index *index, uint64_t *bitmap) {
  uint64_t *summary = bitmap + (size_t)index->block_count * REMIT_BLOCK_WORDS;
  uint32_t count = 0;
  for (uint32_t block = 0; block < index->block_count; block++) {
    uint64_t any = 0;
    for (uint32_t i = 0; i < REMIT_BLOCK_WORDS; i++) {
      uint64_t word = bitmap[block * REMIT_BLOCK_WORDS + i];
      any |= word;
      count += (uint32_t)__builtin_popcountll(word);
    }
    if (any) summary[block / 64] |= UINT64_C(1) << block % 64;
  }
  return count;
}

static uint64_t hash_of(const uint64_t *bitmap, uint32_t words) {
  uint64_t hash = words;
  for (uint32_t i = 0; i < words; i++) hash = (hash ^ bitmap[i]) * UINT64_C(0x9E3779B97F4A7C15), hash ^= hash >> 29;
  return hash;
}

/* Gives equal bitmaps one number, in the order in which they appear, and moves them together. Returns how many there are. */
static uint32_t number_bitmaps(lane_maker *l, uint64_t *bitmaps) {
  maker *m = l->m;
  uint32_t row_words = m->index->row_words, kept = 0, slots = 4;
  while (slots < 2 * l->bucket_count) slots *= 2;
  uint32_t *numbers = push_room(m->L, slots, sizeof *numbers);
  for (uint32_t bucket = 0; bucket < l->bucket_count; bucket++) {
    uint64_t *bitmap = bitmaps + (size_t)bucket * row_words;
    uint32_t slot = (uint32_t)hash_of(bitmap, row_words) & (slots - 1);
    while (numbers[slot] && memcmp(bitmaps + (size_t)(numbers[slot] - 1) * row_words, bitmap, row_words * sizeof *bitmap) != 0)
      slot = (slot + 1) & (slots - 1);
    if (!numbers[slot]) {
      if (kept != bucket) memcpy(bitmaps + (size_t)kept * row_words, bitmap, row_words * sizeof *bitmap);
      numbers[slot] = ++kept;
    }
    l->buckets[bucket].bitmap = numbers[slot] - 1;
  }
  remit_charge(m->L, (uint64_t)l->bucket_count * row_words / 2);
  lua_pop(m->L, 1);
  return kept;
}

/* Room for bitmaps, beginning at a cache line. */
static uint64_t *keep_bitmaps(maker *m, uint64_t count) {
  uint64_t *room = keep_room(m->r, count * m->index->row_words + REMIT_BLOCK_WORDS, sizeof *room);
  return room + (-((uintptr_t)room / sizeof *room) & (REMIT_BLOCK_WORDS - 1));
}

static void make_bitmaps(lane_maker *l, remit_lane *lane) {
  maker *m = l->m;
  uint64_t *made = push_room(m->L, (uint64_t)l->bucket_count * m->index->row_words, sizeof *made);
  uint64_t *toggles = push_room(m->L, (uint64_t)l->bucket_count + 1, sizeof *toggles);
  fill(l, made, toggles);
  uint32_t count = number_bitmaps(l, made);
  uint64_t *bitmaps = keep_bitmaps(m, count);
  uint32_t *counts = keep_room(m->r, count, sizeof *counts);
  memcpy(bitmaps, made, (size_t)count * m->index->row_words * sizeof *bitmaps);
  for (uint32_t i = 0; i < count; i++) counts[i] = sum_up(m->index, bitmaps + (size_t)i * m->index->row_words);
  lane->bitmaps = bitmaps;
  lane->counts = counts;
  lua_pop(m->L, 2);
}

/* ---- Lanes */

/* The bytes that the cuts' texts have in common; they are sorted, so the first and the last tell. */
static uint32_t common_prefix(const remit_decision_table *table, const remit_cut *cuts, uint32_t count) {
  if (!count) return 0;
  const remit_scalar *first = &table->literals[cuts[0].literal], *last = &table->literals[cuts[count - 1].literal];
  uint32_t length = 0, most = first->length < last->length ? first->length : last->length;
  while (length < most && first->as.text[length] == last->as.text[length]) length++;
  return length;
}

static void make_keys(lane_maker *l, remit_lane *lane) {
  const remit_scalar *literals = l->m->table->literals;
  uint32_t count = l->number_cuts + l->text_cuts;
  uint64_t *keys = keep_room(l->m->r, count, sizeof *keys);
  lane->prefix = common_prefix(l->m->table, l->cuts + l->number_cuts, l->text_cuts);
  for (uint32_t i = 0; i < count; i++) {
    const remit_scalar *literal = &literals[l->cuts[i].literal];
    if (i < l->number_cuts) lane->long_numbers = lane->long_numbers || literal->wide;
    if (i < l->number_cuts) keys[i] = literal->wide ? 0 : remit_number_key(literal->as.number);
    else keys[i] = remit_text_key(literal->as.text + lane->prefix, literal->length - lane->prefix);
  }
  remit_charge(l->m->L, count + lane->prefix / REMIT_BYTES_PER_STEP);
  lane->keys = keys;
}

static void make_lane(maker *m, uint32_t input, remit_lane *lane) {
  lua_State *L = m->L;
  int top = lua_gettop(L);
  lane_maker l = {.m = m, .input = input};
  m->axes.ranges.count = 0;    /* no other column has these cells */
  remit_axis_cut(&m->axes, input, NULL, 0, &l.axis);
  l.weights = push_room(L, (uint64_t)remit_axis_classes(&l.axis) + 1, sizeof *l.weights);
  weigh(&l);
  cut_buckets(&l);
  make_bitmaps(&l, lane);
  lane->input = input;
  lane->number_cuts = l.number_cuts;
  lane->text_cuts = l.text_cuts;
  lane->cuts = l.cuts;
  lane->buckets = l.buckets;
  make_keys(&l, lane);
  lua_settop(L, top);
}

/* How many rules a bucket lets through, all buckets alike. */
static uint64_t width_of(const remit_lane *lane) {
  uint64_t sum = 0, buckets = (uint64_t)REMIT_BUCKET_NUMBERS + lane->number_cuts + lane->text_cuts + 2;
  for (uint64_t i = 0; i < buckets; i++) sum += lane->counts[lane->buckets[i].bitmap];
  return sum / buckets;
}

static void sort_lanes(maker *m, remit_lane *lanes, uint32_t count) {
  uint64_t *widths = push_room(m->L, count, sizeof *widths);
  for (uint32_t i = 0; i < count; i++) {
    remit_lane each = lanes[i];
    uint64_t width = width_of(&each);
    uint32_t at = i;
    for (; at > 0 && widths[at - 1] > width; at--) {
      lanes[at] = lanes[at - 1];
      widths[at] = widths[at - 1];
    }
    lanes[at] = each;
    widths[at] = width;
    remit_charge(m->L, 4 + (i - at));
  }
  lua_pop(m->L, 1);
}

void remit_table_make_index(remit_table_reader *r, remit_decision_table *table) {
  lua_State *L = r->L;
  luaL_checkstack(L, 40, NULL);
  int top = lua_gettop(L);
  remit_table_index *index = keep_room(r, 1, sizeof *index);
  table->index = index;
  index->block_count = table->rule_count / REMIT_BLOCK_RULES + (table->rule_count % REMIT_BLOCK_RULES > 0);
  index->summary_words = (index->block_count + 63) / 64;
  index->row_words = index->block_count * REMIT_BLOCK_WORDS + (index->summary_words + REMIT_BLOCK_WORDS - 1) / REMIT_BLOCK_WORDS * REMIT_BLOCK_WORDS;
  maker m = {.r = r, .L = L, .table = table, .index = index};
  uint64_t *every_rule = keep_bitmaps(&m, 1);
  for (uint32_t rule = 0; rule < table->rule_count; rule++) every_rule[rule / 64] |= UINT64_C(1) << rule % 64;
  sum_up(index, every_rule);
  index->every_rule = every_rule;
  remit_axes_open(&m.axes, L, table, table->literals, r->literals.count);
  m.uses = push_room(L, table->cell_count, sizeof *m.uses);
  uint64_t *ends = push_room(L, table->input_count, sizeof *ends);
  count_uses(&m, ends);
  if (index->row_words) share_memory(&m, ends);
  remit_lane *lanes = keep_room(r, table->input_count, sizeof *lanes);
  for (uint32_t input = 0; input < table->input_count; input++)
    if (ends[input]) make_lane(&m, input, &lanes[index->lane_count++]);
  sort_lanes(&m, lanes, index->lane_count);
  index->lanes = lanes;
  index->rows = keep_room(r, index->lane_count, sizeof *index->rows);
  index->rough = keep_room(r, index->lane_count, sizeof *index->rough);
  lua_settop(L, top);
}
