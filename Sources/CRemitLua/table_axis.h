/* An input's values, cut into classes: no test of its column tells two values of one class apart. So a cell is a set of classes,
 * and what holds for every class holds for every value. The index and the checks stand on this. */
#ifndef REMIT_TABLE_AXIS_H
#define REMIT_TABLE_AXIS_H

#include "decision_table.h"

/* Classes: these four, then the numbers, then the texts. Each of the column's numbers is a class, and so is each gap between two of
 * them, below them and above; with texts alike. */
enum { REMIT_CLASS_NIL, REMIT_CLASS_OTHER, REMIT_CLASS_FALSE, REMIT_CLASS_TRUE, REMIT_CLASS_NUMBERS };

typedef struct remit_axis {
  uint32_t *points;           /* literals: numbers ascending, then texts ascending; no two are equal */
  uint32_t number_count, text_count;
} remit_axis;

static inline uint32_t remit_axis_texts(const remit_axis *axis) { return REMIT_CLASS_NUMBERS + 2 * axis->number_count + 1; }
static inline uint32_t remit_axis_classes(const remit_axis *axis) { return remit_axis_texts(axis) + 2 * axis->text_count + 1; }

/* Classes from `from` on, `to` not among them. */
typedef struct remit_range {
  uint32_t from, to;
} remit_range;

typedef struct remit_span {
  uint32_t first, count;
} remit_span;

/* Ranges that become more: their memory is Lua's, at a place of the stack. */
typedef struct remit_ranges {
  lua_State *L;
  remit_range *items;
  uint32_t count, room;
  int place;
} remit_ranges;

/* Pushes 1 value. */
void remit_ranges_open(remit_ranges *ranges, lua_State *L);
/* Pointers into the pile are void from then on. */
void remit_ranges_add(remit_ranges *ranges, uint32_t from, uint32_t to);

/* What it takes to cut. Its memory is Lua's, in places of the stack from `remit_axes_open` on: whoever opened it drops them. */
typedef struct remit_axes {
  lua_State *L;
  const remit_decision_table *table;
  const remit_scalar *literals;   /* the table's, or a copy in which params have their values */
  uint32_t literal_count, cell_count;
  uint32_t *classes;          /* by literal: its class on its column's axis */
  remit_span *sets;           /* by cell, once asked for: of `ranges`, disjoint, ascending, none touching the next */
  remit_ranges ranges;
} remit_axes;

/* Pushes 3 values. */
void remit_axes_open(remit_axes *axes, lua_State *L, const remit_decision_table *table, const remit_scalar *literals,
                     uint32_t literal_count);
/* Cuts the axis of that input. `more` are literals that shall be points too. Pushes 1 value, which holds the points. */
void remit_axis_cut(remit_axes *axes, uint32_t input, const uint32_t *more, uint32_t more_count, remit_axis *axis);
/* The classes for which the tests of a cell of that column hold; not for cell 0, which all columns share. False, and all classes,
 * where a param stands among the tests that has no value. */
bool remit_axis_set(remit_axes *axes, const remit_axis *axis, uint32_t cell, remit_span *out);

/* Order by one word, for sorting and searching: where the keys of two differ, so do the values, the same way. */
uint64_t remit_number_key(double number);
uint64_t remit_text_key(const char *text, uint32_t length);

#endif
