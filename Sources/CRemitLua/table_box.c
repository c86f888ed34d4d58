#include <string.h>

#include "table_check.h"

/* Sets of classes and boxes of sets: what two have in common, what is left of one. */

enum { CHARGE_EVERY = 1024, RANGES_MAX = 1 << 21 /* that one subtraction may hold at a time */ };

bool remit_spend(remit_checker *ck, uint64_t units) {
  ck->work -= (int64_t)units;
  if (ck->work % CHARGE_EVERY == 0 || units >= CHARGE_EVERY) remit_budget_check_time(ck->L);
  if (ck->work >= 0) return true;
  ck->stopped = true;
  return false;
}

static const remit_range *ranges_of(const remit_checker *ck, remit_span set) { return ck->axes.ranges.items + set.first; }

bool remit_sets_meet(const remit_checker *ck, remit_span a, remit_span b) {
  const remit_range *left = ranges_of(ck, a), *right = ranges_of(ck, b);
  for (uint32_t i = 0, j = 0; i < a.count && j < b.count;) {
    if (left[i].to <= right[j].from) i++;
    else if (right[j].to <= left[i].from) j++;
    else return true;
  }
  return false;
}

/* The first class from `from` on, below `to`, that is in the set. */
static uint32_t first_within(const remit_range *ranges, uint32_t count, uint32_t from, uint32_t to) {
  uint32_t low = 0, high = count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (ranges[middle].to <= from) low = middle + 1;
    else high = middle;
  }
  if (low == count) return UINT32_MAX;
  uint32_t class = ranges[low].from > from ? ranges[low].from : from;
  return class < to ? class : UINT32_MAX;
}

static uint32_t common_from(const remit_checker *ck, remit_span a, remit_span b, remit_span c, uint32_t least) {
  const remit_range *left = ranges_of(ck, a), *right = ranges_of(ck, b), *third = ranges_of(ck, c);
  for (uint32_t i = 0, j = 0; i < a.count && j < b.count;) {
    uint32_t from = left[i].from > right[j].from ? left[i].from : right[j].from;
    uint32_t to = left[i].to < right[j].to ? left[i].to : right[j].to;
    if (from < least) from = least;
    if (from < to) {
      uint32_t class = first_within(third, c.count, from, to);
      if (class != UINT32_MAX) return class;
    }
    if (left[i].to < right[j].to) i++;
    else j++;
  }
  return UINT32_MAX;
}

uint32_t remit_common_class(const remit_checker *ck, remit_span a, remit_span b, remit_span c) {
  uint32_t class = common_from(ck, a, b, c, REMIT_CLASS_FALSE);
  return class != UINT32_MAX ? class : common_from(ck, a, b, c, 0);
}

remit_span remit_set_both(remit_checker *ck, remit_span a, remit_span b) {
  remit_ranges *pile = &ck->axes.ranges;
  remit_span out = {pile->count, 0};
  for (uint32_t i = 0, j = 0; i < a.count && j < b.count;) {
    remit_range left = pile->items[a.first + i], right = pile->items[b.first + j];
    uint32_t from = left.from > right.from ? left.from : right.from, to = left.to < right.to ? left.to : right.to;
    if (from < to) remit_ranges_add(pile, from, to);
    if (left.to < right.to) i++;
    else j++;
  }
  out.count = pile->count - out.first;
  return out;
}

/* What is in `a` and not in `b`. */
static remit_span set_without(remit_checker *ck, remit_span a, remit_span b) {
  remit_ranges *pile = &ck->axes.ranges;
  remit_span out = {pile->count, 0};
  uint32_t j = 0;
  for (uint32_t i = 0; i < a.count; i++) {
    remit_range left = pile->items[a.first + i];
    while (j < b.count && pile->items[b.first + j].to <= left.from) j++;
    for (uint32_t k = j; k < b.count && pile->items[b.first + k].from < left.to; k++) {
      remit_range right = pile->items[b.first + k];
      if (left.from < right.from) remit_ranges_add(pile, left.from, right.from);
      left.from = right.to;
      if (left.from >= left.to) break;
    }
    if (left.from < left.to) remit_ranges_add(pile, left.from, left.to);
  }
  out.count = pile->count - out.first;
  return out;
}

static bool meets(const remit_checker *ck, const remit_span *box, uint32_t rule) {
  for (uint32_t i = 0; i < ck->input_count; i++)
    if (!remit_sets_meet(ck, box[i], remit_rule_set(ck, rule, i))) return false;
  return true;
}

/* Takes the first rule that meets the box away: what is left are boxes, one for each input in which the rule does not hold
 * all of it, and from each of them the other rules are taken. */
static bool subtract(remit_checker *ck, uint32_t depth, const uint32_t *rules, uint32_t count, remit_visit visit, void *context) {
  uint32_t inputs = ck->input_count, next = 0;
  remit_span *box = ck->boxes + (size_t)depth * inputs, *piece = box + inputs;
  for (; next < count; next++) {
    if (!remit_spend(ck, 1)) return false;
    if (meets(ck, box, rules[next])) break;
  }
  if (next == count) return visit(ck, box, context);
  if (depth + 1 == ck->depth_max || ck->axes.ranges.count - ck->boxes_mark > RANGES_MAX) {
    ck->stopped = true;
    return false;
  }
  uint32_t mark = ck->axes.ranges.count;
  for (uint32_t i = 0; i < inputs; i++) {
    remit_span set = remit_rule_set(ck, rules[next], i);
    if (!remit_spend(ck, 1 + set.count + box[i].count)) return false;
    remit_span rest = set_without(ck, box[i], set);
    if (!rest.count) continue;
    memcpy(piece, box, inputs * sizeof *box);
    piece[i] = rest;
    if (!subtract(ck, depth + 1, rules + next + 1, count - next - 1, visit, context)) return false;
    box[i] = remit_set_both(ck, box[i], set);
  }
  ck->axes.ranges.count = mark;
  return true;
}

bool remit_subtract(remit_checker *ck, const uint32_t *rules, uint32_t count, remit_visit visit, void *context) {
  ck->boxes_mark = ck->axes.ranges.count;
  return subtract(ck, 0, rules, count, visit, context);
}
