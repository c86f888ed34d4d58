/* What is wrong with the rules of a decision table. table_domain.c says which values an input may have, table_box.c subtracts rules from
 * rules, table_example.c writes transactions, table_check.c searches. */
#ifndef REMIT_TABLE_CHECK_H
#define REMIT_TABLE_CHECK_H

#include "table_axis.h"

/* An input, and which of its classes count. */
typedef struct remit_checked_input {
  remit_axis axis;
  const remit_type *type;     /* as the policy declares it; NULL where it declares none, or one of another kind than the cells' */
  bool optional;
  bool free;                  /* every cell is `-`, and nothing says what values there are: examples leave it out */
  bool whole;                 /* numbers are whole */
  bool dates;                 /* texts are dates */
  remit_span every;           /* class there is */
  remit_span real;            /* the same without classes that hold no value, as the gap between two neighbouring days */
  remit_span possible;        /* what the column's `values`, else the declaration allow */
  remit_span expected;        /* the same, but of texts only those that the column names, unless it compares texts by order */
} remit_checked_input;

typedef struct remit_checker {
  lua_State *L;
  const remit_policy *policy;
  const remit_decision_table *table;
  int slots;                  /* place on the stack */
  uint32_t input_count;
  remit_scalar *literals;     /* the table's with params resolved, and behind them those that declarations add */
  uint32_t literal_count;
  remit_axes axes;
  remit_checked_input *inputs;
  remit_range *hulls;         /* by rule and input: the least range around its set; empty where that is */
  remit_span *boxes;          /* by depth and input */
  uint32_t depth_max;
  uint32_t boxes_mark;        /* ranges there were when the subtraction began */
  int64_t work;               /* that may still be done for what is being searched */
  bool stopped;               /* it was not enough */
  remit_buffer *out;
} remit_checker;

/* ---- table_domain.c */
/* How many literals the declarations of the inputs may add. */
uint32_t remit_domain_extra(const remit_policy *policy, const remit_decision_table *table, lua_State *L, int slots);
/* Cuts the axes and fills `inputs`; `literals` has room for the extra ones, `literal_count` counts the others. */
void remit_domain_make(remit_checker *ck);

typedef struct remit_example {
  remit_scalar_kind kind;
  bool yes;
  remit_decimal number;
  const char *text;           /* held by the stack */
  size_t length;
} remit_example;
/* Some value of the class. Pushes 1 value. False where the class has none. */
bool remit_class_example(remit_checker *ck, const remit_checked_input *input, uint32_t class, remit_example *out);

/* ---- table_box.c: a box is a set of classes for each input. */
static inline const uint32_t *remit_checked_rule(const remit_checker *ck, uint32_t rule) {
  return ck->table->rules + (size_t)rule * ck->table->stride;
}
/* The classes that the rule's cell matches. */
static inline remit_span remit_rule_set(const remit_checker *ck, uint32_t rule, uint32_t input) {
  uint32_t cell = remit_checked_rule(ck, rule)[REMIT_RULE_CELLS + input];
  if (!cell) return ck->inputs[input].every;
  return (remit_span){ck->axes.sets[cell].first, ck->axes.sets[cell].count >> 1};
}
/* Takes from what may be done. False where nothing is left. */
bool remit_spend(remit_checker *ck, uint64_t units);
/* The first class of all three sets, one of a present value where there is one; UINT32_MAX where they have none in common. */
uint32_t remit_common_class(const remit_checker *ck, remit_span a, remit_span b, remit_span c);
bool remit_sets_meet(const remit_checker *ck, remit_span a, remit_span b);
/* Appends the set to the pile of ranges. */
remit_span remit_set_both(remit_checker *ck, remit_span a, remit_span b);
/* Looks at what is left of boxes[0] when the rules are taken away, piece by piece, until `visit` says false. boxes[0] is changed.
 * False where it was ended, by `visit` or for want of work. */
typedef bool (*remit_visit)(remit_checker *ck, const remit_span *piece, void *context);
bool remit_subtract(remit_checker *ck, const uint32_t *rules, uint32_t count, remit_visit visit, void *context);

/* ---- table_example.c */
/* Appends a transaction with a value of each class, by input; UINT32_MAX leaves the input out. */
void remit_write_example(remit_checker *ck, const uint32_t *classes);
/* Whether the paths of both inputs have their first `depth` names in common. */
bool remit_same_way(const remit_checker *ck, uint32_t a, uint32_t b, uint32_t depth);
/* Pushes the value as it stands in a cell. */
const char *remit_push_shown(remit_checker *ck, const remit_example *value);

#endif
