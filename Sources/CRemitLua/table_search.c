#include <string.h>

#include "table_axis.h"
#include "table_index.h"

/* The index at work: values to buckets, and their bitmaps to candidates. */

/* Whether the value lies past the cut. */
static bool passes(const remit_decision_table *table, const remit_cut *cut, const remit_scalar *value, uint64_t *steps) {
  const remit_scalar *literal = &table->literals[cut->literal];
  int order = 0;
  remit_scalar_compare(value, literal, &order);
  *steps += 1;
  if (value->kind == REMIT_SCALAR_TEXT)
    *steps += (value->length < literal->length ? value->length : literal->length) / REMIT_BYTES_PER_STEP;
  return order > 0 || (order == 0 && !cut->behind);
}

/* How many of the keys are less than this one. Without branches: which way it goes cannot be foretold. */
static uint32_t keys_below(const uint64_t *keys, uint32_t count, uint64_t key) {
  const uint64_t *base = keys;
  while (count > 1) {
    uint32_t half = count / 2;
    base += base[half - 1] < key ? half : 0;
    count -= half;
  }
  return (uint32_t)(base - keys) + (count && *base < key);
}

/* How many cuts from `first` on the value lies past; `with_key`: among those with another key it is known at once. */
static uint32_t cuts_passed(const remit_decision_table *table, const remit_lane *lane, uint32_t first, uint32_t count,
                            const remit_scalar *value, bool with_key, uint64_t key, uint64_t *steps) {
  const remit_cut *cuts = lane->cuts + first;
  const uint64_t *keys = lane->keys + first;
  uint32_t low = 0, high = count;
  if (with_key) {
    low = high = keys_below(keys, count, key);
    if (low < count && keys[low] == key) {
      high = low + 1;
      if (high < count && keys[high] == key) high = key == UINT64_MAX ? count : low + keys_below(keys + low, count - low, key + 1);
    }
  }
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (passes(table, &cuts[middle], value, steps)) low = middle + 1;
    else high = middle;
  }
  return low;
}

static uint32_t text_bucket(const remit_decision_table *table, const remit_lane *lane, const remit_scalar *value, uint64_t *steps) {
  uint32_t first = REMIT_BUCKET_NUMBERS + lane->number_cuts + 1, shared = lane->prefix;
  if (shared) {               /* then there is a cut, whose literal has it */
    uint32_t length = value->length < shared ? value->length : shared;
    *steps += length / REMIT_BYTES_PER_STEP;
    int order = memcmp(value->as.text, table->literals[lane->cuts[lane->number_cuts].literal].as.text, length);
    if (order < 0 || (order == 0 && length < shared)) return first;
    if (order > 0) return first + lane->text_cuts;
  }
  uint64_t key = remit_text_key(value->as.text + shared, value->length - shared);
  return first + cuts_passed(table, lane, lane->number_cuts, lane->text_cuts, value, true, key, steps);
}

static uint32_t bucket_of(const remit_decision_table *table, const remit_lane *lane, const remit_scalar *value, uint64_t *steps) {
  *steps += 2;
  switch ((remit_scalar_kind)value->kind) {
  case REMIT_SCALAR_NIL: return REMIT_BUCKET_NIL;
  case REMIT_SCALAR_BOOLEAN: return REMIT_BUCKET_FALSE + value->yes;
  case REMIT_SCALAR_NUMBER: {
    bool with_key = !value->wide && !lane->long_numbers;
    return REMIT_BUCKET_NUMBERS + cuts_passed(table, lane, 0, lane->number_cuts, value, with_key,
                                              with_key ? remit_number_key(value->as.number) : 0, steps);
  }
  case REMIT_SCALAR_TEXT: return text_bucket(table, lane, value, steps);
  default: return REMIT_BUCKET_OTHER;
  }
}

/* Looks for the group of blocks in which every input has rules. */
static bool next_group(remit_search *search, uint32_t group, uint64_t *steps) {
  const remit_table_index *index = search->index;
  size_t at = (size_t)index->block_count * REMIT_BLOCK_WORDS + group;
  for (; group < index->summary_words; group++, at++) {
    uint64_t live = index->rows[0][at];
    for (uint32_t i = 1; i < index->lane_count && live; i++) live &= index->rows[i][at];
    *steps += 1 + index->lane_count / 8;
    if (!live) continue;
    search->group = group;
    search->live = live;
    return true;
  }
  search->group = group;
  search->live = 0;
  return false;
}

void remit_search_start(remit_search *search, const remit_decision_table *table, uint64_t *steps) {
  const remit_table_index *index = table->index;
  search->index = index;
  search->rough_count = 0;
  search->classes = 0;
  search->at = REMIT_BLOCK_WORDS;
  search->first_rule = 0;
  uint32_t rarest = 0, fewest = UINT32_MAX;
  index->rows[0] = index->every_rule;
  for (uint32_t i = 0; i < index->lane_count; i++) {
    const remit_lane *lane = &index->lanes[i];
    uint32_t number = bucket_of(table, lane, &table->values[lane->input], steps);
    remit_bucket bucket = lane->buckets[number];
    index->rows[i] = lane->bitmaps + (size_t)bucket.bitmap * index->row_words;
    search->classes = (search->classes ^ number) * UINT64_C(0x9E3779B97F4A7C15);
    if (bucket.rough) index->rough[search->rough_count++] = lane->input;
    if (lane->counts[bucket.bitmap] < fewest) {
      fewest = lane->counts[bucket.bitmap];
      rarest = i;
    }
  }
  const uint64_t *first = index->rows[0];
  index->rows[0] = index->rows[rarest];
  index->rows[rarest] = first;
  next_group(search, 0, steps);
}

bool remit_search_advance(remit_search *search, uint64_t *steps) {
  const remit_table_index *index = search->index;
  for (;;) {
    if (!search->live && !next_group(search, search->group + 1, steps)) return false;
    uint32_t block = search->group * 64 + (uint32_t)__builtin_ctzll(search->live);
    search->live &= search->live - 1;
    size_t at = (size_t)block * REMIT_BLOCK_WORDS;
    memcpy(search->block, index->rows[0] + at, sizeof search->block);
    uint64_t any = 1;
    uint32_t i = 1;
    for (; i < index->lane_count && any; i++) {
      const uint64_t *row = index->rows[i] + at;
      any = 0;
      for (uint32_t w = 0; w < REMIT_BLOCK_WORDS; w++) any |= search->block[w] &= row[w];
    }
    *steps += 1 + i / 4;
    if (!any) continue;
    search->first_rule = block * REMIT_BLOCK_RULES;
    search->at = 0;
    return true;
  }
}
